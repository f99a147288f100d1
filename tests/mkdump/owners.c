// SPDX-License-Identifier: GPL-2.0-or-later
/* Who preserves memory without LUO: mm/memblock.c, lib/test_kho.c, kexec_handover.c itself. */
#include "kho.h"

#include <err.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt.h"

/* "subtree NAME SIZE [unpreserved]": a blob that nobody here knows the inside of. */
void owner_subtree(struct machine *m, const struct line *line)
{
	uint64_t size = line_number(line, line_word(line, 2));
	uint64_t pa = line_has(line, "unpreserved") ? heap_alloc(m, 0) << m->page_shift :
						      alloc_preserved(m, size);

	for (uint64_t i = 0; i + 8 <= size; i += 8)
		memory_put(&m->mem, pa + i, 0x626f6c62 + i, 8);
	subtree_add(m, line_word(line, 1), pa, size);
}

/* "vmalloc NAME GROUPS [order N]": a preserved vmalloc area; its descriptor is the blob. */
void owner_vmalloc(struct machine *m, const struct line *line)
{
	uint64_t groups = line_number(line, line_word(line, 2)), pa = alloc_preserved(m, 16);
	unsigned int order = line_number_option(line, 3, "order", 0);
	uint64_t *pfns = calloc(groups + 1, sizeof(*pfns));

	if (!pfns)
		err(1, "vmalloc");
	for (uint64_t i = 0; i < groups; i++)
		pfns[i] = heap_alloc(m, order);
	vmalloc_preserve(m, pfns, groups, order, pa);
	subtree_add(m, line_word(line, 1), pa, 16);
	label(m, pa, "kho_vmalloc", "vmalloc-%s", line_word(line, 1));
	free(pfns);
}

/* kexec_handover.c:kho_out_kexec_metadata() of struct kho_kexec_metadata: packed. */
void owner_metadata(struct machine *m)
{
	uint64_t pa;

	if (!machine_setting(m, "metadata", 0))
		return;
	pa = alloc_preserved(m, 4 + 65 + 4);
	memory_put(&m->mem, pa, 1, 4);
	put_text(m, pa + 4, layout_text(&m->lay, "release"));
	memory_put(&m->mem, pa + 4 + 65, m->ho->kexec_count + 1, 4);
	subtree_add(m, "kexec-metadata", pa, 4 + 65 + 4);
}

/* ---- reserve_mem ----------------------------------------------------------------------------- */

/* "reserve_mem NAME START+SIZE" */
void owner_reserve_mem(struct machine *m, const struct line *line)
{
	struct handover *ho = m->ho;
	struct reserve_mem r = { .name = line_word(line, 1) };
	char path[64];

	line_range(line, line_word(line, 2), &r.start, &r.size);
	r.size -= r.start;
	claim(m, r.start >> m->page_shift, r.size >> m->page_shift, USE_RESERVED);
	snprintf(path, sizeof(path), "reserved_mem_table[%zu].name", ho->nr_reserved);
	put_text(m, place(m, path), r.name);
	snprintf(path, sizeof(path), "reserved_mem_table[%zu].start", ho->nr_reserved);
	set(m, path, r.start);
	snprintf(path, sizeof(path), "reserved_mem_table[%zu].size", ho->nr_reserved);
	set(m, path, r.size);
	ho->reserved = realloc(ho->reserved, (ho->nr_reserved + 1) * sizeof(*ho->reserved));
	if (!ho->reserved)
		err(1, "reserve_mem");
	ho->reserved[ho->nr_reserved++] = r;
	set(m, "reserved_mem_count", ho->nr_reserved);
}

static int put_reserve_mem(void *fdt, const struct reserve_mem *r)
{
	int bad = fdt_begin_node(fdt, r->name);

	bad |= fdt_property_string(fdt, "compatible", "reserve-mem-v1");
	bad |= fdt_property(fdt, "start", &r->start, 8);
	bad |= fdt_property(fdt, "size", &r->size, 8);
	return bad | fdt_end_node(fdt);
}

/* mm/memblock.c:prepare_kho_fdt(); until 6.18 by a notifier of kho_finalize(). */
void owner_reserve_mem_finish(struct machine *m)
{
	const struct handover *ho = m->ho;
	void *fdt;
	int bad = 0;

	if (!ho->nr_reserved || (has(m, "kho_out.ser.fdt") && !ho->finalized))
		return;
	fdt = fdt_open(m, "memblock-v1");
	for (size_t i = 0; i < ho->nr_reserved; i++)
		bad |= put_reserve_mem(fdt, &ho->reserved[i]);
	fdt_close(fdt, bad, "memblock FDT");
	subtree_add_fdt(m, "memblock", fdt);
	for (size_t i = 0; i < ho->nr_reserved; i++)
		preserve_pages(m, ho->reserved[i].start >> m->page_shift,
			       ho->reserved[i].size >> m->page_shift);
	free(fdt);
}

/* ---- kho_test -------------------------------------------------------------------------------- */

/* The array of what is preserved: physical addresses, the order in their low bits; vmalloc()ed. */
static void store_info(struct machine *m, const uint64_t *info, size_t n, uint8_t descriptor[16])
{
	uint64_t per_page = page_size(m) / 8, scratch = slab_alloc(m, 16, 16);
	size_t pages = (n + per_page - 1) / per_page;
	uint64_t *pfns = calloc(pages, sizeof(*pfns));

	if (!pfns)
		err(1, "kho_test");
	for (size_t i = 0; i < pages; i++)
		pfns[i] = heap_alloc(m, 0);
	for (size_t i = 0; i < n; i++)
		memory_put(&m->mem, (pfns[i / per_page] << m->page_shift) + i % per_page * 8,
			   info[i], 8);
	vmalloc_preserve(m, pfns, pages, 0, scratch);
	memory_read(&m->mem, scratch, descriptor, 16);
	free(pfns);
}

/* "kho_test FOLIOS order N": lib/test_kho.c. 6.16 and 6.17 have the array in the FDT itself. */
void owner_kho_test(struct machine *m, const struct line *line)
{
	uint32_t nr = line_number(line, line_word(line, 1)), magic = 0x4b484f21, csum = 0;
	unsigned int order = line_number_option(line, 2, "order", 0);
	uint64_t *info = calloc(nr + 1, sizeof(*info));
	void *fdt = fdt_open(m, "kho-test-v1");
	bool inlined = !machine_setting(m, "vmalloc", 0);
	uint8_t descriptor[16];
	int bad;

	if (!info)
		err(1, "kho_test");
	for (uint32_t i = 0; i < nr; i++) {
		uint64_t pfn = heap_alloc(m, order);

		claim_folio(m, pfn, order);
		preserve_block(m, pfn, order);
		info[i] = pfn << m->page_shift | order;
	}
	if (!inlined)
		store_info(m, info, nr, descriptor);
	bad = fdt_property(fdt, "magic", &magic, 4);
	bad |= fdt_begin_node(fdt, "data");
	bad |= fdt_property(fdt, "nr_folios", &nr, 4);
	bad |= inlined ? fdt_property(fdt, "folios_info", info, nr * 8) :
			 fdt_property(fdt, "folios_info", descriptor, 16);
	bad |= fdt_property(fdt, "csum", &csum, 4);
	bad |= fdt_end_node(fdt);
	fdt_close(fdt, bad, "kho_test FDT");
	subtree_add_fdt(m, "kho_test", fdt);
	free(fdt);
	free(info);
}
