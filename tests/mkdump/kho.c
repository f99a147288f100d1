// SPDX-License-Identifier: GPL-2.0-or-later
#include "kho.h"

#include <err.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt.h"
#include "parts.h"

/* kernel/liveupdate/kexec_handover.c, include/linux/kho/abi/kexec_handover.h; of all versions. */
#define SCRATCH "kho_scratch|kho_bootmem"
#define SCRATCH_CNT "kho_scratch_cnt|kho_bootmem_cnt"

void preserve_block(struct machine *m, uint64_t pfn, unsigned int order)
{
	blocks_add(&m->preserved, (struct block){ .pfn = pfn, .order = order });
}

/* __kho_preserve_pages_order(), 7.1 and later: no block goes beyond a node. */
static bool one_node(const struct machine *m, uint64_t pfn, unsigned int order)
{
	return !machine_setting(m, "split_at_nodes", 1) ||
	       node_of(m, pfn) == node_of(m, pfn + (1ull << order) - 1);
}

void preserve_pages(struct machine *m, uint64_t pfn, uint64_t pages)
{
	while (pages) {
		unsigned int order = 63 - __builtin_clzll(pages);

		if (pfn && (unsigned int)__builtin_ctzll(pfn) < order)
			order = __builtin_ctzll(pfn);
		while (order && !one_node(m, pfn, order))
			order--;
		preserve_block(m, pfn, order);
		pfn += 1ull << order;
		pages -= 1ull << order;
	}
}

uint64_t alloc_preserved(struct machine *m, uint64_t size)
{
	unsigned int order = 0;
	uint64_t pfn;

	while (page_size(m) << order < size)
		order++;
	pfn = heap_alloc(m, order);
	claim_folio(m, pfn, order);
	preserve_block(m, pfn, order);
	return pfn << m->page_shift;
}

/* ---- subtrees -------------------------------------------------------------------------------- */

void subtree_add(struct machine *m, const char *name, uint64_t pa, uint64_t size)
{
	struct handover *ho = m->ho;

	label(m, pa, NULL, "subtree-%s", name);
	ho->subtrees = realloc(ho->subtrees, (ho->nr_subtrees + 1) * sizeof(*ho->subtrees));
	if (!ho->subtrees)
		err(1, "subtrees");
	ho->subtrees[ho->nr_subtrees++] = (struct subtree){ name, pa, size };
}

void subtree_add_fdt(struct machine *m, const char *name, void *fdt)
{
	uint64_t pa = alloc_preserved(m, page_size(m));

	memory_write(&m->mem, pa, fdt, fdt_totalsize(fdt));
	subtree_add(m, name, pa, fdt_totalsize(fdt));
}

/* ---- root FDTs ------------------------------------------------------------------------------- */

static int put_subtree(const struct machine *m, void *fdt, const struct subtree *s)
{
	const char *style = layout_text(&m->lay, "subtree");
	int bad = fdt_begin_node(fdt, s->name);

	bad |= fdt_property(fdt, strcmp(style, "fdt") ? "preserved-data" : "fdt", &s->pa, 8);
	if (!strcmp(style, "data+size"))
		bad |= fdt_property(fdt, "blob-size", &s->size, 8);
	return bad | fdt_end_node(fdt);
}

static void write_root_fdt(struct machine *m, uint64_t pa, uint64_t map,
			   const struct subtree *subtrees, size_t n)
{
	void *fdt = fdt_open(m, layout_text(&m->lay, "abi"));
	int bad = fdt_property(fdt, "preserved-memory-map", &map, 8);
	for (size_t i = 0; i < n; i++)
		bad |= put_subtree(m, fdt, &subtrees[i]);
	fdt_close(fdt, bad, "root FDT");
	memory_write(&m->mem, pa, fdt, page_size(m));
	free(fdt);
}

/* Until 6.18 the FDT is a plain page, preserved and filled by kho_finalize() alone. */
static bool fdt_at_finalize(const struct machine *m)
{
	return has(m, "kho_out.ser.fdt");
}

static void place_out_fdt(struct machine *m)
{
	uint64_t pa;

	if (!fdt_at_finalize(m)) {
		pa = alloc_preserved(m, page_size(m));
		set(m, "kho_out.fdt", direct_va(m, pa));
	} else {
		pa = heap_alloc(m, 0) << m->page_shift;
		set(m, "kho_out.ser.fdt", page_va(m, pa >> m->page_shift));
		if (m->ho->finalized)
			preserve_block(m, pa >> m->page_shift, 0);
	}
	m->ho->out_fdt = pa;
}

/* ---- scratch --------------------------------------------------------------------------------- */

static void add_scratch(struct machine *m, uint64_t pfn, uint64_t bytes)
{
	m->scratch_bytes = realloc(m->scratch_bytes,
				   (m->scratch.n + 1) * sizeof(*m->scratch_bytes));
	if (!m->scratch_bytes)
		err(1, "scratch");
	m->scratch_bytes[m->scratch.n] = bytes;
	blocks_add(&m->scratch, (struct block){ .pfn = pfn });
}

/* One area for low memory, none for any, one a node, unless the case says where: at their ends. */
static void default_scratch(struct machine *m)
{
	uint64_t bytes = 4ull << 20, pages;

	if (bytes < page_size(m) << 10)
		bytes = page_size(m) << (layout_number(&m->lay, "NR_PAGE_ORDERS") - 1);
	if (m->page_shift > 12)
		bytes = 8ull << 20;
	pages = bytes >> m->page_shift;
	add_scratch(m, m->regions[m->nr_regions - 1].end - 3 * pages, bytes);
	add_scratch(m, 0, 0);
	for (unsigned int node = 0; node < m->nr_nodes; node++)
		for (size_t i = m->nr_regions; i--;)
			if (m->regions[i].node == node) {
				add_scratch(m, m->regions[i].end - pages, bytes);
				break;
			}
}

static void write_scratch(struct machine *m)
{
	uint64_t size = m->scratch.n * 16, pa;

	if (m->ho->boot) {
		/* A segment of the kexec image, at the start of the first area. */
		pa = m->scratch.v[0].pfn << m->page_shift;
		claim(m, m->scratch.v[0].pfn, 1, USE_RESERVED);
	} else {
		pa = boot_alloc(m, size, page_size(m));
	}
	for (size_t i = 0; i < m->scratch.n; i++) {
		memory_put(&m->mem, pa + 16 * i, m->scratch.v[i].pfn << m->page_shift, 8);
		memory_put(&m->mem, pa + 16 * i + 8, m->scratch_bytes[i], 8);
	}
	set(m, SCRATCH, direct_va(m, pa));
	set(m, SCRATCH_CNT, m->scratch.n);
	if (m->ho->boot)
		set(m, "kho_in.scratch_phys|kho_in.bootmem_phys", pa);
}

/* ---- the boot -------------------------------------------------------------------------------- */

static void mark_pending(struct machine *m, uint64_t pfn)
{
	claim(m, pfn, 1, USE_PENDING);
	blocks_add(&m->pending, (struct block){ .pfn = pfn });
}

/* The map of the kernel before is in pages that are long free, or somebody else's. */
static uint64_t stale_map(const struct machine *m)
{
	return (m->regions[m->nr_regions - 1].end - 1) << m->page_shift;
}

/* The root FDT of the kernel before, with a driver's blob that waits like what it describes. */
static void inherit(struct machine *m)
{
	struct subtree driver = { .name = DRIVER, .size = DRIVER_BLOB };
	bool owned = m->ho->driver && !fdt_at_finalize(m);

	if (owned) {
		driver.pa = heap_alloc(m, 0) << m->page_shift;
		mark_pending(m, driver.pa >> m->page_shift);
	}
	write_root_fdt(m, m->ho->in_fdt, stale_map(m), &driver, owned);
}

static void write_boot(struct machine *m)
{
	struct handover *ho = m->ho;

	if (!ho->boot)
		return;
	ho->in_fdt = heap_alloc(m, 0) << m->page_shift;
	set(m, "kho_in.fdt_phys", ho->in_fdt);
	inherit(m);
	/* 6.16 to 6.18 restored it in kho_memory_init(). */
	if (fdt_at_finalize(m))
		claim(m, ho->in_fdt >> m->page_shift, 1, USE_RESTORED);
	else
		mark_pending(m, ho->in_fdt >> m->page_shift);
	if (has(m, "kho_in.previous_release")) {
		put_text(m, place(m, "kho_in.previous_release"), ho->previous_release);
		set(m, "kho_in.kexec_count", ho->kexec_count);
	}
	if (has(m, "kho_in.radix_tree.root"))
		set(m, "kho_in.radix_tree.root", direct_va(m, stale_map(m)));
	if (has(m, "kho_in.mem_map_phys"))
		set(m, "kho_in.mem_map_phys", stale_map(m));
}

/* kho_fill_kimage(): the array of scratch areas is a segment, to be copied into the first one. */
static void write_image(struct machine *m)
{
	uint64_t pa, segment;

	if (!m->ho->image)
		return;
	pa = slab_alloc(m, layout_size(&m->lay, "kimage"), 64);
	segment = pa + layout_offset(&m->lay, "kimage", "segment");
	set_at(m, pa, "kimage", "nr_segments", 1);
	set_at(m, segment, "kexec_segment", "bufsz", m->scratch.n * 16);
	set_at(m, segment, "kexec_segment", "mem", m->scratch.v[0].pfn << m->page_shift);
	set_at(m, segment, "kexec_segment", "memsz", page_size(m));
	set_at(m, pa, "kimage", "kho.scratch", direct_va(m, segment));
	set_at(m, pa, "kimage", "kho.fdt", m->ho->out_fdt);
	set(m, "kexec_image", direct_va(m, pa));
}

void handover_write(struct machine *m)
{
	struct handover *ho = m->ho;

	if (ho->absent)
		return;
	if (ho->failed)
		set(m, SCRATCH_CNT, m->nr_nodes + 2);
	if (ho->off || ho->failed)
		return;
	set(m, "kho_enable", 1);
	if (!m->scratch.n)
		default_scratch(m);
	write_scratch(m);
	place_out_fdt(m);
	write_boot(m);
	write_image(m);
}

void handover_finish(struct machine *m)
{
	struct handover *ho = m->ho;
	bool radix;

	if (ho->absent || ho->off || ho->failed)
		return;
	if (ho->driver && (!fdt_at_finalize(m) || ho->finalized))
		subtree_add(m, DRIVER, alloc_preserved(m, DRIVER_BLOB), DRIVER_BLOB);
	owner_metadata(m);
	owner_reserve_mem_finish(m);
	luo_finish(m);
	radix = !strcmp(layout_text(&m->lay, "tracker"), "radix");
	ho->map = radix ? radix_write(m) : list_write(m);
	if (fdt_at_finalize(m) && !ho->finalized)
		return;
	write_root_fdt(m, ho->out_fdt, machine_setting(m, "map", ho->map), ho->subtrees,
		       ho->nr_subtrees);
}
