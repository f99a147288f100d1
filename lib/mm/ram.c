// SPDX-License-Identifier: GPL-2.0-or-later
#include "ram.h"

#include <stdlib.h>

#include "../base/cleanup.h"
#include "../base/error.h"

/* include/linux/memblock.h:enum memblock_flags; the values are the same since Linux 6.16. */
enum {
	MEMBLOCK_NOMAP = 0x4,
	MEMBLOCK_RSRV_NOINIT = 0x10,
	MEMBLOCK_KNOWN = 0xff,
};

/* More regions than any firmware makes, few enough to read at once. */
enum { MAX_REGIONS = 1 << 16 };

struct memblock_type {
	uint64_t cnt, max, total_size, regions;
};

static uint64_t field(const struct khs_facts *f, const uint8_t *base, enum khs_need_id id)
{
	return khs_load64(base + khs_fact(f, id));
}

static bool all_known(const struct khs_facts *f, const enum khs_need_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!khs_known(f, ids[i]))
			return false;
	}
	return true;
}

static bool read_type(struct khs_mem *mem, enum khs_need_id which, struct memblock_type *type)
{
	static const enum khs_need_id needed[] = {
		KHS_SYM_MEMBLOCK, KHS_MEM_MEMBLOCK_TYPE_CNT, KHS_MEM_MEMBLOCK_TYPE_MAX,
		KHS_MEM_MEMBLOCK_TYPE_TOTAL_SIZE, KHS_MEM_MEMBLOCK_TYPE_REGIONS,
		KHS_MEM_MEMBLOCK_REGION_BASE, KHS_MEM_MEMBLOCK_REGION_SIZE,
		KHS_MEM_MEMBLOCK_REGION_FLAGS, KHS_MEM_MEMBLOCK_REGION_NID,
		KHS_SIZE_MEMBLOCK_REGION,
	};
	const struct khs_facts *f = &mem->kernel->facts;
	const struct {
		enum khs_need_id id;
		uint64_t *to;
	} parts[] = {
		{ KHS_MEM_MEMBLOCK_TYPE_CNT, &type->cnt },
		{ KHS_MEM_MEMBLOCK_TYPE_MAX, &type->max },
		{ KHS_MEM_MEMBLOCK_TYPE_TOTAL_SIZE, &type->total_size },
		{ KHS_MEM_MEMBLOCK_TYPE_REGIONS, &type->regions },
	};

	if (!khs_known(f, which) || !all_known(f, needed, sizeof(needed) / sizeof(needed[0])))
		return false;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		uint64_t va = khs_fact(f, KHS_SYM_MEMBLOCK) + khs_fact(f, which) +
			      khs_fact(f, parts[i].id);

		if (khs_kernel_read_uint(mem->kernel, va, 8, parts[i].to) != KHS_PRESENT)
			return false;
	}
	return type->cnt <= type->max && type->cnt && type->cnt <= MAX_REGIONS;
}

/*
 * mm/memblock.c:memblock_discard() frees arrays that had outgrown the static ones and then clears
 * memblock_memory; after that only the static arrays can be what they were.
 */
static bool array_alive(struct khs_mem *mem, const struct memblock_type *type,
			enum khs_need_id static_array)
{
	const struct khs_facts *f = &mem->kernel->facts;
	uint64_t alive = 0;

	if (khs_known(f, static_array) && type->regions == khs_fact(f, static_array))
		return true;
	return khs_known(f, KHS_SYM_MEMBLOCK_MEMORY_PTR) &&
	       khs_kernel_read_uint(mem->kernel, khs_fact(f, KHS_SYM_MEMBLOCK_MEMORY_PTR), 8,
				    &alive) == KHS_PRESENT &&
	       alive;
}

struct region {
	uint64_t base, size;
	uint32_t flags;
	int32_t nid;
};

/* The regions of a memblock type, checked; *@ret is malloc()ed, NULL if they can't be believed. */
static struct khs_error *read_regions(struct khs_mem *mem, const struct memblock_type *type,
				      struct region **ret)
{
	const struct khs_facts *f = &mem->kernel->facts;
	size_t size = khs_fact(f, KHS_SIZE_MEMBLOCK_REGION);
	_cleanup_free_ uint8_t *raw = NULL;
	_cleanup_free_ struct region *list = NULL;
	uint64_t sum = 0, last = 0;

	*ret = NULL;
	if (size < 24 || size > 64 || khs_fact(f, KHS_MEM_MEMBLOCK_REGION_BASE) > size - 8 ||
	    khs_fact(f, KHS_MEM_MEMBLOCK_REGION_SIZE) > size - 8 ||
	    khs_fact(f, KHS_MEM_MEMBLOCK_REGION_FLAGS) > size - 4 ||
	    khs_fact(f, KHS_MEM_MEMBLOCK_REGION_NID) > size - 4)
		return NULL;
	raw = malloc(type->cnt * size);
	list = calloc(type->cnt, sizeof(*list));
	if (!raw || !list)
		return khs_enomem();
	if (khs_vm_read_all(mem->kernel->vm, type->regions, raw, type->cnt * size) != KHS_PRESENT)
		return NULL;
	for (uint64_t i = 0; i < type->cnt; i++) {
		const uint8_t *r = raw + i * size;

		list[i] = (struct region){
			.base = field(f, r, KHS_MEM_MEMBLOCK_REGION_BASE),
			.size = field(f, r, KHS_MEM_MEMBLOCK_REGION_SIZE),
			.flags = khs_load32(r + khs_fact(f, KHS_MEM_MEMBLOCK_REGION_FLAGS)),
			.nid = (int32_t)khs_load32(r + khs_fact(f, KHS_MEM_MEMBLOCK_REGION_NID)),
		};
		if (list[i].base < last || list[i].base + list[i].size < list[i].base ||
		    list[i].flags & ~MEMBLOCK_KNOWN)
			return NULL;
		last = list[i].base + list[i].size;
		sum += list[i].size;
	}
	/* memblock_trim_memory() cuts regions to whole pages and leaves the total as it was. */
	if (sum > type->total_size ||
	    type->total_size - sum > type->cnt * 2 * (1ull << mem->kernel->page_shift))
		return NULL;
	*ret = khs_steal(list);
	return NULL;
}

static struct khs_error *read_memory(struct khs_mem *mem)
{
	unsigned int shift = mem->kernel->page_shift;
	_cleanup_free_ struct region *list = NULL;
	struct memblock_type type;
	struct khs_error *err;

	if (!read_type(mem, KHS_MEM_MEMBLOCK_MEMORY_, &type) ||
	    !array_alive(mem, &type, KHS_SYM_MEMBLOCK_MEMORY_INIT))
		return NULL;
	err = read_regions(mem, &type, &list);
	if (err || !list)
		return err;
	for (uint64_t i = 0; i < type.cnt; i++) {
		int nid = mem->layout.max_nodes == 1 ? 0 : list[i].nid;

		if (!khs_mem_find_node(mem, nid)) {
			khs_extents_deinit(&mem->memblock);
			return NULL;
		}
		/*
		 * Pages the kernel uses: whole ones, as memblock_region_memory_base_pfn() has it.
		 */
		if (!(list[i].flags & MEMBLOCK_NOMAP) &&
		    !khs_extents_add(&mem->memblock, (list[i].base + (1ull << shift) - 1) >> shift,
				     (list[i].base + list[i].size) >> shift, nid))
			return khs_enomem();
	}
	khs_extents_normalize(&mem->memblock);
	return NULL;
}

static struct khs_error *read_noinit(struct khs_mem *mem)
{
	unsigned int shift = mem->kernel->page_shift;
	_cleanup_free_ struct region *list = NULL;
	struct memblock_type type;
	struct khs_error *err;

	if (!read_type(mem, KHS_MEM_MEMBLOCK_RESERVED_, &type) ||
	    !array_alive(mem, &type, KHS_SYM_MEMBLOCK_RESERVED_INIT))
		return NULL;
	err = read_regions(mem, &type, &list);
	if (err || !list)
		return err;
	for (uint64_t i = 0; i < type.cnt; i++) {
		if (list[i].flags & MEMBLOCK_RSRV_NOINIT &&
		    !khs_extents_add(&mem->noinit, list[i].base >> shift,
				     (list[i].base + list[i].size) >> shift, 0))
			return khs_enomem();
	}
	khs_extents_normalize(&mem->noinit);
	mem->noinit_known = true;
	return NULL;
}

struct numa_block {
	uint64_t start, end, nid;
};

/* The struct numa_memblk at @at; false if it is not there, or can't be one. */
static bool read_numa_block(const struct khs_mem *mem, uint64_t at, struct numa_block *ret)
{
	const struct khs_facts *f = &mem->kernel->facts;
	const struct {
		enum khs_need_id id;
		size_t size;
		uint64_t *to;
	} parts[] = {
		{ KHS_MEM_NUMA_MEMBLK_START, 8, &ret->start },
		{ KHS_MEM_NUMA_MEMBLK_END, 8, &ret->end },
		{ KHS_MEM_NUMA_MEMBLK_NID, 4, &ret->nid },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (khs_kernel_read_uint(mem->kernel, at + khs_fact(f, parts[i].id), parts[i].size,
					 parts[i].to) != KHS_PRESENT)
			return false;
	}
	return ret->start < ret->end && ret->nid < mem->layout.max_nodes;
}

/* mm/numa_memblks.c:numa_meminfo; kept after boot with CONFIG_NUMA_KEEP_MEMINFO. */
static struct khs_error *read_numa_meminfo(struct khs_mem *mem)
{
	static const enum khs_need_id needed[] = {
		KHS_SYM_NUMA_MEMINFO, KHS_MEM_NUMA_MEMINFO_NR_BLKS, KHS_MEM_NUMA_MEMINFO_BLK,
		KHS_MEM_NUMA_MEMBLK_START, KHS_MEM_NUMA_MEMBLK_END, KHS_MEM_NUMA_MEMBLK_NID,
		KHS_SIZE_NUMA_MEMBLK,
	};
	const struct khs_facts *f = &mem->kernel->facts;
	unsigned int shift = mem->kernel->page_shift;
	uint64_t base, count, size;
	struct khs_extents x = { 0 };

	if (!all_known(f, needed, sizeof(needed) / sizeof(needed[0])))
		return NULL;
	base = khs_fact(f, KHS_SYM_NUMA_MEMINFO);
	size = khs_fact(f, KHS_SIZE_NUMA_MEMBLK);
	if (khs_kernel_read_uint(mem->kernel, base + khs_fact(f, KHS_MEM_NUMA_MEMINFO_NR_BLKS), 4,
				 &count) != KHS_PRESENT ||
	    !count || count > f->v[KHS_MEM_NUMA_MEMINFO_BLK].size / (size ? size : 1))
		return NULL;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = base + khs_fact(f, KHS_MEM_NUMA_MEMINFO_BLK) + i * size;
		struct numa_block b;

		if (!read_numa_block(mem, at, &b)) {
			khs_extents_deinit(&x);
			return NULL;
		}
		if (!khs_extents_add(&x, b.start >> shift, b.end >> shift, b.nid)) {
			khs_extents_deinit(&x);
			return khs_enomem();
		}
	}
	if (!khs_extents_normalize(&x)) {
		khs_extents_deinit(&x);
		return NULL;
	}
	mem->numa_meminfo = x;
	return NULL;
}

static bool copy(struct khs_extents *to, const struct khs_extents *from)
{
	for (size_t i = 0; i < from->n; i++) {
		if (!khs_extents_add(to, from->v[i].start, from->v[i].end, from->v[i].tag))
			return false;
	}
	return true;
}

/*
 * Where nothing better is readable: the span of each node, if no two overlap. They may where nodes
 * are interleaved, and then nobody knows whose a page is.
 */
static struct khs_error *read_spans(struct khs_mem *mem)
{
	for (size_t i = 0; i < mem->nr_nodes; i++) {
		const struct khs_node *node = &mem->nodes[i];

		if (!khs_extents_add(&mem->ram, node->start, node->end, node->id))
			return khs_enomem();
	}
	if (!khs_extents_normalize(&mem->ram))
		khs_extents_deinit(&mem->ram);
	if (mem->ram.n)
		mem->ram_source = "node spans";
	return NULL;
}

struct khs_error *khs_ram_read(struct khs_mem *mem)
{
	struct khs_error *err = read_memory(mem);

	if (!err)
		err = read_numa_meminfo(mem);
	if (!err)
		err = read_noinit(mem);
	if (err)
		return err;
	if (mem->memblock.n) {
		mem->ram_source = "memblock";
		mem->ram_exact = true;
		return copy(&mem->ram, &mem->memblock) ? NULL : khs_enomem();
	}
	if (mem->numa_meminfo.n) {
		mem->ram_source = "numa_meminfo";
		return copy(&mem->ram, &mem->numa_meminfo) ? NULL : khs_enomem();
	}
	return read_spans(mem);
}
