// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * overlap: outgoing preservations that share pages. Every preservation that does is reported, since
 * none of them says which one is the mistake. Blocks of one order never overlap (the same block is
 * the same key), so at most one run of each order can be open at a pfn.
 */
#include <stdlib.h>

#include "check.h"
#include "../base/cleanup.h"
#include "../base/error.h"

/* Per order, the pages of its blocks that overlap with another order's. */
struct shared {
	struct khs_extents of[KHS_ORDERS];
};

struct hit {
	uint64_t pfn, end;
	unsigned int order;
};

static bool add_blocks(struct shared *s, const struct khs_run *run, uint64_t start, uint64_t end)
{
	uint64_t mask = (1ull << run->order) - 1;

	return khs_extents_add(&s->of[run->order], run->pfn + ((start - run->pfn) & ~mask),
			       run->pfn + ((end - run->pfn + mask) & ~mask), run->order);
}

static bool collect(const struct khs_runs *out, struct shared *s)
{
	const struct khs_run *open[KHS_ORDERS] = { NULL };

	for (size_t i = 0; i < out->n; i++) {
		const struct khs_run *run = &out->v[i];

		for (unsigned int o = 0; o < KHS_ORDERS; o++) {
			uint64_t end;

			if (o == run->order || !open[o] || khs_run_end(open[o]) <= run->pfn)
				continue;
			end = khs_run_end(run);
			if (end > khs_run_end(open[o]))
				end = khs_run_end(open[o]);
			if (!add_blocks(s, run, run->pfn, end) ||
			    !add_blocks(s, open[o], run->pfn, end))
				return false;
		}
		open[run->order] = run;
	}
	return true;
}

static int by_pfn(const void *a, const void *b)
{
	const struct hit *l = a, *r = b;

	if (l->pfn != r->pfn)
		return l->pfn < r->pfn ? -1 : 1;
	return (int)r->order - (int)l->order;
}

static void name_others(const struct shared *s, const struct hit *hit, struct khs_draft *d)
{
	char text[256] = "";
	size_t at = 0;
	bool fits = true;

	for (unsigned int o = 0; o < KHS_ORDERS && fits; o++) {
		const struct khs_extent *e = khs_extents_from(&s->of[o], hit->pfn);

		if (o == hit->order)
			continue;
		for (; fits && e && e < khs_extents_end(&s->of[o]) && e->start < hit->end; e++)
			fits = khs_list_add(text, sizeof(text), &at, ", ",
					    "pfn 0x%llx-0x%llx in order %u",
					    (unsigned long long)e->start,
					    (unsigned long long)e->end - 1, o);
	}
	khs_draft_string(d, "shared_with", "%s", text);
}

static void emit(struct khs *k, const struct khs_emitter *to, const struct shared *s,
		 const struct hit *hit)
{
	uint64_t blocks = (hit->end - hit->pfn) >> hit->order;
	struct khs_draft d;

	khs_draft_init(&d, k, "overlap", "", KHS_ERROR, hit->pfn, hit->end - hit->pfn, hit->order);
	if (blocks == 1)
		khs_draft_summary(&d, "an outgoing preservation of order %u shares pages with "
				  "others", hit->order);
	else
		khs_draft_summary(&d, "%llu adjacent outgoing preservations of order %u share "
				  "pages with others", (unsigned long long)blocks, hit->order);
	name_others(s, hit, &d);
	khs_draft_emit(&d, to);
}

static struct khs_error *emit_all(struct khs *k, const struct khs_emitter *to, struct shared *s)
{
	_cleanup_free_ struct hit *hits = NULL;
	size_t n = 0, total = 0;

	for (unsigned int o = 0; o < KHS_ORDERS; o++) {
		khs_extents_normalize(&s->of[o]);
		total += s->of[o].n;
	}
	if (!total)
		return NULL;
	hits = calloc(total, sizeof(*hits));
	if (!hits)
		return khs_enomem();
	for (unsigned int o = 0; o < KHS_ORDERS; o++) {
		for (size_t i = 0; i < s->of[o].n; i++)
			hits[n++] = (struct hit){ s->of[o].v[i].start, s->of[o].v[i].end, o };
	}
	qsort(hits, n, sizeof(*hits), by_pfn);
	for (size_t i = 0; i < n; i++)
		emit(k, to, s, &hits[i]);
	return NULL;
}

struct khs_error *khs_check_overlap(struct khs *k, const struct khs_check_info *check,
				    const struct khs_emitter *to)
{
	struct shared s = { 0 };
	struct khs_error *err;

	(void)check;
	err = collect(&k->kho.out, &s) ? emit_all(k, to, &s) : khs_enomem();
	for (unsigned int o = 0; o < KHS_ORDERS; o++)
		khs_extents_deinit(&s.of[o]);
	return err;
}
