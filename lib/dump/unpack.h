/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks pages of a kdump-compressed dump, with what a codec needs for that made once and used
 * again. Of a page that does not unpack to exactly its size it says so, and no more. Reads no file.
 */
#ifndef KHS_DUMP_UNPACK_H
#define KHS_DUMP_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct khs_unpacker;

/* NULL without memory. For one thread at a time. */
struct khs_unpacker *khs_unpacker_new(void);
void khs_unpacker_free(struct khs_unpacker *u);

/*
 * Unpacks @len bytes at @from into all @size bytes at @to. @codec is one bit of KHS_DD_CODECS.
 * False if they don't make sense, or memory for the codec is not to be had; @to is anything then.
 */
bool khs_unpack(struct khs_unpacker *u, uint32_t codec, const void *from, size_t len, void *to,
		size_t size);

#endif
