// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The preserved-memory map of 6.16 to 7.0 (kho-v1): while the kernel runs an xarray of orders whose
 * entries are xarrays of bitmaps; by kho_finalize() also a list of chunks that name the bitmaps.
 */
#include "kho.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#define XA_CHUNK_SHIFT 6

/* struct khoser_mem_chunk, one page */
enum { CHUNK_NEXT = 0, CHUNK_ORDER = 8, CHUNK_NUM = 12, CHUNK_BITMAPS = 16, CHUNK_ELEMENT = 16 };

struct list {
	struct machine *m;
	uint64_t bits;   /* of one bitmap */
	uint64_t first, last; /* chunks, physical */
};

/* ---- xarrays (lib/xarray.c) ------------------------------------------------------------------ */

static uint64_t node_entry(uint64_t va)
{
	return va | 2; /* xa_mk_node() */
}

static uint64_t new_xa_node(struct machine *m, uint64_t xa, unsigned int shift)
{
	uint64_t pa = slab_alloc(m, layout_size(&m->lay, "xa_node"), 64);

	set_at(m, pa, "xa_node", "shift", shift);
	set_at(m, pa, "xa_node", "array", va_of(m, xa));
	list_init(m, pa + layout_offset(&m->lay, "xa_node", "private_list"));
	return pa;
}

static uint64_t slot_pa(const struct machine *m, uint64_t node, uint64_t slot)
{
	return node + layout_offset(&m->lay, "xa_node", "slots") + 8 * slot;
}

static void link_node(struct machine *m, uint64_t parent, uint64_t slot, uint64_t child)
{
	memory_put(&m->mem, slot_pa(m, parent, slot), node_entry(direct_va(m, child)), 8);
	set_at(m, child, "xa_node", "parent", direct_va(m, parent));
	set_at(m, child, "xa_node", "offset", slot);
	set_at(m, parent, "xa_node", "count", at(m, parent, "xa_node", "count") + 1);
}

/* The node at @head, or a new one above the entry at index 0. */
static uint64_t grow_head(struct machine *m, uint64_t xa, uint64_t index)
{
	uint64_t head = at(m, xa, "xarray", "xa_head"), node = 0, above;
	unsigned int shift = 0;

	if (head & 2) {
		node = (head & ~3ull) - direct_base(m);
		shift = at(m, node, "xa_node", "shift");
	} else {
		node = new_xa_node(m, xa, 0);
		if (head) {
			memory_put(&m->mem, slot_pa(m, node, 0), head, 8);
			set_at(m, node, "xa_node", "count", 1);
		}
	}
	for (; index >> shift >> XA_CHUNK_SHIFT; node = above) {
		shift += XA_CHUNK_SHIFT;
		above = new_xa_node(m, xa, shift);
		link_node(m, above, 0, node);
	}
	set_at(m, xa, "xarray", "xa_head", node_entry(direct_va(m, node)));
	return node;
}

/* An entry of index 0 alone is the head itself. */
static void xa_store(struct machine *m, uint64_t xa, uint64_t index, uint64_t entry)
{
	uint64_t node;

	if (!index && !(at(m, xa, "xarray", "xa_head") & 2)) {
		set_at(m, xa, "xarray", "xa_head", entry);
		return;
	}
	node = grow_head(m, xa, index);
	for (unsigned int shift = at(m, node, "xa_node", "shift"); shift;
	     shift -= XA_CHUNK_SHIFT) {
		uint64_t slot = index >> shift & ((1 << XA_CHUNK_SHIFT) - 1);
		uint64_t next = memory_get(&m->mem, slot_pa(m, node, slot), 8);

		if (!next) {
			uint64_t child = new_xa_node(m, xa, shift - XA_CHUNK_SHIFT);

			link_node(m, node, slot, child);
			node = child;
		} else {
			node = (next & ~3ull) - direct_base(m);
		}
	}
	memory_put(&m->mem, slot_pa(m, node, index & 63), entry, 8);
	set_at(m, node, "xa_node", "count", at(m, node, "xa_node", "count") + 1);
}

static uint64_t xa_load(const struct machine *m, uint64_t xa, uint64_t index)
{
	uint64_t entry = at(m, xa, "xarray", "xa_head");

	if (!(entry & 2))
		return index ? 0 : entry;
	while (entry & 2) {
		uint64_t node = (entry & ~3ull) - direct_base(m);
		unsigned int shift = at(m, node, "xa_node", "shift");

		if (index >> shift >> XA_CHUNK_SHIFT)
			return 0;
		entry = memory_get(&m->mem, slot_pa(m, node, index >> shift & 63), 8);
		index &= (1ull << shift) - 1;
	}
	return entry;
}

/* ---- the tracker ----------------------------------------------------------------------------- */

static uint64_t orders_xa(const struct machine *m)
{
	return place(m, "kho_out.track.orders|kho_out.ser.track.orders");
}

/* What an entry points at; a new object of @type if there is none. Bitmaps lie on their size. */
static uint64_t load_or_alloc(struct machine *m, uint64_t xa, uint64_t index, const char *type,
			      uint64_t align)
{
	uint64_t entry = xa_load(m, xa, index), pa;

	if (entry)
		return entry - direct_base(m);
	pa = layout_size(&m->lay, type) < page_size(m) ?
	     slab_alloc(m, layout_size(&m->lay, type), align) : heap_alloc(m, 0) << m->page_shift;
	xa_store(m, xa, index, direct_va(m, pa));
	return pa;
}

/* __kho_preserve_order() */
static void track(struct list *l, const struct block *b)
{
	struct machine *m = l->m;
	uint64_t nr = b->pfn >> b->order, bit = nr % l->bits, phys, bits, byte;

	phys = load_or_alloc(m, orders_xa(m), b->order, "kho_mem_phys", 16) +
	       layout_offset(&m->lay, "kho_mem_phys", "phys_bits");
	bits = load_or_alloc(m, phys, nr / l->bits, "kho_mem_phys_bits",
			     layout_size(&m->lay, "kho_mem_phys_bits"));
	byte = bits + bit / 8;
	memory_put(&m->mem, byte, memory_get(&m->mem, byte, 1) | 1u << bit % 8, 1);
}

/* ---- the list -------------------------------------------------------------------------------- */

static void new_chunk(struct list *l, unsigned int order)
{
	struct machine *m = l->m;
	uint64_t pa = heap_alloc(m, 0) << m->page_shift;

	memory_put(&m->mem, pa + CHUNK_ORDER, order, 4);
	if (l->last)
		memory_put(&m->mem, l->last + CHUNK_NEXT, pa, 8);
	else
		l->first = pa;
	l->last = pa;
}

static void add_element(struct list *l, unsigned int order, uint64_t index, uint64_t bits)
{
	struct machine *m = l->m;
	uint64_t n = memory_get(&m->mem, l->last + CHUNK_NUM, 4), element;

	if (n == (page_size(m) - CHUNK_BITMAPS) / CHUNK_ELEMENT) {
		new_chunk(l, order);
		n = 0;
	}
	element = l->last + CHUNK_BITMAPS + n * CHUNK_ELEMENT;
	memory_put(&m->mem, element, (index * l->bits << order) << m->page_shift, 8);
	memory_put(&m->mem, element + 8, bits, 8);
	memory_put(&m->mem, l->last + CHUNK_NUM, n + 1, 4);
}

static int by_index(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* kho_mem_serialize(): a chunk for each order, elements in the order of the xarray. */
static void serialize_order(struct list *l, unsigned int order, uint64_t phys)
{
	struct machine *m = l->m;
	uint64_t *indices = calloc(m->preserved.n + 1, sizeof(*indices)), last = UINT64_MAX;
	size_t n = 0;

	if (!indices)
		err(1, "bitmaps");
	for (size_t i = 0; i < m->preserved.n; i++)
		if (m->preserved.v[i].order == order && !m->preserved.v[i].late)
			indices[n++] = (m->preserved.v[i].pfn >> order) / l->bits;
	qsort(indices, n, sizeof(*indices), by_index);
	new_chunk(l, order);
	for (size_t i = 0; i < n; i++) {
		if (indices[i] != last)
			add_element(l, order, indices[i],
				    xa_load(m, phys, indices[i]) - direct_base(m));
		last = indices[i];
	}
	free(indices);
}

static void serialize(struct list *l)
{
	struct machine *m = l->m;
	uint64_t member = layout_offset(&m->lay, "kho_mem_phys", "phys_bits");

	for (unsigned int order = 0; order < 64; order++) {
		uint64_t entry = xa_load(m, orders_xa(m), order);

		if (entry)
			serialize_order(l, order, entry - direct_base(m) + member);
	}
}

static void track_all(struct list *l, bool late)
{
	for (size_t i = 0; i < l->m->preserved.n; i++)
		if (l->m->preserved.v[i].late == late)
			track(l, &l->m->preserved.v[i]);
}

uint64_t list_write(struct machine *m)
{
	struct list l = { .m = m, .bits = 8 * layout_size(&m->lay, "kho_mem_phys_bits") };

	track_all(&l, false);
	if (m->ho->finalized) {
		serialize(&l);
		set(m, "kho_out.finalized", 1);
		if (has(m, "kho_out.ser.preserved_mem_map"))
			set(m, "kho_out.ser.preserved_mem_map", direct_va(m, l.first));
	}
	track_all(&l, true);
	return l.first;
}
