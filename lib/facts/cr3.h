/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a kernel was the one that ran, by the page tables that the processors used: of x86_64,
 * and where the dump names them (QEMU does). All tables of one kernel share the part that maps its
 * image, and no two kernels are in one place.
 */
#ifndef KHS_FACTS_CR3_H
#define KHS_FACTS_CR3_H

#include "../dump/dump.h"

enum khs_use {
	KHS_USE_UNKNOWN, /* no processor's tables are named, or they are not in the dump */
	KHS_USED,        /* by a processor at least */
	KHS_UNUSED,      /* by none of those that are known */
};

/*
 * @va, in the kernel's image, is at @pa. @l5: tables have five levels; @sme_mask: the bit of an
 * entry that stands for encrypted memory.
 */
enum khs_use khs_cr3_use(struct khs_dump *dump, bool l5, uint64_t sme_mask, uint64_t va,
			 uint64_t pa);

#endif
