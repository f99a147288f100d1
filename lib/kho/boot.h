/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How this kernel was started: kho_in. fdt_phys is put back to 0 when the map turns out unusable,
 * scratch_phys is not (kho_memory_init() in 7.2, kho_mem_retrieve() in 7.3).
 */
#ifndef KHS_KHO_BOOT_H
#define KHS_KHO_BOOT_H

#include "kho.h"

/* Fills handover_*, previous_release, kexec_count and in_fdt_phys. */
void khs_kho_read_boot(struct khs_kernel *kernel, struct khs_kho *kho);

#endif
