// SPDX-License-Identifier: GPL-2.0-or-later
/* not-ram: preservations over holes of RAM, and over memory without an online memory map. */
#include "check.h"
#include "hits.h"
#include "../base/error.h"

/*
 * Where a preservation may lie: RAM by the kernel's own list, and memory that was hot-added after
 * that list was made; both only in sections that are online.
 */
static bool make_usable(const struct khs_mem *mem, struct khs_extents *usable)
{
	for (size_t i = 0; i < mem->sections.n; i++) {
		const struct khs_extent *s = &mem->sections.v[i];
		const struct khs_extent *e = khs_extents_from(&mem->ram, s->start);

		if (!(s->tag & KHS_SECTION_ONLINE))
			continue;
		if (!(s->tag & KHS_SECTION_EARLY) || !mem->ram.n) {
			if (!khs_extents_add(usable, s->start, s->end, 0))
				return false;
			continue;
		}
		for (; e && e < khs_extents_end(&mem->ram) && e->start < s->end; e++) {
			if (!khs_extents_add(usable, e->start > s->start ? e->start : s->start,
					     e->end < s->end ? e->end : s->end, 0))
				return false;
		}
	}
	khs_extents_normalize(usable);
	return true;
}

static const char *what_is_there(const struct khs_mem *mem, uint64_t pfn)
{
	const struct khs_extent *section = khs_extents_find(&mem->sections, pfn);

	if (!section)
		return "no memory map (no such section)";
	if (!(section->tag & KHS_SECTION_ONLINE))
		return "an offline section";
	return "a hole in RAM";
}

/* The part of [pos, end) from its first page on that is not usable; none: start is end. */
static struct khs_extent next_gap(const struct khs_extents *usable, uint64_t pos, uint64_t end)
{
	const struct khs_extent *e = khs_extents_from(usable, pos);

	for (; e && e < khs_extents_end(usable) && e->start <= pos; e++)
		pos = e->end;
	if (pos >= end)
		return (struct khs_extent){ end, end, 0 };
	if (!e || e >= khs_extents_end(usable) || e->start > end)
		return (struct khs_extent){ pos, end, 0 };
	return (struct khs_extent){ pos, e->start, 0 };
}

static void name_gaps(const struct khs_extents *usable, uint64_t pfn, uint64_t end,
		      struct khs_draft *d)
{
	struct khs_extent gap = next_gap(usable, pfn, end);
	char text[512] = "";
	uint64_t pages = 0;
	bool fits = true;
	size_t at = 0;

	for (; gap.start < end; gap = next_gap(usable, gap.end, end)) {
		pages += gap.end - gap.start;
		fits = fits && khs_list_add(text, sizeof(text), &at, ", ", "pfn 0x%llx-0x%llx",
					    (unsigned long long)gap.start,
					    (unsigned long long)gap.end - 1);
	}
	khs_draft_string(d, "not_ram", "%s", text);
	khs_draft_number(d, "pages_not_ram", pages);
}

/* Kinds of hits. */
enum { OUT, IN };

static void emit(struct khs *k, const struct khs_emitter *to, const struct khs_extents *usable,
		 const struct khs_hit *hit)
{
	struct khs_extent gap = next_gap(usable, hit->pfn, hit->end);
	struct khs_draft d;

	khs_draft_init(&d, k, "not-ram", "C3", KHS_ERROR, hit->pfn, hit->end - hit->pfn,
		       hit->order);
	khs_draft_summary(&d, "%s preservation covers what is no RAM: %s",
			  hit->kind == OUT ? "an outgoing" : "a pending",
			  what_is_there(&k->mem, gap.start));
	khs_draft_string(&d, "direction", "%s", hit->kind == OUT ? "out" : "in");
	name_gaps(usable, hit->pfn, hit->end, &d);
	khs_draft_string(&d, "ram_by", "%s", k->mem.ram_source ? k->mem.ram_source : "sections");
	khs_draft_emit(&d, to);
}

/* The blocks that one gap touches are one finding. */
static bool check_runs(const struct khs_extents *usable, const struct khs_runs *runs,
		       unsigned int kind, struct khs_hits *hits)
{
	for (size_t i = 0; i < runs->n; i++) {
		const struct khs_run *run = &runs->v[i];
		uint64_t at = run->pfn, end = khs_run_end(run), mask = (1ull << run->order) - 1;

		while (at < end) {
			struct khs_extent gap = next_gap(usable, at, end);
			struct khs_hit hit = { .order = run->order, .kind = kind };

			if (gap.start >= end)
				break;
			hit.pfn = run->pfn + ((gap.start - run->pfn) & ~mask);
			hit.end = run->pfn + ((gap.end - run->pfn + mask) & ~mask);
			if (!khs_hits_add(hits, &hit))
				return false;
			at = hit.end;
		}
	}
	return true;
}

struct khs_error *khs_check_not_ram(struct khs *k, const struct khs_check_info *check,
				    const struct khs_emitter *to)
{
	struct khs_extents usable = { 0 };
	struct khs_hits hits = { 0 };
	bool ok = make_usable(&k->mem, &usable) &&
		  check_runs(&usable, &k->kho.out, OUT, &hits) &&
		  check_runs(&usable, &k->census.in, IN, &hits);

	(void)check;
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++)
		emit(k, to, &usable, &hits.v[i]);
	khs_hits_deinit(&hits);
	khs_extents_deinit(&usable);
	return ok ? NULL : khs_enomem();
}
