/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which bytes of a dump file the library reads, and what for: where to put damage so that it
 * matters. Of ELF dumps, and kdump ones with unpacked pages, whose bytes lie in the file as they
 * are.
 */
#ifndef TESTS_MUTATE_PLACES_H
#define TESTS_MUTATE_PLACES_H

#include <stddef.h>
#include <stdint.h>

enum place_kind {
	PLACE_HEADERS, /* of the file, with its bitmaps and page descriptors */
	PLACE_FACTS,   /* page tables, kallsyms, BTF */
	PLACE_MODEL,   /* nodes, sections, memblock, KHO's variables, FDTs, scratch, the map */
	PLACE_OWNERS,  /* subtrees' blobs, LUO, memfd, vmalloc */
	PLACE_PENDING, /* struct pages of what is preserved, pending or damaged */
	PLACE_MEMMAP,  /* all struct pages */
	NR_PLACES,
};

extern const char *const place_names[NR_PLACES];

struct place {
	uint64_t off, len; /* in the file */
};

struct places {
	struct place *v[NR_PLACES];
	size_t n[NR_PLACES], cap[NR_PLACES];
	uint64_t end_pfn; /* no memory of the machine lies at or beyond */
};

/* Exits with a message if @path can't be read. */
struct places places_find(const char *path);

#endif
