// SPDX-License-Identifier: GPL-2.0-or-later
#include "walk.h"

#include <stdlib.h>

#include "../base/array.h"
#include "../base/error.h"

/* Ask for an interrupt every so many visits. */
#define POLL_VISITS 64

/* The most that MAX_PHYSMEM_BITS can be (arch/{x86,arm64}/include/asm/sparsemem.h). */
#define PHYSMEM_BITS 52

/* Where physical addresses end. Both architectures stop at 52 bits. */
static uint64_t end_of_addresses(const struct khs_kernel *kernel)
{
	uint64_t bits = khs_fact_or(&kernel->facts, KHS_KEY_MAX_PHYSMEM_BITS, PHYSMEM_BITS);

	if (bits <= kernel->page_shift || bits > PHYSMEM_BITS)
		bits = PHYSMEM_BITS;
	return UINT64_C(1) << (bits - kernel->page_shift);
}

void khs_walk_init(struct khs_walk *w, struct khs_kernel *kernel, const struct khs_machine *machine,
		   struct khs_kho *kho, struct khs_runs *runs)
{
	*w = (struct khs_walk){
		.kernel = kernel, .ram = machine->ram, .kho = kho, .runs = runs,
		.page_shift = kernel->page_shift, .key_pfns = end_of_addresses(kernel),
	};
	w->machine_pfns = w->key_pfns;
	if (machine->max_pfn && machine->max_pfn < w->key_pfns)
		w->machine_pfns = machine->max_pfn;
}

void khs_walk_deinit(struct khs_walk *w)
{
	khs_seen_deinit(&w->seen);
}

struct khs_error *khs_walk_poll(struct khs_walk *w)
{
	if (w->visited++ % POLL_VISITS == 0 && khs_kernel_interrupted(w->kernel))
		return khs_error_new(KHS_ERR_INTERRUPTED,
				     "interrupted in the preserved-memory map");
	return NULL;
}

bool khs_walk_in_memory(const struct khs_walk *w, uint64_t pa)
{
	uint64_t pfn = pa >> w->page_shift;

	if (pfn >= w->machine_pfns)
		return false;
	return !w->ram->n || khs_extents_find(w->ram, pfn);
}

bool khs_walk_add_node(struct khs_walk *w, enum khs_map_part part, uint64_t pa, unsigned int level)
{
	struct khs_kho *kho = w->kho;

	if (!khs_array_grow(kho->nodes, kho->nr_nodes, kho->cap_nodes))
		return false;
	kho->nodes[kho->nr_nodes++] = (struct khs_map_node){
		.pfn = pa >> w->page_shift, .part = part, .level = level,
	};
	return true;
}

static bool extends(const struct khs_map_problem *last, const struct khs_map_problem *p)
{
	return !last->whole && last->kind == p->kind && last->part == p->part &&
	       last->presence == p->presence && last->parent == p->parent &&
	       last->level == p->level && last->index + last->count == p->index;
}

struct khs_error *khs_walk_add_problem(struct khs_walk *w, const struct khs_map_problem *p)
{
	struct khs_kho *kho = w->kho;

	if (!p->whole && kho->nr_problems && extends(&kho->problems[kho->nr_problems - 1], p)) {
		kho->problems[kho->nr_problems - 1].count++;
		return NULL;
	}
	if (!khs_array_grow(kho->problems, kho->nr_problems, kho->cap_problems))
		return khs_enomem();
	kho->problems[kho->nr_problems++] = *p;
	return NULL;
}

/* The physical address a problem is about; 0 if there is none to name. */
static uint64_t blamed(const struct khs_walk_pointer *p, enum khs_map_problem_kind kind)
{
	if (kind == KHS_MAP_BAD_INDEX)
		return p->holder;
	return p->pa || !p->physical ? p->pa : p->address;
}

struct khs_error *khs_walk_blame(struct khs_walk *w, const struct khs_walk_pointer *p,
				 enum khs_map_problem_kind kind)
{
	const struct khs_map_problem problem = {
		.kind = kind, .part = p->part, .node = blamed(p, kind),
		.presence = kind == KHS_MAP_ABSENT ? p->presence : KHS_PRESENT,
		.parent = p->holder, .entry = p->entry, .level = p->level, .index = p->index,
		.count = 1,
	};

	if (w->told && p->pa && khs_seen_has(w->told, p->pa))
		return NULL;
	if (kind == KHS_MAP_ABSENT)
		w->kho->nodes_absent++;
	return khs_walk_add_problem(w, &problem);
}

static enum khs_presence translate(struct khs_walk *w, struct khs_walk_pointer *p)
{
	uint64_t run;

	p->pa = p->address;
	if (p->physical)
		return KHS_PRESENT;
	p->pa = 0;
	return khs_vm_translate(w->kernel->vm, p->address, &p->pa, &run);
}

struct khs_error *khs_walk_follow(struct khs_walk *w, struct khs_walk_pointer *p)
{
	struct khs_error *err = khs_walk_poll(w);

	p->presence = KHS_NORAM;
	if (err)
		return err;
	if (p->address & (p->align - 1))
		return khs_walk_blame(w, p, KHS_MAP_MISALIGNED);
	p->presence = translate(w, p);
	if (p->presence == KHS_UNMAPPED || p->presence == KHS_NORAM)
		return khs_walk_blame(w, p, KHS_MAP_NOT_RAM);
	if (p->presence != KHS_PRESENT)
		return khs_walk_blame(w, p, KHS_MAP_ABSENT);
	if (!khs_walk_in_memory(w, p->pa)) {
		p->presence = KHS_NORAM;
		return khs_walk_blame(w, p, KHS_MAP_NOT_RAM);
	}
	if (khs_seen_has(&w->seen, p->pa)) {
		p->presence = KHS_NORAM;
		return khs_walk_blame(w, p, KHS_MAP_SEEN_TWICE);
	}
	return khs_seen_add(&w->seen, p->pa) ? NULL : khs_enomem();
}

static int by_pfn(const void *a, const void *b)
{
	const struct khs_map_node *l = a, *r = b;

	if (l->pfn != r->pfn)
		return l->pfn < r->pfn ? -1 : 1;
	return (l->part > r->part) - (l->part < r->part);
}

void khs_walk_sort_nodes(struct khs_kho *kho)
{
	size_t kept = 0;

	if (!kho->nr_nodes)
		return;
	qsort(kho->nodes, kho->nr_nodes, sizeof(*kho->nodes), by_pfn);
	for (size_t i = 0; i < kho->nr_nodes; i++)
		if (!kept || kho->nodes[kept - 1].pfn != kho->nodes[i].pfn)
			kho->nodes[kept++] = kho->nodes[i];
	kho->nr_nodes = kept;
}
