// SPDX-License-Identifier: GPL-2.0-or-later
#include "late.h"

#include "memmap.h"

/* Both neighbours agree that @p, at @self, is between them. */
static bool is_linked(struct khs_kernel *kernel, const struct khs_page *p, uint64_t self)
{
	uint64_t next, prev;

	return p->lru_next >> 63 && p->lru_prev >> 63 && p->lru_next != self &&
	       khs_kernel_read_uint(kernel, p->lru_next + 8, 8, &next) == KHS_PRESENT &&
	       khs_kernel_read_uint(kernel, p->lru_prev, 8, &prev) == KHS_PRESENT &&
	       next == self && prev == self;
}

static bool is_late(const struct khs_mem *mem, uint64_t pfn, const uint8_t *raw, uint64_t lru)
{
	const struct khs_page_layout *l = &mem->layout;
	struct khs_page p;

	if (!(khs_load64(raw + l->flags) & lru))
		return false;
	p = khs_page_decode(l, raw);
	return p.mapping && p.refcount > 0 && khs_mem_find_node(mem, khs_page_node(l, p.flags)) &&
	       is_linked(mem->kernel, &p, khs_mem_page_address(mem, pfn) + l->lru);
}

static bool piece_is_late(const struct khs_mem *mem, const struct khs_memmap_piece *piece,
			  uint64_t lru)
{
	for (uint64_t i = 0; piece->presence == KHS_PRESENT && i < piece->pages; i++)
		if (is_late(mem, piece->pfn + i, piece->raw + i * mem->layout.size, lru))
			return true;
	return false;
}

bool khs_mem_shows_late(const struct khs_mem *mem)
{
	uint64_t bit = khs_fact_or(&mem->kernel->facts, KHS_ENUM_PG_LRU, 64);
	struct khs_memmap map;
	bool late = false;

	if (bit >= 64 || !khs_memmap_init(&map, mem, mem->kernel->vm))
		return false;
	for (size_t i = 0; i < mem->sections.n && !late; i++) {
		const struct khs_extent *s = &mem->sections.v[i];
		uint64_t pfn = s->start;

		while (s->tag & KHS_SECTION_ONLINE && pfn < s->end && !late &&
		       !khs_kernel_interrupted(mem->kernel)) {
			struct khs_memmap_piece piece = khs_memmap_next(&map, pfn, s->end);

			late = piece_is_late(mem, &piece, 1ull << bit);
			pfn += piece.pages;
		}
	}
	khs_memmap_deinit(&map);
	return late;
}
