// SPDX-License-Identifier: GPL-2.0-or-later
#include "sections.h"

#include <stdlib.h>

#include "../base/cleanup.h"
#include "../base/error.h"

/* include/linux/mmzone.h; fixed since they were introduced, and the fallback without types. */
enum { HAS_MEM_MAP_BIT = 1, IS_ONLINE_BIT = 2, IS_EARLY_BIT = 3, MAP_LAST_BIT = 6 };

/* include/linux/mmzone.h:SUBSECTION_SHIFT */
enum { SUBSECTION_SHIFT = 21 };

/*
 * SECTION_SIZE_BITS is 27 on x86_64 and 27 or 29 on arm64 (asm/sparsemem.h). With less a few MiB of
 * dump could claim more sections than there is memory to note them in.
 */
enum { MIN_SECTION_SIZE_BITS = 27, MAX_SECTION_SIZE_BITS = 40 };

struct section_bits {
	uint64_t has_map, online, early, address;
};

static uint64_t bit_of(const struct khs_facts *f, enum khs_need_id id, unsigned int usual)
{
	uint64_t bit = khs_fact_or(f, id, usual);

	return 1ull << (bit < 64 ? bit : usual);
}

static struct section_bits section_bits(const struct khs_facts *f)
{
	return (struct section_bits){
		.has_map = bit_of(f, KHS_ENUM_SECTION_HAS_MEM_MAP_BIT, HAS_MEM_MAP_BIT),
		.online = bit_of(f, KHS_ENUM_SECTION_IS_ONLINE_BIT, IS_ONLINE_BIT),
		.early = bit_of(f, KHS_ENUM_SECTION_IS_EARLY_BIT, IS_EARLY_BIT),
		.address = ~(bit_of(f, KHS_ENUM_SECTION_MAP_LAST_BIT, MAP_LAST_BIT) - 1),
	};
}

static struct khs_error *add_pages(struct khs_mem *mem, uint64_t start, uint64_t end, int32_t tag)
{
	return khs_extents_add(&mem->sections, start, end, tag) ? NULL : khs_enomem();
}

/*
 * A section that was hot-added may have a memory map for some of its 2 MiB subsections only
 * (mm/sparse.c:pfn_section_valid). Unreadable bits count as valid: the pages' own absence will
 * tell.
 */
static struct khs_error *add_partial(struct khs_mem *mem, uint64_t start, uint64_t pages,
				     uint64_t usage, int32_t tag)
{
	const struct khs_facts *f = &mem->kernel->facts;
	uint64_t unit = 1ull << (SUBSECTION_SHIFT - mem->kernel->page_shift);
	uint64_t map[64], bits = pages / unit;

	if (!usage || !khs_known(f, KHS_MEM_USAGE_SUBSECTION_MAP) || bits > 64 * 64 ||
	    khs_vm_read_all(mem->kernel->vm, usage + khs_fact(f, KHS_MEM_USAGE_SUBSECTION_MAP), map,
			    (bits + 63) / 64 * 8) != KHS_PRESENT)
		return add_pages(mem, start, start + pages, tag);
	for (uint64_t i = 0; i < bits; i++) {
		uint64_t at = start + i * unit;
		struct khs_error *err = NULL;

		if (map[i / 64] >> (i % 64) & 1)
			err = add_pages(mem, at, at + unit, tag);
		if (err)
			return err;
	}
	return NULL;
}

static struct khs_error *add_section(struct khs_mem *mem, const struct section_bits *bits,
				     uint64_t nr, const uint8_t *section)
{
	const struct khs_facts *f = &mem->kernel->facts;
	uint64_t map = khs_load64(section + khs_fact(f, KHS_MEM_MEM_SECTION_MAP));
	uint64_t pages = 1ull << mem->section_shift, start = nr * pages, usage = 0;
	int32_t tag = 0;

	if (!(map & bits->has_map))
		return NULL;
	if (map & bits->online)
		tag |= KHS_SECTION_ONLINE;
	if (map & bits->early)
		tag |= KHS_SECTION_EARLY;
	if (!mem->vmemmap)
		mem->vmemmap = map & bits->address;
	if (khs_known(f, KHS_MEM_MEM_SECTION_USAGE))
		usage = khs_load64(section + khs_fact(f, KHS_MEM_MEM_SECTION_USAGE));
	if (!(tag & KHS_SECTION_EARLY))
		return add_partial(mem, start, pages, usage, tag);
	return add_pages(mem, start, start + pages, tag);
}

static struct khs_error *read_root(struct khs_mem *mem, const struct section_bits *bits,
				   uint64_t address, uint64_t first, uint64_t count, uint8_t *buf)
{
	size_t size = khs_fact(&mem->kernel->facts, KHS_SIZE_MEM_SECTION);
	enum khs_presence p = khs_vm_read_all(mem->kernel->vm, address, buf, count * size);

	if (p != KHS_PRESENT)
		return khs_error_new(KHS_ERR_NODATA, "sections 0x%llx and up: %s",
				     (unsigned long long)first, khs_presence_text(p));
	for (uint64_t i = 0; i < count; i++) {
		struct khs_error *err = add_section(mem, bits, first + i, buf + i * size);

		if (err)
			return err;
	}
	return NULL;
}

static struct khs_error *read_roots(struct khs_mem *mem, uint64_t roots, uint64_t per_root)
{
	const struct section_bits bits = section_bits(&mem->kernel->facts);
	uint64_t array = khs_fact(&mem->kernel->facts, KHS_KEY_MEM_SECTION);
	_cleanup_free_ uint64_t *root = calloc(roots, sizeof(*root));
	_cleanup_free_ uint8_t *buf = malloc(1ull << mem->kernel->page_shift);
	enum khs_presence p;

	if (!root || !buf)
		return khs_enomem();
	if (!array)
		return khs_error_new(KHS_ERR_NODATA, "none yet: the kernel had not come to "
				     "sparse_init()");
	p = khs_vm_read_all(mem->kernel->vm, array, root, roots * sizeof(*root));
	if (p != KHS_PRESENT)
		return khs_error_new(KHS_ERR_NODATA, "mem_section at 0x%llx: %s",
				     (unsigned long long)array, khs_presence_text(p));
	for (uint64_t i = 0; i < roots; i++) {
		struct khs_error *err = NULL;

		if (root[i])
			err = read_root(mem, &bits, root[i], i * per_root, per_root, buf);
		if (err)
			return err;
	}
	return NULL;
}

/* VMCOREINFO's word, then the variable x86 keeps it in; else the first section's tells. */
static void find_vmemmap(struct khs_mem *mem)
{
	const struct khs_facts *f = &mem->kernel->facts;

	if (khs_known(f, KHS_KEY_VMEMMAP))
		mem->vmemmap = khs_fact(f, KHS_KEY_VMEMMAP);
	else if (!khs_known(f, KHS_SYM_VMEMMAP_BASE) ||
		 khs_kernel_read_uint(mem->kernel, khs_fact(f, KHS_SYM_VMEMMAP_BASE), 8,
				      &mem->vmemmap) != KHS_PRESENT)
		mem->vmemmap = 0;
}

struct khs_error *khs_sections_read(struct khs_mem *mem)
{
	const struct khs_facts *f = &mem->kernel->facts;
	unsigned int page_shift = mem->kernel->page_shift;
	uint64_t bits = khs_fact(f, KHS_KEY_SECTION_SIZE_BITS);
	uint64_t phys_bits = khs_fact(f, KHS_KEY_MAX_PHYSMEM_BITS);
	uint64_t size = khs_fact(f, KHS_SIZE_MEM_SECTION);
	uint64_t roots = khs_fact(f, KHS_KEY_MEM_SECTION_LENGTH), per_root, sections;
	struct khs_error *err;

	if (bits < MIN_SECTION_SIZE_BITS || bits > MAX_SECTION_SIZE_BITS || phys_bits <= bits ||
	    phys_bits > 52)
		return khs_error_new(KHS_ERR_CORRUPT, "sections of 2^%llu bytes in 2^%llu",
				     (unsigned long long)bits, (unsigned long long)phys_bits);
	if (size < 16 || size > 64 || (size & (size - 1)) ||
	    khs_fact(f, KHS_MEM_MEM_SECTION_MAP) > size - 8 ||
	    khs_fact_or(f, KHS_MEM_MEM_SECTION_USAGE, 0) > size - 8)
		return khs_error_new(KHS_ERR_CORRUPT, "struct mem_section of %llu bytes",
				     (unsigned long long)size);
	mem->section_shift = bits - page_shift;
	per_root = (1ull << page_shift) / size;
	sections = 1ull << (phys_bits - bits);
	if (roots != (sections + per_root - 1) / per_root)
		return khs_error_new(KHS_ERR_UNSUPPORTED, "%llu section roots where "
				     "SPARSEMEM_EXTREME has %llu",
				     (unsigned long long)roots,
				     (unsigned long long)((sections + per_root - 1) / per_root));
	find_vmemmap(mem);
	err = read_roots(mem, roots, per_root);
	if (err)
		return err;
	khs_extents_normalize(&mem->sections);
	if (mem->kernel->early && !mem->sections.n)
		return khs_error_new(KHS_ERR_NODATA, "none has a memory map yet: the kernel had "
				     "not come through sparse_init()");
	if (!mem->sections.n || !mem->vmemmap)
		return khs_error_new(KHS_ERR_CORRUPT, "no section has a memory map");
	mem->max_pfn = mem->sections.v[mem->sections.n - 1].end;
	return NULL;
}
