/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the vmlinux of a kernel lies, by its build-id: in the places that elfutils looks in, and,
 * if the user has named servers in DEBUGINFOD_URLS, at those. Without that variable nothing is
 * asked of any network. Reads no more of a file than the build-id; whoever opens it checks that
 * again.
 */
#ifndef KHS_FACTS_DEBUGINFO_H
#define KHS_FACTS_DEBUGINFO_H

#include "kernel.h"

/*
 * Looks for the vmlinux of @kernel, whose build-id and release are known. *@path is malloc()ed, or
 * NULL if there is none. NOMEM, INTERRUPTED.
 */
struct khs_error *khs_debuginfo_find(const struct khs_kernel *kernel, char **path);

/* Whether the ELF file at @path has @build_id (lower-case hex). */
bool khs_debuginfo_is(const char *path, const char *build_id);

#endif
