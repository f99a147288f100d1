// SPDX-License-Identifier: GPL-2.0-or-later
#include "out_map.h"

#include "../base/error.h"
#include "radix.h"
#include "vars.h"

/*
 * The root that kho_preserve_*() uses, kho_out.radix_tree.root, is the map of this kernel; the FDT
 * holds its physical address from the start (kho_out_fdt_setup()), and stands in where the pointer
 * leads nowhere. That the page tables it would take are absent from the dump is no mismatch.
 */
static bool find_root(struct khs_kernel *kernel, struct khs_kho *kho)
{
	enum khs_presence presence;
	uint64_t va, pa = 0, run;

	presence = khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_RADIX_ROOT, 8, &va);
	if (presence == KHS_PRESENT && va)
		presence = khs_vm_translate(kernel->vm, va, &pa, &run);
	if (presence == KHS_PRESENT || presence == KHS_UNMAPPED)
		kho->out_root_mismatch = kho->out_root_fdt_known && kho->out_root_fdt != pa;
	kho->out_root = presence == KHS_PRESENT && pa ? pa : kho->out_root_fdt;
	return kho->out_root;
}

/*
 * Without KHO, or before kho_init() made a root, nothing can have been preserved:
 * kho_radix_add_key() refuses.
 */
static bool map_is_empty(struct khs_kernel *kernel, const struct khs_kho *kho)
{
	uint64_t root, fdt;

	if (kho->state == KHS_KHO_ABSENT || kho->state == KHS_KHO_OFF)
		return true;
	return !khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_RADIX_ROOT, 8, &root) &&
	       !khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_FDT, 8, &fdt) &&
	       !root && !fdt;
}

struct khs_error *khs_kho_read_map(struct khs_kernel *kernel, const struct khs_machine *machine,
				   struct khs_kho *kho)
{
	struct khs_error *err;

	kho->out_known = map_is_empty(kernel, kho);
	if (kho->state != KHS_KHO_ON || !find_root(kernel, kho))
		return NULL;
	err = khs_radix_walk(kernel, machine, kho->out_root, kho);
	if (err)
		return err;
	khs_runs_sort(&kho->out);
	return khs_runs_extents(&kho->out, &kho->out_pages) ? NULL : khs_enomem();
}
