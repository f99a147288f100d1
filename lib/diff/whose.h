/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose the pages of one direction of a dump are, ordered for a comparison: one owner for each
 * page, and what two dumps call the same owner. Where several owners claim a page, the one whose
 * claim begins first has it here; that they do is for the checks.
 */
#ifndef KHS_DIFF_WHOSE_H
#define KHS_DIFF_WHOSE_H

#include "../base/extents.h"
#include "../owners/owners.h"

struct khs_whose {
	const struct khs_owners *owners;
	struct khs_extents pages; /* pfns; tag: the owner */
	bool complete;            /* a page that has no owner here is nobody's */
};

/* @owners have been gathered. False without memory; khs_whose_deinit() is due in any case. */
bool khs_whose_init(struct khs_whose *whose, const struct khs_owners *owners,
		    enum khs_direction direction);
void khs_whose_deinit(struct khs_whose *whose);

/* The owner of @pfn, KHS_NO_OWNER if it has none; *@edge comes down to where that may change. */
uint32_t khs_whose_at(const struct khs_whose *whose, uint64_t pfn, uint64_t *edge);

/* Whether a page that is preserved in both is known to have another owner in @b than in @a. */
bool khs_whose_differ(const struct khs_whose *a, uint32_t owner_a, const struct khs_whose *b,
		      uint32_t owner_b);

#endif
