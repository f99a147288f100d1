// SPDX-License-Identifier: GPL-2.0-or-later
#include "map.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

/* ---- a lane --------------------------------------------------------------------------------- */

static void join(struct khs_map_item *to, const struct khs_map_item *item)
{
	if (item->end > to->end)
		to->end = item->end;
	to->pages += item->pages;
	to->count += item->count;
	if (item->severity > to->severity)
		to->severity = item->severity;
	if (item->what != to->what)
		to->what = KHS_MAP_SEVERAL;
}

/* Whether @next, which begins no earlier, is to be one with @last. */
static bool belongs(const struct khs_map_lane *lane, const struct khs_map_item *last,
		    const struct khs_map_item *next)
{
	if (last->node != next->node)
		return false;
	if (lane->grain == 1)
		return next->pfn <= last->end && next->what == last->what &&
		       next->severity == last->severity;
	return next->pfn < last->end || next->pfn - last->end < lane->grain;
}

static void coarsen(struct khs_map_lane *lane)
{
	while (lane->n > lane->room / 2 && lane->grain < UINT64_C(1) << 62) {
		size_t to = 0;

		lane->grain *= 2;
		for (size_t i = 1; i < lane->n; i++) {
			if (belongs(lane, &lane->v[to], &lane->v[i]))
				join(&lane->v[to], &lane->v[i]);
			else
				lane->v[++to] = lane->v[i];
		}
		lane->n = to + 1;
	}
}

/* In order of pfns. */
static void add(struct khs_map *map, enum khs_lane which, const struct khs_map_item *item)
{
	struct khs_map_lane *lane = &map->lane[which];

	if (lane->n && belongs(lane, &lane->v[lane->n - 1], item)) {
		join(&lane->v[lane->n - 1], item);
		return;
	}
	/* Nodes that take turns page by page can't be told apart at any grain. */
	if (lane->n >= lane->room)
		coarsen(lane);
	if (lane->n >= lane->room) {
		join(&lane->v[lane->n - 1], item);
		return;
	}
	if (khs_array_grow(lane->v, lane->n, lane->cap))
		lane->v[lane->n++] = *item;
	else
		map->no_memory = true;
}

/* Adds what of [start, end) is shown, cut where RAM changes its node. */
static void add_range(struct khs_map *map, enum khs_lane which, const struct khs_mem *mem,
		      uint64_t start, uint64_t end, uint32_t what, int severity)
{
	if (start < map->start)
		start = map->start;
	if (end > map->end)
		end = map->end;
	while (start < end) {
		const struct khs_extent *e = khs_extents_from(&mem->ram, start);
		struct khs_map_item item = { .pfn = start, .end = end, .count = 1,
					     .what = what, .severity = severity };

		item.node = khs_mem_node(mem, start);
		if (e && e->start > start && e->start < end)
			item.end = e->start;
		else if (e && e->start <= start && e->end < end)
			item.end = e->end;
		item.pages = item.end - item.pfn;
		add(map, which, &item);
		start = item.end;
	}
}

/* ---- what is in them ------------------------------------------------------------------------ */

static void add_ram(const struct khs *k, struct khs_map *map)
{
	const struct khs_extents *ram = k->mem.ram.n ? &k->mem.ram : &k->mem.sections;

	for (size_t i = 0; i < ram->n; i++)
		add_range(map, KHS_LANE_RAM, &k->mem, ram->v[i].start, ram->v[i].end, 0, -1);
}

static bool add_scratch(const struct khs *k, struct khs_map *map)
{
	struct khs_extents areas = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < k->kho.nr_scratch; i++)
		ok = khs_extents_add(&areas, k->kho.scratch[i].start, k->kho.scratch[i].end, 0);
	khs_extents_normalize(&areas);
	for (size_t i = 0; ok && i < areas.n; i++)
		add_range(map, KHS_LANE_SCRATCH, &k->mem, areas.v[i].start, areas.v[i].end, 0, -1);
	khs_extents_deinit(&areas);
	return ok;
}

uint32_t khs_map_owner(const struct khs_owners *owners, uint32_t owner)
{
	while (owners->nodes[owner].kind != KHS_O_SESSION &&
	       owners->nodes[owner].parent != KHS_NO_OWNER)
		owner = owners->nodes[owner].parent;
	return owner;
}

/* Pages of the map itself are nobody's preservation. */
static void add_owned(const struct khs *k, enum khs_direction direction, struct khs_map *map)
{
	const struct khs_owners *o = &k->owners;
	const struct khs_owners_side *side = &o->side[direction == KHS_IN];
	enum khs_lane lane = direction == KHS_IN ? KHS_LANE_IN : KHS_LANE_OUT;

	for (size_t i = 0; i < side->nr_by_pfn; i++) {
		const struct khs_claim *c = &o->claims[side->by_pfn[i]];

		if (c->role != KHS_ROLE_NODE && (c->flags & KHS_CLAIM_HELD))
			add_range(map, lane, &k->mem, c->pfn, c->pfn + c->pages,
				  khs_map_owner(o, c->owner), -1);
	}
}

struct khs_error *khs_map_make(struct khs *k, uint64_t start, uint64_t end, size_t room,
			       struct khs_map *map)
{
	struct khs_error *err;

	*map = (struct khs_map){ .start = start, .end = end ? end : k->mem.max_pfn };
	for (size_t i = 0; i < KHS_NR_LANES; i++) {
		map->lane[i].grain = 1;
		map->lane[i].room = room;
	}
	if (!k->have_mem)
		return khs_error_new(KHS_ERR_NODATA, "memory can't be mapped: %s", k->mem_error);
	if (map->end > k->mem.max_pfn)
		map->end = k->mem.max_pfn;
	if (map->start >= map->end)
		return khs_error_new(KHS_ERR_NOTFOUND, "no memory there: the last pfn is 0x%llx",
				     (unsigned long long)k->mem.max_pfn - 1);
	err = khs_need_owners(k);
	if (err)
		return err;
	add_ram(k, map);
	if (!add_scratch(k, map))
		map->no_memory = true;
	add_owned(k, KHS_OUT, map);
	add_owned(k, KHS_IN, map);
	return map->no_memory ? khs_enomem() : NULL;
}

struct khs_error *khs_map_add_findings(const struct khs *k, const struct khs_gathered *findings,
				       struct khs_map *map)
{
	_cleanup_free_ const struct khs_finding **v = calloc(findings->n + 1, sizeof(*v));
	size_t n = 0;

	if (!v)
		return khs_enomem();
	for (size_t i = 0; i < findings->n; i++)
		if (findings->v[i]->has_pfn)
			v[n++] = findings->v[i];
	qsort(v, n, sizeof(*v), khs_findings_by_pfn);
	for (size_t i = 0; i < n; i++)
		add_range(map, KHS_LANE_FINDINGS, &k->mem, v[i]->pfn, v[i]->pfn + v[i]->pages,
			  (uint32_t)v[i]->number, v[i]->severity);
	return map->no_memory ? khs_enomem() : NULL;
}

void khs_map_deinit(struct khs_map *map)
{
	for (size_t i = 0; i < KHS_NR_LANES; i++)
		free(map->lane[i].v);
	*map = (struct khs_map){ 0 };
}
