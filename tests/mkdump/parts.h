/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a machine, in the order they are made. Each writes bytes into the machine's memory
 * from its description and the kernel's layout, and reads nothing that a later one writes.
 */
#ifndef MKDUMP_PARTS_H
#define MKDUMP_PARTS_H

#include "machine.h"

/*
 * pagetable.c: where the image, the direct map and the memory map are seen; then the tables.
 * vmalloc_map() shows pages of 2^@order each, one behind the other, and returns where.
 */
void addresses_choose(struct machine *m);
void pagetable_write(struct machine *m);
uint64_t vmalloc_map(struct machine *m, const uint64_t *pfns, size_t groups, unsigned int order);

/*
 * nodes.c: mem_section, and room for the nodes; then pglist_data, zones, memblock, numa_meminfo,
 * by what all pages are used for in the end.
 */
void nodes_place(struct machine *m);
void nodes_write(struct machine *m);

/* memmap.c: the struct pages; free lists. */
void memmap_place(struct machine *m);
void memmap_write(struct machine *m);

/* kallsyms.c, btf.c, vmcoreinfo.c: what the kernel says of itself. */
void kallsyms_write(struct machine *m);
void btf_write(struct machine *m);
void vmcoreinfo_make(struct machine *m);

#endif
