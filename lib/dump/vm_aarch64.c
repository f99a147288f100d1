// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm_arch.h"

#include "../base/error.h"

/* arch/arm64/include/asm/pgtable-hwdef.h: PTE_TYPE_PAGE, PMD_TYPE_SECT */
#define TYPE_MASK 3ULL
#define TYPE_TABLE_OR_PAGE 3ULL
#define TYPE_BLOCK 1ULL

/*
 * VA_BITS is what the kernel was built for, T1SZ what the processor was told: a 52-bit kernel runs
 * with 48 bits (47 with 16K pages) where the hardware cannot do more (kernel/pi/map_kernel.c:
 * early_map_kernel). Kernels before TCR_EL1_T1SZ have one size only.
 */
static struct khs_error *va_bits(const struct khs_vmcoreinfo *vmci, unsigned int *built,
				 unsigned int *actual)
{
	struct khs_error *err;
	int64_t bits, t1sz;

	err = khs_vm_need(vmci, "NUMBER(VA_BITS)", &bits);
	if (err)
		return err;
	/* 36 to 52 are the sizes of arch/arm64/Kconfig. */
	if (bits < 36 || bits > 52)
		return khs_error_new(KHS_ERR_FORMAT, "VMCOREINFO: VA_BITS is %lld",
				     (long long)bits);
	if (!khs_vmcoreinfo_number(vmci, "NUMBER(TCR_EL1_T1SZ)", &t1sz))
		t1sz = 64 - bits;
	if (t1sz < 64 - bits || t1sz > 64 - 36)
		return khs_error_new(KHS_ERR_FORMAT,
				     "VMCOREINFO: VA_BITS %lld and TCR_EL1_T1SZ %lld are no pair",
				     (long long)bits, (long long)t1sz);
	*built = bits;
	*actual = 64 - t1sz;
	return NULL;
}

/*
 * Levels as ARM64_HW_PGTABLE_LEVELS() of pgtable-hwdef.h. With 4K and 16K pages a 52-bit kernel on
 * lesser hardware folds its top level, and swapper_pg_dir is the table below it (map_kernel.c:
 * root_level++). With 64K pages both sizes have three levels and swapper_pg_dir keeps its 52-bit
 * indices, the processor being pointed into it (TTBR1_BADDR_4852_OFFSET).
 */
static void shape(struct khs_vm_layout *l, unsigned int built, unsigned int actual)
{
	unsigned int bits = l->page_shift == 16 ? built : actual;
	unsigned int step = l->page_shift - 3;

	l->levels = (bits - 4) / step;
	l->root_bits = bits - (l->page_shift + (l->levels - 1) * step);
	l->first = -(1ULL << actual);
}

/*
 * pgtable.h:__pte_to_phys. 52 physical address bits stand in two ways: with 64K pages bits 15:12
 * are 51:48, with LPA2 (4K and 16K pages, in use only along with 52 virtual bits:
 * lpa2_is_enabled()) bits 9:8 are 51:50. Without LPA2 bits 9:8 are the shareability.
 */
static void address_bits(struct khs_vm_layout *l, const struct khs_vmcoreinfo *vmci,
			 unsigned int actual)
{
	unsigned int low_top = 48;
	int64_t phys = 52;
	bool wide;

	/* PHYS_MASK_SHIFT, CONFIG_ARM64_PA_BITS */
	khs_vmcoreinfo_number(vmci, "NUMBER(MAX_PHYSMEM_BITS)", &phys);
	wide = phys > 48;
	if (l->page_shift == 16 && wide) {
		l->high_mask = 0xfULL << 12;
		l->high_shift = 36;
	} else if (l->page_shift < 16 && actual == 52) {
		low_top = 50;
		l->high_mask = 0x3ULL << 8;
		l->high_shift = 42;
	}
	l->addr_mask = (1ULL << low_top) - (1ULL << l->page_shift);
	/* Blocks: 1G and 2M for 4K pages, 32M for 16K, 512M for 64K; a level more with 52 bits. */
	l->max_leaf = (l->page_shift == 12 ? 2 : 1) + (l->high_mask ? 1 : 0);
}

static struct khs_error *layout(const struct khs_vmcoreinfo *vmci, struct khs_vm_layout *l)
{
	unsigned int built = 0, actual = 0;
	struct khs_error *err;
	uint64_t swapper;
	int64_t voffset;

	if (l->page_shift != 12 && l->page_shift != 14 && l->page_shift != 16)
		return khs_error_new(KHS_ERR_FORMAT, "VMCOREINFO: an aarch64 page of %u bytes",
				     1u << l->page_shift);
	if (!khs_vmcoreinfo_hex(vmci, "SYMBOL(swapper_pg_dir)", &swapper))
		return khs_error_new(KHS_ERR_FORMAT, "VMCOREINFO has no SYMBOL(swapper_pg_dir)");
	err = khs_vm_need(vmci, "NUMBER(kimage_voffset)", &voffset);
	if (err)
		return err;
	err = va_bits(vmci, &built, &actual);
	if (err)
		return err;
	shape(l, built, actual);
	address_bits(l, vmci, actual);
	/* asm/memory.h:__kimg_to_phys */
	l->root = swapper - (uint64_t)voffset;
	return NULL;
}

/*
 * A bit pattern of 01 is a block above level 0 and reserved in it. Entries made invalid for
 * debug_pagealloc or a guard (PTE_PRESENT_INVALID) map nothing, as for the processor.
 */
static enum khs_pte_kind kind(uint64_t entry, unsigned int level)
{
	switch (entry & TYPE_MASK) {
	case TYPE_TABLE_OR_PAGE:
		return level ? KHS_PTE_TABLE : KHS_PTE_LEAF;
	case TYPE_BLOCK:
		return level ? KHS_PTE_LEAF : KHS_PTE_NONE;
	default:
		return KHS_PTE_NONE;
	}
}

const struct khs_vm_arch khs_vm_aarch64 = {
	.id = KHS_ARCH_AARCH64,
	.name = "aarch64",
	.key = "NUMBER(kimage_voffset)",
	.layout = layout,
	.kind = kind,
};
