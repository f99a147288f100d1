/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Errors that say where they happened. A function that can fail returns a struct khs_error *, NULL
 * for success; the caller owns it and either returns it, wrapped with what it was doing, or frees
 * it. The text grows outward: "map node 0x1234000: level 3: outside RAM".
 *
 * Not for hot paths: whether bytes are in the dump is an enum khs_presence (dump/dump.h), since
 * absence is an answer and no failure.
 */
#ifndef KHS_BASE_ERROR_H
#define KHS_BASE_ERROR_H

#include "../khoscope.h"
#include "cleanup.h"

/* Never returns NULL; without memory it returns a static "out of memory". */
struct khs_error *khs_error_new(enum khs_code code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result, returns_nonnull));

/* Takes @err (not NULL), returns it with "TEXT: " put before its message. Keeps the code. */
struct khs_error *khs_error_wrap(struct khs_error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), warn_unused_result, returns_nonnull));

/* The static error for a failed allocation; freeing it does nothing. */
struct khs_error *khs_enomem(void) __attribute__((warn_unused_result, returns_nonnull));

static inline void khs_error_freep(struct khs_error **err)
{
	khs_error_free(*err);
}

#define _cleanup_error_ _cleanup_(khs_error_freep)

#endif
