/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols and types from a vmlinux file (elfutils): .symtab, DWARF, and .BTF where a file has no
 * DWARF, or has compressed it; what was stripped from it is looked for where libdwfl does. Checks
 * that it is the dumped kernel's by its build-id. Also types from a file of BTF alone. Loads no
 * module. A file compressed by gzip, bzip2, xz or zstd is unpacked if libdw can.
 */
#ifndef KHS_FACTS_VMLINUX_H
#define KHS_FACTS_VMLINUX_H

#include "../dump/vm.h"
#include "facts.h"

struct khs_image;

/* The dumped kernel, that the file has to be of. */
struct khs_vmlinux_wanted {
	enum khs_arch arch;
	const struct khs_vmcoreinfo *vmci;
	const char *build_id; /* lower-case hex; NULL or "" if unknown */
	bool any_build_id;    /* a file of another build will do */
	const struct khs_options *opts; /* whose fetch may get what was stripped; or NULL */
};

/*
 * MISMATCH if the file has another build-id (or none) and !any_build_id; both ids are in the text.
 * The load offset (KASLR) is moved.h's. *@warning is a malloc()ed line if something is worth
 * telling (no DWARF, another build), else NULL, also on error. IO if the file can't be read, FORMAT
 * if it is no vmlinux of that machine.
 */
struct khs_error *khs_facts_from_vmlinux(struct khs_facts *facts, const char *path,
					 const struct khs_vmlinux_wanted *of, char **warning);

/* What each part of the file says by itself; nothing is known of one that it lacks. */
struct khs_vmlinux_facts {
	struct khs_facts symtab, dwarf, btf;
};

struct khs_error *khs_facts_ask_vmlinux(const char *path, const struct khs_vmlinux_wanted *of,
					struct khs_vmlinux_facts *ret);

#define KHS_BTF_FILE "BTF file"

/*
 * Types from raw BTF, or the .BTF section of an ELF file. BTF names no build: MISMATCH if
 * VMCOREINFO has another value for a type than the file; with @any a *@warning, as above.
 */
struct khs_error *khs_facts_from_btf_file(struct khs_facts *facts, const char *path,
					  const struct khs_vmcoreinfo *vmci, bool any,
					  char **warning);

/*
 * What is needed to find the file's kernel in a dump that has no VMCOREINFO (locate.h). IO, FORMAT
 * as above.
 */
struct khs_error *khs_vmlinux_image(const char *path, struct khs_image *ret);

#endif
