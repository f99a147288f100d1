/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings arrive by check and leave by severity, with those that one finding explains right behind
 * it. A sheaf keeps them, counts them and puts them in order, once; it prints no finding itself.
 */
#ifndef KHS_REPORT_SHEAF_H
#define KHS_REPORT_SHEAF_H

#include "../checks/gathered.h"
#include "report.h"

struct khs_sheaf {
	struct khs_gathered all;
	uint64_t count[KHS_NR_SEVERITIES];
	uint64_t explained; /* have a cause */
	const struct khs_finding **order; /* all.n of them; NULL before khs_sheaf_sort() */
};

/* @arg is the sheaf, all zero before the first: a visitor of khs_check(). */
void khs_sheaf_add(void *arg, const struct khs_finding *finding);
void khs_sheaf_deinit(struct khs_sheaf *sheaf);

/* The highest severity of which there is one, -1 if there is none. */
int khs_sheaf_worst(const struct khs_sheaf *sheaf);

/*
 * Fills in order: the gravest first, a cause being as grave as the gravest that it explains, and
 * these right behind it. NOMEM, also if not all that was added is there.
 */
struct khs_error *khs_sheaf_sort(struct khs_sheaf *sheaf);

/*
 * All of them as an array, by severity alone, in the order in which they came; a new reference,
 * NULL without memory.
 */
json_t *khs_sheaf_json(const struct khs_sheaf *sheaf);

/*
 * All of them by cause. What another one explains is a line under it, and of those so many; @all:
 * each is printed whole.
 */
struct khs_error *khs_sheaf_text(struct khs_sheaf *sheaf, FILE *out, const struct khs_style *style,
				 bool all);

#endif
