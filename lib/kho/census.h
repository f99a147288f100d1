/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One pass over the memory map: every struct page of every online section is looked at once, and
 * what is worth keeping is kept as runs: suspects, pending preservations, free pages that the
 * outgoing map preserves, and what could not be looked at. Memory grows with what is found, not
 * with the dump.
 */
#ifndef KHS_KHO_CENSUS_H
#define KHS_KHO_CENSUS_H

#include "judge.h"

/* Adjacent pages with the same verdict. */
struct khs_suspect {
	uint64_t pfn;
	uint64_t pages;
	enum khs_class class;
	int order;                  /* of the first page's mark; -1 if it has none */
	uint64_t head;              /* see khs_verdict */
	unsigned int head_order;
	int64_t drift;
	bool unsure;
	uint8_t raw[KHS_PAGE_MAX];  /* the first page's struct page */
};

struct khs_census {
	struct khs_suspect *suspects; /* sorted by pfn */
	size_t nr_suspects, cap_suspects;
	struct khs_runs in;           /* pending preservations; state: enum khs_range_state */
	struct khs_extents freed;     /* free pages that an outgoing preservation holds */
	struct khs_extents absent;    /* pfns without a readable struct page; tag: khs_presence */
	struct khs_coverage coverage;
};

/* Errors: NOMEM. Interrupted it is of what was looked at by then. */
struct khs_error *khs_census_take(const struct khs_mem *mem, const struct khs_kho *kho,
				  struct khs_census *ret);
void khs_census_deinit(struct khs_census *census);

#endif
