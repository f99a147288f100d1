// SPDX-License-Identifier: GPL-2.0-or-later
/* Which findings explain which: by id, class, direction and place, and never by place alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "checks/causes.h"

#define NONE KHS_NO_CAUSE

static struct khs_gathered all;

static int teardown(void **state)
{
	(void)state;
	khs_gathered_deinit(&all);
	return 0;
}

/* A finding with up to two pieces of evidence, which are strings. */
static void add(const char *id, const char *class_name, uint64_t pfn, uint64_t pages, int order,
		const char *direction, const char *key, const char *value)
{
	struct khs_evidence evidence[2] = {
		{ .key = "direction", .string = direction }, { .key = key, .string = value },
	};
	struct khs_finding f = {
		.id = id, .class_name = class_name, .severity = KHS_ERROR, .has_pfn = pages,
		.pfn = pfn, .pages = pages, .order = order, .node = 0, .summary = "",
		.evidence = direction ? evidence : evidence + 1,
		.nr_evidence = (direction != NULL) + (key != NULL), .cause = KHS_NO_CAUSE,
	};

	khs_gather_finding(&all, &f);
}

static void page(const char *id, const char *class_name, uint64_t pfn, uint64_t pages)
{
	add(id, class_name, pfn, pages, -1, NULL, NULL, NULL);
}

static void block(const char *id, uint64_t pfn, int order, const char *direction)
{
	add(id, "", pfn, 1ull << order, order, direction, NULL, NULL);
}

#define expect_causes(...) \
	do { \
		const size_t want_[] = { __VA_ARGS__ }; \
		assert_true(khs_find_causes(&all)); \
		assert_int_equal(all.n, sizeof(want_) / sizeof(want_[0])); \
		for (size_t i_ = 0; i_ < all.n; i_++) \
			assert_true(all.v[i_]->cause == want_[i_]); \
	} while (0)

static void tails_of_a_span(void **state)
{
	(void)state;
	page("half-init", "H2", 0x8a00, 0x200);
	page("half-init", "H4", 0x8bff, 1);
	page("half-init", "H3", 0x8bff, 2);      /* one page beyond it */
	page("half-init", "H6", 0x8a00, 1);      /* not what a span does */
	page("raw-page", "N1", 0x8801, 1);
	page("stale-mark", "S10", 0x8802, 1);
	block("cross-node", 0x8800, 10, "in");
	expect_causes(6, 6, NONE, NONE, 6, NONE, NONE);
}

static void outgoing_span_explains_nothing(void **state)
{
	(void)state;
	page("half-init", "H2", 0x8a00, 0x200);
	block("cross-node", 0x8800, 10, "out");
	expect_causes(NONE, NONE);
}

static void holes(void **state)
{
	(void)state;
	page("half-init", "H7", 0x100, 1);
	page("stale-mark", "S10", 0x100, 1);
	page("stale-mark", "S1", 0x100, 1);
	block("not-ram", 0x100, 4, "in");
	expect_causes(3, 3, NONE, NONE);
}

/* The widest leads, whatever came first; of two that are as wide the one of the larger blocks. */
static void overlaps(void **state)
{
	(void)state;
	block("overlap", 0x1000, 3, NULL);
	block("overlap", 0x1000, 9, NULL);
	block("overlap", 0x1004, 0, NULL);
	block("overlap", 0x2000, 0, NULL);
	add("overlap", "", 0x3000, 512, 0, NULL, NULL, NULL);
	add("overlap", "", 0x3000, 512, 9, NULL, NULL, NULL);
	add("overlap", "", 0x31f0, 32, 5, NULL, NULL, NULL); /* only half within */
	expect_causes(1, NONE, 1, NONE, 5, NONE, NONE);
}

/* A block in the middle that ends early hides none that begins before it. */
static void reach(void **state)
{
	(void)state;
	block("cross-node", 0x1000, 12, "in");
	block("cross-node", 0x1400, 1, "in");
	page("half-init", "H2", 0x1800, 1);
	page("half-init", "H2", 0x2000, 1);
	expect_causes(NONE, NONE, 0, NONE);
}

static void freed(void **state)
{
	(void)state;
	block("freed-preserved", 0x1000, 4, NULL);
	block("freed-preserved", 0x1000, 2, NULL);
	block("orphan", 0x1000, 2, "out");
	block("orphan", 0x1000, 2, "in");
	block("orphan", 0x2000, 2, "out");
	expect_causes(NONE, 0, 0, NONE, NONE);
}

static void unread_owner(void **state)
{
	(void)state;
	add("luo-mismatch", "", 0, 0, -1, "in", "owner", "LUO session a of LUO");
	add("luo-mismatch", "", 0, 0, -1, "out", "owner", "LUO session b of LUO");
	add("luo-mismatch", "", 0, 0, -1, "out", "owner", "LUO session a of LUO");
	add("leak", "", 9, 1, 0, "out", "owner", "LUO session a of LUO");
	add("orphan", "", 1, 1, 0, "out", "unread_owner", "LUO session a of LUO");
	add("orphan", "", 3, 1, 0, "out", NULL, NULL);
	add("orphan", "", 5, 1, 0, "out", "unread_owner", "LUO session a of LUO");
	add("orphan", "", 7, 1, 0, "in", "unread_owner", "memblock");
	expect_causes(NONE, NONE, NONE, NONE, 2, NONE, 2, NONE);
}

static void nothing(void **state)
{
	(void)state;
	assert_true(khs_find_causes(&all));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(tails_of_a_span, teardown),
		cmocka_unit_test_teardown(outgoing_span_explains_nothing, teardown),
		cmocka_unit_test_teardown(holes, teardown),
		cmocka_unit_test_teardown(overlaps, teardown),
		cmocka_unit_test_teardown(reach, teardown),
		cmocka_unit_test_teardown(freed, teardown),
		cmocka_unit_test_teardown(unread_owner, teardown),
		cmocka_unit_test_teardown(nothing, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
