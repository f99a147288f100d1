// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmalloc.h"

#include <stdlib.h>

/* KHO_VMALLOC_ALLOC, KHO_VMALLOC_HUGE_VMAP. */
#define KNOWN_FLAGS 3
/* No architecture maps vmalloc areas beyond PUD_SIZE: 1 GiB in 4 KiB pages, 4 TiB in 64 KiB. */
#define MAX_ORDER 26

struct walk {
	struct khs_gather *g;
	uint32_t owner;
	const struct khs_vmalloc *v;
	uint64_t handle;
	void (*visit)(struct khs_gather *g, uint64_t pa, uint64_t bytes, void *arg);
	void *arg;
	uint64_t groups; /* seen */
	uint64_t *chunk; /* the page under work */
};

struct khs_vmalloc khs_vmalloc_decode(const uint8_t raw[KHS_VMALLOC_SIZE])
{
	return (struct khs_vmalloc){
		.first = khs_load64(raw), .total_pages = khs_load32(raw + 8),
		.flags = khs_load32(raw + 12) & 0xffff, .order = khs_load32(raw + 12) >> 16,
	};
}

/* False at the first that can be none. */
static bool take_group(struct walk *w, uint64_t chunk, uint64_t pa)
{
	struct khs_gather *g = w->g;
	uint64_t pages = 1ull << w->v->order, bytes = pages << g->k->kernel.page_shift;

	if (!khs_gather_is_page(g, pa) || pa & (bytes - 1) || pa > UINT64_MAX - bytes) {
		khs_gather_fault(g, KHS_F_VMALLOC_ENTRY, w->owner, khs_gather_pfn(g, chunk), 1, pa,
				 w->groups);
		return false;
	}
	khs_gather_span(g, w->owner, KHS_ROLE_ARRAY, khs_gather_pfn(g, pa), pages,
			KHS_F_UNCOVERED);
	w->groups++;
	if (!khs_gather_alive(g, pa))
		return false;
	if (w->visit)
		w->visit(g, pa, bytes, w->arg);
	return khs_gather_more(g);
}

static bool take_chunk(struct walk *w, uint64_t pa)
{
	struct khs_gather *g = w->g;
	uint64_t capacity = khs_gather_page_size(g) / sizeof(uint64_t) - 1;
	uint64_t limit = w->v->total_pages >> w->v->order;

	khs_gather_span(g, w->owner, KHS_ROLE_CHUNK, khs_gather_pfn(g, pa), 1, KHS_F_UNCOVERED);
	if (!khs_gather_read(g, w->owner, pa, w->chunk, khs_gather_page_size(g)))
		return false;
	for (uint64_t i = 1; i <= capacity && w->chunk[i]; i++) {
		if (w->groups < limit && take_group(w, pa, w->chunk[i]))
			continue;
		if (w->groups == limit)
			khs_gather_fault(g, KHS_F_VMALLOC_COUNT, w->owner, khs_gather_pfn(g, pa), 1,
					 (w->groups + 1) << w->v->order, w->v->total_pages);
		return false;
	}
	return true;
}

static bool walk_chunks(struct walk *w)
{
	struct khs_gather *g = w->g;
	/* One more than needed, empty, where the last full one has no room left. */
	uint64_t capacity = khs_gather_page_size(g) / sizeof(uint64_t) - 1;
	uint64_t most = (w->v->total_pages >> w->v->order) / capacity + 2;
	uint64_t chunks = 0, before = w->handle;

	for (uint64_t pa = w->v->first; pa; pa = w->chunk[0], chunks++) {
		if (!khs_gather_is_page(g, pa) || chunks >= most) {
			khs_gather_fault(g, KHS_F_VMALLOC_CHUNK, w->owner,
					 khs_gather_pfn(g, before), 1, pa, chunks);
			return false;
		}
		if (!khs_gather_alive(g, pa)) {
			khs_gather_incomplete(g, w->owner, "a list of its pages is gone");
			return false;
		}
		before = pa;
		if (!take_chunk(w, pa))
			return false;
	}
	return true;
}

bool khs_vmalloc_gather(struct khs_gather *g, uint32_t owner, const struct khs_vmalloc *v,
			uint64_t handle,
			void (*visit)(struct khs_gather *g, uint64_t pa, uint64_t bytes, void *arg),
			void *arg)
{
	struct walk w = { .g = g, .owner = owner, .v = v, .handle = handle, .visit = visit,
			  .arg = arg };
	bool whole;

	if (v->order > MAX_ORDER || v->flags & ~KNOWN_FLAGS || !v->first || !v->total_pages ||
	    v->total_pages & ((1ull << (v->order & 31)) - 1)) {
		khs_gather_fault(g, KHS_F_VMALLOC_HEAD, owner, khs_gather_pfn(g, handle), 1,
				 v->order, v->flags);
		khs_gather_incomplete(g, owner, "a vmalloc preservation of it is damaged");
		return false;
	}
	w.chunk = malloc(khs_gather_page_size(g));
	if (!w.chunk) {
		g->no_memory = true;
		return false;
	}
	whole = walk_chunks(&w);
	free(w.chunk);
	if (whole && w.groups << v->order != v->total_pages) {
		khs_gather_fault(g, KHS_F_VMALLOC_COUNT, owner, khs_gather_pfn(g, handle), 1,
				 w.groups << v->order, v->total_pages);
		whole = false;
	}
	if (!whole)
		khs_gather_incomplete(g, owner, "a vmalloc preservation of it is damaged");
	return whole;
}
