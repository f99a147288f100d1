// SPDX-License-Identifier: GPL-2.0-or-later
#include "vars.h"

enum khs_presence khs_kho_member(struct khs_kernel *kernel, enum khs_need_id sym,
				 enum khs_need_id mem, size_t size, uint64_t *value)
{
	const struct khs_facts *facts = &kernel->facts;

	if (!khs_known(facts, sym) || !khs_known(facts, mem))
		return KHS_NORAM;
	return khs_kernel_read_uint(kernel, khs_fact(facts, sym) + khs_fact(facts, mem), size,
				    value);
}

enum khs_presence khs_kho_variable(struct khs_kernel *kernel, enum khs_need_id sym, size_t size,
				   uint64_t *value)
{
	if (!khs_known(&kernel->facts, sym))
		return KHS_NORAM;
	return khs_kernel_read_uint(kernel, khs_fact(&kernel->facts, sym), size, value);
}
