// SPDX-License-Identifier: GPL-2.0-or-later
#include "radix.h"

#include <endian.h>
#include <stdlib.h>

#include "../base/array.h"
#include "../base/bits.h"
#include "../base/error.h"

/* ---- keys ----------------------------------------------------------------------------------- */

/* include/linux/kho/abi/kexec_handover.h:enum kho_radix_consts */
struct khs_radix_shape khs_radix_shape(unsigned int page_shift)
{
	struct khs_radix_shape shape = {
		.page_shift = page_shift,
		.table_bits = page_shift - 3,
		.leaf_bits = page_shift + 3,
		.key_width = 64 - page_shift + 1,
	};
	unsigned int above = shape.key_width - shape.leaf_bits;

	shape.depth = (above + shape.table_bits - 1) / shape.table_bits + 1;
	return shape;
}

static unsigned int top_bit(uint64_t v)
{
	return 63 - __builtin_clzll(v);
}

/* The order bit of order 0, and the order of a block that is all of memory. */
static unsigned int order_zero_bit(const struct khs_radix_shape *shape)
{
	return 64 - shape->page_shift;
}

bool khs_radix_decode(const struct khs_radix_shape *shape, uint64_t key, uint64_t *pfn,
		      unsigned int *order)
{
	unsigned int bit;

	if (!key)
		return false;
	bit = top_bit(key);
	if (bit > order_zero_bit(shape))
		return false;
	*order = order_zero_bit(shape) - bit;
	*pfn = (key ^ (UINT64_C(1) << bit)) << *order;
	return true;
}

uint64_t khs_radix_encode(const struct khs_radix_shape *shape, uint64_t pfn, unsigned int order)
{
	return UINT64_C(1) << (order_zero_bit(shape) - order) | pfn >> order;
}

/* Whether the tree has too few levels for the order bit of order 0. */
static bool loses_order(const struct khs_radix_shape *shape)
{
	return shape->leaf_bits + (shape->depth - 1) * shape->table_bits < shape->key_width;
}

/* Keys [first, end) that have one order. */
struct segment {
	uint64_t first, end;
	unsigned int order;
	bool orderless;       /* keys are pfns: the order bit fell off */
	uint64_t machine_end; /* keys from here on: blocks not all below the machine's last page */
	uint64_t key_end;     /* ... not all below the highest physical address: no keys at all */
};

static uint64_t at_most(uint64_t v, uint64_t bound)
{
	return v < bound ? v : bound;
}

static uint64_t at_least(uint64_t v, uint64_t bound)
{
	return v > bound ? v : bound;
}

/* ---- the walk's state ----------------------------------------------------------------------- */

/* A node, and the entry that names it. */
struct ref {
	uint64_t node;
	uint64_t parent;
	uint64_t index;
	uint64_t key;       /* the lowest key below it */
	unsigned int level; /* of the node */
	bool stray;         /* its keys lie beyond the machine's memory */
};

struct walk {
	struct khs_walk common;
	struct khs_radix_shape shape;
	struct ref *strays;
	size_t nr_strays, cap_strays;
	uint64_t *pages; /* one page for each level */
};

static void walk_deinit(struct walk *w)
{
	khs_walk_deinit(&w->common);
	free(w->strays);
	free(w->pages);
}

static uint64_t page_size(const struct walk *w)
{
	return khs_walk_page_size(&w->common);
}

static uint64_t *page_of_level(const struct walk *w, unsigned int level)
{
	return w->pages + level * (page_size(w) / sizeof(*w->pages));
}

/* log2 of the number of keys below a node. */
static unsigned int key_bits(const struct khs_radix_shape *shape, unsigned int level)
{
	return shape->leaf_bits + level * shape->table_bits;
}

/* ---- problems ------------------------------------------------------------------------------- */

static struct khs_error *bad_entry(struct walk *w, const struct ref *ref,
				   enum khs_map_problem_kind kind, enum khs_presence presence)
{
	return khs_walk_add_problem(&w->common, &(struct khs_map_problem){
		.kind = kind, .presence = presence,
		.node = kind == KHS_MAP_BAD_INDEX ? ref->parent : ref->node,
		.parent = ref->parent, .entry = ref->node, .level = ref->level + 1,
		.index = ref->index, .count = 1,
	});
}

static struct khs_error *bad_node(struct walk *w, const struct ref *ref, uint64_t index,
				  uint64_t count)
{
	return khs_walk_add_problem(&w->common, &(struct khs_map_problem){
		.kind = KHS_MAP_BAD_INDEX, .whole = true, .node = ref->node, .parent = ref->parent,
		.entry = ref->node, .level = ref->level, .index = index, .count = count,
	});
}

/* ---- leaves --------------------------------------------------------------------------------- */

static uint64_t segment_limit(const struct segment *s, uint64_t order_bit, uint64_t pfns)
{
	return at_least(at_most(order_bit + (pfns >> s->order), s->end), s->first);
}

/* The keys of one order that start at @key; they end at @end or before. */
static struct segment segment_at(const struct walk *w, uint64_t key, uint64_t end)
{
	struct segment s = { .first = key, .end = key + 1, .machine_end = key, .key_end = key };
	unsigned int bit;

	if (loses_order(&w->shape) && key < w->common.machine_pfns) {
		s.end = at_most(end, w->common.machine_pfns);
		s.machine_end = s.key_end = s.end;
		s.orderless = true;
		return s;
	}
	if (!key)
		return s;
	bit = top_bit(key);
	if (bit > order_zero_bit(&w->shape)) {
		s.end = end;
		return s;
	}
	if (loses_order(&w->shape) && key < w->common.key_pfns &&
	    w->common.machine_pfns >> (order_zero_bit(&w->shape) - bit) == 0) {
		s.end = s.key_end = at_most(at_most(end, UINT64_C(2) << bit), w->common.key_pfns);
		s.orderless = true;
		return s;
	}
	s.order = order_zero_bit(&w->shape) - bit;
	s.end = at_most(end, UINT64_C(2) << bit);
	s.machine_end = segment_limit(&s, UINT64_C(1) << bit, w->common.machine_pfns);
	s.key_end = segment_limit(&s, UINT64_C(1) << bit, w->common.key_pfns);
	return s;
}

struct odd_bits {
	uint64_t runs;
	uint64_t bits;
	uint64_t first; /* valid if there are any */
};

static void count_odd(const uint64_t *words, uint64_t from, uint64_t to, struct odd_bits *odd)
{
	uint64_t first;

	while (khs_next_run(words, &from, to, &first)) {
		if (!odd->runs || first < odd->first)
			odd->first = first;
		odd->runs++;
		odd->bits += from - first;
	}
}

/* Whether the leaf is one; else why not, in @why. */
static bool judge_leaf(const struct walk *w, const uint64_t *words, uint64_t base,
		       struct odd_bits *why)
{
	uint64_t end = base + (UINT64_C(1) << w->shape.leaf_bits);
	struct odd_bits impossible = { 0 }, stray = { 0 };

	for (uint64_t key = base; key < end;) {
		struct segment s = segment_at(w, key, end);

		count_odd(words, s.key_end - base, s.end - base, &impossible);
		count_odd(words, s.machine_end - base, s.key_end - base, &stray);
		key = s.end;
	}
	*why = impossible.runs ? impossible : stray;
	return !impossible.runs && stray.runs <= KHS_WALK_STRAYS;
}

static bool take_segment(struct walk *w, const uint64_t *words, uint64_t base,
			 const struct segment *s)
{
	uint64_t bit = s->first - base, first, pfn;
	unsigned int order;

	while (khs_next_run(words, &bit, s->key_end - base, &first)) {
		if (s->orderless) {
			pfn = base + first;
			order = 0;
			w->common.kho->out_orderless += bit - first;
		} else if (!khs_radix_decode(&w->shape, base + first, &pfn, &order)) {
			continue;
		}
		if (!khs_runs_add_blocks(w->common.runs, pfn, order, bit - first,
					 KHS_RANGE_PRESERVED))
			return false;
	}
	return true;
}

static struct khs_error *take_leaf(struct walk *w, const struct ref *ref)
{
	const uint64_t *words = page_of_level(w, 0);
	uint64_t end = ref->key + (UINT64_C(1) << w->shape.leaf_bits);

	for (uint64_t key = ref->key; key < end;) {
		struct segment s = segment_at(w, key, end);

		if (!take_segment(w, words, ref->key, &s))
			return khs_enomem();
		key = s.end;
	}
	return NULL;
}

/* ---- tables --------------------------------------------------------------------------------- */

/* Whether a block below @pfns has a key in the 2^@bits keys from @base, a multiple of that, on. */
static bool has_key(const struct walk *w, uint64_t base, unsigned int bits, uint64_t pfns)
{
	unsigned int zero = order_zero_bit(&w->shape), bit;

	if (loses_order(&w->shape) && base < pfns)
		return true;
	/* Keys from 0 on: the highest order bit among them is that of the smallest blocks. */
	if (!base)
		return bits > zero || pfns >> (zero - (bits - 1));
	bit = top_bit(base);
	if (bit > zero)
		return false;
	return base - (UINT64_C(1) << bit) < pfns >> (zero - bit);
}

/* What can be said of an entry from its place and its value. False: nothing against it. */
static bool entry_is_bad(const struct walk *w, const struct ref *ref,
			 enum khs_map_problem_kind *kind)
{
	if (!has_key(w, ref->key, key_bits(&w->shape, ref->level), w->common.key_pfns))
		*kind = KHS_MAP_BAD_INDEX;
	else if (ref->node & (page_size(w) - 1))
		*kind = KHS_MAP_MISALIGNED;
	else if (!khs_walk_in_memory(&w->common, ref->node))
		*kind = KHS_MAP_NOT_RAM;
	else
		return false;
	/* Where no key of this machine belongs, that is what is wrong with it. */
	if (ref->stray)
		*kind = KHS_MAP_BAD_INDEX;
	return true;
}

static struct ref entry_ref(const struct walk *w, const struct ref *table, uint64_t index)
{
	unsigned int level = table->level - 1, bits = key_bits(&w->shape, level);
	struct ref ref = {
		.node = le64toh(page_of_level(w, table->level)[index]),
		.parent = table->node,
		.index = index,
		.key = table->key | index << bits,
		.level = level,
	};

	ref.stray = !has_key(w, ref.key, bits, w->common.machine_pfns);
	return ref;
}

/* Whether the table is one; else its first bad entry and their number. */
static bool judge_table(const struct walk *w, const struct ref *table, uint64_t *first,
			uint64_t *count)
{
	const uint64_t *entry = page_of_level(w, table->level);
	uint64_t good = 0;

	*count = 0;
	for (uint64_t i = 0; i < UINT64_C(1) << w->shape.table_bits; i++) {
		enum khs_map_problem_kind kind;
		struct ref ref;

		if (!entry[i])
			continue;
		ref = entry_ref(w, table, i);
		if (!entry_is_bad(w, &ref, &kind))
			good++;
		else if (!(*count)++)
			*first = i;
	}
	return *count <= KHS_WALK_STRAYS || *count <= good;
}

static struct khs_error *visit(struct walk *w, const struct ref *ref);

static struct khs_error *put_off(struct walk *w, const struct ref *ref)
{
	if (!khs_array_grow(w->strays, w->nr_strays, w->cap_strays))
		return khs_enomem();
	w->strays[w->nr_strays++] = *ref;
	return NULL;
}

static struct khs_error *follow_table(struct walk *w, const struct ref *table)
{
	const uint64_t *entry = page_of_level(w, table->level);

	for (uint64_t i = 0; i < UINT64_C(1) << w->shape.table_bits; i++) {
		struct khs_error *err;
		struct ref ref;

		if (!entry[i])
			continue;
		ref = entry_ref(w, table, i);
		err = ref.stray && !table->stray ? put_off(w, &ref) : visit(w, &ref);
		if (err)
			return err;
	}
	return NULL;
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static bool add_node(struct walk *w, const struct ref *ref)
{
	return khs_walk_add_node(&w->common, KHS_MAP_TREE, ref->node, ref->level);
}

static struct khs_error *read_leaf(struct walk *w, const struct ref *ref)
{
	struct odd_bits why;

	if (!judge_leaf(w, page_of_level(w, 0), ref->key, &why))
		return bad_node(w, ref, why.first, why.bits);
	if (!add_node(w, ref))
		return khs_enomem();
	return take_leaf(w, ref);
}

static struct khs_error *read_table(struct walk *w, const struct ref *ref)
{
	uint64_t first = 0, count;

	if (!judge_table(w, ref, &first, &count))
		return bad_node(w, ref, first, count);
	if (ref->level == w->shape.depth - 1)
		w->common.kho->out_known = true;
	if (!add_node(w, ref))
		return khs_enomem();
	return follow_table(w, ref);
}

static struct khs_error *absent_node(struct walk *w, const struct ref *ref, enum khs_presence why)
{
	w->common.kho->nodes_absent++;
	if (!add_node(w, ref))
		return khs_enomem();
	return bad_entry(w, ref, KHS_MAP_ABSENT, why);
}

static struct khs_error *visit(struct walk *w, const struct ref *ref)
{
	uint64_t pfn = ref->node >> w->shape.page_shift;
	enum khs_map_problem_kind kind;
	enum khs_presence presence;
	struct khs_error *err;

	err = khs_walk_poll(&w->common);
	if (err)
		return err;
	if (entry_is_bad(w, ref, &kind))
		return bad_entry(w, ref, kind, KHS_PRESENT);
	if (khs_seen_has(&w->common.seen, pfn))
		return bad_entry(w, ref, ref->stray ? KHS_MAP_BAD_INDEX : KHS_MAP_SEEN_TWICE,
				 KHS_PRESENT);
	if (!khs_seen_add(&w->common.seen, pfn))
		return khs_enomem();
	presence = khs_dump_read_all(w->common.kernel->dump, ref->node,
				     page_of_level(w, ref->level), page_size(w));
	if (presence != KHS_PRESENT)
		return absent_node(w, ref, presence);
	return ref->level ? read_table(w, ref) : read_leaf(w, ref);
}

/* ---- the tree ------------------------------------------------------------------------------- */

/*
 * The kernel's own word on the depth goes before the formula: early 7.1-rc kernels got it wrong for
 * 16K pages (fixed by d64b0372760e), and built and walked their trees accordingly.
 */
static struct khs_radix_shape kernel_shape(const struct khs_kernel *kernel)
{
	struct khs_radix_shape shape = khs_radix_shape(kernel->page_shift);
	uint64_t depth = khs_fact_or(&kernel->facts, KHS_ENUM_KHO_TREE_MAX_DEPTH, shape.depth);

	if (depth >= 2 && depth < shape.depth)
		shape.depth = depth;
	return shape;
}

static struct khs_error *walk_strays(struct walk *w)
{
	/* Below a stray all is stray, and nothing is put off again. */
	for (size_t i = 0; i < w->nr_strays; i++) {
		struct khs_error *err = visit(w, &w->strays[i]);

		if (err)
			return err;
	}
	return NULL;
}

struct khs_error *khs_radix_walk(struct khs_kernel *kernel, const struct khs_machine *machine,
				 uint64_t root, struct khs_kho *kho)
{
	_cleanup_(walk_deinit) struct walk w = { .shape = kernel_shape(kernel) };
	struct ref ref = { .node = root, .level = w.shape.depth - 1 };
	struct khs_error *err;

	kho->out_levels = w.shape.depth;
	kho->out_levels_needed = khs_radix_shape(kernel->page_shift).depth;
	khs_walk_init(&w.common, kernel, machine, kho, &kho->out);
	w.pages = calloc(w.shape.depth, page_size(&w));
	if (!w.pages)
		return khs_enomem();
	err = visit(&w, &ref);
	if (!err)
		err = walk_strays(&w);
	if (!err)
		khs_walk_sort_nodes(kho);
	return err;
}
