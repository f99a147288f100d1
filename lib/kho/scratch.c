// SPDX-License-Identifier: GPL-2.0-or-later
#include "scratch.h"

#include <endian.h>
#include <string.h>

#include "../base/array.h"
#include "../base/error.h"
#include "vars.h"

/* An array of weight(N_MEMORY) + 2 areas (kho_reserve_scratch()), and 1024 nodes are the most. */
#define MAX_SCRATCH 4096

/* struct kho_scratch is ABI: two u64 (include/linux/kexec_handover.h). */
#define SCRATCH_SIZE 16
#define SCRATCH_ADDR_OFFSET 0
#define SCRATCH_SIZE_OFFSET 8
#define MAX_SCRATCH_SIZE 256

struct scratch_layout {
	size_t size, addr, len;
};

/* False if the types say what no array could be. */
static bool scratch_layout(const struct khs_facts *facts, struct scratch_layout *ret)
{
	*ret = (struct scratch_layout){
		.size = khs_fact_or(facts, KHS_SIZE_KHO_SCRATCH, SCRATCH_SIZE),
		.addr = khs_fact_or(facts, KHS_MEM_KHO_SCRATCH_ADDR, SCRATCH_ADDR_OFFSET),
		.len = khs_fact_or(facts, KHS_MEM_KHO_SCRATCH_SIZE, SCRATCH_SIZE_OFFSET),
	};
	return ret->size >= sizeof(uint64_t) && ret->size <= MAX_SCRATCH_SIZE &&
	       ret->addr <= ret->size - sizeof(uint64_t) &&
	       ret->len <= ret->size - sizeof(uint64_t);
}

static uint64_t u64_at(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static struct khs_error *add_scratch(struct khs_kernel *kernel, struct khs_kho *kho, uint64_t phys,
				     uint64_t size)
{
	uint64_t page = UINT64_C(1) << kernel->page_shift, start = phys >> kernel->page_shift;
	struct khs_scratch_area area = { .start = start, .end = start, .phys = phys, .size = size };

	if (size > UINT64_MAX - page - phys || phys > UINT64_MAX - page)
		kho->scratch_known = false;
	else if (size)
		area.end = (phys + size + page - 1) >> kernel->page_shift;
	if (!khs_array_grow(kho->scratch, kho->nr_scratch, kho->cap_scratch) ||
	    !khs_extents_add(&kho->scratch_pfns, area.start, area.end, 0))
		return khs_enomem();
	kho->scratch[kho->nr_scratch++] = area;
	return NULL;
}

static struct khs_error *read_areas(struct khs_kernel *kernel, struct khs_kho *kho, uint64_t va,
				    uint64_t count)
{
	uint8_t raw[MAX_SCRATCH_SIZE];
	struct scratch_layout layout;
	struct khs_error *err;

	if (!scratch_layout(&kernel->facts, &layout))
		return NULL;
	kho->scratch_known = true;
	kho->scratch_entry = layout.size;
	for (uint64_t i = 0; i < count; i++) {
		if (khs_vm_read_all(kernel->vm, va + i * layout.size, raw, layout.size)) {
			kho->scratch_known = false;
			break;
		}
		err = add_scratch(kernel, kho, u64_at(raw + layout.addr), u64_at(raw + layout.len));
		if (err)
			return err;
	}
	khs_extents_normalize(&kho->scratch_pfns);
	return NULL;
}

/*
 * Where set-up failed the pointer dangles (kho_reserve_scratch() frees the array, not the pointer),
 * and no area is set aside. A boot that was handed memory has them, enabled or not.
 */
static bool has_scratch(const struct khs_kho *kho)
{
	return kho->enabled || kho->handover_boot || !kho->enabled_known;
}

struct khs_error *khs_kho_read_scratch(struct khs_kernel *kernel, struct khs_kho *kho)
{
	uint64_t va, count;

	if (kho->state == KHS_KHO_ABSENT || !has_scratch(kho)) {
		kho->scratch_known = true;
		return NULL;
	}
	if (khs_kho_variable(kernel, KHS_SYM_KHO_SCRATCH, 8, &va) ||
	    khs_kho_variable(kernel, KHS_SYM_KHO_SCRATCH_CNT, 4, &count))
		return NULL;
	if (!va || count > MAX_SCRATCH) {
		kho->scratch_known = !va && !count;
		return NULL;
	}
	return read_areas(kernel, kho, va, count);
}
