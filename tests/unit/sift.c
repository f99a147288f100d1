// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fast test of the memory map (lib/kho/sift.h) against the decision table: of struct pages made
 * of whatever the members may hold, none that passes is anything but fine to the slow way. And that
 * enough passes for it to be fast.
 */
#include "kernel.h"

#include "kho/sift.h"
#include "model.h"

#define IN_BLOCK 0x2400ULL /* pending, of order 10 */
#define FOLIO 0x3000ULL    /* preserved for the next kernel, of order 9 */
#define LOOSE 0x3400ULL    /* the same, of order 6, of pages that stand alone */
#define ROUNDS 200000

static uint64_t random_state;

static uint64_t any(void)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return random_state >> 24;
}

static uint64_t one_of(const uint64_t *values, size_t n)
{
	return values[any() % n];
}

/* A value that @member may have in some kernel, or in none. */
static void mutate(struct tk *t, uint64_t pfn, struct tk_page *p)
{
	uint64_t self = tk_self(t, pfn);
	const uint64_t words[] = {
		0, 1, UINT64_MAX, self, self + 8, self - 64, self + 4096, self - (1ull << 30),
		TK_LIST_POISON1, TK_LIST_POISON2, TK_MAGIC, TK_MAGIC | 4, TK_MAGIC | 10, TK_MAGIC | 60,
		tk_page_va(t, pfn & ~0xfull) | 1, TK_IMAGE + TK_VARS, 0x1234,
	};
	const uint64_t counts[] = {
		0, 1, 2, UINT32_MAX, 0x7fffffff, 0x80000000, 0x3fffffff, 0x40000000, 0xefffffff,
		0xf0000000, 0xf5000000, 0xf8ffffff, 0xf9000000, 0xfffffffe,
	};
	const uint64_t flags[] = {
		0, UINT64_MAX, 1ull << TK_PG_RESERVED, 1ull << TK_PG_HEAD, 1ull << TK_PG_LRU,
		1ull << TK_PG_HWPOISON, tk_links(t, 0, 1), tk_links(t, 1, 0), tk_links(t, 0, 3),
	};

#define ONE_OF(values) one_of(values, sizeof(values) / sizeof((values)[0]))
	switch (any() % 9) {
	case 0: p->flags ^= ONE_OF(flags); break;
	case 1: p->flags = ONE_OF(flags); break;
	case 2: p->next = ONE_OF(words); break;
	case 3: p->prev = ONE_OF(words); break;
	case 4: p->next = p->prev = ONE_OF(words); break;
	case 5: p->private = ONE_OF(words); break;
	case 6: p->mapcount = ONE_OF(counts); break;
	case 7: p->refcount = ONE_OF(counts); break;
	case 8: p->mapping = p->memcg = p->index = any() & 1 ? ONE_OF(words) : 0; break;
	}
#undef ONE_OF
}

/* What the slow way makes of a page by itself, given the block it lies in. */
static enum khs_class slowly(const struct tk *t, const struct khs_judge *judge, uint64_t pfn,
			     const uint8_t *raw)
{
	if (t->knobs.handover && pfn > IN_BLOCK && pfn < IN_BLOCK + (1 << 10))
		return khs_judge_follower(judge, pfn, raw, IN_BLOCK, 10).class;
	return khs_judge_page(judge, pfn, raw).class;
}

static void try_page(struct tk *t, struct khs_sift *s, uint64_t pfn, unsigned int *passed)
{
	const struct tk_page before = tk_get(t, pfn);
	struct tk_page p = before;
	const uint8_t *raw = tk_raw(t, pfn);

	for (uint64_t n = any() % 4; n; n--)
		mutate(t, pfn, &p);
	tk_put(t, pfn, &p);
	khs_sift_begin(s, t->k->kernel.vm, pfn);
	if (khs_sift(s, pfn, 1, raw)) {
		++*passed;
		assert_int_equal(slowly(t, &s->judge, pfn, raw), KHS_C_FINE);
		/* census.c:check_preserved() has nothing to do with it, either. */
		if (khs_extents_find(&t->k->kho.out_pages, pfn) && !p.refcount)
			assert_true(p.next & 1 && p.mapcount == UINT32_MAX && pfn != FOLIO &&
				    pfn != LOOSE);
	}
	tk_put(t, pfn, &before);
}

static void try_pages(struct tk *t)
{
	static const uint64_t places[] = { 0, 0x9f, 0x100, IN_BLOCK, FOLIO, LOOSE, TK_END - 0x200 };
	unsigned int passed = 0;
	struct khs_sift s;

	tk_pending(t, IN_BLOCK, 10);
	tk_restore_folio(t, FOLIO, 9, false);
	tk_preserve(t, FOLIO, 9);
	for (uint64_t i = 0; i < 1 << 6; i++)
		tk_allocate(t, LOOSE + i);
	tk_preserve(t, LOOSE, 6);
	tk_set_noinit(t, 0, IN_BLOCK, IN_BLOCK + (1 << 10));
	tk_open(t);
	assert_true(t->k->have_mem);
	assert_true(t->k->kho.out_pages.n);
	khs_sift_init(&s, &t->k->mem, &t->k->kho);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t pfn = places[any() % (sizeof(places) / sizeof(places[0]))] + any() % 0x200;

		if (!(any() % 8))
			pfn = any() % TK_END;
		try_page(t, &s, pfn, &passed);
	}
	/* One in four is as it was. */
	assert_in_range(passed, ROUNDS / 5, ROUNDS);
}

static void after_handover(void **state)
{
	random_state = 1;
	try_pages(*state);
}

static void after_cold_boot(void **state)
{
	random_state = 2;
	try_pages(*state);
}

/* Nobody knows which node the memory is of. */
static void without_nodes(void **state)
{
	struct tk *t = *state;

	random_state = 3;
	tk_forget(t, KHS_ASK_SYMBOL, NULL, "memblock");
	tk_forget(t, KHS_ASK_SYMBOL, NULL, "numa_meminfo");
	try_pages(t);
}

/* A healthy memory map passes as a whole, but for what begins a preservation. */
static void little_is_left(void **state)
{
	struct tk *t = *state;
	struct khs_sift s;
	uint64_t left = 0;

	tk_pending(t, IN_BLOCK, 10);
	tk_restore_folio(t, FOLIO, 9, true);
	tk_preserve(t, FOLIO, 9);
	tk_open(t);
	khs_sift_init(&s, &t->k->mem, &t->k->kho);
	khs_sift_begin(&s, t->k->kernel.vm, 0);
	for (uint64_t pfn = 0; pfn < TK_END; pfn++) {
		pfn += khs_sift(&s, pfn, TK_END - pfn, tk_raw(t, pfn));
		left += pfn < TK_END;
	}
	assert_in_range(left, 2, 16);
}

/* A part that begins inside a pending preservation knows that. */
static void parts_agree(void **state)
{
	struct tk *t = *state;
	struct khs_sift whole, part;

	tk_pending(t, IN_BLOCK, 10);
	for (uint64_t pfn = IN_BLOCK + 3; pfn < IN_BLOCK + (1 << 10); pfn += 7)
		tk_allocate(t, pfn); /* fine but for where it lies */
	tk_open(t);
	khs_sift_init(&whole, &t->k->mem, &t->k->kho);
	for (uint64_t pfn = IN_BLOCK - 8; pfn < IN_BLOCK + (1 << 10) + 8; pfn++) {
		bool dull;

		khs_sift_begin(&whole, t->k->kernel.vm, pfn);
		dull = khs_sift(&whole, pfn, 1, tk_raw(t, pfn));
		khs_sift_init(&part, &t->k->mem, &t->k->kho);
		khs_sift_begin(&part, t->k->kernel.vm, pfn);
		assert_int_equal(dull, khs_sift(&part, pfn, 1, tk_raw(t, pfn)));
		if (pfn > IN_BLOCK && pfn < IN_BLOCK + (1 << 10))
			assert_int_equal(dull, (pfn - IN_BLOCK) % 7 != 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TK_HANDED(after_handover), TK_COLD(after_cold_boot), TK_HANDED(without_nodes),
		TK_HANDED(little_is_left), TK_HANDED(parts_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
