/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pieces of a comparison as the ranges that its caller sees: cut where node, owner, or being
 * preserved again change, joined where nothing does, and counted. Decides no outcome.
 */
#ifndef KHS_DIFF_RANGES_H
#define KHS_DIFF_RANGES_H

#include "blocks.h"
#include "diff.h"
#include "whose.h"

struct khs_diff_ranges {
	struct khs *old, *new;
	bool (*visit)(void *arg, const struct khs_diff_range *range);
	void *arg;
	struct khs_diff_summary *sum;
	enum khs_direction direction; /* of what is compared now */
	struct khs_whose whose[2];    /* in OLD and in NEW */
	bool may_change;              /* its owner, with nothing wrong */
	struct khs_blocks again;      /* NEW's outgoing ones; empty: not asked for */
	struct khs_diff_range last;   /* not visited yet */
	uint32_t last_owner[2];
	bool have_last;
	bool stop;                    /* @visit wants no more */
};

/*
 * What follows is @old of OLD, held against @new of NEW; khs_diff_ranges_end() is due in any case.
 * False without memory.
 */
bool khs_diff_ranges_begin(struct khs_diff_ranges *r, enum khs_direction old,
			   enum khs_direction new);
void khs_diff_ranges_end(struct khs_diff_ranges *r);

/* @ranges is a struct khs_diff_ranges. */
void khs_diff_ranges_put(void *ranges, const struct khs_diff_piece *piece);

#endif
