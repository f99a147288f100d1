/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flattened format of makedumpfile -F and of QEMU: a dump written as a stream of records, each
 * with the offset where it belongs. Put in order into a temporary file that has no name and goes
 * away with its descriptor. Knows nothing of the dump inside.
 */
#ifndef KHS_DUMP_FLATTENED_H
#define KHS_DUMP_FLATTENED_H

#include "../base/extents.h"
#include "../khoscope.h"
#include "io.h"

bool khs_flattened_is(const struct khs_file *file);

/* The first record, which holds the start of the dump, as a file of its own (same descriptor). */
bool khs_flattened_first(const struct khs_file *file, struct khs_file *ret);

/*
 * Rearranges @in into *@out, which the caller closes. *@written (the caller's, to outlive *@out) is
 * set as the only bytes of *@out that are real. A stream that is cut or makes no sense from some
 * record on is taken as far as it goes, and @why, of @size bytes, tells; else it is "". IO if no
 * temporary file can be made or its file system is full; its folder is the first khs_temp_dir()
 * that takes it. INTERRUPTED if @opts says so, which is also told of progress; it may be NULL.
 */
struct khs_error *khs_flattened_rearrange(const struct khs_file *in, struct khs_file *out,
					  struct khs_extents *written, char *why, size_t size,
					  const struct khs_options *opts);

/* $TMPDIR, /var/tmp, /tmp; NULL beyond the last. */
const char *khs_temp_dir(size_t i);

#endif
