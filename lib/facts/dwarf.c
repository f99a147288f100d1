// SPDX-License-Identifier: GPL-2.0-or-later
#include "dwarf.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "types.h"
#include "units.h"

/* C code nests less; a damaged file may nest without end. */
#define MAX_DEPTH 16
#define MEMBER_BUDGET (16u << 20)

/* One definition, as khs_type_ops sees it. */
struct def {
	Dwarf_Die die;
	uint64_t *budget;
};

struct place {
	uint64_t off;
	uint64_t size;
};

static void dwarf_endp(Dwarf **dw)
{
	dwarf_end(*dw);
}

static const char *name_of(Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);

	return name ? name : "";
}

static bool is_composite(Dwarf_Die *die)
{
	int tag = dwarf_tag(die);

	return tag == DW_TAG_structure_type || tag == DW_TAG_union_type;
}

/* The type of @die behind its typedefs and qualifiers. */
static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
	Dwarf_Attribute attr;

	if (!dwarf_attr_integrate(die, DW_AT_type, &attr) || !dwarf_formref_die(&attr, type))
		return false;
	return dwarf_peel_type(type, type) == 0;
}

/* A member of a union has no location of its own. */
static uint64_t member_offset(Dwarf_Die *member)
{
	Dwarf_Attribute attr;
	Dwarf_Word off = 0;

	if (!dwarf_attr(member, DW_AT_data_member_location, &attr) ||
	    dwarf_formudata(&attr, &off))
		return 0;
	return off;
}

static bool bound_of(Dwarf_Die *subrange, uint64_t *count)
{
	Dwarf_Attribute attr;
	Dwarf_Word n;

	if (dwarf_attr(subrange, DW_AT_count, &attr) && !dwarf_formudata(&attr, &n)) {
		*count = n;
		return true;
	}
	if (!dwarf_attr(subrange, DW_AT_upper_bound, &attr) || dwarf_formudata(&attr, &n))
		return false;
	return !__builtin_add_overflow(n, 1, count);
}

/*
 * Bytes of @type, false for a flexible array. dwarf_aggregate_size() asks an array's unit for its
 * language to know the lower bound, and dwz's partial units have none: C's is 0.
 */
static bool size_of(Dwarf_Die *type, uint64_t *size)
{
	Dwarf_Die element, range;
	uint64_t count;
	Dwarf_Word word;

	if (dwarf_tag(type) != DW_TAG_array_type) {
		if (dwarf_aggregate_size(type, &word))
			return false;
		*size = word;
		return true;
	}
	if (!type_of(type, &element) || dwarf_tag(&element) == DW_TAG_array_type ||
	    !size_of(&element, size) || dwarf_child(type, &range))
		return false;
	do {
		if (dwarf_tag(&range) != DW_TAG_subrange_type)
			continue;
		if (!bound_of(&range, &count) || __builtin_mul_overflow(*size, count, size))
			return false;
	} while (!dwarf_siblingof(&range, &range));
	return true;
}

static bool place_member(Dwarf_Die *member, Dwarf_Die *type, uint64_t base, struct place *ret)
{

	if (dwarf_hasattr(member, DW_AT_bit_size))
		return false;
	ret->off = base + member_offset(member);
	/* A flexible array has no size; the place is good nevertheless. */
	if (!size_of(type, &ret->size))
		ret->size = 0;
	return true;
}

static bool find_member(const struct def *def, Dwarf_Die *in, const char *path, uint64_t base,
			unsigned int depth, struct place *ret)
{
	Dwarf_Die member, type;
	const char *rest;
	size_t len = khs_path_part(path, &rest);

	if (depth > MAX_DEPTH || !is_composite(in) || dwarf_child(in, &member))
		return false;
	do {
		const char *name = name_of(&member);
		uint64_t off = base + member_offset(&member);

		if (!*def->budget || !--*def->budget)
			return false;
		if (dwarf_tag(&member) != DW_TAG_member || !type_of(&member, &type))
			continue;
		if (!*name && find_member(def, &type, path, off, depth + 1, ret))
			return true;
		if (strncmp(name, path, len) || name[len])
			continue;
		return rest ? find_member(def, &type, rest, off, depth + 1, ret) :
			      place_member(&member, &type, base, ret);
	} while (!dwarf_siblingof(&member, &member));
	return false;
}

static bool def_member(void *arg, const char *path, uint64_t *off, uint64_t *size)
{
	struct def *def = arg;
	struct place place;

	if (!find_member(def, &def->die, path, 0, 0, &place))
		return false;
	*off = place.off;
	*size = place.size;
	return true;
}

static bool def_size(void *arg, uint64_t *size)
{
	struct def *def = arg;
	int bytes = dwarf_bytesize(&def->die);

	*size = bytes;
	return bytes >= 0;
}

static void visit_struct(struct khs_types *types, struct def *def)
{
	static const struct khs_type_ops ops = { .size = def_size, .member = def_member };
	const char *name = name_of(&def->die);
	struct khs_type *type = khs_types_find(types, name, strlen(name));

	if (type && !dwarf_hasattr(&def->die, DW_AT_declaration))
		khs_types_offer(types, type, &ops, def);
}

/* GCC writes negative values as sdata and all others in fixed sizes that are not to be extended. */
static bool enumerator_value(Dwarf_Die *enumerator, uint64_t *value)
{
	Dwarf_Attribute attr;
	Dwarf_Sword s;
	Dwarf_Word u;

	if (!dwarf_attr(enumerator, DW_AT_const_value, &attr))
		return false;
	if (attr.form == DW_FORM_sdata || attr.form == DW_FORM_implicit_const) {
		if (dwarf_formsdata(&attr, &s))
			return false;
		*value = (uint64_t)s;
		return true;
	}
	if (dwarf_formudata(&attr, &u))
		return false;
	*value = u;
	return true;
}

static void visit_enum(struct khs_types *types, Dwarf_Die *die)
{
	Dwarf_Die child;
	uint64_t value;

	if (dwarf_child(die, &child))
		return;
	do {
		if (enumerator_value(&child, &value))
			khs_types_enumerator(types, name_of(&child), value);
	} while (!dwarf_siblingof(&child, &child));
}

/*
 * @depth: how many levels of imports to follow. dwz moves what units share into partial units and
 * has the units import them.
 */
static void visit_unit(struct khs_types *types, Dwarf_Die *unit, uint64_t *budget,
		       unsigned int depth)
{
	struct def def = { .budget = budget };
	Dwarf_Attribute attr;
	Dwarf_Die import;

	if (dwarf_child(unit, &def.die) || !*budget)
		return;
	do {
		int tag = dwarf_tag(&def.die);

		if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type)
			visit_struct(types, &def);
		else if (tag == DW_TAG_enumeration_type)
			visit_enum(types, &def.die);
		else if (tag == DW_TAG_imported_unit && depth && *budget && --*budget &&
			 dwarf_attr(&def.die, DW_AT_import, &attr) &&
			 dwarf_formref_die(&attr, &import))
			visit_unit(types, &import, budget, depth - 1);
	} while (!dwarf_siblingof(&def.die, &def.die));
}

struct pass {
	struct khs_types *types;
	uint64_t budget;
};

/*
 * Something optional that is in none of these units is taken for absent from the kernel: to be sure
 * would be to read everything, each time, for the enumerators its configuration leaves out.
 */
static bool visit_likely(void *arg, Dwarf_Die *unit)
{
	struct pass *pass = arg;

	visit_unit(pass->types, unit, &pass->budget, MAX_DEPTH);
	return khs_types_lack(pass->types, KHS_OPTIONAL);
}

static void visit_all(struct khs_types *types, Dwarf *dw)
{
	uint64_t budget = MEMBER_BUDGET;
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;

	while (khs_types_lack(types, KHS_WANTED) &&
	       !dwarf_get_units(dw, cu, &cu, NULL, NULL, &unit, NULL))
		visit_unit(types, &unit, &budget, 0);
}

struct khs_error *khs_facts_from_dwarf(struct khs_facts *facts, Elf *elf,
				       const struct khs_units *units, const char *source)
{
	_cleanup_free_ struct khs_types *types = malloc(sizeof(*types));
	struct pass pass = { .types = types, .budget = MEMBER_BUDGET };
	_cleanup_(dwarf_endp) Dwarf *dw = NULL;

	if (!types)
		return khs_enomem();
	dw = dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (!dw)
		return khs_error_new(KHS_ERR_NOTFOUND, "DWARF: %s", dwarf_errmsg(-1));
	khs_types_init(types, facts);
	khs_units_visit(units, dw, visit_likely, &pass);
	visit_all(types, dw);
	khs_types_apply(types, facts, source);
	return NULL;
}
