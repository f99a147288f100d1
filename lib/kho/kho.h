/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handover's own structures, read once: kho_out, kho_in, scratch areas, the outgoing map. It
 * judges no struct page and emits no finding; what was wrong with the map is kept as problems for
 * the checks. The incoming map is never walked: its pages were free from the end of boot on
 * (mm/memblock.c:memblock_free_all()).
 */
#ifndef KHS_KHO_KHO_H
#define KHS_KHO_KHO_H

#include "../base/extents.h"
#include "../facts/kernel.h"
#include "runs.h"

/* Why a node of the outgoing map was not followed, or not trusted. */
enum khs_map_problem_kind {
	KHS_MAP_MISALIGNED, /* pointer not page aligned */
	KHS_MAP_NOT_RAM,    /* pointer outside any memory of the machine */
	KHS_MAP_SEEN_TWICE, /* the node was visited before: a cycle or two parents */
	KHS_MAP_BAD_INDEX,  /* an entry at an index, or a leaf bit, that no key can have */
	KHS_MAP_NO_PART,    /* what the entry points at is no such part of a map */
	KHS_MAP_FREE,       /* the node's page is free memory (set by the checks) */
	KHS_MAP_ABSENT,     /* excluded from the dump, or lost: no damage of the kernel */
};

/* What of a map a problem is about, or a page of it is. */
enum khs_map_part {
	KHS_MAP_TREE,   /* a node of the radix tree */
	KHS_MAP_ORDERS, /* kho_mem_track.orders: an xarray of one entry an order */
	KHS_MAP_SPANS,  /* kho_mem_phys.phys_bits of one order: an xarray of bitmaps */
	KHS_MAP_BITMAP, /* struct kho_mem_phys_bits */
	KHS_MAP_CHUNK,  /* struct khoser_mem_chunk, of the list for the next kernel */
};

/*
 * About an entry, and those next to it in the same node that have the same problem. With @whole
 * (BAD_INDEX only) about all of a node: it holds bits or entries no node holds, is no page of the
 * map, and nothing in it was believed. radix.h says when.
 */
struct khs_map_problem {
	enum khs_map_problem_kind kind;
	enum khs_map_part part;     /* that holds the entry, or with @whole is no such thing */
	enum khs_presence presence; /* of an absent node; else KHS_PRESENT */
	bool whole;
	/* Physical address the entry points at, 0 if it is unknown; BAD_INDEX: the node's own. */
	uint64_t node;
	uint64_t parent;    /* physical address of the node that holds the entry; 0 for the root */
	uint64_t entry;     /* the entry as it is, the first of them if more */
	unsigned int level; /* of the node that holds the entry, or with @whole of @node; leaf: 0 */
	uint64_t index;     /* of the entry; with @whole: of the first bad entry or bit */
	uint64_t count;     /* adjacent bad entries; with @whole: all bad entries or bits */
};

/* A page of the map itself. One that is absent counts, by the word of the entry that names it. */
struct khs_map_node {
	uint64_t pfn;
	enum khs_map_part part;
	unsigned int level;
};

struct khs_scratch_area {
	uint64_t start, end; /* pfns, end rounded up */
	uint64_t phys, size; /* as the kernel has it */
};

/* What keeps track of the preserved pages. */
enum khs_tracker {
	KHS_TRACKER_UNKNOWN,
	KHS_TRACKER_BITMAPS, /* lists of bitmaps, Linux 6.16 to 7.0 */
	KHS_TRACKER_RADIX,   /* a radix tree, since 7.1 */
};

struct khs_kho {
	enum khs_kho_state state;
	enum khs_tracker tracker; /* of the dumped kernel, by its types */
	char why[256];      /* a sentence, for every state but KHS_KHO_ON */
	bool enabled;
	bool enabled_known;
	bool before_init;   /* kho_init() had not run: nothing is preserved, no ABI is named */
	char abi[64];       /* of the outgoing root FDT, else of the incoming; "" unknown */
	char abi_in[64];    /* of the incoming root FDT, if its page is still what it was */
	bool mute; /* nobody but VMCOREINFO told anything of this kernel */
	/*
	 * No union kho_page_info in this kernel, though its other types of KHO are known: it marks
	 * what it was handed with a bare order in page->private (Linux 6.16 and 6.17), which any
	 * page may hold.
	 */
	bool marks_bare;
	bool handover_boot;
	bool handover_failed;
	bool handover_known; /* kho_in was readable */
	char previous_release[66];
	int64_t kexec_count; /* -1 unknown */
	uint64_t in_fdt_phys;
	uint64_t out_fdt_phys;
	int finalized; /* the map was serialized for the next kernel; -1: no such step, unknown */
	char out_fdt_damage[128]; /* what is wrong with the outgoing root FDT; "" nothing */
	bool kimage_known;   /* kexec_image, and what it points at, were readable */
	bool kimage_loaded;  /* an image for kexec (not for a crash) was loaded */
	/*
	 * kexec_image->kho.fdt; 0 without an image, or with one that kexec_load() loaded: only
	 * kernel/kexec_file.c calls kho_fill_kimage().
	 */
	uint64_t kimage_fdt;
	bool kimage_scratch_known; /* whether it has a segment for the scratch areas was readable */
	bool kimage_has_scratch;
	bool kimage_array_known;   /* the segment was readable; it is to hold the array: */
	uint64_t kimage_scratch;   /* at this physical address */
	uint64_t kimage_scratch_bytes;

	struct khs_scratch_area *scratch;
	size_t nr_scratch, cap_scratch;
	bool scratch_known;  /* all areas were read, and make sense */
	uint64_t scratch_entry; /* bytes of one in the kernel's array; 0 if it was not read */
	struct khs_extents scratch_pfns; /* the same, merged, without the empty ones */

	bool out_known;          /* the map was walked to its end, but for @problems */
	/* Physical address of the tree's root, or of the first chunk; 0: none, or unknown. */
	uint64_t out_root;
	bool out_root_fdt_known;
	uint64_t out_root_fdt;   /* preserved-memory-map of the outgoing root FDT */
	bool out_root_mismatch;  /* it is not kho_out's: the next kernel would read another map */
	struct khs_runs out;     /* sorted by pfn */
	struct khs_extents out_pages;
	struct khs_map_node *nodes; /* sorted by pfn */
	size_t nr_nodes, cap_nodes;
	struct khs_map_problem *problems;
	size_t nr_problems, cap_problems;
	uint64_t nodes_absent;
	/* The tree's levels, and those its pages take; too few, and order-0 keys lose theirs. */
	unsigned int out_levels, out_levels_needed;
	uint64_t out_orderless;  /* such keys in it */
	/*
	 * Of bitmaps, @out is what the live tracker has, and these what the list for the next
	 * kernel has, which is made when the map is finalized.
	 */
	struct khs_runs listed;  /* sorted by pfn */
	bool listed_known;       /* there is a list, and it was read to its end */
	uint64_t bitmap_bytes;   /* of the tracker's bitmaps, by the kernel's types; 0 unknown */
	uint64_t listed_bytes;   /* of the list's, by itself where that differs */
};

/* The machine's memory by the dumped kernel's word: what bounds a pointer. */
struct khs_machine {
	const struct khs_extents *ram; /* pfns; empty if unknown */
	uint64_t max_pfn;              /* where memory ends; 0 if unknown */
	uint64_t vmemmap;              /* address of the struct page of pfn 0; 0 if unknown */
};

/*
 * Reads everything. Fails for lack of memory or an interrupt only, and leaves @ret for
 * khs_kho_deinit() then, too: what could not be read is said in the fields.
 */
struct khs_error *khs_kho_read(struct khs_kernel *kernel, const struct khs_machine *machine,
			       struct khs_kho *ret);
void khs_kho_deinit(struct khs_kho *kho);

#endif
