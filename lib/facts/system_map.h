/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Symbols from a System.map, as nm writes it and distributions install it beside the kernel. It
 * names no build-id: it is held against the symbols that VMCOREINFO names. Needs no library.
 */
#ifndef KHS_FACTS_SYSTEM_MAP_H
#define KHS_FACTS_SYSTEM_MAP_H

#include "facts.h"

/*
 * Fills the symbols still unknown. IO; FORMAT if it is none; MISMATCH if it is of another kernel,
 * which @any lets pass, with a sentence in @warning ("" if there is nothing to say).
 */
struct khs_error *khs_facts_from_system_map(struct khs_facts *facts, const char *path,
					    const struct khs_vmcoreinfo *vmci, bool any,
					    char *warning, size_t size);

#endif
