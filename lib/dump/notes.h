/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds VMCOREINFO among the ELF notes of a dump. Looks at no other note.
 */
#ifndef KHS_DUMP_NOTES_H
#define KHS_DUMP_NOTES_H

#include "io.h"

/* False, and nothing stored, if notes [@off, @off + @len) of @file hold none whole. */
bool khs_notes_vmcoreinfo(const struct khs_file *file, uint64_t off, uint64_t len,
			  uint64_t *text_off, uint64_t *text_len);

#endif
