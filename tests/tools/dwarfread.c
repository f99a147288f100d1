// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the DWARF of a vmlinux says, by libdwarf: another reader than the library's, with another
 * author, to hold it against. Reads all of the file, each time.
 *
 *	dwarfread VMLINUX <QUESTIONS
 *
 * A question is "member TYPE PATH", "size TYPE" or "enumerator NAME", one a line. Each distinct
 * answer is printed behind its question: "member page flags = 0 8" (offset and size, 0 if it has
 * none), "size page = 64", "enumerator PG_head = 6". Two structures may have one name.
 */
#include <dwarf.h>
#include <err.h>
#include <fcntl.h>
#include <libdwarf/libdwarf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_QUESTIONS 1024
#define MAX_ANSWERS 8
#define MAX_DEPTH 24

struct answer {
	uint64_t value, size;
};

struct question {
	char kind[16], type[128], path[256];
	struct answer answers[MAX_ANSWERS];
	size_t nr_answers;
};

static struct question questions[MAX_QUESTIONS];
static size_t nr_questions;
static Dwarf_Debug dbg;

/* Without one it aborts. What an entry has not is found out by asking. */
static void on_error(Dwarf_Error error, Dwarf_Ptr arg)
{
	(void)arg;
	dwarf_dealloc(dbg, error, DW_DLA_ERROR);
}

static void read_questions(void)
{
	char line[512];

	while (nr_questions < MAX_QUESTIONS && fgets(line, sizeof(line), stdin)) {
		struct question *q = &questions[nr_questions++];

		if (sscanf(line, "%15s %127s %255s", q->kind, q->type, q->path) < 2)
			errx(1, "no question: %s", line);
	}
}

static void answer(struct question *q, uint64_t value, uint64_t size)
{
	for (size_t i = 0; i < q->nr_answers; i++)
		if (q->answers[i].value == value && q->answers[i].size == size)
			return;
	if (q->nr_answers < MAX_ANSWERS)
		q->answers[q->nr_answers++] = (struct answer){ value, size };
}

/* ---- entries -------------------------------------------------------------------------------- */

static const char *name_of(Dwarf_Die die)
{
	char *name;

	return dwarf_diename(die, &name, NULL) == DW_DLV_OK ? name : "";
}

static int tag_of(Dwarf_Die die)
{
	Dwarf_Half tag = 0;

	dwarf_tag(die, &tag, NULL);
	return tag;
}

static bool number(Dwarf_Die die, Dwarf_Half which, uint64_t *ret)
{
	Dwarf_Attribute attr;
	Dwarf_Unsigned u;
	Dwarf_Signed s;
	bool ok = true;

	if (dwarf_attr(die, which, &attr, NULL) != DW_DLV_OK)
		return false;
	if (dwarf_formudata(attr, &u, NULL) == DW_DLV_OK)
		*ret = u;
	else if (dwarf_formsdata(attr, &s, NULL) == DW_DLV_OK)
		*ret = (uint64_t)s;
	else
		ok = false;
	dwarf_dealloc(dbg, attr, DW_DLA_ATTR);
	return ok;
}

/* The entry that @die's type attribute leads to, behind typedefs and qualifiers. */
static Dwarf_Die type_of(Dwarf_Die die)
{
	for (unsigned int depth = 0; depth < MAX_DEPTH; depth++) {
		Dwarf_Attribute attr;
		Dwarf_Off off = 0;
		int tag;

		if (dwarf_attr(die, DW_AT_type, &attr, NULL) != DW_DLV_OK)
			return NULL;
		dwarf_global_formref(attr, &off, NULL);
		dwarf_dealloc(dbg, attr, DW_DLA_ATTR);
		if (dwarf_offdie_b(dbg, off, 1, &die, NULL) != DW_DLV_OK)
			return NULL;
		tag = tag_of(die);
		if (tag != DW_TAG_typedef && tag != DW_TAG_const_type &&
		    tag != DW_TAG_volatile_type)
			return die;
	}
	return NULL;
}

static Dwarf_Die next_of(Dwarf_Die die)
{
	Dwarf_Die next;

	return dwarf_siblingof_b(dbg, die, 1, &next, NULL) == DW_DLV_OK ? next : NULL;
}

static Dwarf_Die first_in(Dwarf_Die die)
{
	Dwarf_Die child;

	return dwarf_child(die, &child, NULL) == DW_DLV_OK ? child : NULL;
}

/* 0: it has none, as a flexible array. */
static uint64_t size_of(Dwarf_Die type)
{
	uint64_t size = 0, n;
	Dwarf_Die element;

	if (!type)
		return 0;
	if (tag_of(type) == DW_TAG_pointer_type)
		return number(type, DW_AT_byte_size, &size) ? size : 8;
	if (tag_of(type) != DW_TAG_array_type)
		return number(type, DW_AT_byte_size, &size) ? size : 0;
	element = type_of(type);
	size = size_of(element);
	for (Dwarf_Die range = first_in(type); range; range = next_of(range)) {
		if (tag_of(range) != DW_TAG_subrange_type)
			continue;
		if (number(range, DW_AT_count, &n))
			size *= n;
		else if (number(range, DW_AT_upper_bound, &n))
			size *= n + 1;
		else
			return 0;
	}
	return size;
}

static bool find_member(Dwarf_Die in, const char *path, uint64_t base, unsigned int depth,
			struct answer *ret)
{
	size_t len = strcspn(path, ".");

	for (Dwarf_Die m = depth < MAX_DEPTH ? first_in(in) : NULL; m; m = next_of(m)) {
		const char *name = name_of(m);
		uint64_t off = 0;

		if (tag_of(m) != DW_TAG_member)
			continue;
		number(m, DW_AT_data_member_location, &off);
		if (!*name && find_member(type_of(m), path, base + off, depth + 1, ret))
			return true;
		if (strncmp(name, path, len) || name[len])
			continue;
		if (path[len])
			return find_member(type_of(m), path + len + 1, base + off, depth + 1, ret);
		*ret = (struct answer){ base + off, size_of(type_of(m)) };
		return true;
	}
	return false;
}

/* ---- the file ------------------------------------------------------------------------------- */

static void visit_structure(Dwarf_Die die)
{
	const char *name = name_of(die);
	uint64_t declaration, size;
	struct answer a;

	if (!*name || number(die, DW_AT_declaration, &declaration) ||
	    !number(die, DW_AT_byte_size, &size))
		return;
	for (size_t i = 0; i < nr_questions; i++) {
		struct question *q = &questions[i];

		if (strcmp(q->type, name))
			continue;
		if (!strcmp(q->kind, "size"))
			answer(q, size, 0);
		else if (!strcmp(q->kind, "member") && find_member(die, q->path, 0, 0, &a))
			answer(q, a.value, a.size);
	}
}

static void visit_enumeration(Dwarf_Die die)
{
	for (Dwarf_Die e = first_in(die); e; e = next_of(e)) {
		const char *name = name_of(e);
		uint64_t value;

		for (size_t i = 0; i < nr_questions; i++)
			if (!strcmp(questions[i].kind, "enumerator") &&
			    !strcmp(questions[i].type, name) && number(e, DW_AT_const_value, &value))
				answer(&questions[i], value, 0);
	}
}

static void visit_unit(Dwarf_Die unit)
{
	for (Dwarf_Die die = first_in(unit); die;) {
		int tag = tag_of(die);
		Dwarf_Die next;

		if (tag == DW_TAG_structure_type || tag == DW_TAG_union_type)
			visit_structure(die);
		else if (tag == DW_TAG_enumeration_type)
			visit_enumeration(die);
		next = next_of(die);
		dwarf_dealloc(dbg, die, DW_DLA_DIE);
		die = next;
	}
}

static void visit_units(void)
{
	Dwarf_Unsigned next, length, type_off;
	Dwarf_Half version, address, offset, extension, kind;
	Dwarf_Off abbrev;
	Dwarf_Sig8 signature;
	Dwarf_Die unit;

	while (dwarf_next_cu_header_d(dbg, 1, &length, &version, &abbrev, &address, &offset,
				      &extension, &signature, &type_off, &next, &kind,
				      NULL) == DW_DLV_OK) {
		if (dwarf_siblingof_b(dbg, NULL, 1, &unit, NULL) == DW_DLV_OK)
			visit_unit(unit);
	}
}

static void print_answers(void)
{
	for (size_t i = 0; i < nr_questions; i++) {
		const struct question *q = &questions[i];

		for (size_t n = 0; n < q->nr_answers; n++) {
			const struct answer *a = &q->answers[n];

			printf("%s %s%s%s = %lld", q->kind, q->type, *q->path ? " " : "", q->path,
			       (long long)a->value);
			if (*q->path)
				printf(" %llu", (unsigned long long)a->size);
			putchar('\n');
		}
	}
}

int main(int argc, char *argv[])
{
	int fd;

	if (argc != 2)
		errx(2, "usage: dwarfread VMLINUX <QUESTIONS");
	fd = open(argv[1], O_RDONLY);
	if (fd < 0)
		err(1, "%s", argv[1]);
	read_questions();
	if (dwarf_init(fd, DW_DLC_READ, on_error, NULL, &dbg, NULL) != DW_DLV_OK)
		errx(1, "%s: no DWARF", argv[1]);
	visit_units();
	print_answers();
	return 0;
}
