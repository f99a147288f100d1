// SPDX-License-Identifier: GPL-2.0-or-later
#include "extents.h"

#include <stdlib.h>

#include "array.h"

void khs_extents_deinit(struct khs_extents *x)
{
	free(x->v);
	*x = (struct khs_extents){ 0 };
}

bool khs_extents_add(struct khs_extents *x, uint64_t start, uint64_t end, int32_t tag)
{
	struct khs_extent *last = x->n ? &x->v[x->n - 1] : NULL;

	if (start >= end)
		return true;
	if (last && last->end == start && last->tag == tag) {
		last->end = end;
		return true;
	}
	if (!khs_array_grow(x->v, x->n, x->cap))
		return false;
	x->v[x->n++] = (struct khs_extent){ start, end, tag };
	return true;
}

static int by_start(const void *a, const void *b)
{
	const struct khs_extent *l = a, *r = b;

	if (l->start != r->start)
		return l->start < r->start ? -1 : 1;
	return (l->end > r->end) - (l->end < r->end);
}

bool khs_extents_normalize(struct khs_extents *x)
{
	bool consistent = true;
	size_t out = 0;

	if (!x->n)
		return true;
	qsort(x->v, x->n, sizeof(*x->v), by_start);
	for (size_t i = 1; i < x->n; i++) {
		struct khs_extent *last = &x->v[out];
		struct khs_extent next = x->v[i];

		if (next.tag == last->tag && next.start <= last->end) {
			if (next.end > last->end)
				last->end = next.end;
			continue;
		}
		if (next.start < last->end) {
			consistent = false;
			next.start = last->end;
			if (next.start >= next.end)
				continue;
		}
		x->v[++out] = next;
	}
	x->n = out + 1;
	return consistent;
}

const struct khs_extent *khs_extents_from(const struct khs_extents *x, uint64_t pos)
{
	size_t lo = 0, hi = x->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (x->v[mid].end > pos)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo < x->n ? &x->v[lo] : NULL;
}

const struct khs_extent *khs_extents_find(const struct khs_extents *x, uint64_t pos)
{
	const struct khs_extent *e = khs_extents_from(x, pos);

	return e && e->start <= pos ? e : NULL;
}

uint64_t khs_extents_edge(const struct khs_extents *x, uint64_t pos, const struct khs_extent **in)
{
	const struct khs_extent *e = khs_extents_from(x, pos);

	*in = e && e->start <= pos ? e : NULL;
	return !e ? UINT64_MAX : *in ? e->end : e->start;
}

uint64_t khs_extents_covered(const struct khs_extents *x, uint64_t start, uint64_t end)
{
	const struct khs_extent *e = khs_extents_from(x, start);
	uint64_t sum = 0;

	for (; e && e < khs_extents_end(x) && e->start < end; e++) {
		uint64_t from = e->start > start ? e->start : start;
		uint64_t to = e->end < end ? e->end : end;

		sum += to - from;
	}
	return sum;
}
