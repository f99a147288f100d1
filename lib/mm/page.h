/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * struct page: where its members lie in this kernel, and one page's raw bytes taken apart. Says
 * what a page's fields are, not whether they are right (kho/judge.h), and reads no memory.
 *
 * Layout: include/linux/mm_types.h, include/linux/page-flags.h, include/linux/page-flags-layout.h.
 */
#ifndef KHS_MM_PAGE_H
#define KHS_MM_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "../facts/kernel.h"

/* Largest struct page any 64-bit configuration makes (KMSAN, LAST_CPUPID outside flags). */
#define KHS_PAGE_MAX 128

/* "KHOP", include/linux/kho/abi or kernel/liveupdate/kexec_handover.c:KHO_PAGE_MAGIC. */
#define KHS_MAGIC 0x4b484f50u

/* Page types, from the top byte of page_type; the values are the kernel's PGTY_* (page-flags.h). */
enum khs_pgty {
	KHS_PGTY_BUDDY,
	KHS_PGTY_OFFLINE,
	KHS_PGTY_TABLE,
	KHS_PGTY_GUARD,
	KHS_PGTY_HUGETLB,
	KHS_PGTY_SLAB,
	KHS_PGTY_ZSMALLOC,
	KHS_PGTY_UNACCEPTED,
	KHS_PGTY_LARGE_KMALLOC,
	KHS_NR_PGTY,
	KHS_PGTY_NONE = KHS_NR_PGTY,
};

struct khs_page_layout {
	size_t size;
	/* Byte offsets. */
	size_t flags, lru, mapping, index, private, mapcount, refcount, memcg;
	bool has_index, has_memcg;
	unsigned int nr_pageflags;
	unsigned int zones_shift, nodes_shift;
	uint64_t zones_mask, nodes_mask; /* after the shift */
	unsigned int max_zones, max_nodes;
	uint64_t head, reserved, hwpoison; /* masks; 0 if unknown */
	uint8_t pgty[KHS_NR_PGTY];
	bool has_magic; /* union kho_page_info: private carries KHS_MAGIC and the order */
	unsigned int page_shift;
};

struct khs_page {
	uint64_t flags;
	uint64_t lru_next; /* or compound_info */
	uint64_t lru_prev;
	uint64_t mapping;
	uint64_t index;
	uint64_t private;
	uint64_t memcg;
	uint32_t mapcount; /* _mapcount or page_type */
	int32_t refcount;
};

/* From facts alone. NOTFOUND or UNSUPPORTED with the reason. */
struct khs_error *khs_page_layout_init(struct khs_page_layout *l, const struct khs_kernel *kernel);

static inline uint64_t khs_load64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t khs_load32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

struct khs_page khs_page_decode(const struct khs_page_layout *l, const void *raw);

static inline unsigned int khs_page_node(const struct khs_page_layout *l, uint64_t flags)
{
	return flags >> l->nodes_shift & l->nodes_mask;
}

static inline unsigned int khs_page_zone(const struct khs_page_layout *l, uint64_t flags)
{
	return flags >> l->zones_shift & l->zones_mask;
}

static inline bool khs_page_marked(const struct khs_page *p)
{
	return p->private >> 32 == KHS_MAGIC;
}

static inline unsigned int khs_mark_order(const struct khs_page *p)
{
	return (uint32_t)p->private;
}

static inline bool khs_page_tail(const struct khs_page *p)
{
	return p->lru_next & 1;
}

/* The type in the page_type word, KHS_PGTY_NONE for a mapcount or an unknown type. */
enum khs_pgty khs_page_type(const struct khs_page_layout *l, uint32_t mapcount);

/* "buddy"; "" for none. */
const char *khs_pgty_name(enum khs_pgty type);

/*
 * Whether the word at _mapcount is one that a kernel leaves there: none (-1), a mapcount, or a type
 * (page-flags.h:enum pagetype). Negative mapcounts and the range reserved for overflows are not.
 */
static inline bool khs_mapcount_ok(uint32_t mapcount)
{
	return mapcount < 0x80000000u || mapcount == UINT32_MAX ||
	       (mapcount >= 0xf0000000u && mapcount < 0xf9000000u);
}

/*
 * The head of a tail page as its compound word says, in either encoding: a pointer, or since Linux
 * 7.1 on some configurations a mask (page-flags.h:set_compound_head). @address is the tail's own
 * struct page.
 */
uint64_t khs_compound_head(const struct khs_page_layout *l, uint64_t address, uint64_t word);

/* "locked|uptodate" into @buf. */
void khs_page_flags_text(const struct khs_page_layout *l, const struct khs_facts *facts,
			 uint64_t flags, char *buf, size_t size);

/*
 * Flags that only an owner sets. Not PG_hwpoison: mm/memory-failure.c:memory_failure() leaves it on
 * any page that memory errors hit, one that waits to be restored included, and does no more to it.
 */
static inline uint64_t khs_page_owner_flags(const struct khs_page_layout *l, uint64_t flags)
{
	return flags & ((1ull << l->nr_pageflags) - 1) & ~l->hwpoison;
}

/*
 * Exactly what __init_single_page() (mm/mm_init.c) leaves, but for @private, PG_hwpoison, the node
 * and zone bits and the bits between them and the flags (LAST_CPUPID, KASAN tag, LRU_GEN).
 */
static inline bool khs_page_pristine(const struct khs_page_layout *l, const struct khs_page *p,
				     uint64_t address)
{
	uint64_t self = address + l->lru;

	return !khs_page_owner_flags(l, p->flags) && p->lru_next == self && p->lru_prev == self &&
	       !p->mapping && !p->index && !p->memcg && p->mapcount == UINT32_MAX &&
	       p->refcount == 1;
}

#endif
