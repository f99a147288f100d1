/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The memory map as a stream: struct pages of a pfn range, in big pieces, each piece either there
 * or absent as a whole. Keeps one buffer, whatever the range. Judges nothing.
 */
#ifndef KHS_MM_MEMMAP_H
#define KHS_MM_MEMMAP_H

#include "mem.h"

struct khs_memmap {
	const struct khs_mem *mem;
	struct khs_vm *vm;
	uint8_t *buf;
	size_t size;
};

struct khs_memmap_piece {
	uint64_t pfn;
	uint64_t pages;
	enum khs_presence presence;
	const uint8_t *raw; /* KHS_PRESENT: the struct pages; good until the next read */
};

/* Reads by @vm, or by that of @mem if it is NULL. False without memory. */
bool khs_memmap_init(struct khs_memmap *map, const struct khs_mem *mem, struct khs_vm *vm);
void khs_memmap_deinit(struct khs_memmap *map);

/* The piece that starts at @pfn and ends at @end at the latest. @pfn < @end; at least one page. */
struct khs_memmap_piece khs_memmap_next(struct khs_memmap *map, uint64_t pfn, uint64_t end);

#endif
