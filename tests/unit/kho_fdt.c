// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "kho/fdt.h"

#define PAGE 4096

/* As kernel/liveupdate/kexec_handover.c:kho_out_fdt_setup(). */
static void make_fdt(void *page, const char *compatible, const void *map, int map_len)
{
	int err;

	memset(page, 0, PAGE);
	err = fdt_create(page, PAGE);
	err |= fdt_finish_reservemap(page);
	err |= fdt_begin_node(page, "");
	if (compatible)
		err |= fdt_property_string(page, "compatible", compatible);
	if (map)
		err |= fdt_property(page, "preserved-memory-map", map, map_len);
	err |= fdt_end_node(page);
	err |= fdt_finish(page);
	assert_int_equal(err, 0);
}

static enum khs_code parse(const void *data, size_t size, struct khs_root_fdt *ret)
{
	/* The exact size on the heap, so that reading past it is seen. */
	_cleanup_free_ void *copy = malloc(size ? size : 1);
	_cleanup_error_ struct khs_error *err = NULL;

	assert_non_null(copy);
	memcpy(copy, data, size);
	err = khs_root_fdt_parse(copy, size, ret);
	return khs_error_code(err);
}

static void reads_the_root(void **state)
{
	static const uint8_t map[8] = { 0x00, 0x10, 0x34, 0x12, 1 };
	struct khs_root_fdt fdt;
	uint8_t page[PAGE];

	(void)state;
	make_fdt(page, "kho-v4", map, sizeof(map));
	assert_int_equal(parse(page, PAGE, &fdt), KHS_OK);
	assert_string_equal(fdt.compatible, "kho-v4");
	assert_true(fdt.has_map);
	assert_true(fdt.map == 0x112341000);
	/* Packed by kho_add_subtree(), its total size is less than the page. */
	assert_int_equal(parse(page, fdt_totalsize(page), &fdt), KHS_OK);
	assert_true(fdt.map == 0x112341000);
}

static void properties_may_lack(void **state)
{
	static const uint8_t half[4] = { 1 };
	struct khs_root_fdt fdt;
	uint8_t page[PAGE];

	(void)state;
	make_fdt(page, NULL, NULL, 0);
	assert_int_equal(parse(page, PAGE, &fdt), KHS_OK);
	assert_string_equal(fdt.compatible, "");
	assert_false(fdt.has_map);
	make_fdt(page, "kho-v4", half, sizeof(half));
	assert_int_equal(parse(page, PAGE, &fdt), KHS_OK);
	assert_false(fdt.has_map);
}

static void text_is_made_printable(void **state)
{
	struct khs_root_fdt fdt;
	uint8_t page[PAGE];
	char longer[200];

	(void)state;
	make_fdt(page, "kho\x1b[2J\xff", NULL, 0);
	assert_int_equal(parse(page, PAGE, &fdt), KHS_OK);
	assert_string_equal(fdt.compatible, "kho?[2J?");
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	make_fdt(page, longer, NULL, 0);
	assert_int_equal(parse(page, PAGE, &fdt), KHS_OK);
	assert_int_equal(strlen(fdt.compatible), sizeof(fdt.compatible) - 1);
}

static void unterminated_string(void **state)
{
	struct khs_root_fdt fdt;
	uint8_t page[PAGE];
	void *text;
	int len;

	(void)state;
	make_fdt(page, "kho-v4x", NULL, 0);
	text = fdt_getprop_w(page, 0, "compatible", &len);
	assert_int_equal(len, 8);
	((char *)text)[7] = 'y';
	assert_int_equal(parse(page, PAGE, &fdt), KHS_OK);
	assert_string_equal(fdt.compatible, "kho-v4xy");
}

static void damage_is_said(void **state)
{
	static const uint8_t map[8] = { 1 };
	struct khs_root_fdt fdt;
	uint8_t page[PAGE];

	(void)state;
	memset(page, 0, PAGE);
	assert_int_equal(parse(page, PAGE, &fdt), KHS_ERR_CORRUPT);
	assert_int_equal(parse(page, 0, &fdt), KHS_ERR_CORRUPT);
	make_fdt(page, "kho-v4", map, sizeof(map));
	for (size_t size = 0; size < fdt_totalsize(page); size++)
		assert_int_equal(parse(page, size, &fdt), KHS_ERR_CORRUPT);
	fdt_set_totalsize(page, PAGE + 4);
	assert_int_equal(parse(page, PAGE, &fdt), KHS_ERR_CORRUPT);
	fdt_set_totalsize(page, UINT32_MAX);
	assert_int_equal(parse(page, PAGE, &fdt), KHS_ERR_CORRUPT);
}

/* Every byte of the used part set to a few values: an answer, and no read outside. */
static void any_byte_may_be_wrong(void **state)
{
	static const uint8_t map[8] = { 1 }, values[] = { 0, 1, 3, 9, 0x7f, 0x80, 0xff };
	uint8_t page[PAGE], broken[PAGE];
	struct khs_root_fdt fdt;

	(void)state;
	make_fdt(page, "kho-v4", map, sizeof(map));
	for (size_t at = 0; at < fdt_totalsize(page); at++) {
		for (size_t i = 0; i < sizeof(values); i++) {
			memcpy(broken, page, PAGE);
			broken[at] = values[i];
			parse(broken, PAGE, &fdt);
			assert_true(strlen(fdt.compatible) < sizeof(fdt.compatible));
		}
	}
}

static void abi_names(void **state)
{
	static const char *const unknown[] = {
		"kho-v4;radix-v2;vmalloc-v1", "kho-v4;radix-v12", "kho-v0", "kho-v5", "kho-v40",
		"kho-v", ";kho-v4", "",
	};

	(void)state;
	assert_int_equal(khs_abi_tracker("kho-v1"), KHS_TRACKER_BITMAPS);
	assert_int_equal(khs_abi_tracker("kho-v2"), KHS_TRACKER_RADIX);
	assert_int_equal(khs_abi_tracker("kho-v3"), KHS_TRACKER_RADIX);
	assert_int_equal(khs_abi_tracker("kho-v4"), KHS_TRACKER_RADIX);
	assert_int_equal(khs_abi_tracker("kho-v4;radix-v1;vmalloc-v1"), KHS_TRACKER_RADIX);
	assert_int_equal(khs_abi_tracker("kho-v4;vmalloc-v7"), KHS_TRACKER_RADIX);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(khs_abi_tracker(unknown[i]), KHS_TRACKER_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_root),
		cmocka_unit_test(properties_may_lack),
		cmocka_unit_test(text_is_made_printable),
		cmocka_unit_test(unterminated_string),
		cmocka_unit_test(damage_is_said),
		cmocka_unit_test(any_byte_may_be_wrong),
		cmocka_unit_test(abi_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
