/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The areas the next kernel boots out of: kho_scratch, which Linux 7.4 calls kho_bootmem. Judges
 * nothing about them.
 */
#ifndef KHS_KHO_SCRATCH_H
#define KHS_KHO_SCRATCH_H

#include "kho.h"

/* Fills scratch, scratch_known and scratch_pfns. Fails for lack of memory only. */
struct khs_error *khs_kho_read_scratch(struct khs_kernel *kernel, struct khs_kho *kho);

#endif
