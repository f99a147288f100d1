/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A kernel xarray (include/linux/xarray.h, lib/xarray.c; the encoding of entries is the same since
 * 4.20), walked in a dump. Trusts nothing: a node must be aligned, in memory, not visited before,
 * one step down from its parent, at the place in it and of the array that it says itself. Recursion
 * is bounded by the shift, which falls with each level. What the entries mean is the visitor's
 * business.
 */
#ifndef KHS_KHO_XARRAY_H
#define KHS_KHO_XARRAY_H

#include "walk.h"

struct khs_xa_entry {
	uint64_t index;
	uint64_t value;     /* as it is: a pointer, or a value entry with bit 0 set */
	uint64_t holder;    /* physical address of the node, or array, that holds it */
	uint64_t slot;      /* there */
};

typedef struct khs_error *khs_xa_visit_fn(void *arg, const struct khs_xa_entry *entry);

/* Whether the types of the dumped kernel are known, and are ones this can walk. */
bool khs_xarray_known(const struct khs_facts *facts);

/*
 * Calls @visit for each entry of the struct xarray at @va, by index; an error of it ends the walk.
 * Problems are told as ones of @part. *@known becomes false if the array itself can't be read; what
 * of it could not be is a problem. Errors: NOMEM, INTERRUPTED.
 */
struct khs_error *khs_xarray_walk(struct khs_walk *w, enum khs_map_part part, uint64_t va,
				  khs_xa_visit_fn *visit, void *arg, bool *known);

#endif
