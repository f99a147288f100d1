// SPDX-License-Identifier: GPL-2.0-or-later
#include "units.h"

#include <string.h>

/* A function that is in the file alone, and that nobody inlines away. */
static const struct {
	const char *file, *function;
} rows[KHS_NR_UNITS] = {
	{ "kexec_handover.c", "kho_preserve_folio" },
	{ "memblock.c", "memblock_add" },
	{ "sparse.c", "sparse_init" },
	{ "numa_memblks.c", "numa_add_memblk" },
	{ "luo_session.c", "luo_session_create" },
	{ "luo_file.c", "luo_preserve_file" },
	{ "luo_flb.c", "liveupdate_register_flb" },
	{ "xarray.c", "xa_load" },
};

struct search {
	const struct khs_units *units;
	Dwarf *dw;
	bool (*visit)(void *arg, Dwarf_Die *unit);
	void *arg;
	bool by_name[KHS_NR_UNITS]; /* rows that are still to be looked for so */
	size_t nr_seen;
	Dwarf_Off seen[KHS_NR_UNITS]; /* units visited by address */
};

void khs_units_want(struct khs_wanted *w)
{
	for (size_t i = 0; i < KHS_NR_UNITS; i++) {
		khs_wanted_add(w, rows[i].file, KHS_NR_NEEDS);
		khs_wanted_add(w, rows[i].function, KHS_NR_NEEDS);
	}
}

void khs_units_take(struct khs_units *units, struct khs_wanted *w)
{
	for (size_t i = 0; i < KHS_NR_UNITS; i++) {
		const char *file = rows[i].file, *function = rows[i].function;
		const struct khs_wanted_name *f = khs_wanted_find(w, file, strlen(file));
		const struct khs_wanted_name *s = khs_wanted_find(w, function, strlen(function));

		units->v[i].file = f && f->rank;
		units->v[i].function = s && s->rank;
		units->v[i].address = s ? s->value : 0;
	}
}

static bool is_of(Dwarf_Die *unit, const char *file)
{
	const char *name = dwarf_diename(unit), *slash = name ? strrchr(name, '/') : NULL;

	return name && !strcmp(slash ? slash + 1 : name, file);
}

static bool is_seen(const struct search *s, Dwarf_Off off)
{
	for (size_t i = 0; i < s->nr_seen; i++) {
		if (s->seen[i] == off)
			return true;
	}
	return false;
}

/* The file may have been renamed, or the unit be one of GCC's LTO, with a name of its own. */
static bool visit_address(struct search *s, size_t i)
{
	Dwarf_Die unit;
	Dwarf_Off off;

	if (!s->units->v[i].function || !dwarf_addrdie(s->dw, s->units->v[i].address, &unit))
		return true;
	if (is_of(&unit, rows[i].file))
		s->by_name[i] = false;
	off = dwarf_dieoffset(&unit);
	if (is_seen(s, off))
		return true;
	s->seen[s->nr_seen++] = off;
	return s->visit(s->arg, &unit);
}

static bool is_wanted(const struct search *s, Dwarf_Die *unit)
{
	for (size_t i = 0; i < KHS_NR_UNITS; i++) {
		if (s->by_name[i] && is_of(unit, rows[i].file))
			return !is_seen(s, dwarf_dieoffset(unit));
	}
	return false;
}

/* All units there are have to be looked at, which takes ten times as long. */
static void visit_names(struct search *s)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	while (!dwarf_get_units(s->dw, cu, &cu, NULL, NULL, &unit, NULL)) {
		if (is_wanted(s, &unit) && !s->visit(s->arg, &unit))
			return;
	}
}

/* A symbol table that names source files, but not this one, is of a kernel that lacks it. */
static void choose(struct search *s)
{
	bool named = false;

	for (size_t i = 0; i < KHS_NR_UNITS; i++)
		named |= s->units->v[i].file;
	for (size_t i = 0; i < KHS_NR_UNITS; i++)
		s->by_name[i] = s->units->v[i].file || !named;
}

static bool any_left(const struct search *s)
{
	for (size_t i = 0; i < KHS_NR_UNITS; i++) {
		if (s->by_name[i])
			return true;
	}
	return false;
}

void khs_units_visit(const struct khs_units *units, Dwarf *dw,
		     bool (*visit)(void *arg, Dwarf_Die *unit), void *arg)
{
	struct search s = { .units = units, .dw = dw, .visit = visit, .arg = arg };

	choose(&s);
	for (size_t i = 0; i < KHS_NR_UNITS; i++) {
		if (!visit_address(&s, i))
			return;
	}
	if (any_left(&s))
		visit_names(&s);
}
