// SPDX-License-Identifier: GPL-2.0-or-later
#include "../dump/vmcoreinfo.h"
#include "facts.h"

#define DERIVED KHS_DERIVED
#define ASSUMED KHS_ASSUMED


/* struct zoneref is a pointer and an int (include/linux/mmzone.h) on every 64-bit kernel. */
#define ZONEREF_SIZE 16

static void derive(struct khs_facts *facts, enum khs_need_id id, const char *source, uint64_t value)
{
	if (!khs_known(facts, id))
		khs_fact_set(facts, id, source, khs_needs[id].name, value, 0);
}

static void head_bit(struct khs_facts *facts)
{
	uint64_t mask = khs_fact_or(facts, KHS_KEY_PG_HEAD_MASK, 0);

	if (mask && !(mask & (mask - 1)))
		derive(facts, KHS_ENUM_PG_HEAD, DERIVED, __builtin_ctzll(mask));
}

/* enum pageflags has them side by side since 2008 (include/linux/page-flags.h). */
static void reserved_bit(struct khs_facts *facts)
{
	uint64_t private = khs_fact_or(facts, KHS_ENUM_PG_PRIVATE, 0);

	if (private && private < 64)
		derive(facts, KHS_ENUM_PG_RESERVED, DERIVED, private - 1);
}

/*
 * Without types: as many page flags as there are for sure. Those beyond are no evidence then, which
 * is better than to take for flags what lies above them.
 */
static void page_flags(struct khs_facts *facts)
{
	uint64_t last = 0;

	if (!khs_known(facts, KHS_ENUM_PG_LRU) || khs_facts_tell(facts, KHS_NEED_MEMBER))
		return;
	for (enum khs_need_id id = KHS_ENUM_PG_LOCKED; id <= KHS_ENUM_PG_ARCH_3; id++) {
		uint64_t bit = khs_fact_or(facts, id, 0);

		if (bit < 48 && bit > last)
			last = bit;
	}
	derive(facts, KHS_ENUM_NR_PAGEFLAGS, ASSUMED, last + 1);
}

/*
 * struct zone has zone_start_pfn, managed_pages, spanned_pages one after the other since "mm: make
 * zone->managed_pages atomic" and before (include/linux/mmzone.h). Whether zones then lie where
 * their nodes do, nodes.c looks.
 */
static void zone_start(struct khs_facts *facts)
{
	uint64_t spanned = khs_fact_or(facts, KHS_MEM_ZONE_SPANNED_PAGES, 0);

	if (spanned >= 16 && !khs_facts_tell(facts, KHS_NEED_MEMBER))
		derive(facts, KHS_MEM_ZONE_START_PFN, ASSUMED, spanned - 16);
}

/*
 * PAGE_x_MAPCOUNT_VALUE is PGTY_x << 24 as a signed int since page types are numbers ("mm: support
 * only one page_type per page", 6.12; kernel/vmcore_info.c); before, it was a bit's complement.
 */
static void page_types(struct khs_facts *facts, const struct khs_vmcoreinfo *vmci)
{
	static const struct {
		enum khs_need_id id;
		const char *key;
	} types[] = {
		{ KHS_ENUM_PGTY_BUDDY, "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)" },
		{ KHS_ENUM_PGTY_OFFLINE, "NUMBER(PAGE_OFFLINE_MAPCOUNT_VALUE)" },
		{ KHS_ENUM_PGTY_HUGETLB, "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)" },
		{ KHS_ENUM_PGTY_SLAB, "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)" },
		{ KHS_ENUM_PGTY_UNACCEPTED, "NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)" },
	};
	int64_t value;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (!khs_vmcoreinfo_number(vmci, types[i].key, &value))
			continue;
		if (value >= INT32_MIN && value < 0 && !(value & 0xffffff))
			derive(facts, types[i].id, DERIVED, (uint32_t)value >> 24);
	}
}

/* The Z for which Z zones and the zonelists of @nodes nodes fill @space bytes; 0: there is none. */
static uint64_t zones_for(uint64_t space, uint64_t zone_size, uint64_t nodes, uint64_t lists)
{
	uint64_t terminators = lists * ZONEREF_SIZE;
	uint64_t per_zone = zone_size + lists * ZONEREF_SIZE * nodes;
	uint64_t zones;

	if (space <= terminators || (space - terminators) % per_zone)
		return 0;
	zones = (space - terminators) / per_zone;
	return zones <= 8 ? zones : 0;
}

/*
 * struct pglist_data begins with node_zones[MAX_NR_ZONES] and node_zonelists[MAX_ZONELISTS] of
 * MAX_NUMNODES * MAX_NR_ZONES + 1 zonerefs each, and then has nr_zones (include/linux/mmzone.h).
 * Two zonelists with NUMA, one without. The number of nodes is a power of two; where nobody tells
 * it, an answer counts only if no other number gives one.
 */
static void max_nr_zones(struct khs_facts *facts)
{
	uint64_t space, zone_size, nodes, zones, found = 0;

	if (!khs_known(facts, KHS_MEM_PGDAT_NR_ZONES) || !khs_known(facts, KHS_SIZE_ZONE) ||
	    khs_fact_or(facts, KHS_MEM_PGDAT_NODE_ZONES, 1))
		return;
	space = khs_fact(facts, KHS_MEM_PGDAT_NR_ZONES);
	zone_size = khs_fact(facts, KHS_SIZE_ZONE);
	nodes = khs_fact_or(facts, KHS_KEY_NODE_DATA_LENGTH, 0);
	if (nodes) {
		found = nodes <= 1024 ? zones_for(space, zone_size, nodes, 2) : 0;
	} else {
		for (nodes = 2; nodes <= 1024; nodes *= 2) {
			zones = zones_for(space, zone_size, nodes, 2);
			if (zones && found)
				return;
			found = zones ? zones : found;
		}
		zones = zones_for(space, zone_size, 1, 1);
		if (zones && found)
			return;
		found = zones ? zones : found;
	}
	if (found)
		derive(facts, KHS_ENUM_MAX_NR_ZONES, DERIVED, found);
}

/*
 * The first four bits of section_mem_map have been the same since "mm/sparsemem: introduce a
 * SECTION_IS_EARLY flag" (5.3; include/linux/mmzone.h). What is above them differs by
 * configuration, so where the bits end is not assumed.
 */
static void section_bits(struct khs_facts *facts)
{
	derive(facts, KHS_ENUM_SECTION_MARKED_PRESENT_BIT, ASSUMED, 0);
	derive(facts, KHS_ENUM_SECTION_HAS_MEM_MAP_BIT, ASSUMED, 1);
	derive(facts, KHS_ENUM_SECTION_IS_ONLINE_BIT, ASSUMED, 2);
	derive(facts, KHS_ENUM_SECTION_IS_EARLY_BIT, ASSUMED, 3);
}

/* struct zone: free_area[NR_PAGE_ORDERS] (include/linux/mmzone.h) */
static void free_lists(struct khs_facts *facts)
{
	uint64_t size = khs_fact_or(facts, KHS_SIZE_FREE_AREA, 0);
	uint64_t room = facts->v[KHS_MEM_ZONE_FREE_AREA].size;

	if (size && room && !(room % size))
		derive(facts, KHS_KEY_FREE_AREA_LENGTH, DERIVED, room / size);
}

void khs_facts_derive(struct khs_facts *facts, const struct khs_vmcoreinfo *vmci)
{
	head_bit(facts);
	reserved_bit(facts);
	page_types(facts, vmci);
	max_nr_zones(facts);
	section_bits(facts);
	free_lists(facts);
	page_flags(facts);
	zone_start(facts);
}
