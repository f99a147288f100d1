// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trackers and lists of kho-v1, in memory of arm64 machines of all page sizes: 128 MB, mapped by
 * blocks of one page of page tables.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "kho/chunks.h"
#include "kho/kho.h"
#include "kho/track.h"
#include "kho_v1.h"

#define MEMORY 0x8000000ULL
#define TABLE 0x10000ULL
#define ORDERS 0x20000ULL /* struct xarray, in a page of its own */
#define FIRST 0x100000ULL /* allocations */
#define VOFFSET 0xffff000000000000ULL
#define ARM_BLOCK 0x0040000000000f01ULL

struct machine {
	unsigned int shift, va_bits;
	uint64_t direct, block;
};

static const struct machine machines[] = {
	{ 12, 39, 0xffffff8000000000, 1ULL << 30 },
	{ 14, 36, 0xfffffff000000000, 1ULL << 25 },
	{ 16, 42, 0xfffffc0000000000, 1ULL << 29 },
};

enum { NR_MACHINES = sizeof(machines) / sizeof(machines[0]) };

struct fixture {
	struct khs_kernel kernel;
	struct khs_extents ram;
	struct khs_kho kho;
	struct khs_chunks chunks;
	struct v1 v;
};

static void know(struct fixture *f, enum khs_need_id id, uint64_t value, uint64_t size)
{
	khs_fact_set(&f->kernel.facts, id, "BTF", khs_needs[id].name, value, size);
}

static void know_all(struct fixture *f)
{
	know(f, KHS_SIZE_KHO_MEM_PHYS_BITS, f->v.bytes, 0);
	know(f, KHS_MEM_KHO_MEM_PHYS_SPANS, 0, V1_XA_SIZE);
	know(f, KHS_MEM_XARRAY_HEAD, V1_XA_HEAD, 8);
	know(f, KHS_MEM_XA_NODE_SHIFT, V1_NODE_SHIFT, 1);
	know(f, KHS_MEM_XA_NODE_OFFSET, V1_NODE_OFFSET, 1);
	know(f, KHS_MEM_XA_NODE_ARRAY, V1_NODE_ARRAY, 8);
	know(f, KHS_MEM_XA_NODE_SLOTS, V1_NODE_SLOTS, 64 * 8);
}

/* @bytes: of a bitmap; 0 is a page. */
static struct fixture *make(const struct machine *m, uint64_t bytes)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint64_t page = 1ULL << m->shift;
	char text[256];

	assert_non_null(f);
	f->kernel.dump = khs_dump_memory_new();
	f->kernel.page_shift = m->shift;
	f->v = (struct v1){
		.dump = f->kernel.dump, .page_shift = m->shift, .direct = m->direct,
		.bytes = bytes ? bytes : page, .orders = ORDERS, .orders_va = m->direct + ORDERS,
		.next = FIRST,
	};
	assert_true(khs_dump_memory_zero(f->v.dump, TABLE, 0x10000));
	assert_true(khs_dump_memory_zero(f->v.dump, ORDERS, 0x10000));
	for (uint64_t i = 0; i * m->block < MEMORY; i++)
		v1_put(&f->v, TABLE + 8 * i, i * m->block | ARM_BLOCK, 8);
	snprintf(text, sizeof(text), "PAGESIZE=%llu\nNUMBER(VA_BITS)=%u\n"
		 "SYMBOL(swapper_pg_dir)=%llx\nNUMBER(kimage_voffset)=0x%llx\n",
		 (unsigned long long)page, m->va_bits, VOFFSET + TABLE, VOFFSET);
	assert_null(khs_vmcoreinfo_parse(text, strlen(text), &f->kernel.vmci));
	assert_null(khs_vm_new(f->kernel.dump, f->kernel.vmci, &f->kernel.vm));
	assert_true(khs_extents_add(&f->ram, 1, MEMORY >> m->shift, 0));
	know_all(f);
	return f;
}

static void delete(struct fixture *f)
{
	khs_kho_deinit(&f->kho);
	khs_extents_deinit(&f->ram);
	khs_vm_free(f->kernel.vm);
	khs_vmcoreinfo_free(f->kernel.vmci);
	khs_dump_close(f->kernel.dump);
	free(f);
}

static int setup(void **state)
{
	*state = make(&machines[0], 0);
	return 0;
}

static int teardown(void **state)
{
	delete(*state);
	return 0;
}

static void begin(struct fixture *f, struct khs_walk *w, struct khs_runs *runs)
{
	const struct khs_machine machine = { &f->ram, MEMORY >> f->v.page_shift, 0 };

	khs_kho_deinit(&f->kho);
	khs_walk_init(w, &f->kernel, &machine, &f->kho, runs);
}

static void track(struct fixture *f)
{
	struct khs_walk w;

	begin(f, &w, &f->kho.out);
	assert_null(khs_track_walk(&w, f->v.orders_va, &f->kho.out_known));
	khs_walk_deinit(&w);
	khs_walk_sort_nodes(&f->kho);
	khs_runs_sort(&f->kho.out);
}

static void list(struct fixture *f, uint64_t first, uint64_t bytes)
{
	struct khs_walk w;

	begin(f, &w, &f->kho.listed);
	assert_null(khs_chunks_walk(&w, first, bytes, &f->chunks));
	khs_walk_deinit(&w);
	khs_walk_sort_nodes(&f->kho);
	khs_runs_sort(&f->kho.listed);
}

static void expect_run(const struct khs_runs *runs, size_t i, uint64_t pfn, unsigned int order,
		       uint64_t count)
{
	assert_true(i < runs->n);
	assert_int_equal(runs->v[i].pfn, pfn);
	assert_int_equal(runs->v[i].order, order);
	assert_int_equal(runs->v[i].count, count);
	assert_int_equal(runs->v[i].state, KHS_RANGE_PRESERVED);
}

static const struct khs_map_problem *only_problem(const struct fixture *f,
						  enum khs_map_problem_kind kind,
						  enum khs_map_part part)
{
	assert_int_equal(f->kho.nr_problems, 1);
	assert_int_equal(f->kho.problems[0].kind, kind);
	assert_int_equal(f->kho.problems[0].part, part);
	return &f->kho.problems[0];
}

/* ---- healthy -------------------------------------------------------------------------------- */

/* Runs over the edges of bitmaps of either size, and orders up to more than a bitmap is wide. */
static void preserve_some(struct v1 *v)
{
	for (uint64_t pfn = 0x40; pfn < 0x50; pfn++)
		v1_preserve(v, pfn, 0);
	v1_preserve(v, 0x100, 8);
	v1_preserve(v, 0x300, 8);
	v1_preserve(v, 0x400, 8);
	v1_preserve(v, 0x400, 10);
}

static void expect_some(const struct khs_runs *runs)
{
	assert_int_equal(runs->n, 4);
	expect_run(runs, 0, 0x40, 0, 0x10);
	expect_run(runs, 1, 0x100, 8, 1);
	expect_run(runs, 2, 0x300, 8, 2);
	expect_run(runs, 3, 0x400, 10, 1);
}

static void every_page_size(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_MACHINES; i++) {
		for (unsigned int small = 0; small < 2; small++) {
			struct fixture *f = make(&machines[i], small ? 512 : 0);

			preserve_some(&f->v);
			track(f);
			assert_true(f->kho.out_known);
			assert_int_equal(f->kho.nr_problems, 0);
			expect_some(&f->kho.out);
			list(f, v1_serialize(&f->v, 0x100), f->v.bytes);
			assert_true(f->chunks.whole);
			assert_false(f->chunks.foreign);
			assert_int_equal(f->chunks.bitmap_bytes, f->v.bytes);
			assert_int_equal(f->kho.nr_problems, 0);
			expect_some(&f->kho.listed);
			delete(f);
		}
	}
}

static void small_bitmaps(void **state)
{
	struct fixture *f = make(&machines[0], 512);

	(void)state;
	for (uint64_t pfn = 0; pfn < MEMORY >> 12; pfn += 4096)
		v1_preserve(&f->v, pfn + 7, 0);
	track(f);
	assert_int_equal(f->kho.nr_problems, 0);
	assert_int_equal(f->kho.out.n, 8);
	expect_run(&f->kho.out, 7, 0x7007, 0, 1);
	delete(f);
}

/*
 * More bitmaps than an xarray's node has slots, and than a chunk has elements. Each has one bit,
 * for a page that is no RAM of this machine in most: nobody's mistake but a driver's.
 */
static void many_chunks(void **state)
{
	struct fixture *f = make(&machines[0], 512);
	uint64_t first;

	(void)state;
	for (uint64_t i = 0; i < 600; i++)
		v1_preserve(&f->v, i * 4096 + 9, 0);
	first = v1_serialize(&f->v, 600);
	assert_int_equal(f->v.nr_chunks, 3);
	track(f);
	assert_int_equal(f->kho.nr_problems, 0);
	assert_int_equal(f->kho.out.n, 600);
	expect_run(&f->kho.out, 599, 599 * 4096 + 9, 0, 1);
	list(f, first, 512);
	assert_true(f->chunks.whole);
	assert_int_equal(f->kho.nr_problems, 0);
	assert_int_equal(f->kho.listed.n, 600);
	expect_run(&f->kho.listed, 599, 599 * 4096 + 9, 0, 1);
	/* Small bitmaps share pages, a page is one node. */
	for (size_t i = 1; i < f->kho.nr_nodes; i++)
		assert_true(f->kho.nodes[i].pfn > f->kho.nodes[i - 1].pfn);
	assert_true(f->kho.nr_nodes < 100);
	delete(f);
}

static void empty(void **state)
{
	struct fixture *f = *state;

	track(f);
	assert_true(f->kho.out_known);
	assert_int_equal(f->kho.out.n, 0);
	assert_int_equal(f->kho.nr_nodes, 0);
	assert_int_equal(f->kho.nr_problems, 0);
	/* An order whose bits are all clear again keeps its bitmap, and its chunk. */
	v1_preserve(&f->v, 0x1000, 3);
	memset(khs_dump_memory_at(f->v.dump, v1_bitmap(&f->v, 0x1000, 3), 4096), 0, 4096);
	track(f);
	assert_int_equal(f->kho.out.n, 0);
	assert_int_equal(f->kho.nr_nodes, 1);
	list(f, v1_serialize(&f->v, 8), 4096);
	assert_true(f->chunks.whole);
	assert_int_equal(f->kho.nr_nodes, 2);
	assert_int_equal(f->kho.nr_problems, 0);
}

static void types_are_unknown(void **state)
{
	static const enum khs_need_id needed[] = {
		KHS_SIZE_KHO_MEM_PHYS_BITS, KHS_MEM_KHO_MEM_PHYS_SPANS, KHS_MEM_XARRAY_HEAD,
		KHS_MEM_XA_NODE_SHIFT, KHS_MEM_XA_NODE_SLOTS,
	};
	struct fixture *f = *state;

	preserve_some(&f->v);
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		struct khs_fact was = f->kernel.facts.v[needed[i]];

		f->kernel.facts.v[needed[i]] = (struct khs_fact){ 0 };
		track(f);
		assert_false(f->kho.out_known);
		assert_int_equal(f->kho.out.n, 0);
		f->kernel.facts.v[needed[i]] = was;
	}
	/* A kernel of CONFIG_BASE_SMALL has 16 slots; no other has 8, nor bitmaps of 1024 bytes. */
	f->kernel.facts.v[KHS_MEM_XA_NODE_SLOTS].size = 64;
	track(f);
	assert_false(f->kho.out_known);
	f->kernel.facts.v[KHS_MEM_XA_NODE_SLOTS].size = 512;
	f->kernel.facts.v[KHS_SIZE_KHO_MEM_PHYS_BITS].value = 1024;
	track(f);
	assert_false(f->kho.out_known);
}

/* ---- a hostile tracker ---------------------------------------------------------------------- */

/* The node that holds order 0 and 8; the xarray of order 8, with one entry, in its head. */
static uint64_t orders_node(struct fixture *f)
{
	return v1_node_pa(&f->v, v1_get(&f->v, ORDERS + V1_XA_HEAD, 8));
}

static void bad_node(void **state)
{
	static const struct {
		unsigned int at, size;
		uint64_t value;
	} bad[] = {
		{ V1_NODE_SHIFT, 1, 7 },  /* no multiple */
		{ V1_NODE_SHIFT, 1, 66 },
		{ V1_NODE_SHIFT, 1, 255 },
		{ V1_NODE_OFFSET, 1, 1 },
		{ V1_NODE_ARRAY, 8, 0xffffff8000000000 },
	};
	struct fixture *f = *state;

	preserve_some(&f->v);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t at = orders_node(f) + bad[i].at, was = v1_get(&f->v, at, bad[i].size);

		v1_put(&f->v, at, bad[i].value, bad[i].size);
		track(f);
		assert_true(f->kho.out_known);
		assert_true(only_problem(f, KHS_MAP_NO_PART, KHS_MAP_ORDERS)->node ==
			    orders_node(f));
		v1_put(&f->v, at, was, bad[i].size);
	}
	/* With a possible shift, but too high, orders 8 and 10 are none. */
	v1_put(&f->v, orders_node(f) + V1_NODE_SHIFT, 6, 1);
	track(f);
	assert_int_equal(f->kho.nr_problems, 2);
	assert_int_equal(f->kho.problems[1].kind, KHS_MAP_BAD_INDEX);
	assert_int_equal(f->kho.problems[1].index, 10);
	v1_put(&f->v, orders_node(f) + V1_NODE_SHIFT, 0, 1);
	track(f);
	assert_int_equal(f->kho.nr_problems, 0);
}

static void bad_head(void **state)
{
	static const struct {
		uint64_t entry;
		enum khs_map_problem_kind kind;
	} bad[] = {
		{ 0xffffff8000100006, KHS_MAP_MISALIGNED }, /* a node off by four */
		{ 0xffffff8009000002, KHS_MAP_NOT_RAM },    /* beyond memory */
		{ 0xdead000000000102, KHS_MAP_NOT_RAM },    /* no address */
		{ 0xfffffffffffffffe, KHS_MAP_MISALIGNED }, /* an error that was stored */
		{ 0xffffff8000000202, KHS_MAP_NOT_RAM },    /* page 0 is not in RAM here */
		{ 0xffa, KHS_MAP_NO_PART },                 /* an internal entry of no meaning */
		{ 0x101, KHS_MAP_MISALIGNED },              /* a value, for a pointer */
		{ 0xffffff8000100004, KHS_MAP_MISALIGNED },
		{ 0xffffff8009000000, KHS_MAP_NOT_RAM },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		v1_put(&f->v, ORDERS + V1_XA_HEAD, bad[i].entry, 8);
		track(f);
		assert_int_equal(f->kho.out.n, 0);
		only_problem(f, bad[i].kind, KHS_MAP_ORDERS);
		assert_true(f->kho.problems[0].entry == bad[i].entry);
		assert_true(f->kho.problems[0].parent == ORDERS);
	}
	/* Retry and zero entries are for writers: nothing is there. */
	v1_put(&f->v, ORDERS + V1_XA_HEAD, 0x402, 8);
	track(f);
	assert_int_equal(f->kho.nr_problems, 0);
	v1_put(&f->v, ORDERS + V1_XA_HEAD, 0x406, 8);
	track(f);
	assert_int_equal(f->kho.nr_problems, 0);
}

/* A tower of nodes as high as indices allow, and one that leads back into itself. */
static void depth_and_cycles(void **state)
{
	struct fixture *f = *state;
	uint64_t node, top;

	v1_store(&f->v, ORDERS, f->v.orders_va, 1ULL << 62, f->v.direct + 0x200000);
	track(f);
	assert_int_equal(f->kho.out.n, 0);
	only_problem(f, KHS_MAP_BAD_INDEX, KHS_MAP_ORDERS);
	/* Slots of the top node beyond the sixteenth have no index. */
	top = orders_node(f);
	assert_int_equal(v1_get(&f->v, top, 1), 60);
	v1_put(&f->v, v1_slot(top, 40), f->v.direct + 0x200000, 8);
	track(f);
	assert_int_equal(f->kho.nr_problems, 2);
	assert_int_equal(f->kho.problems[1].index, 40);
	/* Each of the levels below leads to the top. */
	node = v1_node_pa(&f->v, v1_get(&f->v, v1_slot(top, 4), 8));
	for (unsigned int i = 0; i < 64; i++)
		v1_put(&f->v, v1_slot(node, i), (f->v.direct + top) | 2, 8);
	track(f);
	assert_true(f->kho.nr_problems <= 3);
	assert_int_equal(f->kho.problems[0].kind, KHS_MAP_SEEN_TWICE);
	assert_int_equal(f->kho.problems[0].count, 64);
}

static void two_orders_share_a_bitmap(void **state)
{
	struct fixture *f = *state;
	uint64_t at;

	preserve_some(&f->v);
	at = v1_find(&f->v, v1_phys(&f->v, 10), 0);
	v1_put(&f->v, at, f->v.direct + v1_bitmap(&f->v, 0x100, 8), 8);
	track(f);
	only_problem(f, KHS_MAP_SEEN_TWICE, KHS_MAP_SPANS);
	assert_int_equal(f->kho.out.n, 3);
	/* Two orders share an array of bitmaps. */
	at = v1_find(&f->v, ORDERS, 10);
	v1_put(&f->v, at, f->v.direct + v1_phys(&f->v, 8), 8);
	track(f);
	only_problem(f, KHS_MAP_SEEN_TWICE, KHS_MAP_ORDERS);
}

static void impossible_places(void **state)
{
	struct fixture *f = *state;
	uint64_t phys, bitmap = v1_alloc(&f->v, 4096);

	/* An order beyond any memory. */
	v1_store(&f->v, ORDERS, f->v.orders_va, 52, f->v.direct + 0x200000);
	track(f);
	only_problem(f, KHS_MAP_BAD_INDEX, KHS_MAP_ORDERS);
	v1_put(&f->v, ORDERS + V1_XA_HEAD, 0, 8);
	/* A bitmap beyond any memory. */
	v1_preserve(&f->v, 0x1000, 0);
	phys = v1_phys(&f->v, 0);
	v1_store(&f->v, phys, f->v.direct + phys, 1ULL << 25, f->v.direct + bitmap);
	track(f);
	only_problem(f, KHS_MAP_BAD_INDEX, KHS_MAP_SPANS);
	assert_int_equal(f->kho.out.n, 1);
	v1_put(&f->v, v1_find(&f->v, phys, 1ULL << 25), 0, 8);
	/* Bits beyond memory in one, but possible: few are taken, many make it no bitmap. */
	v1_store(&f->v, phys, f->v.direct + phys, 1, f->v.direct + bitmap);
	v1_put(&f->v, bitmap, 0x5555, 8);
	track(f);
	assert_int_equal(f->kho.nr_problems, 0);
	assert_int_equal(f->kho.out.n, 9);
	v1_put(&f->v, bitmap + 8, 0x1, 8);
	track(f);
	assert_int_equal(f->kho.out.n, 1);
	assert_true(only_problem(f, KHS_MAP_NO_PART, KHS_MAP_SPANS)->node == bitmap);
}

static void absent(void **state)
{
	struct fixture *f = *state;
	uint64_t bitmap;

	preserve_some(&f->v);
	bitmap = v1_bitmap(&f->v, 0x40, 0);
	assert_true(khs_dump_memory_mark(f->v.dump, bitmap, 4096, KHS_EXCLUDED));
	track(f);
	assert_true(f->kho.out_known);
	assert_int_equal(f->kho.nodes_absent, 1);
	assert_int_equal(only_problem(f, KHS_MAP_ABSENT, KHS_MAP_SPANS)->presence, KHS_EXCLUDED);
	assert_int_equal(f->kho.out.n, 3);
	/* Its page counts as one of the map all the same. */
	assert_int_equal(f->kho.nr_nodes, 3);
	assert_true(khs_dump_memory_mark(f->v.dump, orders_node(f) & -4096, 4096, KHS_MISSING));
	track(f);
	assert_int_equal(f->kho.nodes_absent, 1);
	only_problem(f, KHS_MAP_ABSENT, KHS_MAP_ORDERS);
	assert_int_equal(f->kho.out.n, 0);
	assert_true(khs_dump_memory_mark(f->v.dump, ORDERS, 4096, KHS_MISSING));
	track(f);
	assert_false(f->kho.out_known);
	assert_int_equal(f->kho.nr_problems, 0);
}

/* ---- a hostile list ------------------------------------------------------------------------- */

static void bad_chunks(void **state)
{
	struct fixture *f = *state;
	uint64_t first, second;

	preserve_some(&f->v);
	first = v1_serialize(&f->v, 8);
	second = f->v.chunks[1];
	assert_int_equal(f->v.nr_chunks, 3);
	/* The list leads back. */
	v1_put(&f->v, f->v.chunks[2], first, 8);
	list(f, first, 4096);
	assert_false(f->chunks.whole);
	only_problem(f, KHS_MAP_SEEN_TWICE, KHS_MAP_CHUNK);
	expect_some(&f->kho.listed);
	v1_put(&f->v, f->v.chunks[2], 0, 8);
	/* Pointers to nothing. */
	v1_put(&f->v, first, second + 8, 8);
	list(f, first, 4096);
	assert_false(f->chunks.whole);
	assert_true(only_problem(f, KHS_MAP_MISALIGNED, KHS_MAP_CHUNK)->parent == first);
	assert_int_equal(f->kho.listed.n, 1);
	v1_put(&f->v, first, 0xffff888000000000, 8);
	list(f, first, 4096);
	only_problem(f, KHS_MAP_NOT_RAM, KHS_MAP_CHUNK);
	v1_put(&f->v, first, second, 8);
	/* More elements than fit; an order beyond any memory. */
	v1_put(&f->v, second + 12, 256, 4);
	list(f, first, 4096);
	assert_true(only_problem(f, KHS_MAP_NO_PART, KHS_MAP_CHUNK)->node == second);
	assert_false(f->chunks.whole);
	assert_int_equal(f->kho.listed.n, 1);
	v1_put(&f->v, second + 12, UINT32_MAX, 4);
	list(f, first, 4096);
	only_problem(f, KHS_MAP_NO_PART, KHS_MAP_CHUNK);
	v1_put(&f->v, second + 12, 1, 4);
	v1_put(&f->v, second + 8, 0xffffffff, 4);
	list(f, first, 4096);
	only_problem(f, KHS_MAP_NO_PART, KHS_MAP_CHUNK);
	v1_put(&f->v, second + 8, 8, 4);
	/* The first is none. */
	list(f, first + 4, 4096);
	only_problem(f, KHS_MAP_MISALIGNED, KHS_MAP_CHUNK);
	/* Absent. */
	assert_true(khs_dump_memory_mark(f->v.dump, second, 4096, KHS_EXCLUDED));
	list(f, first, 4096);
	assert_false(f->chunks.whole);
	assert_int_equal(f->kho.nodes_absent, 1);
	only_problem(f, KHS_MAP_ABSENT, KHS_MAP_CHUNK);
}

static void bad_elements(void **state)
{
	struct fixture *f = *state;
	uint64_t first, element;

	preserve_some(&f->v);
	first = v1_serialize(&f->v, 8);
	element = v1_element(f->v.chunks[1], 0);
	v1_put(&f->v, element, 0x1000, 8);
	list(f, first, 4096);
	assert_true(f->chunks.whole);
	only_problem(f, KHS_MAP_BAD_INDEX, KHS_MAP_CHUNK);
	assert_int_equal(f->kho.listed.n, 2);
	v1_put(&f->v, element, 1ULL << 52, 8);
	list(f, first, 4096);
	only_problem(f, KHS_MAP_BAD_INDEX, KHS_MAP_CHUNK);
	v1_put(&f->v, element, 0, 8);
	v1_put(&f->v, element + 8, v1_bitmap(&f->v, 0x40, 0) + 512, 8);
	list(f, first, 4096);
	only_problem(f, KHS_MAP_MISALIGNED, KHS_MAP_CHUNK);
	v1_put(&f->v, element + 8, 0, 8);
	list(f, first, 4096);
	only_problem(f, KHS_MAP_NOT_RAM, KHS_MAP_CHUNK);
	v1_put(&f->v, element + 8, v1_bitmap(&f->v, 0x40, 0), 8);
	list(f, first, 4096);
	only_problem(f, KHS_MAP_SEEN_TWICE, KHS_MAP_CHUNK);
	assert_true(f->chunks.whole);
}

/* A list of small bitmaps, which a kernel with large ones would read as others. */
static void foreign_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_MACHINES; i++) {
		struct fixture *f = make(&machines[i], 512);
		uint64_t first, page = 1ULL << machines[i].shift;

		preserve_some(&f->v);
		for (uint64_t k = 0; k < 5; k++)
			v1_preserve(&f->v, 0x1100 + k * 4096, 0);
		first = v1_serialize(&f->v, 16);
		list(f, first, page);
		assert_true(f->chunks.whole);
		assert_true(f->chunks.foreign);
		assert_int_equal(f->chunks.bitmap_bytes, 512);
		/* Beyond the machine's memory on some of them, but taken. */
		assert_int_equal(f->kho.nr_problems, 0);
		assert_int_equal(f->kho.listed.n, 9);
		delete(f);
	}
}

/* ---- noise ---------------------------------------------------------------------------------- */

static uint64_t noise(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* Words of the whole tracker and list exchanged for noise, or for other words of it. */
static void noise_everywhere(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;

	(void)state;
	for (unsigned int round = 0; round < 300; round++) {
		const struct machine *m = &machines[round % NR_MACHINES];
		struct fixture *f = make(m, round & 1 ? 512 : 0);
		uint64_t first, words;

		preserve_some(&f->v);
		for (uint64_t i = 0; i < 100; i++)
			v1_preserve(&f->v, i << 8, 1 + i % 8);
		first = v1_serialize(&f->v, 16);
		words = (f->v.next - FIRST) / 8;
		for (unsigned int i = 0; i < 1u << round % 9; i++) {
			uint64_t at = FIRST + noise(&seed) % words * 8;
			uint64_t from = FIRST + noise(&seed) % words * 8;

			v1_put(&f->v, at, i & 1 ? noise(&seed) : v1_get(&f->v, from, 8), 8);
		}
		track(f);
		/* No more than there are entries: a slot, an element or a bit each. */
		assert_true(f->kho.nr_problems <= words);
		assert_true(f->kho.out.n <= words * 64);
		list(f, first, f->v.bytes);
		assert_true(f->kho.nr_problems <= words);
		delete(f);
	}
}

static bool always(void *arg)
{
	(void)arg;
	return true;
}

static void an_interrupt_ends_it(void **state)
{
	struct fixture *f = *state;
	_cleanup_error_ struct khs_error *err = NULL, *other = NULL;
	struct khs_walk w;
	bool known;

	preserve_some(&f->v);
	f->kernel.opts.interrupted = always;
	begin(f, &w, &f->kho.out);
	err = khs_track_walk(&w, f->v.orders_va, &known);
	assert_int_equal(khs_error_code(err), KHS_ERR_INTERRUPTED);
	khs_walk_deinit(&w);
	begin(f, &w, &f->kho.listed);
	other = khs_chunks_walk(&w, v1_serialize(&f->v, 8), 4096, &f->chunks);
	assert_int_equal(khs_error_code(other), KHS_ERR_INTERRUPTED);
	khs_walk_deinit(&w);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_page_size),
		cmocka_unit_test(small_bitmaps),
		cmocka_unit_test(many_chunks),
		TEST(empty),
		TEST(types_are_unknown),
		TEST(bad_node),
		TEST(bad_head),
		TEST(depth_and_cycles),
		TEST(two_orders_share_a_bitmap),
		TEST(impossible_places),
		TEST(absent),
		TEST(bad_chunks),
		TEST(bad_elements),
		cmocka_unit_test(foreign_list),
		cmocka_unit_test(noise_everywhere),
		TEST(an_interrupt_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
