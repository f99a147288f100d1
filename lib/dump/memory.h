/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump made of pieces of memory, for tests. No file is read.
 */
#ifndef KHS_DUMP_MEMORY_H
#define KHS_DUMP_MEMORY_H

#include "dump.h"

/*
 * An empty dump (all of it KHS_NORAM), complete, without VMCOREINFO; khs_dump_close() frees it.
 * NULL without memory. The functions below take only what this one returned; false without memory,
 * or when a range wraps around.
 */
struct khs_dump *khs_dump_memory_new(void);

/* Puts a copy of @len @bytes at @pa, over whatever was there. */
bool khs_dump_memory_add(struct khs_dump *dump, uint64_t pa, const void *bytes, size_t len);

/* @len zero bytes at @pa. */
bool khs_dump_memory_zero(struct khs_dump *dump, uint64_t pa, size_t len);

/* Says that [@pa, @pa + @len) is absent (any presence but KHS_PRESENT), whatever was there. */
bool khs_dump_memory_mark(struct khs_dump *dump, uint64_t pa, uint64_t len,
			  enum khs_presence presence);

/* The bytes behind a present @pa that was added as one piece with the @len after it, to change. */
void *khs_dump_memory_at(struct khs_dump *dump, uint64_t pa, size_t len);

/* Sets VMCOREINFO to a copy of @text. */
bool khs_dump_memory_vmcoreinfo(struct khs_dump *dump, const char *text);

#endif
