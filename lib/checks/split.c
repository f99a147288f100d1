// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * leftover-split: kho_preserve_pages() makes a preservation smaller until both its ends are on one
 * node (__kho_preserve_pages_order(), Linux kernel commit 91e74fa8b1bc), but kho_restore_pages() of
 * 7.2 and 7.3 steps through the same range without doing so. At a block that preserve had to split
 * it restores the first piece and steps over the others: they keep their marks, and their pages are
 * missing from managed_pages, while the caller uses them.
 *
 * The fingerprint, at a node boundary: an aligned block around it, whose first piece (as preserve
 * would cut it) was restored, and whose other pieces are all still marked, each with the very order
 * preserve would have given it.
 */
#include <stdio.h>

#include "check.h"
#include "../base/error.h"
#include "../kho/pieces.h"
#include "../mm/memmap.h"

struct split {
	uint64_t start, end;  /* the block that restore took for one */
	uint64_t leftover;    /* where its first piece ends */
	uint64_t boundary;
	unsigned int order;
	unsigned int pieces;  /* left behind */
	unsigned int piece_order; /* of the first one left behind */
	bool proven;          /* all of the first piece looks restored */
};

/* Whether every piece of the block but its first stands marked as preserve would have cut it. */
static bool rest_is_marked(const struct khs *k, struct split *s)
{
	uint64_t pfn = s->start + (1ull << khs_piece_order(&k->mem, s->start, s->end, s->order));

	s->leftover = pfn;
	if (pfn >= s->end)
		return false;
	s->piece_order = khs_piece_order(&k->mem, pfn, s->end, s->order);
	for (s->pieces = 0; pfn < s->end; s->pieces++) {
		unsigned int order = khs_piece_order(&k->mem, pfn, s->end, s->order);

		if (!khs_runs_has_block(&k->census.in, pfn, order))
			return false;
		pfn += 1ull << order;
	}
	return true;
}

/*
 * Restored as single pages and not freed since: off every list the allocator keeps, and not
 * reserved, unmarked, referenced. Only kho_restore_pages() leaves whole ranges like that.
 */
static bool looks_restored(const struct khs_mem *mem, uint64_t pfn, const uint8_t *raw)
{
	struct khs_page p = khs_page_decode(&mem->layout, raw);
	uint64_t self = khs_mem_page_address(mem, pfn) + mem->layout.lru;

	return p.lru_next == self && p.lru_prev == self && p.refcount > 0 && !khs_page_marked(&p) &&
	       !(p.flags & mem->layout.reserved) && khs_mapcount_ok(p.mapcount);
}

/* How many pages of [start, end) look restored; *@seen is how many could be looked at. */
static struct khs_error *count_restored(const struct khs_mem *mem, uint64_t start, uint64_t end,
					uint64_t *seen, uint64_t *restored)
{
	struct khs_memmap map;

	*seen = *restored = 0;
	if (!khs_memmap_init(&map, mem, NULL))
		return khs_enomem();
	while (start < end) {
		struct khs_memmap_piece piece = khs_memmap_next(&map, start, end);

		for (uint64_t i = 0; piece.raw && i < piece.pages; i++)
			*restored += looks_restored(mem, start + i,
						    piece.raw + i * mem->layout.size);
		if (piece.raw)
			*seen += piece.pages;
		start += piece.pages;
	}
	khs_memmap_deinit(&map);
	return NULL;
}

/* How many pages of RAM of the node's zone [start, end) holds. */
static uint64_t zone_pages(const struct khs_extents *ram, int node, const struct khs_zone *zone,
			   uint64_t start, uint64_t end)
{
	const struct khs_extent *e;
	uint64_t pages = 0;

	if (start < zone->start)
		start = zone->start;
	if (end > zone->end)
		end = zone->end;
	if (start >= end)
		return 0;
	e = khs_extents_from(ram, start);
	for (; e && e < khs_extents_end(ram) && e->start < end; e++) {
		uint64_t from = e->start > start ? e->start : start;
		uint64_t to = e->end < end ? e->end : end;

		if (e->tag == node)
			pages += to - from;
	}
	return pages;
}

/* "node 1 zone DMA32: 512 pages (managed_pages is 74869)" */
static void name_gap(const struct khs *k, uint64_t start, uint64_t end, char *text, size_t size)
{
	size_t at = 0;

	text[0] = '\0';
	for (size_t i = 0; i < k->mem.nr_nodes; i++) {
		const struct khs_node *node = &k->mem.nodes[i];

		for (size_t z = 0; z < node->nr_zones; z++) {
			const struct khs_zone *zone = &node->zones[z];
			uint64_t pages = zone_pages(&k->mem.ram, node->id, zone, start, end);

			if (pages && !khs_list_add(text, size, &at, "; ", "node %d zone %s: %llu "
						   "pages (managed_pages is %llu)", node->id,
						   zone->name, (unsigned long long)pages,
						   (unsigned long long)zone->managed))
				return;
		}
	}
}

static void emit(struct khs *k, const struct khs_emitter *to, const struct split *s)
{
	struct khs_draft d;
	char gap[384];

	khs_draft_init(&d, k, "leftover-split", "S11", s->proven ? KHS_ERROR : KHS_NOTE,
		       s->leftover, s->end - s->leftover, s->piece_order);
	if (s->proven)
		khs_draft_summary(&d, "kho_restore_pages() restored the part before the node "
				  "boundary and left this part marked, its pages missing from "
				  "managed_pages");
	else
		khs_draft_summary(&d, "cut where a split at the node boundary would be; the part "
				  "before it is in other use, so this may be an ordinary pending "
				  "one");
	khs_draft_string(&d, "restored_piece", "pfn 0x%llx-0x%llx, node %d",
			 (unsigned long long)s->start, (unsigned long long)s->leftover - 1,
			 khs_mem_node(&k->mem, s->start));
	khs_draft_string(&d, "leftover_piece", "pfn 0x%llx-0x%llx, node %d, %u mark%s",
			 (unsigned long long)s->leftover, (unsigned long long)s->end - 1,
			 khs_mem_node(&k->mem, s->leftover), s->pieces, s->pieces == 1 ? "" : "s");
	khs_draft_hex(&d, "node_boundary_pfn", s->boundary);
	khs_draft_string(&d, "restore_stepped", "order %u from pfn 0x%llx", s->order,
			 (unsigned long long)s->start);
	name_gap(k, s->leftover, s->end, gap, sizeof(gap));
	khs_draft_string(&d, "not_in_managed_pages", "%s", gap);
	khs_draft_emit(&d, to);
}

/* The largest block around @boundary that has the fingerprint. */
static bool find_split(const struct khs *k, uint64_t boundary, struct split *ret)
{
	bool found = false;

	for (unsigned int order = 1; order < 64 - k->kernel.page_shift; order++) {
		struct split s = { .boundary = boundary, .order = order };

		s.start = boundary & ~((1ull << order) - 1);
		s.end = s.start + (1ull << order);
		if (s.end > k->mem.max_pfn)
			break;
		/* Where the first piece waits as well, nothing was restored. */
		if (s.start == boundary || khs_mem_node(&k->mem, s.start) == KHS_NO_NODE ||
		    khs_runs_find(&k->census.in, s.start) || !rest_is_marked(k, &s))
			continue;
		*ret = s;
		found = true;
	}
	return found;
}

/* Boundaries still to be looked at: those of RAM's extents from @i on, beyond @done. */
struct walk {
	size_t i;
	uint64_t done;
};

/* The next one with the fingerprint; without any s->end is 0. */
static struct khs_error *next_split(const struct khs *k, struct walk *w, struct split *s)
{
	const struct khs_extents *ram = &k->mem.ram;

	for (; w->i + 1 < ram->n; w->i++) {
		const struct khs_extent *e = &ram->v[w->i + 1];
		uint64_t seen, restored;
		struct khs_error *err;

		if (e->tag == e[-1].tag || e->start < w->done || !find_split(k, e->start, s))
			continue;
		err = count_restored(&k->mem, s->start, s->leftover, &seen, &restored);
		if (err)
			return err;
		w->done = s->end;
		s->proven = restored == s->leftover - s->start;
		if (seen)
			return NULL;
	}
	*s = (struct split){ 0 };
	return NULL;
}

struct khs_error *khs_check_split(struct khs *k, const struct khs_check_info *check,
				  const struct khs_emitter *to)
{
	struct walk w = { 0 };
	struct khs_error *err;
	struct split s;

	(void)check;
	while (!(err = next_split(k, &w, &s)) && s.end)
		emit(k, to, &s);
	return err;
}

struct khs_error *khs_find_leftover(const struct khs *k, uint64_t pfn, enum khs_leftover *ret)
{
	struct walk w = { 0 };
	struct khs_error *err;
	struct split s;

	*ret = KHS_LEFTOVER_NO;
	while (!(err = next_split(k, &w, &s)) && s.end) {
		if (pfn >= s.leftover && pfn < s.end)
			*ret = s.proven ? KHS_LEFTOVER_PROVEN : KHS_LEFTOVER_MAYBE;
	}
	return err;
}

struct khs_error *khs_find_leftovers(const struct khs *k, struct khs_extents *ret)
{
	struct walk w = { 0 };
	struct khs_error *err;
	struct split s;

	while (!(err = next_split(k, &w, &s)) && s.end) {
		if (s.proven && !khs_extents_add(ret, s.leftover, s.end, 0))
			return khs_enomem();
	}
	khs_extents_normalize(ret);
	return err;
}
