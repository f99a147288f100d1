// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cross-node, cross-zone: preservations over memory of more than one node or zone. Worked out from
 * the edges of nodes and zones, never page by page, and over the whole range: looking at its two
 * ends misses a foreign node in the middle, as kexec_handover.c:__kho_preserve_pages_order() does.
 */
#include <stdio.h>

#include "check.h"
#include "hits.h"
#include "../base/error.h"

/* RAM cut where node or zone changes; the tag is both. NO_ZONE: of a zone that spans don't tell. */
enum { NO_ZONE = KHS_MAX_ZONES, NR_PLACES };

static int32_t place(int node, int zone)
{
	return node * NR_PLACES + zone;
}

/*
 * Spans of a node's zones may overlap: kernelcore=mirror, and memory onlined as movable below
 * memory onlined as kernel's. Then they don't tell whose a page is.
 */
static bool zones_overlap(const struct khs_node *node)
{
	for (size_t i = 0; i < node->nr_zones; i++) {
		for (size_t k = 0; k < i; k++) {
			if (node->zones[i].start < node->zones[k].end &&
			    node->zones[k].start < node->zones[i].end)
				return true;
		}
	}
	return false;
}

static bool add_places(const struct khs_mem *mem, const struct khs_extent *ram,
		       struct khs_extents *places)
{
	const struct khs_node *node = khs_mem_find_node(mem, ram->tag);

	if (node && zones_overlap(node))
		return khs_extents_add(places, ram->start, ram->end, place(ram->tag, NO_ZONE));
	for (size_t i = 0; node && i < node->nr_zones; i++) {
		const struct khs_zone *z = &node->zones[i];
		uint64_t from = z->start > ram->start ? z->start : ram->start;
		uint64_t to = z->end < ram->end ? z->end : ram->end;

		if (!khs_extents_add(places, from, to, place(ram->tag, z->index)))
			return false;
	}
	return true;
}

static bool make_places(const struct khs_mem *mem, struct khs_extents *places)
{
	for (size_t i = 0; i < mem->ram.n; i++) {
		if (!add_places(mem, &mem->ram.v[i], places))
			return false;
	}
	khs_extents_normalize(places);
	return true;
}

struct span {
	unsigned int nodes, zones; /* how many of each; zones of the first node only */
	char text[512];
};

static void name_place(const struct khs_mem *mem, int32_t tag, char *buf, size_t size)
{
	const struct khs_node *node = khs_mem_find_node(mem, tag / NR_PLACES);
	int zone = tag % NR_PLACES;

	if (node && zone != NO_ZONE)
		snprintf(buf, size, "node %d %s", node->id, node->zones[zone].name);
	else
		snprintf(buf, size, "node %d", tag / NR_PLACES);
}

/* What [start, end) lies in. Nodes and zones are counted as they change, so A-B-A counts three. */
static struct span look(const struct khs_mem *mem, const struct khs_extents *places, uint64_t start,
			uint64_t end)
{
	const struct khs_extent *e = khs_extents_from(places, start);
	struct span s = { 0 };
	int32_t last = -1;
	bool fits = true;
	size_t at = 0;

	for (; e && e < khs_extents_end(places) && e->start < end; e++) {
		uint64_t from = e->start > start ? e->start : start;
		uint64_t to = e->end < end ? e->end : end;
		char name[48];

		if (last < 0 || last / NR_PLACES != e->tag / NR_PLACES)
			s.nodes++;
		if (last < 0 || last != e->tag)
			s.zones++;
		last = e->tag;
		name_place(mem, e->tag, name, sizeof(name));
		fits = fits && khs_list_add(s.text, sizeof(s.text), &at, "; ", "0x%llx-0x%llx %s",
					    (unsigned long long)from, (unsigned long long)to - 1,
					    name);
	}
	return s;
}

/* Kinds of hits. */
enum { OUT, IN };

static void emit(struct khs *k, const struct khs_check_info *check, const struct khs_emitter *to,
		 const struct khs_extents *places, const struct khs_hit *hit)
{
	struct span span = look(&k->mem, places, hit->pfn, hit->end);
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

/* Only blocks that an edge of a place cuts can span. */
static bool check_run(const struct khs *k, bool want_nodes, const struct khs_extents *places,
		      const struct khs_run *run, unsigned int kind, struct khs_hits *hits)
{
	const struct khs_extent *e = khs_extents_from(places, run->pfn);
	uint64_t seen = UINT64_MAX;

	for (; e && e < khs_extents_end(places) && e->start < khs_run_end(run); e++) {
		struct khs_hit hit = { .order = run->order, .kind = kind };
		struct span span;

		if (e->start <= run->pfn)
			continue;
		hit.pfn = run->pfn + ((e->start - run->pfn) >> run->order << run->order);
		hit.end = hit.pfn + (1ull << run->order);
		if (hit.pfn == e->start || hit.pfn == seen)
			continue;
		seen = hit.pfn;
		span = look(&k->mem, places, hit.pfn, hit.end);
		if ((want_nodes ? span.nodes > 1 : span.nodes == 1 && span.zones > 1) &&
		    !khs_hits_add(hits, &hit))
			return false;
	}
	return true;
}

static bool check_runs(const struct khs *k, bool want_nodes, const struct khs_extents *places,
		       const struct khs_runs *runs, unsigned int kind, struct khs_hits *hits)
{
	for (size_t i = 0; i < runs->n; i++) {
		if (!check_run(k, want_nodes, places, &runs->v[i], kind, hits))
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
	bool ok = make_places(&k->mem, &places) &&
		  check_runs(k, want_nodes, &places, &k->kho.out, OUT, &hits) &&
		  check_runs(k, want_nodes, &places, &k->census.in, IN, &hits);

	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++)
		emit(k, check, to, &places, &hits.v[i]);
	khs_hits_deinit(&hits);
	khs_extents_deinit(&places);
	return ok ? NULL : khs_enomem();
}
