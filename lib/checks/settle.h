/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings of a kernel that runs on. Page by page it is caught in the middle of things: a list
 * entry half linked, a page on its way from one owner to the next, a map that grows. So everything
 * is read and judged twice, and what stands is what both looks found. A dump is looked at once.
 */
#ifndef KHS_CHECKS_SETTLE_H
#define KHS_CHECKS_SETTLE_H

#include "../model.h"

typedef void khs_visit_fn(void *arg, const struct khs_finding *finding);
typedef struct khs_error *khs_judge_fn(struct khs *k, const void *opts, khs_visit_fn *visit,
				       void *arg);

/*
 * Has @judge look at @k, with @opts; @visit gets the findings, in their order. Two findings are the
 * same if id and class are, and pages in common. Of a live kernel the second look's words are kept.
 */
struct khs_error *khs_settle(struct khs *k, khs_judge_fn *judge, const void *opts,
			     khs_visit_fn *visit, void *arg);

#endif
