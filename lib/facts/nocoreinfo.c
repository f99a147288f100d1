// SPDX-License-Identifier: GPL-2.0-or-later
#include "nocoreinfo.h"

#include <stdio.h>
#include <stdlib.h>

#define DERIVED "derived"
#define ASSUMED "assumed"

/* arch/x86/include/asm/page_64_types.h */
#define START_KERNEL_MAP 0xffffffff80000000ULL
/* include/linux/mmzone.h:SUBSECTION_SHIFT */
#define SUBSECTION_SHIFT 21
/* include/linux/nodemask.h:N_ONLINE, the second of node_states[] */
#define N_ONLINE 1

/* ---- lines ---------------------------------------------------------------------------------- */

static void put_symbols(FILE *f, const struct khs_image *image, const struct khs_place *place)
{
	static const struct {
		enum khs_anchor_id id;
		const char *name;
	} symbols[] = {
		{ KHS_ANCHOR_STEXT, "_stext" },
		{ KHS_ANCHOR_INIT_TOP_PGT, "init_top_pgt" },
		{ KHS_ANCHOR_SWAPPER_PG_DIR, "swapper_pg_dir" },
		{ KHS_ANCHOR_KALLSYMS_NAMES, "kallsyms_names" },
		{ KHS_ANCHOR_KALLSYMS_NUM_SYMS, "kallsyms_num_syms" },
		{ KHS_ANCHOR_KALLSYMS_TOKEN_TABLE, "kallsyms_token_table" },
		{ KHS_ANCHOR_KALLSYMS_TOKEN_INDEX, "kallsyms_token_index" },
		{ KHS_ANCHOR_KALLSYMS_OFFSETS, "kallsyms_offsets" },
		{ KHS_ANCHOR_KALLSYMS_BASE, "kallsyms_relative_base" },
	};

	for (size_t i = 0; i < sizeof(symbols) / sizeof(symbols[0]); i++) {
		if (image->anchors[symbols[i].id].known)
			fprintf(f, "SYMBOL(%s)=%llx\n", symbols[i].name,
				(unsigned long long)khs_place_address(image, place, symbols[i].id));
	}
}

/* arch/x86/kernel/vmcore_info_64.c */
static void put_x86_64(FILE *f, const struct khs_place *place)
{
	fprintf(f, "NUMBER(phys_base)=0x%llx\n",
		(unsigned long long)(START_KERNEL_MAP - place->voffset));
	fprintf(f, "NUMBER(pgtable_l5_enabled)=%d\n", place->paging.l5);
	fprintf(f, "NUMBER(sme_mask)=0x%llx\n", (unsigned long long)place->paging.sme_mask);
}

/* arch/arm64/kernel/vmcore_info.c */
static void put_aarch64(FILE *f, const struct khs_place *place)
{
	fprintf(f, "NUMBER(kimage_voffset)=0x%llx\n", (unsigned long long)place->voffset);
	fprintf(f, "NUMBER(VA_BITS)=%u\n", place->paging.va_built);
	fprintf(f, "NUMBER(TCR_EL1_T1SZ)=0x%x\n", 64 - place->paging.va_actual);
	fprintf(f, "NUMBER(MAX_PHYSMEM_BITS)=%u\n", place->paging.pa_bits);
}

char *khs_nocoreinfo_text(const struct khs_image *image, const struct khs_place *place)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	if (*place->release)
		fprintf(f, "OSRELEASE=%s\n", place->release);
	if (*place->build_id)
		fprintf(f, "BUILD-ID=%s\n", place->build_id);
	fprintf(f, "PAGESIZE=%u\n", 1u << place->paging.page_shift);
	fprintf(f, "KERNELOFFSET=%llx\n", (unsigned long long)place->moved);
	put_symbols(f, image, place);
	if (image->arch == KHS_ARCH_X86_64)
		put_x86_64(f, place);
	else
		put_aarch64(f, place);
	if (!fclose(f))
		return text;
	free(text);
	return NULL;
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void set(struct khs_kernel *kernel, enum khs_need_id id, const char *source, uint64_t value)
{
	khs_fact_set(&kernel->facts, id, source, khs_needs[id].name, value, 0);
}

/* The variable at @address into @id, if it is in the dump. */
static void set_from_memory(struct khs_kernel *kernel, enum khs_need_id id, uint64_t address)
{
	uint64_t value;

	if (khs_kernel_read_uint(kernel, address, 8, &value) == KHS_PRESENT)
		set(kernel, id, DERIVED, value);
}

/*
 * A section has one bit in mem_section_usage.subsection_map for each 2 MiB, padded to whole words
 * (include/linux/mmzone.h). asm/sparsemem.h of x86 and arm64 has 27, but 29 for 64K pages.
 */
static void section_size(struct khs_kernel *kernel)
{
	uint64_t bytes = kernel->facts.v[KHS_MEM_USAGE_SUBSECTION_MAP].size;

	if (bytes >= 8 && bytes <= 4096 && !(bytes & (bytes - 1)))
		set(kernel, KHS_KEY_SECTION_SIZE_BITS, DERIVED,
		    SUBSECTION_SHIFT + 3 + __builtin_ctzll(bytes));
	else
		set(kernel, KHS_KEY_SECTION_SIZE_BITS, ASSUMED, kernel->page_shift == 16 ? 29 : 27);
}

/*
 * include/linux/mmzone.h:NR_SECTION_ROOTS of SPARSEMEM_EXTREME, where mem_section is a pointer.
 * Without, it is an array, and the number stays unknown: nobody could read it.
 */
static void section_roots(struct khs_kernel *kernel, const struct khs_image *image,
			  const struct khs_place *place)
{
	const struct khs_anchor *a = &image->anchors[KHS_ANCHOR_MEM_SECTION];
	const struct khs_facts *f = &kernel->facts;
	uint64_t size = khs_fact_or(f, KHS_SIZE_MEM_SECTION, 0), per_root, sections;
	unsigned int bits = khs_fact(f, KHS_KEY_SECTION_SIZE_BITS);

	if (!a->known || (a->size && a->size != 8) || !size || size > 4096 ||
	    place->paging.pa_bits <= bits)
		return;
	set_from_memory(kernel, KHS_KEY_MEM_SECTION,
			khs_place_address(image, place, KHS_ANCHOR_MEM_SECTION));
	per_root = (1ull << kernel->page_shift) / size;
	sections = 1ull << (place->paging.pa_bits - bits);
	set(kernel, KHS_KEY_MEM_SECTION_LENGTH, DERIVED, (sections + per_root - 1) / per_root);
}

/* node_data[MAX_NUMNODES], and node_online_map, a macro for a nodemask_t among node_states[]. */
static void nodes(struct khs_kernel *kernel, const struct khs_image *image,
		  const struct khs_place *place)
{
	uint64_t max = image->anchors[KHS_ANCHOR_NODE_DATA].size / 8;
	uint64_t mask = (max + 63) / 64 * 8;

	if (!max)
		return;
	set(kernel, KHS_KEY_NODE_DATA_LENGTH, DERIVED, max);
	set(kernel, KHS_KEY_NODEMASK_SIZE, DERIVED, mask);
	if (image->anchors[KHS_ANCHOR_NODE_STATES].known)
		set(kernel, KHS_SYM_NODE_ONLINE_MAP, DERIVED,
		    khs_place_address(image, place, KHS_ANCHOR_NODE_STATES) + N_ONLINE * mask);
}

/* As kernel/vmcore_info.c makes them of enumerators. */
static void numbers(struct khs_kernel *kernel)
{
	const struct khs_facts *f = &kernel->facts;
	uint64_t head = khs_fact_or(f, KHS_ENUM_PG_HEAD, 64);
	uint64_t buddy = khs_fact_or(f, KHS_ENUM_PGTY_BUDDY, 0);

	if (head < 64)
		set(kernel, KHS_KEY_PG_HEAD_MASK, DERIVED, 1ull << head);
	if (buddy && buddy < 256)
		set(kernel, KHS_KEY_BUDDY_VALUE, DERIVED,
		    (uint64_t)(int64_t)(int32_t)((uint32_t)buddy << 24));
}

/*
 * memblock_free_all() hands memory to the page allocator and then counts it: before that, a struct
 * page may have been initialised or not, with and without deferred init.
 */
static bool is_early(struct khs_kernel *kernel, const struct khs_image *image,
		     const struct khs_place *place)
{
	uint64_t pages;

	return image->anchors[KHS_ANCHOR_TOTALRAM_PAGES].known &&
	       khs_kernel_read_uint(kernel, khs_place_address(image, place,
							      KHS_ANCHOR_TOTALRAM_PAGES),
				    8, &pages) == KHS_PRESENT &&
	       !pages;
}

void khs_nocoreinfo_facts(struct khs_kernel *kernel, const struct khs_image *image,
			  const struct khs_place *place)
{
	if (khs_known(&kernel->facts, KHS_SYM_VMEMMAP_BASE))
		set_from_memory(kernel, KHS_KEY_VMEMMAP,
				khs_fact(&kernel->facts, KHS_SYM_VMEMMAP_BASE));
	set(kernel, KHS_KEY_MAX_PHYSMEM_BITS, DERIVED, place->paging.pa_bits);
	section_size(kernel);
	section_roots(kernel, image, place);
	nodes(kernel, image, place);
	numbers(kernel);
	kernel->early = is_early(kernel, image, place);
}
