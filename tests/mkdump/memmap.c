// SPDX-License-Identifier: GPL-2.0-or-later
#include "parts.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

/* include/linux/poison.h with the ILLEGAL_POINTER_VALUE of x86_64 and arm64 */
#define LIST_POISON1 0xdead000000000100ull
#define LIST_POISON2 0xdead000000000122ull
#define TAIL_MAPPING 0xdead000000000400ull
/* kexec_handover.c:KHO_PAGE_MAGIC */
#define KHO_PAGE_MAGIC 0x4b484f50ull
/* Bits of the flags word between flags and zone: LAST_CPUPID of __init_single_page(), all ones. */
#define LAST_CPUPID 0xffull

/* One struct page, and where its members are. */
struct page_layout {
	uint64_t size, flags, lru, mapping, compound, private, mapcount, refcount;
	unsigned int node_shift, zone_shift, nr_flags;
	uint64_t head, reserved;
	bool mask_heads; /* tails name their head by a mask (page-flags.h:set_compound_head) */
};

struct page {
	uint64_t flags, next, prev, mapping, private;
	uint32_t mapcount, refcount;
};

struct writer {
	struct machine *m;
	struct page_layout l;
	unsigned int max_order;
	uint8_t raw[256];
};

static unsigned int bits_for(uint64_t values)
{
	unsigned int bits = 0;

	while (1ull << bits < values)
		bits++;
	return bits;
}

static struct page_layout page_layout(const struct machine *m)
{
	const struct layout *lay = &m->lay;
	unsigned int nodes = bits_for(layout_number(lay, "NODES"));
	unsigned int zones = bits_for(layout_enum_value(lay, "__MAX_NR_ZONES"));
	const char *compound = "compound_info";
	uint64_t offset, size;

	if (!layout_find(layout_type(lay, "page"), compound, &offset, &size))
		compound = "compound_head";
	return (struct page_layout){
		.size = layout_size(lay, "page"),
		.flags = layout_offset(lay, "page", "flags"),
		.lru = layout_offset(lay, "page", "lru"),
		.mapping = layout_offset(lay, "page", "mapping"),
		.compound = layout_offset(lay, "page", compound),
		.private = layout_offset(lay, "page", "private"),
		.mapcount = layout_offset(lay, "page", "_mapcount"),
		.refcount = layout_offset(lay, "page", "_refcount"),
		.node_shift = 64 - nodes,
		.zone_shift = 64 - nodes - zones,
		.nr_flags = layout_enum_value(lay, "__NR_PAGEFLAGS"),
		.head = 1ull << layout_enum_value(lay, "PG_head"),
		.reserved = 1ull << layout_enum_value(lay, "PG_reserved"),
		.mask_heads = machine_setting(m, "mask_heads", 0),
	};
}

/* @raw is zero before. */
static void pack(const struct page_layout *l, const struct page *p, uint8_t *raw)
{
	memcpy(raw + l->flags, &p->flags, 8);
	memcpy(raw + l->lru, &p->next, 8);
	memcpy(raw + l->lru + 8, &p->prev, 8);
	memcpy(raw + l->mapping, &p->mapping, 8);
	memcpy(raw + l->private, &p->private, 8);
	memcpy(raw + l->mapcount, &p->mapcount, 4);
	memcpy(raw + l->refcount, &p->refcount, 4);
}

static void put(struct writer *w, uint64_t pfn, const struct page *p)
{
	memset(w->raw, 0, w->l.size);
	pack(&w->l, p, w->raw);
	memory_write(&w->m->mem, page_pa(w->m, pfn), w->raw, w->l.size);
}

/* mm_init.c:__init_single_page() */
static struct page fresh(const struct writer *w, uint64_t pfn)
{
	const struct machine *m = w->m;
	uint64_t self = page_va(m, pfn) + w->l.lru;

	return (struct page){
		.flags = (uint64_t)node_of(m, pfn) << w->l.node_shift |
			 (uint64_t)zone_of(m, pfn) << w->l.zone_shift |
			 LAST_CPUPID << w->l.nr_flags,
		.next = self, .prev = self, .mapcount = UINT32_MAX, .refcount = 1,
	};
}

/* page_alloc.c:prep_compound_page() */
static void make_tail(struct writer *w, uint64_t pfn, struct page *p)
{
	unsigned int order = w->m->orders[pfn];
	uint64_t head = pfn & -(1ull << order), bytes = w->l.size << order;

	p->next = (w->l.mask_heads ? -bytes : page_va(w->m, head)) | 1;
	p->mapping = TAIL_MAPPING;
	p->refcount = 0;
	if (pfn == head + 1)
		p->flags |= order; /* folio->_flags_1 */
}

static void write_page(struct writer *w, uint64_t pfn)
{
	struct page p = fresh(w, pfn);

	switch (w->m->use[pfn]) {
	case USE_FREE:
		p.refcount = 0;
		break;
	case USE_HOLE:
	case USE_RESERVED:
		p.flags |= w->l.reserved;
		break;
	case USE_HEAD:
		p.flags |= w->m->orders[pfn] ? w->l.head : 0;
		/* fall through */
	case USE_KERNEL:
		p.next = LIST_POISON1;
		p.prev = LIST_POISON2;
		break;
	case USE_TAIL:
		make_tail(w, pfn, &p);
	}
	put(w, pfn, &p);
}

/* Whether 2^@order pages from @pfn on are free, of one node and one zone. */
static bool is_free_block(const struct machine *m, uint64_t pfn, unsigned int order)
{
	uint64_t last = pfn + (1ull << order) - 1;

	if (last >= m->memmap_end || node_of(m, pfn) != node_of(m, last) ||
	    zone_of(m, pfn) != zone_of(m, last))
		return false;
	for (uint64_t i = pfn; i <= last; i++)
		if (m->use[i] != USE_FREE || node_of(m, i) != node_of(m, pfn))
			return false;
	return true;
}

static unsigned int free_order(const struct writer *w, uint64_t pfn)
{
	unsigned int order = 0;

	while (order < w->max_order && !(pfn & ((2ull << order) - 1)) &&
	       is_free_block(w->m, pfn, order + 1))
		order++;
	return order;
}

static uint64_t free_list(const struct machine *m, uint64_t pfn, unsigned int order)
{
	char path[64];

	snprintf(path, sizeof(path), "node_zones[%u].free_area[%u]", zone_of(m, pfn), order);
	return m->pgdat_pa[node_of(m, pfn)] + layout_offset(&m->lay, "pglist_data", path);
}

/* page_alloc.c:__free_one_page() */
static void write_free_block(struct writer *w, uint64_t pfn, unsigned int order)
{
	struct machine *m = w->m;
	struct page p = fresh(w, pfn);
	uint64_t area = free_list(m, pfn, order), count;

	p.refcount = 0;
	p.private = order;
	p.mapcount = layout_enum_value(&m->lay, "PGTY_buddy") << 24;
	put(w, pfn, &p);
	list_append(m, area, page_pa(m, pfn) + w->l.lru);
	count = area + layout_offset(&m->lay, "free_area", "nr_free");
	memory_put(&m->mem, count, memory_get(&m->mem, count, 8) + 1, 8);
}

static void write_free_lists(struct writer *w)
{
	for (uint64_t pfn = w->m->memmap_first; pfn < w->m->memmap_end;) {
		unsigned int order;

		if (w->m->use[pfn] != USE_FREE) {
			pfn++;
			continue;
		}
		order = free_order(w, pfn);
		write_free_block(w, pfn, order);
		pfn += 1ull << order;
	}
}

/* 6.18 and later: union kho_page_info; before, the bare order. */
static void write_marks(struct writer *w)
{
	bool magic = !strcmp(layout_text(&w->m->lay, "marks"), "magic");

	for (size_t i = 0; i < w->m->pending.n; i++) {
		const struct block *b = &w->m->pending.v[i];
		struct page p = fresh(w, b->pfn);

		p.private = (magic ? KHO_PAGE_MAGIC << 32 : 0) | b->order;
		put(w, b->pfn, &p);
	}
}

void memmap_place(struct machine *m)
{
	uint64_t bytes = (m->memmap_end - m->memmap_first) * layout_size(&m->lay, "page");

	m->memmap_pa = boot_alloc(m, bytes, 2ull << 20);
}

/* Whether the @n struct pages from @pfn on are of free pages, of one node and zone. */
static bool all_free(const struct machine *m, uint64_t pfn, uint64_t n)
{
	for (uint64_t i = pfn; i < pfn + n; i++)
		if (m->use[i] != USE_FREE)
			return false;
	return node_of(m, pfn) == node_of(m, pfn + n - 1) &&
	       zone_of(m, pfn) == zone_of(m, pfn + n - 1);
}

/* As struct memory.fill: a page of the memory map that write_used() left out. */
static void fill_free(void *priv, uint64_t pfn, uint8_t *page)
{
	const struct writer *w = priv;
	uint64_t bytes = page_size(w->m), at = (pfn << w->m->page_shift) - w->m->memmap_pa;
	struct page p = fresh(w, w->m->memmap_first + at / w->l.size);

	memset(page, 0, bytes);
	p.refcount = 0;
	for (uint64_t off = 0; off < bytes; off += w->l.size) {
		pack(&w->l, &p, page + off);
		p.next += w->l.size;
		p.prev += w->l.size;
	}
}

/*
 * Pages of the memory map that are all of free memory are for fill_free(): machines may be large.
 */
static void write_used(struct writer *w)
{
	struct machine *m = w->m;
	uint64_t step = page_size(m) / w->l.size;

	if (page_size(m) % w->l.size)
		step = 1;
	for (uint64_t pfn = m->memmap_first; pfn < m->memmap_end; pfn += step) {
		if (step > 1 && all_free(m, pfn, step))
			continue;
		for (uint64_t i = pfn; i < pfn + step; i++)
			write_page(w, i);
	}
	m->mem.fill = fill_free;
	m->mem.fill_priv = w;
	m->mem.fill_start = m->memmap_pa >> m->page_shift;
	m->mem.fill_end = m->mem.fill_start;
	if (step > 1)
		m->mem.fill_end += (m->memmap_end - m->memmap_first) / step;
}

void memmap_write(struct machine *m)
{
	static struct writer w; /* fill_free() needs it to the end */

	w = (struct writer){
		.m = m, .l = page_layout(m),
		.max_order = layout_number(&m->lay, "NR_PAGE_ORDERS") - 1,
	};

	if (w.l.size > sizeof(w.raw))
		errx(2, "struct page of %llu bytes", (unsigned long long)w.l.size);
	write_used(&w);
	write_free_lists(&w);
	write_marks(&w);
}
