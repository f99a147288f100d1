// SPDX-License-Identifier: GPL-2.0-or-later
/* What the next kernel does not find again, though nobody let go of it. */
#include <stdio.h>
#include <string.h>

#include "simulate.h"
#include "../base/error.h"

/* ---- blobs ---------------------------------------------------------------------------------- */

/* Whether the map preserves [phys, phys + size). */
static bool is_preserved(const struct khs *k, uint64_t phys, uint64_t size)
{
	uint64_t page = khs_page_size(k), start = phys / page, end;

	if (__builtin_add_overflow(phys, size ? size : 1, &end) || end > UINT64_MAX - page)
		return false;
	end = (end + page - 1) / page;
	return khs_extents_covered(&k->kho.out_pages, start, end) == end - start;
}

static void lose_blob(const struct khs_sim *sim, const char *what, uint64_t phys, uint64_t size)
{
	const struct khs *k = sim->k;
	struct khs_draft d;

	khs_draft_init(&d, k, "pf-lost", "", KHS_ERROR, phys >> k->kernel.page_shift,
		       (size + khs_page_size(k) - 1) / khs_page_size(k), -1);
	khs_draft_summary(&d, "handed over by address, and not preserved: the next kernel uses the "
			  "memory for something else, and takes that for it");
	khs_draft_string(&d, "what", "%s", what);
	khs_draft_hex(&d, "phys", phys);
	khs_draft_number(&d, "bytes", size);
	khs_draft_emit(&d, sim->to);
}

static void lose_subtree(const struct khs_sim *sim, const char *name, const char *why)
{
	struct khs_draft d;

	khs_draft_init_global(&d, "pf-lost", KHS_WARNING);
	khs_draft_summary(&d, "a subtree that nothing in the next kernel retrieves");
	khs_draft_string(&d, "subtree", "%s", name);
	khs_draft_string(&d, "because", "%s", why);
	khs_draft_emit(&d, sim->to);
}

static void check_subtree(const struct khs_sim *sim, const struct khs_subtree *s)
{
	char what[80];

	if (!s->has_phys)
		lose_subtree(sim, s->name, "it names no address");
	else if (!s->has_size && sim->rules->demands_size)
		lose_subtree(sim, s->name, "it has no blob-size");
	else if (!strcmp(s->name, "LUO") && !sim->rules->knows_luo)
		lose_subtree(sim, s->name, "it has no live update orchestrator");
	if (!s->has_phys || is_preserved(sim->k, s->phys, s->size))
		return;
	snprintf(what, sizeof(what), "subtree %s", s->name);
	lose_blob(sim, what, s->phys, s->size ? s->size : 1);
}

struct khs_error *khs_sim_blobs(struct khs_sim *sim)
{
	const struct khs *k = sim->k;

	/* Of a map that is not whole nothing can be said to be missing. */
	if (!khs_out_complete(k))
		return NULL;
	if (k->kho.out_fdt_phys && !is_preserved(k, k->kho.out_fdt_phys, 1))
		lose_blob(sim, "root FDT", k->kho.out_fdt_phys, khs_page_size(k));
	for (size_t i = 0; i < sim->out.n; i++)
		check_subtree(sim, &sim->out.v[i]);
	return NULL;
}

/* ---- free memory ---------------------------------------------------------------------------- */

static struct khs_error *check_freed(const struct khs_sim *sim)
{
	const struct khs *k = sim->k;
	struct khs_hits hits = { 0 };
	struct khs_draft d;
	bool ok = true;

	for (size_t i = 0; ok && i < k->kho.out.n; i++)
		ok = khs_hits_add_touched(&hits, &k->kho.out.v[i], &k->census.freed, 0);
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++) {
		const struct khs_hit *hit = &hits.v[i];

		khs_draft_init(&d, k, "pf-lost", "", KHS_ERROR, hit->pfn, hit->end - hit->pfn,
			       hit->order);
		khs_draft_summary(&d, "preserved, but free: anybody may write to it before the "
				  "kexec, and the next kernel hands that out as what was preserved"
				  "");
		khs_draft_number(&d, "free_pages",
				 khs_extents_covered(&k->census.freed, hit->pfn, hit->end));
		khs_draft_emit(&d, sim->to);
	}
	khs_hits_deinit(&hits);
	return ok ? NULL : khs_enomem();
}

/* ---- what this kernel was given and did not take --------------------------------------------- */

struct waiting {
	uint64_t ranges, pages, first;
	uint64_t orphans; /* of the pages, those nobody is known to own */
};

static void add_waiting(const struct khs_sim *sim, const struct khs_run *run, struct waiting *w)
{
	const struct khs_owners_side *side = &sim->k->owners.side[1];
	uint64_t end = khs_run_end(run);
	uint64_t known = khs_extents_covered(&sim->k->kho.out_pages, run->pfn, end) +
			 khs_extents_covered(&sim->in_own, run->pfn, end);

	if (known >= khs_run_pages(run))
		return;
	if (!w->ranges)
		w->first = run->pfn;
	w->ranges += run->count;
	w->pages += khs_run_pages(run) - known;
	w->orphans += khs_extents_covered(&side->unknown, run->pfn, end);
}

/* "session vm0, session vm1" */
static void name_sessions(const struct khs_sim *sim, struct khs_draft *d)
{
	const struct khs_owners *o = &sim->k->owners;
	char text[256] = "", label[96];
	bool fits = true;
	size_t at = 0;

	for (size_t i = 0; fits && i < o->nr_nodes; i++) {
		const struct khs_owner_node *node = &o->nodes[i];

		if (node->kind != KHS_O_SESSION || node->direction != KHS_IN || !node->pages)
			continue;
		khs_owner_label(node, label, sizeof(label));
		fits = khs_list_add(text, sizeof(text), &at, ", ", "%s", label);
	}
	if (*text)
		khs_draft_string(d, "of", "%s", text);
}

/*
 * A handover is for one kexec: what waits to be retrieved is not preserved again by itself. The
 * root FDT, blobs that are copied rather than restored, and regions of reserve_mem= wait for ever.
 * A note: right after a handover this is how it should be, and only who is about to kexec cares.
 */
static void check_waiting(const struct khs_sim *sim)
{
	const struct khs_runs *in = &sim->k->census.in;
	struct waiting w = { 0 };
	struct khs_draft d;

	for (size_t i = 0; i < in->n; i++)
		add_waiting(sim, &in->v[i], &w);
	if (!w.pages)
		return;
	khs_draft_init_global(&d, "pf-lost", KHS_NOTE);
	khs_draft_summary(&d, "handed over to this kernel, neither retrieved nor preserved again: "
			  "a kexec now loses it");
	name_sessions(sim, &d);
	khs_draft_number(&d, "ranges", w.ranges);
	khs_draft_number(&d, "pages", w.pages);
	khs_draft_number(&d, "pages_without_owner", w.orphans);
	khs_draft_hex(&d, "first_pfn", w.first);
	khs_draft_emit(&d, sim->to);
}

struct khs_error *khs_sim_rest(struct khs_sim *sim)
{
	if (!khs_all_judged(sim->k))
		khs_sim_doubt(sim, "not all struct pages could be judged");
	check_waiting(sim);
	return check_freed(sim);
}
