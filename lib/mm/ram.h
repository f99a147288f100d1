/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RAM and its nodes, by memblock and numa_meminfo. Both may be gone from the memory of a booted
 * kernel, so each is believed only where it is whole: sorted, disjoint, nodes that exist, sums that
 * agree with the kernel's own count.
 */
#ifndef KHS_MM_RAM_H
#define KHS_MM_RAM_H

#include "mem.h"

/* Fills ram, memblock, numa_meminfo, noinit and what belongs to them. Needs nodes. NOMEM only. */
struct khs_error *khs_ram_read(struct khs_mem *mem);

#endif
