/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which compile units to read: those of the few source files that define or use nearly all that is
 * wanted, so that a gigabyte of DWARF need not be read. A unit is found by the address of a
 * function in it (.debug_aranges), or, where that is no help, by the name of its file. Only a short
 * cut: what is missing after them is to be looked for everywhere. Reads no types.
 */
#ifndef KHS_FACTS_UNITS_H
#define KHS_FACTS_UNITS_H

#include <elfutils/libdw.h>

#include "wanted.h"

#define KHS_NR_UNITS 8

/* What a symbol table tells of each of the files. All zero: there was none. */
struct khs_units {
	struct {
		bool file;     /* it names the file */
		bool function; /* it has the function ... */
		uint64_t address; /* ... there, as linked */
	} v[KHS_NR_UNITS];
};

/* Has @w look for what khs_units_take() takes, once a symbol table was scanned for it. */
void khs_units_want(struct khs_wanted *w);
void khs_units_take(struct khs_units *units, struct khs_wanted *w);

/* Calls @visit for each of the units, once, until it returns false. */
void khs_units_visit(const struct khs_units *units, Dwarf *dw,
		     bool (*visit)(void *arg, Dwarf_Die *unit), void *arg);

#endif
