/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds VMCOREINFO among the ELF notes of a dump, what tells of Xen, and the page tables QEMU found
 * its processors using. Looks at no other note.
 */
#ifndef KHS_DUMP_NOTES_H
#define KHS_DUMP_NOTES_H

#include "io.h"

/* False, and nothing stored, if notes [@off, @off + @len) of @file hold none whole. */
bool khs_notes_vmcoreinfo(const struct khs_file *file, uint64_t off, uint64_t len,
			  uint64_t *text_off, uint64_t *text_len);

/*
 * Whether the kernel ran under Xen as its first domain: what such a dump holds is addressed by
 * machine page, not by the kernel's own.
 */
bool khs_notes_xen(const struct khs_file *file, uint64_t off, uint64_t len);

/*
 * CR3 of the x86_64 processors that QEMU dumped (target/i386/arch_dump.c), as far as there are some
 * and @max of them; their number.
 */
size_t khs_notes_cr3(const struct khs_file *file, uint64_t off, uint64_t len, uint64_t *cr3,
		     size_t max);

#define KHS_XEN_TEXT "dump of a Xen host: its memory is numbered by Xen, which this can't undo"

#endif
