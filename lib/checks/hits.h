/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a check found something, before anything is said of it: a check that looks in several
 * places one after another notes its hits, sorts them once, and then emits findings by pfn.
 */
#ifndef KHS_CHECKS_HITS_H
#define KHS_CHECKS_HITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/extents.h"
#include "../kho/runs.h"

struct khs_hit {
	uint64_t pfn, end; /* pages that the finding will be about */
	unsigned int order;
	unsigned int kind; /* the check's own; of one pfn the lower goes first */
	size_t index;      /* the check's own: of the problem, node or suspect */
};

struct khs_hits {
	struct khs_hit *v;
	size_t n, cap;
};

/* False without memory. */
bool khs_hits_add(struct khs_hits *hits, const struct khs_hit *hit);
/* For each extent the blocks of @run that it touches, together, but no block twice. */
bool khs_hits_add_touched(struct khs_hits *hits, const struct khs_run *run,
			  const struct khs_extents *extents, unsigned int kind);
/* By pfn, kind, order (larger first) and index. */
void khs_hits_sort(struct khs_hits *hits);
void khs_hits_deinit(struct khs_hits *hits);

#endif
