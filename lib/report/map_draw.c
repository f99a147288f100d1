// SPDX-License-Identifier: GPL-2.0-or-later
#include "map_draw.h"

#include <limits.h>
#include <stdio.h>

#include "json_pieces.h"

/* Nodes go before what belongs to none. */
static int rank(int node)
{
	return node == KHS_NO_NODE ? INT_MAX : node;
}

static void widen(struct khs_map_span *span, const struct khs_map_item *item, bool ram)
{
	if (!span->end || item->pfn < span->start)
		span->start = item->pfn;
	if (item->end > span->end)
		span->end = item->end;
	if (ram)
		span->ram += item->pages;
}

bool khs_map_next_node(const struct khs_map *map, int *at, struct khs_map_span *ret)
{
	bool found = false, started = *at != KHS_NO_NODE;
	int next = INT_MAX;

	if (*at == INT_MAX)
		return false;
	for (size_t l = 0; l < KHS_NR_LANES; l++) {
		for (size_t i = 0; i < map->lane[l].n; i++) {
			int r = rank(map->lane[l].v[i].node);

			if ((!started || r > *at) && r <= next) {
				next = r;
				found = true;
			}
		}
	}
	if (!found)
		return false;
	*ret = (struct khs_map_span){ .node = next == INT_MAX ? KHS_NO_NODE : next };
	for (size_t l = 0; l < KHS_NR_LANES; l++)
		for (size_t i = 0; i < map->lane[l].n; i++)
			if (map->lane[l].v[i].node == ret->node)
				widen(ret, &map->lane[l].v[i], l == KHS_LANE_RAM);
	*at = next;
	return true;
}

void khs_map_owner_text(const struct khs_owners *owners, const struct khs_map_item *item,
			char *buf, size_t size)
{
	if (item->what == KHS_MAP_SEVERAL)
		snprintf(buf, size, "several owners");
	else if (owners->nodes[item->what].kind == KHS_O_UNKNOWN)
		snprintf(buf, size, "nobody claims it");
	else
		khs_owner_label(&owners->nodes[item->what], buf, size);
}

static const char *const lane_names[] = {
	[KHS_LANE_RAM] = "ram", [KHS_LANE_SCRATCH] = "scratch", [KHS_LANE_OUT] = "outgoing",
	[KHS_LANE_IN] = "incoming", [KHS_LANE_FINDINGS] = "finding",
};

static json_t *item_json(enum khs_lane lane, const struct khs_map_item *item,
			 const struct khs_owners *owners, const struct khs_gathered *findings)
{
	bool owned = lane == KHS_LANE_OUT || lane == KHS_LANE_IN;
	const char *id = lane == KHS_LANE_FINDINGS && item->what < findings->n ?
			 findings->v[item->what]->id : NULL;
	char label[160] = "";

	if (owned)
		khs_map_owner_text(owners, item, label, sizeof(label));
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "kind", lane_names[lane], "node", node_or_null(item->node),
			 "pfn", count(item->pfn), "span", count(item->end - item->pfn),
			 "pages", count(item->pages), "ranges", count(item->count),
			 "owner", text_or_null(label),
			 "finding", text_or_null(id),
			 "severity", item->severity < 0 ? json_null() :
				json_string(khs_severity_name((enum khs_severity)item->severity)));
}

json_t *khs_map_json(const struct khs_map *map, const struct khs_owners *owners,
		     const struct khs_gathered *findings)
{
	_cleanup_json_ json_t *items = json_array();
	uint64_t grain = 1;

	for (size_t l = 0; l < KHS_NR_LANES; l++) {
		if (map->lane[l].grain > grain)
			grain = map->lane[l].grain;
		for (size_t i = 0; i < map->lane[l].n; i++)
			if (json_array_append_new(items, item_json((enum khs_lane)l,
								   &map->lane[l].v[i], owners,
								   findings)))
				return NULL;
	}
	return json_pack("{s:o, s:o, s:o, s:O}", "pfn", count(map->start), "end", count(map->end),
			 "grain", count(grain), "items", items);
}
