// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Tables as scripts/kallsyms.c writes them, in a memory dump: 7.x (offsets relative to themselves)
 * and before (relative to kallsyms_relative_base), sound and damaged.
 */
#include <stdlib.h>

#include "facts/facts.h"
#include "facts/kallsyms.h"
#include "flat.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define STEXT 0xffffffff81000000ULL
#define NUM_SYMS (FLAT_FREE + 0x0)
#define BASE (FLAT_FREE + 0x8)
#define NAMES (FLAT_FREE + 0x100)
#define TOKENS (FLAT_FREE + 0x8000)
#define INDEX (FLAT_FREE + 0x9000)
#define OFFSETS (FLAT_FREE + 0x9800)
#define END (FLAT_FREE + 0xa000)
#define VA(pa) (FLAT_BASE + (pa))

enum kind { PC, RELATIVE, PERCPU };

struct symbol {
	const char *name; /* with its type character */
	uint64_t addr;
};

#define LONG100 "0123456789012345678901234567890123456789012345678901234567890123456789" \
		"012345678901234567890123456789"

static const struct symbol symbols[] = {
	{ "A__per_cpu_start", 0 },
	{ "T_stext", STEXT },
	{ "t" LONG100 LONG100, STEXT + 0x10 },
	{ "dkho_in", STEXT + 0x100 },
	{ "tkho_out_not", STEXT + 0x200 },
	{ "bkho_out", STEXT + 0x1fff0000 },
	{ "dnode_data", STEXT + 0x300 }, /* a static one first ... */
	{ "Dnode_data", STEXT + 0x400 }, /* ... the global one is meant */
	{ "Dkho_bootmem", STEXT + 0x500 },
	{ "Dkho_scratch", STEXT + 0x600 },
	{ "d" LONG100 LONG100 LONG100 LONG100 LONG100 LONG100, STEXT },
	{ "bkho_enable", STEXT - 0x1000 },
	{ "dprb.llvm.1234567890123456789", STEXT + 0x700 }, /* by ThinLTO */
	{ "dprb_data.llvm.123", STEXT + 0x800 },
	{ "tkexec_image.cold", STEXT + 0x900 },
};

struct table {
	struct flat f;
	enum kind kind;
};

static void put(struct table *t, uint64_t pa, const void *bytes, size_t len)
{
	assert_true(khs_dump_memory_add(t->f.dump, pa, bytes, len));
}

static void put32(struct table *t, uint64_t pa, uint32_t value)
{
	put(t, pa, &value, 4);
}

/* Token n is character n; above 127 there are a few longer ones. */
static void put_tokens(struct table *t)
{
	static const char *const longer[] = { "kho_", "node", "_data", "0123456789" };
	uint16_t index[256];
	char text[1024];
	size_t len = 0;

	memset(text, 0, sizeof(text));
	for (size_t i = 0; i < 256; i++) {
		index[i] = len;
		if (i < 128)
			text[len] = i;
		else if (i < 128 + ARRAY_SIZE(longer))
			strcpy(text + len, longer[i - 128]);
		len += strlen(text + len) + 1;
	}
	put(t, TOKENS, text, len);
	/* What lies between table and index belongs to the table as far as can be told. */
	put(t, INDEX, index, sizeof(index));
}

static uint8_t *compress(const char *name, uint8_t *to)
{
	static const char *const longer[] = { "kho_", "node", "_data", "0123456789" };

	while (*name) {
		size_t i;

		for (i = 0; i < ARRAY_SIZE(longer); i++) {
			if (!strncmp(name, longer[i], strlen(longer[i])))
				break;
		}
		if (i < ARRAY_SIZE(longer)) {
			*to++ = 128 + i;
			name += strlen(longer[i]);
		} else {
			*to++ = *name++;
		}
	}
	return to;
}

static void put_names(struct table *t)
{
	static uint8_t names[0x2000];
	uint8_t *to = names, packed[1024];

	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
		size_t len = compress(symbols[i].name, packed) - packed;

		/* Uncompressed, so that a length takes two bytes. */
		if (i == 2) {
			len = strlen(symbols[i].name);
			memcpy(packed, symbols[i].name, len);
		}
		*to++ = len > 127 ? (len & 127) | 128 : len;
		if (len > 127)
			*to++ = len >> 7;
		memcpy(to, packed, len);
		to += len;
	}
	put(t, NAMES, names, to - names);
}

static uint32_t word(const struct table *t, size_t i)
{
	uint64_t addr = symbols[i].addr;

	if (t->kind == PC)
		return addr - VA(OFFSETS + 4 * i);
	/* Absolute symbols keep their value, others count down from the base. */
	if (t->kind == PERCPU)
		return i ? (STEXT - 0x1000) - 1 - addr : addr;
	return i ? addr - (STEXT - 0x1000) : 0;
}

static void open_table(struct table *t, enum kind kind, uint64_t stext)
{
	uint64_t base = STEXT - 0x1000;
	char text[1024];

	snprintf(text, sizeof(text),
		 "SYMBOL(_stext)=%llx\nSYMBOL(kallsyms_names)=%llx\nSYMBOL(kallsyms_num_syms)=%llx\n"
		 "SYMBOL(kallsyms_token_table)=%llx\nSYMBOL(kallsyms_token_index)=%llx\n"
		 "SYMBOL(kallsyms_offsets)=%llx\n", (unsigned long long)stext, VA(NAMES),
		 VA(NUM_SYMS), VA(TOKENS), VA(INDEX), VA(OFFSETS));
	if (kind != PC)
		sprintf(text + strlen(text), "SYMBOL(kallsyms_relative_base)=%llx\n", VA(BASE));
	t->kind = kind;
	flat_open(&t->f, text);
	assert_true(khs_dump_memory_zero(t->f.dump, FLAT_FREE, END - FLAT_FREE));
	put32(t, NUM_SYMS, ARRAY_SIZE(symbols));
	put(t, BASE, &base, 8);
	put_names(t);
	put_tokens(t);
	for (size_t i = 0; i < ARRAY_SIZE(symbols); i++)
		put32(t, OFFSETS + 4 * i, word(t, i));
}

static struct khs_error *run(struct table *t, struct khs_facts *facts)
{
	memset(facts, 0, sizeof(*facts));
	return khs_facts_from_kallsyms(facts, t->f.vm, t->f.vmci);
}

static void expect_error(struct table *t, enum khs_code code)
{
	struct khs_facts facts;

	assert_code(run(t, &facts), code);
	for (size_t i = 0; i < KHS_NR_NEEDS; i++)
		assert_false(facts.v[i].known);
	flat_close(&t->f);
}

static void expect_symbols(enum kind kind)
{
	static const struct {
		enum khs_need_id id;
		uint64_t addr;
	} want[] = {
		{ KHS_SYM_KHO_IN, STEXT + 0x100 },
		{ KHS_SYM_KHO_OUT, STEXT + 0x1fff0000 },
		{ KHS_SYM_NODE_DATA, STEXT + 0x400 },
		{ KHS_SYM_KHO_SCRATCH, STEXT + 0x600 },
		{ KHS_SYM_KHO_ENABLE, STEXT - 0x1000 },
		{ KHS_SYM_PRB, STEXT + 0x700 },
	};
	struct khs_facts facts;
	struct table t;

	open_table(&t, kind, STEXT);
	assert_ok(run(&t, &facts));
	for (size_t i = 0; i < ARRAY_SIZE(want); i++) {
		assert_true(khs_known(&facts, want[i].id));
		assert_int_equal(khs_fact(&facts, want[i].id), want[i].addr);
		assert_string_equal(facts.v[want[i].id].source, "kallsyms");
	}
	assert_false(khs_known(&facts, KHS_SYM_MEMBLOCK));
	assert_false(khs_known(&facts, KHS_SYM_KEXEC_IMAGE));
	flat_close(&t.f);
}

static void test_pc_relative(void **state)
{
	(void)state;
	expect_symbols(PC);
}

static void test_base_relative(void **state)
{
	(void)state;
	expect_symbols(RELATIVE);
}

static void test_percpu_absolute(void **state)
{
	(void)state;
	expect_symbols(PERCPU);
}

static void test_wrong_stext(void **state)
{
	struct table t;

	(void)state;
	for (enum kind kind = PC; kind <= PERCPU; kind++) {
		open_table(&t, kind, STEXT + 0x200000);
		expect_error(&t, KHS_ERR_CORRUPT);
	}
}

static void test_no_tables(void **state)
{
	struct table t;

	(void)state;
	flat_open(&t.f, "SYMBOL(_stext)=ffffffff81000000\n");
	expect_error(&t, KHS_ERR_NOTFOUND);
}

static void test_counts(void **state)
{
	static const uint32_t counts[] = { 0, 0xffffffff, 1u << 23 };
	struct table t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		open_table(&t, PC, STEXT);
		put32(&t, NUM_SYMS, counts[i]);
		expect_error(&t, KHS_ERR_CORRUPT);
	}
	/* More names than there are: zero bytes follow, and no name is empty. */
	open_table(&t, PC, STEXT);
	put32(&t, NUM_SYMS, 1u << 20);
	expect_error(&t, KHS_ERR_CORRUPT);
}

static void test_tokens(void **state)
{
	uint8_t ff[512];
	struct khs_facts facts;
	struct table t;

	(void)state;
	memset(ff, 0xff, sizeof(ff));
	open_table(&t, PC, STEXT);
	put(&t, INDEX, ff, sizeof(ff));
	expect_error(&t, KHS_ERR_CORRUPT);
	/* A table without an end is as long as the index leaves room. */
	open_table(&t, PC, STEXT);
	for (uint64_t pa = TOKENS; pa < INDEX; pa += sizeof(ff))
		put(&t, pa, ff, sizeof(ff));
	khs_error_free(run(&t, &facts));
	flat_close(&t.f);
}

static void test_absent(void **state)
{
	static const uint64_t at[] = { NUM_SYMS, NAMES, TOKENS, INDEX, OFFSETS + 4 };
	struct table t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
		open_table(&t, PC, STEXT);
		assert_true(khs_dump_memory_mark(t.f.dump, at[i], 4, KHS_EXCLUDED));
		expect_error(&t, KHS_ERR_NODATA);
	}
	open_table(&t, PC, STEXT);
	assert_true(khs_dump_memory_mark(t.f.dump, NAMES + 50, 1, KHS_MISSING));
	expect_error(&t, KHS_ERR_NODATA);
}

/* Any bytes at all: an error or an answer, and an end. */
static void test_garbage(void **state)
{
	(void)state;
	srandom(7);
	for (int round = 0; round < 300; round++) {
		struct khs_facts facts;
		struct table t;

		open_table(&t, round % 3, STEXT);
		for (int i = 0; i < 1 << (round % 8); i++) {
			uint8_t byte = random();

			put(&t, FLAT_FREE + random() % (END - FLAT_FREE), &byte, 1);
		}
		khs_error_free(run(&t, &facts));
		flat_close(&t.f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pc_relative),
		cmocka_unit_test(test_base_relative),
		cmocka_unit_test(test_percpu_absolute),
		cmocka_unit_test(test_wrong_stext),
		cmocka_unit_test(test_no_tables),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_tokens),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
