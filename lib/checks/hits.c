// SPDX-License-Identifier: GPL-2.0-or-later
#include "hits.h"

#include <stdlib.h>

#include "../base/array.h"

bool khs_hits_add(struct khs_hits *hits, const struct khs_hit *hit)
{
	if (!khs_array_grow(hits->v, hits->n, hits->cap))
		return false;
	hits->v[hits->n++] = *hit;
	return true;
}

bool khs_hits_add_touched(struct khs_hits *hits, const struct khs_run *run,
			  const struct khs_extents *extents, unsigned int kind)
{
	uint64_t at = run->pfn, end = khs_run_end(run), mask = (1ull << run->order) - 1;

	while (at < end) {
		const struct khs_extent *e = khs_extents_from(extents, at);
		struct khs_hit hit = { .order = run->order, .kind = kind };

		if (!e || e->start >= end)
			break;
		hit.pfn = e->start > at ? e->start : at;
		hit.pfn = run->pfn + ((hit.pfn - run->pfn) & ~mask);
		hit.end = e->end < end ? e->end : end;
		hit.end = run->pfn + ((hit.end - run->pfn + mask) & ~mask);
		if (!khs_hits_add(hits, &hit))
			return false;
		at = hit.end;
	}
	return true;
}

static int by_pfn(const void *a, const void *b)
{
	const struct khs_hit *l = a, *r = b;

	if (l->pfn != r->pfn)
		return l->pfn < r->pfn ? -1 : 1;
	if (l->kind != r->kind)
		return l->kind < r->kind ? -1 : 1;
	if (l->order != r->order)
		return l->order > r->order ? -1 : 1;
	return (l->index > r->index) - (l->index < r->index);
}

void khs_hits_sort(struct khs_hits *hits)
{
	if (hits->n)
		qsort(hits->v, hits->n, sizeof(*hits->v), by_pfn);
}

void khs_hits_deinit(struct khs_hits *hits)
{
	free(hits->v);
	*hits = (struct khs_hits){ 0 };
}
