// SPDX-License-Identifier: GPL-2.0-or-later
#include "pieces.h"

unsigned int khs_piece_order(const struct khs_mem *mem, uint64_t pfn, uint64_t end,
			     unsigned int whole)
{
	unsigned int order = pfn ? (unsigned int)__builtin_ctzll(pfn) : whole;

	if (order > whole)
		order = whole;
	while (order && (pfn + (1ull << order) > end ||
			 khs_mem_node(mem, pfn) != khs_mem_node(mem, pfn + (1ull << order) - 1)))
		order--;
	return order;
}

const struct khs_run *khs_runs_find(const struct khs_runs *runs, uint64_t pfn)
{
	size_t lo = 0, hi = runs->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (khs_run_end(&runs->v[mid]) > pfn)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < runs->n && runs->v[lo].pfn <= pfn ? &runs->v[lo] : NULL;
}

bool khs_runs_has_block(const struct khs_runs *runs, uint64_t pfn, unsigned int order)
{
	const struct khs_run *run = khs_runs_find(runs, pfn);

	return run && run->order == order && !((pfn - run->pfn) & ((1ull << order) - 1));
}
