/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dead kernel: its dump, its address space, and what it says of itself, opened in the one order
 * that works (VMCOREINFO, page tables, symbols, types). Everything above reads through this and
 * nothing else. It knows no pages and no KHO.
 */
#ifndef KHS_FACTS_KERNEL_H
#define KHS_FACTS_KERNEL_H

#include "../dump/dump.h"
#include "../dump/vm.h"
#include "../dump/vmcoreinfo.h"
#include "facts.h"
#include "opinions.h"

struct khs_kernel {
	struct khs_dump *dump;
	struct khs_vmcoreinfo *vmci; /* the dump's, or what stands in for it (nocoreinfo.h) */
	struct khs_vm *vm;
	struct khs_facts facts;
	unsigned int page_shift;
	char release[65];   /* uts release, printable ASCII */
	char build_id[129]; /* lower-case hex, "" if unknown */
	bool early; /* it had not handed its memory to the page allocator yet */
	struct khs_options opts; /* a copy; the functions below check its callbacks for NULL */
	/* Files that opts named, or that were found; each malloc()ed, or NULL. */
	struct {
		char *vmlinux, *btf, *system_map;
	} files;
	/* Asks each source anew. */
	struct khs_error *(*ask)(struct khs_kernel *kernel, struct khs_opinions *ret);
};

/*
 * The kernel of a dump file: symbols and types from opts->vmlinux, or from kallsyms and BTF in the
 * dump. Takes over @dump, also on error. Lives in kernel_file.c, with all that needs libbpf or
 * elfutils: the crash extension links khs_kernel_open_source() alone.
 */
struct khs_error *khs_kernel_open(struct khs_dump *dump, const struct khs_options *opts,
				  struct khs_kernel *ret);

/* As above, but symbols and types come from @source, which must outlive @ret. */
struct khs_error *khs_kernel_open_source(struct khs_dump *dump, const struct khs_source *source,
					 const struct khs_options *opts, struct khs_kernel *ret);

/* Where the two differ. An error is the open's error, so they warn of what can be done without. */
struct khs_kernel_way {
	/*
	 * Of a dump without VMCOREINFO: sets kernel->vmci to what stands in for it. NULL: there is
	 * nothing.
	 */
	struct khs_error *(*stand_in)(struct khs_kernel *kernel, void *arg);
	/* Adds facts to kernel->facts, which hold those of the dump's own VMCOREINFO by then. */
	struct khs_error *(*fill)(struct khs_kernel *kernel, void *arg);
	void *arg;
	struct khs_error *(*ask)(struct khs_kernel *kernel, struct khs_opinions *ret);
};

/* Adds what any dump may tell: VMCOREINFO's own facts, and kallsyms'. */
struct khs_error *khs_kernel_ask_dump(struct khs_kernel *kernel, struct khs_opinions *ret);

/*
 * Warns of an error that something can be done without; takes @err, and hands back one that ends
 * it.
 */
struct khs_error *khs_kernel_go_on(const struct khs_kernel *kernel, struct khs_error *err);

/* What the two have in common. */
struct khs_error *khs_kernel_open_with(struct khs_dump *dump, const struct khs_options *opts,
				       const struct khs_kernel_way *way, struct khs_kernel *ret);

void khs_kernel_close(struct khs_kernel *kernel);

/* Reads an integer of @size (1, 2, 4 or 8) bytes at a kernel virtual address. */
enum khs_presence khs_kernel_read_uint(struct khs_kernel *kernel, uint64_t va, size_t size,
				       uint64_t *value);

/* Asks, and if that says so stops all further reading of the dump, for good. */
bool khs_kernel_interrupted(const struct khs_kernel *kernel);
void khs_kernel_progress(const struct khs_kernel *kernel, const char *what, uint64_t done,
			 uint64_t total);
void khs_kernel_warn(const struct khs_kernel *kernel, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
