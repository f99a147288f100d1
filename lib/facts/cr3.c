// SPDX-License-Identifier: GPL-2.0-or-later
#include "cr3.h"

#include <stdio.h>
#include <string.h>

#include "../base/error.h"
#include "../dump/vm.h"
#include "../dump/vmcoreinfo.h"

/* arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP 0xffffffff80000000ULL
/* arch/x86/include/asm/processor-flags.h */
#define CR3_ADDRESS 0x000ffffffffff000ULL
/*
 * With page table isolation CR3 may point to user space's table, which has no kernel data, beside
 * the kernel's (arch/x86/include/asm/pgtable.h:PTI_PGTABLE_SWITCH_BIT).
 */
#define PTI_USER_TABLE 0x1000ULL

static void vm_freep(struct khs_vm **vm)
{
	khs_vm_free(*vm);
}

static void vmcoreinfo_freep(struct khs_vmcoreinfo **vmci)
{
	khs_vmcoreinfo_free(*vmci);
}

/* The tables at @root, as those at the start of an image that begins there. */
static struct khs_error *tables_at(struct khs_dump *dump, uint64_t root, bool l5,
				   uint64_t sme_mask, struct khs_vmcoreinfo **vmci,
				   struct khs_vm **vm)
{
	struct khs_error *err;
	char text[256];

	snprintf(text, sizeof(text),
		 "PAGESIZE=4096\nSYMBOL(init_top_pgt)=%llx\nNUMBER(phys_base)=0x%llx\n"
		 "NUMBER(pgtable_l5_enabled)=%d\nNUMBER(sme_mask)=0x%llx\n",
		 START_KERNEL_MAP, (unsigned long long)root, l5, (unsigned long long)sme_mask);
	err = khs_vmcoreinfo_parse(text, strlen(text), vmci);
	return err ? err : khs_vm_new(dump, *vmci, vm);
}

static enum khs_use use_of(struct khs_dump *dump, uint64_t root, bool l5, uint64_t sme_mask,
			   uint64_t va, uint64_t want)
{
	_cleanup_(vmcoreinfo_freep) struct khs_vmcoreinfo *vmci = NULL;
	_cleanup_(vm_freep) struct khs_vm *vm = NULL;
	struct khs_error *err = tables_at(dump, root, l5, sme_mask, &vmci, &vm);
	enum khs_presence presence;
	uint64_t pa, run;

	if (err) {
		khs_error_free(err);
		return KHS_USE_UNKNOWN;
	}
	presence = khs_vm_translate(vm, va, &pa, &run);
	if (presence == KHS_PRESENT)
		return pa == want ? KHS_USED : KHS_UNUSED;
	return presence == KHS_UNMAPPED ? KHS_UNUSED : KHS_USE_UNKNOWN;
}

enum khs_use khs_cr3_use(struct khs_dump *dump, bool l5, uint64_t sme_mask, uint64_t va,
			 uint64_t pa)
{
	enum khs_use result = KHS_USE_UNKNOWN;

	for (size_t i = 0; i < dump->nr_cr3; i++) {
		uint64_t root = dump->cr3[i] & CR3_ADDRESS;
		enum khs_use use = root ? use_of(dump, root, l5, sme_mask, va, pa) :
					  KHS_USE_UNKNOWN;

		if (use != KHS_USED && root & PTI_USER_TABLE && root != PTI_USER_TABLE)
			use = use_of(dump, root & ~PTI_USER_TABLE, l5, sme_mask, va, pa);
		if (use == KHS_USED)
			return use;
		if (use == KHS_UNUSED)
			result = use;
	}
	return result;
}
