/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What became of each preservation between two dumps of one machine: khs_diff() of khoscope.h. Two
 * lists of runs and the newer dump's memory map are gone through side by side, by interval
 * arithmetic; struct pages are read, in pieces, only where a preservation left no mark. Nothing is
 * kept but the runs. It compares no contents: neither dump says what should be in the memory.
 */
#ifndef KHS_DIFF_DIFF_H
#define KHS_DIFF_DIFF_H

#include "blocks.h"
#include "../model.h"

/* A stretch of blocks of one order with one outcome. */
struct khs_diff_piece {
	enum khs_outcome outcome;
	uint64_t pfn, end;
	unsigned int order;
	int new_order;
	bool proven;
};

/* What struct pages say of a stretch that was preserved and has no mark. */
struct khs_after {
	const struct khs *new;
	struct khs_extents odd; /* pfns whose struct page is no sound one; tag: enum khs_class */
};

/* False without memory; khs_after_deinit() is due in any case. */
bool khs_after_init(struct khs_after *after, const struct khs *new);
void khs_after_deinit(struct khs_after *after);

/*
 * Judges [@start, @end), blocks of @order, none of them marked, all of them preserved before the
 * handover. Each block has one outcome: RESTORED, FREED, LOST, DAMAGED or UNKNOWN; what an interrupt
 * leaves is UNKNOWN. Errors: NOMEM.
 */
struct khs_error *khs_after_judge(struct khs_after *after, uint64_t start, uint64_t end,
				  unsigned int order,
				  void (*put)(void *arg, const struct khs_diff_piece *piece),
				  void *arg);

#endif
