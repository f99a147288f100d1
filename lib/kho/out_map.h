/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The outgoing map: what this kernel preserves for the next, walked by whoever knows its kind. */
#ifndef KHS_KHO_OUT_MAP_H
#define KHS_KHO_OUT_MAP_H

#include "kho.h"

/*
 * Fills out_*, out, nodes, problems and nodes_absent, given the state. Fails for lack of memory or
 * an interrupt only.
 */
struct khs_error *khs_kho_read_map(struct khs_kernel *kernel, const struct khs_machine *machine,
				   struct khs_kho *kho);

#endif
