/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols from the kallsyms tables in the dumped kernel's memory, found through VMCOREINFO. One
 * pass over the names answers all needs; no table of symbols is kept. The tables have to give
 * VMCOREINFO's address for _stext, or none of them is believed.
 *
 * Tables: scripts/kallsyms.c, kernel/kallsyms.c (kallsyms_expand_symbol, kallsyms_sym_address).
 */
#ifndef KHS_FACTS_KALLSYMS_H
#define KHS_FACTS_KALLSYMS_H

#include "facts.h"

struct khs_vm;

/*
 * Fills the symbols that are still unknown. NOTFOUND if VMCOREINFO names no tables (CONFIG_KALLSYMS
 * off), NODATA or CORRUPT if they can't be read or contradict themselves. A kernel without
 * KALLSYMS_ALL has the tables, but no data symbols in them: no error, the facts stay unknown.
 */
struct khs_error *khs_facts_from_kallsyms(struct khs_facts *facts, struct khs_vm *vm,
					  const struct khs_vmcoreinfo *vmci);

#endif
