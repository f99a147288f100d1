// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "facts/facts.h"
#include "facts/types.h"
#include "facts/wanted.h"
#include "flat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static void from_text(struct khs_facts *facts, const char *text)
{
	struct khs_vmcoreinfo *v;

	memset(facts, 0, sizeof(*facts));
	assert_ok(khs_vmcoreinfo_parse(text, strlen(text), &v));
	khs_facts_from_vmcoreinfo(facts, v);
	khs_facts_derive(facts, v);
	khs_vmcoreinfo_free(v);
}

static void expect(const struct khs_facts *facts, enum khs_need_id id, uint64_t value,
		   const char *source, const char *name)
{
	const struct khs_fact *fact = &facts->v[id];

	assert_true(fact->known);
	assert_int_equal(fact->value, value);
	assert_string_equal(fact->source, source);
	assert_string_equal(fact->name, name);
}

/* The table answers for itself: no need twice, names that lookups can rely on. */
static void test_needs(void **state)
{
	(void)state;
	for (size_t i = 0; i < KHS_NR_NEEDS; i++) {
		const struct khs_need *need = &khs_needs[i];

		assert_non_null(need->name);
		assert_true((need->kind == KHS_NEED_MEMBER) == !!need->type);
		for (size_t j = 0; j < i; j++) {
			const struct khs_need *other = &khs_needs[j];

			if (other->kind != need->kind || strcmp(other->name, need->name))
				continue;
			assert_true(need->type && strcmp(need->type, other->type));
		}
	}
	assert_string_equal(khs_type_alias("kho_scratch"), "kho_bootmem");
	assert_null(khs_type_alias("page"));
	assert_null(khs_type_alias("no such type"));
}

static void test_vmcoreinfo(void **state)
{
	struct khs_facts f;

	(void)state;
	from_text(&f, "SYMBOL(node_data)=ffffffffa6db66c0\nOFFSET(page.compound_head)=8\n"
		      "OFFSET(page.private)=40\nSIZE(page)=64\nNUMBER(PG_lru)=5\n"
		      "SYMBOL(mem_section)=ffff9ac24fbb6b40\nLENGTH(node_data)=64\n"
		      "SYMBOL(kho_bootmem)=ffffffff81000008\n"
		      "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\n");
	expect(&f, KHS_SYM_NODE_DATA, 0xffffffffa6db66c0, "VMCOREINFO", "node_data");
	expect(&f, KHS_MEM_PAGE_COMPOUND, 8, "VMCOREINFO", "compound_head");
	expect(&f, KHS_MEM_PAGE_PRIVATE, 40, "VMCOREINFO", "private");
	expect(&f, KHS_SIZE_PAGE, 64, "VMCOREINFO", "page");
	expect(&f, KHS_ENUM_PG_LRU, 5, "VMCOREINFO", "PG_lru");
	expect(&f, KHS_KEY_MEM_SECTION, 0xffff9ac24fbb6b40, "VMCOREINFO", "SYMBOL(mem_section)");
	expect(&f, KHS_KEY_NODE_DATA_LENGTH, 64, "VMCOREINFO", "LENGTH(node_data)");
	expect(&f, KHS_SYM_KHO_SCRATCH, 0xffffffff81000008, "VMCOREINFO", "kho_bootmem");
	assert_false(khs_known(&f, KHS_MEM_PAGE_FLAGS));
	assert_int_equal(khs_fact_or(&f, KHS_MEM_PAGE_FLAGS, 7), 7);
}

/* Offsets and sizes are added to addresses later: what is absurd is not known. */
static void test_absurd(void **state)
{
	struct khs_facts f;

	(void)state;
	from_text(&f, "OFFSET(page.private)=-8\nOFFSET(page.flags)=16777216\nSIZE(page)=0\n"
		      "SIZE(zone)=99999999999\nSYMBOL(node_data)=0\nOFFSET(page.lru)=x\n");
	assert_false(khs_known(&f, KHS_MEM_PAGE_PRIVATE));
	assert_false(khs_known(&f, KHS_MEM_PAGE_FLAGS));
	assert_false(khs_known(&f, KHS_MEM_PAGE_LRU));
	assert_false(khs_known(&f, KHS_SIZE_PAGE));
	assert_false(khs_known(&f, KHS_SIZE_ZONE));
	assert_false(khs_known(&f, KHS_SYM_NODE_DATA));
}

static void test_first_answer_stands(void **state)
{
	struct khs_facts f = { 0 };

	(void)state;
	khs_fact_set(&f, KHS_MEM_PAGE_PRIVATE, "one", "private", 40, 0);
	khs_fact_set(&f, KHS_MEM_PAGE_PRIVATE, "two", "private", 48, 8);
	expect(&f, KHS_MEM_PAGE_PRIVATE, 40, "one", "private");
	assert_int_equal(f.v[KHS_MEM_PAGE_PRIVATE].size, 0);
	khs_fact_set(&f, KHS_MEM_PAGE_PRIVATE, "three", "private", 40, 8);
	expect(&f, KHS_MEM_PAGE_PRIVATE, 40, "one", "private");
	assert_int_equal(f.v[KHS_MEM_PAGE_PRIVATE].size, 8);
}

static void test_require(void **state)
{
	struct khs_facts f = { 0 };
	struct khs_error *err;

	(void)state;
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++)
		khs_fact_set(&f, id, "test", khs_needs[id].name, 8, 8);
	assert_ok(khs_facts_require(&f));
	assert_false(khs_facts_lack(&f, KHS_OPTIONAL));
	f.v[KHS_MEM_PAGE_PRIVATE].known = false;
	f.v[KHS_KEY_MEM_SECTION].known = false;
	f.v[KHS_SYM_KHO_OUT].known = false;
	err = khs_facts_require(&f);
	assert_int_equal(khs_error_code(err), KHS_ERR_NOTFOUND);
	assert_string_equal(khs_error_message(err),
			    "unknown in this kernel: member page.private, "
			    "number SYMBOL(mem_section)");
	khs_error_free(err);
	assert_true(khs_facts_lack(&f, KHS_REQUIRED));
	f.v[KHS_MEM_PAGE_PRIVATE].known = true;
	f.v[KHS_KEY_MEM_SECTION].known = true;
	assert_false(khs_facts_lack(&f, KHS_REQUIRED));
	assert_true(khs_facts_lack(&f, KHS_WANTED));
	/* All of them: longer than the line, but one line. */
	memset(&f, 0, sizeof(f));
	assert_code(khs_facts_require(&f), KHS_ERR_NOTFOUND);
}

/* The lab's 7.2 and 7.3 kernels, by their VMCOREINFO alone. */
static void test_derived(void **state)
{
	struct khs_facts f;

	(void)state;
	from_text(&f, "SIZE(zone)=1792\nOFFSET(pglist_data.node_zones)=0\n"
		      "OFFSET(pglist_data.nr_zones)=11552\nLENGTH(node_data)=64\n"
		      "NUMBER(PG_private)=14\nNUMBER(PG_head_mask)=64\n"
		      "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-184549376\n"
		      "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-268435456\n"
		      "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)=-201326592\n"
		      "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=-251658240\n");
	expect(&f, KHS_ENUM_MAX_NR_ZONES, 3, "derived", "__MAX_NR_ZONES");
	expect(&f, KHS_ENUM_PG_RESERVED, 13, "derived", "PG_reserved");
	expect(&f, KHS_ENUM_PG_HEAD, 6, "derived", "PG_head");
	expect(&f, KHS_ENUM_PGTY_BUDDY, 0xf0, "derived", "PGTY_buddy");
	expect(&f, KHS_ENUM_PGTY_OFFLINE, 0xf1, "derived", "PGTY_offline");
	expect(&f, KHS_ENUM_PGTY_HUGETLB, 0xf4, "derived", "PGTY_hugetlb");
	expect(&f, KHS_ENUM_PGTY_SLAB, 0xf5, "derived", "PGTY_slab");
	assert_false(khs_known(&f, KHS_ENUM_PGTY_UNACCEPTED));
	assert_false(khs_known(&f, KHS_ENUM_NR_PAGEFLAGS));
	expect(&f, KHS_ENUM_SECTION_IS_EARLY_BIT, 3, "assumed", "SECTION_IS_EARLY_BIT");
	assert_false(khs_known(&f, KHS_ENUM_SECTION_MAP_LAST_BIT));
	from_text(&f, "SIZE(zone)=1792\nOFFSET(pglist_data.node_zones)=0\n"
		      "OFFSET(pglist_data.nr_zones)=19232\nLENGTH(node_data)=64\n");
	expect(&f, KHS_ENUM_MAX_NR_ZONES, 5, "derived", "__MAX_NR_ZONES");
	/* arm64 does not tell the number of nodes: 5 zones of 1792 fit 64 of them and no other. */
	from_text(&f, "SIZE(zone)=1792\nOFFSET(pglist_data.node_zones)=0\n"
		      "OFFSET(pglist_data.nr_zones)=19232\n");
	expect(&f, KHS_ENUM_MAX_NR_ZONES, 5, "derived", "__MAX_NR_ZONES");
	/* No NUMA: one zonelist of one node. */
	from_text(&f, "SIZE(zone)=1728\nOFFSET(pglist_data.node_zones)=0\n"
		      "OFFSET(pglist_data.nr_zones)=5248\n");
	expect(&f, KHS_ENUM_MAX_NR_ZONES, 3, "derived", "__MAX_NR_ZONES");
}

static void test_not_derived(void **state)
{
	struct khs_facts f;

	(void)state;
	from_text(&f, "SIZE(zone)=1792\nOFFSET(pglist_data.node_zones)=0\n"
		      "OFFSET(pglist_data.nr_zones)=11560\nLENGTH(node_data)=64\n"
		      "NUMBER(PG_private)=0\nNUMBER(PG_head_mask)=96\n"
		      "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)=-129\n"
		      "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)=251658240\n"
		      "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)=-72057594037927936\n");
	assert_false(khs_known(&f, KHS_ENUM_MAX_NR_ZONES));
	assert_false(khs_known(&f, KHS_ENUM_PG_RESERVED));
	assert_false(khs_known(&f, KHS_ENUM_PG_HEAD));
	assert_false(khs_known(&f, KHS_ENUM_PGTY_BUDDY));
	assert_false(khs_known(&f, KHS_ENUM_PGTY_OFFLINE));
	assert_false(khs_known(&f, KHS_ENUM_PGTY_SLAB));
	from_text(&f, "SIZE(zone)=1\nOFFSET(pglist_data.node_zones)=0\n"
		      "OFFSET(pglist_data.nr_zones)=16\nLENGTH(node_data)=-1\n");
	assert_false(khs_known(&f, KHS_ENUM_MAX_NR_ZONES));
}

static bool source_symbol(void *priv, const char *name, uint64_t *addr)
{
	(void)priv;
	*addr = 0xffff0000;
	return !strcmp(name, "kho_bootmem") || !strcmp(name, "kho_out");
}

static bool source_size(void *priv, const char *type, uint64_t *size)
{
	(void)priv;
	*size = 16;
	return !strcmp(type, "kho_bootmem");
}

static bool source_member(void *priv, const char *type, const char *member, uint64_t *off,
			  uint64_t *size)
{
	(void)priv;
	*off = 8;
	*size = 4;
	return (!strcmp(type, "kho_bootmem") && !strcmp(member, "size")) ||
	       (!strcmp(type, "page") && !strcmp(member, "compound_head"));
}

static bool source_enumerator(void *priv, const char *name, int64_t *value)
{
	(void)priv;
	*value = -1;
	return !strcmp(name, "PG_lru");
}

static void test_source(void **state)
{
	struct khs_source s = {
		.size = sizeof(s),
		.name = "crash",
		.symbol = source_symbol,
		.type_size = source_size,
		.member = source_member,
		.enumerator = source_enumerator,
	};
	struct khs_facts f = { 0 };

	(void)state;
	khs_facts_from_source(&f, &s);
	expect(&f, KHS_SYM_KHO_OUT, 0xffff0000, "crash", "kho_out");
	expect(&f, KHS_SYM_KHO_SCRATCH, 0xffff0000, "crash", "kho_bootmem");
	expect(&f, KHS_SIZE_KHO_SCRATCH, 16, "crash", "kho_bootmem");
	expect(&f, KHS_MEM_KHO_SCRATCH_SIZE, 8, "crash", "size");
	expect(&f, KHS_MEM_PAGE_COMPOUND, 8, "crash", "compound_head");
	assert_int_equal(f.v[KHS_MEM_PAGE_COMPOUND].size, 4);
	expect(&f, KHS_ENUM_PG_LRU, (uint64_t)-1, "crash", "PG_lru");
	assert_false(khs_known(&f, KHS_KEY_MEM_SECTION));
	assert_false(khs_known(&f, KHS_SYM_KHO_IN));
	memset(&f, 0, sizeof(f));
	s.enumerator = NULL;
	khs_facts_from_source(&f, &s);
	assert_false(khs_known(&f, KHS_ENUM_PG_LRU));
}

static void test_wanted(void **state)
{
	struct khs_wanted *w = malloc(sizeof(*w));
	struct khs_wanted_name *found, *alias;
	struct khs_facts f = { 0 };

	(void)state;
	assert_non_null(w);
	khs_fact_set(&f, KHS_SYM_KHO_IN, "test", "kho_in", 1, 0);
	khs_wanted_init(w, &f, KHS_NEED_SYMBOL);
	assert_null(khs_wanted_find(w, "kho_in", 6));
	assert_null(khs_wanted_find(w, "kho_ou", 6));
	assert_null(khs_wanted_find(w, "", 0));
	found = khs_wanted_find(w, "kho_scratch and more", 11);
	assert_non_null(found);
	alias = khs_wanted_find(w, "kho_bootmem", 11);
	assert_non_null(alias);
	assert_ptr_not_equal(found, alias);
	khs_wanted_answer(w, alias, 2, 20);
	khs_wanted_answer(w, found, 1, 10);
	khs_wanted_answer(w, found, 1, 11);
	khs_wanted_answer(w, alias, 1, 21);
	khs_wanted_apply(w, &f, "test");
	expect(&f, KHS_SYM_KHO_SCRATCH, 10, "test", "kho_scratch");
	free(w);
}

/* Two structures of one name: that with most of what is wanted answers for all. */
static bool fake_size(void *def, uint64_t *size)
{
	*size = *(unsigned int *)def * 100;
	return true;
}

static bool fake_member(void *def, const char *path, uint64_t *off, uint64_t *size)
{
	unsigned int has = *(unsigned int *)def;

	*off = has;
	*size = 8;
	if (!strcmp(path, "spanned_pages"))
		return has >= 2;
	return !strcmp(path, "zone_start_pfn") && has >= 3;
}

static void test_best_definition(void **state)
{
	static const struct khs_type_ops ops = { fake_size, fake_member };
	struct khs_types *t = malloc(sizeof(*t));
	unsigned int defs[] = { 1, 3, 2 };
	struct khs_facts f = { 0 };
	struct khs_type *zone;

	(void)state;
	assert_non_null(t);
	khs_types_init(t, &f);
	assert_true(khs_types_lack(t, KHS_REQUIRED));
	assert_null(khs_types_find(t, "zones", 5));
	zone = khs_types_find(t, "zone", 4);
	assert_non_null(zone);
	for (size_t i = 0; i < ARRAY_SIZE(defs); i++)
		khs_types_offer(t, zone, &ops, &defs[i]);
	khs_types_apply(t, &f, "test");
	expect(&f, KHS_SIZE_ZONE, 300, "test", "zone");
	expect(&f, KHS_MEM_ZONE_SPANNED_PAGES, 3, "test", "spanned_pages");
	expect(&f, KHS_MEM_ZONE_START_PFN, 3, "test", "zone_start_pfn");
	assert_false(khs_known(&f, KHS_MEM_ZONE_NAME));
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_needs),
		cmocka_unit_test(test_vmcoreinfo),
		cmocka_unit_test(test_absurd),
		cmocka_unit_test(test_first_answer_stands),
		cmocka_unit_test(test_require),
		cmocka_unit_test(test_derived),
		cmocka_unit_test(test_not_derived),
		cmocka_unit_test(test_source),
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_best_definition),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
