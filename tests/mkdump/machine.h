/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dead machine while it is being made: its memory, what each page is used for, and its kernel's
 * types and variables. The other files each write one part of it; a case's lines say which
 * (statements.c).
 *
 * From the first byte of RAM on: 16 MiB free, the kernel image (4 MiB), what the kernel took from
 * memblock (memory map, nodes, sections), and up to 64 MiB what it allocated later. The rest is the
 * case's to place things in.
 */
#ifndef MKDUMP_MACHINE_H
#define MKDUMP_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dumpfile.h"
#include "layout.h"
#include "memory.h"

#define IMAGE_OFFSET (16ull << 20)
#define IMAGE_SIZE (4ull << 20)
#define MAX_NODES 64

/* What a page is used for, and so how its struct page looks. */
enum use {
	USE_HOLE,      /* no RAM */
	USE_FREE,
	USE_RESERVED,  /* the image, and memblock's allocations */
	USE_KERNEL,    /* from alloc_page() */
	USE_PENDING,   /* handed over, not restored */
	USE_RESTORED,  /* handed over and restored: a plain page again */
	USE_HEAD,      /* of a folio; its order is in orders[] */
	USE_TAIL,
};

enum { ZONE_DMA, ZONE_DMA32, ZONE_NORMAL, NR_ZONES };

struct region {
	uint64_t start, end; /* pfns */
	unsigned int node;
};

struct block {
	uint64_t pfn;
	unsigned int order;
	bool late; /* preserved after finalize (kho-v1) */
};

struct blocks {
	struct block *v;
	size_t n;
};

struct label {
	char name[96];
	const char *type;
	uint64_t pa;
};

struct arch;
struct handover;

struct machine {
	const struct arch *arch;
	struct layout lay;
	struct memory mem;
	unsigned int page_shift;

	struct region *regions; /* RAM, sorted */
	size_t nr_regions;
	unsigned int nr_nodes;  /* one beyond the highest */
	uint8_t *use;           /* enum use of each page */
	uint8_t *orders;        /* of a USE_HEAD; of a tail that of its folio */

	uint64_t ram_start;     /* physical */
	uint64_t image_va;      /* of its first byte, which is at ram_start + IMAGE_OFFSET */
	uint64_t image_next;    /* physical; free bytes of the image begin here */
	uint64_t boot_next;     /* physical; memblock allocations */
	uint64_t slab_next, slab_end; /* physical */
	uint64_t heap_next;     /* pfn from which to look for free pages */
	uint64_t page_root;     /* physical address of the top page table */
	uint64_t vmalloc_next;
	uint64_t vmemmap;       /* address of the struct page of pfn 0 */
	uint64_t memmap_pa;     /* of the struct page of memmap_first */
	uint64_t memmap_first, memmap_end;
	uint64_t pgdat_pa[MAX_NODES];
	uint64_t sections_va;   /* mem_section, the array it points at */
	uint64_t kallsyms[5];   /* addresses, in the order of VMCOREINFO's keys */
	uint64_t kallsyms_base_va; /* 0: offsets are relative to themselves */

	struct blocks scratch;   /* order unused: see scratch_bytes */
	uint64_t *scratch_bytes;
	struct blocks preserved; /* outgoing */
	struct blocks pending;   /* incoming */

	struct handover *ho;     /* kho.h */
	struct label *labels;
	size_t nr_labels;

	bool no_kallsyms, no_btf, no_vmcoreinfo;
	char *vmcoreinfo;
	size_t vmcoreinfo_len;
	uint64_t cr3[8];        /* of processors */
	size_t nr_cr3;
	struct dump_style style;
	unsigned int parts; /* files the dump is split into; 0: one whole dump */
};

/* A machine's processor; pagetable.c. */
struct arch {
	const char *name;
	bool aarch64;
	uint64_t default_ram; /* where memory begins */
};

const struct arch *arch_find(const char *name);

/* ---- settings and addresses ------------------------------------------------------------------ */

/* Number of a setting, or @other. */
uint64_t machine_setting(const struct machine *m, const char *key, uint64_t other);

static inline uint64_t page_size(const struct machine *m)
{
	return 1ull << m->page_shift;
}

uint64_t image_pa(const struct machine *m);
/* Address in the direct map, and back. */
uint64_t direct_va(const struct machine *m, uint64_t pa);
uint64_t direct_base(const struct machine *m);
/*
 * The address the kernel has of something at @pa: in the image, in the memory map, or else in the
 * direct map; and back.
 */
uint64_t va_of(const struct machine *m, uint64_t pa);
uint64_t pa_of(const struct machine *m, uint64_t va);
uint64_t page_va(const struct machine *m, uint64_t pfn);
uint64_t page_pa(const struct machine *m, uint64_t pfn);
uint64_t section_pages(const struct machine *m);

/* The node of a pfn of RAM; of one in a hole that of a neighbour. */
unsigned int node_of(const struct machine *m, uint64_t pfn);
unsigned int zone_of(const struct machine *m, uint64_t pfn);
uint64_t zone_end_pfn(const struct machine *m, unsigned int zone);

/* ---- memory ---------------------------------------------------------------------------------- */

/* Regions are known: memory comes to be. */
void machine_power_on(struct machine *m);

/* Physical addresses. Image and boot memory is for the kernel's whole life, pages can be listed. */
uint64_t image_alloc(struct machine *m, uint64_t size, uint64_t align);
uint64_t boot_alloc(struct machine *m, uint64_t size, uint64_t align);
uint64_t slab_alloc(struct machine *m, uint64_t size, uint64_t align);
/* A pfn; pages of 2^order, used as USE_KERNEL. */
uint64_t heap_alloc(struct machine *m, unsigned int order);
/* The pages become @use, those that are RAM. */
void claim(struct machine *m, uint64_t pfn, uint64_t pages, enum use use);
/* A compound page. */
void claim_folio(struct machine *m, uint64_t pfn, unsigned int order);

/*
 * Names for what was made on the way, so that a case can lie about it: "memfd-0", of a structure,
 * or of none if @type is NULL.
 */
__attribute__((format(printf, 4, 5)))
void label(struct machine *m, uint64_t pa, const char *type, const char *fmt, ...);
const struct label *find_label(const struct machine *m, const char *name, size_t len);

void blocks_add(struct blocks *blocks, struct block block);

/* ---- variables and structures ---------------------------------------------------------------- */

/* Places all variables in the image. */
void variables_place(struct machine *m);

/*
 * "VARIABLE", "VARIABLE.member.path", "VARIABLE[2].member": where it is. place() wants it to be
 * there. Names may be alternatives: "kho_scratch|kho_bootmem".
 */
bool find_place(const struct machine *m, const char *path, uint64_t *pa, uint64_t *size);
uint64_t place(const struct machine *m, const char *path);
bool has(const struct machine *m, const char *path);
uint64_t place_va(const struct machine *m, const char *path);
void set(struct machine *m, const char *path, uint64_t value);
/* The same of a structure at @pa. */
void set_at(struct machine *m, uint64_t pa, const char *type, const char *path, uint64_t value);
uint64_t at(const struct machine *m, uint64_t pa, const char *type, const char *path);
void put_text(struct machine *m, uint64_t pa, const char *text);

/* An empty list, and a new last element; both are struct list_head. */
void list_init(struct machine *m, uint64_t head_pa);
void list_append(struct machine *m, uint64_t head_pa, uint64_t pa);

#endif
