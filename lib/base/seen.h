/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of numbers (pfns, addresses) that only grows: what a walk has visited. Open addressing;
 * memory grows with the numbers in it.
 */
#ifndef KHS_BASE_SEEN_H
#define KHS_BASE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct khs_seen {
	uint64_t *slot; /* the number + 1, so that 0 is an empty slot */
	size_t size;    /* a power of two */
	size_t used;
};

void khs_seen_deinit(struct khs_seen *seen);

bool khs_seen_has(const struct khs_seen *seen, uint64_t number);

/* Adds a @number below UINT64_MAX that is not in the set. False without memory. */
bool khs_seen_add(struct khs_seen *seen, uint64_t number);

#endif
