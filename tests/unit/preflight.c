// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The next kernel, simulated over the made-up one: each rule, of each generation that has it.
 */
#include "kernel.h"

#include "preflight/rules.h"

/* The image's place, and its segments': members as include/linux/kexec.h has them. */
#define IMAGE 0x35000ULL
enum {
	KIMAGE_NR = 0x48, KIMAGE_SEGMENT = 0x50, KIMAGE_SCRATCH = 0x300, KIMAGE_FDT = 0x308,
	SEGMENT_SIZE = 32, SEGMENT_BUFSZ = 8, SEGMENT_MEM = 16, SEGMENT_MEMSZ = 24,
};

static const struct khs_preflight_info *info;

static struct khs_error *try_preflight(struct tk *t, const char *as)
{
	const struct khs_preflight_options opts = { .size = sizeof(opts), .as = as };

	t->nr_found = 0;
	return khs_preflight(t->k, &opts, tk_collect, t, &info);
}

static void preflight_as(struct tk *t, const char *as)
{
	if (!t->k)
		tk_open(t);
	tk_ok(try_preflight(t, as));
}

static void preflight(struct tk *t)
{
	preflight_as(t, NULL);
}

static const struct tk_finding *preflight_one(struct tk *t, const char *as, const char *id,
					      uint64_t pfn, uint64_t pages)
{
	preflight_as(t, as);
	tk_expect_count(t, 1);
	return tk_expect(t, id, t->found[0].class_name, pfn, pages);
}

/* The only finding, which is about no page. */
static const struct tk_finding *preflight_global(struct tk *t, const char *as, const char *id)
{
	preflight_as(t, as);
	tk_expect_count(t, 1);
	assert_string_equal(t->found[0].id, id);
	assert_false(t->found[0].has_pfn);
	return &t->found[0];
}

static void preflight_clean(struct tk *t, const char *as)
{
	preflight_as(t, as);
	tk_expect_count(t, 0);
	assert_string_equal(info->unjudged_why, "");
}

static void allocate(struct tk *t, uint64_t pfn, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		tk_allocate(t, pfn + i);
}

/* Writes the root FDT anew, with a subtree unless @name is NULL, and without map if that is 0. */
static void root_fdt(struct tk *t, const char *compatible, uint64_t map, const char *name,
		     uint64_t phys, uint64_t size)
{
	void *fdt = tk_at(t, TK_OUT_FDT, 4096);
	int node;

	assert_int_equal(fdt_create_empty_tree(fdt, 4096), 0);
	assert_int_equal(fdt_setprop_string(fdt, 0, "compatible", compatible), 0);
	if (map)
		assert_int_equal(fdt_setprop(fdt, 0, "preserved-memory-map", &map, 8), 0);
	if (!name)
		return;
	node = fdt_add_subnode(fdt, 0, name);
	assert_true(node > 0);
	assert_int_equal(fdt_setprop(fdt, node, "preserved-data", &phys, 8), 0);
	if (size)
		assert_int_equal(fdt_setprop(fdt, node, "blob-size", &size, 8), 0);
}

/* ---- the image ------------------------------------------------------------------------------ */

static void set_segment(struct tk *t, unsigned int i, uint64_t pfn, uint64_t pages, uint64_t bufsz)
{
	uint64_t at = IMAGE + KIMAGE_SEGMENT + i * SEGMENT_SIZE;

	tk_write(t, at + SEGMENT_BUFSZ, bufsz, 8);
	tk_write(t, at + SEGMENT_MEM, pfn << 12, 8);
	tk_write(t, at + SEGMENT_MEMSZ, pages << 12, 8);
	tk_write(t, IMAGE + KIMAGE_NR, i + 1, 8);
}

/* Two segments in scratch: a kernel, and the array of scratch areas. */
static void load_image(struct tk *t, uint64_t fdt)
{
	tk_symbol(t, "kexec_crash_image", TK_VARS + TK_V_KIMAGE + 8);
	tk_member(t, "kimage", "kho.fdt", KIMAGE_FDT, 8);
	tk_member(t, "kimage", "kho.scratch", KIMAGE_SCRATCH, 8);
	tk_member(t, "kimage", "nr_segments", KIMAGE_NR, 8);
	tk_member(t, "kimage", "segment", KIMAGE_SEGMENT, 16 * SEGMENT_SIZE);
	tk_size(t, "kexec_segment", SEGMENT_SIZE);
	tk_member(t, "kexec_segment", "bufsz", SEGMENT_BUFSZ, 8);
	tk_member(t, "kexec_segment", "mem", SEGMENT_MEM, 8);
	tk_member(t, "kexec_segment", "memsz", SEGMENT_MEMSZ, 8);
	tk_write(t, TK_VARS + TK_V_KIMAGE, TK_DIRECT + IMAGE, 8);
	tk_write(t, IMAGE + KIMAGE_FDT, fdt, 8);
	tk_write(t, IMAGE + KIMAGE_SCRATCH, TK_DIRECT + IMAGE + KIMAGE_SEGMENT + SEGMENT_SIZE, 8);
	set_segment(t, 0, TK_SCRATCH0, 0x100, 0x100000);
	set_segment(t, 1, TK_SCRATCH0 + 0x200, 1,
		    16 * tk_read(t, TK_VARS + TK_V_SCRATCH_CNT) & 0xffffffff);
}

static void image_none(void **state)
{
	struct tk *t = *state;

	tk_member(t, "kimage", "kho.fdt", KIMAGE_FDT, 8);
	preflight_clean(t, NULL);
	assert_int_equal(info->image, KHS_IMAGE_NONE);
	assert_null(info->rules);
}

static void image_ready(void **state)
{
	struct tk *t = *state;

	load_image(t, TK_OUT_FDT);
	preflight_clean(t, NULL);
	assert_int_equal(info->image, KHS_IMAGE_HANDS_OVER);
	assert_int_equal(info->segments, 2);
}

/* Loaded by kexec_load(2): whatever somebody preserved is lost. */
static void image_without(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	load_image(t, 0);
	allocate(t, 0x2000, 16);
	tk_preserve(t, 0x2000, 4);
	f = preflight_global(t, NULL, "pf-lost");
	assert_int_equal(f->severity, KHS_ERROR);
	tk_expect_evidence(f, "pages_lost=16\n");
	assert_int_equal(info->image, KHS_IMAGE_WITHOUT);
}

/* ... and if it is the kernel's own alone, nobody misses it. */
static void image_without_harm(void **state)
{
	struct tk *t = *state;

	load_image(t, 0);
	assert_int_equal(preflight_global(t, NULL, "pf-lost")->severity, KHS_NOTE);
}

static void image_other_fdt(void **state)
{
	struct tk *t = *state;

	load_image(t, TK_IN_FDT);
	tk_expect_evidence(preflight_global(t, NULL, "pf-misread"), "image_hands_over=0xb000\n");
}

static void image_other_scratch(void **state)
{
	struct tk *t = *state;

	load_image(t, TK_OUT_FDT);
	set_segment(t, 1, TK_SCRATCH0 + 0x200, 1, 16);
	tk_expect_evidence(preflight_global(t, NULL, "pf-misread"), "bytes_handed_over=16\n");
}

static void image_over_preserved(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	load_image(t, TK_OUT_FDT);
	set_segment(t, 2, 0x2008, 0x18, 0x1000);
	allocate(t, 0x2000, 0x20);
	tk_preserve(t, 0x2000, 4);
	tk_preserve(t, 0x2010, 4);
	preflight(t);
	tk_expect_count(t, 2);
	assert_int_equal(tk_expect(t, "pf-overwritten", "", 0x2008, 0x18)->severity, KHS_WARNING);
	f = tk_expect(t, "pf-overwritten", "", 0x2000, 0x20);
	assert_int_equal(f->severity, KHS_ERROR);
	tk_expect_evidence(f, "segments=pfn 0x2008-0x201f\n");
	tk_expect_evidence(f, "pages_overwritten=24\n");
}

static void image_crash(void **state)
{
	struct tk *t = *state;

	load_image(t, TK_OUT_FDT);
	tk_write(t, TK_VARS + TK_V_KIMAGE + 8, TK_DIRECT + IMAGE, 8);
	assert_int_equal(preflight_global(t, NULL, "pf-misread")->severity, KHS_WARNING);
}

static void image_hostile(void **state)
{
	struct tk *t = *state;

	load_image(t, TK_OUT_FDT);
	tk_write(t, IMAGE + KIMAGE_NR, 1ULL << 60, 8);
	preflight(t);
	tk_expect_count(t, 0);
	assert_non_null(strstr(info->unjudged_why, "segments"));
}

static void image_unknown(void **state)
{
	struct tk *t = *state;

	tk_lose(t, TK_VARS, 4096, KHS_EXCLUDED);
	tk_open(t);
	preflight(t);
	assert_string_not_equal(info->unjudged_why, "");
}

/* ---- the root FDT --------------------------------------------------------------------------- */

static void fdt_damaged(void **state)
{
	struct tk *t = *state;

	tk_write(t, TK_OUT_FDT, 0, 4);
	preflight(t);
	tk_expect_count(t, 1);
	assert_string_equal(t->found[0].id, "pf-refused");
}

static void fdt_other_abi(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	f = preflight_one(t, "7.1", "pf-refused", TK_OUT_FDT >> 12, 1);
	tk_expect_evidence(f, "handed_over=kho-v4\n");
	tk_expect_evidence(f, "taken=kho-v3\n");
	preflight_one(t, "6.16", "pf-refused", TK_OUT_FDT >> 12, 1);
	preflight_one(t, "7.0", "pf-refused", TK_OUT_FDT >> 12, 1);
	preflight_clean(t, "7.2");
	preflight_clean(t, "7.2.13");
	preflight_clean(t, "7.3");
}

/* Nothing that comes later happens to a handover that was refused. */
static void fdt_refused_is_all(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, TK_SCRATCH0, 4);
	preflight_one(t, "7.1", "pf-refused", TK_OUT_FDT >> 12, 1);
	preflight_one(t, "7.3", "pf-overwritten", TK_SCRATCH0, 16);
}

static void fdt_without_map(void **state)
{
	struct tk *t = *state;

	root_fdt(t, "kho-v4", 0, NULL, 0, 0);
	preflight_one(t, NULL, "pf-refused", TK_OUT_FDT >> 12, 1);
}

static void fdt_other_map(void **state)
{
	struct tk *t = *state;

	root_fdt(t, "kho-v4", 0x300000, NULL, 0, 0);
	preflight_one(t, NULL, "pf-misread", TK_OUT_FDT >> 12, 1);
}

static void no_such_generation(void **state)
{
	struct tk *t = *state;
	_cleanup_error_ struct khs_error *err = NULL;

	tk_open(t);
	err = try_preflight(t, "5.15");
	assert_int_equal(khs_error_code(err), KHS_ERR_USAGE);
}

static void kho_off(void **state)
{
	struct tk *t = *state;

	tk_write(t, TK_VARS + TK_V_ENABLE, 0, 1);
	preflight_clean(t, NULL);
}

static void kho_foreign(void **state)
{
	struct tk *t = *state;

	root_fdt(t, "kho-v9", t->tree.root, NULL, 0, 0);
	preflight(t);
	tk_expect_count(t, 0);
	assert_non_null(strstr(info->unjudged_why, "kho-v9"));
}

/* ---- the map -------------------------------------------------------------------------------- */

static uint64_t table_entry(struct tk *t, uint64_t pfn, unsigned int order, unsigned int level)
{
	uint64_t key = khs_radix_encode(&t->tree.shape, pfn, order);

	return tree_node(&t->tree, key, level) + 8 * tree_index(&t->tree, key, level);
}

static void map_pointers(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x2000, 4);
	tk_write(t, table_entry(t, 0x2000, 4, 1), 0x7000000000ULL, 8);
	preflight(t);
	tk_expect_count(t, 1);
	assert_string_equal(t->found[0].id, "pf-panic");
	tk_close(t);
	tk_write(t, table_entry(t, 0x2000, 4, 2), 0x201008, 8);
	preflight(t);
	tk_expect_count(t, 1);
	assert_string_equal(t->found[0].id, "pf-misread");
}

static void map_absent(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x2000, 4);
	tk_lose(t, tk_read(t, table_entry(t, 0x2000, 4, 1)), 4096, KHS_EXCLUDED);
	preflight(t);
	tk_expect_count(t, 0);
	assert_non_null(strstr(info->unjudged_why, "map"));
}

static void map_in_scratch(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x2000, 4);
	tk_set_scratch(t, 0, tk_read(t, table_entry(t, 0x2000, 4, 1)) >> 12, 1);
	assert_int_equal(preflight_one(t, NULL, "pf-overwritten",
				       tk_read(t, table_entry(t, 0x2000, 4, 1)) >> 12, 1)->severity,
			 KHS_ERROR);
}

static void map_free(void **state)
{
	struct tk *t = *state;
	uint64_t pfn;

	tk_preserve(t, 0x2000, 4);
	pfn = tk_read(t, table_entry(t, 0x2000, 4, 1)) >> 12;
	tk_free_block(t, pfn, 0);
	preflight_one(t, NULL, "pf-overwritten", pfn, 1);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static void block_in_scratch(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, TK_SCRATCH0 + TK_SCRATCH_PAGES - 4, 2);
	f = preflight_one(t, NULL, "pf-overwritten", TK_SCRATCH0 + TK_SCRATCH_PAGES - 4, 4);
	tk_expect_evidence(f, "pages_overwritten=4\n");
}

static void block_without_struct_page(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, TK_END + 0x10, 2);
	preflight_one(t, NULL, "pf-panic", TK_END + 0x10, 4);
}

/* A block whose first page has one does not make the next kernel die. */
static void block_beyond_the_end(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x10000, 16);
	preflight(t);
	for (size_t i = 0; i < t->nr_found; i++)
		assert_string_not_equal(t->found[i].id, "pf-panic");
}

static void block_over_hole(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	allocate(t, TK_HOLE - 8, 8);
	tk_preserve(t, TK_HOLE, 3);
	f = preflight_one(t, NULL, "pf-misaccounted", TK_HOLE, 8);
	tk_expect_evidence(f, "pages_of_no_memory=8\n");
}

static void block_across_nodes(void **state)
{
	struct tk *t = *state;

	tk_forget(t, KHS_ASK_SYMBOL, NULL, "deferred_pages");
	tk_preserve(t, 0x8800, 10);
	tk_expect_evidence(preflight_one(t, "7.2", "pf-misaccounted", 0x8800, 0x400),
			   "ranges=0x8800-0x89ff node 0 DMA32; 0x8a00-0x8bff node 1 DMA32\n");
}

/* The same with CONFIG_DEFERRED_STRUCT_PAGE_INIT, as the made-up kernel has it. */
static void block_across_nodes_deferred(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x8800, 10);
	preflight_one(t, "7.3", "pf-half-init", 0x8800, 0x400);
	preflight_one(t, NULL, "pf-half-init", 0x8800, 0x400);
}

static void block_across_zones(void **state)
{
	struct tk *t = *state;

	allocate(t, 0x800, 0x1000);
	tk_set_zone(t, 0, 1, "DMA32", 0x2100, TK_NODE1);
	tk_set_zone(t, 0, 0, "DMA", 1, 0x2100);
	tk_preserve(t, 0x2000, 9);
	preflight(t);
	assert_int_equal(tk_expect(t, "pf-misaccounted", "", 0x2000, 0x200)->severity, KHS_WARNING);
}

static void block_freed(void **state)
{
	struct tk *t = *state;

	tk_free_block(t, 0x2000, 3);
	tk_preserve(t, 0x2000, 4);
	tk_expect_evidence(preflight_one(t, NULL, "pf-lost", 0x2000, 16), "free_pages=8\n");
}

static void blocks_share_pages(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, 0x2000, 4);
	tk_preserve(t, 0x2004, 1);
	tk_preserve(t, 0x2008, 0);
	f = preflight_one(t, NULL, "pf-misaccounted", 0x2000, 16);
	tk_expect_evidence(f, "others=2\n");
	tk_expect_evidence(f, "first_of_them=pfn 0x2004-0x2005, order 1\n");
}

/* In the tree larger orders come first: the mark that stands is the smallest one's. */
static void blocks_share_head(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x2000, 4);
	tk_preserve(t, 0x2000, 2);
	tk_expect_evidence(preflight_one(t, NULL, "pf-misaccounted", 0x2000, 16),
			   "order_restored=2\n");
}

/* ---- the size ------------------------------------------------------------------------------- */

/* 2 GiB and more: beyond the made-up machine's memory, but the size is worked out before. */
static const struct tk_finding *find_summary(const struct tk *t, const char *text)
{
	for (size_t i = 0; i < t->nr_found; i++)
		if (strstr(t->found[i].summary, text))
			return &t->found[i];
	return NULL;
}

static void size_2g(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, 0, 19);
	preflight_as(t, "7.2");
	f = find_summary(t, "overflows an int");
	assert_non_null(f);
	assert_string_equal(f->id, "pf-misaccounted");
	tk_expect_evidence(f, "bytes_reserved=0xffffffff80000000\n");
	tk_expect_evidence(f, "fixed_by=3a0b8fa2eb36, in Linux 7.3 and 7.2.13\n");
	preflight_as(t, "7.2.13");
	assert_null(find_summary(t, "overflow"));
	preflight_as(t, "7.3");
	assert_null(find_summary(t, "overflow"));
}

static void size_8g(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, 0, 21);
	preflight_as(t, "7.2");
	f = find_summary(t, "overflows an int");
	assert_non_null(f);
	assert_string_equal(f->id, "pf-overwritten");
	tk_expect_evidence(f, "bytes_reserved=0x2\n");
}

static void size_1g(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0, 18);
	preflight_as(t, "7.2");
	assert_null(find_summary(t, "overflow"));
}

/* Of a kernel's own size no member tells: neither a fault nor a clean bill. */
static void size_of_own(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0, 19);
	preflight(t);
	assert_int_equal(find_summary(t, "it overflows")->severity, KHS_NOTE);
	assert_non_null(strstr(info->unjudged_why, "--as 7.2"));
	tk_close(t);
	tk_member(t, "kho_in", "radix_tree.root", 0x60, 8);
	preflight(t);
	assert_null(find_summary(t, "overflow"));
	assert_string_equal(info->like, "7.3");
}

/* ---- restore -------------------------------------------------------------------------------- */

/* A folio as the buddy allocator hands it out. */
static void make_folio(struct tk *t, uint64_t pfn, unsigned int order)
{
	struct tk_page p;

	allocate(t, pfn, 1ull << order);
	p = tk_get(t, pfn);
	p.flags |= 1ULL << TK_PG_HEAD;
	tk_put(t, pfn, &p);
	for (uint64_t i = 1; i < 1ull << order; i++) {
		p = tk_get(t, pfn + i);
		p.next = tk_page_va(t, pfn) | 1;
		p.refcount = 0;
		tk_put(t, pfn + i, &p);
	}
}

static void split_at_node(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	allocate(t, 0x8800, 0x400);
	tk_preserve(t, 0x8800, 9);
	tk_preserve(t, TK_NODE1, 9);
	f = preflight_one(t, NULL, "pf-stuck", TK_NODE1, 0x200);
	assert_string_equal(f->class_name, "S11");
	assert_int_equal(f->severity, KHS_WARNING);
	tk_expect_evidence(f, "restored_piece=pfn 0x8800-0x89ff, node 0\n");
	tk_expect_evidence(f, "node_boundary_pfn=0x8a00\n");
}

/* Two folios that happen to meet there, and a region of reserve_mem. */
static void split_of_folios(void **state)
{
	struct tk *t = *state;

	make_folio(t, 0x8800, 9);
	make_folio(t, TK_NODE1, 9);
	tk_preserve(t, 0x8800, 9);
	tk_preserve(t, TK_NODE1, 9);
	preflight_clean(t, NULL);
}

static void split_of_reserved(void **state)
{
	struct tk *t = *state;

	for (uint64_t pfn = 0x8800; pfn < 0x8c00; pfn++)
		tk_reserve(t, pfn);
	tk_preserve(t, 0x8800, 9);
	tk_preserve(t, TK_NODE1, 9);
	preflight_clean(t, NULL);
}

static void split_elsewhere(void **state)
{
	struct tk *t = *state;

	allocate(t, 0x8800, 0x400);
	tk_preserve(t, 0x8800, 9);
	tk_preserve(t, TK_NODE1, 8);
	preflight_clean(t, NULL);
}

/* ---- what is left behind -------------------------------------------------------------------- */

static void blob_lost(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_preserve(t, 0x40, 0);
	root_fdt(t, "kho-v4", t->tree.root, "LUO", 0x40000, 0x2000);
	f = preflight_one(t, NULL, "pf-lost", 0x40, 2);
	tk_expect_evidence(f, "what=subtree LUO\n");
	tk_close(t);
	tk_preserve(t, 0x41, 0);
	preflight_clean(t, NULL);
}

static void blob_wraps(void **state)
{
	struct tk *t = *state;

	root_fdt(t, "kho-v4", t->tree.root, "x", 0xfffffffffffff000ULL, 0x2000);
	preflight(t);
	tk_expect_count(t, 1);
	assert_string_equal(t->found[0].id, "pf-lost");
}

static void blob_without_size(void **state)
{
	struct tk *t = *state;

	tk_preserve(t, 0x40, 0);
	root_fdt(t, "kho-v4", t->tree.root, "x", 0x40000, 0);
	tk_expect_evidence(preflight_global(t, NULL, "pf-lost"), "because=it has no blob-size\n");
}

static void root_fdt_lost(void **state)
{
	struct tk *t = *state;

	memset(tk_at(t, t->tree.root, 4096), 0, 4096);
	tk_expect_evidence(preflight_one(t, NULL, "pf-lost", TK_OUT_FDT >> 12, 1),
			   "what=root FDT\n");
}

static void waiting_is_lost(void **state)
{
	struct tk *t = *state;
	const struct tk_finding *f;

	tk_pending(t, 0x3000, 4);
	tk_pending(t, 0x3010, 0);
	f = preflight_global(t, NULL, "pf-lost");
	/* Nobody owns it. */
	assert_int_equal(f->severity, KHS_NOTE);
	tk_expect_evidence(f, "pages=17\n");
	tk_expect_evidence(f, "pages_without_owner=17\n");
	tk_expect_evidence(f, "first_pfn=0x3000\n");
	tk_close(t);
	tk_preserve(t, 0x3000, 4);
	tk_preserve(t, 0x3010, 0);
	preflight_clean(t, NULL);
}

static void handed_healthy(void **state)
{
	preflight_clean(*state, NULL);
}

/* ---- rules ---------------------------------------------------------------------------------- */

static void own_rules(void **state)
{
	struct tk *t = *state;
	struct khs_rules rules;

	tk_open(t);
	rules = khs_rules_own(t->k);
	assert_string_equal(rules.like, "7.2");
	assert_int_equal(rules.int_size, KHS_RULE_UNKNOWN);
	assert_false(rules.limits_order);
	tk_close(t);
	tk_forget(t, KHS_ASK_MEMBER, "kho_out", "radix_tree.root");
	tk_member(t, "kho_out", "track", 0x40, 16);
	tk_open(t);
	rules = khs_rules_own(t->k);
	assert_string_equal(rules.like, "7.0");
	assert_int_equal(rules.format, KHS_MAP_BITMAPS_PAGE);
	assert_true(rules.limits_order);
	/* What the types say goes before what came at about the same time. */
	tk_close(t);
	tk_size(t, "kho_mem_phys_bits", 512);
	tk_open(t);
	assert_int_equal(khs_rules_own(t->k).format, KHS_MAP_BITMAPS_512);
}

static void every_generation(void **state)
{
	size_t n = 0;

	(void)state;
	for (; khs_generation(n); n++) {
		const struct khs_rules *r = khs_rules_named(khs_generation(n));

		assert_non_null(r);
		assert_string_equal(r->name, khs_generation(n));
		/* One string, one format, but for kho-v1. */
		assert_int_equal(!strcmp(r->compatible, "kho-v1"), r->format != KHS_MAP_RADIX);
		/* kho-v4 came with deferred init. */
		assert_int_equal(!strcmp(r->compatible, "kho-v4"), r->defers);
	}
	assert_true(n >= 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TK_COLD(image_none), TK_COLD(image_ready), TK_COLD(image_without),
		TK_COLD(image_without_harm), TK_COLD(image_other_fdt),
		TK_COLD(image_other_scratch), TK_COLD(image_over_preserved),
		TK_COLD(image_crash), TK_COLD(image_hostile), TK_COLD(image_unknown),
		TK_COLD(fdt_damaged), TK_COLD(fdt_other_abi), TK_COLD(fdt_refused_is_all),
		TK_COLD(fdt_without_map), TK_COLD(fdt_other_map), TK_COLD(no_such_generation),
		TK_COLD(kho_off), TK_COLD(kho_foreign),
		TK_COLD(map_pointers), TK_COLD(map_absent), TK_COLD(map_in_scratch),
		TK_COLD(map_free),
		TK_COLD(block_in_scratch), TK_COLD(block_without_struct_page),
		TK_COLD(block_beyond_the_end), TK_COLD(block_over_hole),
		TK_COLD(block_across_nodes), TK_COLD(block_across_nodes_deferred),
		TK_COLD(block_across_zones), TK_COLD(block_freed), TK_COLD(blocks_share_pages),
		TK_COLD(blocks_share_head),
		TK_COLD(size_2g), TK_COLD(size_8g), TK_COLD(size_1g), TK_COLD(size_of_own),
		TK_COLD(split_at_node), TK_COLD(split_of_folios), TK_COLD(split_of_reserved),
		TK_COLD(split_elsewhere),
		TK_COLD(blob_lost), TK_COLD(blob_wraps), TK_COLD(blob_without_size),
		TK_COLD(root_fdt_lost), TK_HANDED(waiting_is_lost), TK_HANDED(handed_healthy),
		TK_COLD(own_rules), TK_COLD(every_generation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
