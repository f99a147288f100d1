// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/error.h"
#include "kho_tree.h"

/* 256 MB of 4K pages */
#define MAX_PFN 0x10000

struct fixture {
	struct tree t;
	struct khs_extents ram;
	struct khs_kho kho;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	tree_init(&f->t, 12);
	assert_true(khs_extents_add(&f->ram, 1, 0x9f, 0));
	assert_true(khs_extents_add(&f->ram, 0x100, MAX_PFN, 0));
	khs_extents_normalize(&f->ram);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	khs_kho_deinit(&f->kho);
	khs_extents_deinit(&f->ram);
	tree_deinit(&f->t);
	free(f);
	return 0;
}

static struct khs_error *walk_in(struct tree *t, const struct khs_extents *ram, uint64_t max_pfn,
				 struct khs_kho *kho)
{
	const struct khs_machine machine = { .ram = ram, .max_pfn = max_pfn };

	return khs_radix_walk(&t->kernel, &machine, t->root, kho);
}

static void walk(struct fixture *f)
{
	khs_kho_deinit(&f->kho);
	assert_null(walk_in(&f->t, &f->ram, MAX_PFN, &f->kho));
	khs_runs_sort(&f->kho.out);
}

static void expect_run(const struct fixture *f, size_t i, uint64_t pfn, unsigned int order,
		       uint64_t count)
{
	assert_true(i < f->kho.out.n);
	assert_int_equal(f->kho.out.v[i].pfn, pfn);
	assert_int_equal(f->kho.out.v[i].order, order);
	assert_int_equal(f->kho.out.v[i].count, count);
	assert_int_equal(f->kho.out.v[i].state, KHS_RANGE_PRESERVED);
}

static const struct khs_map_problem *only_problem(const struct fixture *f,
						  enum khs_map_problem_kind kind)
{
	assert_int_equal(f->kho.nr_problems, 1);
	assert_int_equal(f->kho.problems[0].kind, kind);
	return &f->kho.problems[0];
}

/* reference: kho-abi 1.4, from enum kho_radix_consts */
static void shapes(void **state)
{
	static const struct {
		unsigned int shift, table, leaf, width, depth;
	} want[] = {
		{ 12, 9, 15, 53, 6 },
		{ 14, 11, 17, 51, 5 },
		{ 16, 13, 19, 49, 4 },
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct khs_radix_shape s = khs_radix_shape(want[i].shift);

		assert_int_equal(s.table_bits, want[i].table);
		assert_int_equal(s.leaf_bits, want[i].leaf);
		assert_int_equal(s.key_width, want[i].width);
		assert_int_equal(s.depth, want[i].depth);
	}
}

static void keys(void **state)
{
	struct khs_radix_shape s = khs_radix_shape(12);
	unsigned int order;
	uint64_t pfn;

	(void)state;
	assert_true(khs_radix_encode(&s, 0x1234, 0) == (UINT64_C(1) << 52 | 0x1234));
	assert_true(khs_radix_encode(&s, 0x14a00, 9) == (UINT64_C(1) << 43 | 0xa5));
	for (order = 0; order <= 52; order++) {
		uint64_t in = order < 40 ? UINT64_C(5) << order : 0;
		unsigned int out;

		assert_true(khs_radix_decode(&s, khs_radix_encode(&s, in, order), &pfn, &out));
		assert_int_equal(out, order);
		assert_true(pfn == in);
	}
	assert_false(khs_radix_decode(&s, 0, &pfn, &order));
	assert_false(khs_radix_decode(&s, UINT64_C(1) << 53, &pfn, &order));
	assert_false(khs_radix_decode(&s, UINT64_MAX, &pfn, &order));
}

static void empty_tree(void **state)
{
	struct fixture *f = *state;

	walk(f);
	assert_true(f->kho.out_known);
	assert_int_equal(f->kho.out.n, 0);
	assert_int_equal(f->kho.nr_problems, 0);
	assert_int_equal(f->kho.nr_nodes, 1);
	assert_int_equal(f->kho.nodes[0].pfn, f->t.root >> 12);
	assert_int_equal(f->kho.nodes[0].level, 5);
}

static void blocks_come_back(void **state)
{
	struct fixture *f = *state;

	for (uint64_t pfn = 0x7f00; pfn < 0x8100; pfn++)
		tree_add(&f->t, pfn, 0);
	tree_add(&f->t, 0x8800, 9);
	tree_add(&f->t, 0x8a00, 9);
	tree_add(&f->t, 0x8800, 10);
	tree_add(&f->t, MAX_PFN - 1, 0);
	tree_add(&f->t, 0, 16);
	walk(f);
	assert_true(f->kho.out_known);
	assert_int_equal(f->kho.nr_problems, 0);
	assert_int_equal(f->kho.out.n, 5);
	expect_run(f, 0, 0, 16, 1);
	expect_run(f, 1, 0x7f00, 0, 0x200); /* two leaves */
	expect_run(f, 2, 0x8800, 10, 1);
	expect_run(f, 3, 0x8800, 9, 2);
	expect_run(f, 4, MAX_PFN - 1, 0, 1);
	for (size_t i = 1; i < f->kho.nr_nodes; i++)
		assert_true(f->kho.nodes[i].pfn > f->kho.nodes[i - 1].pfn);
	assert_int_equal(f->kho.nr_nodes, (f->t.next - f->t.root) >> 12);
}

/* Linux 7.1-rc1 to -rc5 with 16K pages: KHO_TREE_MAX_DEPTH is 4, and order 0 has its bit at 50. */
static void a_level_too_few(void **state)
{
	struct khs_extents ram = { 0 };
	struct khs_kho kho = { 0 };
	struct tree t;

	(void)state;
	tree_init(&t, 14);
	t.shape.depth = 4;
	khs_fact_set(&t.kernel.facts, KHS_ENUM_KHO_TREE_MAX_DEPTH, "BTF", "KHO_TREE_MAX_DEPTH", 4,
		     0);
	tree_add(&t, 0x40, 0);
	tree_add(&t, 0x41, 0);
	tree_add(&t, 0x1fff, 0);
	tree_add(&t, 0x80, 3);
	tree_add(&t, 0x1000, 12);
	assert_null(walk_in(&t, &ram, 0x2000, &kho));
	khs_runs_sort(&kho.out);
	assert_int_equal(kho.nr_problems, 0);
	assert_int_equal(kho.out.n, 4);
	assert_int_equal(kho.out.v[0].pfn, 0x40);
	assert_int_equal(kho.out.v[0].order, 0);
	assert_int_equal(kho.out.v[0].count, 2);
	assert_int_equal(kho.out.v[1].pfn, 0x80);
	assert_int_equal(kho.out.v[1].order, 3);
	assert_int_equal(kho.out.v[2].pfn, 0x1000);
	assert_int_equal(kho.out.v[2].order, 12);
	assert_int_equal(kho.out.v[3].pfn, 0x1fff);
	assert_int_equal(kho.out_levels, 4);
	assert_int_equal(kho.out_levels_needed, 5);
	assert_int_equal(kho.out_orderless, 3);
	khs_kho_deinit(&kho);
	/* A page beyond the machine's memory, and a key beyond any. */
	*tree_word(&t, tree_node(&t, 0x40, 0), 0x2000 / 64) |= 1;
	kho = (struct khs_kho){ 0 };
	assert_null(walk_in(&t, &ram, 0x2000, &kho));
	khs_runs_sort(&kho.out);
	assert_int_equal(kho.nr_problems, 0);
	assert_int_equal(kho.out_orderless, 4);
	assert_int_equal(kho.out.v[3].pfn, 0x1fff);
	assert_int_equal(kho.out.v[3].count, 2);
	khs_kho_deinit(&kho);
	tree_add_key(&t, UINT64_C(1) << 47 | UINT64_C(1) << 36);
	kho = (struct khs_kho){ 0 };
	assert_null(walk_in(&t, &ram, 0x2000, &kho));
	assert_int_equal(kho.nr_problems, 1);
	assert_int_equal(kho.problems[0].kind, KHS_MAP_BAD_INDEX);
	khs_kho_deinit(&kho);
	tree_deinit(&t);
}

static void other_page_sizes(void **state)
{
	static const unsigned int shifts[] = { 14, 16 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct khs_extents ram = { 0 };
		struct khs_kho kho = { 0 };
		struct tree t;

		tree_init(&t, shifts[i]);
		tree_add(&t, 0x40, 0);
		tree_add(&t, 0x80, 3);
		tree_add(&t, 0x1000, 12);
		assert_null(walk_in(&t, &ram, 0x2000, &kho));
		khs_runs_sort(&kho.out);
		assert_int_equal(kho.nr_problems, 0);
		assert_int_equal(kho.out.n, 3);
		assert_int_equal(kho.out.v[0].pfn, 0x40);
		assert_int_equal(kho.out.v[1].order, 3);
		assert_int_equal(kho.out.v[2].pfn, 0x1000);
		khs_kho_deinit(&kho);
		tree_deinit(&t);
	}
}

static void unknown_bounds(void **state)
{
	struct fixture *f = *state;
	struct khs_extents none = { 0 };

	tree_add(&f->t, UINT64_C(0x123456789), 0);
	assert_null(walk_in(&f->t, &none, 0, &f->kho));
	assert_int_equal(f->kho.nr_problems, 0);
	assert_int_equal(f->kho.out.n, 1);
	assert_true(f->kho.out.v[0].pfn == UINT64_C(0x123456789));
}

/* An entry of the lowest table of order 0, next to the good one. */
static uint64_t spoil(struct fixture *f, uint64_t value, uint64_t *table)
{
	uint64_t key = tree_add(&f->t, 0x8123, 0);

	*table = tree_node(&f->t, key, 1);
	*tree_word(&f->t, *table, 0) = value;
	return key;
}

static void pointers_are_checked(void **state)
{
	static const struct {
		uint64_t value;
		enum khs_map_problem_kind kind;
	} bad[] = {
		{ 0x200004, KHS_MAP_MISALIGNED },
		{ 0xffff888000200000, KHS_MAP_NOT_RAM },
		{ 0xa0000, KHS_MAP_NOT_RAM },
		{ (uint64_t)MAX_PFN << 12, KHS_MAP_NOT_RAM },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct khs_map_problem *p;
		uint64_t table;

		spoil(f, bad[i].value, &table);
		walk(f);
		p = only_problem(f, bad[i].kind);
		assert_true(p->node == bad[i].value);
		assert_true(p->parent == table);
		assert_int_equal(p->level, 1);
		assert_int_equal(p->index, 0);
		assert_int_equal(p->count, 1);
		assert_false(p->whole);
		expect_run(f, 0, 0x8123, 0, 1);
	}
}

static void adjacent_entries_are_one_problem(void **state)
{
	struct fixture *f = *state;
	uint64_t table;

	spoil(f, 0x200004, &table);
	*tree_word(&f->t, f->t.root, 0) = 0x123;
	*tree_word(&f->t, f->t.root, 1) = 0x456;
	for (uint64_t i = 3; i < 6; i++)
		*tree_word(&f->t, f->t.root, i) = 0x123;
	*tree_word(&f->t, f->t.root, 7) = 0x123;
	walk(f);
	assert_int_equal(f->kho.nr_problems, 4);
	assert_int_equal(f->kho.problems[0].kind, KHS_MAP_MISALIGNED);
	assert_int_equal(f->kho.problems[0].index, 0);
	assert_int_equal(f->kho.problems[0].count, 2);
	assert_int_equal(f->kho.problems[0].node, 0x123);
	assert_true(f->kho.problems[1].parent == table);
	assert_int_equal(f->kho.problems[2].index, 3);
	assert_int_equal(f->kho.problems[2].count, 3);
	assert_int_equal(f->kho.problems[3].index, 7);
	assert_int_equal(f->kho.problems[3].count, 1);
}

static void cycles_end(void **state)
{
	struct fixture *f = *state;
	const struct khs_map_problem *p;
	uint64_t table;

	spoil(f, f->t.root, &table);
	walk(f);
	p = only_problem(f, KHS_MAP_SEEN_TWICE);
	assert_true(p->node == f->t.root);
	expect_run(f, 0, 0x8123, 0, 1);
}

static void two_parents(void **state)
{
	struct fixture *f = *state;
	const struct khs_map_problem *p;
	uint64_t key = tree_add(&f->t, 0x123, 0), table = tree_node(&f->t, key, 1);

	*tree_word(&f->t, table, 1) = tree_node(&f->t, key, 0);
	walk(f);
	p = only_problem(f, KHS_MAP_SEEN_TWICE);
	assert_int_equal(p->index, 1);
	assert_int_equal(f->kho.out.n, 1);
	expect_run(f, 0, 0x123, 0, 1);
}

/* 4K: order 0 is root index 2, so 3 and more would need bits no pfn has. */
static void impossible_root_index(void **state)
{
	struct fixture *f = *state;
	const struct khs_map_problem *p;
	uint64_t page = tree_page(&f->t);

	tree_add(&f->t, 0x123, 0);
	*tree_word(&f->t, f->t.root, 3) = page;
	*tree_word(&f->t, f->t.root, 4) = page;
	walk(f);
	p = only_problem(f, KHS_MAP_BAD_INDEX);
	assert_int_equal(p->index, 3);
	assert_int_equal(p->count, 2);
	assert_int_equal(p->level, 5);
	assert_true(p->parent == f->t.root);
	assert_true(p->node == f->t.root);
	assert_true(p->entry == page);
	assert_false(p->whole);
	expect_run(f, 0, 0x123, 0, 1);
}

static void fill(struct fixture *f, uint64_t page, const char *text)
{
	char *bytes = khs_dump_memory_at(f->t.kernel.dump, page, 4096);

	for (size_t i = 0; i < 4096; i++)
		bytes[i] = text[i % strlen(text)];
}

static void text_is_no_leaf(void **state)
{
	struct fixture *f = *state;
	const struct khs_map_problem *p;
	uint64_t leaf = tree_node(&f->t, tree_add(&f->t, 0x8800, 9), 0);

	fill(f, leaf, "Lorem ipsum dolor sit amet");
	tree_add(&f->t, 0x123, 0);
	walk(f);
	p = only_problem(f, KHS_MAP_BAD_INDEX);
	assert_true(p->whole);
	assert_true(p->node == leaf);
	assert_int_equal(p->level, 0);
	assert_true(p->count > 1000);
	assert_int_equal(f->kho.out.n, 1);
	for (size_t i = 0; i < f->kho.nr_nodes; i++)
		assert_true(f->kho.nodes[i].pfn != leaf >> 12);
}

static void text_is_no_table(void **state)
{
	struct fixture *f = *state;
	const struct khs_map_problem *p;
	uint64_t table = tree_node(&f->t, tree_add(&f->t, 0x8800, 9), 2);

	tree_add(&f->t, 0x123, 0);
	fill(f, table, "Lorem ipsum dolor sit amet");
	walk(f);
	p = only_problem(f, KHS_MAP_BAD_INDEX);
	assert_true(p->whole);
	assert_true(p->node == table);
	assert_int_equal(p->level, 2);
	assert_int_equal(p->count, 512);
	assert_int_equal(f->kho.out.n, 1);
}

static void text_is_no_root(void **state)
{
	struct fixture *f = *state;

	fill(f, f->t.root, "Lorem ipsum dolor sit amet");
	walk(f);
	assert_true(only_problem(f, KHS_MAP_BAD_INDEX)->whole);
	assert_false(f->kho.out_known);
	assert_int_equal(f->kho.nr_nodes, 0);
}

/* What a driver leaves that preserves memory which isn't there. */
static void blocks_of_nowhere_are_kept(void **state)
{
	struct fixture *f = *state;

	tree_add(&f->t, 0x8800, 9);
	tree_add(&f->t, 0x40000, 9);
	tree_add(&f->t, 0x200000, 0);
	walk(f);
	assert_int_equal(f->kho.nr_problems, 0);
	assert_int_equal(f->kho.out.n, 3);
	expect_run(f, 0, 0x8800, 9, 1);
	expect_run(f, 1, 0x40000, 9, 1);
	expect_run(f, 2, 0x200000, 0, 1);
}

static void but_not_many_in_one_leaf(void **state)
{
	struct fixture *f = *state;

	tree_add(&f->t, 0x8800, 9);
	for (uint64_t i = 0; i <= KHS_WALK_STRAYS; i++)
		tree_add(&f->t, 0x40000 + i * 0x400, 9);
	walk(f);
	assert_true(only_problem(f, KHS_MAP_BAD_INDEX)->whole);
	assert_int_equal(f->kho.out.n, 0);
}

/* The good parent wins, though the bad entry comes first. */
static void stray_entry_to_a_good_node(void **state)
{
	struct fixture *f = *state;
	const struct khs_map_problem *p;
	uint64_t key = tree_add(&f->t, 0x123, 0), table = tree_node(&f->t, key, 1);

	*tree_word(&f->t, table, 100) = tree_node(&f->t, tree_add(&f->t, 0x8800, 0), 0);
	*tree_word(&f->t, table, 101) = 0x123;
	walk(f);
	p = only_problem(f, KHS_MAP_BAD_INDEX);
	assert_int_equal(p->index, 100);
	assert_int_equal(p->count, 2);
	assert_int_equal(f->kho.out.n, 2);
	expect_run(f, 1, 0x8800, 0, 1);
}

/* Physical addresses end where MAX_PHYSMEM_BITS says, whatever the machine has. */
static void beyond_physical_addresses(void **state)
{
	struct fixture *f = *state;

	khs_fact_set(&f->t.kernel.facts, KHS_KEY_MAX_PHYSMEM_BITS, "VMCOREINFO",
		     "NUMBER(MAX_PHYSMEM_BITS)", 46, 0);
	tree_add(&f->t, UINT64_C(1) << 34, 0);
	walk(f);
	only_problem(f, KHS_MAP_BAD_INDEX);
	assert_int_equal(f->kho.out.n, 0);
}

static void absent_nodes(void **state)
{
	struct fixture *f = *state;
	const struct khs_map_problem *p;
	uint64_t leaf = tree_node(&f->t, tree_add(&f->t, 0x8800, 9), 0);

	tree_add(&f->t, 0x123, 0);
	assert_true(khs_dump_memory_mark(f->t.kernel.dump, leaf, 4096, KHS_EXCLUDED));
	walk(f);
	p = only_problem(f, KHS_MAP_ABSENT);
	assert_int_equal(p->presence, KHS_EXCLUDED);
	assert_true(p->node == leaf);
	assert_int_equal(f->kho.nodes_absent, 1);
	assert_true(f->kho.out_known);
	assert_int_equal(f->kho.out.n, 1);
}

static void half_a_node_is_absent(void **state)
{
	struct fixture *f = *state;
	uint64_t leaf = tree_node(&f->t, tree_add(&f->t, 0x8800, 9), 0);

	assert_true(khs_dump_memory_mark(f->t.kernel.dump, leaf + 2048, 2048, KHS_MISSING));
	walk(f);
	assert_int_equal(only_problem(f, KHS_MAP_ABSENT)->presence, KHS_MISSING);
	assert_int_equal(f->kho.out.n, 0);
}

static void bad_roots(void **state)
{
	struct fixture *f = *state;
	uint64_t root = f->t.root;

	f->t.root = root + 8;
	walk(f);
	only_problem(f, KHS_MAP_MISALIGNED);
	assert_false(f->kho.out_known);
	f->t.root = 0xa0000;
	walk(f);
	only_problem(f, KHS_MAP_NOT_RAM);
	assert_false(f->kho.out_known);
	f->t.root = root;
	assert_true(khs_dump_memory_mark(f->t.kernel.dump, root, 4096, KHS_MISSING));
	walk(f);
	only_problem(f, KHS_MAP_ABSENT);
	assert_false(f->kho.out_known);
	assert_int_equal(f->kho.nodes_absent, 1);
}

static bool always(void *arg)
{
	(void)arg;
	return true;
}

static void an_interrupt_ends_it(void **state)
{
	struct fixture *f = *state;
	_cleanup_error_ struct khs_error *err = NULL;

	f->t.kernel.opts.interrupted = always;
	err = walk_in(&f->t, &f->ram, MAX_PFN, &f->kho);
	assert_int_equal(khs_error_code(err), KHS_ERR_INTERRUPTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shapes),
		cmocka_unit_test(keys),
		cmocka_unit_test(other_page_sizes),
		cmocka_unit_test(a_level_too_few),
		cmocka_unit_test_setup_teardown(empty_tree, setup, teardown),
		cmocka_unit_test_setup_teardown(blocks_come_back, setup, teardown),
		cmocka_unit_test_setup_teardown(unknown_bounds, setup, teardown),
		cmocka_unit_test_setup_teardown(pointers_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(adjacent_entries_are_one_problem, setup, teardown),
		cmocka_unit_test_setup_teardown(cycles_end, setup, teardown),
		cmocka_unit_test_setup_teardown(two_parents, setup, teardown),
		cmocka_unit_test_setup_teardown(impossible_root_index, setup, teardown),
		cmocka_unit_test_setup_teardown(text_is_no_leaf, setup, teardown),
		cmocka_unit_test_setup_teardown(text_is_no_table, setup, teardown),
		cmocka_unit_test_setup_teardown(text_is_no_root, setup, teardown),
		cmocka_unit_test_setup_teardown(blocks_of_nowhere_are_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(but_not_many_in_one_leaf, setup, teardown),
		cmocka_unit_test_setup_teardown(stray_entry_to_a_good_node, setup, teardown),
		cmocka_unit_test_setup_teardown(beyond_physical_addresses, setup, teardown),
		cmocka_unit_test_setup_teardown(absent_nodes, setup, teardown),
		cmocka_unit_test_setup_teardown(half_a_node_is_absent, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_roots, setup, teardown),
		cmocka_unit_test_setup_teardown(an_interrupt_ends_it, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
