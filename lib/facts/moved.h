/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far KASLR moved the kernel: from the addresses a file names to those it ran at. Knows one
 * symbol, and what VMCOREINFO says.
 */
#ifndef KHS_FACTS_MOVED_H
#define KHS_FACTS_MOVED_H

#include <stdbool.h>
#include <stdint.h>

struct khs_error;
struct khs_vmcoreinfo;

/*
 * *@offset is to be added, modulo 2^64. @stext: the file's address of _stext, if it has one.
 * NOTFOUND if nobody tells, MISMATCH if KERNELOFFSET and _stext contradict each other.
 */
struct khs_error *khs_moved(const struct khs_vmcoreinfo *vmci, bool has_stext, uint64_t stext,
			    uint64_t *offset);

#endif
