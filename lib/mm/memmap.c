// SPDX-License-Identifier: GPL-2.0-or-later
#include "memmap.h"

#include <stdlib.h>

/* What was read should still be in the second level cache when it is looked at. */
enum { PIECE = 64 << 10 };

bool khs_memmap_init(struct khs_memmap *map, const struct khs_mem *mem, struct khs_vm *vm)
{
	map->mem = mem;
	map->vm = vm ? vm : mem->kernel->vm;
	map->size = PIECE / mem->layout.size * mem->layout.size;
	map->buf = malloc(map->size);
	return map->buf;
}

void khs_memmap_deinit(struct khs_memmap *map)
{
	free(map->buf);
	map->buf = NULL;
}

/* How many struct pages from @va on touch what could not be read at @gap. */
static uint64_t absent_pages(const struct khs_memmap *map, uint64_t va, uint64_t gap)
{
	uint64_t page = 1ull << map->mem->kernel->page_shift, pa, run = page;
	uint64_t end = (gap & ~(page - 1)) + page;

	if (khs_vm_translate(map->vm, gap, &pa, &run) != KHS_PRESENT &&
	    gap + run > end)
		end = gap + run;
	return (end - va + map->mem->layout.size - 1) / map->mem->layout.size;
}

struct khs_memmap_piece khs_memmap_next(struct khs_memmap *map, uint64_t pfn, uint64_t end)
{
	const size_t size = map->mem->layout.size;
	uint64_t va = khs_mem_page_address(map->mem, pfn), pages = end - pfn;
	struct khs_memmap_piece piece = { .pfn = pfn, .raw = map->buf };
	size_t want, done;

	if (pages > map->size / size)
		pages = map->size / size;
	want = pages * size;
	piece.presence = khs_vm_read(map->vm, va, map->buf, want, &done);
	piece.pages = done / size;
	if (piece.pages) {
		piece.presence = KHS_PRESENT;
		return piece;
	}
	piece.raw = NULL;
	piece.pages = absent_pages(map, va, va + done);
	if (piece.pages > end - pfn)
		piece.pages = end - pfn;
	return piece;
}
