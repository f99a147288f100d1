/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A case's lines (README.md lists them), and when each is carried out: a machine is described
 * first, then its pages are given away, then its kernel preserves, and last it is lied about.
 */
#ifndef MKDUMP_STATEMENTS_H
#define MKDUMP_STATEMENTS_H

#include "machine.h"
#include "words.h"

enum phase {
	PHASE_SET,     /* the last setting of a key counts */
	PHASE_ARCH,
	PHASE_MACHINE,
	PHASE_KERNEL,  /* the last line counts */
	PHASE_HIDE,
	PHASE_PAGES,
	PHASE_OWNERS,
	PHASE_LIES,
	PHASE_DUMP,
};

/* Carries out all lines of one phase, in their order. */
void statements_run(struct machine *m, const struct lines *lines, enum phase phase);
/* Ends the program if there is a line that no phase knows. */
void statements_check(const struct lines *lines);

#endif
