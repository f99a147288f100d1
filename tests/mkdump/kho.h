/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handover of a machine: what its kernel preserved for the next one, and what the one before
 * left to it. Everything is written as the kernel of the layout does it, and what that kernel
 * preserves on the way (its FDTs, blobs, chunks) is added to machine.preserved.
 */
#ifndef MKDUMP_KHO_H
#define MKDUMP_KHO_H

#include "machine.h"

struct subtree {
	const char *name;
	uint64_t pa, size;
};

struct reserve_mem {
	const char *name;
	uint64_t start, size;
};

struct luo_file {
	const char *compatible;
	uint64_t token, data, private_data;
};

struct luo_session {
	const char *name;
	struct luo_file *files;
	size_t nr_files;
};

/* What a case's lines asked for, until it is written. */
struct handover {
	bool absent;     /* a kernel without CONFIG_KEXEC_HANDOVER */
	bool off, failed; /* not enabled; disabled itself */
	bool finalized;  /* kho-v1: kho_finalize() was called */
	bool image;      /* an image for kexec is loaded */
	bool boot;       /* this boot was handed memory */
	bool driver;     /* somebody has blobs, and with them whatever the case's pages are */
	const char *previous_release;
	uint32_t kexec_count;
	uint64_t out_fdt; /* physical; 0: none */
	uint64_t map;     /* physical; the root node, or the first chunk */
	uint64_t in_fdt;
	struct subtree *subtrees;
	size_t nr_subtrees;
	struct reserve_mem *reserved;
	size_t nr_reserved;
	struct luo_session *sessions;
	size_t nr_sessions;
	bool luo_serialized;
};

/* Records the preservation of a block, whose pages have an owner already. */
void preserve_block(struct machine *m, uint64_t pfn, unsigned int order);
/* kho_preserve_pages(): the fewest blocks that make up the range. */
void preserve_pages(struct machine *m, uint64_t pfn, uint64_t pages);
/* kho_alloc_preserve(): physical address of zeroed pages, preserved. */
uint64_t alloc_preserved(struct machine *m, uint64_t size);

/* Adds a blob to the root FDT. */
void subtree_add(struct machine *m, const char *name, uint64_t pa, uint64_t size);

/* The blob of whoever owns what the case preserves, or has pending: its inside is not known. */
#define DRIVER "driver"
#define DRIVER_BLOB 64

/* A blob that is an FDT: written by the caller into @fdt (page_size() bytes), stored here. */
void subtree_add_fdt(struct machine *m, const char *name, void *fdt);

/* kho.c: everything but the map and the owners' blobs; then the map and the root FDT. */
void handover_write(struct machine *m);
void handover_finish(struct machine *m);

/* track_radix.c, track_list.c: the map. Returns what the root FDT says of it. */
uint64_t radix_write(struct machine *m);
uint64_t list_write(struct machine *m);
/* The table entry on the way to a block's bit, in a table of @level; its physical address. */
uint64_t radix_entry(const struct machine *m, const struct block *b, unsigned int level);

/* vmalloc.c: kho_preserve_vmalloc() of groups of 2^@order pages; the descriptor is at @pa. */
void vmalloc_preserve(struct machine *m, const uint64_t *pfns, size_t groups, unsigned int order,
		      uint64_t pa);

/* owners.c */
void owner_subtree(struct machine *m, const struct line *line);
void owner_vmalloc(struct machine *m, const struct line *line);
void owner_reserve_mem(struct machine *m, const struct line *line);
void owner_kho_test(struct machine *m, const struct line *line);
void owner_metadata(struct machine *m);
void owner_reserve_mem_finish(struct machine *m);

/* luo.c */
void luo_session(struct machine *m, const struct line *line);
void luo_memfd(struct machine *m, const struct line *line);
void luo_serialized(struct machine *m, const struct line *line);
void luo_finish(struct machine *m);

#endif
