/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A made-up x86_64 kernel, dead, and opened through khs_open_source(): 384 MB in 3 sections, two
 * nodes, a hole, page tables, a memory map, kho_in and kho_out, an outgoing tree and scratch areas.
 * Everything in it is healthy until a test says otherwise; tk_check() then collects the findings.
 * Nothing of the library computes what is written here, but the tree's keys (kho_tree.h).
 */
#ifndef TESTS_KERNEL_H
#define TESTS_KERNEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "dump/memory.h"
#include "kho/kho.h"
#include "khoscope.h"
#include "kho_tree.h"

/* ---- the machine ---------------------------------------------------------------------------- */

#define TK_DIRECT 0xffff888000000000ULL
#define TK_VMEMMAP 0xffffea0000000000ULL
#define TK_IMAGE 0xffffffff80000000ULL

#define TK_SECTIONS 3
#define TK_SECTION_PAGES 0x8000ULL
#define TK_END (TK_SECTIONS * TK_SECTION_PAGES)

/* pfns */
#define TK_ZONE_DMA32 0x1000ULL
#define TK_NODE1 0x8a00ULL
#define TK_HOLE 0x10000ULL
#define TK_HOLE_END 0x10400ULL
#define TK_RAM_END 0x17000ULL
#define TK_SCRATCH0 0x6000ULL
#define TK_SCRATCH1 0xa000ULL
#define TK_SCRATCH_PAGES 0x400ULL

/* Physical addresses of what is in memory. */
#define TK_PGD 0x1000ULL
#define TK_VMEMMAP_PMD 0x5000ULL
#define TK_VARS 0x8000ULL
#define TK_SCRATCH_ARRAY 0x9000ULL
#define TK_OUT_FDT 0xa000ULL
#define TK_IN_FDT 0xb000ULL
#define TK_SECTION_ROOTS 0xc000ULL
#define TK_SECTION_ROOT 0xd000ULL
#define TK_PGDATS 0x10000ULL
#define TK_LISTS 0x20000ULL
#define TK_MEMBLOCK 0x30000ULL
#define TK_MEMBLOCK_MEMORY 0x31000ULL
#define TK_MEMBLOCK_RESERVED 0x32000ULL
#define TK_NUMA_MEMINFO 0x33000ULL
#define TK_USAGE 0x34000ULL
#define TK_LOW_END 0x100000ULL
#define TK_TREE 0x200000ULL
#define TK_MAP 0x4000000ULL /* the memory map's own memory */

/* Variables, by their place in the page TK_VARS. */
enum {
	TK_V_ENABLE = 0x000, TK_V_OUT = 0x100, TK_V_IN = 0x200, TK_V_SCRATCH = 0x300,
	TK_V_SCRATCH_CNT = 0x308, TK_V_KIMAGE = 0x310, TK_V_NODE_DATA = 0x320,
	TK_V_ONLINE = 0x380, TK_V_DEFERRED = 0x3a0, TK_V_MEMBLOCK_MEMORY = 0x3b0,
	TK_V_VMEMMAP_BASE = 0x3b8, TK_V_NAMES = 0x400,
};

/* Members. */
enum {
	TK_OUT_ROOT = 0x28, TK_IN_SCRATCH = 8, TK_IN_RELEASE = 0x10, TK_IN_COUNT = 0x54,
	TK_PGDAT_SIZE = 0x1100, TK_PGDAT_STRIDE = 0x2000, TK_PGDAT_NR_ZONES = 0x1000,
	TK_PGDAT_START = 0x1008, TK_PGDAT_SPANNED = 0x1010, TK_PGDAT_ID = 0x1018,
	TK_PGDAT_DEFERRED = 0x1020,
	TK_ZONE_SIZE = 0x100, TK_ZONE_NAME = 0, TK_ZONE_START = 8, TK_ZONE_MANAGED = 16,
	TK_ZONE_SPANNED = 24, TK_ZONE_PRESENT = 32,
	TK_MEMBLOCK_TYPE = 0x40, /* of memblock.memory; that of reserved is twice as far */
};

enum {
	TK_PG_LOCKED = 0, TK_PG_LRU = 5, TK_PG_HEAD = 6, TK_PG_RESERVED = 12, TK_PG_PRIVATE = 13,
	TK_PG_SWAPBACKED = 17, TK_PG_HWPOISON = 20, TK_NR_PAGEFLAGS = 21,
};

#define TK_MAGIC 0x4b484f5000000000ULL
#define TK_LIST_POISON1 0xdead000000000100ULL
#define TK_LIST_POISON2 0xdead000000000122ULL
#define TK_TYPE(pgty) ((uint32_t)(pgty) << 24)

/* ---- what a test may turn ------------------------------------------------------------------- */

struct tk_layout {
	size_t size, flags, lru, mapping, index, private, mapcount, refcount, memcg;
};

/* struct page without LAST_CPUPID or KMSAN words. */
static const struct tk_layout tk_usual_layout = { 64, 0, 8, 24, 32, 40, 48, 52, 56 };

struct tk_knobs {
	struct tk_layout layout;
	unsigned int zones, nodes; /* MAX_NR_ZONES, MAX_NUMNODES */
	const char *abi;
	bool handover;
};

static const struct tk_knobs tk_usual = {
	.layout = { 64, 0, 8, 24, 32, 40, 48, 52, 56 }, .zones = 3, .nodes = 4, .abi = "kho-v4",
};

struct tk_fact {
	enum khs_question_kind kind;
	char type[32], name[48];
	uint64_t value, size;
};

struct tk_page {
	uint64_t flags, next, prev, mapping, index, private, memcg;
	uint32_t mapcount, refcount;
};

struct tk_finding {
	char id[24], class_name[8];
	enum khs_severity severity;
	bool has_pfn;
	uint64_t pfn, pages;
	int order, node;
	char summary[160];
	char evidence[4096]; /* "key=value\n", each */
};

enum { TK_MAX_FACTS = 256, TK_MAX_FINDINGS = 512 };

struct tk {
	struct tk_knobs knobs;
	struct khs_dump *mem;
	struct tree tree; /* outgoing */
	char vmcoreinfo[4096];
	bool no_vmcoreinfo;
	struct tk_fact facts[TK_MAX_FACTS];
	size_t nr_facts;
	uint64_t next_list;
	struct khs_options opts;
	struct khs *k;
	struct tk_finding *found;
	size_t nr_found;
	/*
	 * Collect what is found of owners, too. Most tests preserve pages and make up nobody who
	 * would own them: each is an orphan.
	 */
	bool owners;
};

/* ---- memory --------------------------------------------------------------------------------- */

static inline void *tk_at(struct tk *t, uint64_t pa, size_t len)
{
	void *p = khs_dump_memory_at(t->mem, pa, len);

	assert_non_null(p);
	return p;
}

/* Little endian, as both the machine and the dumps are. */
static inline void tk_write(struct tk *t, uint64_t pa, uint64_t value, size_t size)
{
	memcpy(tk_at(t, pa, size), &value, size);
}

static inline uint64_t tk_read(struct tk *t, uint64_t pa)
{
	uint64_t v;

	memcpy(&v, tk_at(t, pa, 8), 8);
	return v;
}

static inline void tk_lose(struct tk *t, uint64_t pa, uint64_t len, enum khs_presence presence)
{
	assert_true(khs_dump_memory_mark(t->mem, pa, len, presence));
}

/* ---- facts ---------------------------------------------------------------------------------- */

static inline void tk_know(struct tk *t, enum khs_question_kind kind, const char *type,
			   const char *name, uint64_t value, uint64_t size)
{
	struct tk_fact *f = &t->facts[t->nr_facts++];

	assert_true(t->nr_facts < TK_MAX_FACTS);
	f->kind = kind;
	snprintf(f->type, sizeof(f->type), "%s", type ? type : "");
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->value = value;
	f->size = size;
}

static inline struct tk_fact *tk_find_fact(struct tk *t, enum khs_question_kind kind,
					   const char *type, const char *name)
{
	for (size_t i = 0; i < t->nr_facts; i++) {
		struct tk_fact *f = &t->facts[i];

		if (f->kind == kind && !strcmp(f->type, type ? type : "") && !strcmp(f->name, name))
			return f;
	}
	return NULL;
}

static inline void tk_forget(struct tk *t, enum khs_question_kind kind, const char *type,
			     const char *name)
{
	struct tk_fact *f = tk_find_fact(t, kind, type, name);

	assert_non_null(f);
	*f = t->facts[--t->nr_facts];
}

static inline void tk_symbol(struct tk *t, const char *name, uint64_t pa)
{
	tk_know(t, KHS_ASK_SYMBOL, NULL, name, TK_IMAGE + pa, 0);
}

static inline void tk_member(struct tk *t, const char *type, const char *name, uint64_t off,
			     uint64_t size)
{
	tk_know(t, KHS_ASK_MEMBER, type, name, off, size);
}

static inline void tk_size(struct tk *t, const char *type, uint64_t size)
{
	tk_know(t, KHS_ASK_SIZE, NULL, type, size, 0);
}

static inline void tk_enum(struct tk *t, const char *name, uint64_t value)
{
	tk_know(t, KHS_ASK_ENUMERATOR, NULL, name, value, 0);
}

/* Takes the line that begins with @key out of VMCOREINFO. */
static inline void tk_vmcoreinfo_drop(struct tk *t, const char *key)
{
	char *line = strstr(t->vmcoreinfo, key), *end;

	assert_non_null(line);
	end = strchr(line, '\n') + 1;
	memmove(line, end, strlen(end) + 1);
}

static inline void tk_vmcoreinfo_add(struct tk *t, const char *fmt, ...)
{
	size_t used = strlen(t->vmcoreinfo);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(t->vmcoreinfo + used, sizeof(t->vmcoreinfo) - used, fmt, ap);
	va_end(ap);
}

/* ---- struct pages --------------------------------------------------------------------------- */

static inline uint64_t tk_page_va(const struct tk *t, uint64_t pfn)
{
	return TK_VMEMMAP + pfn * t->knobs.layout.size;
}

static inline uint64_t tk_page_pa(const struct tk *t, uint64_t pfn)
{
	return TK_MAP + pfn * t->knobs.layout.size;
}

static inline uint8_t *tk_raw(struct tk *t, uint64_t pfn)
{
	return tk_at(t, tk_page_pa(t, pfn), t->knobs.layout.size);
}

/* What the page's own list head points at when it is empty. */
static inline uint64_t tk_self(const struct tk *t, uint64_t pfn)
{
	return tk_page_va(t, pfn) + t->knobs.layout.lru;
}

static inline struct tk_page tk_get(struct tk *t, uint64_t pfn)
{
	const struct tk_layout *l = &t->knobs.layout;
	const uint8_t *raw = tk_raw(t, pfn);
	struct tk_page p;

	memcpy(&p.flags, raw + l->flags, 8);
	memcpy(&p.next, raw + l->lru, 8);
	memcpy(&p.prev, raw + l->lru + 8, 8);
	memcpy(&p.mapping, raw + l->mapping, 8);
	memcpy(&p.index, raw + l->index, 8);
	memcpy(&p.private, raw + l->private, 8);
	memcpy(&p.mapcount, raw + l->mapcount, 4);
	memcpy(&p.refcount, raw + l->refcount, 4);
	memcpy(&p.memcg, raw + l->memcg, 8);
	return p;
}

static inline void tk_put(struct tk *t, uint64_t pfn, const struct tk_page *p)
{
	const struct tk_layout *l = &t->knobs.layout;
	uint8_t *raw = tk_raw(t, pfn);

	memcpy(raw + l->flags, &p->flags, 8);
	memcpy(raw + l->lru, &p->next, 8);
	memcpy(raw + l->lru + 8, &p->prev, 8);
	memcpy(raw + l->mapping, &p->mapping, 8);
	memcpy(raw + l->index, &p->index, 8);
	memcpy(raw + l->private, &p->private, 8);
	memcpy(raw + l->mapcount, &p->mapcount, 4);
	memcpy(raw + l->refcount, &p->refcount, 4);
	memcpy(raw + l->memcg, &p->memcg, 8);
}

/* include/linux/page-flags-layout.h */
static inline unsigned int tk_node_bits(const struct tk *t)
{
	return __builtin_ctz(t->knobs.nodes);
}

static inline unsigned int tk_zone_bits(const struct tk *t)
{
	return t->knobs.zones <= 2 ? 1 : t->knobs.zones <= 4 ? 2 : 3;
}

static inline uint64_t tk_links(const struct tk *t, unsigned int node, unsigned int zone)
{
	unsigned int node_shift = 64 - tk_node_bits(t);

	zone &= (1u << tk_zone_bits(t)) - 1;
	return (uint64_t)node << node_shift | (uint64_t)zone << (node_shift - tk_zone_bits(t));
}

/* Node and zone as memmap_init() and, in holes, init_unavailable_range() set them. */
static inline uint64_t tk_links_of(const struct tk *t, uint64_t pfn)
{
	if (pfn < TK_ZONE_DMA32)
		return tk_links(t, 0, 0);
	return tk_links(t, pfn >= TK_NODE1, 1);
}

static inline bool tk_is_ram(uint64_t pfn)
{
	return pfn && pfn < TK_RAM_END && !(pfn >= TK_HOLE && pfn < TK_HOLE_END);
}

/* mm/mm_init.c:__init_single_page(), with the bits of LAST_CPUPID set as it sets them. */
static inline void tk_init_page(struct tk *t, uint64_t pfn)
{
	struct tk_page p = {
		.flags = tk_links_of(t, pfn) | 0xffULL << TK_NR_PAGEFLAGS,
		.next = tk_self(t, pfn), .prev = tk_self(t, pfn),
		.mapcount = UINT32_MAX, .refcount = 1,
	};

	memset(tk_raw(t, pfn), 0, t->knobs.layout.size);
	tk_put(t, pfn, &p);
}

/* A page of the kernel's own, from alloc_page(). */
static inline void tk_allocate(struct tk *t, uint64_t pfn)
{
	struct tk_page p;

	tk_init_page(t, pfn);
	p = tk_get(t, pfn);
	p.next = TK_LIST_POISON1;
	p.prev = TK_LIST_POISON2;
	tk_put(t, pfn, &p);
}

static inline void tk_reserve(struct tk *t, uint64_t pfn)
{
	struct tk_page p;

	tk_init_page(t, pfn);
	p = tk_get(t, pfn);
	p.flags |= 1ULL << TK_PG_RESERVED;
	tk_put(t, pfn, &p);
}

/*
 * Puts the page on a list of its own; the list's head is in the kernel image, at an address that
 * alone doesn't tell it from another struct page's list.
 */
static inline void tk_enlist(struct tk *t, uint64_t pfn)
{
	struct tk_page p = tk_get(t, pfn);
	uint64_t at = t->next_list + t->knobs.layout.lru;

	t->next_list += 64;
	assert_true(t->next_list <= TK_MEMBLOCK);
	tk_write(t, at, tk_self(t, pfn), 8);
	tk_write(t, at + 8, tk_self(t, pfn), 8);
	p.next = p.prev = TK_IMAGE + at;
	tk_put(t, pfn, &p);
}

/* A free block as __free_pages_core() and __free_one_page() leave it. */
static inline void tk_free_block(struct tk *t, uint64_t pfn, unsigned int order)
{
	struct tk_page p;

	for (uint64_t i = 0; i < 1ULL << order; i++) {
		tk_init_page(t, pfn + i);
		p = tk_get(t, pfn + i);
		p.refcount = 0;
		tk_put(t, pfn + i, &p);
	}
	tk_enlist(t, pfn);
	p = tk_get(t, pfn);
	p.mapcount = TK_TYPE(0xf0);
	p.private = order;
	tk_put(t, pfn, &p);
}

static inline void tk_mark(struct tk *t, uint64_t pfn, unsigned int order)
{
	struct tk_page p = tk_get(t, pfn);

	p.private = TK_MAGIC | order;
	tk_put(t, pfn, &p);
}

/* kexec_handover.c:kho_preserved_memory_reserve() */
static inline void tk_pending(struct tk *t, uint64_t pfn, unsigned int order)
{
	for (uint64_t i = 0; i < 1ULL << order; i++)
		tk_init_page(t, pfn + i);
	tk_mark(t, pfn, order);
}

/*
 * kexec_handover.c:kho_restore_page() with is_folio, and prep_compound_page(); @mask: the compound
 * word of Linux 7.1 and later where HVO is built in (page-flags.h:set_compound_head()).
 */
static inline void tk_restore_folio(struct tk *t, uint64_t pfn, unsigned int order, bool mask)
{
	uint64_t bytes = t->knobs.layout.size << order;
	struct tk_page p;

	tk_init_page(t, pfn);
	p = tk_get(t, pfn);
	p.flags |= order ? 1ULL << TK_PG_HEAD : 0;
	tk_put(t, pfn, &p);
	for (uint64_t i = 1; i < 1ULL << order; i++) {
		tk_init_page(t, pfn + i);
		p = tk_get(t, pfn + i);
		p.next = (mask ? -bytes : tk_page_va(t, pfn)) | 1;
		p.mapping = 0xdead000000000400ULL;
		p.refcount = 0;
		if (i == 1)
			p.flags |= order;
		tk_put(t, pfn + i, &p);
	}
}

static inline void tk_fill_page(struct tk *t, uint64_t pfn, uint8_t byte)
{
	memset(tk_raw(t, pfn), byte, t->knobs.layout.size);
}

/* ---- building ------------------------------------------------------------------------------- */

static inline void tk_page_tables(struct tk *t)
{
	size_t bytes = TK_END * t->knobs.layout.size;

	tk_write(t, TK_PGD + 273 * 8, (TK_PGD + 0x1000) | 3, 8);
	tk_write(t, TK_PGD + 0x1000, 0x83, 8);
	tk_write(t, TK_PGD + 511 * 8, (TK_PGD + 0x2000) | 3, 8);
	tk_write(t, TK_PGD + 0x2000 + 510 * 8, 0x83, 8);
	tk_write(t, TK_PGD + 468 * 8, (TK_PGD + 0x3000) | 3, 8);
	tk_write(t, TK_PGD + 0x3000, TK_VMEMMAP_PMD | 3, 8);
	for (size_t i = 0; i << 21 < bytes; i++)
		tk_write(t, TK_VMEMMAP_PMD + i * 8, (TK_MAP + (i << 21)) | 0x83, 8);
}

static inline void tk_set_zone(struct tk *t, unsigned int node, unsigned int zone, const char *name,
			       uint64_t start, uint64_t end)
{
	uint64_t at = TK_PGDATS + node * TK_PGDAT_STRIDE + zone * TK_ZONE_SIZE;
	uint64_t text = TK_VARS + TK_V_NAMES + zone * 16;

	memcpy(tk_at(t, text, 16), name, strlen(name) + 1);
	tk_write(t, at + TK_ZONE_NAME, TK_IMAGE + text, 8);
	tk_write(t, at + TK_ZONE_START, start, 8);
	tk_write(t, at + TK_ZONE_SPANNED, end - start, 8);
	tk_write(t, at + TK_ZONE_PRESENT, end - start, 8);
	tk_write(t, at + TK_ZONE_MANAGED, (end - start) / 2, 8);
}

static inline void tk_set_node(struct tk *t, unsigned int node, uint64_t start, uint64_t end)
{
	uint64_t at = TK_PGDATS + node * TK_PGDAT_STRIDE;

	tk_write(t, TK_VARS + TK_V_NODE_DATA + node * 8, TK_IMAGE + at, 8);
	tk_write(t, TK_VARS + TK_V_ONLINE,
		 (tk_read(t, TK_VARS + TK_V_ONLINE) & 0xff) | 1u << node, 1);
	tk_write(t, at + TK_PGDAT_NR_ZONES, t->knobs.zones, 4);
	tk_write(t, at + TK_PGDAT_START, start, 8);
	tk_write(t, at + TK_PGDAT_SPANNED, end - start, 8);
	tk_write(t, at + TK_PGDAT_ID, node, 4);
	tk_write(t, at + TK_PGDAT_DEFERRED, UINT64_MAX, 8);
}

/* Deferred init had not ended, and had not begun at the node's @first. */
static inline void tk_defer(struct tk *t, unsigned int node, uint64_t first)
{
	tk_write(t, TK_VARS + TK_V_DEFERRED, 1, 4);
	tk_write(t, TK_PGDATS + node * TK_PGDAT_STRIDE + TK_PGDAT_DEFERRED, first, 8);
}

/* Region @i of the array at @array, which begins a memblock_type whose structure is @which. */
static inline void tk_set_region(struct tk *t, uint64_t array, unsigned int which, unsigned int i,
				 uint64_t start, uint64_t end, uint32_t flags, int nid)
{
	uint64_t type = TK_MEMBLOCK + which * TK_MEMBLOCK_TYPE, at = array + i * 24;
	uint64_t old = tk_read(t, at + 8);

	tk_write(t, at, start << 12, 8);
	tk_write(t, at + 8, (end - start) << 12, 8);
	tk_write(t, at + 16, flags, 4);
	tk_write(t, at + 20, (uint32_t)nid, 4);
	if (tk_read(t, type) <= i)
		tk_write(t, type, i + 1, 8);
	tk_write(t, type + 8, 128, 8);
	tk_write(t, type + 16, tk_read(t, type + 16) - old + ((end - start) << 12), 8);
	tk_write(t, type + 24, TK_IMAGE + array, 8);
}

static inline void tk_set_ram(struct tk *t, unsigned int i, uint64_t start, uint64_t end, int nid)
{
	tk_set_region(t, TK_MEMBLOCK_MEMORY, 1, i, start, end, 0, nid);
}

/* A reserved region with RSRV_NOINIT; memblock's arrays are kept, as arm64 keeps them. */
static inline void tk_set_noinit(struct tk *t, unsigned int i, uint64_t start, uint64_t end)
{
	tk_write(t, TK_VARS + TK_V_MEMBLOCK_MEMORY, TK_IMAGE + TK_MEMBLOCK + TK_MEMBLOCK_TYPE, 8);
	tk_set_region(t, TK_MEMBLOCK_RESERVED, 2, i, start, end, 0x10, 0);
}

static inline void tk_set_numa_block(struct tk *t, unsigned int i, uint64_t start, uint64_t end,
				     int nid)
{
	uint64_t at = TK_NUMA_MEMINFO + 8 + i * 24;

	tk_write(t, TK_NUMA_MEMINFO, i + 1, 4);
	tk_write(t, at, start << 12, 8);
	tk_write(t, at + 8, end << 12, 8);
	tk_write(t, at + 16, (uint32_t)nid, 4);
}

static inline void tk_set_section(struct tk *t, unsigned int i, uint64_t flags)
{
	tk_write(t, TK_SECTION_ROOT + i * 16, TK_VMEMMAP | flags, 8);
	tk_write(t, TK_SECTION_ROOT + i * 16 + 8, TK_IMAGE + TK_USAGE + i * 64, 8);
}

static inline void tk_set_scratch(struct tk *t, unsigned int i, uint64_t pfn, uint64_t pages)
{
	tk_write(t, TK_SCRATCH_ARRAY + i * 16, pfn << 12, 8);
	tk_write(t, TK_SCRATCH_ARRAY + i * 16 + 8, pages << 12, 8);
}

static inline void tk_machine(struct tk *t)
{
	tk_set_node(t, 0, 1, TK_NODE1);
	tk_set_node(t, 1, TK_NODE1, TK_RAM_END);
	tk_set_zone(t, 0, 0, "DMA", 1, TK_ZONE_DMA32);
	tk_set_zone(t, 0, 1, "DMA32", TK_ZONE_DMA32, TK_NODE1);
	tk_set_zone(t, 1, 1, "DMA32", TK_NODE1, TK_RAM_END);
	tk_set_ram(t, 0, 1, TK_NODE1, 0);
	tk_set_ram(t, 1, TK_NODE1, TK_HOLE, 1);
	tk_set_ram(t, 2, TK_HOLE_END, TK_RAM_END, 1);
	tk_write(t, TK_SECTION_ROOTS, TK_IMAGE + TK_SECTION_ROOT, 8);
	for (unsigned int i = 0; i < TK_SECTIONS; i++)
		tk_set_section(t, i, 0xf);
}

static inline void tk_memory_map(struct tk *t)
{
	for (uint64_t pfn = 0; pfn < TK_END; pfn++) {
		if (tk_is_ram(pfn))
			tk_allocate(t, pfn);
		else
			tk_reserve(t, pfn);
	}
}

/* As kernel/liveupdate/kexec_handover.c:kho_out_fdt_setup(). */
/* For khs_options.interrupted: *@arg questions are answered with no; -1: all of them. */
static inline bool tk_count_down(void *arg)
{
	int *left = arg;

	return *left >= 0 && !(*left)--;
}

static inline void tk_root_fdt(struct tk *t, uint64_t pa, const char *compatible, uint64_t map)
{
	void *page = tk_at(t, pa, 4096);
	int err;

	memset(page, 0, 4096);
	err = fdt_create(page, 4096);
	err |= fdt_finish_reservemap(page);
	err |= fdt_begin_node(page, "");
	err |= fdt_property_string(page, "compatible", compatible);
	err |= fdt_property(page, "preserved-memory-map", &map, sizeof(map));
	err |= fdt_end_node(page);
	err |= fdt_finish(page);
	assert_int_equal(err, 0);
}

static inline void tk_preserve(struct tk *t, uint64_t pfn, unsigned int order)
{
	tree_add(&t->tree, pfn, order);
}

static inline void tk_handover(struct tk *t)
{
	tk_write(t, TK_VARS + TK_V_ENABLE, 1, 1);
	tk_write(t, TK_VARS + TK_V_OUT, TK_DIRECT + TK_OUT_FDT, 8);
	tk_write(t, TK_VARS + TK_V_OUT + TK_OUT_ROOT, TK_DIRECT + t->tree.root, 8);
	tk_write(t, TK_VARS + TK_V_SCRATCH, TK_DIRECT + TK_SCRATCH_ARRAY, 8);
	tk_write(t, TK_VARS + TK_V_SCRATCH_CNT, 3, 4);
	tk_set_scratch(t, 0, TK_SCRATCH0, TK_SCRATCH_PAGES);
	tk_set_scratch(t, 1, 0, 0);
	tk_set_scratch(t, 2, TK_SCRATCH1, TK_SCRATCH_PAGES);
	tk_root_fdt(t, TK_OUT_FDT, t->knobs.abi, t->tree.root);
	tk_preserve(t, TK_OUT_FDT >> 12, 0);
	if (!t->knobs.handover)
		return;
	tk_write(t, TK_VARS + TK_V_IN, TK_IN_FDT, 8);
	tk_write(t, TK_VARS + TK_V_IN + TK_IN_SCRATCH, TK_SCRATCH_ARRAY, 8);
	memcpy(tk_at(t, TK_VARS + TK_V_IN + TK_IN_RELEASE, 7), "7.2.13", 7);
	tk_write(t, TK_VARS + TK_V_IN + TK_IN_COUNT, 3, 4);
	tk_root_fdt(t, TK_IN_FDT, t->knobs.abi, 0x7654000);
}

static inline void tk_page_facts(struct tk *t)
{
	const struct tk_layout *l = &t->knobs.layout;

	tk_size(t, "page", l->size);
	tk_member(t, "page", "flags", l->flags, 8);
	tk_member(t, "page", "lru", l->lru, 16);
	tk_member(t, "page", "compound_info", l->lru, 8);
	tk_member(t, "page", "mapping", l->mapping, 8);
	tk_member(t, "page", "index", l->index, 8);
	tk_member(t, "page", "private", l->private, 8);
	tk_member(t, "page", "_mapcount", l->mapcount, 4);
	tk_member(t, "page", "_refcount", l->refcount, 4);
	tk_member(t, "page", "memcg_data", l->memcg, 8);
	tk_size(t, "kho_page_info", 8);
	tk_enum(t, "__NR_PAGEFLAGS", TK_NR_PAGEFLAGS);
	tk_enum(t, "__MAX_NR_ZONES", t->knobs.zones);
	tk_enum(t, "PG_locked", TK_PG_LOCKED);
	tk_enum(t, "PG_lru", TK_PG_LRU);
	tk_enum(t, "PG_head", TK_PG_HEAD);
	tk_enum(t, "PG_reserved", TK_PG_RESERVED);
	tk_enum(t, "PG_private", TK_PG_PRIVATE);
	tk_enum(t, "PG_swapbacked", TK_PG_SWAPBACKED);
}

static inline void tk_machine_facts(struct tk *t)
{
	tk_size(t, "pglist_data", TK_PGDAT_SIZE);
	tk_member(t, "pglist_data", "node_zones", 0, TK_ZONE_SIZE * t->knobs.zones);
	tk_member(t, "pglist_data", "nr_zones", TK_PGDAT_NR_ZONES, 4);
	tk_member(t, "pglist_data", "node_start_pfn", TK_PGDAT_START, 8);
	tk_member(t, "pglist_data", "node_spanned_pages", TK_PGDAT_SPANNED, 8);
	tk_member(t, "pglist_data", "node_id", TK_PGDAT_ID, 4);
	tk_member(t, "pglist_data", "first_deferred_pfn", TK_PGDAT_DEFERRED, 8);
	tk_size(t, "zone", TK_ZONE_SIZE);
	tk_member(t, "zone", "name", TK_ZONE_NAME, 8);
	tk_member(t, "zone", "zone_start_pfn", TK_ZONE_START, 8);
	tk_member(t, "zone", "spanned_pages", TK_ZONE_SPANNED, 8);
	tk_member(t, "zone", "present_pages", TK_ZONE_PRESENT, 8);
	tk_member(t, "zone", "managed_pages", TK_ZONE_MANAGED, 8);
	tk_size(t, "mem_section", 16);
	tk_member(t, "mem_section", "section_mem_map", 0, 8);
	tk_member(t, "mem_section", "usage", 8, 8);
	tk_member(t, "mem_section_usage", "subsection_map", 16, 8);
	tk_enum(t, "SECTION_MAP_LAST_BIT", 5);
	tk_member(t, "static_key", "enabled", 0, 4);
	tk_symbol(t, "node_data", TK_VARS + TK_V_NODE_DATA);
	tk_symbol(t, "node_online_map", TK_VARS + TK_V_ONLINE);
	tk_symbol(t, "deferred_pages", TK_VARS + TK_V_DEFERRED);
}

static inline void tk_memblock_facts(struct tk *t)
{
	tk_symbol(t, "memblock", TK_MEMBLOCK);
	tk_symbol(t, "memblock_memory", TK_VARS + TK_V_MEMBLOCK_MEMORY);
	tk_symbol(t, "memblock_memory_init_regions", TK_MEMBLOCK_MEMORY);
	tk_member(t, "memblock", "memory", TK_MEMBLOCK_TYPE, TK_MEMBLOCK_TYPE);
	tk_member(t, "memblock", "reserved", 2 * TK_MEMBLOCK_TYPE, TK_MEMBLOCK_TYPE);
	tk_member(t, "memblock_type", "cnt", 0, 8);
	tk_member(t, "memblock_type", "max", 8, 8);
	tk_member(t, "memblock_type", "total_size", 16, 8);
	tk_member(t, "memblock_type", "regions", 24, 8);
	tk_size(t, "memblock_region", 24);
	tk_member(t, "memblock_region", "base", 0, 8);
	tk_member(t, "memblock_region", "size", 8, 8);
	tk_member(t, "memblock_region", "flags", 16, 4);
	tk_member(t, "memblock_region", "nid", 20, 4);
	tk_symbol(t, "numa_meminfo", TK_NUMA_MEMINFO);
	tk_member(t, "numa_meminfo", "nr_blks", 0, 4);
	tk_member(t, "numa_meminfo", "blk", 8, 24 * 8);
	tk_size(t, "numa_memblk", 24);
	tk_member(t, "numa_memblk", "start", 0, 8);
	tk_member(t, "numa_memblk", "end", 8, 8);
	tk_member(t, "numa_memblk", "nid", 16, 4);
}

static inline void tk_kho_facts(struct tk *t)
{
	tk_symbol(t, "kho_enable", TK_VARS + TK_V_ENABLE);
	tk_symbol(t, "kho_out", TK_VARS + TK_V_OUT);
	tk_symbol(t, "kho_in", TK_VARS + TK_V_IN);
	tk_symbol(t, "kho_scratch", TK_VARS + TK_V_SCRATCH);
	tk_symbol(t, "kho_scratch_cnt", TK_VARS + TK_V_SCRATCH_CNT);
	tk_symbol(t, "kexec_image", TK_VARS + TK_V_KIMAGE);
	tk_member(t, "kho_out", "fdt", 0, 8);
	tk_member(t, "kho_out", "radix_tree.root", TK_OUT_ROOT, 8);
	tk_member(t, "kho_in", "fdt_phys", 0, 8);
	tk_member(t, "kho_in", "scratch_phys", TK_IN_SCRATCH, 8);
	tk_member(t, "kho_in", "previous_release", TK_IN_RELEASE, 65);
	tk_member(t, "kho_in", "kexec_count", TK_IN_COUNT, 4);
	tk_size(t, "kho_scratch", 16);
	tk_member(t, "kho_scratch", "addr", 0, 8);
	tk_member(t, "kho_scratch", "size", 8, 8);
}

/* As a kernel without CONFIG_KEXEC_HANDOVER has it: none of the above. */
static inline void tk_forget_kho(struct tk *t)
{
	for (size_t i = 0; i < t->nr_facts;) {
		const struct tk_fact *f = &t->facts[i];

		if (strncmp(f->type, "kho_", 4) && strncmp(f->name, "kho_", 4))
			i++;
		else
			t->facts[i] = t->facts[--t->nr_facts];
	}
}

static inline void tk_text(struct tk *t)
{
	tk_vmcoreinfo_add(t, "OSRELEASE=7.3.4\nBUILD-ID=0123456789abcdef\nPAGESIZE=4096\n"
			     "NUMBER(phys_base)=0\nSYMBOL(init_top_pgt)=%llx\n", TK_IMAGE + TK_PGD);
	tk_vmcoreinfo_add(t, "SYMBOL(mem_section)=%llx\nLENGTH(mem_section)=2\n",
			  TK_IMAGE + TK_SECTION_ROOTS);
	tk_vmcoreinfo_add(t, "NUMBER(SECTION_SIZE_BITS)=27\nNUMBER(MAX_PHYSMEM_BITS)=36\n"
			     "SYMBOL(vmemmap)=%llx\nLENGTH(node_data)=%u\n"
			     "LENGTH(zone.free_area)=11\n", TK_VMEMMAP, t->knobs.nodes);
}

static inline struct tk *tk_new_with(const struct tk_knobs *knobs)
{
	struct tk *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->found = calloc(TK_MAX_FINDINGS, sizeof(*t->found));
	t->mem = khs_dump_memory_new();
	assert_true(t->found && t->mem);
	t->knobs = *knobs;
	t->opts.size = sizeof(t->opts);
	t->next_list = TK_LISTS;
	assert_true(khs_dump_memory_zero(t->mem, TK_PGD, TK_LOW_END - TK_PGD));
	assert_true(khs_dump_memory_zero(t->mem, TK_MAP, TK_END * knobs->layout.size));
	tree_init_in(&t->tree, t->mem, 12, TK_TREE);
	tk_page_tables(t);
	tk_machine(t);
	tk_memory_map(t);
	tk_handover(t);
	tk_page_facts(t);
	tk_machine_facts(t);
	tk_memblock_facts(t);
	tk_kho_facts(t);
	tk_text(t);
	return t;
}

/* Started cold, with kho=on. */
static inline struct tk *tk_new(void)
{
	return tk_new_with(&tk_usual);
}

/* Started by a handover. */
static inline struct tk *tk_new_handed(void)
{
	struct tk_knobs knobs = tk_usual;

	knobs.handover = true;
	return tk_new_with(&knobs);
}

static inline void tk_close(struct tk *t)
{
	khs_close(t->k);
	t->k = NULL;
}

static inline void tk_delete(struct tk *t)
{
	tk_close(t);
	khs_dump_close(t->mem);
	free(t->found);
	free(t);
}

/* ---- opening -------------------------------------------------------------------------------- */

static inline enum khs_presence tk_cb_read(void *priv, uint64_t pa, void *buf, size_t len,
					   size_t *done)
{
	struct tk *t = priv;

	return khs_dump_read(t->mem, pa, buf, len, done);
}

static inline bool tk_cb_vmcoreinfo(void *priv, char **text, size_t *len)
{
	struct tk *t = priv;

	if (t->no_vmcoreinfo)
		return false;
	*text = strdup(t->vmcoreinfo);
	*len = strlen(t->vmcoreinfo);
	return *text;
}

static inline bool tk_ask(struct tk *t, enum khs_question_kind kind, const char *type,
			  const char *name, uint64_t *value, uint64_t *size)
{
	const struct tk_fact *f = tk_find_fact(t, kind, type, name);

	if (!f)
		return false;
	*value = f->value;
	if (size)
		*size = f->size;
	return true;
}

static inline bool tk_cb_symbol(void *priv, const char *name, uint64_t *addr)
{
	return tk_ask(priv, KHS_ASK_SYMBOL, NULL, name, addr, NULL);
}

static inline bool tk_cb_size(void *priv, const char *type, uint64_t *size)
{
	return tk_ask(priv, KHS_ASK_SIZE, NULL, type, size, NULL);
}

static inline bool tk_cb_member(void *priv, const char *type, const char *member, uint64_t *off,
				uint64_t *size)
{
	return tk_ask(priv, KHS_ASK_MEMBER, type, member, off, size);
}

static inline bool tk_cb_enum(void *priv, const char *name, int64_t *value)
{
	uint64_t v;

	if (!tk_ask(priv, KHS_ASK_ENUMERATOR, NULL, name, &v, NULL))
		return false;
	*value = (int64_t)v;
	return true;
}

static inline struct khs_error *tk_try_open(struct tk *t)
{
	const struct khs_source source = {
		.size = sizeof(source), .name = "test", .priv = t, .read = tk_cb_read,
		.vmcoreinfo = tk_cb_vmcoreinfo, .symbol = tk_cb_symbol, .type_size = tk_cb_size,
		.member = tk_cb_member, .enumerator = tk_cb_enum,
	};

	tk_close(t);
	return khs_open_source(&source, &t->opts, &t->k);
}

static inline void tk_ok(struct khs_error *err)
{
	if (err)
		print_error("%s\n", khs_error_message(err));
	assert_null(err);
}

static inline void tk_open(struct tk *t)
{
	tk_ok(tk_try_open(t));
}

/* ---- findings ------------------------------------------------------------------------------- */

static inline void tk_keep_evidence(struct tk_finding *to, const struct khs_evidence *e)
{
	size_t used = strlen(to->evidence), room = sizeof(to->evidence) - used;

	if (e->kind == KHS_VALUE_STRING)
		snprintf(to->evidence + used, room, "%s=%s\n", e->key, e->string);
	else if (e->kind == KHS_VALUE_SIGNED)
		snprintf(to->evidence + used, room, "%s=%lld\n", e->key, (long long)e->number);
	else
		snprintf(to->evidence + used, room, e->kind == KHS_VALUE_HEX ? "%s=0x%llx\n" :
									       "%s=%llu\n",
			 e->key, (unsigned long long)e->number);
}

static inline bool tk_about_owners(const char *id)
{
	static const char *const ids[] = {
		"orphan", "leak", "blob-uncovered", "blob-damage", "vmalloc-damage",
		"luo-mismatch", "memfd-damage",
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (!strcmp(ids[i], id))
			return true;
	return false;
}

static inline void tk_collect(void *arg, const struct khs_finding *f)
{
	struct tk *t = arg;
	struct tk_finding *to;

	if (!t->owners && tk_about_owners(f->id))
		return;
	to = &t->found[t->nr_found++];
	assert_true(t->nr_found < TK_MAX_FINDINGS);
	memset(to, 0, sizeof(*to));
	snprintf(to->id, sizeof(to->id), "%s", f->id);
	snprintf(to->class_name, sizeof(to->class_name), "%s", f->class_name);
	snprintf(to->summary, sizeof(to->summary), "%s", f->summary);
	to->severity = f->severity;
	to->has_pfn = f->has_pfn;
	to->pfn = f->pfn;
	to->pages = f->pages;
	to->order = f->order;
	to->node = f->node;
	for (size_t i = 0; i < f->nr_evidence; i++)
		tk_keep_evidence(to, &f->evidence[i]);
}

/* Opens the kernel as it is now, and runs the checks. */
static inline void tk_check(struct tk *t)
{
	tk_open(t);
	t->nr_found = 0;
	tk_ok(khs_check(t->k, tk_collect, t));
}

static inline void tk_print_findings(const struct tk *t)
{
	for (size_t i = 0; i < t->nr_found; i++) {
		const struct tk_finding *f = &t->found[i];

		print_error("%s %s pfn 0x%llx pages %llu order %d: %s\n%s", f->id, f->class_name,
			    (unsigned long long)f->pfn, (unsigned long long)f->pages, f->order,
			    f->summary, f->evidence);
	}
}

static inline void tk_expect_count(const struct tk *t, size_t n)
{
	if (t->nr_found != n)
		tk_print_findings(t);
	assert_int_equal(t->nr_found, n);
}

/* The one finding of @id and @class at @pfn, over @pages pages. */
static inline const struct tk_finding *tk_expect(const struct tk *t, const char *id,
						 const char *class_name, uint64_t pfn,
						 uint64_t pages)
{
	const struct tk_finding *found = NULL;
	size_t n = 0;

	for (size_t i = 0; i < t->nr_found; i++) {
		const struct tk_finding *f = &t->found[i];

		if (strcmp(f->id, id) || strcmp(f->class_name, class_name) || !f->has_pfn ||
		    f->pfn != pfn || f->pages != pages)
			continue;
		found = f;
		n++;
	}
	if (n != 1) {
		print_error("wanted one %s %s pfn 0x%llx pages %llu; found:\n", id, class_name,
			    (unsigned long long)pfn, (unsigned long long)pages);
		tk_print_findings(t);
	}
	assert_int_equal(n, 1);
	return found;
}

/* Checks; exactly one finding, and it is this one. */
static inline const struct tk_finding *tk_check_one(struct tk *t, const char *id,
						    const char *class_name, uint64_t pfn,
						    uint64_t pages)
{
	tk_check(t);
	tk_expect_count(t, 1);
	return tk_expect(t, id, class_name, pfn, pages);
}

/* Checks; all was judged and nothing found. */
static inline void tk_check_healthy(struct tk *t)
{
	tk_check(t);
	tk_expect_count(t, 0);
	assert_true(khs_all_judged(t->k));
}

static inline const struct khs_status *tk_status(struct tk *t)
{
	const struct khs_status *s;

	tk_ok(khs_get_status(t->k, &s));
	return s;
}

static inline void tk_expect_evidence(const struct tk_finding *f, const char *text)
{
	if (!strstr(f->evidence, text))
		print_error("no \"%s\" in:\n%s", text, f->evidence);
	assert_non_null(strstr(f->evidence, text));
}

static inline int tk_setup(void **state)
{
	*state = tk_new();
	return 0;
}

static inline int tk_setup_handed(void **state)
{
	*state = tk_new_handed();
	return 0;
}

static inline int tk_teardown(void **state)
{
	tk_delete(*state);
	return 0;
}

/* A test of a kernel started cold, and one of a kernel that was handed memory. */
#define TK_COLD(test) cmocka_unit_test_setup_teardown(test, tk_setup, tk_teardown)
#define TK_HANDED(test) cmocka_unit_test_setup_teardown(test, tk_setup_handed, tk_teardown)

#endif
