// SPDX-License-Identifier: GPL-2.0-or-later
#include "runs.h"

#include <stdlib.h>

#include "../base/array.h"

void khs_runs_deinit(struct khs_runs *runs)
{
	free(runs->v);
	*runs = (struct khs_runs){ 0 };
}

static bool continues(const struct khs_run *last, uint64_t pfn, unsigned int order, uint32_t state)
{
	return last->order == order && last->state == state && khs_run_end(last) == pfn;
}

bool khs_runs_add_blocks(struct khs_runs *runs, uint64_t pfn, unsigned int order, uint64_t count,
			 uint32_t state)
{
	if (!count)
		return true;
	if (runs->n && continues(&runs->v[runs->n - 1], pfn, order, state)) {
		runs->v[runs->n - 1].count += count;
		return true;
	}
	if (!khs_array_grow(runs->v, runs->n, runs->cap))
		return false;
	runs->v[runs->n++] = (struct khs_run){
		.pfn = pfn, .count = count, .order = order, .state = state,
	};
	return true;
}

bool khs_runs_add(struct khs_runs *runs, uint64_t pfn, unsigned int order, uint32_t state)
{
	return khs_runs_add_blocks(runs, pfn, order, 1, state);
}

static int by_pfn(const void *a, const void *b)
{
	const struct khs_run *l = a, *r = b;

	if (l->pfn != r->pfn)
		return l->pfn < r->pfn ? -1 : 1;
	if (l->order != r->order)
		return l->order > r->order ? -1 : 1;
	return (l->count < r->count) - (l->count > r->count);
}

void khs_runs_sort(struct khs_runs *runs)
{
	if (runs->n)
		qsort(runs->v, runs->n, sizeof(*runs->v), by_pfn);
}

bool khs_runs_extents(const struct khs_runs *runs, struct khs_extents *ret)
{
	for (size_t i = 0; i < runs->n; i++) {
		const struct khs_run *run = &runs->v[i];

		if (!khs_extents_add(ret, run->pfn, khs_run_end(run), 0))
			return false;
	}
	khs_extents_normalize(ret);
	return true;
}
