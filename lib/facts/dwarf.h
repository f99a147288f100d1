/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types from the DWARF of an open ELF file (libdw), versions 4 and 5. Reads structures and
 * enumerations at the top of units; no variables, no code, no split DWARF.
 */
#ifndef KHS_FACTS_DWARF_H
#define KHS_FACTS_DWARF_H

#include <libelf.h>

#include "facts.h"

struct khs_units;

/* @units: which to read first. NOTFOUND if @elf has no DWARF. */
struct khs_error *khs_facts_from_dwarf(struct khs_facts *facts, Elf *elf,
				       const struct khs_units *units, const char *source);

#endif
