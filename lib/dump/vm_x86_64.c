// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm_arch.h"

#include "../base/error.h"

/* arch/x86/include/asm/page_64_types.h: __START_KERNEL_map, __PHYSICAL_MASK_SHIFT */
#define START_KERNEL_MAP 0xffffffff80000000ULL
#define PHYSICAL_MASK_SHIFT 52
/* arch/x86/include/asm/pgtable_types.h: _PAGE_BIT_PRESENT, _PAGE_BIT_PSE */
#define PRESENT (1ULL << 0)
#define PSE (1ULL << 7)

static struct khs_error *root_table(const struct khs_vmcoreinfo *vmci, struct khs_vm_layout *l)
{
	struct khs_error *err;
	int64_t phys_base;
	uint64_t top;

	/* One table, two names: swapper_pg_dir is a macro (arch/x86/include/asm/pgtable_64.h). */
	if (!khs_vmcoreinfo_hex(vmci, "SYMBOL(init_top_pgt)", &top) &&
	    !khs_vmcoreinfo_hex(vmci, "SYMBOL(swapper_pg_dir)", &top))
		return khs_error_new(KHS_ERR_FORMAT, "VMCOREINFO has no SYMBOL(init_top_pgt)");
	err = khs_vm_need(vmci, "NUMBER(phys_base)", &phys_base);
	if (err)
		return err;
	if (top < START_KERNEL_MAP)
		return khs_error_new(KHS_ERR_FORMAT,
				     "VMCOREINFO: init_top_pgt 0x%llx is outside the kernel image",
				     (unsigned long long)top);
	l->root = top - START_KERNEL_MAP + (uint64_t)phys_base;
	return NULL;
}

static struct khs_error *layout(const struct khs_vmcoreinfo *vmci, struct khs_vm_layout *l)
{
	int64_t l5 = 0, sme_mask = 0;

	if (l->page_shift != 12)
		return khs_error_new(KHS_ERR_FORMAT, "VMCOREINFO: an x86_64 page of %u bytes",
				     1u << l->page_shift);
	khs_vmcoreinfo_number(vmci, "NUMBER(pgtable_l5_enabled)", &l5);
	/*
	 * sme_me_mask sets one address bit in every entry that maps encrypted memory; the kernel
	 * takes it out the same way (mem_encrypt.h:__sme_clr). The dump holds plain text.
	 */
	khs_vmcoreinfo_number(vmci, "NUMBER(sme_mask)", &sme_mask);
	l->levels = l5 ? 5 : 4;
	l->root_bits = 9;
	l->max_leaf = 2;
	l->first = -(1ULL << (l5 ? 56 : 47));
	l->addr_mask = ((1ULL << PHYSICAL_MASK_SHIFT) - (1ULL << 12)) & ~(uint64_t)sme_mask;
	return root_table(vmci, l);
}

/*
 * PAT moves from bit 7 to bit 12 in a large leaf, protection keys and NX lie above the address:
 * none of them is left after the address mask and the leaf's size. PROTNONE entries (not PRESENT)
 * map user memory only.
 */
static enum khs_pte_kind kind(uint64_t entry, unsigned int level)
{
	if (!(entry & PRESENT))
		return KHS_PTE_NONE;
	return !level || (entry & PSE) ? KHS_PTE_LEAF : KHS_PTE_TABLE;
}

const struct khs_vm_arch khs_vm_x86_64 = {
	.id = KHS_ARCH_X86_64,
	.name = "x86_64",
	.key = "NUMBER(phys_base)",
	.layout = layout,
	.kind = kind,
};
