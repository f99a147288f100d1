/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A radix tree of preserved pages in a memory dump, built as the kernel does
 * (kernel/liveupdate/kexec_handover.c:kho_radix_add_key()). For the tests of lib/kho; includes what
 * must be included before it.
 */
#ifndef TESTS_KHO_TREE_H
#define TESTS_KHO_TREE_H

#include <string.h>

#include "dump/memory.h"
#include "kho/radix.h"

struct tree {
	struct khs_kernel kernel; /* only what the walk needs */
	struct khs_radix_shape shape;
	uint64_t root;
	uint64_t next; /* where the next node goes */
};

static inline uint64_t tree_page_size(const struct tree *t)
{
	return UINT64_C(1) << t->shape.page_shift;
}

/* A new page of zeros. */
static inline uint64_t tree_page(struct tree *t)
{
	uint64_t pa = t->next;

	assert_true(khs_dump_memory_zero(t->kernel.dump, pa, tree_page_size(t)));
	t->next += tree_page_size(t);
	return pa;
}

static inline void tree_init_in(struct tree *t, struct khs_dump *dump, unsigned int page_shift,
				uint64_t first)
{
	memset(t, 0, sizeof(*t));
	assert_non_null(dump);
	t->kernel.dump = dump;
	t->kernel.page_shift = page_shift;
	t->shape = khs_radix_shape(page_shift);
	t->next = first;
	t->root = tree_page(t);
}

static inline void tree_init(struct tree *t, unsigned int page_shift)
{
	tree_init_in(t, khs_dump_memory_new(), page_shift, 0x100000);
}

static inline void tree_deinit(struct tree *t)
{
	khs_dump_close(t->kernel.dump);
}

/* Word @index of the node at @node. */
static inline uint64_t *tree_word(struct tree *t, uint64_t node, uint64_t index)
{
	uint64_t *words = khs_dump_memory_at(t->kernel.dump, node, tree_page_size(t));

	assert_non_null(words);
	return words + index;
}

static inline uint64_t tree_index(const struct tree *t, uint64_t key, unsigned int level)
{
	unsigned int shift = (level - 1) * t->shape.table_bits + t->shape.leaf_bits;

	return key >> shift & ((UINT64_C(1) << t->shape.table_bits) - 1);
}

/* The node of @level on the way to @key, made if there is none. */
static inline uint64_t tree_node(struct tree *t, uint64_t key, unsigned int level)
{
	uint64_t node = t->root;

	for (unsigned int l = t->shape.depth - 1; l > level; l--) {
		uint64_t index = tree_index(t, key, l);

		if (!*tree_word(t, node, index)) {
			uint64_t made = tree_page(t);

			*tree_word(t, node, index) = made;
		}
		node = *tree_word(t, node, index);
	}
	return node;
}

static inline void tree_add_key(struct tree *t, uint64_t key)
{
	uint64_t bit = key & ((UINT64_C(1) << t->shape.leaf_bits) - 1);

	*tree_word(t, tree_node(t, key, 0), bit / 64) |= UINT64_C(1) << bit % 64;
}

static inline uint64_t tree_add(struct tree *t, uint64_t pfn, unsigned int order)
{
	uint64_t key = khs_radix_encode(&t->shape, pfn, order);

	tree_add_key(t, key);
	return key;
}

#endif
