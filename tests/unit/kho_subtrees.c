// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel.h"

#include "kho/subtrees.h"
#include "model.h"

#define BLOB 0x4000ULL /* a pfn of node 0 */

/* As kernel/liveupdate/kexec_handover.c:kho_add_subtree(); @data names the property. */
static void add(struct tk *t, uint64_t fdt, const char *name, const char *data, uint64_t phys,
		const uint64_t *size)
{
	void *page = tk_at(t, fdt, 4096);
	int node;

	assert_int_equal(fdt_open_into(page, page, 4096), 0);
	node = fdt_add_subnode(page, 0, name);
	assert_true(node > 0);
	if (data)
		assert_int_equal(fdt_setprop(page, node, data, &phys, 8), 0);
	if (size)
		assert_int_equal(fdt_setprop(page, node, "blob-size", size, 8), 0);
	assert_int_equal(fdt_pack(page), 0);
}

static void read_out(struct tk *t, struct khs_subtrees *ret)
{
	tk_open(t);
	tk_ok(khs_subtrees_read(&t->k->kernel, &t->k->mem, &t->k->kho, KHS_OUT, ret));
}

static void read_in(struct tk *t, struct khs_subtrees *ret)
{
	tk_open(t);
	tk_ok(khs_subtrees_read(&t->k->kernel, &t->k->mem, &t->k->kho, KHS_IN, ret));
}

static void lists_what_the_root_names(void **state)
{
	static const uint64_t size = 0x1234;
	struct tk *t = *state;
	struct khs_subtrees s;

	add(t, TK_OUT_FDT, "first", "preserved-data", BLOB << 12, &size);
	add(t, TK_OUT_FDT, "second", "fdt", 0x5000 << 12, NULL);
	add(t, TK_OUT_FDT, "third", NULL, 0, &size);
	read_out(t, &s);
	assert_int_equal(s.n, 3);
	assert_non_null(s.fdt);
	assert_true(s.fdt_phys == TK_OUT_FDT);
	/* libfdt puts a new node before the others. */
	assert_string_equal(s.v[0].name, "third");
	assert_false(s.v[0].has_phys);
	assert_string_equal(s.v[1].name, "second");
	assert_true(s.v[1].has_phys && s.v[1].phys == 0x5000 << 12);
	assert_false(s.v[1].has_size);
	assert_ptr_equal(khs_subtrees_find(&s, "first"), &s.v[2]);
	assert_true(s.v[2].phys == BLOB << 12 && s.v[2].has_size && s.v[2].size == size);
	assert_int_equal(s.v[2].state, KHS_BLOB_LIVE);
	assert_null(khs_subtrees_find(&s, "fourth"));
	khs_subtrees_deinit(&s);
}

static void no_root_is_no_error(void **state)
{
	struct tk *t = *state;
	struct khs_subtrees s;

	read_in(t, &s); /* started cold */
	assert_true(!s.fdt_phys && !s.n && !s.fdt && !s.why[0]);
	khs_subtrees_deinit(&s);

	memset(tk_at(t, TK_OUT_FDT, 4096), 0xff, 64);
	read_out(t, &s);
	assert_true(s.fdt_phys == TK_OUT_FDT && !s.n && !s.fdt);
	assert_non_null(strstr(s.why, "no FDT"));
	khs_subtrees_deinit(&s);

	tk_lose(t, TK_OUT_FDT, 4096, KHS_EXCLUDED);
	read_out(t, &s);
	assert_true(!s.n && !s.fdt && s.fdt_presence == KHS_EXCLUDED);
	khs_subtrees_deinit(&s);
}

static enum khs_blob_state state_of(struct tk *t, uint64_t pfn, uint64_t size)
{
	tk_open(t);
	return khs_incoming_state(&t->k->mem, pfn << 12, size);
}

static void incoming_is_alive_while_marked(void **state)
{
	static const uint64_t size = 0x3000;
	struct tk *t = *state;
	struct khs_subtrees s;

	add(t, TK_IN_FDT, "blob", "preserved-data", BLOB << 12, &size);
	tk_pending(t, BLOB, 2);
	read_in(t, &s);
	assert_int_equal(s.n, 1);
	assert_int_equal(s.v[0].state, KHS_BLOB_LIVE);
	khs_subtrees_deinit(&s);
	tk_restore_folio(t, BLOB, 2, false);
	read_in(t, &s);
	assert_int_equal(s.v[0].state, KHS_BLOB_CONSUMED);
	khs_subtrees_deinit(&s);
}

static void all_of_it_must_be_marked(void **state)
{
	struct tk *t = *state;

	tk_pending(t, BLOB, 1);
	tk_pending(t, BLOB + 2, 0);
	assert_int_equal(state_of(t, BLOB, 0), KHS_BLOB_LIVE);
	assert_int_equal(state_of(t, BLOB + 1, 0x2000), KHS_BLOB_LIVE);
	assert_int_equal(state_of(t, BLOB, 0x3000), KHS_BLOB_LIVE);
	assert_int_equal(state_of(t, BLOB, 0x3001), KHS_BLOB_CONSUMED);
	assert_int_equal(state_of(t, BLOB - 1, 0), KHS_BLOB_CONSUMED);
	assert_int_equal(state_of(t, BLOB, UINT64_MAX), KHS_BLOB_CONSUMED);
	/* A mark of an order its page can't have is none. */
	tk_mark(t, BLOB + 2, 3);
	assert_int_equal(state_of(t, BLOB + 2, 0), KHS_BLOB_CONSUMED);
	tk_mark(t, BLOB + 2, 200);
	assert_int_equal(state_of(t, BLOB + 2, 0), KHS_BLOB_CONSUMED);
}

static void what_the_dump_lacks_proves_nothing(void **state)
{
	struct tk *t = *state;

	tk_pending(t, BLOB, 4);
	tk_lose(t, tk_page_pa(t, BLOB) & ~0xfffULL, 4096, KHS_EXCLUDED);
	assert_int_equal(state_of(t, BLOB + 3, 0), KHS_BLOB_UNPROVEN);
	assert_int_equal(khs_incoming_state(NULL, BLOB << 12, 0), KHS_BLOB_UNPROVEN);
	/* Up to Linux 6.17 a mark has no magic. */
	tk_forget(t, KHS_ASK_SIZE, NULL, "kho_page_info");
	assert_int_equal(state_of(t, 0x5000, 0), KHS_BLOB_UNPROVEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TK_COLD(lists_what_the_root_names),
		TK_COLD(no_root_is_no_error),
		TK_HANDED(incoming_is_alive_while_marked),
		TK_HANDED(all_of_it_must_be_marked),
		TK_HANDED(what_the_dump_lacks_proves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
