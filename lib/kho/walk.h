/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What all walks of a map of preserved pages have in common: where memory ends, what was visited,
 * and where results go. Knows the format of none.
 */
#ifndef KHS_KHO_WALK_H
#define KHS_KHO_WALK_H

#include "../base/seen.h"
#include "kho.h"

/*
 * How many runs of blocks beyond the machine's memory, or bad entries, a page of a map may hold and
 * still be one.
 */
#define KHS_WALK_STRAYS 8

struct khs_walk {
	struct khs_kernel *kernel;
	const struct khs_extents *ram;
	struct khs_kho *kho;   /* nodes, problems and nodes_absent */
	struct khs_runs *runs; /* preserved blocks */
	unsigned int page_shift;
	uint64_t machine_pfns; /* the machine's memory ends here */
	uint64_t key_pfns;     /* physical addresses end here */
	struct khs_seen seen;  /* pfns, or addresses: the walk's own choice */
	const struct khs_seen *told; /* what another walk told the problems of; NULL: none */
	uint64_t visited;
};

/* Runs go to @runs, all else to @kho. */
void khs_walk_init(struct khs_walk *w, struct khs_kernel *kernel, const struct khs_machine *machine,
		   struct khs_kho *kho, struct khs_runs *runs);
void khs_walk_deinit(struct khs_walk *w);

static inline uint64_t khs_walk_page_size(const struct khs_walk *w)
{
	return UINT64_C(1) << w->page_shift;
}

/* To be called for each thing visited. INTERRUPTED. */
struct khs_error *khs_walk_poll(struct khs_walk *w);

/* Whether there is memory at physical address @pa. */
bool khs_walk_in_memory(const struct khs_walk *w, uint64_t pa);

/*
 * A pointer of a map, and where it leads. PRESENT: to @pa, which is in memory, was not visited
 * before and is marked as visited now. Else there is nothing to be read, and that was told as a
 * problem.
 */
struct khs_walk_pointer {
	enum khs_map_part part; /* that holds it, at physical address @holder */
	uint64_t holder;
	uint64_t entry;         /* as it is there */
	uint64_t index;         /* of the entry */
	unsigned int level;     /* of the holder */
	uint64_t address;       /* the pointer in it, without tags */
	bool physical;          /* ... is no kernel virtual address */
	size_t align;           /* of what it points at */
	uint64_t pa;            /* found */
	enum khs_presence presence;
};
struct khs_error *khs_walk_follow(struct khs_walk *w, struct khs_walk_pointer *p);

/* The pointer's problem is @kind. NOMEM. */
struct khs_error *khs_walk_blame(struct khs_walk *w, const struct khs_walk_pointer *p,
				 enum khs_map_problem_kind kind);

/* A page of the map. False without memory. */
bool khs_walk_add_node(struct khs_walk *w, enum khs_map_part part, uint64_t pa, unsigned int level);

/* A problem, joined to the one before if it is more of the same. NOMEM. */
struct khs_error *khs_walk_add_problem(struct khs_walk *w, const struct khs_map_problem *p);

/* Sorts the nodes by pfn, and keeps one of each page: small parts share pages. */
void khs_walk_sort_nodes(struct khs_kho *kho);

#endif
