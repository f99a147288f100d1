// SPDX-License-Identifier: GPL-2.0-or-later
#include "subtrees.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../base/error.h"

/* KHO_SUB_TREE_PROP_NAME of kho-v2 and later, and of kho-v1; KHO_SUB_TREE_SIZE_PROP_NAME. */
static const char *const data_properties[] = { "preserved-data", "fdt" };
static const char size_property[] = "blob-size";

/* A blob is one allocation: no size that a damaged FDT makes up shall take forever. */
#define MAX_BLOCKS 65536

/* ---- marks ---------------------------------------------------------------------------------- */

enum mark { MARKED, UNMARKED, UNKNOWN };

/* Whether a marked block begins at @pfn and reaches beyond @pos; *@end is its end. */
static enum mark look(const struct khs_mem *mem, uint64_t pfn, uint64_t pos, uint64_t *end)
{
	uint8_t raw[KHS_PAGE_MAX];
	struct khs_page page;
	unsigned int order;

	if (khs_mem_read_page(mem, pfn, raw) != KHS_PRESENT)
		return UNKNOWN;
	page = khs_page_decode(&mem->layout, raw);
	order = khs_mark_order(&page);
	if (!khs_page_marked(&page) || order >= KHS_ORDERS || pfn & ((1ull << order) - 1) ||
	    pfn + (1ull << order) <= pos)
		return UNMARKED;
	*end = pfn + (1ull << order);
	return MARKED;
}

/* The marked block that holds @pos: its first page is @pos, cleared below some order. */
static enum mark find_block(const struct khs_mem *mem, uint64_t pos, uint64_t *end)
{
	enum mark found = UNMARKED;
	uint64_t last = UINT64_MAX;

	for (unsigned int order = 0; 1ull << order <= mem->max_pfn; order++) {
		uint64_t head = pos >> order << order;
		enum mark mark;

		if (head == last)
			continue;
		last = head;
		mark = look(mem, head, pos, end);
		if (mark == MARKED)
			return mark;
		/* What lies in no section has no struct page to be lost. */
		if (mark == UNKNOWN && khs_extents_find(&mem->sections, head))
			found = mark;
	}
	return found;
}

enum khs_blob_state khs_incoming_state(const struct khs_mem *mem, uint64_t phys, uint64_t size)
{
	unsigned int blocks = 0;
	uint64_t pos, last;

	if (!mem || !mem->layout.has_magic)
		return KHS_BLOB_UNPROVEN;
	if (__builtin_add_overflow(phys, size ? size - 1 : 0, &last))
		return KHS_BLOB_CONSUMED;
	last >>= mem->layout.page_shift;
	/* A mark over it may be that of a larger block, preserved besides. */
	if (khs_mem_page_taken(mem, phys >> mem->layout.page_shift))
		return KHS_BLOB_CONSUMED;
	for (pos = phys >> mem->layout.page_shift; pos <= last;) {
		enum mark mark = find_block(mem, pos, &pos);

		khs_kernel_interrupted(mem->kernel); /* then the next one is UNKNOWN */
		if (mark == UNMARKED)
			return KHS_BLOB_CONSUMED;
		if (mark == UNKNOWN || ++blocks > MAX_BLOCKS)
			return KHS_BLOB_UNPROVEN;
	}
	return KHS_BLOB_LIVE;
}

/* ---- the root FDT --------------------------------------------------------------------------- */

static enum khs_presence presence_at(struct khs_kernel *kernel, uint64_t phys)
{
	uint8_t byte;

	return khs_dump_read_all(kernel->dump, phys, &byte, sizeof(byte));
}

static void read_subtree(struct khs_kernel *kernel, const struct khs_mem *mem, const void *fdt,
			 int node, enum khs_direction direction, struct khs_subtree *s)
{
	for (size_t i = 0; !s->has_phys && i < sizeof(data_properties) / sizeof(char *); i++)
		s->has_phys = khs_fdt_u64(fdt, node, data_properties[i], &s->phys);
	s->has_size = khs_fdt_u64(fdt, node, size_property, &s->size);
	if (!s->has_phys)
		return;
	s->presence = presence_at(kernel, s->phys);
	s->state = direction == KHS_OUT ? KHS_BLOB_LIVE :
					  khs_incoming_state(mem, s->phys, s->size);
}

static struct khs_error *read_nodes(struct khs_kernel *kernel, const struct khs_mem *mem,
				    enum khs_direction direction, struct khs_subtrees *ret)
{
	int node;

	fdt_for_each_subnode(node, ret->fdt, 0) {
		struct khs_subtree s = { .name = NULL };
		const char *name = fdt_get_name(ret->fdt, node, NULL);

		read_subtree(kernel, mem, ret->fdt, node, direction, &s);
		s.name = strdup(name ? name : "");
		if (!s.name || !khs_array_grow(ret->v, ret->n, ret->cap)) {
			free(s.name);
			return khs_enomem();
		}
		ret->v[ret->n++] = s;
	}
	return NULL;
}

/* The page is all the kernel gives it (kho_init()); khs_fdt_check() makes it safe to walk. */
static struct khs_error *read_fdt(struct khs_kernel *kernel, struct khs_subtrees *ret)
{
	size_t size = (size_t)1 << kernel->page_shift;
	_cleanup_free_ void *page = malloc(size);
	int err;

	if (!page)
		return khs_enomem();
	ret->fdt_presence = khs_dump_read_all(kernel->dump, ret->fdt_phys, page, size);
	if (ret->fdt_presence != KHS_PRESENT) {
		snprintf(ret->why, sizeof(ret->why), "%s", khs_presence_text(ret->fdt_presence));
		return NULL;
	}
	err = khs_fdt_check(page, size);
	if (err)
		snprintf(ret->why, sizeof(ret->why), "no FDT: %s", fdt_strerror(err));
	else
		ret->fdt = khs_steal(page);
	return NULL;
}

struct khs_error *khs_subtrees_read(struct khs_kernel *kernel, const struct khs_mem *mem,
				    const struct khs_kho *kho, enum khs_direction direction,
				    struct khs_subtrees *ret)
{
	struct khs_error *err;

	*ret = (struct khs_subtrees){
		.fdt_phys = direction == KHS_OUT ? kho->out_fdt_phys : kho->in_fdt_phys,
	};
	if (!ret->fdt_phys)
		return NULL;
	ret->fdt_state = direction == KHS_OUT ? KHS_BLOB_LIVE :
						khs_incoming_state(mem, ret->fdt_phys, 0);
	err = read_fdt(kernel, ret);
	return err || !ret->fdt ? err : read_nodes(kernel, mem, direction, ret);
}

void khs_subtrees_deinit(struct khs_subtrees *subtrees)
{
	for (size_t i = 0; i < subtrees->n; i++)
		free(subtrees->v[i].name);
	free(subtrees->v);
	free(subtrees->fdt);
	*subtrees = (struct khs_subtrees){ 0 };
}

const struct khs_subtree *khs_subtrees_find(const struct khs_subtrees *subtrees, const char *name)
{
	for (size_t i = 0; i < subtrees->n; i++)
		if (!strcmp(subtrees->v[i].name, name))
			return &subtrees->v[i];
	return NULL;
}
