// SPDX-License-Identifier: GPL-2.0-or-later
#include "kho.h"

/* include/linux/kho/abi/kexec_handover.h:KHO_VMALLOC_ALLOC, KHO_VMALLOC_HUGE_VMAP */
enum { ALLOC = 1, HUGE_VMAP = 2 };

/* new_vmalloc_chunk(); linked to the one before. */
static uint64_t new_chunk(struct machine *m, uint64_t before)
{
	uint64_t pa = alloc_preserved(m, page_size(m));

	if (before)
		memory_put(&m->mem, before, pa, 8);
	return pa;
}

void vmalloc_preserve(struct machine *m, const uint64_t *pfns, size_t groups, unsigned int order,
		      uint64_t pa)
{
	uint64_t room = page_size(m) / 8 - 1, first = new_chunk(m, 0), chunk = first, n = 0;

	for (size_t i = 0; i < groups; i++) {
		preserve_pages(m, pfns[i], 1ull << order);
		memory_put(&m->mem, chunk + 8 + 8 * n++, pfns[i] << m->page_shift, 8);
		/* A full chunk gets a follower at once, empty or not. */
		if (n < room)
			continue;
		chunk = new_chunk(m, chunk);
		n = 0;
	}
	memory_put(&m->mem, pa, first, 8);
	memory_put(&m->mem, pa + 8, groups << order, 4);
	memory_put(&m->mem, pa + 12, ALLOC | (order ? HUGE_VMAP : 0), 2);
	memory_put(&m->mem, pa + 14, order, 2);
}
