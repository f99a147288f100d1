/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorted lists of disjoint half-open ranges [start, end), each with a tag (a node id, say). Built
 * by adding ranges in any order and normalising once; after that they are read-only and searched in
 * O(log n). Units (pfns or bytes) are the owner's business.
 */
#ifndef KHS_BASE_EXTENTS_H
#define KHS_BASE_EXTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct khs_extent {
	uint64_t start;
	uint64_t end;
	int32_t tag;
};

struct khs_extents {
	struct khs_extent *v;
	size_t n;
	size_t cap;
};

void khs_extents_deinit(struct khs_extents *x);

/*
 * Appends [start, end), to the last range where it continues that; an empty one is dropped. False
 * without memory.
 */
bool khs_extents_add(struct khs_extents *x, uint64_t start, uint64_t end, int32_t tag);

/*
 * Sorts and joins touching ranges of one tag. False when ranges of different tags overlap: the
 * later one is then cut so that the list stays disjoint, and the caller knows the source lied.
 */
bool khs_extents_normalize(struct khs_extents *x);

/* The range that holds @pos, or NULL. */
const struct khs_extent *khs_extents_find(const struct khs_extents *x, uint64_t pos);

/* The first range that ends beyond @pos (it may start after it), or NULL: where to begin a walk. */
const struct khs_extent *khs_extents_from(const struct khs_extents *x, uint64_t pos);

/*
 * Where a range begins or ends next behind @pos, UINT64_MAX if nowhere; *@in is the range that
 * holds @pos, NULL if none does.
 */
uint64_t khs_extents_edge(const struct khs_extents *x, uint64_t pos, const struct khs_extent **in);

/* How much of [start, end) the list covers. */
uint64_t khs_extents_covered(const struct khs_extents *x, uint64_t start, uint64_t end);

static inline const struct khs_extent *khs_extents_end(const struct khs_extents *x)
{
	return x->n ? x->v + x->n : x->v;
}

#endif
