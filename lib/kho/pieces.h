/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a range of pages falls into blocks. kho_preserve_pages() and kho_restore_pages() each work it
 * out anew, in two kernels, and do not agree at the edges of nodes: the first makes a block smaller
 * until both its ends are on one node (kernel/liveupdate/kexec_handover.c:
 * __kho_preserve_pages_order(), since commit 91e74fa8b1bc, in Linux 7.1), the second does not.
 */
#ifndef KHS_KHO_PIECES_H
#define KHS_KHO_PIECES_H

#include "../mm/mem.h"
#include "runs.h"

/*
 * The order of the block that preserve makes at @pfn, of what is left up to @end of a range; @whole
 * is the order of that range, and what it takes where @pfn is 0.
 */
unsigned int khs_piece_order(const struct khs_mem *mem, uint64_t pfn, uint64_t end,
			     unsigned int whole);

/* The run that covers @pfn, or NULL. @runs is sorted, and no two of its runs overlap. */
const struct khs_run *khs_runs_find(const struct khs_runs *runs, uint64_t pfn);

/* Whether a block of @order starts at @pfn. */
bool khs_runs_has_block(const struct khs_runs *runs, uint64_t pfn, unsigned int order);

#endif
