// SPDX-License-Identifier: GPL-2.0-or-later
/* not-ram: preservations over holes of RAM, and over memory without an online memory map. */
#include "check.h"
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

/* [from, to) of @run is not usable; the blocks it touches are reported as one. */
static uint64_t emit(struct khs *k, const struct khs_emitter *to, const struct khs_run *run,
		     uint64_t gap_start, uint64_t gap_end, bool out)
{
	uint64_t mask = (1ull << run->order) - 1;
	uint64_t start = run->pfn + ((gap_start - run->pfn) & ~mask);
	uint64_t end = run->pfn + ((gap_end - run->pfn + mask) & ~mask);
	struct khs_draft d;

	khs_draft_init(&d, k, "not-ram", "C3", KHS_ERROR, start, end - start, run->order);
	khs_draft_summary(&d, "%s preservation covers what is no RAM: %s",
			  out ? "an outgoing" : "a pending", what_is_there(&k->mem, gap_start));
	khs_draft_string(&d, "direction", "%s", out ? "out" : "in");
	khs_draft_string(&d, "not_ram", "pfn 0x%llx-0x%llx", (unsigned long long)gap_start,
			 (unsigned long long)gap_end - 1);
	khs_draft_string(&d, "ram_by", "%s", k->mem.ram_source ? k->mem.ram_source : "sections");
	khs_draft_emit(&d, to);
	return end;
}

static void check_run(struct khs *k, const struct khs_emitter *to, const struct khs_extents *usable,
		      const struct khs_run *run, bool out)
{
	uint64_t at = run->pfn, end = khs_run_end(run);

	while (at < end) {
		const struct khs_extent *e = khs_extents_from(usable, at);
		uint64_t next = e && e->start < end ? e->start : end;

		at = next > at ? emit(k, to, run, at, next, out) : e->end;
	}
}

struct khs_error *khs_check_not_ram(struct khs *k, const struct khs_check_info *check,
				    const struct khs_emitter *to)
{
	struct khs_extents usable = { 0 };

	(void)check;
	if (!make_usable(&k->mem, &usable)) {
		khs_extents_deinit(&usable);
		return khs_enomem();
	}
	for (size_t i = 0; i < k->kho.out.n; i++)
		check_run(k, to, &usable, &k->kho.out.v[i], true);
	for (size_t i = 0; i < k->census.in.n; i++)
		check_run(k, to, &usable, &k->census.in.v[i], false);
	khs_extents_deinit(&usable);
	return NULL;
}
