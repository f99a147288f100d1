// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An open kernel as the public functions show it: states of KHO, half-known facts, what a dump
 * lacks, and that status, list, page and check say the same of the same page.
 */
#include "kernel.h"

/* ---- states --------------------------------------------------------------------------------- */

static void expect_state(struct tk *t, enum khs_kho_state state, bool all_judged)
{
	tk_check(t);
	tk_expect_count(t, 0);
	assert_int_equal(tk_status(t)->kho, state);
	assert_int_equal(!tk_status(t)->kho_why, state == KHS_KHO_ON);
	assert_int_equal(khs_all_judged(t->k), all_judged);
}

static void kho_on(void **state)
{
	struct tk *t = *state;
	const struct khs_status *s;

	expect_state(t, KHS_KHO_ON, true);
	s = tk_status(t);
	assert_string_equal(s->abi, "kho-v4");
	assert_string_equal(s->release, "7.3.4");
	assert_string_equal(s->build_id, "0123456789abcdef");
	assert_string_equal(s->arch, "x86_64");
	assert_int_equal(s->page_size, 4096);
	assert_int_equal(khs_page_size(t->k), 4096);
	assert_true(s->handover_known && !s->handover_boot && !s->handover_failed);
	assert_string_equal(s->previous_release, "");
	assert_int_equal(s->coverage.pages, TK_END);
	assert_int_equal(s->coverage.judged, TK_END);
}

static void kho_handed_over(void **state)
{
	struct tk *t = *state;

	expect_state(t, KHS_KHO_ON, true);
	assert_true(tk_status(t)->handover_boot);
	assert_string_equal(tk_status(t)->previous_release, "7.2.13");
	assert_int_equal(tk_status(t)->kexec_count, 3);
}

/* A broken page is no matter of KHO's where there is no KHO. */
static void kho_absent(void **state)
{
	struct tk *t = *state;

	tk_forget_kho(t);
	tk_fill_page(t, 0x2345, 0);
	expect_state(t, KHS_KHO_ABSENT, true);
}

static void kho_off(void **state)
{
	struct tk *t = *state;

	tk_write(t, TK_VARS + TK_V_ENABLE, 0, 1);
	tk_write(t, TK_VARS + TK_V_SCRATCH_CNT, 0, 4);
	tk_fill_page(t, 0x2345, 0);
	expect_state(t, KHS_KHO_OFF, true);
}

static void foreign(const char *abi)
{
	struct tk_knobs knobs = tk_usual;
	struct tk *t;

	knobs.abi = abi;
	t = tk_new_with(&knobs);
	tk_preserve(t, 0x8800, 10);
	expect_state(t, KHS_KHO_FOREIGN, false);
	assert_string_equal(tk_status(t)->abi, abi);
	assert_non_null(strstr(tk_status(t)->kho_why, abi));
	assert_false(tk_status(t)->outgoing.known);
	tk_delete(t);
}

static void kho_foreign(void **state)
{
	(void)state;
	foreign("kho-v5");
	foreign("kho-v1");
}

static void no_vmcoreinfo(void **state)
{
	struct tk *t = *state;
	struct khs_error *err;

	t->no_vmcoreinfo = true;
	err = tk_try_open(t);
	assert_int_equal(khs_error_code(err), KHS_ERR_FORMAT);
	assert_non_null(strstr(khs_error_message(err), "VMCOREINFO"));
	khs_error_free(err);
}

/* ---- facts by halves ------------------------------------------------------------------------ */

/* What is required is asked for by name when it is not there. */
static void lacks_required(void **state)
{
	struct tk *t = *state;
	struct khs_error *err;

	tk_forget(t, KHS_ASK_MEMBER, "page", "private");
	err = tk_try_open(t);
	assert_int_equal(khs_error_code(err), KHS_ERR_NOTFOUND);
	assert_non_null(strstr(khs_error_message(err), "page.private"));
	khs_error_free(err);
}

/* Types that put a member of struct page behind its end: no page can be looked at. */
static void member_outside(void **state)
{
	static const char *const names[] = {
		"flags", "lru", "mapping", "index", "private", "_mapcount", "_refcount",
		"memcg_data",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct tk *t = tk_new();
		struct tk_fact *f = tk_find_fact(t, KHS_ASK_MEMBER, "page", names[i]);

		f->value = 64 - f->size + 1;
		tk_check(t);
		tk_expect_count(t, 0);
		assert_int_equal(tk_status(t)->coverage.pages, 0);
		assert_false(khs_all_judged(t->k));
		tk_delete(t);
	}
}

/* Each of these alone may be unknown: no crash, no finding, and no claim to have judged all. */
static void lacks_one(void **state)
{
	static const struct {
		enum khs_question_kind kind;
		const char *type, *name;
		bool all_judged;
	} lacking[] = {
		{ KHS_ASK_SYMBOL, NULL, "kho_in", false },
		{ KHS_ASK_SYMBOL, NULL, "kho_scratch", false },
		{ KHS_ASK_SYMBOL, NULL, "kho_scratch_cnt", false },
		{ KHS_ASK_SYMBOL, NULL, "node_data", false },
		{ KHS_ASK_SYMBOL, NULL, "deferred_pages", true },
		{ KHS_ASK_SYMBOL, NULL, "node_online_map", true },
		{ KHS_ASK_SYMBOL, NULL, "kho_enable", true },
		{ KHS_ASK_MEMBER, "kho_in", "fdt_phys", false },
		{ KHS_ASK_MEMBER, "kho_in", "kexec_count", true },
		{ KHS_ASK_MEMBER, "page", "index", true },
		{ KHS_ASK_MEMBER, "page", "memcg_data", true },
		{ KHS_ASK_MEMBER, "zone", "name", true },
		{ KHS_ASK_SIZE, NULL, "kho_page_info", false },
		{ KHS_ASK_ENUMERATOR, NULL, "__NR_PAGEFLAGS", false },
		{ KHS_ASK_ENUMERATOR, NULL, "PG_reserved", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lacking) / sizeof(lacking[0]); i++) {
		struct tk *t = tk_new_handed();

		tk_pending(t, 0x2200, 9);
		tk_preserve(t, 0x3000, 4);
		tk_forget(t, lacking[i].kind, lacking[i].type, lacking[i].name);
		tk_check(t);
		tk_expect_count(t, 0);
		if (khs_all_judged(t->k) != lacking[i].all_judged)
			print_error("without %s\n", lacking[i].name);
		assert_int_equal(khs_all_judged(t->k), lacking[i].all_judged);
		tk_delete(t);
	}
}

/* The sections tell where vmemmap is, if nobody else does. */
static void vmemmap_from_sections(void **state)
{
	struct tk *t = *state;

	tk_vmcoreinfo_drop(t, "SYMBOL(vmemmap)");
	tk_fill_page(t, 0x2345, 0);
	tk_check_one(t, "raw-page", "N1", 0x2345, 1);
}

static void vmemmap_from_variable(void **state)
{
	struct tk *t = *state;

	tk_vmcoreinfo_drop(t, "SYMBOL(vmemmap)");
	tk_write(t, TK_VARS + TK_V_VMEMMAP_BASE, TK_VMEMMAP, 8);
	tk_symbol(t, "vmemmap_base", TK_VARS + TK_V_VMEMMAP_BASE);
	tk_fill_page(t, 0x2345, 0);
	tk_check_one(t, "raw-page", "N1", 0x2345, 1);
}

static void vmemmap_unmapped(void **state)
{
	struct tk *t = *state;

	tk_write(t, TK_PGD + 468 * 8, 0, 8);
	tk_check(t);
	tk_expect_count(t, 0);
	assert_false(khs_all_judged(t->k));
	assert_int_equal(tk_status(t)->coverage.unmapped, TK_END);
	assert_int_equal(tk_status(t)->coverage.judged, 0);
}

static void vmemmap_missing(void **state)
{
	struct tk *t = *state;

	tk_lose(t, TK_MAP, TK_END * 64, KHS_MISSING);
	tk_preserve(t, 0x8800, 10);
	tk_check_one(t, "cross-node", "C1", 0x8800, 0x400);
	assert_false(khs_all_judged(t->k));
	assert_int_equal(tk_status(t)->coverage.missing, TK_END);
}

/* The table that maps one section's part is lost: what lies behind it is missing, not unmapped. */
static void vmemmap_table_missing(void **state)
{
	struct tk *t = *state;

	tk_lose(t, TK_VMEMMAP_PMD, 0x1000, KHS_MISSING);
	tk_check(t);
	tk_expect_count(t, 0);
	assert_int_equal(tk_status(t)->coverage.missing, TK_END);
	assert_int_equal(tk_status(t)->coverage.unmapped, 0);
}

static void offline_section(void **state)
{
	struct tk *t = *state;

	tk_set_section(t, 1, 0xb);
	for (uint64_t pfn = 0x9000; pfn < 0x9010; pfn++)
		tk_fill_page(t, pfn, 0xff);
	tk_check_healthy(t);
	assert_int_equal(tk_status(t)->coverage.pages, TK_END - TK_SECTION_PAGES);
}

/* Hot-added: only the subsections whose bits are set have a memory map. */
static void partial_section(void **state)
{
	struct tk *t = *state;

	tk_set_section(t, 2, 0x7); /* not EARLY */
	tk_write(t, TK_USAGE + 2 * 64 + 16, 0x3, 8);
	for (uint64_t pfn = 0x10400; pfn < 0x10500; pfn++)
		tk_fill_page(t, pfn, 0xff);
	tk_fill_page(t, 0x103ff, 0);
	tk_check_one(t, "raw-page", "N1", 0x103ff, 1);
	assert_int_equal(tk_status(t)->coverage.pages, 2 * TK_SECTION_PAGES + 2 * 512);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static int node_of(struct tk *t, uint64_t pfn)
{
	tk_fill_page(t, pfn, 0);
	return tk_check_one(t, "raw-page", "N1", pfn, 1)->node;
}

static void node_by_numa_meminfo(void **state)
{
	struct tk *t = *state;

	tk_forget(t, KHS_ASK_SYMBOL, NULL, "memblock");
	tk_set_numa_block(t, 0, 1, TK_NODE1, 0);
	tk_set_numa_block(t, 1, TK_NODE1, TK_RAM_END, 1);
	assert_int_equal(node_of(t, 0x9000), 1);
	tk_expect_evidence(&t->found[0], "(by numa_meminfo)");
}

static void node_by_span(void **state)
{
	struct tk *t = *state;

	tk_forget(t, KHS_ASK_SYMBOL, NULL, "memblock");
	assert_int_equal(node_of(t, 0x9000), 1);
	tk_expect_evidence(&t->found[0], "(by node spans)");
}

/* ... and preservations are measured against the spans as well. */
static void spans_are_enough(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_forget(t, KHS_ASK_SYMBOL, NULL, "memblock");
	tk_preserve(t, 0x8800, 10);
	f = tk_check_one(t, "cross-node", "C1", 0x8800, 0x400);
	tk_expect_evidence(f, "nodes_by=node spans\n");
	assert_true(khs_all_judged(t->k));
}

/* Both nodes span the page, and nothing tells which has it: no finding, and no all-clear. */
static void spans_overlap(void **state)
{
	struct tk *t = *state;

	tk_forget(t, KHS_ASK_SYMBOL, NULL, "memblock");
	tk_set_node(t, 0, 1, TK_RAM_END);
	tk_preserve(t, 0x8800, 10);
	tk_check(t);
	tk_expect_count(t, 0);
	assert_false(khs_all_judged(t->k));
}

/*
 * Neither numa_meminfo nor spans know holes; the pages there are reserved, with the links of the
 * zone above, whose span begins above them. Pages that are not reserved get no such leave.
 */
static void unknown_holes(struct tk *t)
{
	struct tk_page p;

	tk_set_zone(t, 1, 1, "DMA32", TK_NODE1, TK_HOLE_END);
	tk_set_zone(t, 1, 2, "Normal", TK_HOLE_END, TK_RAM_END);
	for (uint64_t pfn = TK_HOLE; pfn < TK_RAM_END; pfn++) {
		p = tk_get(t, pfn);
		p.flags = (p.flags & 1ULL << TK_PG_RESERVED) | tk_links(t, 1, 2);
		tk_put(t, pfn, &p);
	}
	tk_check_healthy(t);
	p = tk_get(t, TK_HOLE + 7);
	p.flags &= ~(1ULL << TK_PG_RESERVED);
	tk_put(t, TK_HOLE + 7, &p);
	tk_check_one(t, "half-init", "H3", TK_HOLE + 7, 1);
}

static void holes_of_numa_meminfo(void **state)
{
	struct tk *t = *state;

	tk_forget(t, KHS_ASK_SYMBOL, NULL, "memblock");
	tk_set_numa_block(t, 0, 1, TK_NODE1, 0);
	tk_set_numa_block(t, 1, TK_NODE1, TK_RAM_END, 1);
	unknown_holes(t);
}

static void holes_of_spans(void **state)
{
	struct tk *t = *state;

	tk_forget(t, KHS_ASK_SYMBOL, NULL, "memblock");
	unknown_holes(t);
}

/* memblock's arrays were freed and hold something else by now: not believed, though readable. */
static void stale_memblock(void **state)
{
	struct tk *t = *state;

	tk_set_numa_block(t, 0, 1, TK_NODE1, 0);
	tk_set_numa_block(t, 1, TK_NODE1, TK_RAM_END, 1);
	tk_write(t, TK_MEMBLOCK + TK_MEMBLOCK_TYPE + 24, TK_IMAGE + TK_USAGE, 8);
	assert_int_equal(node_of(t, 0x9000), 1);
	tk_expect_evidence(&t->found[0], "(by numa_meminfo)");
}

static void garbled_memblock(void **state)
{
	struct tk *t = *state;

	tk_write(t, TK_MEMBLOCK_MEMORY + 24 + 16, 0x5a5a5a5a, 4);
	assert_int_equal(node_of(t, 0x9000), 1);
	tk_expect_evidence(&t->found[0], "(by node spans)");
}

/* ---- status and list ------------------------------------------------------------------------ */

static void preserve_some(struct tk *t)
{
	memset(tk_at(t, t->tree.root, 4096), 0, 4096);
	tk_preserve(t, 0x2000, 9);
	tk_preserve(t, 0x2200, 9);
	tk_preserve(t, 0x3000, 0);
	tk_preserve(t, 0x3001, 0);
	tk_preserve(t, 0x9000, 9);
	tk_preserve(t, 0x9208, 3);
	tk_pending(t, 0x4000, 4);
	tk_pending(t, 0xb000, 4);
	tk_pending(t, 0xb010, 0);
}

static void totals(void **state)
{
	struct tk *t = *state;
	const struct khs_status *s;

	preserve_some(t);
	tk_check_healthy(t);
	s = tk_status(t);
	assert_true(s->outgoing.known && s->incoming.known);
	assert_int_equal(s->outgoing.ranges, 6);
	assert_int_equal(s->outgoing.pages, 3 * 512 + 2 + 8);
	assert_int_equal(s->outgoing.ranges_by_order[9], 3);
	assert_int_equal(s->outgoing.pages_by_order[0], 2);
	assert_int_equal(s->outgoing.nr_nodes, 2);
	assert_int_equal(s->outgoing.by_node[0].pages, 1026);
	assert_int_equal(s->outgoing.by_node[1].node, 1);
	assert_int_equal(s->outgoing.by_node[1].ranges, 2);
	assert_int_equal(s->outgoing.by_node[1].pages, 520);
	assert_int_equal(s->incoming.ranges, 3);
	assert_int_equal(s->incoming.pages, 33);
	assert_int_equal(s->nr_scratch, 3);
	assert_int_equal(s->scratch[0].start, TK_SCRATCH0 << 12);
	assert_int_equal(s->scratch[0].node, 0);
	assert_int_equal(s->scratch[1].size, 0);
	assert_int_equal(s->scratch[2].node, 1);
	/* Asked twice, the same. */
	assert_ptr_equal(tk_status(t), s);
	assert_int_equal(s->outgoing.nr_nodes, 2);
}

struct listed {
	struct khs_range v[64];
	size_t n, stop;
};

static bool keep_range(void *arg, const struct khs_range *range)
{
	struct listed *l = arg;

	assert_true(l->n < 64);
	l->v[l->n++] = *range;
	return !l->stop || l->n < l->stop;
}

static struct listed list(struct tk *t, struct khs_filter filter)
{
	struct listed l = { .n = 0 };

	filter.size = sizeof(filter);
	tk_ok(khs_list(t->k, &filter, keep_range, &l));
	return l;
}

static void expect_pfns(const struct listed *l, const uint64_t *pfns, size_t n)
{
	assert_int_equal(l->n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(l->v[i].pfn, pfns[i]);
}

#define EXPECT_PFNS(l, ...) do { \
	const uint64_t pfns_[] = { __VA_ARGS__ }; \
	expect_pfns(&(l), pfns_, sizeof(pfns_) / sizeof(pfns_[0])); \
} while (0)

static void list_all(void **state)
{
	struct tk *t = *state;
	struct listed l = { .n = 0 };

	preserve_some(t);
	tk_open(t);
	tk_ok(khs_list(t->k, NULL, keep_range, &l));
	EXPECT_PFNS(l, 0x2000, 0x2200, 0x3000, 0x3001, 0x9000, 0x9208, 0x4000, 0xb000, 0xb010);
	assert_int_equal(l.v[0].direction, KHS_OUT);
	assert_int_equal(l.v[0].state, KHS_RANGE_PRESERVED);
	assert_int_equal(l.v[5].pages, 8);
	assert_int_equal(l.v[5].order, 3);
	assert_int_equal(l.v[5].node, 1);
	assert_int_equal(l.v[6].direction, KHS_IN);
	assert_int_equal(l.v[6].state, KHS_RANGE_PENDING);
}

static void list_filters(void **state)
{
	struct tk *t = *state;
	struct listed l;

	preserve_some(t);
	tk_open(t);
	l = list(t, (struct khs_filter){ .directions = KHS_IN });
	EXPECT_PFNS(l, 0x4000, 0xb000, 0xb010);
	l = list(t, (struct khs_filter){ .directions = KHS_OUT, .by_node = true, .node = 1 });
	EXPECT_PFNS(l, 0x9000, 0x9208);
	l = list(t, (struct khs_filter){ .by_order = true, .order = 0 });
	EXPECT_PFNS(l, 0x3000, 0x3001, 0xb010);
	l = list(t, (struct khs_filter){ .by_order = true, .order = 9, .by_node = true });
	EXPECT_PFNS(l, 0x2000, 0x2200);
	l = list(t, (struct khs_filter){ .limit = 2 });
	EXPECT_PFNS(l, 0x2000, 0x2200);
	l = list(t, (struct khs_filter){ .limit = 7 });
	EXPECT_PFNS(l, 0x2000, 0x2200, 0x3000, 0x3001, 0x9000, 0x9208, 0x4000);
}

static void list_ranges(void **state)
{
	struct tk *t = *state;
	struct listed l;

	preserve_some(t);
	tk_open(t);
	/* Touched by its last page only, and not by its end. */
	l = list(t, (struct khs_filter){ .start = 0x21ff, .end = 0x2200 });
	EXPECT_PFNS(l, 0x2000);
	l = list(t, (struct khs_filter){ .start = 0x2200, .end = 0x2201 });
	EXPECT_PFNS(l, 0x2200);
	l = list(t, (struct khs_filter){ .start = 0x2210, .end = 0x3001 });
	EXPECT_PFNS(l, 0x2200, 0x3000);
	l = list(t, (struct khs_filter){ .start = 0x3002, .end = 0x4000 });
	assert_int_equal(l.n, 0);
	/* No end is no bound above; the start stands. */
	l = list(t, (struct khs_filter){ .start = 0x9001 });
	EXPECT_PFNS(l, 0x9000, 0x9208, 0xb000, 0xb010);
}

static void list_stops(void **state)
{
	struct tk *t = *state;
	struct listed l = { .stop = 3 };

	preserve_some(t);
	tk_open(t);
	tk_ok(khs_list(t->k, NULL, keep_range, &l));
	assert_int_equal(l.n, 3);
}

/* Where blocks of several orders overlap, each block still comes in its turn. */
static void list_overlapping(void **state)
{
	struct tk *t = *state;
	struct listed l;

	memset(tk_at(t, t->tree.root, 4096), 0, 4096);
	for (uint64_t pfn = 0x3000; pfn < 0x3006; pfn++)
		tk_preserve(t, pfn, 0);
	tk_preserve(t, 0x3004, 1);
	tk_open(t);
	l = list(t, (struct khs_filter){ .directions = KHS_OUT });
	EXPECT_PFNS(l, 0x3000, 0x3001, 0x3002, 0x3003, 0x3004, 0x3004, 0x3005);
	assert_int_equal(l.v[4].order, 1);
	l = list(t, (struct khs_filter){ .start = 0x3004, .end = 0x3005 });
	EXPECT_PFNS(l, 0x3004, 0x3004);
}

/* ---- interrupts ----------------------------------------------------------------------------- */

/*
 * However far it had got, what is told is true, that it is not all is told as well, and nothing is
 * made up for the rest.
 */
static void interrupted(void **state)
{
	struct tk *t = *state;
	int left = -1, steps = 0, partial = 0;
	const struct khs_coverage *c;
	bool cut;

	tk_fill_page(t, 0x2345, 0);
	tk_pending(t, 0x4000, 4);
	t->opts.interrupted = tk_count_down;
	t->opts.arg = &left;
	do {
		left = -1;
		tk_open(t);
		t->nr_found = 0;
		left = steps++;
		tk_ok(khs_check(t->k, tk_collect, t));
		cut = khs_interrupted(t->k);
		assert_int_equal(khs_all_judged(t->k), !cut);
		assert_int_equal(tk_status(t)->interrupted, cut);
		c = &tk_status(t)->coverage;
		assert_int_equal(c->pages, TK_END);
		assert_int_equal(c->judged + c->unread, c->pages);
		assert_int_equal(tk_status(t)->incoming.known, !c->unread);
		partial += c->unread && c->judged;
		assert_true(tk_status(t)->incoming.ranges <= 1);
		assert_true(t->nr_found <= 1);
		if (t->nr_found)
			tk_expect(t, "raw-page", "N1", 0x2345, 1);
	} while (cut);
	tk_expect_count(t, 1);
	assert_true(partial);
	/* Each piece of the memory map, and each check, asks. */
	assert_true(steps > 12);
}

/* Whoever supplies the memory may notice first; that nothing else is read is then told as well. */
static void interrupted_while_reading(void **state)
{
	struct tk *t = *state;

	tk_open(t);
	tk_lose(t, tk_page_pa(t, 0x2345) & ~0xfffULL, 4096, KHS_UNREAD);
	tk_ok(khs_check(t->k, tk_collect, t));
	assert_true(khs_interrupted(t->k));
	assert_true(tk_status(t)->interrupted);
	assert_true(tk_status(t)->coverage.unread > 0x1000);
}

/* ---- page ----------------------------------------------------------------------------------- */

static const struct khs_page_info *page(struct tk *t, enum khs_address_kind kind, uint64_t address)
{
	const struct khs_page_info *info;

	tk_ok(khs_page(t->k, kind, address, &info));
	return info;
}

static void four_spellings(void **state)
{
	struct tk *t = *state;
	const uint64_t pfn = 0x4003;
	const struct {
		enum khs_address_kind kind;
		uint64_t address;
	} spellings[] = {
		{ KHS_ADDR_PFN, pfn },
		{ KHS_ADDR_PHYS, (pfn << 12) + 0x123 },
		{ KHS_ADDR_PAGE, tk_page_va(t, pfn) },
		{ KHS_ADDR_PAGE, tk_page_va(t, pfn) + 40 },
		{ KHS_ADDR_VIRT, TK_DIRECT + (pfn << 12) + 8 },
		{ KHS_ADDR_VIRT, TK_IMAGE + (pfn << 12) },
		{ KHS_ADDR_VIRT, tk_page_va(t, pfn) },
	};

	tk_pending(t, 0x4000, 4);
	tk_preserve(t, 0x4002, 1);
	tk_open(t);
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const struct khs_page_info *info = page(t, spellings[i].kind, spellings[i].address);

		assert_int_equal(info->pfn, pfn);
		assert_int_equal(info->phys, pfn << 12);
		assert_int_equal(info->address, tk_page_va(t, pfn));
		assert_int_equal(info->address_phys, tk_page_pa(t, pfn));
		assert_int_equal(info->presence, KHS_PRESENT);
		assert_memory_equal(info->words, tk_raw(t, pfn), 64);
		assert_true(info->covered_in && info->covered_out);
		assert_int_equal(info->cover_in.pfn, 0x4000);
		assert_int_equal(info->cover_in.order, 4);
		assert_int_equal(info->cover_out.pfn, 0x4002);
		assert_int_equal(info->cover_out.pages, 2);
		assert_int_equal(info->zone, 1);
		assert_string_equal(info->zone_name, "DMA32");
		assert_string_equal(info->section_state, "online, early");
		assert_int_equal(info->refcount, 1);
		assert_int_equal(info->mapcount, -1);
		assert_false(info->marked);
	}
}

static void expect_no_page(struct tk *t, enum khs_address_kind kind, uint64_t address)
{
	const struct khs_page_info *info;
	struct khs_error *err = khs_page(t->k, kind, address, &info);

	assert_int_equal(khs_error_code(err), KHS_ERR_NOTFOUND);
	khs_error_free(err);
}

static void no_such_page(void **state)
{
	struct tk *t = *state;

	tk_open(t);
	expect_no_page(t, KHS_ADDR_PFN, TK_END);
	expect_no_page(t, KHS_ADDR_PFN, UINT64_MAX);
	expect_no_page(t, KHS_ADDR_PHYS, UINT64_MAX);
	expect_no_page(t, KHS_ADDR_PAGE, TK_VMEMMAP - 1);
	expect_no_page(t, KHS_ADDR_PAGE, tk_page_va(t, TK_END));
	expect_no_page(t, KHS_ADDR_PAGE, UINT64_MAX);
	expect_no_page(t, KHS_ADDR_VIRT, 0);
	expect_no_page(t, KHS_ADDR_VIRT, 0xffffc90000000000);
	expect_no_page(t, KHS_ADDR_VIRT, UINT64_MAX);
}

/* The class that check reports at a pfn is the class that page shows there. */
static void page_agrees(void **state)
{
	struct tk *t = *state;
	struct tk_page p;

	tk_fill_page(t, 0x2001, 0);
	tk_fill_page(t, 0x2002, 0xff);
	tk_pending(t, 0x2100, 5);
	tk_mark(t, 0x2110, 2);
	tk_fill_page(t, 0x2101, 0);
	p = tk_get(t, 0x2105);
	p.refcount = 9;
	tk_put(t, 0x2105, &p);
	tk_free_block(t, 0x2200, 4);
	tk_mark(t, 0x2200, 0);
	tk_free_block(t, 0x2240, 4);
	tk_mark(t, 0x2245, 0);
	tk_reserve(t, 0x2300);
	tk_mark(t, 0x2300, 0);
	tk_pending(t, 0x2341, 0);
	tk_mark(t, 0x2341, 4);
	tk_restore_folio(t, 0x2380, 3, true);
	tk_mark(t, 0x2384, 0);
	tk_pending(t, TK_SCRATCH1 + 3, 0);
	tk_check(t);
	tk_expect_count(t, 11);
	for (size_t i = 0; i < t->nr_found; i++) {
		const struct tk_finding *f = &t->found[i];
		const struct khs_page_info *info = page(t, KHS_ADDR_PFN, f->pfn);

		assert_string_equal(info->class_name, f->class_name);
		assert_string_equal(info->state, f->summary);
		assert_int_equal(info->marked, f->order >= 0);
	}
	assert_true(page(t, KHS_ADDR_PFN, TK_SCRATCH1 + 3)->in_scratch);
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x2100)->class_name, "P_OK");
	assert_int_equal(page(t, KHS_ADDR_PFN, 0x2100)->cover_in.state, KHS_RANGE_DAMAGED);
}

static void page_states(void **state)
{
	struct tk *t = *state;

	tk_free_block(t, 0x2200, 4);
	tk_restore_folio(t, 0x2380, 3, true);
	tk_init_page(t, 0x2400);
	tk_open(t);
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x2200)->state,
			    "free, head of a buddy block of order 4");
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x2200)->type_name, "buddy");
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x2203)->state,
			    "free, inside the buddy block at pfn 0x2200 of order 4");
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x2384)->state,
			    "tail of the compound page at pfn 0x2380");
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x2380)->flags_text, "head");
	assert_string_equal(page(t, KHS_ADDR_PFN, TK_HOLE)->state, "reserved");
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x3000)->state, "allocated");
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x3000)->class_name, "");
}

static void page_absent(void **state)
{
	struct tk *t = *state;
	const struct khs_page_info *info;

	tk_lose(t, tk_page_pa(t, 0x2400), 0x1000, KHS_EXCLUDED);
	tk_open(t);
	info = page(t, KHS_ADDR_PFN, 0x2405);
	assert_int_equal(info->presence, KHS_EXCLUDED);
	assert_string_equal(info->class_name, "");
	assert_int_equal(info->zone, -1);
	assert_false(info->marked);
}

/* The struct pages of an offline section may hold anything. */
static void page_offline(void **state)
{
	struct tk *t = *state;
	const struct khs_page_info *info;

	tk_set_section(t, 1, 0xb);
	tk_fill_page(t, 0x9000, 0xff);
	tk_open(t);
	info = page(t, KHS_ADDR_PFN, 0x9000);
	assert_string_equal(info->section_state, "offline, early");
	assert_string_equal(info->class_name, "");
	assert_non_null(strstr(info->state, "offline"));
}

static void page_nodes(void **state)
{
	struct tk *t = *state;
	const struct khs_page_info *info;
	struct tk_page p = tk_get(t, 0x9000);

	tk_set_numa_block(t, 0, 1, TK_NODE1, 0);
	tk_set_numa_block(t, 1, TK_NODE1, TK_RAM_END, 1);
	p.flags = tk_links(t, 0, 1);
	tk_put(t, 0x9000, &p);
	tk_open(t);
	info = page(t, KHS_ADDR_PFN, 0x9000);
	assert_int_equal(info->nr_nodes, 4);
	assert_string_equal(info->nodes[0].source, "memblock");
	assert_int_equal(info->nodes[0].node, 1);
	assert_string_equal(info->nodes[1].source, "numa_meminfo");
	assert_int_equal(info->nodes[1].node, 1);
	assert_string_equal(info->nodes[2].source, "pgdat span");
	assert_int_equal(info->nodes[2].node, 1);
	assert_string_equal(info->nodes[3].source, "page flags");
	assert_int_equal(info->nodes[3].node, 0);
	assert_string_equal(info->class_name, "H3");
}

/*
 * What is wrong around the page is said of it: further ranges, and a restore that stepped over it.
 */
static void page_neighbourhood(void **state)
{
	struct tk *t = *state;
	const struct khs_page_info *info;

	tk_preserve(t, 0x4000, 4);
	tk_preserve(t, 0x4000, 2);
	tk_preserve(t, 0x4001, 0);
	for (uint64_t pfn = 0x8800; pfn < TK_NODE1; pfn++)
		tk_init_page(t, pfn);
	tk_pending(t, TK_NODE1, 9);
	tk_pending(t, 0x9000, 9);
	tk_open(t);
	info = page(t, KHS_ADDR_PFN, 0x4001);
	assert_int_equal(info->cover_out.order, 4);
	assert_int_equal(info->more_out, 2);
	assert_int_equal(page(t, KHS_ADDR_PFN, 0x4005)->more_out, 0);
	assert_string_equal(page(t, KHS_ADDR_PFN, TK_NODE1)->class_name, "S11");
	info = page(t, KHS_ADDR_PFN, TK_NODE1 + 5);
	assert_string_equal(info->class_name, "S11");
	assert_non_null(strstr(info->state, "left behind by a restore"));
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x9000)->class_name, "P_OK");
	assert_string_equal(page(t, KHS_ADDR_PFN, 0x9001)->state,
			    "inside the pending preservation at pfn 0x9000 of order 9");
	/* The part before it is in other use: suspected, not proven. */
	tk_restore_folio(t, 0x8800, 9, false);
	tk_open(t);
	info = page(t, KHS_ADDR_PFN, TK_NODE1);
	assert_string_equal(info->class_name, "P_OK");
	assert_non_null(strstr(info->state, "perhaps left behind"));
}

/* ---- machines ------------------------------------------------------------------------------- */

/* A node of processors alone, one whose memory is all movable, and zone numbers to the last. */
static void odd_nodes(void **state)
{
	static const unsigned int zones[] = { 3, 4, 5, 8 };

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		struct tk_knobs knobs = tk_usual;
		const unsigned int movable = zones[i] - 1;
		struct tk *t;

		knobs.zones = zones[i];
		knobs.handover = true;
		t = tk_new_with(&knobs);
		tk_set_node(t, 2, 0, 0);
		tk_set_zone(t, 1, 1, "DMA32", 0, 0);
		tk_set_zone(t, 1, movable, "Movable", TK_NODE1, TK_RAM_END);
		for (uint64_t pfn = TK_NODE1; pfn < TK_END; pfn++) {
			struct tk_page p = tk_get(t, pfn);

			p.flags = (p.flags & ((1ULL << 29) - 1)) | tk_links(t, 1, movable);
			tk_put(t, pfn, &p);
		}
		tk_preserve(t, 0x9000, 9);
		tk_check_healthy(t);
		tk_delete(t);
	}
}

/* Node 0, node 1, node 0 again, by each source of the node and by none. */
static void interleaved(void **state)
{
	const uint64_t again = 0xb000;
	struct tk *t = *state;

	tk_set_node(t, 0, 1, TK_RAM_END);
	tk_set_zone(t, 0, 1, "DMA32", TK_ZONE_DMA32, TK_RAM_END);
	tk_set_node(t, 1, TK_NODE1, again);
	tk_set_zone(t, 1, 1, "DMA32", TK_NODE1, again);
	tk_set_ram(t, 1, TK_NODE1, again, 1);
	tk_set_ram(t, 2, again, TK_HOLE, 0);
	tk_set_ram(t, 3, TK_HOLE_END, TK_RAM_END, 0);
	for (uint64_t pfn = again; pfn < TK_END; pfn++) {
		struct tk_page p = tk_get(t, pfn);

		p.flags = (p.flags & ((1ULL << 29) - 1)) | tk_links(t, 0, 1);
		tk_put(t, pfn, &p);
	}
	tk_pending(t, 0x9000, 9);
	tk_preserve(t, 0xc000, 9);
	tk_check_healthy(t);
	tk_set_numa_block(t, 0, 1, TK_NODE1, 0);
	tk_set_numa_block(t, 1, TK_NODE1, again, 1);
	tk_set_numa_block(t, 2, again, TK_RAM_END, 0);
	tk_forget(t, KHS_ASK_SYMBOL, NULL, "memblock");
	tk_check_healthy(t);
	assert_int_equal(page(t, KHS_ADDR_PFN, 0x9000)->cover_in.node, 1);
	tk_forget(t, KHS_ASK_SYMBOL, NULL, "numa_meminfo");
	tk_check(t);
	tk_expect_count(t, 0);
}

/* ---- the interface's promises --------------------------------------------------------------- */

/* What was returned once stays: a second call frees and changes nothing. */
static void status_stays(void **state)
{
	struct tk *t = *state;
	const struct khs_scratch *scratch;
	const struct khs_node_total *nodes;

	tk_open(t);
	scratch = tk_status(t)->scratch;
	nodes = tk_status(t)->outgoing.by_node;
	assert_non_null(scratch);
	assert_non_null(nodes);
	assert_ptr_equal(tk_status(t)->scratch, scratch);
	assert_ptr_equal(tk_status(t)->outgoing.by_node, nodes);
}

struct said {
	size_t n;
	char last[256];
};

static void on_warning(void *arg, const char *message)
{
	struct said *said = arg;

	said->n++;
	snprintf(said->last, sizeof(said->last), "%s", message);
}

/* JSON Lines: a range is a line, and that there may be more goes where warnings go. */
static void list_json_doubt(void **state)
{
	struct tk *t = *state;
	struct said said = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	t->opts.warn = on_warning;
	t->opts.arg = &said;
	tk_pending(t, 0x4000, 4);
	tk_open(t);
	tk_ok(khs_print_list(t->k, NULL, out, true));
	assert_int_equal(said.n, 0);
	tk_lose(t, tk_page_pa(t, 0x2400), 0x1000, KHS_EXCLUDED);
	tk_open(t);
	rewind(out);
	tk_ok(khs_print_list(t->k, NULL, out, true));
	assert_int_equal(said.n, 1);
	assert_non_null(strstr(said.last, "more incoming ranges"));
	assert_int_equal(fclose(out), 0);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		assert_int_equal(*line, '{');
	free(text);
}

static bool count_range(void *arg, const struct khs_range *range)
{
	(void)range;
	++*(size_t *)arg;
	return true;
}

/* A caller built against a structure with less in it, and one that forgot the size. */
static void sizes(void **state)
{
	struct tk *t = *state;
	struct khs_filter f = { .directions = KHS_OUT, .limit = 1 };
	struct khs_options none = { 0 };
	struct khs_error *err;
	size_t n = 0;

	tk_preserve(t, 0x4000, 4);
	tk_open(t);
	f.size = offsetof(struct khs_filter, limit);
	tk_ok(khs_list(t->k, &f, count_range, &n));
	assert_int_equal(n, 2);
	f.size = sizeof(f);
	n = 0;
	tk_ok(khs_list(t->k, &f, count_range, &n));
	assert_int_equal(n, 1);
	f.size = 0;
	err = khs_list(t->k, &f, count_range, &n);
	assert_int_equal(khs_error_code(err), KHS_ERR_USAGE);
	khs_error_free(err);
	err = khs_open("/nonexistent", &none, &t->k);
	assert_int_equal(khs_error_code(err), KHS_ERR_USAGE);
	khs_error_free(err);
	tk_close(t);
	t->opts.size = 0;
	err = tk_try_open(t);
	assert_int_equal(khs_error_code(err), KHS_ERR_USAGE);
	khs_error_free(err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TK_COLD(kho_on),
		TK_HANDED(kho_handed_over),
		TK_COLD(kho_absent),
		TK_COLD(kho_off),
		cmocka_unit_test(kho_foreign),
		TK_COLD(no_vmcoreinfo),
		TK_COLD(lacks_required),
		cmocka_unit_test(member_outside),
		cmocka_unit_test(lacks_one),
		TK_COLD(vmemmap_from_sections),
		TK_COLD(vmemmap_from_variable),
		TK_COLD(vmemmap_unmapped),
		TK_COLD(vmemmap_missing),
		TK_COLD(vmemmap_table_missing),
		TK_COLD(offline_section),
		TK_COLD(partial_section),
		TK_COLD(node_by_numa_meminfo),
		TK_COLD(node_by_span),
		TK_COLD(spans_are_enough),
		TK_COLD(spans_overlap),
		TK_COLD(holes_of_numa_meminfo),
		TK_COLD(holes_of_spans),
		TK_COLD(stale_memblock),
		TK_COLD(garbled_memblock),
		TK_HANDED(totals),
		TK_HANDED(list_all),
		TK_HANDED(list_filters),
		TK_HANDED(list_ranges),
		TK_HANDED(list_stops),
		TK_HANDED(list_overlapping),
		TK_HANDED(interrupted),
		TK_HANDED(interrupted_while_reading),
		TK_HANDED(four_spellings),
		TK_COLD(no_such_page),
		TK_HANDED(page_agrees),
		TK_COLD(page_states),
		TK_COLD(page_absent),
		TK_COLD(page_offline),
		TK_COLD(page_nodes),
		TK_HANDED(page_neighbourhood),
		cmocka_unit_test(odd_nodes),
		TK_HANDED(interleaved),
		TK_COLD(status_stays),
		TK_COLD(sizes),
		TK_HANDED(list_json_doubt),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
