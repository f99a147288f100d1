// SPDX-License-Identifier: GPL-2.0-or-later
/* The output of both doors: large pieces to a reader that is slow, asleep or gone. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../tools/stream.c"

static int asked;

static bool never(void)
{
	return false;
}

static bool at_third_asking(void)
{
	return ++asked >= 3;
}

struct pipe_end {
	int reader;
	FILE *writer;
	struct khs_stream stream;
};

/* As crash has it: unbuffered, SIGPIPE ignored. */
static void open_pipe(struct pipe_end *p, bool (*interrupted)(void))
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	p->reader = fds[0];
	p->writer = fdopen(fds[1], "w");
	assert_non_null(p->writer);
	setbuf(p->writer, NULL);
	assert_true(khs_stream_open(&p->stream, p->writer, interrupted));
}

static void put_lines(FILE *out, int n)
{
	for (int i = 0; i < n; i++)
		fprintf(out, "%09d\n", i);
}

static void all_arrives(void **state)
{
	enum { LINES = 50000 };
	struct pipe_end p;
	int status;
	pid_t child;

	(void)state;
	open_pipe(&p, never);
	child = fork();
	if (!child) {
		FILE *in = fdopen(p.reader, "r");
		char line[32], want[32];
		int n = 0;

		fclose(p.writer);
		for (; fgets(line, sizeof(line), in); n++) {
			snprintf(want, sizeof(want), "%09d\n", n);
			if (strcmp(line, want))
				break;
		}
		_exit(n != LINES);
	}
	close(p.reader);
	put_lines(p.stream.out, LINES);
	assert_int_equal(fflush(p.stream.out), 0);
	assert_false(p.stream.gone);
	khs_stream_close(&p.stream);
	fclose(p.writer);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void reader_gone(void **state)
{
	struct pipe_end p;

	(void)state;
	open_pipe(&p, never);
	close(p.reader);
	put_lines(p.stream.out, 10);
	assert_int_not_equal(fflush(p.stream.out), 0);
	assert_true(ferror(p.stream.out));
	assert_true(p.stream.gone);
	khs_stream_close(&p.stream);
	fclose(p.writer);
}

/* More than a pipe holds, and nobody reads: it would wait for ever. */
static void interrupted_while_waiting(void **state)
{
	struct pipe_end p;

	(void)state;
	asked = 0;
	open_pipe(&p, at_third_asking);
	put_lines(p.stream.out, 200000);
	assert_true(ferror(p.stream.out));
	assert_false(p.stream.gone);
	assert_true(asked >= 3);
	khs_stream_close(&p.stream);
	fclose(p.writer);
	close(p.reader);
}

/* While there is room nobody is asked, so that "interrupted" itself can still be said. */
static void interrupted_with_room(void **state)
{
	struct pipe_end p;
	char got[16] = "";

	(void)state;
	asked = 100;
	open_pipe(&p, at_third_asking);
	fputs("bye\n", p.stream.out);
	khs_stream_close(&p.stream);
	fclose(p.writer);
	assert_int_equal(read(p.reader, got, sizeof(got)), 4);
	assert_string_equal(got, "bye\n");
	close(p.reader);
}

/* What is below may be closed already. */
static void abandoned(void **state)
{
	struct pipe_end p;
	char byte;

	(void)state;
	open_pipe(&p, never);
	put_lines(p.stream.out, 10);
	fclose(p.writer);
	khs_stream_abandon(&p.stream);
	assert_null(p.stream.out);
	assert_int_equal(read(p.reader, &byte, 1), 0);
	khs_stream_abandon(&p.stream);
	close(p.reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_arrives),
		cmocka_unit_test(reader_gone),
		cmocka_unit_test(interrupted_while_waiting),
		cmocka_unit_test(interrupted_with_room),
		cmocka_unit_test(abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
