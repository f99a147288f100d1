/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RAM cut where node or zone changes, and what lies over the cuts. Worked out from the edges of
 * nodes and zones, never page by page, and over a whole range: looking at its two ends misses a
 * foreign node in the middle, as kexec_handover.c:__kho_preserve_pages_order() does.
 */
#ifndef KHS_CHECKS_PLACES_H
#define KHS_CHECKS_PLACES_H

#include "hits.h"
#include "../mm/mem.h"

struct khs_place_span {
	unsigned int nodes, zones; /* how many of each; zones of the first node only */
	char text[512];            /* "0x8000-0x89ff node 0 DMA32; 0x8a00-..." */
};

/* Empty @places before; khs_extents_deinit() afterwards. False without memory. */
bool khs_places_make(const struct khs_mem *mem, struct khs_extents *places);

/* What [start, end) lies in. Nodes and zones are counted as they change, so A-B-A counts three. */
struct khs_place_span khs_places_look(const struct khs_mem *mem, const struct khs_extents *places,
				      uint64_t start, uint64_t end);

/*
 * Adds the blocks of @run that lie on more than one node, or else, with @want_nodes false, on one
 * node but in more than one zone. False without memory.
 */
bool khs_places_hits(const struct khs_mem *mem, const struct khs_extents *places, bool want_nodes,
		     const struct khs_run *run, unsigned int kind, struct khs_hits *hits);

#endif
