// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernels without VMCOREINFO: images of both architectures laid into a memory dump with page tables
 * of their own, one or several of them, whole and broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "dump/memory.h"
#include "facts/locate.h"
#include "facts/nocoreinfo.h"

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define IMAGE_BYTES (4 * MIB)
#define POOL (1 * MIB) /* where in an image its page tables are */
#define X86_TEXT 0xffffffff81000000ULL
#define ARM_TEXT 0xffff800080000000ULL
#define BANNER "Linux version 7.2.13 (who@where) (gcc) #1 SMP Wed"
#define OURS "0102030405060708090a0b0c0d0e0f1011121314"

/* Where the symbols are in an image. */
enum {
	AT_STEXT = 0x10000,
	AT_BANNER = 0x20000,
	AT_NOTES = 0x30000,
	AT_VARS = 0x40000,
	AT_ROOT = 0x50000,
	NOTES_LEN = 16 + 20,
};

/* A kernel to be laid down, and how its page tables look. */
struct made {
	enum khs_arch arch;
	uint64_t pa;
	uint64_t moved;
	const char *build_id; /* hex of 20 bytes; NULL: no note */
	bool left;
	bool no_tables;
	unsigned int page_shift, levels, va_bits;
};

struct bench {
	struct khs_kernel kernel;
	struct khs_image image;
	uint64_t pool;
};

static void put(struct bench *b, uint64_t pa, const void *bytes, size_t len)
{
	void *to = khs_dump_memory_at(b->kernel.dump, pa, len);

	assert_non_null(to);
	memcpy(to, bytes, len);
}

static void put64(struct bench *b, uint64_t pa, uint64_t value)
{
	put(b, pa, &value, sizeof(value));
}

static uint64_t get64(struct bench *b, uint64_t pa)
{
	uint64_t value;

	assert_int_equal(khs_dump_read_all(b->kernel.dump, pa, &value, 8), KHS_PRESENT);
	return value;
}

static uint64_t text_of(enum khs_arch arch)
{
	return arch == KHS_ARCH_X86_64 ? X86_TEXT : ARM_TEXT;
}

static void anchor(struct bench *b, enum khs_anchor_id id, uint64_t off, uint64_t size)
{
	b->image.anchors[id] = (struct khs_anchor){ true, text_of(b->image.arch) + off, size };
}

static void setup(struct bench *b, enum khs_arch arch)
{
	memset(b, 0, sizeof(*b));
	b->kernel.dump = khs_dump_memory_new();
	assert_non_null(b->kernel.dump);
	b->image.arch = arch;
	strcpy(b->image.build_id, OURS);
	strcpy(b->image.banner, BANNER);
	anchor(b, KHS_ANCHOR_TEXT, 0, 0);
	anchor(b, KHS_ANCHOR_STEXT, AT_STEXT, 0);
	anchor(b, KHS_ANCHOR_BANNER, AT_BANNER, sizeof(BANNER));
	anchor(b, KHS_ANCHOR_START_NOTES, AT_NOTES, 0);
	anchor(b, KHS_ANCHOR_STOP_NOTES, AT_NOTES + NOTES_LEN, 0);
	anchor(b, KHS_ANCHOR_KEXEC_IN_PROGRESS, AT_VARS + 8, 1);
	if (arch == KHS_ARCH_X86_64) {
		anchor(b, KHS_ANCHOR_PHYS_BASE, AT_VARS, 8);
		anchor(b, KHS_ANCHOR_INIT_TOP_PGT, AT_ROOT, 4096);
		return;
	}
	anchor(b, KHS_ANCHOR_KIMAGE_VOFFSET, AT_VARS, 8);
	anchor(b, KHS_ANCHOR_SWAPPER_PG_DIR, AT_ROOT, 0);
}

static void teardown(struct bench *b)
{
	khs_dump_close(b->kernel.dump);
}

static void put_build_id(struct bench *b, uint64_t pa, const char *hex)
{
	uint8_t note[NOTES_LEN] = { 4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0 };

	if (!hex)
		return;
	for (int i = 0; i < 20; i++) {
		unsigned int byte;

		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		note[16 + i] = byte;
	}
	put(b, pa, note, sizeof(note));
}

/* Maps one page, making the tables on the way. */
static void map(struct bench *b, const struct made *m, uint64_t va, uint64_t pa)
{
	unsigned int bits = m->page_shift - 3;
	uint64_t table = m->pa + AT_ROOT, page = 1ULL << m->page_shift;

	for (unsigned int level = m->levels; level--;) {
		unsigned int shift = m->page_shift + level * bits;
		unsigned int here = level == m->levels - 1 ? m->va_bits - shift : bits;
		uint64_t at = table + 8 * (va >> shift & ((1ULL << here) - 1));
		uint64_t next = level ? get64(b, at) & -page & ((1ULL << 48) - 1) : pa & -page;

		if (!next) {
			next = b->pool;
			b->pool += page;
		}
		put64(b, at, next | 3);
		table = next;
	}
}

static void lay(struct bench *b, const struct made *m)
{
	uint64_t text = text_of(m->arch) + m->moved;
	uint64_t voffset = text - m->pa;

	assert_true(khs_dump_memory_zero(b->kernel.dump, m->pa, IMAGE_BYTES));
	put(b, m->pa + AT_BANNER, BANNER, sizeof(BANNER));
	put_build_id(b, m->pa + AT_NOTES, m->build_id);
	put64(b, m->pa + AT_VARS,
	      m->arch == KHS_ARCH_X86_64 ? 0xffffffff80000000ULL - voffset : voffset);
	put64(b, m->pa + AT_VARS + 8, m->left);
	if (m->no_tables)
		return;
	b->pool = m->pa + POOL;
	map(b, m, text + AT_STEXT, m->pa + AT_STEXT);
	map(b, m, text + AT_BANNER, m->pa + AT_BANNER);
}

static const struct made x86 = {
	.arch = KHS_ARCH_X86_64, .pa = 34 * MIB, .moved = 480 * MIB, .build_id = OURS,
	.page_shift = 12, .levels = 4, .va_bits = 48,
};

static enum khs_code locate(struct bench *b, struct khs_place *place)
{
	struct khs_error *err = khs_locate(&b->kernel, &b->image, place);
	enum khs_code code = khs_error_code(err);

	khs_error_free(err);
	return code;
}

static void is_at(const struct khs_place *place, const struct made *m)
{
	assert_int_equal(place->moved, m->moved);
	assert_int_equal(place->voffset, text_of(m->arch) + m->moved - m->pa);
	assert_string_equal(place->release, "7.2.13");
	assert_int_equal(place->left, m->left);
	assert_int_equal(place->paging.page_shift, m->page_shift);
}

static void found(struct bench *b, const struct made *m)
{
	struct khs_place place;

	assert_int_equal(locate(b, &place), KHS_OK);
	is_at(&place, m);
	if (m->build_id)
		assert_string_equal(place.build_id, m->build_id);
}

static void not_found(struct bench *b, enum khs_code code, const char *words)
{
	struct khs_place place;
	struct khs_error *err = khs_locate(&b->kernel, &b->image, &place);

	assert_int_equal(khs_error_code(err), code);
	assert_non_null(strstr(khs_error_message(err), words));
	khs_error_free(err);
}

/* ---- one kernel ----------------------------------------------------------------------------- */

static void one(void **state)
{
	struct made m = x86;
	struct bench b;

	(void)state;
	setup(&b, KHS_ARCH_X86_64);
	not_found(&b, KHS_ERR_NOTFOUND, "nowhere");
	lay(&b, &m);
	found(&b, &m);
	teardown(&b);

	/* Not moved, and high up behind a hole. */
	m.moved = 0;
	m.pa = 300 * GIB + 2 * MIB;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	found(&b, &m);
	teardown(&b);
}

static void five_levels(void **state)
{
	struct made m = x86;
	struct khs_place place;
	struct bench b;

	(void)state;
	m.levels = 5;
	m.va_bits = 57;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	/* The tables tell. */
	found(&b, &m);
	/* The variable says four. */
	anchor(&b, KHS_ANCHOR_PGTABLE_L5, AT_VARS + 16, 4);
	assert_int_equal(locate(&b, &place), KHS_ERR_NOTFOUND);
	put64(&b, m.pa + AT_VARS + 16, 1);
	assert_int_equal(locate(&b, &place), KHS_OK);
	assert_true(place.paging.l5);
	assert_int_equal(place.paging.pa_bits, 52);
	teardown(&b);
}

/* Pages of each size, address space of each size, and what the symbols say of it. */
static void aarch64(void **state)
{
	static const struct {
		unsigned int page_shift, levels, table_bits; /* as the tables have it */
		unsigned int built, actual, pa_bits;
		uint64_t pa;
	} cases[] = {
		{ 12, 4, 48, 48, 48, 48, 1 * GIB + 2 * MIB },
		{ 12, 5, 52, 52, 52, 52, 1 * GIB },
		{ 12, 4, 48, 52, 48, 48, 1 * GIB },
		{ 14, 4, 48, 48, 48, 48, 1 * GIB },
		{ 16, 3, 48, 48, 48, 48, 1 * GIB + 64 * KIB },
		{ 16, 3, 52, 52, 52, 48, 1 * GIB + 192 * KIB },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct made m = {
			.arch = KHS_ARCH_AARCH64, .pa = cases[i].pa, .moved = 64 * MIB + 64 * KIB,
			.build_id = OURS, .page_shift = cases[i].page_shift,
			.levels = cases[i].levels, .va_bits = cases[i].table_bits,
		};
		struct khs_place place;
		struct bench b;

		setup(&b, KHS_ARCH_AARCH64);
		if (cases[i].built == 52)
			anchor(&b, KHS_ANCHOR_CHECK_52BIT_VA, AT_STEXT, 0);
		b.image.anchors[KHS_ANCHOR_KERNEL_FLAGS] =
			(struct khs_anchor){ true, 8 | (m.page_shift - 10) / 2 << 1, 0 };
		lay(&b, &m);
		assert_int_equal(locate(&b, &place), KHS_OK);
		is_at(&place, &m);
		assert_int_equal(place.paging.va_built, cases[i].built);
		assert_int_equal(place.paging.va_actual, cases[i].actual);
		assert_int_equal(place.paging.pa_bits, cases[i].pa_bits);
		/* Without what a stripped symbol table has lost the tables have to do. */
		b.image.anchors[KHS_ANCHOR_KERNEL_FLAGS].known = false;
		assert_int_equal(locate(&b, &place), KHS_OK);
		is_at(&place, &m);
		teardown(&b);
	}
}

/* ---- whose it is ---------------------------------------------------------------------------- */

static void other_build(void **state)
{
	struct made m = x86;
	struct bench b;

	(void)state;
	m.build_id = "ff02030405060708090a0b0c0d0e0f1011121314";
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	not_found(&b, KHS_ERR_MISMATCH, m.build_id);
	not_found(&b, KHS_ERR_MISMATCH, OURS);
	b.kernel.opts.any_build_id = true;
	found(&b, &m);
	teardown(&b);
}

/* A kernel built without: then all of the banner counts. */
static void no_build_id(void **state)
{
	struct made m = x86;
	struct bench b;

	(void)state;
	m.build_id = NULL;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	not_found(&b, KHS_ERR_MISMATCH, "none");
	b.image.build_id[0] = '\0';
	found(&b, &m);
	b.image.banner[sizeof(BANNER) - 2] ^= 1;
	not_found(&b, KHS_ERR_MISMATCH, "none");
	b.image.banner[0] = '\0';
	not_found(&b, KHS_ERR_MISMATCH, "none");
	teardown(&b);
}

static void lacks_symbols(void **state)
{
	struct made m = x86;
	struct bench b;

	(void)state;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	b.image.anchors[KHS_ANCHOR_PHYS_BASE].known = false;
	not_found(&b, KHS_ERR_NODATA, "no symbol phys_base");
	teardown(&b);
}

/* ---- several -------------------------------------------------------------------------------- */

/* The one before is still there as it was when it left. */
static void one_before(void **state)
{
	struct made m = x86, before = x86;
	struct bench b;

	(void)state;
	before.pa = 16 * MIB;
	before.moved = 0;
	before.left = true;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &before);
	found(&b, &before);
	lay(&b, &m);
	found(&b, &m);
	teardown(&b);
	before.pa = 2 * GIB;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &before);
	lay(&b, &m);
	found(&b, &m);
	teardown(&b);
}

static void ambiguous(void **state)
{
	struct made m = x86, second = x86;
	struct bench b;

	(void)state;
	second.pa = 1 * GIB;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	lay(&b, &second);
	not_found(&b, KHS_ERR_CORRUPT, "2 copies");
	teardown(&b);
	m.left = second.left = true;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	lay(&b, &second);
	not_found(&b, KHS_ERR_CORRUPT, "2 copies");
	teardown(&b);
	setup(&b, KHS_ARCH_X86_64);
	m.left = false;
	for (int i = 0; i < 40; i++) {
		m.pa = (i + 1) * 16 * MIB;
		lay(&b, &m);
	}
	not_found(&b, KHS_ERR_CORRUPT, "40 copies");
	teardown(&b);
}

/* What a processor used decides, whatever the kernels say of themselves. */
static void in_use(void **state)
{
	struct made m = x86, second = x86;
	struct khs_place place;
	struct bench b;

	(void)state;
	second.pa = 1 * GIB;
	second.moved = 0;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	lay(&b, &second);
	/* One still in the firmware's hands, one in user space with page table isolation. */
	b.kernel.dump->nr_cr3 = 2;
	b.kernel.dump->cr3[0] = 0;
	b.kernel.dump->cr3[1] = (m.pa + AT_ROOT) | 0x1801;
	found(&b, &m);
	b.kernel.dump->cr3[1] = second.pa + AT_ROOT;
	found(&b, &second);
	/* Not so with tables that map neither. */
	b.kernel.dump->cr3[1] = second.pa + AT_BANNER;
	not_found(&b, KHS_ERR_CORRUPT, "2 copies");
	/* On its way out. */
	put64(&b, m.pa + AT_VARS + 8, 1);
	found(&b, &second);
	b.kernel.dump->cr3[0] = m.pa + AT_ROOT;
	assert_int_equal(locate(&b, &place), KHS_OK);
	is_at(&place, &m);
	teardown(&b);
}

/* An image that lies ready to be started, and one that is half overwritten. */
static void never_ran(void **state)
{
	struct made m = x86, idle = x86;
	struct bench b;

	(void)state;
	idle.pa = 16 * MIB;
	idle.no_tables = true;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &idle);
	not_found(&b, KHS_ERR_NOTFOUND, "no page tables map it");
	lay(&b, &m);
	found(&b, &m);
	/* Tables that map something else. */
	put64(&b, m.pa + AT_VARS, m.pa);
	not_found(&b, KHS_ERR_NOTFOUND, "no page tables map it");
	teardown(&b);
}

static void absent(void **state)
{
	struct made m = x86;
	struct bench b;

	(void)state;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	assert_true(khs_dump_memory_mark(b.kernel.dump, m.pa + AT_ROOT, 4096, KHS_EXCLUDED));
	not_found(&b, KHS_ERR_NOTFOUND, "but not the page tables");
	assert_true(khs_dump_memory_mark(b.kernel.dump, m.pa + AT_BANNER, 4096, KHS_MISSING));
	not_found(&b, KHS_ERR_NOTFOUND, "nowhere");
	teardown(&b);
}

/* Sizes in notes that lead out of them. */
static void damaged_notes(void **state)
{
	static const uint64_t words[] = {
		0xffffffffffffffff, 0x00000004fffffff0, 0x7fffffff00000004,
	};
	struct made m = x86;
	struct bench b;

	(void)state;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		put64(&b, m.pa + AT_NOTES, words[i]);
		not_found(&b, KHS_ERR_MISMATCH, "none");
	}
	anchor(&b, KHS_ANCHOR_STOP_NOTES, 0, 0);
	not_found(&b, KHS_ERR_MISMATCH, "none");
	teardown(&b);
}

static bool at_once(void *arg)
{
	(void)arg;
	return true;
}

static void stopped(void **state)
{
	struct made m = x86;
	struct bench b;

	(void)state;
	setup(&b, KHS_ARCH_X86_64);
	lay(&b, &m);
	b.kernel.opts.interrupted = at_once;
	not_found(&b, KHS_ERR_INTERRUPTED, "interrupted");
	teardown(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one),           cmocka_unit_test(five_levels),
		cmocka_unit_test(aarch64),       cmocka_unit_test(other_build),
		cmocka_unit_test(no_build_id),   cmocka_unit_test(lacks_symbols),
		cmocka_unit_test(one_before),    cmocka_unit_test(ambiguous),
		cmocka_unit_test(in_use),
		cmocka_unit_test(never_ran),     cmocka_unit_test(absent),
		cmocka_unit_test(damaged_notes), cmocka_unit_test(stopped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
