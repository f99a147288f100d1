// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Nothing in a dump may crash or hang whoever looks at it. Random words, and words that nearly make
 * sense, over each structure in turn, by fixed seeds; what comes out has to be well-formed, be it
 * right or wrong. Worth most when built with -fsanitize=address,undefined.
 */
#include "kernel.h"

enum { SEEDS = 24 };

static uint64_t state_of_random;

/* xorshift64*, so that a seed means the same everywhere. */
static uint64_t any(void)
{
	state_of_random ^= state_of_random >> 12;
	state_of_random ^= state_of_random << 25;
	state_of_random ^= state_of_random >> 27;
	return state_of_random * 0x2545f4914f6cdd1dULL;
}

static uint64_t below(uint64_t n)
{
	return any() % n;
}

/* A word of the kind found in kernel memory, or not at all. */
static uint64_t word(struct tk *t)
{
	uint64_t pfn = below(TK_END);

	switch (below(12)) {
	case 0: return 0;
	case 1: return UINT64_MAX;
	case 2: return below(64);
	case 3: return TK_DIRECT + (below(1 << 14) << 8);
	case 4: return tk_self(t, pfn);
	case 5: return tk_page_va(t, pfn) | 1;
	case 6: return TK_MAGIC | below(70);
	case 7: return TK_TREE + (below(32) << 12);
	case 8: return -(64ULL << below(20)) | 1;
	case 9: return tk_links(t, below(4), below(4)) | below(1 << 22);
	case 10: return TK_IMAGE + below(TK_LOW_END);
	default: return any();
	}
}

static void scribble(struct tk *t, uint64_t pa, size_t len, unsigned int words)
{
	while (words--)
		tk_write(t, pa + below(len / 8) * 8, word(t), 8);
}

static void on_pages(struct tk *t)
{
	for (unsigned int i = 0; i < 2000; i++)
		scribble(t, tk_page_pa(t, below(TK_END)), 64, 1 + below(8));
}

static void on_one_block(struct tk *t)
{
	tk_pending(t, 0x2400, 10);
	scribble(t, tk_page_pa(t, 0x2400), 64 << 10, 1000);
}

static void on_tree(struct tk *t)
{
	for (uint64_t pa = TK_TREE; pa < t->tree.next; pa += 4096)
		scribble(t, pa, 4096, 1 + below(40));
}

static void on_all_tree(struct tk *t)
{
	for (uint64_t pa = TK_TREE; pa < t->tree.next; pa += 8)
		tk_write(t, pa, word(t), 8);
}

static void on_variables(struct tk *t)
{
	scribble(t, TK_VARS, 0x500, 1 + below(60));
}

static void on_fdts(struct tk *t)
{
	scribble(t, TK_OUT_FDT, 256, 1 + below(4));
	scribble(t, TK_IN_FDT, 256, 1 + below(4));
}

static void on_scratch(struct tk *t)
{
	tk_write(t, TK_VARS + TK_V_SCRATCH_CNT, below(300), 4);
	scribble(t, TK_SCRATCH_ARRAY, 4096, 400);
}

static void on_nodes(struct tk *t)
{
	for (uint64_t node = 0; node < 2; node++) {
		scribble(t, TK_PGDATS + node * TK_PGDAT_STRIDE, 0x300, below(12));
		scribble(t, TK_PGDATS + node * TK_PGDAT_STRIDE + 0x1000, 0x30, below(4));
	}
}

static void on_memblock(struct tk *t)
{
	tk_set_noinit(t, 0, 0x2000, 0x3000);
	tk_set_numa_block(t, 0, 1, TK_RAM_END, 0);
	scribble(t, TK_MEMBLOCK, 0xc0, below(6));
	scribble(t, TK_MEMBLOCK_MEMORY, 0x100, below(12));
	scribble(t, TK_MEMBLOCK_RESERVED, 0x40, below(4));
	scribble(t, TK_NUMA_MEMINFO, 0x80, below(8));
}

static void on_sections(struct tk *t)
{
	scribble(t, TK_SECTION_ROOTS, 16, below(2));
	for (unsigned int i = 0; i < 20; i++)
		tk_set_section(t, below(256), below(64));
	scribble(t, TK_SECTION_ROOT, 4096, below(20));
	scribble(t, TK_USAGE, 0x200, below(40));
}

static void on_page_tables(struct tk *t)
{
	for (unsigned int i = 0; i < 4; i++)
		tk_write(t, TK_VMEMMAP_PMD + below(8) * 8, below(1 << 17) << 12 | below(256), 8);
	tk_write(t, TK_PGD + 0x3000 + below(3) * 8, below(64) << 12 | below(256), 8);
}

static void on_facts(struct tk *t)
{
	for (unsigned int i = 0; i < 3; i++) {
		struct tk_fact *f = &t->facts[below(t->nr_facts)];

		f->value = below(3) ? below(200) : word(t);
		f->size = below(20);
	}
}

static void on_holes(struct tk *t)
{
	static const enum khs_presence presences[] = { KHS_EXCLUDED, KHS_MISSING, KHS_NORAM };

	for (unsigned int i = 0; i < 12; i++)
		tk_lose(t, TK_MAP + (below(TK_END * 64) & ~7ULL), 1 + below(0x5000),
			presences[below(3)]);
	tk_lose(t, TK_PGD + 0x5000 + below(TK_LOW_END - TK_PGD - 0x5000), 1 + below(0x1000),
		presences[below(3)]);
	tk_lose(t, TK_TREE + below(0x8000), 1 + below(0x1000), presences[below(3)]);
}

/* ---- what must hold ------------------------------------------------------------------------- */

struct tally {
	size_t n;
	uint64_t last_pfn;
	unsigned int beyond_map; /* findings that are not tracker-damage */
};

static bool known_id(const char *id)
{
	size_t n;
	const struct khs_check_info *infos = khs_checks(&n);

	while (n--) {
		if (!strcmp(infos[n].id, id))
			return true;
	}
	return false;
}

static void take_finding(void *arg, const struct khs_finding *f)
{
	struct tally *tally = arg;

	tally->n++;
	tally->beyond_map += strcmp(f->id, "tracker-damage") != 0;
	assert_true(known_id(f->id));
	assert_true(f->severity <= KHS_ERROR);
	assert_true(f->summary[0]);
	assert_true(!f->has_pfn || f->pages);
	for (size_t i = 0; i < f->nr_evidence; i++) {
		const struct khs_evidence *e = &f->evidence[i];

		assert_true(e->key[0]);
		if (e->kind == KHS_VALUE_STRING)
			assert_true(strlen(e->string) < 4096);
	}
}

static bool take_range(void *arg, const struct khs_range *range)
{
	struct tally *tally = arg;

	if (range->direction == KHS_IN && tally->last_pfn != UINT64_MAX)
		assert_true(range->pfn >= tally->last_pfn);
	if (range->direction == KHS_IN)
		tally->last_pfn = range->pfn;
	assert_int_equal(range->pages, 1ULL << range->order);
	assert_false(range->pfn & (range->pages - 1));
	return ++tally->n < 10000;
}

static void look_at_pages(struct tk *t)
{
	for (unsigned int i = 0; i < 200; i++) {
		const struct khs_page_info *info;
		uint64_t at = i & 1 ? word(t) : below(TK_END);
		enum khs_address_kind kind = i % 5 ? KHS_ADDR_PFN : KHS_ADDR_VIRT;
		struct khs_error *err = khs_page(t->k, kind, at, &info);

		if (!err) {
			assert_true(memchr(info->flags_text, 0, sizeof(info->flags_text)));
			assert_true(strlen(info->state) < 256);
		}
		khs_error_free(err);
	}
}

/* False if there is nothing to look at: refusing to open is a good answer, too. */
static bool look_at_all(struct tk *t)
{
	struct tally tally = { .last_pfn = UINT64_MAX };
	const struct khs_coverage *c;
	struct khs_error *err = tk_try_open(t);

	if (err) {
		assert_true(khs_error_message(err)[0]);
		khs_error_free(err);
		return false;
	}
	tk_ok(khs_check(t->k, take_finding, &tally));
	c = &tk_status(t)->coverage;
	assert_true(c->judged + c->excluded + c->missing + c->damaged + c->unmapped +
		    c->unread == c->pages);
	/* Of a kernel whose KHO is unknown only that its root FDT is damaged may be said. */
	if (tally.beyond_map || tally.n > 1)
		assert_true(tk_status(t)->kho == KHS_KHO_ON);
	if (tally.n)
		assert_true(tk_status(t)->kho == KHS_KHO_ON ||
			    tk_status(t)->kho == KHS_KHO_UNKNOWN);
	tally.n = 0;
	tk_ok(khs_list(t->k, NULL, take_range, &tally));
	look_at_pages(t);
	return c->judged;
}

static void torture(void (*fn)(struct tk *t), uint64_t salt)
{
	unsigned int looked = 0;

	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct tk *t = tk_new_handed();

		state_of_random = salt << 32 | seed;
		tk_preserve(t, 0x2000, 9);
		tk_preserve(t, 0x3001, 0);
		tk_preserve(t, 0x8800, 9);
		tk_pending(t, 0x4000, 4);
		tk_free_block(t, 0x5000, 6);
		fn(t);
		looked += look_at_all(t);
		tk_delete(t);
	}
	assert_true(looked);
}

#define TORTURE(name, salt) \
	static void test_##name(void **state) \
	{ \
		(void)state; \
		torture(name, salt); \
	}

TORTURE(on_pages, 1)
TORTURE(on_one_block, 2)
TORTURE(on_tree, 3)
TORTURE(on_all_tree, 4)
TORTURE(on_variables, 5)
TORTURE(on_fdts, 6)
TORTURE(on_scratch, 7)
TORTURE(on_nodes, 8)
TORTURE(on_memblock, 9)
TORTURE(on_sections, 10)
TORTURE(on_page_tables, 11)
TORTURE(on_facts, 12)
TORTURE(on_holes, 13)

/* ---- by design ------------------------------------------------------------------------------ */

/* A memory map of noise from end to end: what is kept of it is bounded, and that is said. */
static void all_noise(void **state)
{
	struct tk *t = *state;
	struct tally tally = { 0 };
	uint64_t *words = tk_at(t, TK_MAP, TK_END * 64);

	state_of_random = 4711;
	for (size_t i = 0; i < TK_END * 8; i++)
		words[i] = any();
	tk_open(t);
	tk_ok(khs_check(t->k, take_finding, &tally));
	assert_true(tally.n > TK_END / 2);
}

static void claim_sections(struct tk *t, unsigned int size_bits, uint64_t array, uint64_t roots)
{
	tk_vmcoreinfo_drop(t, "SYMBOL(mem_section)");
	tk_vmcoreinfo_drop(t, "NUMBER(SECTION_SIZE_BITS)");
	tk_vmcoreinfo_drop(t, "NUMBER(MAX_PHYSMEM_BITS)");
	tk_vmcoreinfo_drop(t, "LENGTH(mem_section)");
	tk_vmcoreinfo_add(t, "SYMBOL(mem_section)=%llx\nNUMBER(SECTION_SIZE_BITS)=%u\n"
			     "NUMBER(MAX_PHYSMEM_BITS)=52\nLENGTH(mem_section)=%llu\n",
			  TK_DIRECT + array, size_bits, (unsigned long long)roots);
}

/* Sections smaller than any kernel's, and 2^31 of them. */
static void tiny_sections(void **state)
{
	struct tk *t = *state;

	claim_sections(t, 21, TK_SECTION_ROOTS, 1 << 23);
	tk_open(t);
	assert_false(khs_all_judged(t->k));
	assert_int_equal(tk_status(t)->coverage.pages, 0);
}

/* 4 PiB of RAM in one MiB of dump: each root is the same page, and all its sections are online. */
static void too_many_sections(void **state)
{
	const uint64_t array = 0x8000000, roots = 1 << 17;
	struct tk *t = *state;

	assert_true(khs_dump_memory_zero(t->mem, array, roots * 8));
	for (uint64_t i = 0; i < roots; i++)
		tk_write(t, array + i * 8, TK_IMAGE + TK_SECTION_ROOT, 8);
	for (unsigned int i = 0; i < 256; i++)
		tk_set_section(t, i, 0xf);
	claim_sections(t, 27, array, roots);
	tk_check(t);
	assert_false(khs_all_judged(t->k));
	assert_true(tk_status(t)->coverage.pages == 1ULL << 40);
	assert_true(tk_status(t)->coverage.judged < 1 << 20);
}

/* Every entry of every table leads back to the table: no depth, no width is without bound. */
static void endless_tree(void **state)
{
	struct tk *t = *state;
	struct tally tally = { 0 };

	for (uint64_t i = 0; i < 3; i++)
		tk_write(t, t->tree.root + 8 * i, t->tree.root, 8);
	tk_open(t);
	tk_ok(khs_check(t->k, take_finding, &tally));
	assert_true(tally.n && tally.n < 8);
}

/* A block with marks of all smaller orders in it, each with all smaller ones in it. */
static void nested_marks(void **state)
{
	struct tk *t = *state;
	struct tally tally = { 0 };

	tk_pending(t, 0x4000, 12);
	for (uint64_t pfn = 0x4001; pfn < 0x5000; pfn++)
		tk_mark(t, pfn, __builtin_ctzll(pfn));
	tk_open(t);
	tk_ok(khs_check(t->k, take_finding, &tally));
	assert_true(tally.n > 1000);
	assert_int_equal(tk_status(t)->incoming.ranges, 0x1000);
	tally = (struct tally){ .last_pfn = UINT64_MAX };
	tk_ok(khs_list(t->k, &(struct khs_filter){ .size = sizeof(struct khs_filter),
						   .directions = KHS_IN }, take_range, &tally));
	assert_int_equal(tally.n, 0x1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_on_pages),
		cmocka_unit_test(test_on_one_block),
		cmocka_unit_test(test_on_tree),
		cmocka_unit_test(test_on_all_tree),
		cmocka_unit_test(test_on_variables),
		cmocka_unit_test(test_on_fdts),
		cmocka_unit_test(test_on_scratch),
		cmocka_unit_test(test_on_nodes),
		cmocka_unit_test(test_on_memblock),
		cmocka_unit_test(test_on_sections),
		cmocka_unit_test(test_on_page_tables),
		cmocka_unit_test(test_on_facts),
		cmocka_unit_test(test_on_holes),
		TK_HANDED(all_noise),
		TK_COLD(tiny_sections),
		TK_COLD(too_many_sections),
		TK_COLD(endless_tree),
		TK_HANDED(nested_marks),
	};

	return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
