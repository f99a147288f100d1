// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Giving pages to whoever asks for them (kernel/liveupdate/kexec_handover.c:kho_restore_page(),
 * kho_restore_pages()). How they will be asked for, their owner tells; of pages without a known one
 * their struct pages do, as far as they can: a compound page here is a folio there, and what is
 * reserved here (reserve_mem=) is never restored.
 */
#include <stdio.h>

#include "simulate.h"
#include "../base/error.h"
#include "../checks/places.h"
#include "../kho/pieces.h"

/* Whether all of [start, end) is memory that nobody restores. */
static bool is_kept(const struct khs_sim *sim, uint64_t start, uint64_t end)
{
	return khs_extents_covered(&sim->kept, start, end) == end - start;
}

/* ---- the order ------------------------------------------------------------------------------ */

static void stuck_by_order(const struct khs_sim *sim, const struct khs_run *run,
			   unsigned int max_order)
{
	struct khs_draft d;

	khs_draft_init(&d, sim->k, "pf-stuck", "", KHS_ERROR, run->pfn, khs_run_pages(run),
		       run->order);
	khs_draft_summary(&d, "kho_restore_page() refuses its order: its owner gets nothing, and "
			  "the memory stays reserved");
	khs_draft_number(&d, "largest_order", max_order);
	khs_draft_string(&d, "fixed_by", "%s", khs_fix_order);
	khs_draft_emit(&d, sim->to);
}

static void check_orders(const struct khs_sim *sim)
{
	unsigned int max_order = khs_max_order(&sim->k->mem);
	const struct khs_runs *out = &sim->k->kho.out;

	for (size_t i = 0; sim->rules->limits_order && i < out->n; i++)
		if (out->v[i].order > max_order &&
		    !is_kept(sim, out->v[i].pfn, khs_run_end(&out->v[i])))
			stuck_by_order(sim, &out->v[i], max_order);
}

/* ---- what a block is ------------------------------------------------------------------------ */

enum kind { APART, PAGES, RESERVED, EITHER };

/* The first owner that is known. */
static bool take_owned(void *arg, const struct khs_claim *claim)
{
	const struct khs_claim **owned = arg;

	if (claim->role == KHS_ROLE_NONE)
		return true;
	*owned = claim;
	return false;
}

static const struct khs_claim *owned_by(const struct khs_sim *sim, uint64_t pfn)
{
	const struct khs_claim *owned = NULL;

	khs_owners_find(&sim->k->owners, KHS_OUT, pfn, take_owned, &owned);
	return owned;
}

/*
 * How the block at @pfn will be asked for. What has a known owner is asked for by itself, folio,
 * page or piece of a vmalloc area; so is a compound page. A page without owner may be either; an
 * absent struct page tells nothing.
 */
static enum kind kind_of(const struct khs_sim *sim, uint64_t pfn, unsigned int order)
{
	const struct khs_page_layout *l = &sim->k->mem.layout;
	uint8_t raw[KHS_PAGE_MAX];
	struct khs_page p;

	if (is_kept(sim, pfn, pfn + (1ull << order)))
		return RESERVED;
	if (owned_by(sim, pfn))
		return APART;
	if (khs_mem_read_page(&sim->k->mem, pfn, raw) != KHS_PRESENT)
		return EITHER;
	p = khs_page_decode(l, raw);
	if (p.flags & l->reserved)
		return RESERVED;
	if (!order)
		return EITHER;
	return p.flags & l->head ? APART : PAGES;
}

/* ---- pages torn out of a compound page ------------------------------------------------------- */

static void torn_apart(const struct khs_sim *sim, const struct khs_run *run)
{
	struct khs_draft d;

	khs_draft_init(&d, sim->k, "pf-half-init", "", KHS_ERROR, run->pfn, khs_run_pages(run),
		       run->order);
	khs_draft_summary(&d, "kho_restore_pages() makes a compound page of it and splits that: "
			  "pages keep the references and links of tails");
	khs_draft_string(&d, "fixed_by", "%s", khs_fix_compound);
	khs_draft_emit(&d, sim->to);
}

/* kho_restore_vmalloc() goes by kho_restore_pages(), too. */
static bool is_of_pages(const struct khs_sim *sim, const struct khs_run *run)
{
	const struct khs_claim *owned = owned_by(sim, run->pfn);

	return owned ? owned->role == KHS_ROLE_ARRAY :
		       kind_of(sim, run->pfn, run->order) == PAGES;
}

static void check_compound(const struct khs_sim *sim)
{
	const struct khs_runs *out = &sim->k->kho.out;

	for (size_t i = 0; sim->rules->splits_compound && i < out->n; i++)
		if (out->v[i].order && is_of_pages(sim, &out->v[i]))
			torn_apart(sim, &out->v[i]);
}

/* ---- ranges split at the edge of a node ------------------------------------------------------ */

struct split {
	uint64_t start, end;      /* the block that restore takes for one */
	uint64_t leftover;        /* where its first piece ends */
	unsigned int order;
	unsigned int piece_order; /* of the first one left behind */
	unsigned int pieces;      /* left behind */
	bool proven;              /* every piece is of pages, none is a folio */
};

/* Whether all pieces of the block are preserved as kho_preserve_pages() cuts them. */
static bool is_cut(const struct khs_sim *sim, struct split *s)
{
	const struct khs_mem *mem = &sim->k->mem;
	uint64_t pfn = s->start;

	s->pieces = 0;
	s->proven = true;
	while (pfn < s->end) {
		unsigned int order = khs_piece_order(mem, pfn, s->end, s->order);
		enum kind kind;

		if (!khs_runs_has_block(&sim->k->kho.out, pfn, order))
			return false;
		kind = kind_of(sim, pfn, order);
		if (kind == APART || kind == RESERVED)
			return false;
		s->proven = s->proven && kind == PAGES;
		if (pfn != s->start && !s->pieces++) {
			s->leftover = pfn;
			s->piece_order = order;
		}
		pfn += 1ull << order;
	}
	return s->pieces;
}

/* The largest block around @boundary that is cut there. */
static bool find_split(const struct khs_sim *sim, uint64_t boundary, struct split *ret)
{
	const struct khs *k = sim->k;
	bool found = false;

	for (unsigned int order = 1; order < 64 - k->kernel.page_shift; order++) {
		struct split s = { .order = order };

		s.start = boundary & ~((1ull << order) - 1);
		s.end = s.start + (1ull << order);
		if (s.end > k->mem.max_pfn)
			break;
		if (s.start == boundary || khs_mem_node(&k->mem, s.start) == KHS_NO_NODE ||
		    !is_cut(sim, &s))
			continue;
		*ret = s;
		found = true;
	}
	return found;
}

static void left_behind(const struct khs_sim *sim, const struct split *s, uint64_t boundary)
{
	struct khs_draft d;

	khs_draft_init(&d, sim->k, "pf-stuck", "S11"
				   "", s->proven ? KHS_WARNING : KHS_NOTE, s->leftover,
		       s->end - s->leftover, s->piece_order);
	khs_draft_summary(&d, "%s: kho_restore_pages() restores the part before the node boundary "
			  "and leaves this part marked, its pages missing from managed_pages"
			  "", s->proven ?
			  "cut at a node boundary, unless these are preservations apart" :
			  "may be the rest of a range cut at a node boundary");
	khs_draft_string(&d, "restored_piece", "pfn 0x%llx-0x%llx, node %d",
			 (unsigned long long)s->start, (unsigned long long)s->leftover - 1,
			 khs_mem_node(&sim->k->mem, s->start));
	khs_draft_string(&d, "leftover_piece", "pfn 0x%llx-0x%llx, node %d, %u mark%s",
			 (unsigned long long)s->leftover, (unsigned long long)s->end - 1,
			 khs_mem_node(&sim->k->mem, s->leftover), s->pieces,
			 s->pieces == 1 ? "" : "s");
	khs_draft_hex(&d, "node_boundary_pfn", boundary);
	khs_draft_string(&d, "restore_steps", "order %u from pfn 0x%llx", s->order,
			 (unsigned long long)s->start);
	khs_draft_string(&d, "fixed_by", "nothing yet: Linux 7.3 does it");
	khs_draft_emit(&d, sim->to);
}

static void check_splits(const struct khs_sim *sim)
{
	const struct khs_extents *ram = &sim->k->mem.ram;
	uint64_t done = 0;
	struct split s;

	for (size_t i = 0; sim->rules->restores_pages && i + 1 < ram->n; i++) {
		const struct khs_extent *e = &ram->v[i + 1];

		if (e->tag == e[-1].tag || e->start < done || !find_split(sim, e->start, &s))
			continue;
		left_behind(sim, &s, e->start);
		done = s.end;
	}
}

/* ---- pages counted where they are not ------------------------------------------------------- */

static void count_wrong(const struct khs_sim *sim, const struct khs_extents *places,
			const struct khs_hit *hit, bool nodes)
{
	const struct khs *k = sim->k;
	struct khs_draft d;

	if (is_kept(sim, hit->pfn, hit->end))
		return;
	khs_draft_init(&d, k, "pf-misaccounted", "", nodes ? KHS_ERROR : KHS_WARNING, hit->pfn,
		       hit->end - hit->pfn, hit->order);
	khs_draft_summary(&d, "spans %s: all its pages are added to managed_pages of the zone of "
			  "the first", nodes ? "memory nodes" : "zones");
	khs_draft_string(&d, "ranges", "%s",
			 khs_places_look(&k->mem, places, hit->pfn, hit->end).text);
	if (nodes)
		khs_draft_string(&d, "avoided_by", "%s", khs_fix_span);
	khs_draft_emit(&d, sim->to);
}

static struct khs_error *check_spans(const struct khs_sim *sim, bool nodes)
{
	const struct khs *k = sim->k;
	struct khs_extents places = { 0 };
	struct khs_hits hits = { 0 };
	bool ok = khs_places_make(&k->mem, &places);

	for (size_t i = 0; ok && i < k->kho.out.n; i++)
		ok = khs_places_hits(&k->mem, &places, nodes, &k->kho.out.v[i], 0, &hits);
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++)
		count_wrong(sim, &places, &hits.v[i], nodes);
	khs_hits_deinit(&hits);
	khs_extents_deinit(&places);
	return ok ? NULL : khs_enomem();
}

/* ---- pages that are no memory ---------------------------------------------------------------- */

/* Of memory that was there at boot; what was added later, memblock does not tell. */
static uint64_t pages_of_no_ram(const struct khs_mem *mem, uint64_t start, uint64_t end)
{
	const struct khs_extent *s = khs_extents_from(&mem->sections, start);
	uint64_t pages = 0;

	for (; s && s < khs_extents_end(&mem->sections) && s->start < end; s++) {
		uint64_t from = s->start > start ? s->start : start;
		uint64_t to = s->end < end ? s->end : end;

		if (s->tag & KHS_SECTION_EARLY)
			pages += to - from - khs_extents_covered(&mem->ram, from, to);
	}
	return pages;
}

static void check_ram(const struct khs_sim *sim)
{
	const struct khs_mem *mem = &sim->k->mem;
	const struct khs_runs *out = &sim->k->kho.out;
	struct khs_draft d;

	for (size_t i = 0; mem->ram_exact && i < out->n; i++) {
		uint64_t start = out->v[i].pfn, end = khs_run_end(&out->v[i]);
		uint64_t pages = pages_of_no_ram(mem, start, end);

		if (!pages)
			continue;
		khs_draft_init(&d, sim->k, "pf-misaccounted", "", KHS_ERROR, start, end - start,
			       out->v[i].order);
		khs_draft_summary(&d, "covers what is no memory, and what becomes pages of the "
				  "allocator when it is restored");
		khs_draft_number(&d, "pages_of_no_memory", pages);
		khs_draft_emit(&d, sim->to);
	}
}

struct khs_error *khs_sim_restore(struct khs_sim *sim)
{
	struct khs_error *err;

	check_orders(sim);
	check_compound(sim);
	check_splits(sim);
	check_ram(sim);
	err = khs_sim_defers(sim) ? NULL : check_spans(sim, true);
	return err ? err : check_spans(sim, false);
}
