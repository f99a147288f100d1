// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The walk of the map in the next kernel (kernel/liveupdate/kexec_handover.c:
 * __kho_radix_walk_tree(), kho_mem_retrieve()): it follows every pointer and checks none. And what
 * writes to the map, or to preserved memory, before: the copying of the image, and an early boot
 * that lives in scratch.
 */
#include <stdio.h>

#include "simulate.h"
#include "../base/error.h"
#include "../kho/radix.h"

/* ---- format --------------------------------------------------------------------------------- */

static void read_as_other(const struct khs_sim *sim, enum khs_map_format written)
{
	struct khs_draft d;

	khs_draft_init_global(&d, "pf-misread", KHS_ERROR);
	khs_draft_summary(&d, "the map is written in one format and read in another, of the same "
			      "name");
	khs_draft_string(&d, "written", "%s", khs_map_format_name(written));
	khs_draft_string(&d, "read", "%s", khs_map_format_name(sim->rules->format));
	khs_draft_emit(&d, sim->to);
}

static void read_other_depth(const struct khs_sim *sim, unsigned int written, unsigned int depth)
{
	struct khs_draft d;

	khs_draft_init_global(&d, "pf-misread", KHS_ERROR);
	khs_draft_summary(&d, "the map is a tree of one depth and read as one of another");
	khs_draft_number(&d, "written", written);
	khs_draft_number(&d, "read", depth);
	khs_draft_string(&d, "fixed_by", "d64b0372760e, in Linux 7.1 (pages of 16 KiB)");
	khs_draft_emit(&d, sim->to);
}

static void check_format(const struct khs_sim *sim)
{
	enum khs_map_format written = khs_rules_written(sim->k);
	unsigned int formula = khs_radix_shape(sim->k->kernel.page_shift).depth;
	unsigned int depth = sim->rules->depth ? sim->rules->depth : formula;
	unsigned int own = khs_fact_or(&sim->k->kernel.facts, KHS_ENUM_KHO_TREE_MAX_DEPTH, formula);

	if (written != sim->rules->format)
		read_as_other(sim, written);
	else if (written == KHS_MAP_RADIX && own != depth)
		read_other_depth(sim, own, depth);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static const struct {
	const char *id;   /* NULL: of no consequence, or not known to have one */
	const char *text;
} problems[] = {
	[KHS_MAP_MISALIGNED] = { "pf-misread", "a map entry points at no page boundary: the next "
				 "kernel takes for a node what lies there" },
	[KHS_MAP_NOT_RAM] = { "pf-panic", "a map entry points outside memory: the next kernel dies "
			      "of following it" },
	[KHS_MAP_SEEN_TWICE] = { "pf-misread", "a map node is reached twice: the next kernel reads "
				 "it twice, or without end" },
	[KHS_MAP_BAD_INDEX] = { "pf-misread", "a map node has entries that no page can have: the "
				"next kernel takes each for a block" },
	[KHS_MAP_FREE] = { "pf-overwritten", "a page of the map is free memory" },
	[KHS_MAP_ABSENT] = { NULL, NULL },
};

static void walk_into(const struct khs_sim *sim, const struct khs_map_problem *p)
{
	struct khs_draft d;

	khs_draft_init_global(&d, problems[p->kind].id, KHS_ERROR);
	khs_draft_summary(&d, "%s", problems[p->kind].text);
	khs_draft_hex(&d, "node", p->node);
	if (p->parent)
		khs_draft_hex(&d, "found_in", p->parent);
	khs_draft_number(&d, "level", p->level);
	khs_draft_number(&d, "index", p->index);
	khs_draft_emit(&d, sim->to);
}

/* The allocator may hand it out, and its new owner write to it, until kexec. */
static void check_free_nodes(const struct khs_sim *sim)
{
	const struct khs *k = sim->k;
	struct khs_judge judge;
	struct khs_draft d;

	khs_judge_init(&judge, &k->mem, &k->kho);
	for (size_t i = 0; i < k->kho.nr_nodes; i++) {
		uint64_t pfn = k->kho.nodes[i].pfn, head;
		uint8_t raw[KHS_PAGE_MAX];
		unsigned int order;

		if (khs_mem_read_page(&k->mem, pfn, raw) != KHS_PRESENT ||
		    khs_load32(raw + k->mem.layout.refcount) ||
		    !khs_find_free_block(&judge, pfn, &head, &order))
			continue;
		khs_draft_init(&d, k, problems[KHS_MAP_FREE].id, "", KHS_ERROR, pfn, 1, -1);
		khs_draft_summary(&d, "%s", problems[KHS_MAP_FREE].text);
		khs_draft_number(&d, "level", k->kho.nodes[i].level);
		khs_draft_emit(&d, sim->to);
	}
}

struct khs_error *khs_sim_map(struct khs_sim *sim)
{
	const struct khs_kho *kho = &sim->k->kho;

	check_format(sim);
	for (size_t i = 0; i < kho->nr_problems; i++)
		if (problems[kho->problems[i].kind].id)
			walk_into(sim, &kho->problems[i]);
	check_free_nodes(sim);
	if (!kho->out_known || kho->nodes_absent)
		khs_sim_doubt(sim, "not all of the outgoing map could be read");
	return NULL;
}

/* ---- what is written over ------------------------------------------------------------------- */

struct writer {
	const struct khs_extents *pfns;
	const char *text; /* "the next kernel boots out of a scratch area" */
	const char *key;
};

static void name_written(const struct writer *w, uint64_t start, uint64_t end, struct khs_draft *d)
{
	const struct khs_extent *e = khs_extents_from(w->pfns, start);
	char text[256] = "";
	size_t at = 0;

	for (; e && e < khs_extents_end(w->pfns) && e->start < end; e++) {
		if (!khs_list_add(text, sizeof(text), &at, ", ", "pfn 0x%llx-0x%llx",
				  (unsigned long long)e->start, (unsigned long long)e->end - 1))
			break;
	}
	khs_draft_string(d, w->key, "%s", text);
}

static struct khs_error *overwrite_blocks(const struct khs_sim *sim, const struct writer *w)
{
	const struct khs_runs *out = &sim->k->kho.out;
	struct khs_hits hits = { 0 };
	struct khs_draft d;
	bool ok = true;

	for (size_t i = 0; ok && i < out->n; i++)
		ok = khs_hits_add_touched(&hits, &out->v[i], w->pfns, 0);
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++) {
		const struct khs_hit *hit = &hits.v[i];

		khs_draft_init(&d, sim->k, "pf-overwritten", "", KHS_ERROR, hit->pfn,
			       hit->end - hit->pfn, hit->order);
		khs_draft_summary(&d, "preserved memory lies where %s", w->text);
		name_written(w, hit->pfn, hit->end, &d);
		khs_draft_number(&d, "pages_overwritten",
				 khs_extents_covered(w->pfns, hit->pfn, hit->end));
		khs_draft_emit(&d, sim->to);
	}
	khs_hits_deinit(&hits);
	return ok ? NULL : khs_enomem();
}

static void overwrite_nodes(const struct khs_sim *sim, const struct writer *w)
{
	const struct khs_kho *kho = &sim->k->kho;
	struct khs_draft d;

	for (size_t i = 0; i < kho->nr_nodes; i++) {
		uint64_t pfn = kho->nodes[i].pfn;

		if (!khs_extents_find(w->pfns, pfn))
			continue;
		khs_draft_init(&d, sim->k, "pf-overwritten", "", KHS_ERROR, pfn, 1, -1);
		khs_draft_summary(&d, "a page of the map lies where %s", w->text);
		khs_draft_number(&d, "map_level", kho->nodes[i].level);
		name_written(w, pfn, pfn + 1, &d);
		khs_draft_emit(&d, sim->to);
	}
}

struct khs_error *khs_sim_overwrite(struct khs_sim *sim)
{
	const struct writer writers[] = {
		{ &sim->k->kho.scratch_pfns, "the next kernel boots, in a scratch area", "scratch"
					     "" },
		{ &sim->image.pfns, "the loaded image is copied to", "segments" },
	};
	struct khs_error *err = NULL;

	if (!sim->k->kho.scratch_known)
		khs_sim_doubt(sim, "the scratch areas could not be read");
	for (size_t i = 0; !err && i < (sim->image.fdt ? 2 : 1); i++) {
		err = overwrite_blocks(sim, &writers[i]);
		overwrite_nodes(sim, &writers[i]);
	}
	return err;
}
