// SPDX-License-Identifier: GPL-2.0-or-later
#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DRAW_EVERY 0.2
/* What was done in less time tells nothing of the rest. */
#define LEARN 1.0

void khs_progress_init(struct khs_progress *p, const char *who, bool quiet)
{
	*p = (struct khs_progress){ .who = who, .terminal = !quiet && isatty(STDERR_FILENO) };
	clock_gettime(CLOCK_MONOTONIC, &p->drawn_at);
}

static double seconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

static void begin(struct khs_progress *p, const char *what, uint64_t done,
		  const struct timespec *now)
{
	snprintf(p->what, sizeof(p->what), "%s", what);
	p->begun = *now;
	p->first = done;
}

/* ", 42 s left", or nothing if that is not known yet. */
static void put_rest(const struct khs_progress *p, uint64_t done, uint64_t total,
		     const struct timespec *now)
{
	double spent = seconds(&p->begun, now), left;

	if (spent < LEARN || done <= p->first || done > total)
		return;
	left = spent * (double)(total - done) / (double)(done - p->first);
	if (left < 120)
		fprintf(stderr, ", %.0f s left", left);
	else if (left < 7200)
		fprintf(stderr, ", %.0f min left", left / 60);
	else
		fprintf(stderr, ", %.0f h left", left / 3600);
}

void khs_progress_show(struct khs_progress *p, const char *what, uint64_t done, uint64_t total)
{
	struct timespec now;

	if (!p->terminal)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (strncmp(p->what, what, sizeof(p->what) - 1))
		begin(p, what, done, &now);
	if (seconds(&p->drawn_at, &now) < DRAW_EVERY)
		return;
	p->drawn_at = now;
	fprintf(stderr, "\r\033[K%s: %s: %.0f%%", p->who, p->what,
		total ? 100.0 * (double)done / (double)total : 0.0);
	put_rest(p, done, total, &now);
	fflush(stderr);
	p->drawn = true;
}

void khs_progress_wipe(struct khs_progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}
