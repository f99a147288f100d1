/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the dumped kernel has KHO, whether it is enabled, and of which ABI: a state, and a
 * sentence for each but KHS_KHO_ON. Found by members, symbols and FDTs, never by release. Walks no
 * map.
 */
#ifndef KHS_KHO_STATE_H
#define KHS_KHO_STATE_H

#include "kho.h"

/*
 * Fills state, why, enabled, tracker, abi, and on the way what boot.h and root_fdt.h say. Fails for
 * lack of memory only.
 */
struct khs_error *khs_kho_find_state(struct khs_kernel *kernel, const struct khs_machine *machine,
				     struct khs_kho *kho);

#endif
