// SPDX-License-Identifier: GPL-2.0-or-later
#include "kcore.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/processors.h"

/* More would not be faster, and a process may have some hundred files open. */
#define MAX_WAYS 64

struct way {
	int fd;
	pthread_mutex_t taken;
};

struct khs_kcore {
	unsigned int nr;
	struct way ways[];
};

struct khs_kcore *khs_kcore_open(int fd)
{
	unsigned int most = khs_processors() < MAX_WAYS ? khs_processors() : MAX_WAYS;
	struct khs_kcore *kcore = calloc(1, sizeof(*kcore) + most * sizeof(kcore->ways[0]));
	char path[32];

	if (!kcore)
		return NULL;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	do {
		struct way *way = &kcore->ways[kcore->nr];

		way->fd = kcore->nr ? open(path, O_RDONLY | O_CLOEXEC) : fd;
		if (way->fd < 0)
			break;
		pthread_mutex_init(&way->taken, NULL);
	} while (++kcore->nr < most);
	return kcore;
}

void khs_kcore_close(struct khs_kcore *kcore)
{
	if (!kcore)
		return;
	for (unsigned int i = 0; i < kcore->nr; i++) {
		pthread_mutex_destroy(&kcore->ways[i].taken);
		if (i)
			close(kcore->ways[i].fd);
	}
	free(kcore);
}

static struct way *take(struct khs_kcore *kcore)
{
	for (unsigned int i = 0; i < kcore->nr; i++) {
		if (!pthread_mutex_trylock(&kcore->ways[i].taken))
			return &kcore->ways[i];
	}
	pthread_mutex_lock(&kcore->ways[0].taken);
	return &kcore->ways[0];
}

ssize_t khs_kcore_read(struct khs_kcore *kcore, void *buf, size_t len, uint64_t off)
{
	struct way *way = take(kcore);
	ssize_t n = pread(way->fd, buf, len, (off_t)off);

	pthread_mutex_unlock(&way->taken);
	return n;
}
