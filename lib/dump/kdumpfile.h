/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks pages of a kdump-compressed dump with libkdumpfile. Only to be asked for pages that
 * bounds.h calls PRESENT, since libkdumpfile makes zeros of what is not in the file. Uses nothing
 * of its knowledge of notes, architectures and address translation: it is given no note to parse.
 */
#ifndef KHS_DUMP_KDUMPFILE_H
#define KHS_DUMP_KDUMPFILE_H

#include <stddef.h>
#include <stdint.h>

struct khs_diskdump;
struct khs_error;
struct khs_kdumpfile;

/*
 * @dd is what khs_diskdump_parse() says of the file; @fd stays the caller's and must stay open.
 * FORMAT or UNSUPPORTED if libkdumpfile refuses it.
 */
struct khs_error *khs_kdumpfile_new(int fd, const struct khs_diskdump *dd,
				    struct khs_kdumpfile **ret);
void khs_kdumpfile_free(struct khs_kdumpfile *kf);

/*
 * UNSUPPORTED if the page at @pa, which bounds.h calls PRESENT, is packed by a method that this
 * libkdumpfile was built without.
 */
struct khs_error *khs_kdumpfile_try(struct khs_kdumpfile *kf, uint64_t pa);

/* Reads physical memory; the number of bytes, short at the first page that can't be unpacked. */
size_t khs_kdumpfile_read(struct khs_kdumpfile *kf, uint64_t pa, void *buf, size_t len);

#endif
