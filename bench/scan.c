// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * scan JOBS DUMP: how long khoscope takes to open a dump, and then to look at all struct pages;
 * what it takes at most of memory. Prints "OPEN SCAN PAGES KIB", the first two in seconds.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "khoscope.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* KiB. getrusage() has the most of who started this in it, too: it outlives execve(). */
static long peak(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[256];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f) && sscanf(line, "VmHWM: %ld", &kib) != 1)
		;
	if (f)
		fclose(f);
	return kib;
}

int main(int argc, char **argv)
{
	struct khs_options opts = { .size = sizeof(opts) };
	const struct khs_status *status;
	double start = now(), opened, done;
	struct khs_error *err;
	struct khs *k;

	if (argc != 3)
		errx(2, "usage: scan JOBS DUMP");
	opts.jobs = (unsigned int)strtoul(argv[1], NULL, 0);
	err = khs_open(argv[2], &opts, &k);
	opened = now();
	if (!err)
		err = khs_get_status(k, &status);
	done = now();
	if (err)
		errx(1, "%s", khs_error_message(err));
	if (status->coverage.judged != status->coverage.pages)
		errx(1, "%s: not all could be looked at", argv[2]);
	printf("%.6f %.6f %" PRIu64 " %ld\n", opened - start, done - opened,
	       status->coverage.pages, peak());
	khs_close(k);
	return 0;
}
