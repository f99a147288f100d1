/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vmalloc area preserved by kho_preserve_vmalloc() (kernel/liveupdate/kexec_handover.c since
 * 6.18; include/linux/kho/abi/kexec_handover.h:struct kho_vmalloc, struct kho_vmalloc_chunk): a
 * descriptor, a list of chunk pages, and in them the addresses of the area's pages in groups of
 * 2^order. Claims chunks and pages; does not know what is in the area.
 */
#ifndef KHS_OWNERS_VMALLOC_H
#define KHS_OWNERS_VMALLOC_H

#include "gather.h"

enum { KHS_VMALLOC_SIZE = 16 };

struct khs_vmalloc {
	uint64_t first;       /* physical address of the first chunk; 0: nothing is preserved */
	uint32_t total_pages;
	uint16_t flags;
	uint16_t order;
};

struct khs_vmalloc khs_vmalloc_decode(const uint8_t raw[KHS_VMALLOC_SIZE]);

/*
 * Claims the area for @owner. @handle: where the descriptor is, physical, for faults. @visit gets
 * each group of pages in the order of the area, until the first that is no memory or not alive.
 * Whether the list was walked to its end and says what the descriptor says.
 */
bool khs_vmalloc_gather(struct khs_gather *g, uint32_t owner, const struct khs_vmalloc *v,
			uint64_t handle,
			void (*visit)(struct khs_gather *g, uint64_t pa, uint64_t bytes, void *arg),
			void *arg);

#endif
