/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols and types from a vmlinux file (elfutils): .symtab, DWARF, and .BTF where a file has no
 * DWARF. Checks that it is the dumped kernel's by its build-id. Loads no module and no separate
 * .debug file. A file compressed by gzip, bzip2, xz or zstd is unpacked if libdw can.
 */
#ifndef KHS_FACTS_VMLINUX_H
#define KHS_FACTS_VMLINUX_H

#include "../dump/vm.h"
#include "facts.h"

struct khs_image;

/*
 * @build_id: lower-case hex of the dumped kernel's, or NULL or "" if unknown. MISMATCH if the file
 * has another one (or none) and !@any_build_id; both ids are in the text. The load offset (KASLR)
 * is VMCOREINFO's KERNELOFFSET, or the distance of SYMBOL(_stext) from the file's _stext, and the
 * two must agree. *@warning is a malloc()ed line if something is worth telling (no DWARF, another
 * build), else NULL, also on error. IO if the file can't be read, FORMAT if it is no vmlinux of
 * @arch.
 */
struct khs_error *khs_facts_from_vmlinux(struct khs_facts *facts, const char *path,
					 enum khs_arch arch, const struct khs_vmcoreinfo *vmci,
					 const char *build_id, bool any_build_id, char **warning);

/*
 * What is needed to find the file's kernel in a dump that has no VMCOREINFO (locate.h). IO, FORMAT
 * as above.
 */
struct khs_error *khs_vmlinux_image(const char *path, struct khs_image *ret);

#endif
