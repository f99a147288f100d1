// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each block as the next kernel takes it in (kernel/liveupdate/kexec_handover.c:
 * kho_preserved_memory_reserve(), up to 7.0 deserialize_bitmap()): it works out the size, has
 * memblock reserve that, and writes the mark into the first struct page.
 */
#include <stdio.h>

#include "simulate.h"
#include "../base/error.h"
#include "../checks/places.h"

static struct khs_extent block_of(const struct khs_run *run, uint64_t pfn)
{
	uint64_t head = run->pfn + ((pfn - run->pfn) >> run->order << run->order);

	return (struct khs_extent){ head, head + (1ull << run->order), 0 };
}

/* ---- the size ------------------------------------------------------------------------------- */

/*
 * "int sz = 1 << (order + PAGE_SHIFT)", sign-extended where it is handed on. The count of a shift
 * is taken modulo 32 by both x86_64 and arm64.
 */
static uint64_t int_size(unsigned int shift)
{
	return (uint64_t)(int64_t)(int32_t)(UINT32_C(1) << (shift & 31));
}

static void size_overflows(struct khs_sim *sim, const struct khs_run *run)
{
	unsigned int shift = run->order + sim->k->kernel.page_shift;
	uint64_t size = int_size(shift);
	bool sure = sim->rules->int_size == KHS_RULE_YES, negative = size >> 63;
	struct khs_draft d;

	khs_draft_init(&d, sim->k, negative ? "pf-misaccounted" : "pf-overwritten", "",
		       sure ? KHS_ERROR : KHS_NOTE, run->pfn, khs_run_pages(run), run->order);
	khs_draft_summary(&d, "%s: %s", sure ? "its size overflows an int" :
			  "if the next kernel takes its size for an int, it overflows", negative ?
			  "all memory from here on is reserved" :
			  "it is not reserved, but used by the next kernel");
	khs_draft_number(&d, "bytes", UINT64_C(1) << shift);
	khs_draft_hex(&d, "bytes_reserved", size);
	khs_draft_string(&d, "fixed_by", "%s", khs_fix_int_size);
	khs_draft_emit(&d, sim->to);
	if (!sure)
		khs_sim_doubt(sim, "whether this kernel has the fix of blocks of 2 GiB and more "
				   "(%s) can't be told from it; ask for --as 7.2 or --as 7.2.13",
			      khs_fix_int_size);
}

static void check_sizes(struct khs_sim *sim)
{
	const struct khs_runs *out = &sim->k->kho.out;

	for (size_t i = 0; i < out->n && sim->rules->int_size != KHS_RULE_NO; i++)
		if (out->v[i].order + sim->k->kernel.page_shift >= 31)
			size_overflows(sim, &out->v[i]);
}

/* ---- the mark ------------------------------------------------------------------------------- */

/* The struct page that is written to has to exist: sections of memory the firmware tells of do. */
static void mark_nothing(const struct khs_sim *sim, const struct khs_run *run, uint64_t pfn,
			 uint64_t end)
{
	struct khs_draft d;

	khs_draft_init(&d, sim->k, "pf-panic", "", KHS_ERROR, pfn, end - pfn, run->order);
	khs_draft_summary(&d, "the next kernel writes the mark into a struct page that does not "
			      "exist");
	khs_draft_hex(&d, "memory_ends_at_pfn", sim->k->mem.max_pfn);
	khs_draft_emit(&d, sim->to);
}

/* Where the heads of @run's blocks from @pfn on have no memory map. Sections hold whole blocks, or
 * blocks hold whole sections. */
static void check_memory_map(const struct khs_sim *sim, const struct khs_run *run)
{
	const struct khs_extents *sections = &sim->k->mem.sections;
	uint64_t pfn = run->pfn, end = khs_run_end(run);

	while (pfn < end) {
		const struct khs_extent *e = khs_extents_from(sections, pfn);
		uint64_t gap_end = e && e->start < end ? e->start : end;

		if (e && e->start <= pfn) {
			pfn = e->end < end ? e->end : end;
			continue;
		}
		/* A block whose head lies before the gap has its struct page. */
		pfn = block_of(run, pfn).start == pfn ? pfn : block_of(run, pfn).end;
		if (pfn < gap_end)
			mark_nothing(sim, run, pfn, block_of(run, gap_end - 1).end);
		pfn = gap_end > pfn ? gap_end : pfn;
	}
}

/* ---- blocks that share pages ---------------------------------------------------------------- */

/* The run of one order that is being passed, and what was met inside its blocks. */
struct open_run {
	const struct khs_run *run;
	struct khs_extent block;        /* the first one that shares pages */
	uint64_t others;                /* blocks of other orders in all of them */
	struct khs_extent first;        /* the first of those */
	unsigned int first_order;
	unsigned int last_mark;         /* order of the mark that stands in its first page */
};

static void marks_collide(const struct khs_sim *sim, const struct open_run *o)
{
	struct khs_draft d;

	khs_draft_init(&d, sim->k, "pf-misaccounted", "", KHS_ERROR, o->block.start,
		       o->block.end - o->block.start, o->run->order);
	khs_draft_summary(&d, "preserved twice, in orders %u and %u: of two marks in one struct "
			  "page the second overwrites the first", o->run->order, o->first_order);
	khs_draft_number(&d, "order_restored", o->last_mark);
	khs_draft_emit(&d, sim->to);
}

static void restored_twice(const struct khs_sim *sim, const struct open_run *o)
{
	struct khs_draft d;

	khs_draft_init(&d, sim->k, "pf-misaccounted", "", KHS_ERROR, o->block.start,
		       o->block.end - o->block.start, o->run->order);
	khs_draft_summary(&d, "holds pages of other preservations: whoever restores second resets "
			  "pages that the first uses, and counts them again");
	khs_draft_number(&d, "others", o->others);
	khs_draft_string(&d, "first_of_them", "pfn 0x%llx-0x%llx, order %u",
			 (unsigned long long)o->first.start, (unsigned long long)o->first.end - 1,
			 o->first_order);
	khs_draft_emit(&d, sim->to);
}

static void close_run(const struct khs_sim *sim, const struct open_run *o)
{
	if (!o->others)
		return;
	if (o->first.start == o->block.start)
		marks_collide(sim, o);
	else
		restored_twice(sim, o);
}

/* @run starts inside @o->run. */
static void meet(const struct khs_rules *rules, struct open_run *o, const struct khs_run *run)
{
	if (!o->others) {
		o->block = block_of(o->run, run->pfn);
		o->first = block_of(run, run->pfn);
		o->first_order = run->order;
		o->last_mark = o->run->order;
	}
	if (run->pfn == o->block.start && (run->order < o->last_mark) == rules->small_order_wins)
		o->last_mark = run->order;
	o->others += run->count;
}

/* Runs are sorted by pfn, and those of one order do not overlap. */
static void check_shared(const struct khs_sim *sim)
{
	const struct khs_runs *out = &sim->k->kho.out;
	struct open_run open[KHS_ORDERS] = { { .run = NULL } };

	for (size_t i = 0; i < out->n; i++) {
		const struct khs_run *run = &out->v[i];

		for (unsigned int o = 0; o < KHS_ORDERS; o++)
			if (o != run->order && open[o].run && khs_run_end(open[o].run) > run->pfn)
				meet(sim->rules, &open[o], run);
		close_run(sim, &open[run->order]);
		open[run->order] = (struct open_run){ .run = run };
	}
	for (unsigned int o = 0; o < KHS_ORDERS; o++)
		close_run(sim, &open[o]);
}

/* ---- struct pages of another node ----------------------------------------------------------- */

/*
 * With deferred init kho_get_preserved_page() initialises all struct pages of a block, as pages of
 * the node that its first page is on.
 */
static struct khs_error *check_deferred(const struct khs_sim *sim)
{
	const struct khs *k = sim->k;
	struct khs_extents places = { 0 };
	struct khs_hits hits = { 0 };
	bool ok = khs_places_make(&k->mem, &places);
	struct khs_draft d;

	for (size_t i = 0; ok && i < k->kho.out.n; i++)
		ok = khs_places_hits(&k->mem, &places, true, &k->kho.out.v[i], 0, &hits);
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++) {
		const struct khs_hit *hit = &hits.v[i];

		khs_draft_init(&d, k, "pf-half-init", "", KHS_ERROR, hit->pfn, hit->end - hit->pfn,
			       hit->order);
		khs_draft_summary(&d, "spans memory nodes: deferred init makes all its struct "
				  "pages, and so its managed_pages, ones of the node of the first");
		khs_draft_string(&d, "ranges", "%s",
				 khs_places_look(&k->mem, &places, hit->pfn, hit->end).text);
		khs_draft_string(&d, "avoided_by", "%s", khs_fix_span);
		khs_draft_emit(&d, sim->to);
	}
	khs_hits_deinit(&hits);
	khs_extents_deinit(&places);
	return ok ? NULL : khs_enomem();
}

struct khs_error *khs_sim_reserve(struct khs_sim *sim)
{
	const struct khs_runs *out = &sim->k->kho.out;

	check_sizes(sim);
	for (size_t i = 0; i < out->n; i++)
		check_memory_map(sim, &out->v[i]);
	check_shared(sim);
	if (!sim->k->mem.ram.n)
		khs_sim_doubt(sim, "which node owns which memory can't be told");
	return khs_sim_defers(sim) ? check_deferred(sim) : NULL;
}
