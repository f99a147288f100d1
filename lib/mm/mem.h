/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's memory by the dead kernel's own word: sections with a memory map, nodes and their
 * zones, and which node owns which RAM. Read once, small (it grows with nodes and sections, not
 * with pages), and read-only afterwards. Where sources of the node disagree it keeps them apart.
 *
 * Sources of the node of a pfn, most trusted first: memblock.memory (what memmap init itself used),
 * numa_meminfo (what memblock's nodes were set from), the span of a pgdat if only one holds the
 * pfn.
 */
#ifndef KHS_MM_MEM_H
#define KHS_MM_MEM_H

#include "../base/extents.h"
#include "page.h"

#define KHS_MAX_ZONES 8

struct khs_zone {
	int index;           /* in node_zones[] */
	uint64_t start, end; /* span, pfns; empty if unpopulated */
	uint64_t present;
	uint64_t managed;
	char name[16];       /* printable; "" if unknown */
};

struct khs_node {
	int id;
	uint64_t start, end;     /* span, pfns */
	uint64_t first_deferred; /* UINT64_MAX if nothing is deferred */
	struct khs_zone zones[KHS_MAX_ZONES];
	size_t nr_zones;
};

/* Bits of an extent's tag in khs_mem.sections. */
enum {
	KHS_SECTION_ONLINE = 1,
	KHS_SECTION_EARLY = 2,
};

struct khs_mem {
	struct khs_kernel *kernel;
	struct khs_page_layout layout;
	uint64_t vmemmap; /* address of the struct page of pfn 0 */
	unsigned int section_shift; /* log2 of pages in a section */
	uint64_t max_pfn; /* end of the last section with a memory map */
	struct khs_extents sections; /* pfns that have a memory map; tag: KHS_SECTION_* */

	struct khs_node *nodes; /* sorted by id */
	size_t nr_nodes;

	struct khs_extents ram; /* pfns of RAM; tag: node */
	const char *ram_source; /* static; NULL if nothing was readable and ram is empty */
	bool ram_exact;         /* holes are known too (memblock), not only which node */
	struct khs_extents memblock, numa_meminfo; /* each as read, for a second opinion */

	struct khs_extents noinit; /* memblock.reserved regions with RSRV_NOINIT */
	bool noinit_known;

	bool deferred; /* deferred init had not ended (mm_init.c:page_alloc_init_late) */
};

/*
 * NOTFOUND, UNSUPPORTED, NODATA, CORRUPT: without sections, nodes and layout nothing can be judged.
 */
struct khs_error *khs_mem_init(struct khs_mem *mem, struct khs_kernel *kernel);
void khs_mem_deinit(struct khs_mem *mem);

static inline uint64_t khs_mem_page_address(const struct khs_mem *mem, uint64_t pfn)
{
	return mem->vmemmap + pfn * mem->layout.size;
}

/* The node that owns @pfn, or KHS_NO_NODE (a hole, or unknown). */
int khs_mem_node(const struct khs_mem *mem, uint64_t pfn);

const struct khs_node *khs_mem_find_node(const struct khs_mem *mem, int id);

/* The zone of @node that spans @pfn, or NULL. */
const struct khs_zone *khs_node_zone(const struct khs_node *node, uint64_t pfn);

/* Whether the struct page of @pfn may not be initialised yet, and nobody is to blame for that. */
bool khs_mem_deferred(const struct khs_mem *mem, uint64_t pfn);

/* Reads the raw struct page of @pfn into @raw (layout.size bytes). */
enum khs_presence khs_mem_read_page(const struct khs_mem *mem, uint64_t pfn, void *raw);

/*
 * Whether the struct page of @pfn shows that somebody uses the page, as that of one that waits to
 * be restored does not. False if it can't be read.
 */
bool khs_mem_page_taken(const struct khs_mem *mem, uint64_t pfn);

#endif
