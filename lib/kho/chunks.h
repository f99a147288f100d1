/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of bitmaps for the next kernel, kho-v1: struct khoser_mem_chunk, pages linked by
 * physical address (kho_mem_serialize() of kernel/kexec_handover.c in Linux 6.16 to 6.18, and of
 * kernel/liveupdate/kexec_handover.c in 6.19 and 7.0; the layout is ABI and the same in all).
 * Trusts nothing: alignment, memory, order, counts, repeated pages. It ends at the first chunk that
 * can't be one, since what that points at is not to be believed either.
 */
#ifndef KHS_KHO_CHUNKS_H
#define KHS_KHO_CHUNKS_H

#include "walk.h"

struct khs_chunks {
	bool whole;            /* read to its end */
	uint64_t bitmap_bytes; /* by which it was read */
	bool foreign;          /* ... which the list itself told, against what was expected */
};

/*
 * Walks the list whose first chunk is at physical address @first. Bitmaps have @bitmap_bytes,
 * unless the list says that they are KHS_BITMAP_SMALL: both sizes went by the name of kho-v1, and a
 * larger one begins at multiples, and on page boundaries, that the smaller doesn't need. Errors:
 * NOMEM, INTERRUPTED.
 */
struct khs_error *khs_chunks_walk(struct khs_walk *w, uint64_t first, uint64_t bitmap_bytes,
				  struct khs_chunks *ret);

#endif
