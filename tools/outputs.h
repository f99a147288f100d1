/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The files that a report goes to: one, whose form its name tells, or a folder of all three. They
 * are made new, never written over; what was not written whole goes again.
 */
#ifndef KHS_TOOLS_OUTPUTS_H
#define KHS_TOOLS_OUTPUTS_H

#include <stdio.h>
#include <sys/types.h>

#include "khoscope.h"

enum { KHS_NR_OUTPUTS = 3 };

struct khs_output {
	char *path; /* NULL: this form is not wanted */
	FILE *out;
	enum khs_report_format format;
};

struct khs_outputs {
	struct khs_output v[KHS_NR_OUTPUTS];
	bool whole; /* all is written and closed */
};

/* Whether @place can be one: a folder, or a file of one of the forms. */
bool khs_outputs_place_ok(const char *place);

/* Errors name the file, and leave none behind. */
struct khs_error *khs_outputs_create(struct khs_outputs *o, const char *place);
/* Prints the report to all of them, and closes them. */
struct khs_error *khs_outputs_write(struct khs_outputs *o, const struct khs_report *report);
/* Closes, and removes what is not whole, as far as this process may. */
void khs_outputs_deinit(struct khs_outputs *o);

/*
 * A process of its own that removes the files if this one ends, however it does, before it says
 * that they are whole: once a dump is read this one may remove nothing. *@fd is for
 * khs_outputs_unwatch(); 0 if there is none.
 */
pid_t khs_outputs_watch(const struct khs_outputs *o, int *fd);
/* Waits for it to end. */
void khs_outputs_unwatch(const struct khs_outputs *o, pid_t watch, int fd);

#endif
