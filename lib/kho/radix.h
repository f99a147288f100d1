/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The radix tree of preserved pages, kho-v2 to kho-v4 (include/linux/kho/abi/kexec_handover.h,
 * kernel/liveupdate/kexec_handover.c:kho_radix_add_key(), kho_radix_add_page() to 7.2). Walks it in
 * physical memory, trusting nothing: alignment, RAM, depth, index, repeated nodes. Recursion is
 * bounded by the tree's depth, memory by its nodes and runs.
 *
 * What is believed. Keys, and so blocks, come from the path to a node; a page of something else in
 * a node's place still yields "keys". Hence:
 * - an entry is followed if keys below it exist, and it points at a page of RAM not visited before;
 * - an entry whose keys all lie beyond the machine's memory is followed after all others, so that a
 *   node it shares with one of them counts as that one's;
 * - a table with more than KHS_WALK_STRAYS bad entries, and more bad than good ones, is no table,
 *   and none of its entries is followed;
 * - a leaf with a bit that no key has, or with more than KHS_WALK_STRAYS runs of bits for blocks
 *   beyond the machine's memory, is no leaf, and none of its bits is taken. A leaf with fewer such
 *   runs is taken whole: a driver that preserves memory that isn't there leaves just this behind,
 *   and the checks shall name it. So blocks of the result may lie beyond max_pfn.
 * A page of other data whose every bit could be a key can't be told from a leaf here.
 *
 * Early 7.1-rc kernels with 16K pages have a level too few (fixed by d64b0372760e): the order bit
 * of order 0 fell off, and what is left of such a key is the pfn. It is taken for that, as the
 * kernel meant it, where the machine has such a page, or no memory for a block of the order that
 * the kernel itself reads from it.
 */
#ifndef KHS_KHO_RADIX_H
#define KHS_KHO_RADIX_H

#include "walk.h"

/* The constants of a tree for pages of 1 << @page_shift bytes. */
struct khs_radix_shape {
	unsigned int page_shift;
	unsigned int depth;      /* levels, the leaves included */
	unsigned int table_bits; /* log2 of a node's entries */
	unsigned int leaf_bits;  /* log2 of a leaf's bits */
	unsigned int key_width;  /* 64 - page_shift + 1 */
};

struct khs_radix_shape khs_radix_shape(unsigned int page_shift);

/* A key's block. False if no order can be read from it (no bit where the order bit may be). */
bool khs_radix_decode(const struct khs_radix_shape *shape, uint64_t key, uint64_t *pfn,
		      unsigned int *order);
/* @order is at most 64 - page_shift, @pfn a multiple of it. */
uint64_t khs_radix_encode(const struct khs_radix_shape *shape, uint64_t pfn, unsigned int order);

/*
 * Walks the tree whose root node is at physical address @root into @kho->out, ->nodes, ->problems,
 * ->nodes_absent and ->out_known. The runs come in the order of their keys, the nodes sorted.
 * Errors: NOMEM, INTERRUPTED.
 */
struct khs_error *khs_radix_walk(struct khs_kernel *kernel, const struct khs_machine *machine,
				 uint64_t root, struct khs_kho *kho);

#endif
