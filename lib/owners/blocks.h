/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chains of blocks with entries (kernel/liveupdate/kho_block.c, include/linux/kho/abi/block.h:
 * struct kho_block_header_ser, since 7.2): pages that begin with the physical address of the next
 * one and a count of entries. Claims the pages; does not know what the entries are.
 */
#ifndef KHS_OWNERS_BLOCKS_H
#define KHS_OWNERS_BLOCKS_H

#include "gather.h"

enum { KHS_BLOCK_HEADER = 16 };

struct khs_chain {
	uint64_t head;      /* physical address of the first block; 0: none */
	size_t entry_size;
	/* Gets each entry in turn, of blocks with a count that can be. NULL: no entry is read. */
	void (*visit)(struct khs_gather *g, const uint8_t *entry, void *arg);
	void *arg;
	/* The outcome. */
	uint64_t blocks;    /* walked and claimed */
	uint64_t entries;   /* as the blocks count them */
	bool whole;
};

static inline uint64_t khs_block_capacity(const struct khs_gather *g, size_t entry_size)
{
	return (khs_gather_page_size(g) - KHS_BLOCK_HEADER) / entry_size;
}

/* Claims the chain for @owner; incoming blocks while they are pending. */
void khs_chain_walk(struct khs_gather *g, uint32_t owner, struct khs_chain *chain);

#endif
