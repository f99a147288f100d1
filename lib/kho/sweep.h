/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sifts the whole memory map on as many threads as are wanted, and hands over what has to be looked
 * at in the order of pfns, on the caller's thread: what the caller makes of it is the same however
 * many threads there were. Memory grows with the threads, not with the map.
 */
#ifndef KHS_KHO_SWEEP_H
#define KHS_KHO_SWEEP_H

#include "sift.h"

/* A struct page to be looked at, or a run of them that can't be. */
struct khs_sifted {
	uint64_t pfn;
	uint64_t pages;             /* KHS_PRESENT: 1 */
	enum khs_presence presence;
	uint8_t raw[KHS_PAGE_MAX];  /* KHS_PRESENT: the struct page */
};

/* What was found among @pages struct pages of an online section. */
struct khs_part {
	uint64_t pfn;
	uint64_t pages;
	uint64_t absent;            /* of these */
	struct khs_sifted *v;       /* by pfn */
	size_t n, cap;
};

/*
 * Calls @visit for each part, which is the sweep's own. khs_options.jobs threads, at most MAX_JOBS
 * of sweep.c, sift meanwhile; with one, or where memory has but one reader, the caller's does. All
 * have ended when this returns. Ends with @visit's error, INTERRUPTED or NOMEM.
 */
struct khs_error *khs_sweep(const struct khs_mem *mem, const struct khs_kho *kho,
			    struct khs_error *(*visit)(void *arg, const struct khs_part *part),
			    void *arg);

#endif
