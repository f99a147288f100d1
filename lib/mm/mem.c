// SPDX-License-Identifier: GPL-2.0-or-later
#include "mem.h"

#include <stdlib.h>

#include "../base/error.h"
#include "late.h"
#include "nodes.h"
#include "ram.h"
#include "sections.h"

struct khs_error *khs_mem_init(struct khs_mem *mem, struct khs_kernel *kernel)
{
	struct khs_error *err;

	*mem = (struct khs_mem){ .kernel = kernel };
	err = khs_page_layout_init(&mem->layout, kernel);
	if (err)
		return khs_error_wrap(err, "struct page");
	err = khs_sections_read(mem);
	if (err)
		return khs_error_wrap(err, "memory sections");
	err = khs_nodes_read(mem);
	if (err)
		return khs_error_wrap(err, "memory nodes");
	/* Nobody says whether deferred init had ended: then it had not, unless that shows. */
	if (!khs_facts_tell(&kernel->facts, KHS_NEED_MEMBER))
		mem->deferred = !khs_mem_shows_late(mem);
	return khs_ram_read(mem);
}

void khs_mem_deinit(struct khs_mem *mem)
{
	khs_extents_deinit(&mem->sections);
	khs_extents_deinit(&mem->ram);
	khs_extents_deinit(&mem->memblock);
	khs_extents_deinit(&mem->numa_meminfo);
	khs_extents_deinit(&mem->noinit);
	free(mem->nodes);
	*mem = (struct khs_mem){ 0 };
}

const struct khs_node *khs_mem_find_node(const struct khs_mem *mem, int id)
{
	for (size_t i = 0; i < mem->nr_nodes; i++) {
		if (mem->nodes[i].id == id)
			return &mem->nodes[i];
	}
	return NULL;
}

const struct khs_zone *khs_node_zone(const struct khs_node *node, uint64_t pfn)
{
	for (size_t i = 0; i < node->nr_zones; i++) {
		if (pfn >= node->zones[i].start && pfn < node->zones[i].end)
			return &node->zones[i];
	}
	return NULL;
}

/* Where nothing better is readable: the one node whose span holds the pfn. */
static int node_by_span(const struct khs_mem *mem, uint64_t pfn)
{
	int found = KHS_NO_NODE;

	for (size_t i = 0; i < mem->nr_nodes; i++) {
		if (pfn < mem->nodes[i].start || pfn >= mem->nodes[i].end)
			continue;
		if (found != KHS_NO_NODE)
			return KHS_NO_NODE;
		found = mem->nodes[i].id;
	}
	return found;
}

int khs_mem_node(const struct khs_mem *mem, uint64_t pfn)
{
	const struct khs_extent *e;

	if (!mem->ram.n)
		return node_by_span(mem, pfn);
	e = khs_extents_find(&mem->ram, pfn);
	return e ? e->tag : KHS_NO_NODE;
}

bool khs_mem_deferred(const struct khs_mem *mem, uint64_t pfn)
{
	const struct khs_node *node;

	if (mem->kernel->early)
		return true;
	if (!mem->deferred)
		return false;
	node = khs_mem_find_node(mem, khs_mem_node(mem, pfn));
	/* ULONG_MAX: the node's thread has started (mm/mm_init.c:deferred_init_memmap). */
	return !node || node->first_deferred == UINT64_MAX || pfn >= node->first_deferred;
}

enum khs_presence khs_mem_read_page(const struct khs_mem *mem, uint64_t pfn, void *raw)
{
	return khs_vm_read_all(mem->kernel->vm, khs_mem_page_address(mem, pfn), raw,
			       mem->layout.size);
}

bool khs_mem_page_taken(const struct khs_mem *mem, uint64_t pfn)
{
	uint8_t raw[KHS_PAGE_MAX];
	struct khs_page p;

	if (khs_mem_read_page(mem, pfn, raw) != KHS_PRESENT)
		return false;
	p = khs_page_decode(&mem->layout, raw);
	return khs_page_owner_flags(&mem->layout, p.flags) || p.mapping || p.memcg ||
	       p.refcount > 1 || khs_page_type(&mem->layout, p.mapcount) != KHS_PGTY_NONE;
}
