/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A dump file made ready to be read: opened, put in order if it is flattened, its format told and
 * its tables known. The way into a file that both doors share; it decodes no page (reader.h).
 */
#ifndef KHS_DUMP_DUMPFILE_H
#define KHS_DUMP_DUMPFILE_H

#include "../base/extents.h"
#include "bounds.h"
#include "dump.h"
#include "io.h"
#include "probe.h"

struct khs_dumpfile {
	struct khs_file file;       /* the temporary one, if the dump is flattened */
	struct khs_extents written; /* what of that is real */
	struct khs_probe probe;
	struct khs_bounds *bounds;
};

#define KHS_DUMPFILE_NONE { .file = KHS_FILE_NONE }

/*
 * *@ret, KHS_DUMPFILE_NONE before, is to be closed on failure too, and stays where it is until
 * then. Errors as khs_dump_open(). Of @opts, which may be NULL, only the callbacks are used.
 */
struct khs_error *khs_dumpfile_open(const char *path, const struct khs_options *opts,
				    struct khs_dumpfile *ret);

/* Sets what @dump says of itself, but for what notes and VMCOREINFO tell. */
void khs_dumpfile_describe(const struct khs_dumpfile *df, struct khs_dump *dump);

/* *@text is VMCOREINFO, malloc()ed, for the caller to free; NULL if the dump has none. */
struct khs_error *khs_dumpfile_vmcoreinfo(const struct khs_dumpfile *df, char **text, size_t *len);

/* Leaves KHS_DUMPFILE_NONE. */
void khs_dumpfile_close(struct khs_dumpfile *df);

#endif
