// SPDX-License-Identifier: GPL-2.0-or-later
/* The made-up kernel as other generations of KHO would have left it, and what is said of each. */
#include "kernel.h"
#include "model.h"

#include "kho_v1.h"

/* Members of struct kho_out of kho-v1, and where its parts go. */
enum { ORDERS = 0x30, FINALIZED = 0x48, SER_FDT = 0x50, SER_MAP = 0x58 };
#define V1_MEMORY 0x300000ULL
#define IMAGE 0x34800ULL
#define SEGMENT 0x34900ULL

struct v1_kernel {
	struct tk *t;
	struct v1 v;
	bool early; /* 6.16 to 6.18: kho_out.ser */
};

static void v1_facts(struct v1_kernel *k)
{
	struct tk *t = k->t;

	tk_forget(t, KHS_ASK_MEMBER, "kho_out", "radix_tree.root");
	tk_member(t, "kho_out", "finalized", FINALIZED, 1);
	if (k->early) {
		tk_forget(t, KHS_ASK_MEMBER, "kho_out", "fdt");
		tk_member(t, "kho_out", "ser.track.orders", ORDERS, V1_XA_SIZE);
		tk_member(t, "kho_out", "ser.fdt", SER_FDT, 8);
		tk_member(t, "kho_out", "ser.preserved_mem_map", SER_MAP, 8);
	} else {
		tk_member(t, "kho_out", "track.orders", ORDERS, V1_XA_SIZE);
	}
	tk_size(t, "kho_mem_phys_bits", k->v.bytes);
	tk_member(t, "kho_mem_phys", "phys_bits", 0, V1_XA_SIZE);
	tk_member(t, "xarray", "xa_head", V1_XA_HEAD, 8);
	tk_member(t, "xa_node", "shift", V1_NODE_SHIFT, 1);
	tk_member(t, "xa_node", "offset", V1_NODE_OFFSET, 1);
	tk_member(t, "xa_node", "array", V1_NODE_ARRAY, 8);
	tk_member(t, "xa_node", "slots", V1_NODE_SLOTS, 512);
}

/* 6.17 if @early, else 6.19; not finalized. */
static struct v1_kernel make_v1(bool early, bool handover)
{
	struct tk_knobs knobs = tk_usual;
	struct v1_kernel k = { .early = early };

	knobs.abi = "kho-v1";
	knobs.handover = handover;
	k.t = tk_new_with(&knobs);
	k.v = (struct v1){
		.dump = k.t->mem, .page_shift = 12, .direct = TK_DIRECT,
		.bytes = early ? 512 : 4096, .orders = TK_VARS + TK_V_OUT + ORDERS,
		.orders_va = TK_IMAGE + TK_VARS + TK_V_OUT + ORDERS, .next = V1_MEMORY,
	};
	v1_facts(&k);
	if (early) {
		tk_write(k.t, TK_VARS + TK_V_OUT, 0, 8);
		tk_write(k.t, TK_VARS + TK_V_OUT + SER_FDT, tk_page_va(k.t, TK_OUT_FDT >> 12), 8);
		memset(tk_at(k.t, TK_OUT_FDT, 4096), 0xa5, 4096);
		tk_forget(k.t, KHS_ASK_SIZE, NULL, "kho_page_info");
	} else {
		v1_preserve(&k.v, TK_OUT_FDT >> 12, 0);
		tk_root_fdt(k.t, TK_OUT_FDT, "kho-v1", 0);
	}
	return k;
}

static void finalize(struct v1_kernel *k)
{
	uint64_t first;

	if (k->early)
		v1_preserve(&k->v, TK_OUT_FDT >> 12, 0);
	first = v1_serialize(&k->v, 64);
	if (k->early)
		tk_write(k->t, TK_VARS + TK_V_OUT + SER_MAP, TK_DIRECT + first, 8);
	tk_root_fdt(k->t, TK_OUT_FDT, "kho-v1", first);
	tk_write(k->t, TK_VARS + TK_V_OUT + FINALIZED, 1, 1);
}

static void v1_kernels(void **state)
{
	(void)state;
	for (unsigned int early = 0; early < 2; early++) {
		struct v1_kernel k = make_v1(early, false);
		const struct khs_status *st;

		v1_preserve(&k.v, 0x1200, 0);
		v1_preserve(&k.v, 0x2000, 9);
		tk_check_healthy(k.t);
		st = tk_status(k.t);
		assert_int_equal(st->kho, KHS_KHO_ON);
		assert_string_equal(st->abi, "kho-v1");
		assert_int_equal(st->finalized, 0);
		assert_int_equal(st->outgoing.ranges, early ? 2 : 3);
		assert_true(st->outgoing.known && st->incoming.known);
		assert_null(st->marks_why);
		finalize(&k);
		tk_check_healthy(k.t);
		st = tk_status(k.t);
		assert_int_equal(st->finalized, 1);
		assert_int_equal(st->outgoing.ranges, 3);
		assert_int_equal(k.t->k->kho.listed.n, k.t->k->kho.out.n);
		assert_true(k.t->k->kho.out_fdt_phys == TK_OUT_FDT);
		tk_delete(k.t);
	}
}

/* One into a bitmap of the list, which it then has; one into a new bitmap, which it has not. */
static void preserved_after_finalize(void **state)
{
	struct v1_kernel k = make_v1(false, false);
	const struct tk_finding *f;

	(void)state;
	v1_preserve(&k.v, 0x1200, 0);
	finalize(&k);
	v1_preserve(&k.v, 0x1300, 0);
	tk_check_healthy(k.t);
	v1_preserve(&k.v, 0x2000, 4);
	v1_preserve(&k.v, 0x2010, 4);
	f = tk_check_one(k.t, "map-mismatch", "", 0x2000, 32);
	assert_int_equal(f->severity, KHS_WARNING);
	assert_int_equal(f->order, 4);
	assert_non_null(strstr(f->summary, "not in the map serialized"));
	tk_expect_evidence(f, "finalized=yes");
	/* That part of the tracker is lost: nothing can be said of either side. */
	tk_lose(k.t, v1_bitmap(&k.v, 0x2000, 4), 4096, KHS_EXCLUDED);
	tk_check(k.t);
	tk_expect_count(k.t, 1);
	assert_string_equal(k.t->found[0].id, "tracker-damage");
	assert_false(khs_all_judged(k.t->k));
	tk_delete(k.t);
}

static void listed_but_not_preserved(void **state)
{
	struct v1_kernel k = make_v1(false, false);
	const struct tk_finding *f;

	(void)state;
	v1_preserve(&k.v, 0x2000, 4);
	finalize(&k);
	tk_write(k.t, v1_find(&k.v, k.v.orders, 4), 0, 8);
	f = tk_check_one(k.t, "map-mismatch", "", 0x2000, 16);
	assert_non_null(strstr(f->summary, "but not preserved"));
	tk_delete(k.t);
}

static void v1_damage(void **state)
{
	struct v1_kernel k = make_v1(true, false);
	const struct tk_finding *f;

	(void)state;
	v1_preserve(&k.v, 0x2000, 4);
	finalize(&k);
	/* The list's second chunk is somebody's text. */
	memset(tk_at(k.t, k.v.chunks[1], 64), 'x', 64);
	f = tk_check_one(k.t, "tracker-damage", "", k.v.chunks[1] >> 12, 1);
	tk_expect_evidence(f, "part=chunk of the serialized map");
	finalize(&k);
	/* kho_out and the FDT name different lists. */
	tk_root_fdt(k.t, TK_OUT_FDT, "kho-v1", k.v.chunks[1]);
	f = tk_check_one(k.t, "tracker-damage", "", TK_OUT_FDT >> 12, 1);
	tk_expect_evidence(f, "in_kho_out=");
	/* A tracker page that is free. */
	finalize(&k);
	tk_free_block(k.t, v1_bitmap(&k.v, 0x2000, 4) >> 12, 0);
	tk_check(k.t);
	f = tk_expect(k.t, "tracker-damage", "", v1_bitmap(&k.v, 0x2000, 4) >> 12, 1);
	tk_expect_evidence(f, "part=bitmap");
	tk_delete(k.t);
}

/* The list of a kernel whose bitmaps are smaller, named by the FDT of one whose are a page. */
static void foreign_bitmaps(void **state)
{
	struct v1_kernel k = make_v1(false, false);
	struct v1 other = k.v;

	(void)state;
	other.bytes = 512;
	other.orders = TK_LISTS + 0x4000;
	other.orders_va = TK_DIRECT + other.orders;
	other.next = 0x400000;
	for (uint64_t pfn = 0x1000; pfn < 0x8000; pfn += 0x1000)
		v1_preserve(&other, pfn + 5, 0);
	tk_root_fdt(k.t, TK_OUT_FDT, "kho-v1", v1_serialize(&other, 64));
	tk_check(k.t);
	tk_expect_evidence(tk_expect(k.t, "tracker-damage", "", other.chunks[0] >> 12, 1),
			   "bytes_in_map=512\nbytes_in_kernel=4096");
	tk_expect(k.t, "map-mismatch", "", 0x1005, 1);
	tk_delete(k.t);
}

/* 6.17: pages that look marked are not, and what is pending nobody knows. */
static void bare_marks(void **state)
{
	struct v1_kernel k = make_v1(true, true);
	const struct khs_status *st;

	(void)state;
	tk_mark(k.t, 0x3000, 2);
	tk_check(k.t);
	tk_expect_count(k.t, 0);
	assert_false(khs_all_judged(k.t->k));
	st = tk_status(k.t);
	assert_int_equal(st->kho, KHS_KHO_ON);
	assert_non_null(strstr(st->marks_why, "proves nothing"));
	assert_false(st->incoming.known);
	assert_int_equal(st->incoming.ranges, 0);
	tk_delete(k.t);
}

/* An ABI of the future: the map is not touched, everything else is as ever. */
static void unknown_abi(void **state)
{
	static const char *const abis[] = { "kho-v5", "kho-v4;radix-v2", "something-else" };

	(void)state;
	for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++) {
		struct tk_knobs knobs = tk_usual;
		const struct khs_status *st;
		struct tk *t;

		knobs.abi = abis[i];
		knobs.handover = true;
		t = tk_new_with(&knobs);
		tk_preserve(t, 0x2000, 4);
		tk_pending(t, 0x3000, 3);
		tk_check(t);
		tk_expect_count(t, 0);
		assert_false(khs_all_judged(t->k));
		st = tk_status(t);
		assert_int_equal(st->kho, KHS_KHO_FOREIGN);
		assert_non_null(strstr(st->kho_why, abis[i]));
		assert_false(st->outgoing.known);
		assert_int_equal(st->outgoing.ranges, 0);
		assert_int_equal(st->nr_scratch, 3);
		assert_int_equal(st->kexec_count, 3);
		assert_true(st->incoming.known);
		assert_int_equal(st->incoming.pages, 8);
		/* Struct pages are judged all the same. */
		tk_fill_page(t, 0x3400, 0);
		tk_check_one(t, "raw-page", "N1", 0x3400, 1);
		tk_delete(t);
	}
}

/* ---- Linux 7.4's names ---------------------------------------------------------------------- */

static void rename_fact(struct tk *t, enum khs_question_kind kind, const char *type,
			const char *name, const char *new_type, const char *new_name)
{
	struct tk_fact *f = tk_find_fact(t, kind, type, name);

	assert_non_null(f);
	snprintf(f->type, sizeof(f->type), "%s", new_type ? new_type : "");
	snprintf(f->name, sizeof(f->name), "%s", new_name);
}

static void load_image(struct tk *t, const char *scratch)
{
	tk_member(t, "kimage", "kho.fdt", 0x48, 8);
	tk_member(t, "kimage", scratch, 0x40, 8);
	tk_member(t, "kexec_segment", "mem", 16, 8);
	tk_member(t, "kexec_segment", "bufsz", 8, 8);
	tk_write(t, TK_VARS + TK_V_KIMAGE, TK_DIRECT + IMAGE, 8);
	tk_write(t, IMAGE + 0x48, TK_OUT_FDT, 8);
	tk_write(t, IMAGE + 0x40, TK_DIRECT + SEGMENT, 8);
	tk_write(t, SEGMENT + 8, 3 * 16, 8);
	tk_write(t, SEGMENT + 16, TK_SCRATCH0 << 12, 8);
}

static void bootmem_names(void **state)
{
	struct tk *t = *state;

	rename_fact(t, KHS_ASK_SYMBOL, NULL, "kho_scratch", NULL, "kho_bootmem");
	rename_fact(t, KHS_ASK_SYMBOL, NULL, "kho_scratch_cnt", NULL, "kho_bootmem_cnt");
	rename_fact(t, KHS_ASK_SIZE, NULL, "kho_scratch", NULL, "kho_bootmem");
	rename_fact(t, KHS_ASK_MEMBER, "kho_scratch", "addr", "kho_bootmem", "addr");
	rename_fact(t, KHS_ASK_MEMBER, "kho_scratch", "size", "kho_bootmem", "size");
	rename_fact(t, KHS_ASK_MEMBER, "kho_in", "scratch_phys", "kho_in", "bootmem_phys");
	load_image(t, "kho.bootmem");
	tk_check_healthy(t);
	assert_int_equal(tk_status(t)->nr_scratch, 3);
	assert_int_equal(tk_status(t)->scratch[0].start, TK_SCRATCH0 << 12);
	assert_true(tk_status(t)->handover_boot);
	assert_true(t->k->kho.kimage_array_known);
}

/* ---- the loaded image ----------------------------------------------------------------------- */

static void loaded_image(void **state)
{
	struct tk *t = *state;

	load_image(t, "kho.scratch");
	tk_check_healthy(t);
	/* kexec_load() fills in nothing; neither does a kernel that is not finalized. */
	tk_write(t, IMAGE + 0x48, 0, 8);
	tk_write(t, IMAGE + 0x40, 0, 8);
	tk_check_healthy(t);
	load_image(t, "kho.scratch");
	tk_lose(t, IMAGE & -4096, 4096, KHS_EXCLUDED);
	tk_check(t);
	tk_expect_count(t, 0);
}

static void image_disagrees(void **state)
{
	struct tk *t = *state;

	load_image(t, "kho.scratch");
	tk_write(t, IMAGE + 0x48, TK_OUT_FDT + 0x1000, 8);
	tk_expect_evidence(tk_check_one(t, "image-mismatch", "", (TK_OUT_FDT >> 12) + 1, 1),
			   "fdt_of_kho_out=0xa000");
	tk_write(t, IMAGE + 0x48, TK_OUT_FDT, 8);
	tk_write(t, SEGMENT + 8, 2 * 16, 8);
	tk_expect_evidence(tk_check_one(t, "image-mismatch", "", TK_SCRATCH0, 1),
			   "array_bytes=32\nareas_of_kernel=3");
	tk_write(t, SEGMENT + 8, 3 * 16, 8);
	tk_write(t, SEGMENT + 16, 0x1234000, 8);
	tk_check_one(t, "image-mismatch", "", 0x1234, 1);
	tk_write(t, IMAGE + 0x40, 0, 8);
	tk_check(t);
	tk_expect_count(t, 1);
	assert_non_null(strstr(t->found[0].summary, "but no scratch areas"));
	assert_false(t->found[0].has_pfn);
	tk_write(t, IMAGE + 0x40, TK_DIRECT + SEGMENT, 8);
	tk_write(t, IMAGE + 0x48, 0, 8);
	tk_check(t);
	tk_expect_count(t, 1);
	assert_non_null(strstr(t->found[0].summary, "but no root FDT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(v1_kernels),
		cmocka_unit_test(preserved_after_finalize),
		cmocka_unit_test(listed_but_not_preserved),
		cmocka_unit_test(v1_damage),
		cmocka_unit_test(foreign_bitmaps),
		cmocka_unit_test(bare_marks),
		cmocka_unit_test(unknown_abi),
		TK_HANDED(bootmem_names),
		TK_COLD(loaded_image),
		TK_COLD(image_disagrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
