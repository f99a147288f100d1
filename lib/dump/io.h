/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file that may be shorter than it claims. Reads give only bytes that its producer wrote: nothing
 * beyond the end, nothing of a hole that rearranging a flattened file left. No mmap, so a file
 * that shrinks meanwhile is a short read and no SIGBUS. /proc/kcore, of which the file system tells
 * no size that means anything, counts as endless: a read of what is not there is short.
 */
#ifndef KHS_DUMP_IO_H
#define KHS_DUMP_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct khs_error;
struct khs_extents;
struct khs_kcore;

struct khs_file {
	int fd;
	uint64_t base;   /* where in @fd byte 0 lies */
	uint64_t size;   /* bytes from @base on */
	uint64_t stored; /* bytes the file system really keeps: what a sparse file can't inflate */
	const struct khs_extents *written; /* what of it was written; NULL: all of it */
	struct khs_kcore *live; /* /proc/kcore: no end, and it changes while it is read; else NULL */
};

/*
 * Opens @path read-only. FORMAT for what is no regular file, and for views of the running kernel
 * other than /proc/kcore; IO if the system refuses.
 */
struct khs_error *khs_file_open(const char *path, struct khs_file *ret);
void khs_file_close(struct khs_file *file);

/*
 * Reads at most @len bytes from @off on; the number read, short where the file ends or fails. Several
 * threads may.
 */
size_t khs_file_read(const struct khs_file *file, uint64_t off, void *buf, size_t len);

/* Whether all of [@off, @off + @len) is in the file. */
bool khs_file_holds(const struct khs_file *file, uint64_t off, uint64_t len);

/* Whether the file has become shorter since it was opened. */
bool khs_file_shrunk(const struct khs_file *file);

static inline void khs_file_closep(struct khs_file *file)
{
	khs_file_close(file);
}

#define KHS_FILE_NONE { .fd = -1 }

/* Little-endian fields of an on-disk header, at any alignment. */
static inline uint32_t khs_le32(const void *p)
{
	const uint8_t *b = p;

	return b[0] | b[1] << 8 | b[2] << 16 | (uint32_t)b[3] << 24;
}

static inline uint64_t khs_le64(const void *p)
{
	return khs_le32(p) | (uint64_t)khs_le32((const uint8_t *)p + 4) << 32;
}

static inline uint32_t khs_be32(const void *p)
{
	return __builtin_bswap32(khs_le32(p));
}

static inline uint64_t khs_be64(const void *p)
{
	return __builtin_bswap64(khs_le64(p));
}

#endif
