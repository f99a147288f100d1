/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types from BTF, by libbpf's reader. Two ways to come by the bytes: the .BTF section of the dumped
 * kernel's image in memory (__start_BTF to __stop_BTF), or that of a vmlinux file. BTF is checked
 * for sane size before libbpf sees it. No variables are taken from it: it has no addresses.
 */
#ifndef KHS_FACTS_BTF_H
#define KHS_FACTS_BTF_H

#include <stddef.h>

#include "facts.h"

struct khs_vm;

/* Fills members, sizes and enumerators still unknown from @size bytes of raw BTF at @data. */
struct khs_error *khs_facts_from_btf(struct khs_facts *facts, const void *data, size_t size,
				     const char *source);

/*
 * The same from the dumped kernel's memory; needs the facts START_BTF and STOP_BTF (NOTFOUND if
 * they are unknown), NODATA if a byte of it is not in the dump.
 */
struct khs_error *khs_facts_from_dump_btf(struct khs_facts *facts, struct khs_vm *vm);

#endif
