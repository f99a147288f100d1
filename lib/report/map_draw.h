/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A map drawn, as text, as SVG and as JSON. Only drawing: what is where is map.h's.
 */
#ifndef KHS_REPORT_MAP_DRAW_H
#define KHS_REPORT_MAP_DRAW_H

#include "../map.h"
#include "report.h"

#define KHS_MAP_ALL_NODES (-2)

/* What a node has on a map. */
struct khs_map_span {
	int node;
	uint64_t start, end; /* from its first item to its last */
	uint64_t ram;        /* pages */
};

/*
 * The nodes of a map in ascending order, what belongs to none last. *@at is where to begin:
 * KHS_NO_NODE at first, and left alone between calls. False when there are no more.
 */
bool khs_map_next_node(const struct khs_map *map, int *at, struct khs_map_span *ret);

/* @only_node: the node to draw, or KHS_MAP_ALL_NODES. NOMEM. */
struct khs_error *khs_map_text(const struct khs_map *map, const struct khs_style *style,
			       int only_node, uint64_t page_size, FILE *out);

/* The value of "map" in JSON; a new reference, NULL without memory. */
json_t *khs_map_json(const struct khs_map *map, const struct khs_owners *owners,
		     const struct khs_gathered *findings);

/* A legend, and an <svg> element for each node. */
void khs_map_svg(const struct khs_map *map, const struct khs_owners *owners,
		 const struct khs_gathered *findings, uint64_t page_size, FILE *out);

/* "subtree LUO", "several owners"; @item is of the lane OUT or IN. */
void khs_map_owner_text(const struct khs_owners *owners, const struct khs_map_item *item,
			char *buf, size_t size);

#endif
