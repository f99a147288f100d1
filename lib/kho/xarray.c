// SPDX-License-Identifier: GPL-2.0-or-later
#include "xarray.h"

#include <endian.h>
#include <string.h>

#include "../base/error.h"

/* XA_CHUNK_SIZE is 64, with CONFIG_BASE_SMALL 16. */
#define MAX_SLOTS 64
#define MAX_NODE 1024

/* Nodes come from a kmem_cache, aligned to a word at least (lib/radix-tree.c:radix_tree_init()). */
#define NODE_ALIGN 8

/* xa_is_internal(), xa_is_node(), xa_is_sibling(), XA_RETRY_ENTRY, XA_ZERO_ENTRY */
#define INTERNAL 2
#define INTERNAL_MASK 3
#define LAST_NO_NODE 4096
#define RETRY (256 << 2 | INTERNAL)
#define ZERO (257 << 2 | INTERNAL)

struct walk {
	struct khs_walk *common;
	enum khs_map_part part;
	uint64_t array;          /* address of the struct xarray */
	khs_xa_visit_fn *visit;
	void *arg;
	unsigned int chunk_bits; /* log2 of a node's slots */
	uint64_t slots;          /* their offset */
};

/* Where an entry is. */
struct place {
	uint64_t holder; /* physical address */
	uint64_t slot;
	uint64_t index;  /* the lowest below the entry */
	int shift;       /* of the holder; -1: the array itself */
};

static uint64_t slots_of(const struct khs_facts *facts)
{
	return facts->v[KHS_MEM_XA_NODE_SLOTS].size / sizeof(uint64_t);
}

bool khs_xarray_known(const struct khs_facts *facts)
{
	uint64_t slots = slots_of(facts);

	return khs_known(facts, KHS_MEM_XARRAY_HEAD) && khs_known(facts, KHS_MEM_XA_NODE_SHIFT) &&
	       khs_known(facts, KHS_MEM_XA_NODE_SLOTS) && (slots == 16 || slots == MAX_SLOTS) &&
	       khs_fact(facts, KHS_MEM_XA_NODE_SLOTS) <= MAX_NODE - MAX_SLOTS * sizeof(uint64_t) &&
	       khs_fact(facts, KHS_MEM_XA_NODE_SHIFT) < MAX_NODE &&
	       khs_fact_or(facts, KHS_MEM_XA_NODE_OFFSET, 0) < MAX_NODE &&
	       khs_fact_or(facts, KHS_MEM_XA_NODE_ARRAY, 0) <= MAX_NODE - sizeof(uint64_t);
}

static bool is_node(uint64_t entry)
{
	return (entry & INTERNAL_MASK) == INTERNAL && entry > LAST_NO_NODE;
}

/* Nothing there for a reader: xas_load() goes on, or the slot before has it. */
static bool is_empty(const struct walk *w, uint64_t entry, uint64_t slot)
{
	bool sibling = (entry & INTERNAL_MASK) == INTERNAL && entry >> 2 < slot &&
		       entry >> 2 < UINT64_C(1) << w->chunk_bits;

	return !entry || entry == RETRY || entry == ZERO || sibling;
}

static struct khs_walk_pointer pointer(const struct walk *w, const struct place *at, uint64_t entry)
{
	return (struct khs_walk_pointer){
		.part = w->part, .holder = at->holder, .entry = entry, .index = at->slot,
		.level = at->shift < 0 ? 0 : at->shift / w->chunk_bits,
		.address = entry - INTERNAL, .align = NODE_ALIGN,
	};
}

/*
 * Whether the node at @raw may be where it was found. xas_alloc() sets all of that before it is,
 * and xas_shrink() makes only a node with offset 0 the first.
 */
static bool node_fits(const struct walk *w, const struct place *at, const uint8_t *raw)
{
	const struct khs_facts *facts = &w->common->kernel->facts;
	unsigned int shift = raw[khs_fact(facts, KHS_MEM_XA_NODE_SHIFT)];
	uint64_t array;

	if (at->shift < 0 ? shift >= 64 || shift % w->chunk_bits :
			    (int)(shift + w->chunk_bits) != at->shift)
		return false;
	if (khs_known(facts, KHS_MEM_XA_NODE_OFFSET) &&
	    raw[khs_fact(facts, KHS_MEM_XA_NODE_OFFSET)] != at->slot)
		return false;
	if (!khs_known(facts, KHS_MEM_XA_NODE_ARRAY))
		return true;
	memcpy(&array, raw + khs_fact(facts, KHS_MEM_XA_NODE_ARRAY), sizeof(array));
	return le64toh(array) == w->array;
}

static struct khs_error *take(struct walk *w, const struct place *at, uint64_t entry);

/* Slots from which on an index would not fit into 64 bits are none. */
static uint64_t usable_slots(const struct walk *w, unsigned int shift)
{
	unsigned int room = 64 - shift;

	/* At most 6 bits. NOLINTNEXTLINE(*.UndefinedBinaryOperatorResult) */
	return UINT64_C(1) << (room < w->chunk_bits ? room : w->chunk_bits);
}

static struct khs_error *take_slots(struct walk *w, const struct place *at, uint64_t pa,
				    const uint8_t *raw)
{
	unsigned int shift = raw[khs_fact(&w->common->kernel->facts, KHS_MEM_XA_NODE_SHIFT)];

	for (uint64_t slot = 0; slot < UINT64_C(1) << w->chunk_bits; slot++) {
		struct place below = { .holder = pa, .slot = slot, .shift = shift };
		struct khs_walk_pointer p;
		struct khs_error *err;
		uint64_t entry;

		memcpy(&entry, raw + w->slots + slot * sizeof(entry), sizeof(entry));
		entry = le64toh(entry);
		if (is_empty(w, entry, slot))
			continue;
		if (slot >= usable_slots(w, shift)) {
			p = pointer(w, &below, entry);
			p.pa = pa;
			err = khs_walk_blame(w->common, &p, KHS_MAP_BAD_INDEX);
		} else {
			below.index = at->index + (slot << shift);
			err = take(w, &below, entry);
		}
		if (err)
			return err;
	}
	return NULL;
}

static struct khs_error *take_node(struct walk *w, const struct place *at, uint64_t entry)
{
	struct khs_walk_pointer p = pointer(w, at, entry);
	size_t bytes = w->slots + (sizeof(uint64_t) << w->chunk_bits);
	struct khs_error *err = khs_walk_follow(w->common, &p);
	uint8_t raw[MAX_NODE] = { 0 };

	if (err || p.presence != KHS_PRESENT)
		return err;
	p.presence = khs_vm_read_all(w->common->kernel->vm, p.address, raw, bytes);
	if (p.presence != KHS_PRESENT)
		return khs_walk_blame(w->common, &p, KHS_MAP_ABSENT);
	if (!node_fits(w, at, raw))
		return khs_walk_blame(w->common, &p, KHS_MAP_NO_PART);
	return take_slots(w, at, p.pa, raw);
}

static struct khs_error *take(struct walk *w, const struct place *at, uint64_t entry)
{
	const struct khs_xa_entry found = {
		.index = at->index, .value = entry, .holder = at->holder, .slot = at->slot,
	};
	struct khs_walk_pointer p;

	if ((entry & INTERNAL_MASK) != INTERNAL)
		return w->visit(w->arg, &found);
	/* Below a node of shift 0 there is none, and errors are never stored. */
	if (is_node(entry) && at->shift)
		return take_node(w, at, entry);
	p = pointer(w, at, entry);
	return khs_walk_blame(w->common, &p, KHS_MAP_NO_PART);
}

struct khs_error *khs_xarray_walk(struct khs_walk *common, enum khs_map_part part, uint64_t va,
				  khs_xa_visit_fn *visit, void *arg, bool *known)
{
	const struct khs_facts *facts = &common->kernel->facts;
	struct walk w = {
		.common = common, .part = part, .array = va, .visit = visit, .arg = arg,
	};
	struct place at = { .shift = -1 };
	uint64_t entry, run;

	*known = khs_xarray_known(facts) &&
		 !khs_vm_translate(common->kernel->vm, va, &at.holder, &run) &&
		 !khs_kernel_read_uint(common->kernel, va + khs_fact(facts, KHS_MEM_XARRAY_HEAD),
				       sizeof(entry), &entry);
	if (!*known)
		return NULL;
	w.chunk_bits = slots_of(facts) == 16 ? 4 : 6;
	w.slots = khs_fact(facts, KHS_MEM_XA_NODE_SLOTS);
	return is_empty(&w, entry, 0) ? NULL : take(&w, &at, entry);
}
