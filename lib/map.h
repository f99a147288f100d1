/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Physical memory as something to be drawn: what is RAM, scratch, preserved and by whom, pending,
 * and found wrong, each a lane of items by pfn, each item within one node. A lane holds no more
 * items than it is given room for: beyond that it gets coarser, neighbours that lie closer together
 * than its grain becoming one item, so a map of 16 TB is as small as one of 1 GB. It draws nothing.
 */
#ifndef KHS_MAP_H
#define KHS_MAP_H

#include "checks/gathered.h"
#include "model.h"

enum khs_lane {
	KHS_LANE_RAM,
	KHS_LANE_SCRATCH,
	KHS_LANE_OUT,      /* preserved for the next kernel */
	KHS_LANE_IN,       /* pending */
	KHS_LANE_FINDINGS,
	KHS_NR_LANES,
};

/* Of several owners, findings. */
#define KHS_MAP_SEVERAL UINT32_MAX

struct khs_map_item {
	uint64_t pfn, end;  /* from the first to the last */
	uint64_t pages;     /* of these, what is meant; fewer where neighbours became one */
	uint64_t count;     /* how many neighbours */
	int node;           /* KHS_NO_NODE: where no RAM is known */
	uint32_t what;      /* OUT, IN: index of the owner; FINDINGS: number of the finding */
	int severity;       /* FINDINGS: the gravest; else -1 */
};

struct khs_map_lane {
	struct khs_map_item *v;
	size_t n, cap;
	size_t room;        /* n is never more */
	uint64_t grain;     /* pages; 1: nothing was left out */
};

struct khs_map {
	uint64_t start, end; /* pfns of what is shown */
	struct khs_map_lane lane[KHS_NR_LANES];
	bool no_memory;
};

/*
 * Of pfns [@start, @end), @end 0 being the end of memory; @room items a lane, 64 or more. Gathers
 * owners first. khs_map_deinit() is due in any case.
 */
struct khs_error *khs_map_make(struct khs *k, uint64_t start, uint64_t end, size_t room,
			       struct khs_map *map);
/* Those that have a pfn. */
struct khs_error *khs_map_add_findings(const struct khs *k, const struct khs_gathered *findings,
				       struct khs_map *map);
void khs_map_deinit(struct khs_map *map);

/* The owner that a map names in place of @owner: a LUO session for its files, else the topmost. */
uint32_t khs_map_owner(const struct khs_owners *owners, uint32_t owner);

#endif
