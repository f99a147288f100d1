// SPDX-License-Identifier: GPL-2.0-or-later
#include "parts.h"

#include <err.h>
#include <string.h>

/* arch/x86/include/asm/page_64_types.h:__START_KERNEL_map; the image is linked 16 MiB above. */
#define X86_IMAGE 0xffffffff81000000ull
/* arch/x86/include/asm/{page,pgtable}_64_types.h: __PAGE_OFFSET_BASE_Lx, __VMEMMAP_BASE_Lx */
#define X86_DIRECT_L4 0xffff888000000000ull
#define X86_DIRECT_L5 0xff11000000000000ull
#define X86_VMEMMAP_L4 0xffffea0000000000ull
#define X86_VMEMMAP_L5 0xffd4000000000000ull
#define X86_VMALLOC_L4 0xffffc90000000000ull
#define X86_VMALLOC_L5 0xffa0000000000000ull
/* PRESENT, RW, ACCESSED, DIRTY, GLOBAL; PSE of a large page */
#define X86_TABLE 0x063ull
#define X86_LEAF 0x163ull
#define X86_PSE 0x080ull

/* arch/arm64/include/asm/memory.h: KIMAGE_VADDR, VMEMMAP_START as of a 48-bit kernel */
#define ARM64_IMAGE 0xffff800080000000ull
#define ARM64_VMEMMAP 0xfffffdffc0000000ull
#define ARM64_VMALLOC 0xffff900000000000ull
/* ARM64_MEMSTART_ALIGN with 4K pages; a multiple of that of the others */
#define ARM64_MEMSTART_ALIGN (1ull << 30)
/* pgtable-hwdef.h: valid, table or page; access flag, inner shareable, normal memory */
#define ARM64_TABLE 3ull
#define ARM64_PAGE 0x703ull
#define ARM64_BLOCK 0x701ull

static const struct arch archs[] = {
	{ .name = "x86_64" },
	{ .name = "aarch64", .aarch64 = true, .default_ram = 1ull << 30 },
};

const struct arch *arch_find(const char *name)
{
	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (!strcmp(archs[i].name, name))
			return &archs[i];
	return NULL;
}

static bool five_levels(const struct machine *m)
{
	return !m->arch->aarch64 && machine_setting(m, "levels", 4) == 5;
}

static uint64_t memstart(const struct machine *m)
{
	return m->ram_start & ~(ARM64_MEMSTART_ALIGN - 1);
}

uint64_t direct_base(const struct machine *m)
{
	if (!m->arch->aarch64)
		return five_levels(m) ? X86_DIRECT_L5 : X86_DIRECT_L4;
	return -(1ull << machine_setting(m, "VA_BITS", 48)) - memstart(m);
}

void addresses_choose(struct machine *m)
{
	uint64_t slide = machine_setting(m, "kaslr", 0), page = layout_size(&m->lay, "page");

	m->image_va = (m->arch->aarch64 ? ARM64_IMAGE : X86_IMAGE) + slide;
	m->vmemmap = m->arch->aarch64 ?
		     ARM64_VMEMMAP - (memstart(m) >> m->page_shift) * page :
		     five_levels(m) ? X86_VMEMMAP_L5 : X86_VMEMMAP_L4;
	m->vmalloc_next = m->arch->aarch64 ? ARM64_VMALLOC :
			  five_levels(m) ? X86_VMALLOC_L5 : X86_VMALLOC_L4;
}

/* ---- tables ---------------------------------------------------------------------------------- */

struct shape {
	unsigned int levels, bits, root_bits, max_leaf;
};

static struct shape shape_of(const struct machine *m)
{
	unsigned int bits = m->page_shift - 3, va = machine_setting(m, "VA_BITS", 48);
	struct shape s = { .bits = bits, .max_leaf = m->page_shift == 12 ? 2 : 1 };

	if (!m->arch->aarch64) {
		s.levels = five_levels(m) ? 5 : 4;
		s.root_bits = 9;
		return s;
	}
	s.levels = (va - 4) / bits;
	s.root_bits = va - m->page_shift - (s.levels - 1) * bits;
	return s;
}

static uint64_t entry(const struct machine *m, uint64_t pa, bool leaf, unsigned int level)
{
	if (m->arch->aarch64)
		return pa | (!leaf ? ARM64_TABLE : level ? ARM64_BLOCK : ARM64_PAGE);
	return pa | (!leaf ? X86_TABLE : level ? X86_LEAF | X86_PSE : X86_LEAF);
}

static uint64_t table_alloc(struct machine *m)
{
	return image_alloc(m, page_size(m), page_size(m));
}

/* The table below @table for @va, made if there is none. */
static uint64_t descend(struct machine *m, uint64_t table, uint64_t index)
{
	uint64_t next = memory_get(&m->mem, table + 8 * index, 8);

	if (next)
		return next & ((1ull << 48) - 1) & -page_size(m);
	next = table_alloc(m);
	memory_put(&m->mem, table + 8 * index, entry(m, next, false, 1), 8);
	return next;
}

/* One leaf at @va, as large as the rest of @len allows; returns its size. */
static uint64_t map_one(struct machine *m, const struct shape *s, uint64_t va, uint64_t pa,
			uint64_t len)
{
	uint64_t table = m->page_root;

	for (unsigned int level = s->levels; level--;) {
		unsigned int shift = m->page_shift + level * s->bits;
		unsigned int width = level == s->levels - 1 ? s->root_bits : s->bits;
		uint64_t index = va >> shift & ((1ull << width) - 1), size = 1ull << shift;

		if (level && (level > s->max_leaf || (va | pa) & (size - 1) || len < size)) {
			table = descend(m, table, index);
			continue;
		}
		memory_put(&m->mem, table + 8 * index, entry(m, pa, true, level), 8);
		return size;
	}
	errx(2, "no level maps %#llx", (unsigned long long)va);
}

static void map(struct machine *m, const struct shape *s, uint64_t va, uint64_t pa, uint64_t len)
{
	while (len) {
		uint64_t size = map_one(m, s, va, pa, len);

		va += size;
		pa += size;
		len -= size < len ? size : len;
	}
}

void pagetable_write(struct machine *m)
{
	struct shape s = shape_of(m);
	uint64_t size = layout_size(&m->lay, "page");

	m->page_root = table_alloc(m);
	map(m, &s, m->image_va, image_pa(m), IMAGE_SIZE);
	for (size_t i = 0; i < m->nr_regions; i++) {
		uint64_t pa = m->regions[i].start << m->page_shift;

		map(m, &s, direct_va(m, pa), pa,
		    (m->regions[i].end - m->regions[i].start) << m->page_shift);
	}
	map(m, &s, page_va(m, m->memmap_first), m->memmap_pa,
	    (m->memmap_end - m->memmap_first) * size);
	if (m->arch->aarch64) {
		set(m, "memstart_addr", memstart(m));
	} else {
		set(m, "vmemmap_base", m->vmemmap);
		set(m, "page_offset_base", direct_base(m));
		set(m, "phys_base", image_pa(m) - (m->image_va - (X86_IMAGE - IMAGE_OFFSET)));
	}
}

uint64_t vmalloc_map(struct machine *m, const uint64_t *pfns, size_t groups, unsigned int order)
{
	uint64_t va = m->vmalloc_next;
	struct shape s = shape_of(m);

	/* vmalloc() maps by the page here, and leaves a guard page behind. */
	s.max_leaf = 0;
	for (size_t i = 0; i < groups; i++, m->vmalloc_next += page_size(m) << order)
		map(m, &s, m->vmalloc_next, pfns[i] << m->page_shift, page_size(m) << order);
	m->vmalloc_next += page_size(m);
	return va;
}
