/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings kept until all are there: what a visitor is handed lives only as long as the call.
 * Copies are whole and in the order in which they came; nothing is judged and nothing sorted.
 */
#ifndef KHS_CHECKS_GATHERED_H
#define KHS_CHECKS_GATHERED_H

#include "../khoscope.h"

struct khs_gathered {
	struct khs_finding **v;
	size_t n, cap;
	bool no_memory; /* not all of them are here */
};

/* @arg is the gathered: a visitor of khs_check(). Their number is their place. */
void khs_gather_finding(void *arg, const struct khs_finding *finding);
void khs_gathered_deinit(struct khs_gathered *g);

/* The evidence of that key that is a string; NULL if there is none. */
const char *khs_finding_string(const struct khs_finding *finding, const char *key);

/* For qsort(), of pointers to findings that have a pfn. */
int khs_findings_by_pfn(const void *a, const void *b);

#endif
