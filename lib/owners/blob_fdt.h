/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An FDT somewhere in the dump, copied and checked by libfdt before anything is read of it; see
 * kho/fdt.h for what its properties are.
 */
#ifndef KHS_OWNERS_BLOB_FDT_H
#define KHS_OWNERS_BLOB_FDT_H

#include <libfdt.h>

#include "../kho/fdt.h"
#include "gather.h"

/*
 * The FDT at @pa, of at most @size bytes; free()d by the caller. NULL where bytes are absent (noted
 * as khs_gather_incomplete() does), and where it is none: *@why then says so, else it is NULL.
 */
void *khs_blob_fdt(struct khs_gather *g, uint32_t owner, uint64_t pa, uint64_t size,
		   const char **why);

/* Whether a node's first compatible string, up to a ';', is @want. */
bool khs_fdt_is(const void *fdt, int node, const char *want);

#endif
