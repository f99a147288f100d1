// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose pages are: owners/ and the findings about owners, over a made-up LUO. */
#include "luo.h"

/* ---- what the API says ---------------------------------------------------------------------- */

struct told {
	char sentence[320];
	size_t n;
	uint64_t pages;
};

static bool take_sentence(void *arg, const struct khs_owner_range *range, const char *sentence)
{
	struct told *told = arg;

	snprintf(told->sentence, sizeof(told->sentence), "%s", sentence);
	told->pages = range->pages;
	told->n++;
	return true;
}

static struct told owner_of(struct tk *t, uint64_t pfn)
{
	struct told told = { .n = 0 };

	tk_ok(khs_owner_of(t->k, KHS_ADDR_PFN, pfn, take_sentence, &told, NULL));
	return told;
}

static void expect_owner(struct tk *t, uint64_t pfn, const char *sentence)
{
	struct told told = owner_of(t, pfn);

	assert_int_equal(told.n, 1);
	assert_string_equal(told.sentence, sentence);
}

static void expect_all_owned(struct tk *t, enum khs_direction direction, uint64_t pages)
{
	struct khs_owners_total total;

	tk_ok(khs_get_owners_total(t->k, direction, &total));
	assert_int_equal(total.pages, pages);
	assert_int_equal(total.owned, pages);
	assert_true(total.complete);
}

struct found_owner {
	const char *kind;
	size_t n;
	struct khs_owner last;
	char state[16];
};

static bool take_owner(void *arg, const struct khs_owner *owner)
{
	struct found_owner *found = arg;

	if (strcmp(owner->kind, found->kind))
		return true;
	found->n++;
	found->last = *owner;
	snprintf(found->state, sizeof(found->state), "%s", owner->state);
	return true;
}

static struct found_owner owners(struct tk *t, const char *kind)
{
	struct found_owner found = { .kind = kind };

	tk_ok(khs_owners(t->k, 0, take_owner, &found));
	return found;
}

/* ---- healthy -------------------------------------------------------------------------------- */

static void healthy_out(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s, empty;
	struct tl_memfd a, b;

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 200, 0);
	b = tl_memfd(&l, 2, 4);
	tl_file(&l, &s, 0x10, a.handle);
	tl_file(&l, &s, 0x11, b.handle);
	empty = tl_session(&l, "vm1");
	(void)empty;
	tk_check_healthy(t);
	/* root FDT, luo_ser, FLBs, a block of sessions, one of files, 2 * 3 pages, folios */
	expect_all_owned(t, KHS_OUT, 5 + 6 + 200 + 32);
	expect_owner(t, TK_OUT_FDT >> 12, "root FDT");
	expect_owner(t, l.ser >> 12, "LUO");
	expect_owner(t, l.flbs >> 12, "LUO FLBs");
	expect_owner(t, s.blocks >> 12, "entries of LUO session vm0");
	expect_owner(t, a.handle >> 12, "the handle of file 0x10 (memfd-v2) of LUO session vm0");
	expect_owner(t, a.chunk >> 12,
		     "the page list of the array of file 0x10 (memfd-v2) of LUO session vm0");
	expect_owner(t, a.array >> 12, "the array of file 0x10 (memfd-v2) of LUO session vm0");
	expect_owner(t, a.folio + 7,
		     "data at offset 0x7000 of file 0x10 (memfd-v2) of LUO session vm0");
	expect_owner(t, b.folio + 17,
		     "data at offset 0x11000 of file 0x11 (memfd-v2) of LUO session vm0");
	/* However many folios: one range, as long as they follow each other. */
	assert_int_equal(owner_of(t, a.folio).pages, 200);
	assert_int_equal(owners(t, "luo-session").n, 2);
	assert_int_equal(owners(t, "luo-file").n, 2);
	assert_int_equal(owners(t, "luo-file").last.ranges, 4);
	assert_int_equal(owners(t, "luo-file").last.own_pages, 35);
	assert_int_equal(owners(t, "unknown").n, 0);
	assert_int_equal(owner_of(t, 0x2345).n, 0);
}

static void healthy_in(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a, b;
	uint64_t file;

	tl_init(&l, t, true);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 3, 2);
	tl_file(&l, &s, 1, a.handle);
	/* Retrieved: all it was made of is restored, and the handle's page anybody's. */
	b.handle = tl_bare_page(&l);
	tk_fill_page(t, b.handle >> 12, 0);
	tk_allocate(t, b.handle >> 12);
	file = tl_file(&l, &s, 2, b.handle);
	tk_write(t, file + TL_F_STATUS, 1, 4);
	tk_check_healthy(t);
	/* root FDT, FLBs, a block of files, the memfd */
	expect_all_owned(t, KHS_IN, 3 + 3 + 12);
	expect_owner(t, a.folio + 5,
		     "data at offset 0x5000 of file 0x1 (memfd-v2) of LUO session vm0");
	assert_string_equal(owners(t, "luo").state, "gone");
	assert_string_equal(owners(t, "luo-file").state, "gone");
	assert_int_equal(owners(t, "luo-file").last.pages, 0);
}

/* Before /dev/liveupdate was opened all there is are the blocks. */
static void not_read_in(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s = { 0 };
	struct tl_memfd a;
	uint64_t set, tokens[] = { 7 };

	tl_init(&l, t, true);
	a = tl_memfd(&l, 5, 0);
	s.blocks = tl_page(&l);
	set = l.header + TL_H_BLOCKS;
	tl_grow(&l, set);
	tl_serialize(&l, &s, "vm7", 1, tokens, &a.handle);
	tk_write(t, TL_VARS + TL_V_RWSEM, 0, 8);
	tk_check_healthy(t);
	expect_owner(t, a.folio + 4,
		     "data at offset 0x4000 of file 0x7 (memfd-v2) of LUO session vm7");
	expect_all_owned(t, KHS_IN, 2 + 2 + 3 + 5);
}

/* LUO's blob as of 6.19 to 7.1, and the area of its sessions, @n of them; the area's address. */
static uint64_t luo_v1(struct tl *l, uint64_t n)
{
	uint64_t area = tl_page(l);
	void *fdt = tk_at(l->t, l->ser, 4096);
	int err;

	tk_forget(l->t, KHS_ASK_MEMBER, "luo_session_header", "block_set");
	tk_forget(l->t, KHS_ASK_MEMBER, "luo_file_set", "block_set");
	tk_member(l->t, "luo_session_header", "header_ser", TL_H_BLOCKS, 8);
	tk_member(l->t, "luo_file_set", "files", TL_FS_BLOCKS, 8);
	tl_hold(l, l->ser >> 12, 0);
	l->subtrees[0].size = 4096;
	tl_root(l);
	err = fdt_create(fdt, 4096);
	err |= fdt_finish_reservemap(fdt);
	err |= fdt_begin_node(fdt, "");
	err |= fdt_property_string(fdt, "compatible", "luo-v1");
	err |= fdt_begin_node(fdt, "luo-session");
	err |= fdt_property_string(fdt, "compatible", "luo-session-v2");
	err |= fdt_property(fdt, "luo-session-header", &area, 8);
	err |= fdt_end_node(fdt);
	err |= fdt_end_node(fdt);
	err |= fdt_finish(fdt);
	assert_int_equal(err, 0);
	tk_write(l->t, l->header + TL_H_BLOCKS, TK_DIRECT + area, 8);
	tk_write(l->t, area, n, 8);
	return area;
}

/* The same of kernels before 7.2; then the first of two sessions is read in, and no more. */
static void not_read_in_v1(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;
	uint64_t area, files;

	tl_init(&l, t, true);
	area = luo_v1(&l, 1);
	a = tl_memfd(&l, 5, 0);
	files = tl_page(&l);
	memcpy(tk_at(t, area + 8, 4), "vm7", 4);
	tk_write(t, area + 8 + 64, files, 8);
	tk_write(t, area + 8 + 72, 1, 8);
	memcpy(tk_at(t, files, 9), "memfd-v2", 9);
	tk_write(t, files + 48, a.handle, 8);
	tk_write(t, files + 56, 7, 8);
	tk_check_healthy(t);
	expect_owner(t, area >> 12, "entries of LUO");
	expect_owner(t, files >> 12, "entries of LUO session vm7");
	expect_owner(t, a.folio + 4,
		     "data at offset 0x4000 of file 0x7 (memfd-v2) of LUO session vm7");
	/* root FDT, LUO's, FLBs, area, files, the memfd */
	expect_all_owned(t, KHS_IN, 5 + 3 + 5);

	s = tl_session(&l, "vm7");
	s.blocks = files;
	tl_file(&l, &s, 7, a.handle);
	tk_write(t, s.at + TL_S_FILES + TL_FS_BLOCKS, TK_DIRECT + files, 8);
	tk_check_healthy(t);
	tk_write(t, area, 2, 8);
	tk_expect_evidence(tk_check_one(t, "luo-mismatch", "", area >> 12, 1), "serialized=2");
	assert_int_equal(owners(t, "luo-session").n, 2);
	expect_all_owned(t, KHS_IN, 5 + 3 + 5);
}

static void serialized(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;
	uint64_t tokens[] = { 0x10 };

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 2, 0);
	tl_file(&l, &s, 0x10, a.handle);
	tl_serialize(&l, &s, "vm0", 1, tokens, &a.handle);
	tk_check_healthy(t);
	/* Another name, another token, one too many. */
	tokens[0] = 0x20;
	tl_serialize(&l, &s, "vm0", 1, tokens, &a.handle);
	tk_check(t);
	tk_expect_count(t, 1);
	tk_expect_evidence(&t->found[0], "token=0x20\nruntime_token=0x10");
	tokens[0] = 0x10;
	tl_serialize(&l, &s, "vmX", 1, tokens, &a.handle);
	tk_check(t);
	tk_expect_count(t, 1);
	tk_expect_evidence(&t->found[0], "index=0");
	tl_serialize(&l, &s, "vm0", 1, tokens, &a.handle);
	tk_write(t, s.blocks + 8, 2, 8);
	tk_check_one(t, "luo-mismatch", "", s.blocks >> 12, 1);
	tk_expect_evidence(&t->found[0], "serialized=2\nruntime=1");
}

/* lib/test_kho.c restores what its FDT names at boot, and leaves the FDT pending. */
static void restored_test(void **state)
{
	struct tk *t = *state;
	uint64_t page, chunk, array, vmalloc[2];
	uint32_t folios = 3;
	struct tl l;
	void *fdt;
	int err;

	tl_init(&l, t, true);
	page = tl_page(&l);
	chunk = tl_page(&l);
	array = tl_page(&l);
	tk_write(t, chunk + 8, array, 8);
	for (uint64_t i = 0; i < folios; i++) {
		tk_write(t, array + i * 8, (TL_FOLIOS + i * 4) << 12 | 2, 8);
		tk_pending(t, TL_FOLIOS + i * 4, 2);
	}
	vmalloc[0] = chunk;
	vmalloc[1] = 1;
	fdt = tk_at(t, page, 4096);
	err = fdt_create(fdt, 4096);
	err |= fdt_finish_reservemap(fdt);
	err |= fdt_begin_node(fdt, "");
	err |= fdt_property_string(fdt, "compatible", "kho-test-v1");
	err |= fdt_begin_node(fdt, "data");
	err |= fdt_property(fdt, "nr_folios", &folios, 4);
	err |= fdt_property(fdt, "folios_info", vmalloc, 16);
	err |= fdt_end_node(fdt);
	err |= fdt_end_node(fdt);
	err |= fdt_finish(fdt);
	assert_int_equal(err, 0);
	tl_subtree(&l, "kho_test", page, 4096);
	tl_root(&l);
	tk_check_healthy(t);
	expect_all_owned(t, KHS_IN, 2 + 3 + 12);

	tk_allocate(t, chunk >> 12);
	tk_allocate(t, array >> 12);
	for (uint64_t i = 0; i < folios; i++)
		tk_restore_folio(t, TL_FOLIOS + i * 4, 2, true);
	tk_check_healthy(t);
	expect_all_owned(t, KHS_IN, 2 + 1);
}

static void other_subtrees(void **state)
{
	struct tk *t = *state;
	uint64_t metadata, memblock, start = 0x2800ULL << 12, size = 0x300ULL << 12;
	struct tl l;
	uint8_t *fdt;
	int err;

	tl_init(&l, t, false);
	metadata = tl_page(&l);
	tk_write(t, metadata, 1, 4);
	memcpy(tk_at(t, metadata + 4, 7), "7.2.13", 7);
	tk_write(t, metadata + 69, 9, 4);
	tl_subtree(&l, "kexec-metadata", metadata, 73);
	memblock = tl_page(&l);
	fdt = tk_at(t, memblock, 4096);
	err = fdt_create(fdt, 4096);
	err |= fdt_finish_reservemap(fdt);
	err |= fdt_begin_node(fdt, "");
	err |= fdt_property_string(fdt, "compatible", "memblock-v1");
	err |= fdt_begin_node(fdt, "trace");
	err |= fdt_property_string(fdt, "compatible", "reserve-mem-v1");
	err |= fdt_property(fdt, "start", &start, 8);
	err |= fdt_property(fdt, "size", &size, 8);
	err |= fdt_end_node(fdt);
	err |= fdt_end_node(fdt);
	err |= fdt_finish(fdt);
	assert_int_equal(err, 0);
	tl_subtree(&l, "memblock", memblock, 4096);
	tk_preserve(t, 0x2800, 9);
	tk_preserve(t, 0x2a00, 8);
	tl_root(&l);
	tk_check_healthy(t);
	expect_owner(t, metadata >> 12, "kexec-metadata");
	expect_owner(t, 0x2a10, "offset 0x210000 of reserve_mem region trace");
	expect_all_owned(t, KHS_OUT, 1 + 2 + 1 + 1 + 0x300);

	/* A region that is not preserved, one that is nowhere, an FDT that is none. */
	size = 0x400ULL << 12;
	assert_int_equal(fdt_setprop_inplace(fdt, fdt_subnode_offset(fdt, 0, "trace"), "size",
					     &size, 8), 0);
	tk_check_one(t, "blob-uncovered", "", 0x2b00, 0x100);
	tk_expect_evidence(&t->found[0], "owner=reserve_mem region trace\n");
	start = 0x1234;
	assert_int_equal(fdt_setprop_inplace(fdt, fdt_subnode_offset(fdt, 0, "trace"), "start",
					     &start, 8), 0);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "orphan", "", 0x2800, 0x200), "direction=out");
	assert_string_equal(t->found[t->nr_found - 1].id, "blob-damage");
	fdt[0] = 0;
	tk_check(t);
	tk_expect(t, "blob-damage", "", memblock >> 12, 1);
	/* What it owned can't be told then. */
	assert_int_equal(tk_expect(t, "orphan", "", 0x2800, 0x200)->severity, KHS_NOTE);
}

/* ---- orphan, leak --------------------------------------------------------------------------- */

static void orphan(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;
	const struct tk_finding *f;
	uint64_t blob;

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 2, 0);
	tl_file(&l, &s, 1, a.handle);
	tk_preserve(t, 0x2800, 3);
	f = tk_check_one(t, "orphan", "", 0x2800, 8);
	assert_int_equal(f->severity, KHS_WARNING);
	expect_owner(t, 0x2801, "unknown: no owner claims it");

	/* Somebody was at work. */
	tk_write(t, TL_VARS + TL_V_RWSEM, 1 << 8, 8);
	f = tk_check_one(t, "orphan", "", 0x2800, 8);
	assert_int_equal(f->severity, KHS_NOTE);
	tk_write(t, TL_VARS + TL_V_RWSEM, 0, 8);
	tk_write(t, s.at + TL_S_MUTEX, 0xffff888000123401, 8);
	assert_int_equal(tk_check_one(t, "orphan", "", 0x2800, 8)->severity, KHS_NOTE);
	tk_write(t, s.at + TL_S_MUTEX, 0, 8);

	/* Somebody of whom nothing is known may own it. */
	blob = tl_page(&l);
	tl_subtree(&l, "mystery", blob, 64);
	tl_root(&l);
	f = tk_check_one(t, "orphan", "", 0x2800, 8);
	assert_int_equal(f->severity, KHS_NOTE);
	tk_expect_evidence(f, "subtree mystery may own it");
	expect_owner(t, blob >> 12, "subtree mystery");
	l.nr_subtrees--;
	tl_root(&l);
	tk_check(t);
	tk_expect_count(t, 2);
	assert_int_equal(tk_expect(t, "orphan", "", blob >> 12, 1)->severity, KHS_WARNING);

	/* Part of it has an owner. */
	tk_preserve(t, a.folio & ~7ULL, 3);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "orphan", "", a.folio & ~7ULL, 8),
			   "pages_without_owner=6");
}

static void orphan_unproven(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 2, 0);
	tl_file(&l, &s, 1, a.handle);
	/* The array that names the folios is not in the dump. */
	tk_lose(t, a.array, 4096, KHS_EXCLUDED);
	tk_check(t);
	tk_expect_count(t, 1);
	assert_int_equal(tk_expect(t, "orphan", "", a.folio, 2)->severity, KHS_NOTE);
	/* Without LUO's types its lists can't be walked, and nothing is proven. */
	tk_forget(t, KHS_ASK_MEMBER, "luo_session", "list");
	tk_check(t);
	for (size_t i = 0; i < t->nr_found; i++) {
		assert_string_equal(t->found[i].id, "orphan");
		assert_int_equal(t->found[i].severity, KHS_NOTE);
	}
	assert_true(t->nr_found);
}

static void orphan_in(void **state)
{
	struct tk *t = *state;
	struct tl l;

	tl_init(&l, t, true);
	tk_pending(t, 0x2800, 9);
	tk_expect_evidence(tk_check_one(t, "orphan", "", 0x2800, 512), "direction=in");
	/* Its owner is gone, and of what it owned nothing is known. */
	tl_subtree(&l, "mystery", 0x2700ULL << 12, 64);
	tl_root(&l);
	assert_int_equal(tk_check_one(t, "orphan", "", 0x2800, 512)->severity, KHS_NOTE);
}

static void leak_retrieved(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;
	uint64_t file;

	tl_init(&l, t, true);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 3, 2);
	file = tl_file(&l, &s, 1, a.handle);
	tk_write(t, file + TL_F_STATUS, -5 & 0xffffffff, 4);
	tk_check(t);
	tk_expect_count(t, 2);
	tk_expect_evidence(tk_expect(t, "leak", "", a.handle >> 12, 3), "retrieve_status=-5");
	assert_int_equal(tk_expect(t, "leak", "", a.folio, 12)->severity, KHS_WARNING);
}

static void leak_carried(void **state)
{
	struct tk *t = *state;
	struct tl l;

	tl_init(&l, t, true);
	tk_pending(t, 0x2800, 3);
	tk_preserve(t, 0x2800, 3);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "leak", "", 0x2800, 8), "carried_pages=8");
}

/* ---- uncovered ------------------------------------------------------------------------------ */

static void uncovered(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;
	uint64_t bare, set;

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 2, 0);
	bare = tl_bare_page(&l);
	memcpy(tk_at(t, bare, 4096), tk_at(t, a.handle, 4096), 4096);
	tl_file(&l, &s, 1, bare);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "blob-uncovered", "", bare >> 12, 1), "role=blob");
	tk_expect(t, "orphan", "", a.handle >> 12, 1);
	tk_expect_count(t, 2);

	set = s.at + TL_S_FILES + TL_FS_BLOCKS;
	bare = tl_bare_page(&l);
	tk_write(t, s.blocks, bare, 8);
	tk_write(t, set + TL_B_NBLOCKS, 2, 8);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "blob-uncovered", "", bare >> 12, 1), "role=block");
}

static void uncovered_root(void **state)
{
	struct tk *t = *state;
	uint64_t fdt;
	struct tl l;

	tl_init(&l, t, false);
	fdt = tl_bare_page(&l);
	memcpy(tk_at(t, fdt, 4096), tk_at(t, TK_OUT_FDT, 4096), 4096);
	tk_write(t, TK_VARS + TK_V_OUT, TK_DIRECT + fdt, 8);
	tk_check(t);
	tk_expect(t, "blob-uncovered", "", fdt >> 12, 1);
}

static void blob_damage(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_subtree *s;

	tl_init(&l, t, false);
	s = tl_subtree(&l, "mystery", 0x12345678, 64);
	tl_root(&l);
	tk_check(t);
	tk_expect_count(t, 1);
	tk_expect_evidence(&t->found[0], "blob=0x12345678\nsize=64");
	s->no_data = true;
	tl_root(&l);
	tk_check_one(t, "blob-damage", "", TK_OUT_FDT >> 12, 1);
	l.nr_subtrees = 1;
	l.subtrees[0].size = 20;
	tl_root(&l);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "blob-damage", "", l.ser >> 12, 1), "needed=32");
	l.subtrees[0].size = 32;
	tl_root(&l);
	memcpy(tk_at(t, l.ser, 8), "garbage", 8);
	tk_check(t);
	tk_expect(t, "blob-damage", "", l.ser >> 12, 1);
}

/* ---- vmalloc -------------------------------------------------------------------------------- */

static void vmalloc_damage(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 2, 0);
	tl_file(&l, &s, 1, a.handle);
	tk_write(t, a.chunk, a.chunk, 8); /* round and round */
	tk_check(t);
	tk_expect(t, "vmalloc-damage", "", a.chunk >> 12, 1);
	tk_write(t, a.chunk, 0x123, 8);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "vmalloc-damage", "", a.chunk >> 12, 1), "chunk=0x123");
	tk_write(t, a.chunk, 0, 8);
	tk_write(t, a.chunk + 8, a.array + 8, 8);
	tk_check(t);
	tk_expect(t, "vmalloc-damage", "", a.chunk >> 12, 1);
	tk_write(t, a.chunk + 8, a.array, 8);
	tk_write(t, a.chunk + 16, a.array, 8);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "vmalloc-damage", "", a.chunk >> 12, 1),
			   "listed=2\nsaid=1");
	tk_write(t, a.chunk + 16, 0, 8);
	tk_write(t, a.handle + 40, 5, 4);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "vmalloc-damage", "", a.handle >> 12, 1),
			   "listed=1\nsaid=5");
	tk_write(t, a.handle + 40, 1, 4);
	tk_write(t, a.handle + 46, 60, 2);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "vmalloc-damage", "", a.handle >> 12, 1), "order=60");
	tk_write(t, a.handle + 46, 0, 2);
	tk_check_healthy(t);
}

/* ---- LUO ------------------------------------------------------------------------------------ */

static void luo_lists(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;
	uint64_t file, set;

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 1, 0);
	file = tl_file(&l, &s, 1, a.handle);
	set = s.at + TL_S_FILES;
	tk_write(t, l.header + TL_H_COUNT, 3, 8);
	tk_check(t);
	tk_expect_count(t, 1);
	tk_expect_evidence(&t->found[0], "counted=3\nlisted=1");
	tk_write(t, l.header + TL_H_COUNT, 1, 8);
	tk_write(t, set + TL_FS_COUNT, 0, 8);
	tk_check(t);
	tk_expect_count(t, 1);
	tk_expect_evidence(&t->found[0], "counted=0\nlisted=1");
	/* It may be on the way out. */
	tk_write(t, s.at + TL_S_MUTEX, 0xffff888000123400, 8);
	tk_check(t);
	assert_int_equal(t->found[0].severity, KHS_NOTE);
	tk_write(t, s.at + TL_S_MUTEX, 0, 8);
	tk_write(t, set + TL_FS_COUNT, 1, 8);
	/* Round and round, and into the wild. */
	tk_write(t, file + TL_F_LIST, TK_DIRECT + file + TL_F_LIST, 8);
	tk_check(t);
	assert_string_equal(t->found[0].id, "luo-mismatch");
	tk_write(t, file + TL_F_LIST, 0xffffc90000000000, 8);
	tk_check(t);
	assert_string_equal(t->found[0].id, "luo-mismatch");
	tk_expect_evidence(&t->found[0], "node=0xffffc90000000000\nelements_before=1");
	tk_write(t, file + TL_F_LIST, TK_DIRECT + set + TL_FS_LIST, 8);
	/* A handler that is unloaded. */
	tk_write(t, file + TL_F_FH, 0xffffffffc0001000, 8);
	tk_check(t);
	assert_string_equal(t->found[t->nr_found - 1].id, "luo-mismatch");
}

static void luo_blocks(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;
	uint64_t set;

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 1, 0);
	tl_file(&l, &s, 1, a.handle);
	set = s.at + TL_S_FILES + TL_FS_BLOCKS;
	tk_write(t, set + TL_B_NBLOCKS, 2, 8);
	tk_expect_evidence(tk_check_one(t, "luo-mismatch", "", s.blocks >> 12, 1),
			   "counted=2\nchained=1");
	tk_write(t, set + TL_B_NBLOCKS, 1, 8);
	tk_write(t, s.blocks + 8, 64, 8);
	tk_expect_evidence(tk_check_one(t, "luo-mismatch", "", s.blocks >> 12, 1),
			   "entries=64\ncapacity=63");
	tk_write(t, s.blocks + 8, 0, 8);
	tk_write(t, s.blocks, s.blocks, 8);
	tk_check(t);
	tk_expect(t, "luo-mismatch", "", s.blocks >> 12, 1);
	tk_write(t, s.blocks, 0, 8);
	tk_write(t, set + TL_B_NBLOCKS, 0, 8);
	tk_write(t, set + TL_B_HEAD, 0, 8);
	tk_check(t);
	tk_expect_count(t, 2); /* no room; and the block is nobody's */
	tk_expect(t, "orphan", "", s.blocks >> 12, 1);
}

/* ---- memfd ---------------------------------------------------------------------------------- */

static void memfd_damage(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;
	uint64_t file;

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 4, 1);
	file = tl_file(&l, &s, 1, a.handle);
	tk_write(t, a.handle + 16, 0x7f, 4);
	tk_expect_evidence(tk_check_one(t, "memfd-damage", "", a.handle >> 12, 1), "seals=0x7f");
	tk_write(t, a.handle + 16, 0, 4);
	tk_write(t, a.handle + 8, 9 << 12, 8);
	tk_expect_evidence(tk_check_one(t, "memfd-damage", "", a.handle >> 12, 1),
			   "pages=8\nneeded=9");
	tk_write(t, a.handle + 8, 8 << 12, 8);
	tl_entry(&l, &a, 2, a.folio + 4, 3, 1);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "memfd-damage", "", a.folio + 4, 1), "entry=2\nindex=1");
	tl_entry(&l, &a, 2, a.folio + 4, 7, 4);
	tk_expect_evidence(tk_check_one(t, "memfd-damage", "", a.folio + 4, 1),
			   "entry=2\nflags=0x7");
	tl_entry(&l, &a, 2, 0x7654321, 3, 4);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "memfd-damage", "", a.handle >> 12, 1), "entry=2");
	tl_entry(&l, &a, 2, 0x2801, 3, 4);
	tk_check(t);
	tk_expect(t, "memfd-damage", "", 0x2801, 1);
	tk_expect(t, "orphan", "", a.folio + 4, 2);
	tl_entry(&l, &a, 2, a.folio + 4, 3, 4);
	tk_write(t, a.handle + 24, 300, 8);
	tk_check(t);
	tk_expect_evidence(tk_expect(t, "memfd-damage", "", a.handle >> 12, 1),
			   "folios=300\nroom=256");
	tk_write(t, a.handle + 24, 4, 8);
	tk_write(t, file + TL_F_DATA, 0x77, 8);
	tk_check(t);
	assert_string_equal(t->found[t->nr_found - 1].id, "memfd-damage");
	tk_write(t, file + TL_F_DATA, a.handle, 8);
	tk_check_healthy(t);
}

static void memfd_in_handle_gone(void **state)
{
	struct tk *t = *state;
	struct tl l;
	struct tl_session s;
	uint64_t bare;

	tl_init(&l, t, true);
	s = tl_session(&l, "vm0");
	bare = tl_bare_page(&l);
	tl_file(&l, &s, 1, bare);
	/* Not asked for yet, and its handle is no page that waits. */
	tk_check(t);
	tk_expect_count(t, 1);
	assert_string_equal(t->found[0].id, "memfd-damage");
	/* Nothing is said where the struct page is not in the dump. */
	tk_lose(t, TK_MAP + (bare >> 12) * 64, 64, KHS_EXCLUDED);
	tk_check(t);
	tk_expect_count(t, 0);
}

/* ---- hostile -------------------------------------------------------------------------------- */

/* Whatever is in LUO's memory, the answer comes, and is about pages of the machine. */
static void anything(void **state)
{
	struct tk *t = *state;
	static const uint64_t targets[] = { 0, 8, 1ULL << 63, UINT64_MAX, 0xfffffffffffff000,
					    TK_DIRECT + TL_OBJECTS, TK_DIRECT + 0x3001000,
					    0x3002000, 0x3003000, 1 };
	struct tl l;
	struct tl_session s;
	struct tl_memfd a;
	uint64_t seed = 12345;

	tl_init(&l, t, false);
	s = tl_session(&l, "vm0");
	a = tl_memfd(&l, 30, 0);
	tl_file(&l, &s, 1, a.handle);
	tl_file(&l, &s, 2, tl_memfd(&l, 3, 3).handle);
	for (int i = 0; i < 300; i++) {
		uint64_t areas[] = { TL_VARS, TL_OBJECTS, TL_POOL << 12, TK_OUT_FDT };
		uint64_t sizes[] = { 0x180, l.next_object - TL_OBJECTS,
				     (l.next_pfn - TL_POOL) << 12, 0x200 };
		uint64_t pa, old;
		size_t area;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		area = seed >> 60 & 3;
		/* Most of a page is unused. */
		pa = areas[area] + ((seed >> 20) % (sizes[area] / 8)) * 8;
		if (area == 2)
			pa = (pa & ~0xfffULL) + (pa & 0x38);
		old = tk_read(t, pa);
		tk_write(t, pa, targets[(seed >> 40) % 10], 8);
		tk_check(t);
		for (size_t f = 0; f < t->nr_found; f++)
			assert_true(!t->found[f].has_pfn || t->found[f].pfn < TK_END);
		tk_write(t, pa, old, 8);
	}
	tk_check_healthy(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TK_COLD(healthy_out),
		TK_HANDED(healthy_in),
		TK_HANDED(not_read_in),
		TK_HANDED(not_read_in_v1),
		TK_COLD(serialized),
		TK_COLD(other_subtrees),
		TK_HANDED(restored_test),
		TK_COLD(orphan),
		TK_COLD(orphan_unproven),
		TK_HANDED(orphan_in),
		TK_HANDED(leak_retrieved),
		TK_HANDED(leak_carried),
		TK_COLD(uncovered),
		TK_COLD(uncovered_root),
		TK_COLD(blob_damage),
		TK_COLD(vmalloc_damage),
		TK_COLD(luo_lists),
		TK_COLD(luo_blocks),
		TK_COLD(memfd_damage),
		TK_HANDED(memfd_in_handle_gone),
		TK_COLD(anything),
	};

	return cmocka_run_group_tests_name("owners", tests, NULL, NULL);
}
