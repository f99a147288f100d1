// SPDX-License-Identifier: GPL-2.0-or-later
#include "bitmap.h"

#include "../base/bits.h"
#include "../base/error.h"

bool khs_bitmap_possible(const struct khs_walk *w, uint64_t number, unsigned int order)
{
	return order < 64 - w->page_shift && number < w->key_pfns >> order;
}

/* The number of bits for blocks that lie below @pfns as a whole. */
static uint64_t bits_below(const struct khs_bitmap *b, uint64_t pfns)
{
	uint64_t bits = pfns > b->first ? (pfns - b->first) >> b->order : 0;

	return bits < b->bytes * 8 ? bits : b->bytes * 8;
}

static bool is_bitmap(const struct khs_walk *w, const struct khs_bitmap *b, const uint64_t *words)
{
	uint64_t possible = bits_below(b, w->key_pfns), bit = possible, first;
	unsigned int strays = 0;

	if (khs_next_run(words, &bit, b->bytes * 8, &first))
		return false;
	bit = bits_below(b, w->machine_pfns);
	while (khs_next_run(words, &bit, possible, &first))
		strays++;
	return strays <= KHS_WALK_STRAYS;
}

static struct khs_error *take(struct khs_walk *w, const struct khs_bitmap *b, const uint64_t *words)
{
	uint64_t bit = 0, first;

	while (khs_next_run(words, &bit, b->bytes * 8, &first)) {
		if (!khs_runs_add_blocks(w->runs, b->first + (first << b->order), b->order,
					 bit - first, KHS_RANGE_PRESERVED))
			return khs_enomem();
	}
	return NULL;
}

struct khs_error *khs_bitmap_read(struct khs_walk *w, struct khs_walk_pointer *pointer,
				  const struct khs_bitmap *bitmap, uint64_t *words)
{
	struct khs_error *err = khs_walk_follow(w, pointer);

	if (err || pointer->presence != KHS_PRESENT)
		return err;
	if (!khs_walk_add_node(w, KHS_MAP_BITMAP, pointer->pa, 0))
		return khs_enomem();
	pointer->presence = khs_dump_read_all(w->kernel->dump, pointer->pa, words, bitmap->bytes);
	if (pointer->presence != KHS_PRESENT)
		return khs_walk_blame(w, pointer, KHS_MAP_ABSENT);
	if (!is_bitmap(w, bitmap, words))
		return khs_walk_blame(w, pointer, KHS_MAP_NO_PART);
	return take(w, bitmap, words);
}
