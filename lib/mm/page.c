// SPDX-License-Identifier: GPL-2.0-or-later
#include "page.h"

#include <stdio.h>

#include "../base/error.h"

static const struct {
	const char *name;
	enum khs_need_id fact;
	uint8_t usual; /* include/linux/page-flags.h:enum pagetype, the same in 7.2 and 7.3 */
} page_types[KHS_NR_PGTY] = {
	[KHS_PGTY_BUDDY] = { "buddy", KHS_ENUM_PGTY_BUDDY, 0xf0 },
	[KHS_PGTY_OFFLINE] = { "offline", KHS_ENUM_PGTY_OFFLINE, 0xf1 },
	[KHS_PGTY_TABLE] = { "page table", KHS_ENUM_PGTY_TABLE, 0xf2 },
	[KHS_PGTY_GUARD] = { "guard", KHS_ENUM_PGTY_GUARD, 0xf3 },
	[KHS_PGTY_HUGETLB] = { "hugetlb", KHS_ENUM_PGTY_HUGETLB, 0xf4 },
	[KHS_PGTY_SLAB] = { "slab", KHS_ENUM_PGTY_SLAB, 0xf5 },
	[KHS_PGTY_ZSMALLOC] = { "zsmalloc", KHS_ENUM_PGTY_ZSMALLOC, 0xf6 },
	[KHS_PGTY_UNACCEPTED] = { "unaccepted", KHS_ENUM_PGTY_UNACCEPTED, 0xf7 },
	[KHS_PGTY_LARGE_KMALLOC] = { "large kmalloc", KHS_ENUM_PGTY_LARGE_KMALLOC, 0xf8 },
};

static const struct {
	const char *name;
	enum khs_need_id fact;
} page_flags[] = {
	{ "locked", KHS_ENUM_PG_LOCKED },
	{ "writeback", KHS_ENUM_PG_WRITEBACK },
	{ "referenced", KHS_ENUM_PG_REFERENCED },
	{ "uptodate", KHS_ENUM_PG_UPTODATE },
	{ "dirty", KHS_ENUM_PG_DIRTY },
	{ "lru", KHS_ENUM_PG_LRU },
	{ "head", KHS_ENUM_PG_HEAD },
	{ "waiters", KHS_ENUM_PG_WAITERS },
	{ "active", KHS_ENUM_PG_ACTIVE },
	{ "workingset", KHS_ENUM_PG_WORKINGSET },
	{ "owner_priv_1", KHS_ENUM_PG_OWNER_PRIV_1 },
	{ "owner_2", KHS_ENUM_PG_OWNER_2 },
	{ "arch_1", KHS_ENUM_PG_ARCH_1 },
	{ "reserved", KHS_ENUM_PG_RESERVED },
	{ "private", KHS_ENUM_PG_PRIVATE },
	{ "private_2", KHS_ENUM_PG_PRIVATE_2 },
	{ "reclaim", KHS_ENUM_PG_RECLAIM },
	{ "swapbacked", KHS_ENUM_PG_SWAPBACKED },
	{ "unevictable", KHS_ENUM_PG_UNEVICTABLE },
	{ "dropbehind", KHS_ENUM_PG_DROPBEHIND },
	{ "mlocked", KHS_ENUM_PG_MLOCKED },
	{ "hwpoison", KHS_ENUM_PG_HWPOISON },
	{ "arch_2", KHS_ENUM_PG_ARCH_2 },
	{ "arch_3", KHS_ENUM_PG_ARCH_3 },
};

static uint64_t flag_mask(const struct khs_facts *f, enum khs_need_id id)
{
	uint64_t bit = khs_fact_or(f, id, 64);

	return bit < 64 ? 1ull << bit : 0;
}

static unsigned int log2_floor(uint64_t v)
{
	return 63 - __builtin_clzll(v);
}

/*
 * MAX_NUMNODES: the bound of node_data where VMCOREINFO tells it, else solved from
 * zonelist._zonerefs[MAX_ZONES_PER_ZONELIST + 1] (include/linux/mmzone.h), which has one entry for
 * each zone of each node and one to end the list.
 */
static uint64_t max_nodes(const struct khs_facts *f, uint64_t max_zones)
{
	uint64_t entries;

	if (khs_known(f, KHS_KEY_NODE_DATA_LENGTH))
		return khs_fact(f, KHS_KEY_NODE_DATA_LENGTH);
	if (!khs_known(f, KHS_MEM_ZONELIST_ZONEREFS) || !khs_known(f, KHS_SIZE_ZONEREF) ||
	    !khs_fact(f, KHS_SIZE_ZONEREF))
		return 0;
	entries = f->v[KHS_MEM_ZONELIST_ZONEREFS].size / khs_fact(f, KHS_SIZE_ZONEREF);
	return entries > 1 && (entries - 1) % max_zones == 0 ? (entries - 1) / max_zones : 0;
}

/*
 * include/linux/page-flags-layout.h with SPARSEMEM_VMEMMAP: no section bits, node bits at the top,
 * zone bits below them.
 */
static struct khs_error *links_init(struct khs_page_layout *l, const struct khs_facts *f)
{
	uint64_t zones = khs_fact_or(f, KHS_ENUM_MAX_NR_ZONES, 0), nodes;
	unsigned int node_bits, zone_bits;

	if (!zones || zones > 8)
		return khs_error_new(KHS_ERR_NOTFOUND, "the number of zones is not known "
				     "(no types; try -k VMLINUX)");
	nodes = max_nodes(f, zones);
	if (!nodes || nodes > 1 << 16 || (nodes & (nodes - 1)))
		return khs_error_new(KHS_ERR_NOTFOUND, "the width of the node field in page flags "
				     "is not known (no types; try -k VMLINUX)");
	node_bits = log2_floor(nodes);
	zone_bits = zones < 2 ? 0 : zones == 2 ? 1 : zones <= 4 ? 2 : 3;
	l->nodes_shift = node_bits ? 64 - node_bits : 0;
	l->nodes_mask = node_bits ? nodes - 1 : 0;
	l->zones_shift = zone_bits ? 64 - node_bits - zone_bits : 0;
	l->zones_mask = zone_bits ? (1ull << zone_bits) - 1 : 0;
	l->max_zones = zones;
	l->max_nodes = nodes;
	return NULL;
}

struct khs_error *khs_page_layout_init(struct khs_page_layout *l, const struct khs_kernel *kernel)
{
	const struct khs_facts *f = &kernel->facts;
	size_t last;

	*l = (struct khs_page_layout){
		.size = khs_fact(f, KHS_SIZE_PAGE),
		.flags = khs_fact(f, KHS_MEM_PAGE_FLAGS),
		.lru = khs_fact(f, KHS_MEM_PAGE_LRU),
		.mapping = khs_fact(f, KHS_MEM_PAGE_MAPPING),
		.index = khs_fact_or(f, KHS_MEM_PAGE_INDEX, 0),
		.private = khs_fact(f, KHS_MEM_PAGE_PRIVATE),
		.mapcount = khs_fact(f, KHS_MEM_PAGE_MAPCOUNT),
		.refcount = khs_fact(f, KHS_MEM_PAGE_REFCOUNT),
		.memcg = khs_fact_or(f, KHS_MEM_PAGE_MEMCG_DATA, 0),
		.has_index = khs_known(f, KHS_MEM_PAGE_INDEX),
		.has_memcg = khs_known(f, KHS_MEM_PAGE_MEMCG_DATA),
		.nr_pageflags = khs_fact_or(f, KHS_ENUM_NR_PAGEFLAGS, 0),
		.head = flag_mask(f, KHS_ENUM_PG_HEAD),
		.reserved = flag_mask(f, KHS_ENUM_PG_RESERVED),
		.hwpoison = flag_mask(f, KHS_ENUM_PG_HWPOISON),
		/*
		 * Where there are no types: the magic is proof enough, its absence proves nothing.
		 */
		.has_magic = khs_known(f, KHS_SIZE_KHO_PAGE_INFO) ||
			     !khs_facts_tell(f, KHS_NEED_MEMBER),
		.page_shift = kernel->page_shift,
	};
	if (l->size < 56 || l->size > KHS_PAGE_MAX || l->size % 8)
		return khs_error_new(KHS_ERR_CORRUPT, "struct page of %zu bytes", l->size);
	last = l->size - sizeof(uint64_t);
	if (l->flags > last || l->lru > last - 8 || l->mapping > last || l->index > last ||
	    l->private > last || l->mapcount > last + 4 || l->refcount > last + 4 ||
	    l->memcg > last)
		return khs_error_new(KHS_ERR_CORRUPT, "a member of struct page lies outside it");
	if (khs_fact(f, KHS_MEM_PAGE_COMPOUND) != l->lru)
		return khs_error_new(KHS_ERR_UNSUPPORTED, "struct page has its compound word apart "
				     "from its list word");
	if (!l->nr_pageflags || l->nr_pageflags > 48)
		return khs_error_new(KHS_ERR_NOTFOUND, "the number of page flags is not known "
				     "(no types; try -k VMLINUX)");
	for (size_t i = 0; i < KHS_NR_PGTY; i++)
		l->pgty[i] = khs_fact_or(f, page_types[i].fact, page_types[i].usual);
	return links_init(l, f);
}

struct khs_page khs_page_decode(const struct khs_page_layout *l, const void *raw)
{
	const uint8_t *p = raw;

	return (struct khs_page){
		.flags = khs_load64(p + l->flags),
		.lru_next = khs_load64(p + l->lru),
		.lru_prev = khs_load64(p + l->lru + 8),
		.mapping = khs_load64(p + l->mapping),
		.index = l->has_index ? khs_load64(p + l->index) : 0,
		.private = khs_load64(p + l->private),
		.memcg = l->has_memcg ? khs_load64(p + l->memcg) : 0,
		.mapcount = khs_load32(p + l->mapcount),
		.refcount = (int32_t)khs_load32(p + l->refcount),
	};
}

enum khs_pgty khs_page_type(const struct khs_page_layout *l, uint32_t mapcount)
{
	if (mapcount < 0x80000000u || mapcount == UINT32_MAX)
		return KHS_PGTY_NONE;
	for (size_t i = 0; i < KHS_NR_PGTY; i++) {
		if (mapcount >> 24 == l->pgty[i])
			return i;
	}
	return KHS_PGTY_NONE;
}

const char *khs_pgty_name(enum khs_pgty type)
{
	return type < KHS_NR_PGTY ? page_types[type].name : "";
}

uint64_t khs_compound_head(const struct khs_page_layout *l, uint64_t address, uint64_t word)
{
	uint64_t v = word & ~1ull;

	if (v && (-v & (-v - 1)) == 0 && -v >= 2 * l->size)
		return address & v;
	return v;
}

void khs_page_flags_text(const struct khs_page_layout *l, const struct khs_facts *facts,
			 uint64_t flags, char *buf, size_t size)
{
	uint64_t left = flags & ((1ull << l->nr_pageflags) - 1);
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(page_flags) / sizeof(page_flags[0]); i++) {
		uint64_t mask = flag_mask(facts, page_flags[i].fact);

		if (!(left & mask))
			continue;
		left &= ~mask;
		at += snprintf(buf + at, size - at, "%s%s", at ? "|" : "", page_flags[i].name);
		if (at >= size)
			return;
	}
	if (left)
		snprintf(buf + at, size - at, "%s0x%llx", at ? "|" : "", (unsigned long long)left);
}
