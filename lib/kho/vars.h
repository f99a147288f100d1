/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handover's variables, read by what needs.h calls them. Knows nothing of what they mean.
 */
#ifndef KHS_KHO_VARS_H
#define KHS_KHO_VARS_H

#include "../facts/kernel.h"

/*
 * Member @mem of the variable @sym, an integer of @size bytes. NORAM if the kernel is not known to
 * have such a thing; *@value is then left as it is, as it is for any answer but PRESENT.
 */
enum khs_presence khs_kho_member(struct khs_kernel *kernel, enum khs_need_id sym,
				 enum khs_need_id mem, size_t size, uint64_t *value);

/* The variable @sym itself. */
enum khs_presence khs_kho_variable(struct khs_kernel *kernel, enum khs_need_id sym, size_t size,
				   uint64_t *value);

#endif
