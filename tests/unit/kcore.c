// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lib/dump/kcore.c on an ordinary file: more threads than there are ways to read it, each gets its
 * own bytes. That the kernel gives them so too is for the lab's guests: tests/lab, x73-live-busy.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "dump/kcore.h"

enum { THREADS = 80, WORDS = 4096, ROUNDS = 40 };

struct reader {
	struct khs_kcore *kcore;
	uint64_t first;
	unsigned int wrong;
};

static void *read_words(void *arg)
{
	struct reader *r = arg;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		uint64_t at = (r->first + i * 127) % WORDS, word = 0;
		ssize_t n = khs_kcore_read(r->kcore, &word, sizeof(word), at * sizeof(word));

		r->wrong += n != sizeof(word) || word != at;
	}
	return NULL;
}

static int counting_file(void)
{
	char path[] = "/tmp/khoscope.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	for (uint64_t i = 0; i < WORDS; i++)
		assert_int_equal(write(fd, &i, sizeof(i)), sizeof(i));
	return fd;
}

static void test_threads(void **state)
{
	struct reader readers[THREADS] = {};
	pthread_t threads[THREADS];
	int fd = counting_file();
	struct khs_kcore *kcore = khs_kcore_open(fd);
	uint64_t word;

	(void)state;
	assert_non_null(kcore);
	for (size_t i = 0; i < THREADS; i++) {
		readers[i] = (struct reader){ kcore, i * 51, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, read_words, &readers[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(readers[i].wrong, 0);
	}
	assert_int_equal(khs_kcore_read(kcore, &word, sizeof(word), WORDS * sizeof(word)), 0);
	khs_kcore_close(kcore);
	/* Still its caller's. */
	assert_int_equal(pread(fd, &word, sizeof(word), sizeof(word)), sizeof(word));
	assert_int_equal(word, 1);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_threads) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
