// SPDX-License-Identifier: GPL-2.0-or-later
#include "blocks.h"

bool khs_blocks_init(struct khs_blocks *blocks, const struct khs_runs *runs)
{
	*blocks = (struct khs_blocks){ .any = { .v = NULL } };
	for (size_t i = 0; i < runs->n; i++) {
		const struct khs_run *run = &runs->v[i];

		if (run->order >= KHS_ORDERS)
			continue;
		if (!khs_extents_add(&blocks->order[run->order], run->pfn, khs_run_end(run),
				     (int32_t)run->state))
			return false;
	}
	for (unsigned int o = 0; o < KHS_ORDERS; o++)
		khs_extents_normalize(&blocks->order[o]);
	return khs_runs_extents(runs, &blocks->any);
}

void khs_blocks_deinit(struct khs_blocks *blocks)
{
	for (unsigned int o = 0; o < KHS_ORDERS; o++)
		khs_extents_deinit(&blocks->order[o]);
	khs_extents_deinit(&blocks->any);
}

int khs_blocks_over(const struct khs_blocks *blocks, uint64_t start, uint64_t end)
{
	for (int o = KHS_ORDERS - 1; o >= 0; o--) {
		const struct khs_extent *e = khs_extents_from(&blocks->order[o], start);

		if (e && e->start < end)
			return o;
	}
	return -1;
}
