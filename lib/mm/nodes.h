/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NUMA nodes and zones (struct pglist_data, struct zone), as far as spans, counts and deferred init
 * go. Reads no free lists and no statistics.
 */
#ifndef KHS_MM_NODES_H
#define KHS_MM_NODES_H

#include "mem.h"

/* Fills nodes, nr_nodes and deferred of @mem. */
struct khs_error *khs_nodes_read(struct khs_mem *mem);

#endif
