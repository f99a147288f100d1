/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tracker of kho-v1 in a memory dump, and its list for the next kernel, built as the kernel
 * does (kernel/liveupdate/kexec_handover.c:__kho_preserve_order() and kho_mem_serialize() of Linux
 * 6.19, lib/xarray.c:xas_create()). Takes nothing from the code under test. Includes what must be
 * included before it.
 */
#ifndef TESTS_KHO_V1_H
#define TESTS_KHO_V1_H

#include <string.h>

#include "dump/memory.h"

/* struct xarray, struct xa_node */
enum {
	V1_XA_HEAD = 8, V1_XA_SIZE = 16,
	V1_NODE_SHIFT = 0, V1_NODE_OFFSET = 1, V1_NODE_COUNT = 2, V1_NODE_PARENT = 8,
	V1_NODE_ARRAY = 16, V1_NODE_SLOTS = 40, V1_NODE_SIZE = 576,
};

struct v1 {
	struct khs_dump *dump;
	unsigned int page_shift;
	uint64_t direct; /* virtual address of physical address 0 */
	uint64_t bytes;  /* of a bitmap */
	uint64_t orders; /* physical address of kho_mem_track.orders ... */
	uint64_t orders_va; /* ... and its virtual one, which may be in the kernel image */
	uint64_t next;   /* where the next allocation goes */
	uint64_t chunks[64]; /* of the list */
	size_t nr_chunks;
};

static inline uint64_t v1_get(struct v1 *v, uint64_t pa, size_t size)
{
	uint64_t value = 0;

	memcpy(&value, khs_dump_memory_at(v->dump, pa, size), size);
	return value;
}

static inline void v1_put(struct v1 *v, uint64_t pa, uint64_t value, size_t size)
{
	void *at = khs_dump_memory_at(v->dump, pa, size);

	assert_non_null(at);
	memcpy(at, &value, size);
}

static inline uint64_t v1_page(const struct v1 *v)
{
	return 1ULL << v->page_shift;
}

/* kzalloc(): powers of two are aligned to themselves, and nothing crosses a page. */
static inline uint64_t v1_alloc(struct v1 *v, uint64_t size)
{
	uint64_t align = size & (size - 1) ? 64 : size, page = v1_page(v), pa;

	pa = (v->next + align - 1) & -align;
	if (size < page && (pa & (page - 1)) + size > page)
		pa = (pa + page - 1) & -page;
	for (uint64_t at = pa & -page; at < pa + size; at += page)
		if (!khs_dump_memory_at(v->dump, at, page))
			assert_true(khs_dump_memory_zero(v->dump, at, page));
	memset(khs_dump_memory_at(v->dump, pa, size), 0, size);
	v->next = pa + size;
	return pa;
}

/* ---- xarrays -------------------------------------------------------------------------------- */

static inline bool v1_is_node(uint64_t entry)
{
	return (entry & 3) == 2 && entry > 4096;
}

static inline uint64_t v1_node_pa(const struct v1 *v, uint64_t entry)
{
	return entry - 2 - v->direct;
}

static inline uint64_t v1_slot(uint64_t node, uint64_t i)
{
	return node + V1_NODE_SLOTS + 8 * i;
}

static inline uint64_t v1_new_node(struct v1 *v, uint64_t array_va, unsigned int shift,
				   uint64_t offset)
{
	uint64_t node = v1_alloc(v, V1_NODE_SIZE);

	v1_put(v, node + V1_NODE_SHIFT, shift, 1);
	v1_put(v, node + V1_NODE_OFFSET, offset, 1);
	v1_put(v, node + V1_NODE_ARRAY, array_va, 8);
	return node;
}

static inline void v1_set_slot(struct v1 *v, uint64_t node, uint64_t i, uint64_t entry)
{
	if (!v1_get(v, v1_slot(node, i), 8))
		v1_put(v, node + V1_NODE_COUNT, v1_get(v, node + V1_NODE_COUNT, 1) + 1, 1);
	v1_put(v, v1_slot(node, i), entry, 8);
}

/* xas_expand() */
static inline uint64_t v1_expand(struct v1 *v, uint64_t array, uint64_t array_va, uint64_t index)
{
	uint64_t head = v1_get(v, array + V1_XA_HEAD, 8);

	for (;;) {
		unsigned int shift = 0;
		uint64_t node;

		if (v1_is_node(head)) {
			shift = v1_get(v, v1_node_pa(v, head) + V1_NODE_SHIFT, 1);
			if (shift >= 58 || index >> shift < 64)
				return v1_node_pa(v, head);
			shift += 6;
		}
		node = v1_new_node(v, array_va, shift, 0);
		if (head)
			v1_set_slot(v, node, 0, head);
		head = (v->direct + node) | 2;
		v1_put(v, array + V1_XA_HEAD, head, 8);
	}
}

static inline void v1_store(struct v1 *v, uint64_t array, uint64_t array_va, uint64_t index,
			    uint64_t entry)
{
	uint64_t head = v1_get(v, array + V1_XA_HEAD, 8), node;
	unsigned int shift;

	if (!index && !v1_is_node(head)) {
		v1_put(v, array + V1_XA_HEAD, entry, 8);
		return;
	}
	node = v1_expand(v, array, array_va, index);
	while ((shift = v1_get(v, node + V1_NODE_SHIFT, 1))) {
		uint64_t i = index >> shift & 63, below = v1_get(v, v1_slot(node, i), 8);

		if (!below) {
			below = (v->direct + v1_new_node(v, array_va, shift - 6, i)) | 2;
			v1_set_slot(v, node, i, below);
		}
		node = v1_node_pa(v, below);
	}
	v1_set_slot(v, node, index & 63, entry);
}

/* Physical address of the slot that holds @index, or of the head; 0 if there is none. */
static inline uint64_t v1_find(struct v1 *v, uint64_t array, uint64_t index)
{
	uint64_t at = array + V1_XA_HEAD;

	while (v1_is_node(v1_get(v, at, 8))) {
		uint64_t node = v1_node_pa(v, v1_get(v, at, 8));
		unsigned int shift = v1_get(v, node + V1_NODE_SHIFT, 1);

		/* Of the first node: is the index in the tree at all? */
		if (at == array + V1_XA_HEAD && shift < 58 && index >> shift >= 64)
			return 0;
		at = v1_slot(node, index >> shift & 63);
	}
	return v1_get(v, at, 8) && (at != array + V1_XA_HEAD || !index) ? at : 0;
}

/* ---- the tracker ---------------------------------------------------------------------------- */

/* struct kho_mem_phys of @order, which is its xarray; 0 if there is none. */
static inline uint64_t v1_phys(struct v1 *v, unsigned int order)
{
	uint64_t at = v1_find(v, v->orders, order);

	return at ? v1_get(v, at, 8) - v->direct : 0;
}

/* The bitmap of the block at @pfn. */
static inline uint64_t v1_bitmap(struct v1 *v, uint64_t pfn, unsigned int order)
{
	uint64_t at = v1_find(v, v1_phys(v, order), (pfn >> order) / (v->bytes * 8));

	return at ? v1_get(v, at, 8) - v->direct : 0;
}

static inline void v1_preserve(struct v1 *v, uint64_t pfn, unsigned int order)
{
	uint64_t phys = v1_phys(v, order), bit = (pfn >> order) % (v->bytes * 8), bitmap, word;

	if (!phys) {
		phys = v1_alloc(v, V1_XA_SIZE);
		v1_store(v, v->orders, v->orders_va, order, v->direct + phys);
	}
	bitmap = v1_bitmap(v, pfn, order);
	if (!bitmap) {
		bitmap = v1_alloc(v, v->bytes);
		v1_store(v, phys, v->direct + phys, (pfn >> order) / (v->bytes * 8),
			 v->direct + bitmap);
	}
	word = bitmap + bit / 64 * 8;
	v1_put(v, word, v1_get(v, word, 8) | 1ULL << bit % 64, 8);
}

/* ---- the list ------------------------------------------------------------------------------- */

static inline uint64_t v1_new_chunk(struct v1 *v, unsigned int order)
{
	uint64_t chunk;

	v->next = (v->next + v1_page(v) - 1) & -v1_page(v);
	chunk = v1_alloc(v, v1_page(v));
	assert_true(v->nr_chunks < 64);
	v1_put(v, chunk + 8, order, 4);
	if (v->nr_chunks)
		v1_put(v, v->chunks[v->nr_chunks - 1], chunk, 8);
	v->chunks[v->nr_chunks++] = chunk;
	return chunk;
}

/* Element @i of a chunk; its bitmap is 8 bytes on. */
static inline uint64_t v1_element(uint64_t chunk, uint64_t i)
{
	return chunk + 16 + 16 * i;
}

static inline void v1_serialize_order(struct v1 *v, unsigned int order, uint64_t max_index)
{
	uint64_t phys = v1_phys(v, order), chunk = v1_new_chunk(v, order), n = 0;

	for (uint64_t index = 0; index <= max_index; index++) {
		uint64_t at = v1_find(v, phys, index);

		if (!at)
			continue;
		if (n == (v1_page(v) - 16) / 16) {
			chunk = v1_new_chunk(v, order);
			n = 0;
		}
		v1_put(v, v1_element(chunk, n), index * v->bytes * 8 << (order + v->page_shift), 8);
		v1_put(v, v1_element(chunk, n) + 8, v1_get(v, at, 8) - v->direct, 8);
		v1_put(v, chunk + 12, ++n, 4);
	}
}

/* The first chunk of a list of all bitmaps up to number @max_index of each order; 0: empty. */
static inline uint64_t v1_serialize(struct v1 *v, uint64_t max_index)
{
	v->nr_chunks = 0;
	for (unsigned int order = 0; order < 40; order++)
		if (v1_phys(v, order))
			v1_serialize_order(v, order, max_index);
	return v->nr_chunks ? v->chunks[0] : 0;
}

#endif
