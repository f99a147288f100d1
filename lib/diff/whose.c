// SPDX-License-Identifier: GPL-2.0-or-later
#include "whose.h"

#include <string.h>

bool khs_whose_init(struct khs_whose *whose, const struct khs_owners *owners,
		    enum khs_direction direction)
{
	const struct khs_owners_side *side = &owners->side[direction == KHS_IN];
	uint64_t pos = 0;

	*whose = (struct khs_whose){ .owners = owners, .complete = khs_owners_tell_all(side) };
	for (size_t i = 0; i < side->nr_by_pfn; i++) {
		const struct khs_claim *c = &owners->claims[side->by_pfn[i]];
		uint64_t from = c->pfn > pos ? c->pfn : pos, end = c->pfn + c->pages;

		if (owners->nodes[c->owner].kind == KHS_O_UNKNOWN || from >= end)
			continue;
		if (!khs_extents_add(&whose->pages, from, end, (int32_t)c->owner))
			return false;
		pos = end;
	}
	khs_extents_normalize(&whose->pages);
	return true;
}

void khs_whose_deinit(struct khs_whose *whose)
{
	khs_extents_deinit(&whose->pages);
}

uint32_t khs_whose_at(const struct khs_whose *whose, uint64_t pfn, uint64_t *edge)
{
	const struct khs_extent *in;
	uint64_t next = khs_extents_edge(&whose->pages, pfn, &in);

	if (next < *edge)
		*edge = next;
	return in ? (uint32_t)in->tag : KHS_NO_OWNER;
}

bool khs_whose_differ(const struct khs_whose *a, uint32_t owner_a, const struct khs_whose *b,
		      uint32_t owner_b)
{
	char path_a[320], path_b[320];

	if (owner_a == KHS_NO_OWNER || owner_b == KHS_NO_OWNER)
		return owner_a != owner_b &&
		       (owner_a == KHS_NO_OWNER ? a->complete : b->complete);
	khs_owner_path(a->owners, owner_a, path_a, sizeof(path_a));
	khs_owner_path(b->owners, owner_b, path_b, sizeof(path_b));
	return strcmp(path_a, path_b);
}
