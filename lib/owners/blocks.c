// SPDX-License-Identifier: GPL-2.0-or-later
#include "blocks.h"

#include <stdlib.h>

/* KHO_MAX_BLOCKS: a longer chain is one that goes round (kho_block_set_is_cyclic()). */
#define MAX_BLOCKS 10000

/* Its count may be 0: the blocks of a set that was never serialized. */
static void take_entries(struct khs_gather *g, uint32_t owner, struct khs_chain *chain, uint64_t pa,
			 const uint8_t *block)
{
	uint64_t count = khs_load64(block + 8);
	uint64_t capacity = khs_block_capacity(g, chain->entry_size);

	if (count > capacity) {
		khs_gather_fault(g, KHS_F_LUO_BLOCK_COUNT, owner, khs_gather_pfn(g, pa), 1, count,
				 capacity);
		chain->whole = false;
		return;
	}
	chain->entries += count;
	for (uint64_t i = 0; chain->visit && i < count && khs_gather_more(g); i++)
		chain->visit(g, block + KHS_BLOCK_HEADER + i * chain->entry_size, chain->arg);
}

static void walk(struct khs_gather *g, uint32_t owner, struct khs_chain *chain, uint8_t *block)
{
	uint64_t seen = 0, laps = 1;

	for (uint64_t pa = chain->head, before = 0; pa; before = pa, pa = khs_load64(block)) {
		/* Brent's: a block met before is one that was noted a power of two ago. */
		if (!khs_gather_is_page(g, pa) || pa == seen || chain->blocks >= MAX_BLOCKS) {
			khs_gather_fault(g, KHS_F_LUO_CHAIN, owner, khs_gather_pfn(g, before),
					 before ? 1 : 0, pa, chain->blocks);
			khs_gather_incomplete(g, owner, "a chain of blocks is broken");
			chain->whole = false;
			return;
		}
		if (!khs_gather_alive(g, pa)) {
			khs_gather_incomplete(g, owner, "a block of its chain is gone");
			chain->whole = false;
			return;
		}
		khs_gather_span(g, owner, KHS_ROLE_BLOCK, khs_gather_pfn(g, pa), 1,
				KHS_F_UNCOVERED);
		if (++chain->blocks == laps) {
			seen = pa;
			laps *= 2;
		}
		if (!khs_gather_more(g) ||
		    !khs_gather_read(g, owner, pa, block, khs_gather_page_size(g))) {
			chain->whole = false;
			return;
		}
		take_entries(g, owner, chain, pa, block);
	}
}

void khs_chain_walk(struct khs_gather *g, uint32_t owner, struct khs_chain *chain)
{
	uint8_t *block;

	chain->whole = true;
	chain->blocks = chain->entries = 0;
	if (!chain->head)
		return;
	block = malloc(khs_gather_page_size(g));
	if (!block) {
		g->no_memory = true;
		return;
	}
	walk(g, owner, chain, block);
	free(block);
}
