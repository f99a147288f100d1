// SPDX-License-Identifier: GPL-2.0-or-later
#include "diff.h"

#include "../base/error.h"
#include "../mm/memmap.h"

/* What is seen of a page, the more telling the higher: a block is what its most telling page is. */
enum {
	SEEN_FREE = 1,
	SEEN_USED = 2,
	SEEN_ABSENT = 4,
	SEEN_DAMAGED = 8,
	SEEN_LOST = 16,
};

struct pass {
	struct khs_after *after;
	struct khs_judge judge;
	void (*put)(void *arg, const struct khs_diff_piece *piece);
	void *arg;
	uint64_t start;     /* blocks are counted from here */
	unsigned int order;
	unsigned int seen;  /* in the block that is not complete yet */
};

bool khs_after_init(struct khs_after *after, const struct khs *new)
{
	const struct khs_census *census = &new->census;

	*after = (struct khs_after){ .new = new };
	for (size_t i = 0; i < census->nr_suspects; i++) {
		const struct khs_suspect *s = &census->suspects[i];

		if (!khs_extents_add(&after->odd, s->pfn, s->pfn + s->pages, (int32_t)s->class))
			return false;
	}
	khs_extents_normalize(&after->odd);
	return true;
}

void khs_after_deinit(struct khs_after *after)
{
	khs_extents_deinit(&after->odd);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static enum khs_outcome outcome_of(unsigned int seen)
{
	if (seen & SEEN_LOST)
		return KHS_OUTCOME_LOST;
	if (seen & SEEN_DAMAGED)
		return KHS_OUTCOME_DAMAGED;
	if (seen & SEEN_ABSENT)
		return KHS_OUTCOME_UNKNOWN;
	return seen & SEEN_USED ? KHS_OUTCOME_RESTORED : KHS_OUTCOME_FREED;
}

static void put(struct pass *s, uint64_t pfn, uint64_t end, unsigned int seen)
{
	enum khs_outcome outcome = outcome_of(seen);
	const struct khs_diff_piece piece = {
		.outcome = outcome, .pfn = pfn, .end = end, .order = s->order, .new_order = -1,
		/* What memblock reserved for it did arrive, and what it did not did not. */
		.proven = outcome == KHS_OUTCOME_LOST || s->after->new->mem.noinit_known,
	};

	s->put(s->arg, &piece);
}

/* Pages [@pfn, @end), which follow those noted before, are all @seen. */
static void note(struct pass *s, uint64_t pfn, uint64_t end, unsigned int seen)
{
	uint64_t block = 1ull << s->order;

	while (pfn < end) {
		uint64_t into = (pfn - s->start) & (block - 1);
		uint64_t next = into ? pfn - into + block : pfn + ((end - pfn) & ~(block - 1));

		if (!into && next > pfn) {
			put(s, pfn, next, seen);
		} else {
			next = pfn - into + block < end ? pfn - into + block : end;
			s->seen |= seen;
			if (next == pfn - into + block) {
				put(s, next - block, next, s->seen);
				s->seen = 0;
			}
		}
		pfn = next;
	}
}

/* ---- pages ---------------------------------------------------------------------------------- */

/* Whether a page is free; *@end is how far what decided it reaches, at least one page. */
static bool is_free(struct pass *s, uint64_t pfn, const struct khs_page *p, uint64_t *end)
{
	const struct khs_page_layout *l = &s->after->new->mem.layout;
	enum khs_pgty type = khs_page_type(l, p->mapcount);
	uint64_t head;
	unsigned int order;

	*end = pfn + 1;
	if (type == KHS_PGTY_BUDDY) {
		if (p->private <= s->judge.max_order)
			*end = pfn + (1ull << p->private);
		return true;
	}
	if (p->refcount || p->mapcount != UINT32_MAX || khs_page_tail(p))
		return false;
	if (khs_find_free_block(&s->judge, pfn, &head, &order)) {
		*end = head + (1ull << order);
		return true;
	}
	/* On a per-cpu list; else inside a larger allocation. */
	return khs_page_listed(&s->judge, pfn, p);
}

static void note_piece(struct pass *s, const struct khs_memmap_piece *piece)
{
	const struct khs_page_layout *l = &s->after->new->mem.layout;
	uint64_t pfn = piece->pfn, stop = pfn + piece->pages, from = pfn, next;
	unsigned int last = 0;

	if (piece->presence != KHS_PRESENT) {
		note(s, pfn, stop, SEEN_ABSENT);
		return;
	}
	for (; pfn < stop; pfn = next) {
		struct khs_page p = khs_page_decode(l, piece->raw + (pfn - piece->pfn) * l->size);
		unsigned int seen = is_free(s, pfn, &p, &next) ? SEEN_FREE : SEEN_USED;

		if (seen != last) {
			note(s, from, pfn, last);
			from = pfn;
			last = seen;
		}
		if (next > stop)
			next = stop;
	}
	note(s, from, stop, last);
}

static uint64_t nearer(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static bool never_initialised(const struct khs_extent *odd)
{
	return odd->tag == KHS_C_N1 || odd->tag == KHS_C_N2 || odd->tag == KHS_C_N3;
}

/*
 * What can be said of pages from @pfn on without a look at each: 0 if nothing. *@end is where that
 * may change. The struct pages of a block that the next kernel took over were initialised, it lies
 * in none of its scratch areas, and memblock reserved it (kho_preserved_memory_reserve()).
 */
static unsigned int known(const struct pass *s, uint64_t pfn, uint64_t *end)
{
	const struct khs *new = s->after->new;
	const struct khs_extent *section, *scratch, *reserved, *odd;

	*end = nearer(*end, khs_extents_edge(&new->mem.sections, pfn, &section));
	*end = nearer(*end, khs_extents_edge(&new->kho.scratch_pfns, pfn, &scratch));
	*end = nearer(*end, khs_extents_edge(&new->mem.noinit, pfn, &reserved));
	*end = nearer(*end, khs_extents_edge(&s->after->odd, pfn, &odd));
	if (new->kho.handover_known && (!new->kho.handover_boot || new->kho.handover_failed))
		return SEEN_LOST;
	if (!section || !(section->tag & KHS_SECTION_ONLINE) || scratch)
		return SEEN_LOST;
	if (new->mem.noinit_known && !reserved)
		return SEEN_LOST;
	if (!new->mem.layout.has_magic)
		return SEEN_ABSENT;
	if (odd)
		return never_initialised(odd) ? SEEN_LOST : SEEN_DAMAGED;
	return 0;
}

struct khs_error *khs_after_judge(struct khs_after *after, uint64_t start, uint64_t end,
				  unsigned int order,
				  void (*put_piece)(void *arg,
						    const struct khs_diff_piece *piece),
				  void *arg)
{
	const struct khs_mem *mem = &after->new->mem;
	struct pass s = {
		.after = after, .put = put_piece, .arg = arg, .start = start, .order = order,
	};
	struct khs_memmap map;

	khs_judge_init(&s.judge, mem, &after->new->kho);
	if (!khs_memmap_init(&map, mem, NULL))
		return khs_enomem();
	while (start < end) {
		uint64_t next = end;
		unsigned int seen = known(&s, start, &next);
		struct khs_memmap_piece piece;

		if (khs_kernel_interrupted(mem->kernel) && !seen)
			seen = SEEN_ABSENT; /* what is not looked at is as good as that */
		if (seen) {
			note(&s, start, next, seen);
		} else {
			piece = khs_memmap_next(&map, start, next);
			next = start + piece.pages;
			note_piece(&s, &piece);
		}
		start = next;
	}
	khs_memmap_deinit(&map);
	return NULL;
}
