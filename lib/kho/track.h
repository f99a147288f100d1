/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live tracker of kho-v1, struct kho_mem_track: an xarray by order of struct kho_mem_phys, each
 * an xarray of bitmaps (bitmap.h) by the number of the first block / the bits of a bitmap. It is
 * there from boot on, finalized or not (__kho_preserve_order() of kernel/kexec_handover.c in Linux
 * 6.16 to 6.18, of kernel/liveupdate/kexec_handover.c in 6.19 and 7.0).
 */
#ifndef KHS_KHO_TRACK_H
#define KHS_KHO_TRACK_H

#include "walk.h"

/* Bytes of a bitmap of the dumped kernel by its types; 0 if they don't tell, or tell nonsense. */
uint64_t khs_track_bitmap_bytes(const struct khs_kernel *kernel);

/*
 * Walks the tracker whose xarray of orders is at @va. *@known: all of it was read, but for what is
 * among the problems. Errors: NOMEM, INTERRUPTED.
 */
struct khs_error *khs_track_walk(struct khs_walk *w, uint64_t va, bool *known);

#endif
