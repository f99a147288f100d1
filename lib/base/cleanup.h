/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope guards. They free what a function owns on every way out of it; they do not help across a
 * longjmp, so nothing that crash can jump over may rely on them.
 */
#ifndef KHS_BASE_CLEANUP_H
#define KHS_BASE_CLEANUP_H

#include <stdlib.h>

#define _cleanup_(fn) __attribute__((__cleanup__(fn)))

static inline void khs_freep(void *p)
{
	free(*(void **)p);
}

#define _cleanup_free_ _cleanup_(khs_freep)

/* Hand a guarded pointer to the caller: the guard then has nothing left to free. */
#define khs_steal(p)                              \
	({                                        \
		__typeof__(p) stolen_ = (p);      \
		(p) = NULL;                       \
		stolen_;                          \
	})

#endif
