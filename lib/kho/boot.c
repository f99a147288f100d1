// SPDX-License-Identifier: GPL-2.0-or-later
#include "boot.h"

#include "fdt.h"
#include "vars.h"

static void read_previous_release(struct khs_kernel *kernel, struct khs_kho *kho)
{
	const struct khs_fact *mem = &kernel->facts.v[KHS_MEM_KHO_IN_PREVIOUS_RELEASE];
	char text[sizeof(kho->previous_release) - 1] = "";
	size_t len = sizeof(text);
	uint64_t va;

	if (!mem->known)
		return;
	if (mem->size && mem->size < len)
		len = mem->size;
	va = khs_fact(&kernel->facts, KHS_SYM_KHO_IN) + mem->value;
	if (khs_vm_read_all(kernel->vm, va, text, len) == KHS_PRESENT)
		khs_copy_printable(kho->previous_release, sizeof(kho->previous_release), text, len);
}

void khs_kho_read_boot(struct khs_kernel *kernel, struct khs_kho *kho)
{
	uint64_t scratch = 0, count;

	if (khs_kho_member(kernel, KHS_SYM_KHO_IN, KHS_MEM_KHO_IN_FDT_PHYS, 8, &kho->in_fdt_phys))
		return;
	kho->handover_known = true;
	khs_kho_member(kernel, KHS_SYM_KHO_IN, KHS_MEM_KHO_IN_SCRATCH_PHYS, 8, &scratch);
	kho->handover_failed = !kho->in_fdt_phys && scratch;
	kho->handover_boot = kho->in_fdt_phys || scratch;
	read_previous_release(kernel, kho);
	/* 0 after a handover: kho_in_kexec_metadata() had not run, or was handed none. */
	if (!khs_kho_member(kernel, KHS_SYM_KHO_IN, KHS_MEM_KHO_IN_KEXEC_COUNT, 4, &count))
		kho->kexec_count = count || !kho->handover_boot ? (int64_t)count : -1;
}
