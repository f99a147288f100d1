/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preserved blocks ordered for a comparison: for each order the stretches of memory that blocks of
 * it cover, and those of all orders together. Built of runs, so a terabyte in blocks of one order
 * is one entry. Knows nothing of struct pages.
 */
#ifndef KHS_DIFF_BLOCKS_H
#define KHS_DIFF_BLOCKS_H

#include "../kho/runs.h"
#include "../khoscope.h"

struct khs_blocks {
	struct khs_extents order[KHS_ORDERS]; /* pfns; tag: the runs' state */
	struct khs_extents any;               /* pfns; tag 0 */
};

/* False without memory; khs_blocks_deinit() is due in any case. */
bool khs_blocks_init(struct khs_blocks *blocks, const struct khs_runs *runs);
void khs_blocks_deinit(struct khs_blocks *blocks);

/* The order of the largest block over any page of [@start, @end); -1 if there is none. */
int khs_blocks_over(const struct khs_blocks *blocks, uint64_t start, uint64_t end);

#endif
