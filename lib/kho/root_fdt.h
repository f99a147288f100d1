/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The root FDTs in the dump: where they are, and what of them the rest needs. fdt.h reads the
 * bytes. Both fail for lack of memory only; what could not be read is left unknown.
 */
#ifndef KHS_KHO_ROOT_FDT_H
#define KHS_KHO_ROOT_FDT_H

#include "kho.h"

/* The one this kernel was started with: fills abi_in. */
struct khs_error *khs_kho_read_in_fdt(struct khs_kernel *kernel, struct khs_kho *kho);

/*
 * The one for the next kernel: fills finalized, out_fdt_*, out_root_fdt* and abi. @why is what kept
 * it from being read, "" if nothing did. In Linux 6.16 to 6.18 its page holds nothing before the
 * map is finalized; out_fdt_phys stays 0 then, and that is no damage.
 */
struct khs_error *khs_kho_read_out_fdt(struct khs_kernel *kernel, const struct khs_machine *machine,
				       struct khs_kho *kho, char *why, size_t size);

#endif
