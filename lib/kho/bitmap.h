/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bitmaps of preserved blocks of one order, kho-v1: struct kho_mem_phys_bits (Linux 6.16 and 6.17:
 * kernel/kexec_handover.c, 512 bytes from kzalloc(); 6.18: a page; 6.19 and 7.0:
 * kernel/liveupdate/kexec_handover.c, a page). Reads one; where it is found is others' business.
 *
 * What is believed: a bitmap with a bit for a block beyond any physical address, or with more than
 * KHS_WALK_STRAYS runs of bits beyond the machine's memory, is none, and no bit of it is taken. One
 * with fewer such runs is taken whole, for the checks to name them. A page of other data whose
 * every bit could be a block can't be told from a bitmap here.
 */
#ifndef KHS_KHO_BITMAP_H
#define KHS_KHO_BITMAP_H

#include "walk.h"

/* What a 6.16 or 6.17 kernel has; all later ones have a page. */
#define KHS_BITMAP_SMALL 512

struct khs_bitmap {
	uint64_t bytes; /* KHS_BITMAP_SMALL or a page */
	uint64_t first; /* pfn of the block of bit 0 */
	unsigned int order;
};

/* Whether a bitmap may begin with block @number of @order: whether bit 0 is below all addresses. */
bool khs_bitmap_possible(const struct khs_walk *w, uint64_t number, unsigned int order);

/*
 * Follows @pointer to the bitmap and appends its blocks to w->runs. @words has room for a page.
 * NOMEM, INTERRUPTED.
 */
struct khs_error *khs_bitmap_read(struct khs_walk *w, struct khs_walk_pointer *pointer,
				  const struct khs_bitmap *bitmap, uint64_t *words);

#endif
