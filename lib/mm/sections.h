/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SPARSEMEM sections: which pfns have a memory map, and whether it is online. Only
 * SPARSEMEM_EXTREME with SPARSEMEM_VMEMMAP, which is what every configuration of x86_64 and arm64
 * that can have KHO is.
 */
#ifndef KHS_MM_SECTIONS_H
#define KHS_MM_SECTIONS_H

#include "mem.h"

/* Fills sections, section_shift, max_pfn and vmemmap of @mem. */
struct khs_error *khs_sections_read(struct khs_mem *mem);

#endif
