// SPDX-License-Identifier: GPL-2.0-or-later
#include "current.h"

#include "cr3.h"

/* arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP 0xffffffff80000000ULL

/* *@gone: its own tables do not even map themselves, and are somebody else's memory by now. */
static enum khs_use use_of_tables(struct khs_kernel *kernel, bool *gone)
{
	int64_t l5 = 0, sme_mask = 0, phys_base;
	uint64_t va, pa, want, run;
	enum khs_presence presence;

	*gone = false;
	if (khs_vm_arch(kernel->vm) != KHS_ARCH_X86_64 ||
	    (!khs_vmcoreinfo_hex(kernel->vmci, "SYMBOL(init_top_pgt)", &va) &&
	     !khs_vmcoreinfo_hex(kernel->vmci, "SYMBOL(swapper_pg_dir)", &va)) ||
	    !khs_vmcoreinfo_number(kernel->vmci, "NUMBER(phys_base)", &phys_base))
		return KHS_USE_UNKNOWN;
	want = va - START_KERNEL_MAP + (uint64_t)phys_base;
	presence = khs_vm_translate(kernel->vm, va, &pa, &run);
	*gone = presence == KHS_UNMAPPED || (presence == KHS_PRESENT && pa != want);
	khs_vmcoreinfo_number(kernel->vmci, "NUMBER(pgtable_l5_enabled)", &l5);
	khs_vmcoreinfo_number(kernel->vmci, "NUMBER(sme_mask)", &sme_mask);
	return khs_cr3_use(kernel->dump, l5, (uint64_t)sme_mask, va, want);
}

/* kernel/kexec_core.c:kernel_kexec() sets it for good, and is not gone at once. */
static bool was_leaving(struct khs_kernel *kernel)
{
	uint64_t leaving;

	return khs_known(&kernel->facts, KHS_SYM_KEXEC_IN_PROGRESS) &&
	       khs_kernel_read_uint(kernel, khs_fact(&kernel->facts, KHS_SYM_KEXEC_IN_PROGRESS), 1,
				    &leaving) == KHS_PRESENT &&
	       leaving == 1;
}

enum khs_current khs_kernel_current(struct khs_kernel *kernel, const char **why)
{
	bool gone;

	switch (use_of_tables(kernel, &gone)) {
	case KHS_USED:
		return KHS_CURRENT;
	case KHS_UNUSED:
		*why = "no processor used the page tables of the kernel that VMCOREINFO tells of: "
		       "another one ran, a crash kernel perhaps";
		return gone || was_leaving(kernel) ? KHS_CURRENT_LEFT : KHS_CURRENT_DOUBTED;
	case KHS_USE_UNKNOWN:
		break;
	}
	*why = "the kernel that VMCOREINFO tells of was leaving by kexec: what ran, if not that "
	       "kexec itself, is another kernel";
	return was_leaving(kernel) ? KHS_CURRENT_DOUBTED : KHS_CURRENT;
}
