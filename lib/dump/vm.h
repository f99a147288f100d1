/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel virtual addresses: the kernel's own page tables, walked in the dump. One file for each
 * architecture behind one ops table. Knows where the tables are from VMCOREINFO alone, so it works
 * before any symbol or type is known. Does not do user space, and keeps no copy of any table but
 * the last one looked at on each level.
 */
#ifndef KHS_DUMP_VM_H
#define KHS_DUMP_VM_H

#include "dump.h"

struct khs_vmcoreinfo;

enum khs_arch { KHS_ARCH_X86_64, KHS_ARCH_AARCH64 };

struct khs_vm;

/*
 * UNSUPPORTED for an architecture other than x86_64 and aarch64, FORMAT if VMCOREINFO lacks what is
 * needed or the top table can't be there. @vmci and @dump must outlive *@ret.
 */
struct khs_error *khs_vm_new(struct khs_dump *dump, const struct khs_vmcoreinfo *vmci,
			     struct khs_vm **ret);
void khs_vm_free(struct khs_vm *vm);

/*
 * The same address space, read from @dump, which must outlive it, by another thread. NULL: no
 * memory.
 */
struct khs_vm *khs_vm_clone(const struct khs_vm *vm, struct khs_dump *dump);

/* Drops the copies of tables it keeps: those of a live kernel may have changed. */
void khs_vm_forget(struct khs_vm *vm);

enum khs_arch khs_vm_arch(const struct khs_vm *vm);
const char *khs_arch_name(enum khs_arch arch);
unsigned int khs_vm_page_shift(const struct khs_vm *vm);

/*
 * Translates @va. On KHS_PRESENT *@pa is its physical address and *@run the number of bytes from
 * there on that are mapped physically contiguous, as far as one table page tells: neighbouring
 * leaves are merged. On KHS_UNMAPPED *@run is how far the hole is known to reach; on EXCLUDED,
 * MISSING, NORAM (a table page is absent) how far the absent table would have reached. *@run is
 * never zero; @va + *@run may be 2^64, so compare lengths, not ends.
 */
enum khs_presence khs_vm_translate(struct khs_vm *vm, uint64_t va, uint64_t *pa, uint64_t *run);

/* Reads [va, va + len): *@done bytes from the start, and why it stopped. */
enum khs_presence khs_vm_read(struct khs_vm *vm, uint64_t va, void *buf, size_t len, size_t *done);

static inline enum khs_presence khs_vm_read_all(struct khs_vm *vm, uint64_t va, void *buf,
						size_t len)
{
	size_t done;

	return khs_vm_read(vm, va, buf, len, &done);
}

#endif
