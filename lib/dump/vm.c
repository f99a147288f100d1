// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "vm_arch.h"

/* The last table page looked at on one level, present or not. */
struct table {
	bool valid;
	enum khs_presence presence;
	uint64_t pa;
	uint64_t *entries;
};

/* The last answer: what is mapped contiguously need not be walked twice. */
struct run {
	uint64_t va;
	uint64_t pa;
	uint64_t len;
};

struct khs_vm {
	struct khs_dump *dump;
	const struct khs_vm_arch *arch;
	struct khs_vm_layout l;
	struct table tables[KHS_VM_MAX_LEVELS];
	struct run last;
};

static const struct khs_vm_arch *const archs[] = {
	[KHS_ARCH_X86_64] = &khs_vm_x86_64,
	[KHS_ARCH_AARCH64] = &khs_vm_aarch64,
};

#define NR_ARCHS (sizeof(archs) / sizeof(archs[0]))

struct khs_error *khs_vm_need(const struct khs_vmcoreinfo *vmci, const char *key, int64_t *value)
{
	if (khs_vmcoreinfo_number(vmci, key, value))
		return NULL;
	return khs_error_new(KHS_ERR_FORMAT, "VMCOREINFO has no %s", key);
}

static const struct khs_vm_arch *find_arch(const struct khs_vmcoreinfo *vmci)
{
	for (size_t i = 0; i < NR_ARCHS; i++) {
		if (khs_vmcoreinfo_text(vmci, archs[i]->key))
			return archs[i];
	}
	return NULL;
}

static unsigned int index_bits(const struct khs_vm_layout *l)
{
	return l->page_shift - 3;
}

/* An entry of @level maps 1 << level_shift() bytes. */
static unsigned int level_shift(const struct khs_vm_layout *l, unsigned int level)
{
	return l->page_shift + level * index_bits(l);
}

static size_t level_entries(const struct khs_vm_layout *l, unsigned int level)
{
	return (size_t)1 << (level == l->levels - 1 ? l->root_bits : index_bits(l));
}

static uint64_t entry_address(const struct khs_vm_layout *l, uint64_t entry)
{
	return (entry & l->addr_mask) | (entry & l->high_mask) << l->high_shift;
}

static const struct table *table_at(struct khs_vm *vm, unsigned int level, uint64_t pa)
{
	size_t size = (size_t)1 << vm->l.page_shift;
	struct table *t = &vm->tables[level];

	if (t->valid && t->pa == pa)
		return t;
	t->pa = pa;
	t->presence = khs_dump_read_all(vm->dump, pa, t->entries, size);
	t->valid = true;
	return t;
}

static enum khs_pte_kind entry_kind(const struct khs_vm *vm, uint64_t entry, unsigned int level)
{
	enum khs_pte_kind kind = vm->arch->kind(entry, level);

	/* Reserved there: the processor would fault. */
	if (kind == KHS_PTE_LEAF && level > vm->l.max_leaf)
		return KHS_PTE_NONE;
	return kind;
}

static uint64_t leaf_address(const struct khs_vm *vm, uint64_t entry, unsigned int level)
{
	return entry_address(&vm->l, entry) & -(1ULL << level_shift(&vm->l, level));
}

/* How many entries from @at on map nothing. */
static size_t hole_length(const struct khs_vm *vm, const struct table *t, unsigned int level,
			  size_t at)
{
	size_t n = level_entries(&vm->l, level), i = at + 1;

	while (i < n && entry_kind(vm, le64toh(t->entries[i]), level) == KHS_PTE_NONE)
		i++;
	return i - at;
}

/* How many entries from @at on map memory that follows on physically. */
static size_t leaf_length(const struct khs_vm *vm, const struct table *t, unsigned int level,
			  size_t at)
{
	uint64_t pa = leaf_address(vm, le64toh(t->entries[at]), level);
	size_t n = level_entries(&vm->l, level), i = at + 1;

	for (; i < n; i++) {
		uint64_t entry = le64toh(t->entries[i]);

		pa += 1ULL << level_shift(&vm->l, level);
		if (entry_kind(vm, entry, level) != KHS_PTE_LEAF ||
		    leaf_address(vm, entry, level) != pa)
			break;
	}
	return i - at;
}

/* Bytes from @va to the end of @n entries of 1 << @shift bytes, the first of which holds @va. */
static uint64_t reach(uint64_t va, unsigned int shift, size_t n)
{
	return (((va >> shift) + n) << shift) - va;
}

static enum khs_presence leaf(struct khs_vm *vm, const struct table *t, unsigned int level,
			      size_t at, uint64_t va, uint64_t *pa, uint64_t *run)
{
	unsigned int shift = level_shift(&vm->l, level);

	*pa = leaf_address(vm, le64toh(t->entries[at]), level) + (va & ((1ULL << shift) - 1));
	*run = reach(va, shift, leaf_length(vm, t, level, at));
	vm->last = (struct run){ va, *pa, *run };
	return KHS_PRESENT;
}

/* The number of levels bounds the walk: a table that points at itself is just another table. */
static enum khs_presence walk(struct khs_vm *vm, uint64_t va, uint64_t *pa, uint64_t *run)
{
	uint64_t table_pa = vm->l.root;

	for (unsigned int level = vm->l.levels; level--;) {
		const struct table *t = table_at(vm, level, table_pa);
		unsigned int shift = level_shift(&vm->l, level);
		size_t n = level_entries(&vm->l, level);
		size_t at = (va >> shift) & (n - 1);
		uint64_t entry;

		if (t->presence != KHS_PRESENT) {
			*run = reach(va, shift, n - at);
			return t->presence;
		}
		entry = le64toh(t->entries[at]);
		switch (entry_kind(vm, entry, level)) {
		case KHS_PTE_LEAF:
			return leaf(vm, t, level, at, va, pa, run);
		case KHS_PTE_NONE:
			*run = reach(va, shift, hole_length(vm, t, level, at));
			return KHS_UNMAPPED;
		case KHS_PTE_TABLE:
			table_pa = entry_address(&vm->l, entry);
		}
	}
	/* Not reached: kind() knows no table on level 0. */
	*run = 1;
	return KHS_UNMAPPED;
}

enum khs_presence khs_vm_translate(struct khs_vm *vm, uint64_t va, uint64_t *pa, uint64_t *run)
{
	uint64_t off = va - vm->last.va;

	if (off < vm->last.len) {
		*pa = vm->last.pa + off;
		*run = vm->last.len - off;
		return KHS_PRESENT;
	}
	*pa = 0;
	if (va < vm->l.first) {
		*run = vm->l.first - va;
		return KHS_UNMAPPED;
	}
	return walk(vm, va, pa, run);
}

enum khs_presence khs_vm_read(struct khs_vm *vm, uint64_t va, void *buf, size_t len, size_t *done)
{
	uint64_t last_pa = 0, last_run = 0;

	*done = 0;
	while (*done < len) {
		enum khs_presence presence;
		uint64_t pa, run;
		size_t got;

		presence = khs_vm_translate(vm, va + *done, &pa, &run);
		if (presence != KHS_PRESENT)
			return presence;
		if (run > len - *done)
			run = len - *done;
		/*
		 * The memory map of hugetlb folios is one page, over and over (hugetlb_vmemmap.c).
		 */
		if (pa == last_pa && run == last_run) {
			memcpy((char *)buf + *done, (char *)buf + *done - run, run);
			*done += run;
			continue;
		}
		presence = khs_dump_read(vm->dump, pa, (char *)buf + *done, run, &got);
		*done += got;
		last_pa = pa;
		last_run = run;
		if (presence != KHS_PRESENT)
			return presence;
	}
	return KHS_PRESENT;
}

static struct khs_error *page_shift(const struct khs_vmcoreinfo *vmci, unsigned int *shift)
{
	struct khs_error *err;
	int64_t size;

	err = khs_vm_need(vmci, "PAGESIZE", &size);
	if (err)
		return err;
	if (size < 4096 || size > 65536 || (size & (size - 1)))
		return khs_error_new(KHS_ERR_FORMAT, "VMCOREINFO: a page of %lld bytes",
				     (long long)size);
	*shift = __builtin_ctzll(size);
	return NULL;
}

/* Nothing can be read without the root table, so a dump that lacks it is not opened. */
static struct khs_error *check_root(struct khs_vm *vm)
{
	const struct table *t;

	if (vm->l.root & ~(((1ULL << 52) - 1) & -(1ULL << vm->l.page_shift)))
		return khs_error_new(KHS_ERR_FORMAT, "top page table at physical 0x%llx: no page",
				     (unsigned long long)vm->l.root);
	t = table_at(vm, vm->l.levels - 1, vm->l.root);
	if (t->presence != KHS_PRESENT)
		return khs_error_new(KHS_ERR_FORMAT, "top page table at physical 0x%llx: %s",
				     (unsigned long long)vm->l.root,
				     khs_presence_text(t->presence));
	return NULL;
}

static bool alloc_tables(struct khs_vm *vm)
{
	for (unsigned int level = 0; level < vm->l.levels; level++) {
		vm->tables[level].entries = malloc((size_t)1 << vm->l.page_shift);
		if (!vm->tables[level].entries)
			return false;
	}
	return true;
}

static struct khs_error *setup(struct khs_vm *vm, const struct khs_vmcoreinfo *vmci)
{
	struct khs_error *err;

	vm->arch = find_arch(vmci);
	if (!vm->arch)
		return khs_error_new(KHS_ERR_UNSUPPORTED,
				     "the dumped kernel is neither x86_64 nor aarch64");
	err = page_shift(vmci, &vm->l.page_shift);
	if (err)
		return err;
	err = vm->arch->layout(vmci, &vm->l);
	if (err)
		return err;
	if (!alloc_tables(vm))
		return khs_enomem();
	return check_root(vm);
}

static void vm_freep(struct khs_vm **vm)
{
	khs_vm_free(*vm);
}

struct khs_error *khs_vm_new(struct khs_dump *dump, const struct khs_vmcoreinfo *vmci,
			     struct khs_vm **ret)
{
	_cleanup_(vm_freep) struct khs_vm *vm = calloc(1, sizeof(*vm));
	struct khs_error *err;

	if (!vm)
		return khs_enomem();
	vm->dump = dump;
	err = setup(vm, vmci);
	if (err)
		return khs_error_wrap(err, "page tables");
	*ret = khs_steal(vm);
	return NULL;
}

struct khs_vm *khs_vm_clone(const struct khs_vm *vm, struct khs_dump *dump)
{
	_cleanup_(vm_freep) struct khs_vm *clone = calloc(1, sizeof(*clone));

	if (!clone)
		return NULL;
	clone->dump = dump;
	clone->arch = vm->arch;
	clone->l = vm->l;
	return alloc_tables(clone) ? khs_steal(clone) : NULL;
}

void khs_vm_free(struct khs_vm *vm)
{
	if (!vm)
		return;
	for (unsigned int level = 0; level < KHS_VM_MAX_LEVELS; level++)
		free(vm->tables[level].entries);
	free(vm);
}

void khs_vm_forget(struct khs_vm *vm)
{
	for (size_t i = 0; i < KHS_VM_MAX_LEVELS; i++)
		vm->tables[i].valid = false;
	vm->last.len = 0;
}

enum khs_arch khs_vm_arch(const struct khs_vm *vm)
{
	return vm->arch->id;
}

const char *khs_arch_name(enum khs_arch arch)
{
	return (unsigned int)arch < NR_ARCHS ? archs[arch]->name : "unknown";
}

unsigned int khs_vm_page_shift(const struct khs_vm *vm)
{
	return vm->l.page_shift;
}
