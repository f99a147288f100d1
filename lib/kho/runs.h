/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preserved blocks, run-length encoded: a run is @count blocks of 2^order pages, one behind the
 * other. Maps of guest memory are long runs of one order, so a terabyte is a few entries. A list
 * says nothing of who owns a block or whether its struct pages are sound. Runs of different orders
 * may overlap: two preservations of the same pages are a finding, not a mistake of the list.
 */
#ifndef KHS_KHO_RUNS_H
#define KHS_KHO_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../base/extents.h"

struct khs_run {
	uint64_t pfn;
	uint64_t count; /* blocks */
	uint32_t order;
	uint32_t state; /* enum khs_range_state */
};

struct khs_runs {
	struct khs_run *v;
	size_t n;
	size_t cap;
};

static inline uint64_t khs_run_pages(const struct khs_run *run)
{
	return run->count << run->order;
}

static inline uint64_t khs_run_end(const struct khs_run *run)
{
	return run->pfn + khs_run_pages(run);
}

void khs_runs_deinit(struct khs_runs *runs);

/*
 * Appends @count blocks from @pfn on, to the last run where they continue it. The caller has
 * checked that pfn + (count << order) doesn't wrap. False without memory.
 */
bool khs_runs_add_blocks(struct khs_runs *runs, uint64_t pfn, unsigned int order, uint64_t count,
			 uint32_t state);

/* Appends one block. False without memory. */
bool khs_runs_add(struct khs_runs *runs, uint64_t pfn, unsigned int order, uint32_t state);

/* Sorts by pfn, larger orders first where pfns are equal. */
void khs_runs_sort(struct khs_runs *runs);

/*
 * The pages of all runs as sorted, merged extents (tag 0), appended to @ret, which may be empty.
 * False without memory.
 */
bool khs_runs_extents(const struct khs_runs *runs, struct khs_extents *ret);

#endif
