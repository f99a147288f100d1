// SPDX-License-Identifier: GPL-2.0-or-later
#include "track.h"

#include <stdlib.h>

#include "../base/cleanup.h"
#include "../base/error.h"
#include "bitmap.h"
#include "xarray.h"

/* struct kho_mem_phys comes from kzalloc(), which aligns to a word at least. */
#define PHYS_ALIGN 8

struct track {
	struct khs_walk *walk;
	uint64_t bytes;     /* of a bitmap */
	unsigned int order; /* at hand */
	uint64_t *words;
};

uint64_t khs_track_bitmap_bytes(const struct khs_kernel *kernel)
{
	uint64_t bytes = khs_fact_or(&kernel->facts, KHS_SIZE_KHO_MEM_PHYS_BITS, 0);

	return bytes == KHS_BITMAP_SMALL || bytes == UINT64_C(1) << kernel->page_shift ? bytes : 0;
}

static struct khs_walk_pointer pointer(enum khs_map_part part, const struct khs_xa_entry *entry)
{
	return (struct khs_walk_pointer){
		.part = part, .holder = entry->holder, .entry = entry->value, .index = entry->slot,
		.address = entry->value,
	};
}

/* An entry of kho_mem_phys.phys_bits. */
static struct khs_error *take_bitmap(void *arg, const struct khs_xa_entry *entry)
{
	struct track *t = arg;
	uint64_t bits = t->bytes * 8;
	struct khs_walk_pointer p = pointer(KHS_MAP_SPANS, entry);
	struct khs_bitmap bitmap = { .bytes = t->bytes, .order = t->order };

	p.align = t->bytes;
	if (entry->index > UINT64_MAX / bits ||
	    !khs_bitmap_possible(t->walk, entry->index * bits, t->order))
		return khs_walk_blame(t->walk, &p, KHS_MAP_BAD_INDEX);
	bitmap.first = entry->index * bits << t->order;
	return khs_bitmap_read(t->walk, &p, &bitmap, t->words);
}

/* An entry of kho_mem_track.orders. */
static struct khs_error *take_order(void *arg, const struct khs_xa_entry *entry)
{
	struct track *t = arg;
	struct khs_walk_pointer p = pointer(KHS_MAP_ORDERS, entry);
	struct khs_error *err;
	uint64_t spans;
	bool known;

	p.align = PHYS_ALIGN;
	if (entry->index >= 64 || !khs_bitmap_possible(t->walk, 0, entry->index))
		return khs_walk_blame(t->walk, &p, KHS_MAP_BAD_INDEX);
	err = khs_walk_follow(t->walk, &p);
	if (err || p.presence != KHS_PRESENT)
		return err;
	t->order = entry->index;
	spans = p.address + khs_fact(&t->walk->kernel->facts, KHS_MEM_KHO_MEM_PHYS_SPANS);
	err = khs_xarray_walk(t->walk, KHS_MAP_SPANS, spans, take_bitmap, t, &known);
	if (err || known)
		return err;
	p.presence = KHS_MISSING;
	return khs_walk_blame(t->walk, &p, KHS_MAP_ABSENT);
}

struct khs_error *khs_track_walk(struct khs_walk *w, uint64_t va, bool *known)
{
	_cleanup_free_ uint64_t *words = malloc(khs_walk_page_size(w));
	struct track t = {
		.walk = w, .bytes = khs_track_bitmap_bytes(w->kernel), .words = words,
	};

	*known = false;
	if (!words)
		return khs_enomem();
	if (!t.bytes || !khs_known(&w->kernel->facts, KHS_MEM_KHO_MEM_PHYS_SPANS))
		return NULL;
	return khs_xarray_walk(w, KHS_MAP_ORDERS, va, take_order, &t, known);
}
