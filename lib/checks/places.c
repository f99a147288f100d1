// SPDX-License-Identifier: GPL-2.0-or-later
#include "places.h"

#include <stdio.h>

#include "check.h"

/* The tag is node and zone. NO_ZONE: of a zone that spans don't tell. */
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

bool khs_places_make(const struct khs_mem *mem, struct khs_extents *places)
{
	for (size_t i = 0; i < mem->ram.n; i++) {
		if (!add_places(mem, &mem->ram.v[i], places))
			return false;
	}
	khs_extents_normalize(places);
	return true;
}

static void name_place(const struct khs_mem *mem, int32_t tag, char *buf, size_t size)
{
	const struct khs_node *node = khs_mem_find_node(mem, tag / NR_PLACES);
	int zone = tag % NR_PLACES;

	if (node && zone != NO_ZONE)
		snprintf(buf, size, "node %d %s", node->id, node->zones[zone].name);
	else
		snprintf(buf, size, "node %d", tag / NR_PLACES);
}

struct khs_place_span khs_places_look(const struct khs_mem *mem, const struct khs_extents *places,
				      uint64_t start, uint64_t end)
{
	const struct khs_extent *e = khs_extents_from(places, start);
	struct khs_place_span s = { 0 };
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

/* Only blocks that an edge of a place cuts can span. */
bool khs_places_hits(const struct khs_mem *mem, const struct khs_extents *places, bool want_nodes,
		     const struct khs_run *run, unsigned int kind, struct khs_hits *hits)
{
	const struct khs_extent *e = khs_extents_from(places, run->pfn);
	uint64_t seen = UINT64_MAX;

	for (; e && e < khs_extents_end(places) && e->start < khs_run_end(run); e++) {
		struct khs_hit hit = { .order = run->order, .kind = kind };
		struct khs_place_span span;

		if (e->start <= run->pfn)
			continue;
		hit.pfn = run->pfn + ((e->start - run->pfn) >> run->order << run->order);
		hit.end = hit.pfn + (1ull << run->order);
		if (hit.pfn == e->start || hit.pfn == seen)
			continue;
		seen = hit.pfn;
		span = khs_places_look(mem, places, hit.pfn, hit.end);
		if ((want_nodes ? span.nodes > 1 : span.nodes == 1 && span.zones > 1) &&
		    !khs_hits_add(hits, &hit))
			return false;
	}
	return true;
}
