// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * BTF written by libbpf's own writer, read back; and the same bytes damaged in every way that may
 * come out of a dump.
 */
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdlib.h>

#include "facts/btf.h"
#include "flat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* Types of one small kernel, by the ids libbpf gives them. */
struct ids {
	int ulong, uint, ulong_const, ulong_typedef;
};

static struct ids base_types(struct btf *btf)
{
	struct ids ids;

	ids.ulong = btf__add_int(btf, "long unsigned int", 8, 0);
	ids.uint = btf__add_int(btf, "unsigned int", 4, 0);
	ids.ulong_const = btf__add_const(btf, ids.ulong);
	ids.ulong_typedef = btf__add_typedef(btf, "pfn_t", ids.ulong_const);
	return ids;
}

static void field(struct btf *btf, const char *name, int type, unsigned int byte)
{
	assert_int_equal(btf__add_field(btf, name, type, byte * 8, 0), 0);
}

/* struct page: flags, then a union of anonymous structures, as include/linux/mm_types.h has it. */
static void add_page(struct btf *btf, const struct ids *ids)
{
	int inner, outer, typedefed;

	inner = btf__add_struct(btf, NULL, 24);
	field(btf, "lru", ids->ulong, 0);
	field(btf, "private", ids->ulong_typedef, 16);
	typedefed = btf__add_typedef(btf, "anonymous_t", inner);
	outer = btf__add_union(btf, NULL, 24);
	field(btf, "compound_head", ids->ulong, 0);
	field(btf, NULL, typedefed, 0);
	btf__add_struct(btf, "page", 64);
	field(btf, "flags", ids->ulong, 0);
	field(btf, NULL, outer, 8);
	field(btf, "_refcount", ids->uint, 52);
	assert_int_equal(btf__add_field(btf, "_mapcount", ids->uint, 50 * 8, 3), 0);
}

static void add_kho(struct btf *btf, const struct ids *ids)
{
	int pointer = btf__add_ptr(btf, ids->ulong);
	int array = btf__add_array(btf, ids->uint, ids->uint, 16);
	int tree, tree_typedef, named;

	btf__add_fwd(btf, "kho_radix_node", BTF_FWD_STRUCT);
	tree = btf__add_struct(btf, "kho_radix_tree", 16);
	field(btf, "lock", ids->ulong, 0);
	field(btf, "root", pointer, 8);
	tree_typedef = btf__add_typedef(btf, "tree_t", tree);
	btf__add_struct(btf, "kho_in", 200);
	field(btf, "previous_release", array, 4);
	field(btf, "radix_tree", tree_typedef, 80);
	named = btf__add_struct(btf, NULL, 8);
	field(btf, "fdt", ids->ulong, 0);
	btf__add_struct(btf, "kimage", 32);
	field(btf, "kho", named, 24);
	btf__add_union(btf, "kho_page_info", 8);
	field(btf, "page_private", ids->ulong, 0);
}

/* Two of one name: the second has more of what is wanted, and a third less again. */
static void add_zones(struct btf *btf, const struct ids *ids)
{
	btf__add_struct(btf, "zone", 8);
	field(btf, "name", ids->ulong, 0);
	btf__add_struct(btf, "zone", 96);
	field(btf, "zone_start_pfn", ids->ulong, 16);
	field(btf, "spanned_pages", ids->ulong, 24);
	field(btf, "name", ids->ulong, 40);
	btf__add_struct(btf, "zone", 16);
	field(btf, "spanned_pages", ids->ulong, 8);
}

static void add_enums(struct btf *btf)
{
	btf__add_enum(btf, "pageflags", 4);
	btf__add_enum_value(btf, "PG_locked", 0);
	btf__add_enum_value(btf, "__NR_PAGEFLAGS", 21);
	btf__add_enum(btf, NULL, 4);
	btf__add_enum_value(btf, "SECTION_MAP_LAST_BIT", 5);
	btf__add_enum(btf, "pagetype", 4);
	btf__add_enum_value(btf, "PGTY_buddy", 0xf0);
	btf__add_enum64(btf, "wide", 8, false);
	btf__add_enum64_value(btf, "ZONE_DEVICE", 0x123456789aULL);
	btf__add_enum(btf, "signed", 4);
	btf__add_enum_value(btf, "PG_arch_3", -1);
}

static void *small_kernel(size_t *size)
{
	struct btf *btf = btf__new_empty();
	struct ids ids = base_types(btf);
	const void *raw;
	uint32_t len;
	void *copy;

	add_page(btf, &ids);
	add_kho(btf, &ids);
	add_zones(btf, &ids);
	add_enums(btf);
	raw = btf__raw_data(btf, &len);
	assert_non_null(raw);
	copy = malloc(len);
	assert_non_null(copy);
	memcpy(copy, raw, len);
	*size = len;
	btf__free(btf);
	return copy;
}

static void expect(const struct khs_facts *facts, enum khs_need_id id, uint64_t value,
		   uint64_t size)
{
	assert_true(khs_known(facts, id));
	assert_int_equal(khs_fact(facts, id), value);
	assert_int_equal(facts->v[id].size, size);
	assert_string_equal(facts->v[id].source, "BTF");
}

static void expect_small_kernel(const struct khs_facts *f)
{
	expect(f, KHS_MEM_PAGE_FLAGS, 0, 8);
	expect(f, KHS_MEM_PAGE_LRU, 8, 8);
	expect(f, KHS_MEM_PAGE_COMPOUND, 8, 8);
	assert_string_equal(f->v[KHS_MEM_PAGE_COMPOUND].name, "compound_head");
	expect(f, KHS_MEM_PAGE_PRIVATE, 24, 8);
	expect(f, KHS_MEM_PAGE_REFCOUNT, 52, 4);
	expect(f, KHS_SIZE_PAGE, 64, 0);
	/* A bit field has no byte offset. */
	assert_false(khs_known(f, KHS_MEM_PAGE_MAPCOUNT));
	assert_false(khs_known(f, KHS_MEM_PAGE_MAPPING));
	expect(f, KHS_MEM_KHO_IN_PREVIOUS_RELEASE, 4, 64);
	expect(f, KHS_MEM_KHO_IN_RADIX_ROOT, 88, 8);
	expect(f, KHS_MEM_KIMAGE_KHO_FDT, 24, 8);
	expect(f, KHS_SIZE_KHO_PAGE_INFO, 8, 0);
	assert_false(khs_known(f, KHS_SIZE_KHO_RADIX_NODE));
	expect(f, KHS_SIZE_ZONE, 96, 0);
	expect(f, KHS_MEM_ZONE_START_PFN, 16, 8);
	expect(f, KHS_MEM_ZONE_SPANNED_PAGES, 24, 8);
	expect(f, KHS_MEM_ZONE_NAME, 40, 8);
	expect(f, KHS_ENUM_PG_LOCKED, 0, 0);
	expect(f, KHS_ENUM_NR_PAGEFLAGS, 21, 0);
	expect(f, KHS_ENUM_SECTION_MAP_LAST_BIT, 5, 0);
	expect(f, KHS_ENUM_PGTY_BUDDY, 0xf0, 0);
	expect(f, KHS_ENUM_ZONE_DEVICE, 0x123456789aULL, 0);
	assert_false(khs_known(f, KHS_SYM_KHO_IN));
}

static void test_types(void **state)
{
	struct khs_facts facts = { 0 };
	size_t size;
	void *data = small_kernel(&size);

	(void)state;
	assert_ok(khs_facts_from_btf(&facts, data, size, "BTF"));
	expect_small_kernel(&facts);
	expect(&facts, KHS_ENUM_PG_ARCH_3, (uint64_t)-1, 0);
	free(data);
}

static void test_known_stays(void **state)
{
	struct khs_facts facts = { 0 };
	size_t size;
	void *data = small_kernel(&size);

	(void)state;
	khs_fact_set(&facts, KHS_MEM_PAGE_FLAGS, "VMCOREINFO", "flags", 0, 0);
	khs_fact_set(&facts, KHS_SIZE_PAGE, "VMCOREINFO", "page", 80, 0);
	assert_ok(khs_facts_from_btf(&facts, data, size, "BTF"));
	assert_int_equal(khs_fact(&facts, KHS_SIZE_PAGE), 80);
	assert_string_equal(facts.v[KHS_MEM_PAGE_FLAGS].source, "VMCOREINFO");
	assert_int_equal(facts.v[KHS_MEM_PAGE_FLAGS].size, 8);
	free(data);
}

static void test_from_dump(void **state)
{
	struct khs_facts facts = { 0 };
	struct flat f;
	size_t size;
	void *data = small_kernel(&size);

	(void)state;
	flat_open(&f, "");
	assert_true(khs_dump_memory_add(f.dump, FLAT_FREE, data, size));
	assert_code(khs_facts_from_dump_btf(&facts, f.vm), KHS_ERR_NOTFOUND);
	khs_fact_set(&facts, KHS_SYM_START_BTF, "test", "__start_BTF", FLAT_BASE + FLAT_FREE, 0);
	khs_fact_set(&facts, KHS_SYM_STOP_BTF, "test", "__stop_BTF",
		     FLAT_BASE + FLAT_FREE + size, 0);
	assert_ok(khs_facts_from_dump_btf(&facts, f.vm));
	expect_small_kernel(&facts);
	assert_true(khs_dump_memory_mark(f.dump, FLAT_FREE + size - 1, 1, KHS_EXCLUDED));
	assert_code(khs_facts_from_dump_btf(&facts, f.vm), KHS_ERR_NODATA);
	facts.v[KHS_SYM_STOP_BTF].value = FLAT_BASE;
	assert_code(khs_facts_from_dump_btf(&facts, f.vm), KHS_ERR_CORRUPT);
	facts.v[KHS_SYM_STOP_BTF].value = facts.v[KHS_SYM_START_BTF].value;
	assert_code(khs_facts_from_dump_btf(&facts, f.vm), KHS_ERR_CORRUPT);
	flat_close(&f);
	free(data);
}

static void try(const void *data, size_t size)
{
	struct khs_facts facts = { 0 };
	/* Exactly as long as it says, for the sanitizer to see. */
	void *copy = malloc(size ? size : 1);

	assert_non_null(copy);
	memcpy(copy, data, size);
	khs_error_free(khs_facts_from_btf(&facts, copy, size, "BTF"));
	free(copy);
}

static void test_damaged_header(void **state)
{
	struct khs_facts facts = { 0 };
	struct btf_header h;
	size_t size;
	void *data = small_kernel(&size);

	(void)state;
	for (size_t cut = 0; cut < size; cut++)
		try(data, cut);
	assert_code(khs_facts_from_btf(&facts, data, sizeof(h) - 1, "BTF"), KHS_ERR_CORRUPT);
	/* libbpf by itself would follow this length out of the buffer. */
	memcpy(&h, data, sizeof(h));
	h.hdr_len = 0x7fffff00;
	memcpy(data, &h, sizeof(h));
	assert_code(khs_facts_from_btf(&facts, data, size, "BTF"), KHS_ERR_CORRUPT);
	for (size_t at = 0; at < sizeof(h); at += 4) {
		static const uint32_t values[] = { 0, 1, 4, 25, 0x7fffffff, 0x80000000, UINT32_MAX };

		for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
			uint8_t *again = small_kernel(&size);

			memcpy(again + at, &values[i], 4);
			try(again, size);
			free(again);
		}
	}
	free(data);
}

static void test_garbage(void **state)
{
	size_t size;
	uint8_t *data = small_kernel(&size);

	(void)state;
	srandom(3);
	for (int round = 0; round < 20000; round++) {
		uint8_t before[8];
		size_t at[8];

		for (int i = 0; i < 8; i++) {
			at[i] = sizeof(struct btf_header) +
				random() % (size - sizeof(struct btf_header));
			before[i] = data[at[i]];
			data[at[i]] = random() % 3 ? random() % 60 : random();
		}
		try(data, size);
		for (int i = 8; i--;)
			data[at[i]] = before[i];
	}
	free(data);
}

/* An anonymous structure that holds itself many times over: the budget ends it. */
static void test_explosion(void **state)
{
	struct btf *btf = btf__new_empty();
	struct khs_facts facts = { 0 };
	const void *raw;
	uint32_t len;

	(void)state;
	btf__add_int(btf, "unsigned int", 4, 0);
	btf__add_struct(btf, NULL, 64);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(btf__add_field(btf, NULL, 2, 0, 0), 0);
	btf__add_struct(btf, "page", 64);
	assert_int_equal(btf__add_field(btf, NULL, 2, 0, 0), 0);
	raw = btf__raw_data(btf, &len);
	assert_ok(khs_facts_from_btf(&facts, raw, len, "BTF"));
	expect(&facts, KHS_SIZE_PAGE, 64, 0);
	assert_false(khs_known(&facts, KHS_MEM_PAGE_FLAGS));
	btf__free(btf);
}

static int calls;

static int count_prints(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	calls++;
	return 0;
}

/* libbpf's printer is the process's: silent for us, and the caller's again afterwards. */
static void test_silence(void **state)
{
	libbpf_print_fn_t before = libbpf_set_print(count_prints);
	size_t size;
	uint8_t *data = small_kernel(&size);

	(void)state;
	data[((const struct btf_header *)data)->hdr_len + 7] = 0x1f;
	try(data, size);
	assert_int_equal(calls, 0);
	assert_ptr_equal(libbpf_set_print(before), count_prints);
	free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_known_stays),
		cmocka_unit_test(test_from_dump),
		cmocka_unit_test(test_damaged_header),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_explosion),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
