// SPDX-License-Identifier: GPL-2.0-or-later
#include "parts.h"

#include <err.h>
#include <stdio.h>
#include <string.h>

/* include/linux/mmzone.h: SECTION_MARKED_PRESENT, HAS_MEM_MAP, IS_ONLINE, IS_EARLY */
enum { EARLY_SECTION = 0xf };
/* include/linux/memblock.h:enum memblock_flags */
enum { RSRV_NOINIT = 0x10, RSRV_KERN = 0x20 };

static const char *const zone_names[NR_ZONES] = { "DMA", "DMA32", "Normal" };

static uint64_t max_zones(const struct machine *m)
{
	return layout_enum_value(&m->lay, "__MAX_NR_ZONES");
}

/* ---- nodes ----------------------------------------------------------------------------------- */

struct span {
	uint64_t start, end, present, managed;
};

/* What @node has in @zone; in all zones if that is -1. */
static struct span span_of(const struct machine *m, unsigned int node, int zone)
{
	struct span s = { 0 };

	for (size_t i = 0; i < m->nr_regions; i++) {
		for (uint64_t pfn = m->regions[i].start; pfn < m->regions[i].end; pfn++) {
			if (m->regions[i].node != node ||
			    (zone >= 0 && zone_of(m, pfn) != (unsigned int)zone))
				continue;
			if (!s.present++)
				s.start = pfn;
			s.end = pfn + 1;
			s.managed += m->use[pfn] != USE_RESERVED && m->use[pfn] != USE_PENDING;
		}
	}
	return s;
}

static uint64_t zone_pa(const struct machine *m, unsigned int node, unsigned int zone)
{
	char path[32];

	snprintf(path, sizeof(path), "node_zones[%u]", zone);
	return m->pgdat_pa[node] + layout_offset(&m->lay, "pglist_data", path);
}

static void write_free_areas(struct machine *m, uint64_t zone)
{
	uint64_t orders = layout_number(&m->lay, "NR_PAGE_ORDERS");
	uint64_t area = zone + layout_offset(&m->lay, "zone", "free_area");
	uint64_t step = layout_size(&m->lay, "list_head");
	uint64_t lists = layout_offset(&m->lay, "free_area", "nr_free") / step;

	for (uint64_t order = 0; order < orders; order++)
		for (uint64_t i = 0; i < lists; i++)
			list_init(m, area + order * layout_size(&m->lay, "free_area") + i * step);
}

static void write_zone(struct machine *m, unsigned int node, unsigned int zone)
{
	struct span s = span_of(m, node, zone);
	uint64_t pa = zone_pa(m, node, zone), name;

	name = image_alloc(m, 16, 8);
	put_text(m, name, zone_names[zone]);
	set_at(m, pa, "zone", "name", va_of(m, name));
	set_at(m, pa, "zone", "zone_pgdat", direct_va(m, m->pgdat_pa[node]));
	set_at(m, pa, "zone", "node", node);
	write_free_areas(m, pa);
	if (!s.present)
		return;
	set_at(m, pa, "zone", "zone_start_pfn", s.start);
	set_at(m, pa, "zone", "spanned_pages", s.end - s.start);
	set_at(m, pa, "zone", "present_pages", s.present);
	set_at(m, pa, "zone", "managed_pages", s.managed);
}

static void write_node(struct machine *m, unsigned int node)
{
	struct span s = span_of(m, node, -1);
	uint64_t pa = m->pgdat_pa[node];
	char path[32];

	for (unsigned int zone = 0; zone < NR_ZONES; zone++)
		write_zone(m, node, zone);
	set_at(m, pa, "pglist_data", "nr_zones", NR_ZONES);
	set_at(m, pa, "pglist_data", "node_start_pfn", s.start);
	set_at(m, pa, "pglist_data", "node_present_pages", s.present);
	set_at(m, pa, "pglist_data", "node_spanned_pages", s.end - s.start);
	set_at(m, pa, "pglist_data", "node_id", node);
	set_at(m, pa, "pglist_data", "first_deferred_pfn", UINT64_MAX);
	snprintf(path, sizeof(path), "node_data[%u]", node);
	set(m, path, direct_va(m, pa));
}

/* node_states[N_ONLINE] is node_online_map. */
static void write_online(struct machine *m)
{
	set(m, "node_states[1].bits", (1ull << m->nr_nodes) - 1);
}

/* ---- sections -------------------------------------------------------------------------------- */

static bool section_has_ram(const struct machine *m, uint64_t start)
{
	for (uint64_t pfn = start; pfn < start + section_pages(m); pfn++)
		if (m->use[pfn] != USE_HOLE)
			return true;
	return false;
}

/* mm/sparse.c with SPARSEMEM_EXTREME: roots of a page each. */
static void write_sections(struct machine *m)
{
	uint64_t size = layout_size(&m->lay, "mem_section"), per_root = page_size(m) / size;
	uint64_t roots = layout_number(&m->lay, "SECTION_ROOTS"), array, usage;

	array = boot_alloc(m, roots * 8, 64);
	usage = boot_alloc(m, 64, 64);
	m->sections_va = direct_va(m, array);
	set(m, "mem_section", m->sections_va);
	for (uint64_t pfn = m->memmap_first; pfn < m->memmap_end; pfn += section_pages(m)) {
		uint64_t nr = pfn / section_pages(m), slot = array + nr / per_root * 8, root, at_nr;

		if (!memory_get(&m->mem, slot, 8))
			memory_put(&m->mem, slot,
				   direct_va(m, boot_alloc(m, page_size(m), page_size(m))), 8);
		root = memory_get(&m->mem, slot, 8) - direct_base(m);
		at_nr = root + nr % per_root * size;
		if (!section_has_ram(m, pfn))
			continue;
		set_at(m, at_nr, "mem_section", "section_mem_map", m->vmemmap | EARLY_SECTION);
		set_at(m, at_nr, "mem_section", "usage", direct_va(m, usage));
	}
}

void nodes_place(struct machine *m)
{
	uint64_t size = layout_size(&m->lay, "pglist_data");

	write_sections(m);
	for (unsigned int node = 0; node < m->nr_nodes; node++)
		m->pgdat_pa[node] = boot_alloc(m, size, 64);
}

/* ---- memblock -------------------------------------------------------------------------------- */

struct regions {
	const char *type, *array; /* "memory", "memblock_memory_init_regions" */
	uint64_t n, total;
};

static void add_region(struct machine *m, struct regions *r, uint64_t start, uint64_t end,
		       uint32_t flags, unsigned int node)
{
	uint64_t size = layout_size(&m->lay, "memblock_region"), room, pa;

	find_place(m, r->array, &pa, &room);
	if ((r->n + 1) * size > room)
		errx(2, "too many regions in %s", r->array);
	pa += r->n++ * size;
	set_at(m, pa, "memblock_region", "base", start << m->page_shift);
	set_at(m, pa, "memblock_region", "size", (end - start) << m->page_shift);
	set_at(m, pa, "memblock_region", "flags", flags);
	set_at(m, pa, "memblock_region", "nid", node);
	r->total += (end - start) << m->page_shift;
}

static void close_regions(struct machine *m, const struct regions *r)
{
	uint64_t pa = place(m, "memblock") + layout_offset(&m->lay, "memblock", r->type);
	uint64_t room, at_array;

	find_place(m, r->array, &at_array, &room);
	set_at(m, pa, "memblock_type", "cnt", r->n);
	set_at(m, pa, "memblock_type", "max", room / layout_size(&m->lay, "memblock_region"));
	set_at(m, pa, "memblock_type", "total_size", r->total);
	set_at(m, pa, "memblock_type", "regions", place_va(m, r->array));
}

/* memblock flags of what a page is used for; -1: not reserved. */
static int reserved_flags(const struct machine *m, uint64_t pfn)
{
	switch (m->use[pfn]) {
	case USE_RESERVED: return RSRV_KERN;
	case USE_PENDING:
	case USE_RESTORED: return RSRV_NOINIT;
	default: return -1;
	}
}

static void write_memblock(struct machine *m)
{
	struct regions memory = { "memory", "memblock_memory_init_regions", 0, 0 };
	struct regions reserved = { "reserved", "memblock_reserved_init_regions", 0, 0 };
	uint64_t pfn = 0, start;

	for (size_t i = 0; i < m->nr_regions; i++)
		add_region(m, &memory, m->regions[i].start, m->regions[i].end, 0,
			   m->regions[i].node);
	close_regions(m, &memory);
	while (pfn < m->memmap_end) {
		int flags = reserved_flags(m, pfn);

		for (start = pfn++; pfn < m->memmap_end && reserved_flags(m, pfn) == flags;)
			pfn++;
		if (flags >= 0)
			add_region(m, &reserved, start, pfn, flags, node_of(m, start));
	}
	close_regions(m, &reserved);
	set(m, "memblock_memory",
	    place_va(m, "memblock") + layout_offset(&m->lay, "memblock", "memory"));
}

static void write_numa_meminfo(struct machine *m)
{
	char path[64];

	set(m, "numa_meminfo.nr_blks", m->nr_regions);
	for (size_t i = 0; i < m->nr_regions; i++) {
		snprintf(path, sizeof(path), "numa_meminfo.blk[%zu].start", i);
		set(m, path, m->regions[i].start << m->page_shift);
		snprintf(path, sizeof(path), "numa_meminfo.blk[%zu].end", i);
		set(m, path, m->regions[i].end << m->page_shift);
		snprintf(path, sizeof(path), "numa_meminfo.blk[%zu].nid", i);
		set(m, path, m->regions[i].node);
	}
}

void nodes_write(struct machine *m)
{
	if (max_zones(m) < NR_ZONES)
		errx(2, "a kernel of less than %u zones", NR_ZONES);
	for (unsigned int node = 0; node < m->nr_nodes; node++)
		write_node(m, node);
	write_online(m);
	write_memblock(m);
	write_numa_meminfo(m);
}
