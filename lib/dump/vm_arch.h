/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What vm.c has to know of an architecture to walk its tables: their shape, read out of VMCOREINFO
 * once, and what an entry says. The walk itself, its caches and its bounds are the same for all.
 * Tables are little endian, of eight-byte entries, one page each.
 */
#ifndef KHS_DUMP_VM_ARCH_H
#define KHS_DUMP_VM_ARCH_H

#include "vm.h"
#include "vmcoreinfo.h"

#define KHS_VM_MAX_LEVELS 5

struct khs_vm_layout {
	unsigned int page_shift;
	unsigned int levels;    /* level 0 maps pages, the last is the root table */
	unsigned int root_bits; /* index bits of the root table; the others have page_shift - 3 */
	unsigned int max_leaf;  /* highest level whose entries may map memory */
	uint64_t first;         /* lowest kernel address; the range reaches to the end */
	uint64_t root;          /* physical address of the root table */
	uint64_t addr_mask;     /* address bits of an entry that stand where they belong ... */
	uint64_t high_mask;     /* ... and those to be shifted up by high_shift */
	unsigned int high_shift;
};

enum khs_pte_kind { KHS_PTE_NONE, KHS_PTE_TABLE, KHS_PTE_LEAF };

struct khs_vm_arch {
	enum khs_arch id;
	const char *name;
	const char *key; /* VMCOREINFO has it on no other architecture */
	struct khs_error *(*layout)(const struct khs_vmcoreinfo *vmci, struct khs_vm_layout *l);
	/* For levels above 0 also TABLE; the caller refuses a LEAF above max_leaf. */
	enum khs_pte_kind (*kind)(uint64_t entry, unsigned int level);
};

extern const struct khs_vm_arch khs_vm_x86_64;
extern const struct khs_vm_arch khs_vm_aarch64;

/* A VMCOREINFO number the walk cannot do without; FORMAT if it is not there. */
struct khs_error *khs_vm_need(const struct khs_vmcoreinfo *vmci, const char *key, int64_t *value);

#endif
