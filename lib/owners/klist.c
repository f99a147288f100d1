// SPDX-License-Identifier: GPL-2.0-or-later
#include "klist.h"

/* More than LUO can have of anything: 10000 blocks (KHO_MAX_BLOCKS) of 63 files. */
#define MAX_ELEMENTS (UINT64_C(1) << 20)

struct khs_klist khs_klist_walk(struct khs_gather *g, uint64_t head,
				void (*visit)(struct khs_gather *g, uint64_t node, void *arg),
				void *arg)
{
	struct khs_klist walk = { .last = head };
	uint64_t seen = head, laps = 1;

	while (khs_gather_more(g)) {
		uint64_t next;
		enum khs_presence presence =
			khs_kernel_read_uint(&g->k->kernel, walk.last, sizeof(next), &next);

		if (khs_is_lost(presence)) {
			walk.end = KHS_KLIST_ABSENT;
			return walk;
		}
		if (presence == KHS_PRESENT && next == head)
			return walk;
		walk.end = KHS_KLIST_BROKEN;
		if (presence == KHS_PRESENT)
			walk.last = next;
		/* Brent's: an element met before is one that was noted a power of two ago. */
		if (presence != KHS_PRESENT || next & 7 || next == seen ||
		    walk.count >= MAX_ELEMENTS)
			return walk;
		if (walk.count == laps) {
			seen = next;
			laps *= 2;
		}
		walk.end = KHS_KLIST_WHOLE;
		if (khs_kernel_read_uint(&g->k->kernel, next, sizeof(next), &(uint64_t){ 0 })) {
			/* Told in the next turn, by the same read. */
			continue;
		}
		walk.count++;
		visit(g, next, arg);
	}
	return walk;
}
