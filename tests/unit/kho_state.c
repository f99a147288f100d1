// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <libfdt.h>
#include <stdio.h>

#include "base/error.h"
#include "kho/kho.h"
#include "kho_tree.h"

/*
 * 128 MB of an x86_64 kernel with its variables in one page: both the direct map and the image are
 * one leaf of a gigabyte each.
 */
#define MAX_PFN 0x8000
#define DIRECT 0xffff888000000000ULL
#define IMAGE 0xffffffff80000000ULL
#define PGD 0x1000
#define VARS 0x4000
#define OUT_FDT 0x5000
#define IN_FDT 0x6000
#define SCRATCH 0x7000
#define KIMAGE 0x8000

/* Variables, by their place in the page. */
enum { ENABLE = 0, OUT = 0x100, IN = 0x200, PSCRATCH = 0x300, NR_SCRATCH = 0x308, PIMAGE = 0x310 };

/* Members: kho_out.fdt is at 0, the others as here. */
enum { OUT_ROOT = 0x28, IN_SCRATCH = 8, IN_RELEASE = 0x10, IN_COUNT = 0x54, KIMAGE_FDT = 0x40 };

struct fixture {
	struct tree t;
	struct khs_extents ram;
	struct khs_kho kho;
};

static void put(struct fixture *f, uint64_t pa, uint64_t value, size_t size)
{
	uint8_t *bytes = khs_dump_memory_at(f->t.kernel.dump, pa, size);

	assert_non_null(bytes);
	for (size_t i = 0; i < size; i++)
		bytes[i] = value >> 8 * i;
}

static void page_tables(struct fixture *f)
{
	struct khs_dump *dump = f->t.kernel.dump;

	assert_true(khs_dump_memory_zero(dump, PGD, 0x3000));
	put(f, PGD + 273 * 8, (PGD + 0x1000) | 3, 8); /* DIRECT */
	put(f, PGD + 0x1000, 0x83, 8);
	put(f, PGD + 511 * 8, (PGD + 0x2000) | 3, 8); /* IMAGE */
	put(f, PGD + 0x2000 + 510 * 8, 0x83, 8);
}

/* As kernel/liveupdate/kexec_handover.c:kho_out_fdt_setup(). */
static void make_fdt(struct fixture *f, uint64_t pa, const char *compatible, uint64_t map)
{
	void *page = khs_dump_memory_at(f->t.kernel.dump, pa, 4096);
	int err;

	memset(page, 0, 4096);
	err = fdt_create(page, 4096);
	err |= fdt_finish_reservemap(page);
	err |= fdt_begin_node(page, "");
	err |= fdt_property_string(page, "compatible", compatible);
	err |= fdt_property(page, "preserved-memory-map", &map, sizeof(map));
	err |= fdt_end_node(page);
	err |= fdt_finish(page);
	assert_int_equal(err, 0);
}

static void know(struct fixture *f, enum khs_need_id id, uint64_t value, uint64_t size)
{
	khs_fact_set(&f->t.kernel.facts, id, size ? "BTF" : "kallsyms", khs_needs[id].name, value,
		     size);
}

static void forget(struct fixture *f, enum khs_need_id id)
{
	f->t.kernel.facts.v[id] = (struct khs_fact){ 0 };
}

static void know_all(struct fixture *f)
{
	know(f, KHS_SYM_MAX_PFN, IMAGE + VARS + 0xff8, 0);
	know(f, KHS_SYM_KHO_ENABLE, IMAGE + VARS + ENABLE, 0);
	know(f, KHS_SYM_KHO_OUT, IMAGE + VARS + OUT, 0);
	know(f, KHS_SYM_KHO_IN, IMAGE + VARS + IN, 0);
	know(f, KHS_SYM_KHO_SCRATCH, IMAGE + VARS + PSCRATCH, 0);
	know(f, KHS_SYM_KHO_SCRATCH_CNT, IMAGE + VARS + NR_SCRATCH, 0);
	know(f, KHS_SYM_KEXEC_IMAGE, IMAGE + VARS + PIMAGE, 0);
	know(f, KHS_MEM_PAGE_FLAGS, 0, 8);
	know(f, KHS_MEM_KHO_OUT_FDT, 0, 8);
	know(f, KHS_MEM_KHO_OUT_RADIX_ROOT, OUT_ROOT, 8);
	know(f, KHS_MEM_KHO_IN_FDT_PHYS, 0, 8);
	know(f, KHS_MEM_KHO_IN_SCRATCH_PHYS, IN_SCRATCH, 8);
	know(f, KHS_MEM_KHO_IN_PREVIOUS_RELEASE, IN_RELEASE, 65);
	know(f, KHS_MEM_KHO_IN_KEXEC_COUNT, IN_COUNT, 4);
	know(f, KHS_MEM_KHO_SCRATCH_ADDR, 0, 8);
	know(f, KHS_MEM_KHO_SCRATCH_SIZE, 8, 8);
	know(f, KHS_SIZE_KHO_SCRATCH, 16, 16);
	know(f, KHS_MEM_KIMAGE_KHO_FDT, KIMAGE_FDT, 8);
}

static void add_scratch(struct fixture *f, unsigned int i, uint64_t addr, uint64_t size)
{
	put(f, SCRATCH + 16 * i, addr, 8);
	put(f, SCRATCH + 16 * i + 8, size, 8);
}

/* A kernel with kho=on, started cold, that has preserved two blocks. */
static void make_kernel(struct fixture *f)
{
	tree_init_in(&f->t, khs_dump_memory_new(), 12, 0x100000);
	page_tables(f);
	assert_true(khs_dump_memory_zero(f->t.kernel.dump, VARS, 0x6000));
	know_all(f);
	put(f, VARS + ENABLE, 1, 1);
	put(f, VARS + OUT, DIRECT + OUT_FDT, 8);
	put(f, VARS + OUT + OUT_ROOT, DIRECT + f->t.root, 8);
	put(f, VARS + PSCRATCH, DIRECT + SCRATCH, 8);
	put(f, VARS + NR_SCRATCH, 3, 4);
	add_scratch(f, 0, 0x4000000, 0x400000);
	add_scratch(f, 1, 0x4400000, 0);
	add_scratch(f, 2, 0x4400000, 0x400800);
	make_fdt(f, OUT_FDT, "kho-v4", f->t.root);
	tree_add(&f->t, 0x1000, 4);
	tree_add(&f->t, OUT_FDT >> 12, 0);
}

static int setup(void **state)
{
	static const char text[] = "PAGESIZE=4096\nNUMBER(phys_base)=0\n"
				   "SYMBOL(init_top_pgt)=ffffffff80001000\n";
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	make_kernel(f);
	assert_null(khs_vmcoreinfo_parse(text, strlen(text), &f->t.kernel.vmci));
	assert_null(khs_vm_new(f->t.kernel.dump, f->t.kernel.vmci, &f->t.kernel.vm));
	assert_true(khs_extents_add(&f->ram, 1, MAX_PFN, 0));
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	khs_kho_deinit(&f->kho);
	khs_extents_deinit(&f->ram);
	khs_vm_free(f->t.kernel.vm);
	khs_vmcoreinfo_free(f->t.kernel.vmci);
	tree_deinit(&f->t);
	free(f);
	return 0;
}

static struct khs_error *try_read(struct fixture *f)
{
	const struct khs_machine machine = { .ram = &f->ram, .max_pfn = MAX_PFN };

	return khs_kho_read(&f->t.kernel, &machine, &f->kho);
}

static void read_kho(struct fixture *f)
{
	khs_kho_deinit(&f->kho);
	assert_null(try_read(f));
}

static void expect_state(struct fixture *f, enum khs_kho_state state, const char *word)
{
	read_kho(f);
	assert_int_equal(f->kho.state, state);
	if (state == KHS_KHO_ON)
		assert_string_equal(f->kho.why, "");
	else
		assert_non_null(strstr(f->kho.why, word));
}

static void lose(struct fixture *f, uint64_t pa, uint64_t len)
{
	assert_true(khs_dump_memory_mark(f->t.kernel.dump, pa, len, KHS_MISSING));
}

/* Booted by a handover, as kho_populate() leaves it. */
static void hand_over(struct fixture *f)
{
	put(f, VARS + IN, IN_FDT, 8);
	put(f, VARS + IN + IN_SCRATCH, SCRATCH, 8);
	put(f, VARS + IN + IN_COUNT, 7, 4);
	memcpy(khs_dump_memory_at(f->t.kernel.dump, VARS + IN + IN_RELEASE, 6), "7.3\x1b.4", 6);
	make_fdt(f, IN_FDT, "kho-v4", 0x7000000);
}

static void on(void **state)
{
	struct fixture *f = *state;

	expect_state(f, KHS_KHO_ON, "");
	assert_true(f->kho.enabled && f->kho.enabled_known);
	assert_string_equal(f->kho.abi, "kho-v4");
	assert_true(f->kho.out_known);
	assert_true(f->kho.out_root == f->t.root);
	assert_true(f->kho.out_root_fdt == f->t.root);
	assert_false(f->kho.out_root_mismatch);
	assert_true(f->kho.out_fdt_phys == OUT_FDT);
	assert_int_equal(f->kho.out.n, 2);
	assert_int_equal(f->kho.out.v[0].pfn, OUT_FDT >> 12);
	assert_int_equal(f->kho.out.v[1].pfn, 0x1000);
	assert_int_equal(f->kho.out_pages.n, 2);
	assert_int_equal(f->kho.nr_problems, 0);
}

static void scratch(void **state)
{
	struct fixture *f = *state;

	read_kho(f);
	assert_true(f->kho.scratch_known);
	assert_int_equal(f->kho.nr_scratch, 3);
	assert_int_equal(f->kho.scratch[1].size, 0);
	assert_int_equal(f->kho.scratch[1].start, f->kho.scratch[1].end);
	assert_int_equal(f->kho.scratch[2].end, 0x4801);
	assert_int_equal(f->kho.scratch_pfns.n, 1);
	assert_int_equal(f->kho.scratch_pfns.v[0].start, 0x4000);
	assert_int_equal(f->kho.scratch_pfns.v[0].end, 0x4801);
}

static void hostile_scratch(void **state)
{
	struct fixture *f = *state;

	add_scratch(f, 2, 0xfffffffffffff000, 0x2000);
	read_kho(f);
	assert_false(f->kho.scratch_known);
	assert_int_equal(f->kho.nr_scratch, 3);
	put(f, VARS + NR_SCRATCH, 0xffffffff, 4);
	read_kho(f);
	assert_false(f->kho.scratch_known);
	assert_int_equal(f->kho.nr_scratch, 0);
	put(f, VARS + NR_SCRATCH, 1, 4);
	put(f, VARS + PSCRATCH, 0x1234, 8);
	read_kho(f);
	assert_false(f->kho.scratch_known);
	put(f, VARS + PSCRATCH, 0xfffffffffffffff8, 8);
	read_kho(f);
	assert_false(f->kho.scratch_known);
}

static void cold_boot(void **state)
{
	struct fixture *f = *state;

	read_kho(f);
	assert_true(f->kho.handover_known);
	assert_false(f->kho.handover_boot);
	assert_false(f->kho.handover_failed);
	assert_string_equal(f->kho.previous_release, "");
	assert_int_equal(f->kho.kexec_count, 0);
}

static void handover_boot(void **state)
{
	struct fixture *f = *state;

	hand_over(f);
	read_kho(f);
	assert_true(f->kho.handover_boot);
	assert_false(f->kho.handover_failed);
	assert_string_equal(f->kho.previous_release, "7.3?.4");
	assert_int_equal(f->kho.kexec_count, 7);
	assert_string_equal(f->kho.abi_in, "kho-v4");
	/* Not copied from the metadata yet. */
	put(f, VARS + IN + IN_COUNT, 0, 4);
	read_kho(f);
	assert_int_equal(f->kho.kexec_count, -1);
	put(f, VARS + IN, 0, 8);
	read_kho(f);
	assert_true(f->kho.handover_boot);
	assert_true(f->kho.handover_failed);
	assert_string_equal(f->kho.abi_in, "");
}

static void release_without_end(void **state)
{
	struct fixture *f = *state;

	hand_over(f);
	memset(khs_dump_memory_at(f->t.kernel.dump, VARS + IN + IN_RELEASE, 65), 'x', 65);
	read_kho(f);
	assert_int_equal(strlen(f->kho.previous_release), 65);
}

static void off(void **state)
{
	struct fixture *f = *state;

	put(f, VARS + ENABLE, 0, 1);
	put(f, VARS + OUT, 0, 8);
	put(f, VARS + OUT + OUT_ROOT, 0, 8);
	expect_state(f, KHS_KHO_OFF, "set-up failed");
	assert_int_equal(f->kho.nr_scratch, 0);
	assert_true(f->kho.scratch_known);
	put(f, VARS + NR_SCRATCH, 0, 4);
	expect_state(f, KHS_KHO_OFF, "not enabled at boot");
	assert_false(f->kho.enabled);
	assert_true(f->kho.enabled_known);
	assert_true(f->kho.out_known);
	assert_int_equal(f->kho.out.n, 0);
	hand_over(f);
	expect_state(f, KHS_KHO_OFF, "handed memory");
}

static void absent(void **state)
{
	struct fixture *f = *state;

	memset(&f->t.kernel.facts, 0, sizeof(f->t.kernel.facts));
	khs_fact_set(&f->t.kernel.facts, KHS_SYM_NODE_DATA, "VMCOREINFO", "node_data", 1, 0);
	khs_fact_set(&f->t.kernel.facts, KHS_MEM_PAGE_FLAGS, "VMCOREINFO", "flags", 0, 0);
	expect_state(f, KHS_KHO_UNKNOWN, "-k VMLINUX");
	assert_false(f->kho.out_known);
	know(f, KHS_SYM_MAX_PFN, IMAGE + VARS, 0);
	expect_state(f, KHS_KHO_ABSENT, "CONFIG_KEXEC_HANDOVER is not set");
	assert_true(f->kho.out_known && f->kho.scratch_known);
	forget(f, KHS_SYM_MAX_PFN);
	know(f, KHS_MEM_PAGE_LRU, 8, 16);
	expect_state(f, KHS_KHO_ABSENT, "CONFIG_KEXEC_HANDOVER is not set");
	/* The types know it, so it is there, and only the symbol is not. */
	know(f, KHS_MEM_KHO_OUT_FDT, 0, 8);
	expect_state(f, KHS_KHO_UNKNOWN, "-k VMLINUX");
}

static void enable_is_lost(void **state)
{
	struct fixture *f = *state;

	forget(f, KHS_SYM_KHO_ENABLE);
	know(f, KHS_SYM_KHO_ENABLE, DIRECT + 0xb000, 0); /* no memory there */
	expect_state(f, KHS_KHO_ON, ""); /* kho_out.fdt says it as well */
	assert_true(f->kho.enabled && f->kho.enabled_known);
	put(f, VARS + OUT, 0, 8);
	expect_state(f, KHS_KHO_UNKNOWN, "kho_enable");
	forget(f, KHS_SYM_KHO_ENABLE);
	expect_state(f, KHS_KHO_UNKNOWN, "-k VMLINUX");
}

/* The tree is the same in all that have one. */
static void generations(void **state)
{
	static const char *const abis[] = {
		"kho-v2", "kho-v3", "kho-v4", "kho-v4;radix-v1;vmalloc-v1",
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++) {
		make_fdt(f, OUT_FDT, abis[i], f->t.root);
		expect_state(f, KHS_KHO_ON, "");
		assert_string_equal(f->kho.abi, abis[i]);
		assert_int_equal(f->kho.tracker, KHS_TRACKER_RADIX);
		assert_int_equal(f->kho.out.n, 2);
	}
}

static void foreign(void **state)
{
	struct fixture *f = *state;

	make_fdt(f, OUT_FDT, "kho-v5", f->t.root);
	expect_state(f, KHS_KHO_FOREIGN, "kho-v5");
	assert_false(f->kho.out_known);
	assert_int_equal(f->kho.out.n, 0);
	make_fdt(f, OUT_FDT, "kho-v1", f->t.root);
	expect_state(f, KHS_KHO_FOREIGN, "does not go with the tracker");
	forget(f, KHS_MEM_KHO_OUT_RADIX_ROOT);
	expect_state(f, KHS_KHO_FOREIGN, "neither radix_tree nor track");
	assert_non_null(strstr(f->kho.why, "kho-v1 to kho-v4, of Linux 6.16 to 7.3"));
	assert_true(f->kho.scratch_known);
	forget(f, KHS_MEM_KHO_OUT_FDT);
	expect_state(f, KHS_KHO_UNKNOWN, "type of kho_out");
}

/* Its own ABI is that of the FDT it accepted at boot. */
static void outgoing_fdt_is_lost(void **state)
{
	struct fixture *f = *state;

	lose(f, OUT_FDT, 4096);
	expect_state(f, KHS_KHO_UNKNOWN, "root FDT");
	assert_string_equal(f->kho.out_fdt_damage, "");
	hand_over(f);
	expect_state(f, KHS_KHO_ON, "");
	assert_string_equal(f->kho.abi, "kho-v4");
	assert_int_equal(f->kho.out.n, 2);
	assert_false(f->kho.out_root_fdt_known);
}

static void outgoing_fdt_is_damaged(void **state)
{
	struct fixture *f = *state;

	put(f, OUT_FDT, 0, 4);
	expect_state(f, KHS_KHO_UNKNOWN, "root FDT");
	assert_string_not_equal(f->kho.out_fdt_damage, "");
}

static void died_before_set_up(void **state)
{
	struct fixture *f = *state;

	put(f, VARS + OUT, 0, 8);
	/* The root node was there already. */
	expect_state(f, KHS_KHO_UNKNOWN, "while it set up");
	assert_false(f->kho.out_known);
	put(f, VARS + OUT + OUT_ROOT, 0, 8);
	expect_state(f, KHS_KHO_ON, "");
	assert_string_equal(f->kho.abi, "");
	assert_true(f->kho.enabled);
	assert_true(f->kho.out_known);
	assert_int_equal(f->kho.out.n, 0);
}

static void roots_disagree(void **state)
{
	struct fixture *f = *state;

	make_fdt(f, OUT_FDT, "kho-v4", 0x3000000);
	expect_state(f, KHS_KHO_ON, "");
	assert_true(f->kho.out_root_mismatch);
	assert_true(f->kho.out_root == f->t.root);
	assert_int_equal(f->kho.out.n, 2);
	/* A pointer to nowhere: the FDT's stands in. */
	make_fdt(f, OUT_FDT, "kho-v4", f->t.root);
	put(f, VARS + OUT + OUT_ROOT, 0xdead000000000100, 8);
	expect_state(f, KHS_KHO_ON, "");
	assert_true(f->kho.out_root_mismatch);
	assert_int_equal(f->kho.out.n, 2);
	put(f, VARS + OUT + OUT_ROOT, 0, 8);
	expect_state(f, KHS_KHO_ON, "");
	assert_true(f->kho.out_root_mismatch);
	assert_int_equal(f->kho.out.n, 2);
}

static void loaded_image(void **state)
{
	struct fixture *f = *state;

	read_kho(f);
	assert_true(f->kho.kimage_known);
	assert_false(f->kho.kimage_loaded);
	put(f, VARS + PIMAGE, DIRECT + KIMAGE, 8);
	put(f, KIMAGE + KIMAGE_FDT, OUT_FDT, 8);
	read_kho(f);
	assert_true(f->kho.kimage_known && f->kho.kimage_loaded);
	assert_true(f->kho.kimage_fdt == OUT_FDT);
	put(f, VARS + PIMAGE, 0x1000, 8);
	read_kho(f);
	assert_false(f->kho.kimage_known);
}

static void nothing_but_symbols(void **state)
{
	struct fixture *f = *state;

	lose(f, VARS, 4096);
	expect_state(f, KHS_KHO_UNKNOWN, "kho_enable is");
	assert_false(f->kho.handover_known);
	assert_false(f->kho.scratch_known);
	assert_false(f->kho.out_known);
	assert_int_equal(f->kho.kexec_count, -1);
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
	err = try_read(f);
	assert_null(err);
	assert_true(f->t.kernel.dump->stopped);
	assert_false(f->kho.out_known);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(on),
		TEST(scratch),
		TEST(hostile_scratch),
		TEST(cold_boot),
		TEST(handover_boot),
		TEST(release_without_end),
		TEST(off),
		TEST(absent),
		TEST(enable_is_lost),
		TEST(generations),
		TEST(foreign),
		TEST(outgoing_fdt_is_lost),
		TEST(outgoing_fdt_is_damaged),
		TEST(died_before_set_up),
		TEST(roots_disagree),
		TEST(loaded_image),
		TEST(nothing_but_symbols),
		TEST(an_interrupt_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
