// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * cross-node, cross-zone: preservations over memory of more than one node or zone. Worked out from
 * the edges of nodes and zones, never page by page, and over the whole range: looking at its two ends
 * misses a foreign node in the middle, as kexec_handover.c:__kho_preserve_pages_order() does.
 */
#include <stdio.h>

#include "check.h"
#include "../base/error.h"

/* RAM cut where node or zone changes; the tag is both. */
static int32_t place(int node, int zone)
{
	return node * KHS_MAX_ZONES + zone;
}

static bool add_places(const struct khs_mem *mem, const struct khs_extent *ram,
		       struct khs_extents *places)
{
	const struct khs_node *node = khs_mem_find_node(mem, ram->tag);

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
	const struct khs_node *node = khs_mem_find_node(mem, tag / KHS_MAX_ZONES);
	const char *zone = node ? node->zones[tag % KHS_MAX_ZONES].name : "";

	snprintf(buf, size, "node %d %s", tag / KHS_MAX_ZONES, zone);
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

		if (last < 0 || last / KHS_MAX_ZONES != e->tag / KHS_MAX_ZONES)
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

static void emit(struct khs *k, const struct khs_check_info *check, const struct khs_emitter *to,
		 uint64_t pfn, unsigned int order, const struct span *span, bool out)
{
	bool nodes = span->nodes > 1;
	struct khs_draft d;

	khs_draft_init(&d, k, check->id, nodes ? "C1" : "C2", nodes ? KHS_ERROR : KHS_WARNING,
		       pfn, 1ull << order, order);
	khs_draft_summary(&d, "%s preservation of order %u spans %s",
			  out ? "an outgoing" : "a pending", order,
			  nodes ? "memory of more than one node" : "more than one zone");
	khs_draft_string(&d, "direction", "%s", out ? "out" : "in");
	khs_draft_string(&d, "ranges", "%s", span->text);
	khs_draft_string(&d, "nodes_by", "%s", k->mem.ram_source);
	khs_draft_emit(&d, to);
}

/* Only blocks that an edge of a place cuts can span. */
static void check_run(struct khs *k, const struct khs_check_info *check,
		      const struct khs_emitter *to, const struct khs_extents *places,
		      const struct khs_run *run, bool out)
{
	const struct khs_extent *e = khs_extents_from(places, run->pfn);
	bool want_nodes = !strcmp(check->id, "cross-node");
	uint64_t seen = UINT64_MAX;

	for (; e && e < khs_extents_end(places) && e->start < khs_run_end(run); e++) {
		uint64_t block;
		struct span span;

		if (e->start <= run->pfn)
			continue;
		block = run->pfn + ((e->start - run->pfn) >> run->order << run->order);
		if (block == e->start || block == seen)
			continue;
		seen = block;
		span = look(&k->mem, places, block, block + (1ull << run->order));
		if (want_nodes ? span.nodes > 1 : span.nodes == 1 && span.zones > 1)
			emit(k, check, to, block, run->order, &span, out);
	}
}

struct khs_error *khs_check_spans(struct khs *k, const struct khs_check_info *check,
				  const struct khs_emitter *to)
{
	struct khs_extents places = { 0 };

	if (!make_places(&k->mem, &places)) {
		khs_extents_deinit(&places);
		return khs_enomem();
	}
	for (size_t i = 0; i < k->kho.out.n; i++)
		check_run(k, check, to, &places, &k->kho.out.v[i], true);
	for (size_t i = 0; i < k->census.in.n; i++)
		check_run(k, check, to, &places, &k->census.in.v[i], false);
	khs_extents_deinit(&places);
	return NULL;
}
