// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * in-scratch: the next kernel boots out of its scratch areas and overwrites them before it reads
 * the map. The kernel itself looks for this only with CONFIG_KEXEC_HANDOVER_DEBUG
 * (kho_scratch_overlap(), in kernel/liveupdate/kexec_handover_debug.c of 7.2, kexec_handover.c of
 * 7.3).
 */
#include "check.h"
#include "hits.h"
#include "../base/error.h"

/* Kinds of hits; the index is that of a map node or a suspect. */
enum { RUN, NODE, PAGE };

static void name_scratch(const struct khs_extents *scratch, const struct khs_hit *hit,
			 struct khs_draft *d)
{
	const struct khs_extent *e = khs_extents_from(scratch, hit->pfn);
	char text[256] = "";
	size_t at = 0;

	for (; e && e < khs_extents_end(scratch) && e->start < hit->end; e++) {
		if (!khs_list_add(text, sizeof(text), &at, ", ", "pfn 0x%llx-0x%llx",
				  (unsigned long long)e->start, (unsigned long long)e->end - 1))
			break;
	}
	khs_draft_string(d, "scratch", "%s", text);
}

static void emit_run(struct khs *k, const struct khs_emitter *to, const struct khs_hit *hit)
{
	const struct khs_extents *scratch = &k->kho.scratch_pfns;
	struct khs_draft d;

	khs_draft_init(&d, k, "in-scratch", "S9", KHS_ERROR, hit->pfn, hit->end - hit->pfn,
		       hit->order);
	khs_draft_summary(&d, "an outgoing preservation lies in a scratch area");
	name_scratch(scratch, hit, &d);
	khs_draft_number(&d, "pages_in_scratch", khs_extents_covered(scratch, hit->pfn, hit->end));
	khs_draft_emit(&d, to);
}

static void emit_node(struct khs *k, const struct khs_emitter *to, const struct khs_hit *hit)
{
	struct khs_draft d;

	khs_draft_init(&d, k, "in-scratch", "S9", KHS_ERROR, hit->pfn, 1, -1);
	khs_draft_summary(&d, "a page of the outgoing map lies in a scratch area");
	khs_draft_number(&d, "map_level", k->kho.nodes[hit->index].level);
	name_scratch(&k->kho.scratch_pfns, hit, &d);
	khs_draft_emit(&d, to);
}

static bool find_runs(const struct khs_kho *kho, struct khs_hits *hits)
{
	for (size_t i = 0; i < kho->out.n; i++) {
		if (!khs_hits_add_touched(hits, &kho->out.v[i], &kho->scratch_pfns, RUN))
			return false;
	}
	return true;
}

static bool find_nodes(const struct khs_kho *kho, struct khs_hits *hits)
{
	for (size_t i = 0; i < kho->nr_nodes; i++) {
		uint64_t pfn = kho->nodes[i].pfn;
		struct khs_hit hit = { .pfn = pfn, .end = pfn + 1, .kind = NODE, .index = i };

		if (khs_extents_find(&kho->scratch_pfns, pfn) && !khs_hits_add(hits, &hit))
			return false;
	}
	return true;
}

static bool find_marks(const struct khs_census *census, struct khs_hits *hits)
{
	for (size_t i = 0; i < census->nr_suspects; i++) {
		const struct khs_suspect *s = &census->suspects[i];
		struct khs_hit hit = { .pfn = s->pfn, .kind = PAGE, .index = i };

		if (s->class == KHS_C_S9 && !khs_hits_add(hits, &hit))
			return false;
	}
	return true;
}

struct khs_error *khs_check_scratch(struct khs *k, const struct khs_check_info *check,
				    const struct khs_emitter *to)
{
	struct khs_hits hits = { 0 };
	bool ok = find_runs(&k->kho, &hits) && find_nodes(&k->kho, &hits) &&
		  find_marks(&k->census, &hits);

	(void)check;
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++) {
		const struct khs_hit *hit = &hits.v[i];

		if (hit->kind == RUN)
			emit_run(k, to, hit);
		else if (hit->kind == NODE)
			emit_node(k, to, hit);
		else
			khs_emit_suspect(k, &k->census.suspects[hit->index], to);
	}
	khs_hits_deinit(&hits);
	return ok ? NULL : khs_enomem();
}
