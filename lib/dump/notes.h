/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds VMCOREINFO among the ELF notes of a dump, and what tells of Xen. Looks at no other note.
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

#define KHS_XEN_TEXT "dump of a Xen host: its memory is numbered by Xen, which this can't undo"

#endif
