// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Page tables of both architectures, built by hand in a memory dump. The shapes are written down
 * here from the architecture manuals, not taken from the code under test.
 */
#include <stdlib.h>

#include "flat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define POOL 0x100000ULL
#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

/* How the tables of a case look. */
struct shape {
	const char *name;
	const char *vmcoreinfo;
	unsigned int page_shift;
	unsigned int levels;
	unsigned int index_bits; /* of virtual addresses, as the tables see them */
	uint64_t root;
	uint64_t first; /* lowest kernel address */
	enum khs_arch arch;
	uint64_t table, page, block; /* bits of an entry besides its address */
	uint64_t high_from;          /* lowest physical address bit that is moved, 0: none is */
	unsigned int high_to;        /* where it stands */
};

#define X86_INFO "PAGESIZE=4096\nNUMBER(phys_base)=-33488896\nSYMBOL(init_top_pgt)=ffffffff82000000\n"
#define ARM_INFO "SYMBOL(swapper_pg_dir)=ffff800082000000\nNUMBER(kimage_voffset)=0xffff800081f00000\n"
/* A leaf with everything set that is no address: NX, protection key, PAT, global, dirty, ... */
#define X86_LEAF 0xf800000000000f67ULL
#define ARM_LEAF 0x0040000000000f00ULL

static const struct shape shapes[] = {
	{ "x86_64, 4 levels", X86_INFO "NUMBER(pgtable_l5_enabled)=0\n", 12, 4, 48, 0x10000,
	  0xffff800000000000, KHS_ARCH_X86_64, 0x63, X86_LEAF, X86_LEAF | 0x1080, 0, 0 },
	{ "x86_64, 5 levels", X86_INFO "NUMBER(pgtable_l5_enabled)=1\n", 12, 5, 57, 0x10000,
	  0xff00000000000000, KHS_ARCH_X86_64, 0x63, X86_LEAF, X86_LEAF | 0x1080, 0, 0 },
	{ "x86_64, memory encryption", X86_INFO "NUMBER(sme_mask)=140737488355328\n", 12, 4, 48,
	  0x10000, 0xffff800000000000, KHS_ARCH_X86_64, 0x63 | 1ULL << 47, X86_LEAF | 1ULL << 47,
	  X86_LEAF | 0x1080 | 1ULL << 47, 0, 0 },
	{ "aarch64, 4K, 48 bits",
	  ARM_INFO "PAGESIZE=4096\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=48\n",
	  12, 4, 48, 0x100000, 0xffff000000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  0, 0 },
	{ "aarch64, 4K, 39 bits, no T1SZ", ARM_INFO "PAGESIZE=4096\nNUMBER(VA_BITS)=39\n", 12, 3, 39,
	  0x100000, 0xffffff8000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1, 0, 0 },
	{ "aarch64, 4K, 52 bits (LPA2)",
	  ARM_INFO "PAGESIZE=4096\nNUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0xc\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=52\n",
	  12, 5, 52, 0x100000, 0xfff0000000000000, KHS_ARCH_AARCH64, 3,
	  0x0040000000000c03, 0x0040000000000c01, 1ULL << 50, 8 },
	{ "aarch64, 4K, built for 52 bits, running with 48",
	  ARM_INFO "PAGESIZE=4096\nNUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=52\n",
	  12, 4, 48, 0x100000, 0xffff000000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  0, 0 },
	{ "aarch64, 16K, 48 bits",
	  ARM_INFO "PAGESIZE=16384\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n",
	  14, 4, 48, 0x100000, 0xffff000000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  0, 0 },
	{ "aarch64, 16K, built for 52 bits, running with 47",
	  ARM_INFO "PAGESIZE=16384\nNUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x11\n",
	  14, 3, 47, 0x100000, 0xffff800000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  0, 0 },
	{ "aarch64, 16K, 52 bits (LPA2)",
	  ARM_INFO "PAGESIZE=16384\nNUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0xc\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=52\n",
	  14, 4, 52, 0x100000, 0xfff0000000000000, KHS_ARCH_AARCH64, 3,
	  0x0040000000000c03, 0x0040000000000c01, 1ULL << 50, 8 },
	{ "aarch64, 64K, 48 bits",
	  ARM_INFO "PAGESIZE=65536\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=48\n",
	  16, 3, 48, 0x100000, 0xffff000000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  0, 0 },
	{ "aarch64, 64K, 52 bits",
	  ARM_INFO "PAGESIZE=65536\nNUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0xc\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=52\n",
	  16, 3, 52, 0x100000, 0xfff0000000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  1ULL << 48, 12 },
	{ "aarch64, 64K, built for 52 bits, running with 48",
	  ARM_INFO "PAGESIZE=65536\nNUMBER(VA_BITS)=52\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=52\n",
	  16, 3, 52, 0x100000, 0xffff000000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  1ULL << 48, 12 },
	/* test_arm_reserved() names those above by number. */
	{ "aarch64, 16K, 36 bits", ARM_INFO "PAGESIZE=16384\nNUMBER(VA_BITS)=36\n", 14, 2, 36,
	  0x100000, 0xfffffff000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1, 0, 0 },
	{ "aarch64, 16K, 47 bits",
	  ARM_INFO "PAGESIZE=16384\nNUMBER(VA_BITS)=47\nNUMBER(TCR_EL1_T1SZ)=0x11\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=48\n",
	  14, 3, 47, 0x100000, 0xffff800000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  0, 0 },
	{ "aarch64, 64K, 42 bits",
	  ARM_INFO "PAGESIZE=65536\nNUMBER(VA_BITS)=42\nNUMBER(TCR_EL1_T1SZ)=0x16\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=48\n",
	  16, 2, 42, 0x100000, 0xfffffc0000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  0, 0 },
	{ "aarch64, 64K, 48 bits of virtual, 52 of physical addresses",
	  ARM_INFO "PAGESIZE=65536\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=52\n",
	  16, 3, 48, 0x100000, 0xffff000000000000, KHS_ARCH_AARCH64, 3, ARM_LEAF | 3, ARM_LEAF | 1,
	  1ULL << 48, 12 },
	{ "aarch64, 4K, 48 bits, entries with address bits of no use",
	  ARM_INFO "PAGESIZE=4096\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0x10\n"
		   "NUMBER(MAX_PHYSMEM_BITS)=48\n",
	  12, 4, 48, 0x100000, 0xffff000000000000, KHS_ARCH_AARCH64, 0xf800000000000003,
	  0xffff000000000f03, 0xffff000000000f01, 0, 0 },
};

struct tables {
	const struct shape *s;
	struct khs_dump *dump;
	struct khs_vmcoreinfo *vmci;
	struct khs_vm *vm;
	uint64_t pool; /* next free table page */
};

static uint64_t page_size(const struct tables *t)
{
	return 1ULL << t->s->page_shift;
}

static unsigned int shift_of(const struct tables *t, unsigned int level)
{
	return t->s->page_shift + level * (t->s->page_shift - 3);
}

static uint64_t size_of(const struct tables *t, unsigned int level)
{
	return 1ULL << shift_of(t, level);
}

static uint64_t encode(const struct shape *s, uint64_t pa)
{
	uint64_t low = s->high_from ? pa & (s->high_from - 1) : pa;

	return low | (s->high_from ? pa / s->high_from << s->high_to : 0);
}

static uint64_t new_table(struct tables *t)
{
	uint64_t pa = t->pool;

	t->pool += page_size(t);
	assert_true(khs_dump_memory_zero(t->dump, pa, page_size(t)));
	return pa;
}

/* Where the entry of @level for @va stands; tables above it are made. */
static uint64_t entry_at(struct tables *t, uint64_t va, unsigned int level)
{
	uint64_t table = t->s->root;

	for (unsigned int l = t->s->levels - 1;; l--) {
		bool top = l == t->s->levels - 1;
		unsigned int bits = top ? t->s->index_bits - shift_of(t, l) : t->s->page_shift - 3;
		uint64_t at = table + 8 * (va >> shift_of(t, l) & ((1ULL << bits) - 1));
		uint64_t entry;

		if (l == level)
			return at;
		assert_int_equal(khs_dump_read_all(t->dump, at, &entry, 8), KHS_PRESENT);
		if (!entry) {
			table = new_table(t);
			entry = encode(t->s, table) | t->s->table;
			assert_true(khs_dump_memory_add(t->dump, at, &entry, 8));
		} else {
			/* Tables are below 4 GiB, so no address bit of theirs is moved. */
			table = entry & 0xffffffff & -page_size(t);
		}
	}
}

static void put_raw(struct tables *t, uint64_t va, unsigned int level, uint64_t entry)
{
	assert_true(khs_dump_memory_add(t->dump, entry_at(t, va, level), &entry, 8));
}

static void put(struct tables *t, uint64_t va, unsigned int level, uint64_t pa)
{
	put_raw(t, va, level, encode(t->s, pa) | (level ? t->s->block : t->s->page));
}

static void setup(struct tables *t, const struct shape *s)
{
	*t = (struct tables){ .s = s, .pool = s->root };
	t->dump = khs_dump_memory_new();
	assert_non_null(t->dump);
	new_table(t);
	t->pool = 2 * POOL;
}

static void start(struct tables *t)
{
	assert_ok(khs_vmcoreinfo_parse(t->s->vmcoreinfo, strlen(t->s->vmcoreinfo), &t->vmci));
	assert_ok(khs_vm_new(t->dump, t->vmci, &t->vm));
	assert_int_equal(khs_vm_arch(t->vm), t->s->arch);
	assert_int_equal(khs_vm_page_shift(t->vm), t->s->page_shift);
}

static void stop(struct tables *t)
{
	khs_vm_free(t->vm);
	khs_vmcoreinfo_free(t->vmci);
	khs_dump_close(t->dump);
}

static void expect(struct tables *t, uint64_t va, uint64_t pa, uint64_t run)
{
	uint64_t got_pa = 0, got_run = 0;

	assert_int_equal(khs_vm_translate(t->vm, va, &got_pa, &got_run), KHS_PRESENT);
	assert_int_equal(got_pa, pa);
	assert_int_equal(got_run, run);
}

static void expect_not(struct tables *t, uint64_t va, enum khs_presence why, uint64_t run)
{
	uint64_t pa, got = 0;

	assert_int_equal(khs_vm_translate(t->vm, va, &pa, &got), why);
	assert_int_equal(got, run);
}

/* An address whose index is in the middle of the table on every level but the root. */
static uint64_t middle(const struct tables *t, unsigned int levels)
{
	uint64_t va = t->s->first;

	for (unsigned int level = 0; level < levels; level++)
		va |= size_of(t, level) << (t->s->page_shift - 4);
	return va | t->s->first;
}

static void check_pages(const struct shape *s)
{
	struct tables t;
	uint64_t va, page, pa = 0x12340000;

	setup(&t, s);
	page = page_size(&t);
	va = middle(&t, s->levels - 1);
	/* Three in a row, a fourth elsewhere, a hole, and one more. */
	put(&t, va, 0, pa);
	put(&t, va + page, 0, pa + page);
	put(&t, va + 2 * page, 0, pa + 2 * page);
	put(&t, va + 3 * page, 0, pa);
	put(&t, va + 6 * page, 0, pa);
	start(&t);
	expect(&t, va, pa, 3 * page);
	expect(&t, va + 1, pa + 1, 3 * page - 1);
	expect(&t, va + 3 * page - 1, pa + 3 * page - 1, 1);
	expect(&t, va + 3 * page, pa, page);
	expect_not(&t, va + 4 * page, KHS_UNMAPPED, 2 * page);
	expect_not(&t, va + 5 * page + 7, KHS_UNMAPPED, page - 7);
	expect(&t, va + 6 * page + 5, pa + 5, page - 5);
	expect(&t, va + page + 5, pa + page + 5, 2 * page - 5);
	stop(&t);
}

static void check_blocks(const struct shape *s)
{
	struct tables t;
	uint64_t va, size, pa;

	setup(&t, s);
	size = size_of(&t, 1);
	va = middle(&t, s->levels - 1) & -size;
	pa = 6 * size;
	put(&t, va, 1, pa);
	put(&t, va + size, 1, pa + size);
	start(&t);
	expect(&t, va + 0x123, pa + 0x123, 2 * size - 0x123);
	expect(&t, va + size + 0x123, pa + size + 0x123, size - 0x123);
	expect_not(&t, va - size, KHS_UNMAPPED, size);
	stop(&t);
}

/* Physical addresses above the bits that stay where they are. */
static void check_high(const struct shape *s)
{
	struct tables t;
	uint64_t va, pa;

	if (!s->high_from)
		return;
	setup(&t, s);
	va = middle(&t, s->levels - 1);
	for (pa = s->high_from; pa < 1ULL << 52; pa += s->high_from)
		put(&t, va + pa / s->high_from * page_size(&t), 0, pa + 0x5550000);
	put(&t, va & -size_of(&t, 2), 2, 3 * s->high_from);
	put(&t, va + size_of(&t, 1), 1, 1ULL << 51);
	start(&t);
	/* Above the block of level 2 the rest of the walk is gone: look at it in a second dump. */
	expect(&t, va, 3 * s->high_from + (va & (size_of(&t, 2) - 1)),
	       size_of(&t, 2) - (va & (size_of(&t, 2) - 1)));
	stop(&t);
	setup(&t, s);
	for (pa = s->high_from; pa < 1ULL << 52; pa += s->high_from)
		put(&t, va + pa / s->high_from * page_size(&t), 0, pa + 0x5550000);
	put(&t, va + size_of(&t, 1), 1, 1ULL << 51);
	start(&t);
	for (pa = s->high_from; pa < 1ULL << 52; pa += s->high_from)
		expect(&t, va + pa / s->high_from * page_size(&t), pa + 0x5550000, page_size(&t));
	expect(&t, (va + size_of(&t, 1)) & -size_of(&t, 1), 1ULL << 51, size_of(&t, 1));
	stop(&t);
}

static void check_ends(const struct shape *s)
{
	struct tables t;
	uint64_t page, last;
	uint8_t buf[4];
	size_t done;

	setup(&t, s);
	page = page_size(&t);
	last = -page;
	put(&t, last, 0, 0x770000);
	put(&t, s->first, 0, 0x880000);
	assert_true(khs_dump_memory_add(t.dump, 0x770000 + page - 2, "xy", 2));
	start(&t);
	expect(&t, last, 0x770000, page);
	expect(&t, UINT64_MAX, 0x770000 + page - 1, 1);
	expect(&t, s->first, 0x880000, page);
	expect_not(&t, 0, KHS_UNMAPPED, s->first);
	expect_not(&t, s->first - 1, KHS_UNMAPPED, 1);
	expect_not(&t, 0x8000000000000000, KHS_UNMAPPED, s->first - 0x8000000000000000);
	expect_not(&t, last - 1, KHS_UNMAPPED, 1);
	/* The end of the address space is no way to its beginning. */
	assert_int_equal(khs_vm_read(t.vm, UINT64_MAX - 1, buf, sizeof(buf), &done), KHS_UNMAPPED);
	assert_int_equal(done, 2);
	assert_memory_equal(buf, "xy", 2);
	stop(&t);
}

static void check_empty(const struct shape *s)
{
	struct tables t;

	setup(&t, s);
	start(&t);
	expect_not(&t, s->first, KHS_UNMAPPED, -s->first);
	expect_not(&t, s->first + 0x1234567, KHS_UNMAPPED, -s->first - 0x1234567);
	stop(&t);
}

static void check_absent_table(const struct shape *s)
{
	static const enum khs_presence answers[] = { KHS_EXCLUDED, KHS_MISSING, KHS_NORAM };

	for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
		struct tables t;
		uint64_t va, size;

		setup(&t, s);
		va = middle(&t, s->levels - 1);
		size = size_of(&t, 1);
		put(&t, va, 0, 0x990000);
		put(&t, va + size, 0, 0x990000);
		assert_true(khs_dump_memory_mark(t.dump, entry_at(&t, va, 0) & -page_size(&t),
						 page_size(&t), answers[i]));
		start(&t);
		expect_not(&t, va, answers[i], size - (va & (size - 1)));
		expect_not(&t, va + 5, answers[i], size - (va & (size - 1)) - 5);
		expect(&t, va + size, 0x990000, page_size(&t));
		stop(&t);
	}
}

/* Every entry of the root is the root: each walk goes round as often as there are levels. */
static void check_loop(const struct shape *s)
{
	uint64_t pa, run, entry = encode(s, s->root) | s->table;
	struct tables t;

	setup(&t, s);
	for (uint64_t off = 0; off < page_size(&t); off += 8)
		assert_true(khs_dump_memory_add(t.dump, s->root + off, &entry, 8));
	start(&t);
	assert_int_equal(khs_vm_translate(t.vm, s->first, &pa, &run), KHS_PRESENT);
	assert_int_equal(pa, s->root);
	assert_int_not_equal(run, 0);
	stop(&t);
}

static void check_read(const struct shape *s)
{
	uint8_t want[300], got[300];
	struct tables t;
	uint64_t va, page;
	size_t done;

	for (size_t i = 0; i < sizeof(want); i++)
		want[i] = i;
	setup(&t, s);
	page = page_size(&t);
	va = middle(&t, s->levels - 1);
	put(&t, va, 0, 0x330000);
	put(&t, va + page, 0, 0x110000);
	assert_true(khs_dump_memory_add(t.dump, 0x330000 + page - 100, want, 100));
	assert_true(khs_dump_memory_add(t.dump, 0x110000, want + 100, 150));
	start(&t);
	assert_int_equal(khs_vm_read(t.vm, va + page - 100, got, 250, &done), KHS_PRESENT);
	assert_int_equal(done, 250);
	assert_memory_equal(got, want, 250);
	assert_int_equal(khs_vm_read(t.vm, va + page - 100, got, 300, &done), KHS_NORAM);
	assert_int_equal(done, 250);
	assert_int_equal(khs_vm_read(t.vm, va, got, 0, &done), KHS_PRESENT);
	assert_int_equal(done, 0);
	assert_int_equal(khs_vm_read_all(t.vm, va + 2 * page, got, 1), KHS_UNMAPPED);
	stop(&t);
}

/* Random bytes for tables: any answer will do, as long as there is one. */
static void check_garbage(const struct shape *s)
{
	struct tables t;
	uint64_t pa, run;

	srandom(1);
	setup(&t, s);
	t.pool = s->root;
	for (int i = 0; i < 8; i++) {
		uint64_t table = new_table(&t);

		for (uint64_t off = 0; off < page_size(&t); off += 8) {
			uint64_t entry = (uint64_t)random() << 33 ^ random();

			/* Half of them point at each other. */
			if (entry & 16)
				entry = (s->root + (entry >> 8 & 7) * page_size(&t)) | s->table;
			assert_non_null(memcpy(khs_dump_memory_at(t.dump, table + off, 8), &entry, 8));
		}
	}
	start(&t);
	for (int i = 0; i < 20000; i++) {
		uint64_t va = ((uint64_t)random() << 33 ^ random()) | s->first;
		enum khs_presence why = khs_vm_translate(t.vm, va, &pa, &run);

		assert_true(why <= KHS_UNMAPPED);
		assert_true(run);
		assert_true(run - 1 <= UINT64_MAX - va);
	}
	stop(&t);
}

static void each(void (*check)(const struct shape *s))
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		check(&shapes[i]);
}

#define TEST(name)                          \
	static void test_##name(void **state) \
	{                                   \
		(void)state;                \
		each(check_##name);         \
	}

TEST(pages)
TEST(blocks)
TEST(high)
TEST(ends)
TEST(empty)
TEST(absent_table)
TEST(loop)
TEST(read)
TEST(garbage)

/* Gigabyte leaves of x86_64, and entries no processor takes. */
static void test_x86_large(void **state)
{
	const struct shape *s = &shapes[0];
	struct tables t;

	(void)state;
	setup(&t, s);
	put(&t, 0xffff888000000000, 2, 5 * GIB);
	put(&t, 0xffff888040000000, 2, 6 * GIB);
	put(&t, 0xffff888080000000, 2, 2 * GIB);
	/* PSE is reserved in a PML4 entry. */
	put(&t, 0xffff900000000000, 3, 0);
	start(&t);
	expect(&t, 0xffff888000000000 + 0x123456, 5 * GIB + 0x123456, 2 * GIB - 0x123456);
	expect(&t, 0xffff888080000000, 2 * GIB, GIB);
	expect_not(&t, 0xffff900000000000, KHS_UNMAPPED, 1ULL << 46 | (1ULL << 45 | 1ULL << 44));
	stop(&t);
}

/* vmemmap: 512 leaves of 2 MiB are one run. */
static void test_long_run(void **state)
{
	struct tables t;

	(void)state;
	setup(&t, &shapes[0]);
	for (uint64_t i = 0; i < 512; i++)
		put(&t, 0xffffea0000000000 + i * 2 * MIB, 1, GIB + i * 2 * MIB);
	start(&t);
	expect(&t, 0xffffea0000000000, GIB, GIB);
	expect(&t, 0xffffea0000000040, GIB + 0x40, GIB - 0x40);
	stop(&t);
}

/* Reserved on arm64: 01 in a page entry, and blocks above where the granule has them. */
static void test_arm_reserved(void **state)
{
	static const struct {
		size_t shape;
		unsigned int level;
		bool ok;
	} cases[] = {
		{ 3, 1, true }, { 3, 2, true },  { 3, 3, false }, /* 4K, 48 bits */
		{ 5, 3, true }, { 5, 4, false },                  /* 4K, LPA2 */
		{ 7, 1, true }, { 7, 2, false },                  /* 16K */
		{ 9, 2, true }, { 9, 3, false },                  /* 16K, LPA2 */
		{ 10, 1, true }, { 10, 2, false },                /* 64K, 48 bits */
		{ 11, 2, true },                                  /* 64K, 52 bits */
	};
	uint64_t pa, run;
	struct tables t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct shape *s = &shapes[cases[i].shape];

		setup(&t, s);
		put(&t, s->first, cases[i].level, 0);
		start(&t);
		assert_int_equal(khs_vm_translate(t.vm, s->first, &pa, &run),
				 cases[i].ok ? KHS_PRESENT : KHS_UNMAPPED);
		stop(&t);
	}
	setup(&t, &shapes[3]);
	put_raw(&t, shapes[3].first, 0, 0x12340000 | 1);
	start(&t);
	assert_int_equal(khs_vm_translate(t.vm, shapes[3].first, &pa, &run), KHS_UNMAPPED);
	stop(&t);
}

static void test_errors(void **state)
{
	static const struct {
		const char *text;
		enum khs_code code;
	} cases[] = {
		{ "PAGESIZE=4096\n", KHS_ERR_UNSUPPORTED },
		{ "PAGESIZE=4096\nNUMBER(VA_BITS)=48\n", KHS_ERR_UNSUPPORTED },
		{ "NUMBER(phys_base)=0\n", KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(phys_base)=0\n", KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(phys_base)=x\nSYMBOL(init_top_pgt)=ffffffff80001000\n",
		  KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(phys_base)=0\nSYMBOL(init_top_pgt)=1000\n",
		  KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(phys_base)=0\nSYMBOL(init_top_pgt)=ffffffff80001008\n",
		  KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(phys_base)=-99999999999\n"
		  "SYMBOL(init_top_pgt)=ffffffff80001000\n", KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(phys_base)=0\nSYMBOL(init_top_pgt)=ffffffff80009000\n",
		  KHS_ERR_FORMAT },
		{ "PAGESIZE=0\n" ARM_INFO, KHS_ERR_FORMAT },
		{ "PAGESIZE=-4096\n" ARM_INFO, KHS_ERR_FORMAT },
		{ "PAGESIZE=5000\n" ARM_INFO, KHS_ERR_FORMAT },
		{ "PAGESIZE=8192\nNUMBER(VA_BITS)=48\n" ARM_INFO, KHS_ERR_FORMAT },
		{ "PAGESIZE=1099511627776\n" ARM_INFO, KHS_ERR_FORMAT },
		{ "PAGESIZE=16384\nNUMBER(phys_base)=0\nSYMBOL(init_top_pgt)=ffffffff80001000\n",
		  KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\n" ARM_INFO, KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(VA_BITS)=64\n" ARM_INFO, KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(VA_BITS)=-9223372036854775808\n" ARM_INFO,
		  KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0xc\n" ARM_INFO,
		  KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(VA_BITS)=48\nNUMBER(TCR_EL1_T1SZ)=0xffffffffffffffff\n"
		  ARM_INFO, KHS_ERR_FORMAT },
		{ "PAGESIZE=4096\nNUMBER(VA_BITS)=48\nSYMBOL(swapper_pg_dir)=ffff800082000000\n"
		  "NUMBER(kimage_voffset)=0\n", KHS_ERR_FORMAT },
	};
	struct khs_dump *dump = khs_dump_memory_new();

	(void)state;
	assert_non_null(dump);
	assert_true(khs_dump_memory_zero(dump, 0x1000, 0x1000));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct khs_vmcoreinfo *vmci;
		struct khs_vm *vm;

		assert_ok(khs_vmcoreinfo_parse(cases[i].text, strlen(cases[i].text), &vmci));
		assert_code(khs_vm_new(dump, vmci, &vm), cases[i].code);
		khs_vmcoreinfo_free(vmci);
	}
	khs_dump_close(dump);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(khs_arch_name(KHS_ARCH_X86_64), "x86_64");
	assert_string_equal(khs_arch_name(KHS_ARCH_AARCH64), "aarch64");
	assert_string_equal(khs_arch_name((enum khs_arch)77), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_high),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_absent_table),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_x86_large),
		cmocka_unit_test(test_long_run),
		cmocka_unit_test(test_arm_reserved),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
