// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cross-node, cross-zone: preservations over memory of more than one node or zone.
 */
#include "check.h"
#include "hits.h"
#include "places.h"
#include "../base/error.h"

/* Kinds of hits. */
enum { OUT, IN };

static void emit(struct khs *k, const struct khs_check_info *check, const struct khs_emitter *to,
		 const struct khs_extents *places, const struct khs_hit *hit)
{
	struct khs_place_span span = khs_places_look(&k->mem, places, hit->pfn, hit->end);
	bool nodes = span.nodes > 1, out = hit->kind == OUT;
	struct khs_draft d;

	khs_draft_init(&d, k, check->id, nodes ? "C1" : "C2", nodes ? KHS_ERROR : KHS_WARNING,
		       hit->pfn, hit->end - hit->pfn, hit->order);
	khs_draft_summary(&d, "%s preservation of order %u spans %s",
			  out ? "an outgoing" : "a pending", hit->order,
			  nodes ? "memory of more than one node" : "more than one zone");
	khs_draft_string(&d, "direction", "%s", out ? "out" : "in");
	khs_draft_string(&d, "ranges", "%s", span.text);
	khs_draft_string(&d, "nodes_by", "%s", k->mem.ram_source);
	khs_draft_emit(&d, to);
}

static bool check_runs(const struct khs *k, bool want_nodes, const struct khs_extents *places,
		       const struct khs_runs *runs, unsigned int kind, struct khs_hits *hits)
{
	for (size_t i = 0; i < runs->n; i++) {
		if (!khs_places_hits(&k->mem, places, want_nodes, &runs->v[i], kind, hits))
			return false;
	}
	return true;
}

struct khs_error *khs_check_spans(struct khs *k, const struct khs_check_info *check,
				  const struct khs_emitter *to)
{
	bool want_nodes = !strcmp(check->id, "cross-node");
	struct khs_extents places = { 0 };
	struct khs_hits hits = { 0 };
	bool ok = khs_places_make(&k->mem, &places) &&
		  check_runs(k, want_nodes, &places, &k->kho.out, OUT, &hits) &&
		  check_runs(k, want_nodes, &places, &k->census.in, IN, &hits);

	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++)
		emit(k, check, to, &places, &hits.v[i]);
	khs_hits_deinit(&hits);
	khs_extents_deinit(&places);
	return ok ? NULL : khs_enomem();
}
