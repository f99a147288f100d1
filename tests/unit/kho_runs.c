// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "kho/runs.h"

static void adjacent_blocks_are_one_run(void **state)
{
	struct khs_runs runs = { 0 };

	(void)state;
	assert_true(khs_runs_add(&runs, 0x200, 9, 0));
	assert_true(khs_runs_add(&runs, 0x400, 9, 0));
	assert_true(khs_runs_add_blocks(&runs, 0x600, 9, 3, 0));
	assert_int_equal(runs.n, 1);
	assert_int_equal(runs.v[0].pfn, 0x200);
	assert_int_equal(runs.v[0].count, 5);
	assert_int_equal(khs_run_pages(&runs.v[0]), 0xa00);
	assert_int_equal(khs_run_end(&runs.v[0]), 0xc00);
	khs_runs_deinit(&runs);
}

static void others_are_not(void **state)
{
	struct khs_runs runs = { 0 };

	(void)state;
	assert_true(khs_runs_add(&runs, 0x10, 0, 0));
	assert_true(khs_runs_add(&runs, 0x12, 0, 0)); /* a gap */
	assert_true(khs_runs_add(&runs, 0x13, 1, 0)); /* another order */
	assert_true(khs_runs_add(&runs, 0x15, 1, 2)); /* another state */
	assert_true(khs_runs_add(&runs, 0x15, 1, 2)); /* the same once more */
	assert_true(khs_runs_add_blocks(&runs, 0x17, 1, 0, 2)); /* nothing */
	assert_int_equal(runs.n, 5);
	khs_runs_deinit(&runs);
}

static void sorted_by_pfn_large_first(void **state)
{
	struct khs_runs runs = { 0 };

	(void)state;
	khs_runs_sort(&runs);
	assert_true(khs_runs_add(&runs, 0x40, 0, 0));
	assert_true(khs_runs_add(&runs, 0x20, 0, 0));
	assert_true(khs_runs_add(&runs, 0x20, 5, 0));
	assert_true(khs_runs_add(&runs, 0, 1, 0));
	khs_runs_sort(&runs);
	assert_int_equal(runs.v[0].pfn, 0);
	assert_int_equal(runs.v[1].order, 5);
	assert_int_equal(runs.v[2].order, 0);
	assert_int_equal(runs.v[2].pfn, 0x20);
	assert_int_equal(runs.v[3].pfn, 0x40);
	khs_runs_deinit(&runs);
}

static void extents_merge_overlaps(void **state)
{
	struct khs_extents x = { 0 };
	struct khs_runs runs = { 0 };

	(void)state;
	assert_true(khs_runs_extents(&runs, &x));
	assert_int_equal(x.n, 0);
	assert_true(khs_runs_add(&runs, 0x20, 5, 0));
	assert_true(khs_runs_add(&runs, 0x28, 3, 0));
	assert_true(khs_runs_add(&runs, 0x40, 0, 0));
	assert_true(khs_runs_add(&runs, 0x50, 0, 0));
	assert_true(khs_runs_extents(&runs, &x));
	assert_int_equal(x.n, 2);
	assert_int_equal(x.v[0].start, 0x20);
	assert_int_equal(x.v[0].end, 0x41);
	assert_int_equal(x.v[1].start, 0x50);
	khs_extents_deinit(&x);
	khs_runs_deinit(&runs);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adjacent_blocks_are_one_run),
		cmocka_unit_test(others_are_not),
		cmocka_unit_test(sorted_by_pfn_large_first),
		cmocka_unit_test(extents_merge_overlaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
