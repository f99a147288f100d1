// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is found by ranges: preservations across nodes and zones, off RAM, over each other, free
 * memory and scratch areas; what a split restore leaves behind; damage of the outgoing map.
 */
#include "kernel.h"

static uint64_t table_entry(struct tk *t, uint64_t pfn, unsigned int order, unsigned int level)
{
	uint64_t key = khs_radix_encode(&t->tree.shape, pfn, order);

	return tree_node(&t->tree, key, level) + 8 * tree_index(&t->tree, key, level);
}

/* ---- healthy -------------------------------------------------------------------------------- */

static void healthy_map(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x2000, 12);
	tk_preserve(t, 0x1000, 0);
	tk_preserve(t, 0x8000, 11);
	tk_preserve(t, 0x8800, 9);
	tk_preserve(t, TK_NODE1, 9);
	tk_preserve(t, 0x8c00, 10);
	tk_preserve(t, TK_HOLE - 1, 0);
	tk_preserve(t, TK_HOLE_END, 10);
	tk_check_healthy(t);
}

static void empty_map(void **state)
{
	struct tk *t = *state;

	memset(tk_at(t, t->tree.root, 4096), 0, 4096);
	tk_check_healthy(t);
	assert_int_equal(tk_status(t)->outgoing.ranges, 0);
	assert_true(tk_status(t)->outgoing.known);
}

/* ---- cross-node, cross-zone ----------------------------------------------------------------- */

static void cross_node(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, 0x8800, 10);
	f = tk_check_one(t, "cross-node", "C1", 0x8800, 0x400);
	assert_int_equal(f->order, 10);
	assert_int_equal(f->node, 0);
	tk_expect_evidence(f, "ranges=0x8800-0x89ff node 0 DMA32; 0x8a00-0x8bff node 1 DMA32\n");
	tk_expect_evidence(f, "nodes_by=memblock");
}

/* Node 0, node 1, node 0 again: both ends agree. */
static void cross_node_inside(void **state)
{
	struct tk *t = *state;

	tk_set_node(t, 1, 0x3100, TK_RAM_END);
	tk_set_zone(t, 1, 1, "DMA32", 0x3100, TK_RAM_END);
	tk_write(t, TK_MEMBLOCK + TK_MEMBLOCK_TYPE, 0, 8);
	tk_write(t, TK_MEMBLOCK + TK_MEMBLOCK_TYPE + 16, 0, 8);
	memset(tk_at(t, TK_MEMBLOCK_MEMORY, 0x1000), 0, 0x1000);
	tk_set_ram(t, 0, 1, 0x3100, 0);
	tk_set_ram(t, 1, 0x3100, 0x3200, 1);
	tk_set_ram(t, 2, 0x3200, TK_NODE1, 0);
	tk_set_ram(t, 3, TK_NODE1, TK_RAM_END, 1);
	for (uint64_t pfn = 0x3100; pfn < 0x3200; pfn++) {
		struct tk_page p = tk_get(t, pfn);

		p.flags = tk_links(t, 1, 1);
		tk_put(t, pfn, &p);
	}
	tk_preserve(t, 0x3000, 10);
	tk_preserve(t, 0x3000 - 0x100, 8);
	tk_check_one(t, "cross-node", "C1", 0x3000, 0x400);
}

/* Only the block that the boundary cuts, in a long run of blocks. */
static void cross_node_in_run(void **state)
{
	struct tk *t = *state;

	for (uint64_t pfn = 0x8000; pfn < 0x9800; pfn += 0x400)
		tk_preserve(t, pfn, 10);
	tk_check_one(t, "cross-node", "C1", 0x8800, 0x400);
}

static void cross_node_pending(void **state)
{
	struct tk *t = *state;

	tk_pending(t, 0x8800, 10);
	for (uint64_t pfn = TK_NODE1; pfn < 0x8c00; pfn++) {
		struct tk_page p = tk_get(t, pfn);

		p.flags = tk_links(t, 0, 3);
		tk_put(t, pfn, &p);
	}
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect_evidence(tk_expect(t, "cross-node", "C1", 0x8800, 0x400), "direction=in");
	tk_expect(t, "half-init", "H2", TK_NODE1, 0x200);
}

static void cross_zone(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, 0, 13);
	tk_check(t);
	f = tk_expect(t, "cross-zone", "C2", 0, 0x2000);
	assert_int_equal(f->severity, KHS_WARNING);
	tk_expect_evidence(f, "ranges=0x1-0xfff node 0 DMA; 0x1000-0x1fff node 0 DMA32\n");
}

/* Both: the node is what is said. */
static void cross_both(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0, 16);
	tk_check(t);
	tk_expect(t, "cross-node", "C1", 0, 0x10000);
	for (size_t i = 0; i < t->nr_found; i++)
		assert_string_not_equal(t->found[i].id, "cross-zone");
}

/* Outgoing and pending ones together, by pfn. */
static void cross_sorted(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x8800, 10);
	tk_pending(t, 0x8000, 12);
	tk_check(t);
	for (size_t i = 1; i < t->nr_found; i++)
		assert_true(strcmp(t->found[i].id, t->found[i - 1].id) ||
			    t->found[i].pfn >= t->found[i - 1].pfn);
	tk_expect_evidence(tk_expect(t, "cross-node", "C1", 0x8000, 0x1000), "direction=in");
	tk_expect_evidence(tk_expect(t, "cross-node", "C1", 0x8800, 0x400), "direction=out");
}

/* kernelcore=mirror: spans of zones overlap, and don't tell where one ends. */
static void cross_zone_untold(void **state)
{
	struct tk *t = *state;

	tk_set_zone(t, 0, 2, "Movable", 0x3100, TK_NODE1);
	for (uint64_t pfn = 0x3100; pfn < 0x3200; pfn++) {
		struct tk_page p = tk_get(t, pfn);

		p.flags = tk_links(t, 0, 2);
		tk_put(t, pfn, &p);
	}
	tk_preserve(t, 0x3000, 10);
	tk_preserve(t, 0x800, 12);
	tk_check(t);
	for (size_t i = 0; i < t->nr_found; i++)
		assert_string_not_equal(t->found[i].id, "cross-zone");
	tk_preserve(t, 0x8800, 10);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "cross-node", "C1", 0x8800, 0x400),
			   "ranges=0x8800-0x89ff node 0; 0x8a00-0x8bff node 1 DMA32\n");
}

/* ---- not-ram -------------------------------------------------------------------------------- */

static void not_ram_hole(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, TK_HOLE, 11);
	f = tk_check_one(t, "not-ram", "C3", TK_HOLE, 0x800);
	tk_expect_evidence(f, "not_ram=pfn 0x10000-0x103ff");
	tk_expect_evidence(f, "ram_by=memblock");
	assert_non_null(strstr(f->summary, "a hole in RAM"));
}

static void not_ram_inside_hole(void **state)
{
	struct tk *t = *state;

	for (uint64_t pfn = TK_HOLE + 0x10; pfn < TK_HOLE + 0x18; pfn++)
		tk_preserve(t, pfn, 0);
	tk_preserve(t, TK_HOLE - 1, 0);
	tk_preserve(t, TK_HOLE_END, 0);
	tk_check_one(t, "not-ram", "C3", TK_HOLE + 0x10, 8);
}

/* Every gap of a block is named, not the first alone. */
static void not_ram_gaps(void **state)
{
	struct tk *t = *state;

	tk_set_ram(t, 1, TK_NODE1, TK_HOLE - 0x20, 1);
	tk_set_ram(t, 2, TK_HOLE - 0x10, TK_HOLE, 1);
	tk_set_ram(t, 3, TK_HOLE_END, TK_RAM_END, 1);
	tk_preserve(t, TK_HOLE - 0x100, 8);
	tk_preserve(t, TK_HOLE, 11);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "not-ram", "C3", TK_HOLE - 0x100, 0x100),
			   "not_ram=pfn 0xffe0-0xffef\npages_not_ram=16\n");
	tk_preserve(t, 0xc000, 14);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "not-ram", "C3", 0xc000, 0x4000),
			   "not_ram=pfn 0xffe0-0xffef\n");
	tk_preserve(t, 0, 17);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "not-ram", "C3", 0, 0x20000),
			   "not_ram=pfn 0x0-0x0, pfn 0xffe0-0xffef, pfn 0x10000-0x103ff, "
			   "pfn 0x17000-0x1ffff\n");
}

static void not_ram_beyond(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, TK_END, 0);
	assert_non_null(strstr(tk_check_one(t, "not-ram", "C3", TK_END, 1)->summary,
			       "no such section"));
}

static void not_ram_offline(void **state)
{
	struct tk *t = *state;

	tk_set_section(t, 1, 0xb); /* not ONLINE */
	tk_preserve(t, 0xb000, 4);
	assert_non_null(strstr(tk_check_one(t, "not-ram", "C3", 0xb000, 16)->summary,
			       "an offline section"));
}

static void not_ram_pending(void **state)
{
	struct tk *t = *state;

	tk_pending(t, TK_HOLE + 0x20, 2);
	tk_expect_evidence(tk_check_one(t, "not-ram", "C3", TK_HOLE + 0x20, 4), "direction=in");
}

/* ---- overlap -------------------------------------------------------------------------------- */

static void overlap_nested(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x3000, 5);
	tk_preserve(t, 0x3003, 0);
	tk_preserve(t, 0x3010, 2);
	tk_preserve(t, 0x3020, 0); /* beside it */
	tk_check(t);
	tk_expect_count(t, 3);
	tk_expect_evidence(tk_expect(t, "overlap", "", 0x3000, 32),
			   "shared_with=pfn 0x3003-0x3003 in order 0, "
			   "pfn 0x3010-0x3013 in order 2\n");
	tk_expect(t, "overlap", "", 0x3003, 1);
	tk_expect(t, "overlap", "", 0x3010, 4);
}

static void overlap_same_start(void **state)
{
	struct tk *t = *state;

	for (unsigned int order = 3; order < 6; order++)
		tk_preserve(t, 0x3000, order);
	tk_check(t);
	tk_expect_count(t, 3);
	for (unsigned int order = 3; order < 6; order++)
		assert_int_equal(tk_expect(t, "overlap", "", 0x3000, 1ULL << order)->order, order);
}

/* A run of small blocks reaches over the end of a big one: those outside it are not named. */
static void overlap_run(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x3000, 4);
	for (uint64_t pfn = 0x3008; pfn < 0x3020; pfn += 2)
		tk_preserve(t, pfn, 1);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect(t, "overlap", "", 0x3000, 16);
	tk_expect(t, "overlap", "", 0x3008, 8);
}

static void overlap_neighbours(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x3000, 4);
	tk_preserve(t, 0x3010, 2);
	tk_preserve(t, 0x3014, 1);
	tk_preserve(t, 0x2fff, 0);
	tk_check_healthy(t);
}

/* ---- freed-preserved ------------------------------------------------------------------------ */

static void freed_block(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, 0x3000, 4);
	tk_free_block(t, 0x3008, 2);
	f = tk_check_one(t, "freed-preserved", "", 0x3000, 16);
	tk_expect_evidence(f, "free_pfns=0x3008-0x300b\n");
	tk_expect_evidence(f, "free_pages=4\n");
}

/* The free block is bigger and begins before it. */
static void freed_around(void **state)
{
	struct tk *t = *state;

	tk_free_block(t, 0x3000, 6);
	tk_preserve(t, 0x3013, 0);
	tk_expect_evidence(tk_check_one(t, "freed-preserved", "", 0x3013, 1),
			   "free_pfns=0x3013-0x3013\n");
}

/* One free block under two preservations with a gap between. */
static void freed_two(void **state)
{
	struct tk *t = *state;

	tk_free_block(t, 0x3000, 6);
	tk_preserve(t, 0x3000, 1);
	tk_preserve(t, 0x3020, 2);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect(t, "freed-preserved", "", 0x3000, 2);
	tk_expect(t, "freed-preserved", "", 0x3020, 4);
}

/* On a per-cpu list: no type, unreferenced, and its neighbours on the list point back. */
static void freed_to_cpu_list(void **state)
{
	struct tk *t = *state;
	struct tk_page p;

	tk_preserve(t, 0x3000, 1);
	p = tk_get(t, 0x3001);
	p.refcount = 0;
	tk_put(t, 0x3001, &p);
	tk_enlist(t, 0x3001);
	tk_expect_evidence(tk_check_one(t, "freed-preserved", "", 0x3000, 2),
			   "free_pfns=0x3001-0x3001\n");
}

/* Unreferenced is not free: tails, slab, idle hugetlb, and the frozen. */
static void freed_is_not(void **state)
{
	static const uint8_t types[] = { 0xf4, 0xf5, 0xf8 };
	struct tk *t = *state;
	struct tk_page p;

	tk_restore_folio(t, 0x3000, 4, true);
	tk_preserve(t, 0x3000, 4);
	for (uint64_t i = 0; i < sizeof(types); i++) {
		p = tk_get(t, 0x3100 + i);
		p.refcount = 0;
		p.mapcount = TK_TYPE(types[i]);
		tk_put(t, 0x3100 + i, &p);
		tk_enlist(t, 0x3100 + i);
		tk_preserve(t, 0x3100 + i, 0);
	}
	p = tk_get(t, 0x3200);
	p.refcount = 0;
	tk_put(t, 0x3200, &p);
	tk_preserve(t, 0x3200, 0);
	tk_check_healthy(t);
}

/* The struct pages that would tell are not in the dump. */
static void freed_absent(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x3000, 6);
	tk_free_block(t, 0x3000, 6);
	tk_lose(t, tk_page_pa(t, 0x3000), 0x1000, KHS_EXCLUDED);
	tk_check(t);
	tk_expect_count(t, 0);
	assert_false(khs_all_judged(t->k));
}

/* ... or only some of them: what is said is a lower bound, and said to be. */
static void freed_partly_absent(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x3000, 7);
	tk_free_block(t, 0x3000, 6);
	tk_free_block(t, 0x3040, 6);
	tk_expect_evidence(tk_check_one(t, "freed-preserved", "", 0x3000, 0x80),
			   "free_pages=128\n");
	assert_null(strstr(t->found[0].evidence, "not_judged"));
	tk_lose(t, tk_page_pa(t, 0x3000), 0x1000, KHS_EXCLUDED);
	tk_expect_evidence(tk_check_one(t, "freed-preserved", "", 0x3000, 0x80),
			   "free_pages=64\nnot_judged=there may be more");
}

/* Overlapping runs: the finding further up in the longer one comes after the other's. */
static void freed_sorted(void **state)
{
	struct tk *t = *state;

	for (uint64_t i = 0; i < 0x40; i++)
		tk_preserve(t, 0x3000 + i, 0);
	tk_preserve(t, 0x3010, 2);
	tk_free_block(t, 0x3012, 0);
	tk_free_block(t, 0x3030, 0);
	tk_check(t);
	for (size_t i = 1; i < t->nr_found; i++)
		assert_true(strcmp(t->found[i].id, t->found[i - 1].id) ||
			    t->found[i].pfn >= t->found[i - 1].pfn);
	tk_expect(t, "freed-preserved", "", 0x3010, 4);
	tk_expect(t, "freed-preserved", "", 0x3012, 1);
	tk_expect(t, "freed-preserved", "", 0x3030, 1);
}

/* A list too long for its place ends after a whole range, and says that there is more. */
static void long_lists(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;
	const char *list, *last;

	tk_preserve(t, 0x4000, 8);
	for (uint64_t i = 0; i < 0x100; i += 4)
		tk_free_block(t, 0x4000 + i, 0);
	f = tk_check_one(t, "freed-preserved", "", 0x4000, 0x100);
	tk_expect_evidence(f, "free_pages=64\n");
	list = strstr(f->evidence, "free_pfns=");
	assert_non_null(list);
	last = strstr(list, ", ...\n");
	assert_non_null(last);
	assert_null(strstr(list, ", , "));
	for (const char *p = list + strlen("free_pfns="); p < last; p += strcspn(p, " ") + 1) {
		unsigned long long from, to;
		int len = 0;

		assert_int_equal(sscanf(p, "0x%4llx-0x%4llx%n", &from, &to, &len), 2);
		assert_true(p[len] == ',' && from == to && !(from & 3));
	}
}

/* ---- in-scratch ----------------------------------------------------------------------------- */

static void scratch_preserved(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, TK_SCRATCH0, 2);
	f = tk_check_one(t, "in-scratch", "S9", TK_SCRATCH0, 4);
	tk_expect_evidence(f, "scratch=pfn 0x6000-0x63ff");
	tk_expect_evidence(f, "pages_in_scratch=4\n");
}

static void scratch_reached(void **state)
{
	struct tk *t = *state;

	tk_set_scratch(t, 2, 0xa008, 0x3f8);
	tk_preserve(t, 0xa000, 4);
	tk_expect_evidence(tk_check_one(t, "in-scratch", "S9", 0xa000, 16),
			   "pages_in_scratch=8\n");
}

/* One run of blocks, two areas in its way. */
static void scratch_twice(void **state)
{
	struct tk *t = *state;

	tk_set_scratch(t, 1, 0x6a00, 0x100);
	for (uint64_t pfn = 0x5e00; pfn < 0x7000; pfn += 0x200)
		tk_preserve(t, pfn, 9);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect(t, "in-scratch", "S9", 0x6000, 0x400);
	tk_expect(t, "in-scratch", "S9", 0x6a00, 0x200);
}

static void scratch_beside(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, TK_SCRATCH0 - 1, 0);
	tk_preserve(t, TK_SCRATCH0 + TK_SCRATCH_PAGES, 0);
	tk_check_healthy(t);
}

static void scratch_map_page(void **state)
{
	struct tk *t = *state;

	tk_set_scratch(t, 0, t->tree.root >> 12, 1);
	tk_expect_evidence(tk_check_one(t, "in-scratch", "S9", t->tree.root >> 12, 1),
			   "map_level=5\n");
}

/* ---- leftover-split ------------------------------------------------------------------------- */

/* kho_restore_pages() over [0x8800, 0x8c00), cut at 0x8a00 by preserve. */
static void split_left(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	for (uint64_t pfn = 0x8800; pfn < TK_NODE1; pfn++)
		tk_init_page(t, pfn);
	tk_pending(t, TK_NODE1, 9);
	f = tk_check_one(t, "leftover-split", "S11", TK_NODE1, 0x200);
	assert_int_equal(f->severity, KHS_ERROR);
	assert_int_equal(f->order, 9);
	assert_int_equal(f->node, 1);
	tk_expect_evidence(f, "node_boundary_pfn=0x8a00");
	tk_expect_evidence(f, "restored_piece=pfn 0x8800-0x89ff, node 0");
}

/* Several pieces behind the boundary: order 12 from 0x8000, cut at 0x8800, 0x8a00, 0x8c00. */
static void split_left_more(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	for (uint64_t pfn = 0x8000; pfn < 0x8800; pfn++)
		tk_init_page(t, pfn);
	tk_pending(t, 0x8800, 9);
	tk_pending(t, TK_NODE1, 9);
	tk_pending(t, 0x8c00, 10);
	f = tk_check_one(t, "leftover-split", "S11", 0x8800, 0x800);
	tk_expect_evidence(f, "3 marks");
}

static void split_not_restored(void **state)
{
	struct tk *t = *state;

	tk_pending(t, 0x8800, 9);
	tk_pending(t, TK_NODE1, 9);
	tk_check_healthy(t);
}

static void split_all_restored(void **state)
{
	struct tk *t = *state;

	for (uint64_t pfn = 0x8800; pfn < 0x8c00; pfn++)
		tk_init_page(t, pfn);
	tk_check_healthy(t);
}

/* The part before the boundary is in other use: it may never have been preserved. */
static void split_unproven(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_pending(t, TK_NODE1, 9);
	f = tk_check_one(t, "leftover-split", "S11", TK_NODE1, 0x200);
	assert_int_equal(f->severity, KHS_NOTE);
}

/* ---- tracker-damage ------------------------------------------------------------------------- */

static void tracker_misaligned(void **state)
{
	struct tk *t = *state;
	uint64_t entry = table_entry(t, 0x3000, 0, 1);

	tk_write(t, entry, TK_TREE + 0x123, 8);
	tk_expect_evidence(tk_check_one(t, "tracker-damage", "", entry >> 12, 1),
			   "node=0x200123\n");
}

static void tracker_outside_ram(void **state)
{
	struct tk *t = *state;
	uint64_t entry = table_entry(t, 0x3000, 0, 1);

	tk_write(t, entry, TK_HOLE << 12, 8);
	assert_string_equal(tk_check_one(t, "tracker-damage", "", entry >> 12, 1)->summary,
			    "a map entry points outside memory");
}

static void tracker_cycle(void **state)
{
	struct tk *t = *state;
	uint64_t entry = table_entry(t, 0x3000, 3, 2);

	tk_write(t, entry, t->tree.root, 8);
	assert_string_equal(tk_check_one(t, "tracker-damage", "", t->tree.root >> 12, 1)->summary,
			    "a map node is reached twice");
}

static void tracker_two_parents(void **state)
{
	struct tk *t = *state;
	uint64_t leaf, other;

	tk_preserve(t, 0x3000, 0);
	leaf = tk_read(t, table_entry(t, 0x3000, 0, 1));
	other = table_entry(t, 0x10000, 0, 1);
	tk_write(t, other, leaf, 8);
	assert_string_equal(tk_check_one(t, "tracker-damage", "", leaf >> 12, 1)->summary,
			    "a map node is reached twice");
}

/* With 4K pages no key has bit 53: the root uses entries 0 to 2. */
static void tracker_bad_index(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_write(t, t->tree.root + 8 * 77, tk_read(t, t->tree.root + 8 * 2), 8);
	f = tk_check_one(t, "tracker-damage", "", t->tree.root >> 12, 1);
	tk_expect_evidence(f, "index=77\n");
	tk_expect_evidence(f, "level=5\n");
}

static void tracker_absent(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;
	uint64_t leaf;

	tk_preserve(t, 0x3000, 9);
	tk_preserve(t, 0x4000, 4);
	leaf = tk_read(t, table_entry(t, 0x3000, 9, 1));
	tk_lose(t, leaf, 0x1000, KHS_EXCLUDED);
	f = tk_check_one(t, "tracker-damage", "", leaf >> 12, 1);
	assert_int_equal(f->severity, KHS_NOTE);
	assert_false(khs_all_judged(t->k));
	assert_int_equal(tk_status(t)->coverage.map_nodes_absent, 1);
	assert_false(tk_status(t)->outgoing.known);
}

static void tracker_free(void **state)
{
	struct tk *t = *state;

	tk_free_block(t, t->tree.root >> 12, 0);
	assert_string_equal(tk_check_one(t, "tracker-damage", "", t->tree.root >> 12, 1)->summary,
			    "a page of the map is free memory");
}

/* kho_out's root is misaligned or off RAM: there is no page to name. */
static void tracker_no_root(struct tk *t, uint64_t root)
{
	tk_root_fdt(t, TK_OUT_FDT, "kho-v4", root);
	tk_write(t, TK_VARS + TK_V_OUT + TK_OUT_ROOT, TK_DIRECT + root, 8);
	tk_check(t);
	tk_expect_count(t, 1);
	assert_string_equal(t->found[0].id, "tracker-damage");
	assert_false(t->found[0].has_pfn);
	assert_false(khs_all_judged(t->k));
	assert_false(tk_status(t)->outgoing.known);
}

static void tracker_root_misaligned(void **state)
{
	struct tk *t = *state;

	tracker_no_root(t, t->tree.root + 8);
}

static void tracker_root_outside(void **state)
{
	struct tk *t = *state;

	tracker_no_root(t, TK_HOLE << 12);
}

/* The root FDT is all that the next kernel has. */
static void tracker_fdt_names_other(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_root_fdt(t, TK_OUT_FDT, "kho-v4", 0x7000000);
	f = tk_check_one(t, "tracker-damage", "", TK_OUT_FDT >> 12, 1);
	tk_expect_evidence(f, "named_by_fdt=0x7000000\n");
	tk_expect_evidence(f, "walked=0x200000\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TK_COLD(healthy_map),
		TK_COLD(empty_map),
		TK_COLD(cross_node),
		TK_COLD(cross_node_inside),
		TK_COLD(cross_node_in_run),
		TK_HANDED(cross_node_pending),
		TK_COLD(cross_zone),
		TK_COLD(cross_both),
		TK_HANDED(cross_sorted),
		TK_COLD(cross_zone_untold),
		TK_COLD(not_ram_hole),
		TK_COLD(not_ram_inside_hole),
		TK_COLD(not_ram_gaps),
		TK_COLD(not_ram_beyond),
		TK_COLD(not_ram_offline),
		TK_HANDED(not_ram_pending),
		TK_COLD(overlap_nested),
		TK_COLD(overlap_same_start),
		TK_COLD(overlap_run),
		TK_COLD(overlap_neighbours),
		TK_COLD(freed_block),
		TK_COLD(freed_around),
		TK_COLD(freed_two),
		TK_COLD(freed_to_cpu_list),
		TK_COLD(freed_is_not),
		TK_COLD(freed_absent),
		TK_COLD(freed_partly_absent),
		TK_COLD(freed_sorted),
		TK_COLD(long_lists),
		TK_COLD(scratch_preserved),
		TK_COLD(scratch_reached),
		TK_COLD(scratch_twice),
		TK_COLD(scratch_beside),
		TK_COLD(scratch_map_page),
		TK_HANDED(split_left),
		TK_HANDED(split_left_more),
		TK_HANDED(split_not_restored),
		TK_HANDED(split_all_restored),
		TK_HANDED(split_unproven),
		TK_COLD(tracker_misaligned),
		TK_COLD(tracker_outside_ram),
		TK_COLD(tracker_cycle),
		TK_COLD(tracker_two_parents),
		TK_COLD(tracker_bad_index),
		TK_COLD(tracker_absent),
		TK_COLD(tracker_free),
		TK_COLD(tracker_root_misaligned),
		TK_COLD(tracker_root_outside),
		TK_COLD(tracker_fdt_names_other),
	};

	return cmocka_run_group_tests_name("checks", tests, NULL, NULL);
}
