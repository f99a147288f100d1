/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks a struct list_head of the kernel's (include/linux/list.h). Bounded and proof against
 * cycles; believes no pointer that is misaligned or unmapped. Follows next alone: an element that
 * list_add() was just putting in is then either there or not.
 */
#ifndef KHS_OWNERS_KLIST_H
#define KHS_OWNERS_KLIST_H

#include "gather.h"

enum khs_klist_end {
	KHS_KLIST_WHOLE,
	KHS_KLIST_BROKEN, /* a pointer that leads to no element, or round and round */
	KHS_KLIST_ABSENT, /* an element is not in the dump */
};

struct khs_klist {
	uint64_t count; /* elements visited */
	uint64_t last;  /* the pointer that was not followed, if it is broken */
	enum khs_klist_end end;
};

/* @visit gets the address of each element's list_head. */
struct khs_klist khs_klist_walk(struct khs_gather *g, uint64_t head,
				void (*visit)(struct khs_gather *g, uint64_t node, void *arg),
				void *arg);

#endif
