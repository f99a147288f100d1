// SPDX-License-Identifier: GPL-2.0-or-later
/* The preserved-memory map of 7.1 and later: include/linux/kho/abi/kexec_handover.h. */
#include "kho.h"

struct tree {
	struct machine *m;
	unsigned int depth; /* of the dumped kernel: 7.1-rc1 to rc5 had one less with 16K pages */
	unsigned int table_bits, leaf_bits;
	uint64_t root;
};

static uint64_t new_node(struct machine *m)
{
	return heap_alloc(m, 0) << m->page_shift;
}

/* kho_radix_encode_key() */
static uint64_t key_of(const struct machine *m, const struct block *b)
{
	return 1ull << (64 - m->page_shift - b->order) | b->pfn >> b->order;
}

/* Where in @node the entry for @key is, @level being the node's. */
static uint64_t slot_of(const struct tree *t, uint64_t node, uint64_t key, unsigned int level)
{
	unsigned int shift = (level - 1) * t->table_bits + t->leaf_bits;

	return node + 8 * (key >> shift & ((1ull << t->table_bits) - 1));
}

/* kho_radix_add_key() */
static void add_key(struct tree *t, uint64_t key)
{
	struct memory *mem = &t->m->mem;
	uint64_t node = t->root, bit = key & ((1ull << t->leaf_bits) - 1), byte;

	for (unsigned int level = t->depth - 1; level; level--) {
		uint64_t slot = slot_of(t, node, key, level);

		if (!memory_get(mem, slot, 8))
			memory_put(mem, slot, new_node(t->m), 8);
		node = memory_get(mem, slot, 8);
	}
	byte = node + bit / 8;
	memory_put(mem, byte, memory_get(mem, byte, 1) | 1u << bit % 8, 1);
}

static struct tree tree_of(struct machine *m, uint64_t root)
{
	return (struct tree){
		.m = m, .depth = layout_number(&m->lay, "DEPTH"),
		.table_bits = m->page_shift - 3, .leaf_bits = m->page_shift + 3, .root = root,
	};
}

uint64_t radix_write(struct machine *m)
{
	struct tree t = tree_of(m, new_node(m));

	set(m, "kho_out.radix_tree.root", direct_va(m, t.root));
	for (size_t i = 0; i < m->preserved.n; i++)
		add_key(&t, key_of(m, &m->preserved.v[i]));
	return t.root;
}

uint64_t radix_entry(const struct machine *m, const struct block *b, unsigned int level)
{
	const struct tree t = tree_of((struct machine *)m, m->ho->map);
	uint64_t node = t.root, slot = 0;

	for (unsigned int at_level = t.depth - 1; at_level >= level && at_level; at_level--) {
		slot = slot_of(&t, node, key_of(m, b), at_level);
		node = memory_get(&m->mem, slot, 8);
	}
	return slot;
}
