/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far long work has come and how long it will take, on one line of a terminal that is drawn
 * over and wiped in the end. Prints nothing where there is no terminal.
 */
#ifndef KHS_TOOLS_PROGRESS_H
#define KHS_TOOLS_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct khs_progress {
	const char *who;
	bool terminal;         /* standard error is one */
	bool drawn;            /* a line is on the screen */
	char what[48];         /* the work at hand ... */
	struct timespec begun; /* ... which was here for the first time */
	uint64_t first;        /* ... and had come so far */
	struct timespec drawn_at;
};

void khs_progress_init(struct khs_progress *p, const char *who, bool quiet);
/* @done of @total of @what. Called often; draws now and then. */
void khs_progress_show(struct khs_progress *p, const char *what, uint64_t done, uint64_t total);
/* To be called before anything else is said. */
void khs_progress_wipe(struct khs_progress *p);

#endif
