/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fast test of the memory map: tells the struct pages that need not be looked at from those
 * that do. What passes is fine by judge.h, is no first page of a pending preservation, and no free
 * page that the outgoing map preserves; the rest may be fine all the same. The answer for a page
 * depends on nothing that was found elsewhere, so any part of the map can be sifted by itself:
 * where a page lies inside a pending preservation is told from the mark of its first page alone.
 */
#ifndef KHS_KHO_SIFT_H
#define KHS_KHO_SIFT_H

#include "judge.h"

/* The first page of a preservation of so many pages that parts of it are sifted apart. */
struct khs_sift_head {
	uint64_t pfn;
	uint64_t end; /* by its mark; 0: it has none */
};

struct khs_sift {
	struct khs_judge judge;
	uint64_t until;       /* from this pfn on the next six are to be found anew */
	uint64_t links_mask;  /* the bits of page->flags that name node and zone, if they matter */
	uint64_t links;       /* and what they have to be */
	bool loose;           /* poison would pass for that */
	bool noinit;          /* memory that was preserved, or may have been */
	bool preserved;       /* by the outgoing map */
	bool first;           /* the range up to @until begins where such a preservation does */
	uint64_t next;        /* the pfn behind the last one sifted */
	uint64_t block_end;   /* of the pending preservation that goes on there, if one does */
	struct khs_sift_head heads[64]; /* looked at last, by their alignment */
};

void khs_sift_init(struct khs_sift *s, const struct khs_mem *mem, const struct khs_kho *kho);

/*
 * Before @pfn, where a part of the map begins, is sifted: looks for a preservation that begins
 * before it, unless the part before was sifted by @s, too. Reads by @vm.
 */
void khs_sift_begin(struct khs_sift *s, struct khs_vm *vm, uint64_t pfn);

/*
 * How many of the @pages struct pages at @raw, the first of which is that of @pfn, need not be
 * looked at. If there are more, the next one is to be looked at, and counts as seen: go on with the
 * one after it. Pages are to be sifted in their order; absent ones may be left out.
 */
uint64_t khs_sift(struct khs_sift *s, uint64_t pfn, uint64_t pages, const uint8_t *raw);

#endif
