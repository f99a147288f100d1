/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Findings arrive by check and leave by severity, so each severity has a heap: a piece of memory
 * with the text, or an array. Within a heap they stay in the order in which they came.
 */
#ifndef KHS_REPORT_HEAPS_H
#define KHS_REPORT_HEAPS_H

#include "report.h"

struct khs_heap {
	FILE *text;
	char *bytes;
	size_t size;
	json_t *array;
};

struct khs_heaps {
	struct khs_heap heap[KHS_NR_SEVERITIES];
	uint64_t count[KHS_NR_SEVERITIES];
	bool json;
	bool no_memory;
};

/* False without memory, but khs_heaps_deinit() is due then, too. */
bool khs_heaps_init(struct khs_heaps *heaps, bool json);
void khs_heaps_deinit(struct khs_heaps *heaps);

/* @arg is the heaps: a visitor of khs_check(). */
void khs_heaps_add(void *arg, const struct khs_finding *finding);

/* The highest severity of which there is one, -1 if there is none. */
int khs_heaps_worst(const struct khs_heaps *heaps);

/* All of them, errors first. False without memory; no more can be added afterwards. */
bool khs_heaps_text(struct khs_heaps *heaps, FILE *out);
/* The same as an array, a new reference; NULL without memory. */
json_t *khs_heaps_json(struct khs_heaps *heaps);

#endif
