// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One struct page at a time: each class of the decision table (lib/kho/judge.h) is found at its
 * pfn, alone, under its id; and the healthy page that looks most like it gives nothing.
 */
#include "kernel.h"
#include "model.h"

/* Node 0, zone DMA32, but where a test says otherwise. */
#define PFN 0x2345ULL
#define BLOCK 0x2400ULL /* aligned to order 10 */

typedef void change_fn(struct tk_page *p);

static void change(struct tk *t, uint64_t pfn, change_fn *fn)
{
	struct tk_page p = tk_get(t, pfn);

	fn(&p);
	tk_put(t, pfn, &p);
}

static void use(struct tk_page *p)
{
	p->refcount = 2;
}

static void unreference(struct tk_page *p)
{
	p->refcount = 0;
}

/* ---- healthy -------------------------------------------------------------------------------- */

static void healthy_kernel(void **state)
{
	tk_check_healthy(*state);
}

static void pending_blocks(void **state)
{
	struct tk *t = *state;
	const struct khs_status *s;

	tk_pending(t, 0x2001, 0);
	tk_pending(t, 0x2200, 9);
	tk_pending(t, 0x9000, 9);
	tk_check_healthy(t);
	s = tk_status(t);
	assert_int_equal(s->incoming.ranges, 3);
	assert_int_equal(s->incoming.pages, 1 + 2 * 512);
	assert_int_equal(s->incoming.ranges_by_order[0], 1);
	assert_int_equal(s->incoming.ranges_by_order[9], 2);
	assert_int_equal(s->incoming_damaged, 0);
	assert_true(s->incoming.known);
}

static void restored_folios(void **state)
{
	struct tk *t = *state;

	tk_restore_folio(t, 0x2200, 9, false);
	tk_restore_folio(t, 0x2400, 9, true);
	tk_restore_folio(t, 0x2600, 0, false);
	tk_check_healthy(t);
	assert_int_equal(tk_status(t)->incoming.ranges, 0);
}

static void restored_pages(void **state)
{
	struct tk *t = *state;

	for (uint64_t i = 0; i < 16; i++)
		tk_init_page(t, BLOCK + i);
	tk_check_healthy(t);
}

static void free_blocks(void **state)
{
	struct tk *t = *state;

	tk_free_block(t, BLOCK, 10);
	tk_free_block(t, PFN, 0);
	tk_check_healthy(t);
}

/* Typed pages, whose words at private and at the list are of other kinds. */
static void typed_pages(void **state)
{
	static const uint8_t types[] = { 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8 };
	struct tk *t = *state;

	for (size_t i = 0; i < sizeof(types); i++) {
		struct tk_page p = tk_get(t, PFN + i);

		p.mapcount = TK_TYPE(types[i]) | 7;
		p.refcount = i & 1;
		p.private = 0x1234567812345678;
		tk_put(t, PFN + i, &p);
	}
	tk_check_healthy(t);
}

/* Slab, zsmalloc and page tables keep words of their own at private: no marks, ever. */
static void overlaid_marks(void **state)
{
	static const uint8_t types[] = { 0xf2, 0xf5, 0xf6 };
	struct tk *t = *state;

	for (size_t i = 0; i < sizeof(types); i++) {
		struct tk_page p = tk_get(t, PFN + i);

		p.mapcount = TK_TYPE(types[i]);
		tk_put(t, PFN + i, &p);
		tk_mark(t, PFN + i, 0);
	}
	tk_check_healthy(t);
}

/* mm_init.c:init_unavailable_range(): the links are those of the zone above the hole. */
static void hole_pages(void **state)
{
	struct tk *t = *state;
	struct tk_page p;

	for (uint64_t pfn = TK_HOLE; pfn < TK_HOLE_END; pfn++) {
		p = tk_get(t, pfn);
		p.flags = tk_links(t, 0, 3) | 1ULL << TK_PG_RESERVED;
		tk_put(t, pfn, &p);
	}
	tk_check_healthy(t);
}

static void set_page(struct tk *t, uint64_t pfn, uint64_t flags, uint32_t mapcount,
		     uint32_t refcount)
{
	struct tk_page p;

	tk_init_page(t, pfn);
	p = tk_get(t, pfn);
	p.flags |= flags;
	p.mapcount = mapcount;
	p.refcount = refcount;
	tk_put(t, pfn, &p);
}

/* Heads of free memory that is none of the buddy allocator's, with what follows them. */
static void set_aside(void **state)
{
	static const uint8_t types[] = { 0xf3, 0xf7 }; /* guard, unaccepted */
	struct tk *t = *state;

	for (uint64_t i = 0; i < sizeof(types); i++) {
		for (uint64_t k = 0; k < 16; k++)
			set_page(t, BLOCK + 16 * i + k, 0, UINT32_MAX, 0);
		set_page(t, BLOCK + 16 * i, 0, TK_TYPE(types[i]), 0);
		tk_enlist(t, BLOCK + 16 * i);
	}
	tk_enlist(t, BLOCK + 40); /* of a per-cpu list, no type */
	change(t, BLOCK + 40, unreference);
	tk_check_healthy(t);
}

/*
 * hugetlb-vmemmap: tail pages are one shared page of struct pages, with the node and zone and
 * without LAST_CPUPID (mm/sparse-vmemmap.c:init_compound_tail()).
 */
static void shared_tails(void **state)
{
	struct tk *t = *state;

	tk_restore_folio(t, 0x2400, 9, true);
	for (uint64_t i = 64; i < 512; i++) {
		struct tk_page p = {
			.flags = tk_links(t, 0, 1), .next = -(64ULL << 9) | 1,
			.mapping = 0xdead000000000400ULL, .mapcount = UINT32_MAX,
		};

		tk_put(t, 0x2400 + i, &p);
	}
	tk_check_healthy(t);
}

/*
 * Between flags and zone there are bits of others: LAST_CPUPID, KASAN's tag, LRU_GEN, a code tag.
 */
static void bits_between(void **state)
{
	struct tk *t = *state;

	tk_pending(t, BLOCK, 3);
	for (uint64_t i = 0; i < 8; i++) {
		struct tk_page p = tk_get(t, BLOCK + i);

		p.flags = tk_links_of(t, BLOCK) | (0x5aULL + i) << (TK_NR_PAGEFLAGS + i);
		tk_put(t, BLOCK + i, &p);
	}
	tk_check_healthy(t);
	assert_int_equal(tk_status(t)->incoming.ranges, 1);
	assert_int_equal(tk_status(t)->incoming_damaged, 0);
}

/* ZONE_DEVICE in a hole of a section of RAM: list words are pgmap and its owner's word. */
static void device_pages(void **state)
{
	struct tk *t = *state;

	for (uint64_t pfn = TK_HOLE; pfn < TK_HOLE_END; pfn++) {
		struct tk_page p = tk_get(t, pfn);

		p.flags = tk_links(t, 0, 2) | 1ULL << TK_PG_RESERVED;
		p.next = 0xffff888004001208;
		p.prev = 0xffff888004001300;
		p.refcount = pfn & 1;
		tk_put(t, pfn, &p);
	}
	tk_check_healthy(t);
}

/* A hot-added section that holds its own memory map (PG_owner_priv_1), and RAM no list knows. */
static void hot_added(void **state)
{
	struct tk *t = *state;

	tk_set_section(t, 2, 0x7); /* not EARLY */
	memset(tk_at(t, TK_USAGE + 2 * 64 + 16, 8), 0xff, 8);
	tk_set_ram(t, 2, TK_HOLE_END, TK_HOLE_END + 1, 1);
	for (uint64_t pfn = 0x10000; pfn < 0x10200; pfn++)
		set_page(t, pfn, 1ULL << 10, UINT32_MAX, 1);
	for (uint64_t pfn = 0x10200; pfn < TK_END; pfn++)
		set_page(t, pfn, 0, UINT32_MAX, 1);
	tk_preserve(t, 0x11000, 9);
	tk_check_healthy(t);
}

/* ---- never initialised ---------------------------------------------------------------------- */

static void n1_zero(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_fill_page(t, PFN, 0);
	f = tk_check_one(t, "raw-page", "N1", PFN, 1);
	assert_int_equal(f->severity, KHS_ERROR);
	assert_int_equal(f->order, -1);
	assert_int_equal(f->node, 0);
	tk_expect_evidence(f, "belongs_to=node 0, zone 1 DMA32 (by memblock)");
}

static void n1_runs(void **state)
{
	struct tk *t = *state;

	for (uint64_t i = 0; i < 5; i++)
		tk_fill_page(t, PFN + i, 0);
	tk_fill_page(t, PFN + 6, 0);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect(t, "raw-page", "N1", PFN, 5);
	tk_expect(t, "raw-page", "N1", PFN + 6, 1);
}

/* The first and the last page of a section, of a node and of RAM are looked at like any other. */
static void n1_at_edges(void **state)
{
	static const uint64_t at[] = {
		1, TK_ZONE_DMA32 - 1, TK_NODE1 - 1, TK_HOLE_END, TK_RAM_END - 1, TK_END - 1,
	};
	struct tk *t = *state;

	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		tk_fill_page(t, at[i], 0);
	tk_check(t);
	tk_expect_count(t, sizeof(at) / sizeof(at[0]));
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++)
		tk_expect(t, "raw-page", "N1", at[i], 1);
}

static void n2_poison(void **state)
{
	struct tk *t = *state;

	tk_fill_page(t, PFN, 0xff);
	tk_check_one(t, "raw-page", "N2", PFN, 1);
}

static void n2_unused(void **state)
{
	struct tk *t = *state;

	tk_fill_page(t, PFN, 0xfd);
	tk_check_one(t, "raw-page", "N2", PFN, 1);
}

static void ones(struct tk_page *p)
{
	p->flags = UINT64_MAX;
}

static void n2_flags(void **state)
{
	struct tk *t = *state;

	change(t, PFN, ones);
	tk_check_one(t, "raw-page", "N2", PFN, 1);
}

/* A struct page that another kernel initialised, whose vmemmap lay @drift further. */
static void inherit(struct tk *t, uint64_t pfn, int64_t drift)
{
	struct tk_page p;

	tk_init_page(t, pfn);
	p = tk_get(t, pfn);
	p.next = p.prev = tk_self(t, pfn) + drift;
	tk_put(t, pfn, &p);
}

static void n3_other_base(void **state)
{
	struct tk *t = *state;

	inherit(t, PFN, 3LL << 30);
	tk_expect_evidence(tk_check_one(t, "raw-page", "N3", PFN, 1),
			   "list_words_off_by=3221225472 bytes (50331648 struct pages)");
}

/* By a page of the memory map: the kernel before saw the same memory through other page tables. */
static void n3_shifted(void **state)
{
	struct tk *t = *state;

	inherit(t, PFN, -64 * 64);
	inherit(t, PFN + 1, -64 * 64);
	tk_check_one(t, "raw-page", "N3", PFN, 2);
}

/* A shifted mark is no mark of this boot. */
static void n3_marked(void **state)
{
	struct tk *t = *state;

	inherit(t, BLOCK, 2LL << 30);
	tk_mark(t, BLOCK, 0);
	tk_check_one(t, "raw-page", "N3", BLOCK, 1);
	assert_int_equal(tk_status(t)->incoming.ranges, 0);
}

/* A list of one element: both words are equal, too, but its head points back. */
static void n3_list_of_one(void **state)
{
	struct tk *t = *state;

	tk_enlist(t, PFN);
	tk_check_healthy(t);
}

/* ... and a head that the dump lacks proves nothing. */
static void n3_head_absent(void **state)
{
	struct tk *t = *state;

	tk_enlist(t, PFN);
	tk_lose(t, TK_LISTS, 0x1000, KHS_EXCLUDED);
	tk_check_healthy(t);
}

/* The page's list, whose head lies where a struct page's words would, with @next and @prev. */
static void half_linked(struct tk *t, uint64_t pfn, bool next, bool prev)
{
	uint64_t at = TK_LISTS + (tk_page_va(t, pfn) & 0xfff);
	uint64_t self = tk_self(t, pfn), head = at + t->knobs.layout.lru;

	t->next_list = at;
	tk_enlist(t, pfn);
	tk_write(t, head, next ? self : TK_IMAGE + head, 8);
	tk_write(t, head + 8, prev ? self : TK_IMAGE + head, 8);
	tk_check_healthy(t);
}

/*
 * A processor was stopped inside list_add() or list_del(): the head's words are not both written.
 */
static void n3_half_linked(void **state)
{
	half_linked(*state, PFN, true, false);
	half_linked(*state, PFN, false, true);
	half_linked(*state, PFN, false, false);
}

/* ... but what is there is no head at all. */
static void n3_no_head(void **state)
{
	struct tk *t = *state;

	half_linked(t, PFN, true, true);
	tk_write(t, t->next_list - 64 + t->knobs.layout.lru, 0x1234, 8);
	tk_check_one(t, "raw-page", "N3", PFN, 1);
}

/*
 * mm/page_alloc.c:split_free_frozen_pages() leaves pages on a list whose head is on its stack;
 * where it was one page, both words are equal, and nobody points back.
 */
static void n3_lost_head(void **state)
{
	struct tk *t = *state;
	struct tk_page p = tk_get(t, PFN);

	p.next = p.prev = TK_IMAGE + TK_LISTS + 0x808 + ((tk_self(t, PFN) & 0xfff) == 0x808) * 64;
	tk_put(t, PFN, &p);
	p = tk_get(t, PFN + 2);
	p.next = p.prev = 0xffffc90000123c08; /* mapped no more */
	tk_put(t, PFN + 2, &p);
	tk_check_healthy(t);
}

static void bad_type(struct tk_page *p)
{
	p->mapcount = TK_TYPE(0x90);
}

static void underflow(struct tk_page *p)
{
	p->mapcount = -5;
}

static void bad_count(struct tk_page *p)
{
	p->refcount = -3;
}

static void huge_count(struct tk_page *p)
{
	p->refcount = 1u << 30;
}

static void n3_bad_words(void **state)
{
	static change_fn *const fns[] = { bad_type, underflow, bad_count, huge_count };
	struct tk *t = *state;

	for (size_t i = 0; i < sizeof(fns) / sizeof(fns[0]); i++)
		change(t, PFN + 2 * i, fns[i]);
	tk_check(t);
	tk_expect_count(t, sizeof(fns) / sizeof(fns[0]));
	for (size_t i = 0; i < sizeof(fns) / sizeof(fns[0]); i++)
		tk_expect(t, "raw-page", "N3", PFN + 2 * i, 1);
}

static void mapped(void **state)
{
	struct tk *t = *state;
	struct tk_page p = tk_get(t, PFN);

	p.mapcount = 0x1234;
	p.refcount = 0x1236;
	tk_put(t, PFN, &p);
	tk_check_healthy(t);
}

/* ---- deferred init -------------------------------------------------------------------------- */

static void raw_all_kinds(struct tk *t, uint64_t pfn)
{
	tk_fill_page(t, pfn, 0);
	tk_fill_page(t, pfn + 1, 0xff);
	inherit(t, pfn + 2, 1LL << 30);
}

static void deferred_is_excused(void **state)
{
	struct tk *t = *state;

	tk_defer(t, 1, 0xb000);
	raw_all_kinds(t, 0xb000);
	tk_check_healthy(t);
	assert_int_equal(tk_status(t)->coverage.deferred, 3);
}

/* Whatever an uninitialised struct page shows is what was in that memory before. */
static void deferred_marks_are_excused(void **state)
{
	struct tk *t = *state;

	tk_defer(t, 1, 0xb000);
	tk_reserve(t, 0xb001);
	tk_mark(t, 0xb001, 0);
	change(t, 0xb002, use);
	tk_mark(t, 0xb002, 0);
	tk_init_page(t, 0xb003);
	tk_mark(t, 0xb003, 5);
	tk_free_block(t, 0xb004, 0);
	tk_mark(t, 0xb004, 0);
	tk_check_healthy(t);
	assert_int_equal(tk_status(t)->coverage.deferred, 4);
}

static void not_deferred_below(void **state)
{
	struct tk *t = *state;

	tk_defer(t, 1, 0xb000);
	tk_fill_page(t, 0xafff, 0);
	tk_check_one(t, "raw-page", "N1", 0xafff, 1);
}

/* The pfn alone excuses nothing: page_alloc_init_late() has ended. */
static void not_deferred_any_more(void **state)
{
	struct tk *t = *state;

	tk_defer(t, 1, 0xb000);
	tk_write(t, TK_VARS + TK_V_DEFERRED, 0, 4);
	tk_fill_page(t, 0xb000, 0);
	tk_expect_evidence(tk_check_one(t, "raw-page", "N1", 0xb000, 1),
			   "first_deferred_pfn=0xb000");
}

/* Before memblock_free_all() a page may be raw on any kernel; a mark that is in order is one. */
static void early_is_excused(void **state)
{
	struct tk *t = *state;

	raw_all_kinds(t, 0xb000);
	tk_pending(t, 0xb010, 2);
	tk_open(t);
	t->k->kernel.early = true;
	tk_ok(khs_check(t->k, tk_collect, t));
	tk_expect_count(t, 0);
	assert_true(khs_all_judged(t->k));
	assert_int_equal(tk_status(t)->coverage.deferred, 3);
	assert_int_equal(tk_status(t)->incoming.ranges, 1);
}

/* ---- half initialised ----------------------------------------------------------------------- */

static void mark_with_links(struct tk *t, uint64_t pfn, unsigned int node, unsigned int zone)
{
	struct tk_page p;

	tk_init_page(t, pfn);
	p = tk_get(t, pfn);
	p.flags = tk_links(t, node, zone);
	tk_put(t, pfn, &p);
	tk_mark(t, pfn, 0);
}

static void h1_links(void **state)
{
	struct tk *t = *state;

	mark_with_links(t, PFN, 0, 0);     /* a zone that ends below */
	mark_with_links(t, PFN + 2, 3, 1); /* no such node */
	mark_with_links(t, PFN + 4, 1, 1); /* a node that begins above */
	tk_check(t);
	tk_expect_count(t, 3);
	for (uint64_t i = 0; i < 6; i += 2)
		tk_expect(t, "half-init", "H1", PFN + i, 1);
	assert_int_equal(tk_status(t)->incoming_damaged, 3);
}

static void h2_zone_overflow(void **state)
{
	struct tk *t = *state;
	struct tk_page p = tk_get(t, 0x9000);

	p.flags = tk_links(t, 0, 3);
	tk_put(t, 0x9000, &p);
	mark_with_links(t, 0x9002, 0, 3);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect(t, "half-init", "H2", 0x9000, 1);
	tk_expect(t, "half-init", "H2", 0x9002, 1);
}

/* With 4 zones MAX_NR_ZONES doesn't fit the field and becomes 0. */
static void h2_zone_wraps(void **state)
{
	struct tk_knobs knobs = tk_usual;
	struct tk *t;
	struct tk_page p;

	(void)state;
	knobs.zones = 4;
	knobs.handover = true;
	t = tk_new_with(&knobs);
	p = tk_get(t, 0x9000);
	p.flags = tk_links(t, 0, 4);
	tk_put(t, 0x9000, &p);
	tk_check_one(t, "half-init", "H2", 0x9000, 1);
	tk_delete(t);
}

static void h2_five_zones(void **state)
{
	struct tk_knobs knobs = tk_usual;
	struct tk *t;
	struct tk_page p;

	(void)state;
	knobs.zones = 5;
	t = tk_new_with(&knobs);
	p = tk_get(t, 0x9000);
	p.flags = tk_links(t, 0, 5);
	tk_put(t, 0x9000, &p);
	tk_check_one(t, "half-init", "H2", 0x9000, 1);
	tk_delete(t);
}

static void h3_other_node(void **state)
{
	struct tk *t = *state;
	struct tk_page p = tk_get(t, PFN);

	p.flags = tk_links(t, 1, 1);
	tk_put(t, PFN, &p);
	tk_check_one(t, "half-init", "H3", PFN, 1);
}

/* Node 0 on both sides of node 1: the zones of both span the page, memblock tells them apart. */
static void h3_interleaved(void **state)
{
	struct tk *t = *state;
	struct tk_page p;

	tk_set_node(t, 0, 1, TK_RAM_END);
	tk_set_zone(t, 0, 1, "DMA32", TK_ZONE_DMA32, TK_RAM_END);
	p = tk_get(t, 0x9000);
	p.flags = tk_links(t, 0, 1);
	tk_put(t, 0x9000, &p);
	mark_with_links(t, 0x9002, 0, 1);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect(t, "half-init", "H3", 0x9000, 1);
	tk_expect(t, "half-init", "H3", 0x9002, 1);
}

/* The links are those of the page before, and right for that one: a node begins between them. */
static void h3_past_boundary(void **state)
{
	struct tk *t = *state;

	for (uint64_t pfn = TK_NODE1; pfn < TK_NODE1 + 3; pfn++) {
		struct tk_page p = tk_get(t, pfn);

		p.flags = tk_links_of(t, TK_NODE1 - 1);
		tk_put(t, pfn, &p);
	}
	tk_check_one(t, "half-init", "H3", TK_NODE1, 3);
}

/* The right node, but a zone that ends below the page. */
static void h3_other_zone(void **state)
{
	struct tk *t = *state;
	struct tk_page p = tk_get(t, PFN);
	const struct tk_finding *f;

	p.flags = tk_links(t, 0, 0);
	tk_put(t, PFN, &p);
	f = tk_check_one(t, "half-init", "H3", PFN, 1);
	assert_non_null(strstr(f->summary, "zone"));
	tk_expect_evidence(f, "links=node 0, zone 0");
	tk_expect_evidence(f, "belongs_to=node 0, zone 1");
}

/* ... and the counts are of no page that was ever initialised. */
static void n3_links_and_counts(void **state)
{
	struct tk *t = *state;
	struct tk_page p = tk_get(t, PFN);

	p.flags = tk_links(t, 0, 0);
	p.refcount = 0x80000007;
	tk_put(t, PFN, &p);
	tk_check_one(t, "raw-page", "N3", PFN, 1);
}

static void h4_raw_followers(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_pending(t, BLOCK, 4);
	for (uint64_t i = 8; i < 16; i++)
		tk_fill_page(t, BLOCK + i, 0);
	f = tk_check_one(t, "half-init", "H4", BLOCK + 8, 8);
	tk_expect_evidence(f, "covered_by=mark at pfn 0x2400, order 4");
	assert_int_equal(tk_status(t)->incoming_damaged, 1);
	assert_int_equal(tk_status(t)->incoming.ranges, 1);
}

/* A block of node 0's that reaches into node 1 stays raw there (kho_get_preserved_page()). */
static void h4_across_nodes(void **state)
{
	struct tk *t = *state;

	tk_pending(t, 0x8800, 10);
	for (uint64_t pfn = TK_NODE1; pfn < 0x8c00; pfn++)
		tk_fill_page(t, pfn, 0xff);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect(t, "half-init", "H4", TK_NODE1, 0x200);
	tk_expect(t, "cross-node", "C1", 0x8800, 0x400);
}

static void keep_private(struct tk_page *p)
{
	p->private = 5;
}

static void poison(struct tk_page *p)
{
	p->flags |= 1ULL << TK_PG_HWPOISON;
}

static void lock(struct tk_page *p)
{
	p->flags |= 1;
}

static void h5_followers(void **state)
{
	static change_fn *const fns[] = { keep_private, lock, use, unreference };
	struct tk *t = *state;

	tk_pending(t, BLOCK, 4);
	for (size_t i = 0; i < sizeof(fns) / sizeof(fns[0]); i++)
		change(t, BLOCK + 3 + 2 * i, fns[i]);
	tk_free_block(t, BLOCK + 1, 0);
	tk_allocate(t, BLOCK + 15);
	tk_check(t);
	tk_expect_count(t, 6);
	for (size_t i = 0; i < sizeof(fns) / sizeof(fns[0]); i++)
		tk_expect(t, "half-init", "H5", BLOCK + 3 + 2 * i, 1);
	tk_expect(t, "half-init", "H5", BLOCK + 1, 1);
	tk_expect(t, "half-init", "H5", BLOCK + 15, 1);
}

static void h6_no_reference(void **state)
{
	struct tk *t = *state;

	tk_pending(t, BLOCK, 3);
	change(t, BLOCK, unreference);
	tk_check_one(t, "half-init", "H6", BLOCK, 1);
}

static void unmark(struct tk_page *p)
{
	p->private = 0;
}

static void map_once(struct tk_page *p)
{
	p->mapcount = 0;
}

static void drop_prev(struct tk_page *p)
{
	p->prev = 0;
}

static void h7_words(void **state)
{
	struct tk *t = *state;

	tk_pending(t, PFN, 0);
	change(t, PFN, map_once);
	tk_pending(t, PFN + 2, 0);
	change(t, PFN + 2, drop_prev);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect(t, "half-init", "H7", PFN, 1);
	tk_expect(t, "half-init", "H7", PFN + 2, 1);
}

/* memset(), set_page_links(), and no more. */
static void h7_links_only(void **state)
{
	struct tk *t = *state;
	struct tk_page p = { .flags = tk_links(t, 0, 1) };

	tk_put(t, PFN, &p);
	tk_check_one(t, "half-init", "H7", PFN, 1);
}

/* The mark is gone, the tails have lost their reference, and are no tails yet. */
static void h8_stuck_restore(void **state)
{
	struct tk *t = *state;

	tk_set_noinit(t, 0, BLOCK, BLOCK + 16);
	tk_pending(t, BLOCK, 3);
	change(t, BLOCK, unmark);
	for (uint64_t i = 1; i < 8; i++)
		change(t, BLOCK + i, unreference);
	tk_restore_folio(t, BLOCK + 8, 3, false);
	/* A restore under way is no damage. */
	assert_int_equal(tk_check_one(t, "half-init", "H8", BLOCK + 1, 7)->severity, KHS_WARNING);
}

/* Preserved once, and free or allocated by now; and the inside of an allocation elsewhere. */
static void h8_not(void **state)
{
	struct tk *t = *state;

	tk_set_noinit(t, 0, BLOCK, BLOCK + 16);
	tk_free_block(t, BLOCK, 3);
	tk_allocate(t, BLOCK + 8);
	change(t, PFN, unreference);
	tk_check(t);
	tk_expect_count(t, 0);
}

/*
 * Memory errors are no owner: memory_failure() leaves the flag on a page that waits, and no more.
 */
static void poisoned_pending(void **state)
{
	struct tk *t = *state;

	tk_enum(t, "PG_hwpoison", TK_PG_HWPOISON);
	tk_pending(t, BLOCK, 3);
	change(t, BLOCK, poison);
	change(t, BLOCK + 5, poison);
	tk_check_healthy(t);
	assert_int_equal(tk_status(t)->incoming.ranges, 1);
	assert_int_equal(tk_status(t)->incoming_damaged, 0);
}

/* ---- stale marks ---------------------------------------------------------------------------- */

static void s1_cold_boot(void **state)
{
	struct tk *t = *state;

	tk_pending(t, BLOCK, 3);
	tk_allocate(t, PFN);
	tk_mark(t, PFN, 0);
	tk_check(t);
	tk_expect_count(t, 2);
	assert_int_equal(tk_expect(t, "stale-mark", "S1", BLOCK, 1)->order, 3);
	tk_expect(t, "stale-mark", "S1", PFN, 1);
	assert_int_equal(tk_status(t)->incoming.ranges, 0);
}

static void s1_allocated(void **state)
{
	struct tk *t = *state;

	tk_allocate(t, PFN);
	tk_mark(t, PFN, 0);
	tk_check_one(t, "stale-mark", "S1", PFN, 1);
}

/* memblock's reserved regions are there, and tell which pages were handed over. */
static void s1_not_reserved(void **state)
{
	struct tk *t = *state;

	tk_set_noinit(t, 0, BLOCK, BLOCK + 8);
	tk_pending(t, BLOCK, 3);
	tk_pending(t, PFN, 0);
	tk_check_one(t, "stale-mark", "S1", PFN, 1);
	assert_int_equal(tk_status(t)->incoming.ranges, 1);
}

static void s2_free_head(void **state)
{
	struct tk *t = *state;

	tk_free_block(t, BLOCK, 3);
	tk_mark(t, BLOCK, 3);
	tk_check_one(t, "stale-mark", "S2", BLOCK, 1);
}

static void s3_inside_free(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_free_block(t, BLOCK, 5);
	tk_mark(t, BLOCK + 9, 0);
	f = tk_check_one(t, "stale-mark", "S3", BLOCK + 9, 1);
	assert_int_equal(f->severity, KHS_WARNING);
	tk_expect_evidence(f, "free_block=pfn 0x2400, order 5");
}

static void on_lru(struct tk_page *p)
{
	p->flags |= 1ULL << TK_PG_LRU;
}

static void is_mapped(struct tk_page *p)
{
	p->mapping = 0xffff888001234001;
}

static void charged(struct tk_page *p)
{
	p->memcg = 0xffff888001234002;
}

static void offline(struct tk_page *p)
{
	p->mapcount = TK_TYPE(0xf1);
}

static void kmalloced(struct tk_page *p)
{
	p->mapcount = TK_TYPE(0xf8);
}

static void s4_in_use(void **state)
{
	static change_fn *const fns[] = { use, on_lru, is_mapped, charged, offline, kmalloced };
	struct tk *t = *state;
	const size_t n = sizeof(fns) / sizeof(fns[0]);

	for (size_t i = 0; i < n; i++) {
		tk_pending(t, PFN + 2 * i, 0);
		change(t, PFN + 2 * i, fns[i]);
	}
	tk_pending(t, PFN + 2 * n, 0);
	tk_enlist(t, PFN + 2 * n);
	tk_check(t);
	tk_expect_count(t, n + 1);
	for (size_t i = 0; i <= n; i++)
		tk_expect(t, "stale-mark", "S4", PFN + 2 * i, 1);
}

static void s5_tail(struct tk *t, bool mask)
{
	tk_restore_folio(t, BLOCK, 4, mask);
	tk_mark(t, BLOCK + 6, 1);
	tk_expect_evidence(tk_check_one(t, "stale-mark", "S5", BLOCK + 6, 1),
			   "compound_head_pfn=0x2400");
}

static void s5_tail_pointer(void **state)
{
	s5_tail(*state, false);
}

static void s5_tail_mask(void **state)
{
	s5_tail(*state, true);
}

static void s6_smaller_inside(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_pending(t, BLOCK, 5);
	tk_mark(t, BLOCK + 8, 2);
	f = tk_check_one(t, "order-mismatch", "S6", BLOCK + 8, 1);
	assert_int_equal(f->order, 2);
	tk_expect_evidence(f, "covered_by=mark at pfn 0x2400, order 5");
	assert_int_equal(tk_status(t)->incoming.ranges, 2);
	assert_int_equal(tk_status(t)->incoming_damaged, 1);
}

/* Three deep, the same order twice, and at the very end of the outer block. */
static void s6_nested(void **state)
{
	struct tk *t = *state;

	tk_pending(t, BLOCK, 6);
	tk_mark(t, BLOCK + 16, 4);
	tk_mark(t, BLOCK + 20, 2);
	tk_mark(t, BLOCK + 62, 0);
	tk_mark(t, BLOCK + 63, 0);
	tk_pending(t, BLOCK + 64, 0);
	tk_check(t);
	tk_expect_count(t, 3);
	tk_expect(t, "order-mismatch", "S6", BLOCK + 16, 1);
	tk_expect(t, "order-mismatch", "S6", BLOCK + 20, 1);
	tk_expect(t, "order-mismatch", "S6", BLOCK + 62, 2);
	assert_int_equal(tk_status(t)->incoming.ranges, 6);
}

static void s6_neighbours(void **state)
{
	struct tk *t = *state;

	tk_pending(t, BLOCK, 5);
	tk_pending(t, BLOCK + 32, 2);
	tk_pending(t, BLOCK + 36, 2);
	tk_pending(t, BLOCK + 40, 3);
	tk_check_healthy(t);
}

static void s7_misaligned(void **state)
{
	struct tk *t = *state;

	tk_pending(t, PFN, 0);
	tk_mark(t, PFN, 3);
	tk_check_one(t, "stale-mark", "S7", PFN, 1);
}

static void s8_absurd(void **state)
{
	struct tk *t = *state;

	tk_pending(t, 0x4000, 0);
	tk_mark(t, 0x4000, 52);
	tk_pending(t, 0x4002, 0);
	tk_mark(t, 0x4002, 0xffffffff);
	tk_pending(t, 0x2000, 0);
	tk_mark(t, 0x2000, 20); /* as long as it may be, but the machine isn't */
	tk_check(t);
	tk_expect_count(t, 3);
	tk_expect(t, "stale-mark", "S8", 0x4000, 1);
	tk_expect(t, "stale-mark", "S8", 0x4002, 1);
	tk_expect(t, "stale-mark", "S8", 0x2000, 1);
}

static void s9_in_scratch(void **state)
{
	struct tk *t = *state;

	tk_pending(t, TK_SCRATCH0 + 7, 0);
	tk_check_one(t, "in-scratch", "S9", TK_SCRATCH0 + 7, 1);
}

/* The head is outside, a later page is not. */
static void s9_reaches_scratch(void **state)
{
	struct tk *t = *state;

	tk_set_scratch(t, 0, 0x6004, 0x3fc);
	tk_pending(t, 0x6000, 3);
	tk_check_one(t, "in-scratch", "S9", 0x6000, 1);
}

static void s9_beside_scratch(void **state)
{
	struct tk *t = *state;

	tk_pending(t, TK_SCRATCH0 - 16, 4);
	tk_pending(t, TK_SCRATCH0 + TK_SCRATCH_PAGES, 4);
	tk_check_healthy(t);
}

static void s10_reserved(void **state)
{
	struct tk *t = *state;

	tk_reserve(t, PFN);
	tk_mark(t, PFN, 0);
	tk_check_one(t, "stale-mark", "S10", PFN, 1);
}

/* A kernel from before the magic (6.16, 6.17): the same bits mean nothing, nothing is proven. */
static void no_magic(void **state)
{
	struct tk *t = *state;

	tk_forget(t, KHS_ASK_SIZE, NULL, "kho_page_info");
	tk_pending(t, BLOCK, 3);
	tk_mark(t, BLOCK + 2, 1);
	tk_check(t);
	tk_expect_count(t, 0);
	assert_false(khs_all_judged(t->k));
	assert_false(tk_status(t)->incoming.known);
}

/* ---- bytes the dump lacks ------------------------------------------------------------------- */

static void absent_followers(struct tk *t, enum khs_presence presence)
{
	tk_pending(t, 0x2400, 9);
	tk_lose(t, tk_page_pa(t, 0x2440), 0x1000, presence);
	tk_check(t);
	tk_expect_count(t, 0);
	assert_false(khs_all_judged(t->k));
	assert_int_equal(tk_status(t)->incoming.ranges, 1);
	assert_int_equal(tk_status(t)->incoming_damaged, 0);
	assert_false(tk_status(t)->incoming.known);
}

static void excluded_pages(void **state)
{
	struct tk *t = *state;

	absent_followers(t, KHS_EXCLUDED);
	assert_int_equal(tk_status(t)->coverage.excluded, 64);
	assert_int_equal(tk_status(t)->coverage.missing, 0);
	assert_int_equal(tk_status(t)->coverage.judged, TK_END - 64);
	assert_int_equal(tk_status(t)->coverage.pages, TK_END);
}

static void missing_pages(void **state)
{
	struct tk *t = *state;

	absent_followers(t, KHS_MISSING);
	assert_int_equal(tk_status(t)->coverage.missing, 64);
	assert_int_equal(tk_status(t)->coverage.excluded, 0);
}

/* The bytes behind the gap are judged as if it weren't there. */
static void found_behind_gap(void **state)
{
	struct tk *t = *state;

	tk_pending(t, 0x2400, 9);
	tk_lose(t, tk_page_pa(t, 0x2440), 0x1000, KHS_MISSING);
	tk_fill_page(t, 0x2480, 0);
	tk_fill_page(t, 0x2600, 0);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect(t, "half-init", "H4", 0x2480, 1);
	tk_expect(t, "raw-page", "N1", 0x2600, 1);
}

/*
 * Without its head no free block can be seen around the page: a mark without a reference is S3 at
 * the least, and what would be more rests on a head that is not there.
 */
static void absent_free_head(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_free_block(t, 0x2400, 8);
	tk_mark(t, 0x2480, 0);
	tk_lose(t, tk_page_pa(t, 0x2400), 0x1000, KHS_EXCLUDED);
	f = tk_check_one(t, "stale-mark", "S3", 0x2480, 1);
	assert_int_equal(f->severity, KHS_WARNING);
	assert_non_null(strstr(f->summary, "perhaps"));
	assert_null(strstr(f->evidence, "free_block"));
	assert_false(khs_all_judged(t->k));
}

/* Where all heads are there and none is a free block's, it is as H6 as ever. */
static void absent_elsewhere(void **state)
{
	struct tk *t = *state;

	tk_pending(t, 0x2480, 0);
	change(t, 0x2480, unreference);
	tk_lose(t, tk_page_pa(t, 0x2a00), 0x1000, KHS_EXCLUDED);
	tk_check_one(t, "half-init", "H6", 0x2480, 1);
}

/* ---- other layouts -------------------------------------------------------------------------- */

static const struct tk_layout layouts[] = {
	{ 64, 0, 8, 24, 32, 40, 48, 52, 56 },
	/* What no kernel has, so that no offset can be a habit. */
	{ 64, 56, 16, 48, 40, 0, 12, 8, 32 },
	{ 80, 8, 16, 32, 40, 56, 68, 64, 72 },
	{ 96, 0, 8, 24, 32, 40, 48, 52, 56 },
};

/* One page of each family, in each layout. */
static void any_layout(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
		struct tk_knobs knobs = tk_usual;
		struct tk *t;

		knobs.layout = layouts[i];
		knobs.handover = true;
		t = tk_new_with(&knobs);
		tk_pending(t, 0x2200, 9);
		tk_free_block(t, 0x2400, 9);
		tk_restore_folio(t, 0x2600, 9, false);
		tk_check_healthy(t);
		assert_int_equal(tk_status(t)->incoming.pages, 512);
		tk_fill_page(t, 0x2801, 0);
		inherit(t, 0x2803, 240LL << 20);
		tk_mark(t, 0x2408, 0);
		tk_mark(t, 0x2206, 0);
		change(t, 0x2207, use);
		tk_check(t);
		tk_expect_count(t, 5);
		tk_expect(t, "raw-page", "N1", 0x2801, 1);
		tk_expect(t, "raw-page", "N3", 0x2803, 1);
		tk_expect(t, "stale-mark", "S3", 0x2408, 1);
		tk_expect(t, "order-mismatch", "S6", 0x2206, 1);
		tk_expect(t, "half-init", "H5", 0x2207, 1);
		tk_delete(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TK_COLD(healthy_kernel),
		TK_HANDED(healthy_kernel),
		TK_HANDED(pending_blocks),
		TK_HANDED(restored_folios),
		TK_HANDED(restored_pages),
		TK_HANDED(free_blocks),
		TK_HANDED(typed_pages),
		TK_HANDED(overlaid_marks),
		TK_HANDED(hole_pages),
		TK_HANDED(mapped),
		TK_HANDED(set_aside),
		TK_HANDED(shared_tails),
		TK_HANDED(bits_between),
		TK_HANDED(device_pages),
		TK_HANDED(hot_added),
		TK_COLD(n1_zero),
		TK_COLD(n1_runs),
		TK_COLD(n1_at_edges),
		TK_COLD(n2_poison),
		TK_COLD(n2_unused),
		TK_COLD(n2_flags),
		TK_COLD(n3_other_base),
		TK_COLD(n3_shifted),
		TK_HANDED(n3_marked),
		TK_COLD(n3_list_of_one),
		TK_COLD(n3_head_absent),
		TK_COLD(n3_half_linked),
		TK_COLD(n3_no_head),
		TK_COLD(n3_lost_head),
		TK_COLD(n3_bad_words),
		TK_COLD(deferred_is_excused),
		TK_HANDED(deferred_marks_are_excused),
		TK_COLD(not_deferred_below),
		TK_COLD(not_deferred_any_more),
		TK_HANDED(early_is_excused),
		TK_HANDED(h1_links),
		TK_HANDED(h2_zone_overflow),
		cmocka_unit_test(h2_zone_wraps),
		cmocka_unit_test(h2_five_zones),
		TK_HANDED(h3_other_node),
		TK_HANDED(h3_interleaved),
		TK_HANDED(h3_past_boundary),
		TK_HANDED(h3_other_zone),
		TK_HANDED(n3_links_and_counts),
		TK_HANDED(h4_raw_followers),
		TK_HANDED(h4_across_nodes),
		TK_HANDED(h5_followers),
		TK_HANDED(h6_no_reference),
		TK_HANDED(h8_stuck_restore),
		TK_HANDED(h8_not),
		TK_HANDED(poisoned_pending),
		TK_HANDED(h7_words),
		TK_HANDED(h7_links_only),
		TK_COLD(s1_cold_boot),
		TK_HANDED(s1_allocated),
		TK_HANDED(s1_not_reserved),
		TK_HANDED(s2_free_head),
		TK_HANDED(s3_inside_free),
		TK_HANDED(s4_in_use),
		TK_HANDED(s5_tail_pointer),
		TK_HANDED(s5_tail_mask),
		TK_HANDED(s6_smaller_inside),
		TK_HANDED(s6_nested),
		TK_HANDED(s6_neighbours),
		TK_HANDED(s7_misaligned),
		TK_HANDED(s8_absurd),
		TK_HANDED(s9_in_scratch),
		TK_HANDED(s9_reaches_scratch),
		TK_HANDED(s9_beside_scratch),
		TK_HANDED(s10_reserved),
		TK_HANDED(no_magic),
		TK_HANDED(excluded_pages),
		TK_HANDED(missing_pages),
		TK_HANDED(found_behind_gap),
		TK_HANDED(absent_free_head),
		TK_HANDED(absent_elsewhere),
		cmocka_unit_test(any_layout),
	};

	return cmocka_run_group_tests_name("judge", tests, NULL, NULL);
}
