// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * reserve_mem= regions (mm/memblock.c:prepare_kho_fdt()): an FDT with a node for each, which has
 * its start and size. The kernel restores neither the FDT nor the regions; where the incoming FDT
 * is lost, its own table (reserved_mem_table) still tells which regions it took over.
 */
#include <stdlib.h>
#include <string.h>

#include "../kho/fdt.h"
#include "blob_fdt.h"

/* RESERVE_MEM_MAX_ENTRIES is 8; a kernel with more would need a larger table. */
#define MAX_REGIONS 64

static void gather_region(struct khs_gather *g, uint32_t parent, enum khs_owner_source source,
			  const char *name, uint64_t start, uint64_t size)
{
	uint32_t owner = khs_gather_owner(g, parent, KHS_O_RESERVE_MEM, source, "%s", name);
	uint64_t mask = khs_gather_page_size(g) - 1;

	khs_owner_hex(g, owner, "at", start);
	khs_owner_number(g, owner, "size", size);
	if (!size || size & mask || !khs_gather_is_page(g, start) || size > UINT64_MAX - start) {
		khs_gather_fault(g, KHS_F_REGION, owner, 0, 0, start, size);
		return;
	}
	khs_gather_span(g, owner, KHS_ROLE_REGION, khs_gather_pfn(g, start),
			khs_gather_pages(g, size), KHS_F_UNCOVERED);
}

void khs_gather_memblock(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
			 uint64_t size)
{
	uint64_t pfn = khs_gather_pfn(g, subtree->phys);
	const char *why;
	void *fdt = khs_blob_fdt(g, owner, subtree->phys, size, &why);
	int node;

	if (!fdt && why)
		khs_gather_fault(g, KHS_F_BLOB_FDT, owner, pfn, 1, subtree->phys, 0);
	if (!fdt) {
		khs_gather_incomplete(g, owner, "its FDT is damaged");
		return;
	}
	if (!khs_fdt_is(fdt, 0, "memblock-v1")) {
		khs_gather_opaque(g, owner);
		free(fdt);
		return;
	}
	fdt_for_each_subnode(node, fdt, 0) {
		const char *name = fdt_get_name(fdt, node, NULL);
		uint64_t start, bytes;

		if (khs_fdt_u64(fdt, node, "start", &start) &&
		    khs_fdt_u64(fdt, node, "size", &bytes))
			gather_region(g, owner, KHS_FROM_FDT, name ? name : "", start, bytes);
		else
			khs_gather_fault(g, KHS_F_BLOB_CONTENT, owner, pfn, 1, subtree->phys, 0);
	}
	free(fdt);
}

void khs_gather_memblock_table(struct khs_gather *g, uint32_t owner)
{
	const struct khs_facts *facts = &g->k->kernel.facts;
	uint64_t table, stride, count;

	if (!khs_known(facts, KHS_SYM_RESERVED_MEM_TABLE) ||
	    !khs_known(facts, KHS_SYM_RESERVED_MEM_COUNT) ||
	    !khs_known(facts, KHS_SIZE_RESERVE_MEM_TABLE)) {
		khs_gather_incomplete(g, owner, "its FDT is gone, its table not known");
		return;
	}
	table = khs_fact(facts, KHS_SYM_RESERVED_MEM_TABLE);
	stride = khs_fact(facts, KHS_SIZE_RESERVE_MEM_TABLE);
	if (khs_kernel_read_uint(&g->k->kernel, khs_fact(facts, KHS_SYM_RESERVED_MEM_COUNT), 4,
				 &count) || count > MAX_REGIONS) {
		khs_gather_incomplete(g, owner, "its FDT is gone, its table not readable");
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		uint64_t va = table + i * stride, start, size;
		char name[32];

		if (khs_gather_string(g, owner, va, KHS_MEM_RESERVE_MEM_NAME, name, sizeof(name)) &&
		    khs_gather_member(g, owner, va, KHS_MEM_RESERVE_MEM_START, &start) &&
		    khs_gather_member(g, owner, va, KHS_MEM_RESERVE_MEM_SIZE_, &size) && size)
			gather_region(g, owner, KHS_FROM_RUNTIME, name, start, size);
	}
}
