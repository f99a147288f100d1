/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The types, variables and settings of one kernel, from a text file (layouts/, README.md): struct
 * members in the order of the kernel's source, placed by the rules of C. Both the bytes of a dump
 * and its BTF come from here, so that a dump's kernel means what it says of itself.
 */
#ifndef MKDUMP_LAYOUT_H
#define MKDUMP_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

struct type;

struct member {
	const char *name; /* "" of an anonymous union or structure */
	const struct type *type;
	bool array;
	uint64_t count; /* of an array; else 1 */
	uint64_t offset;
};

enum type_kind { TYPE_INT, TYPE_CHAR, TYPE_BOOL, TYPE_PTR, TYPE_STRUCT, TYPE_UNION };

struct type {
	const char *name;  /* what members are declared with */
	bool anonymous;    /* has no name in BTF */
	bool hidden;       /* the kernel has no such type by the case's word: not in BTF */
	enum type_kind kind;
	uint64_t size;
	uint64_t align;
	bool packed;
	struct member *members;
	size_t nr_members;
	int btf_id;
};

struct enumerator {
	const char *name;
	const char *of; /* the enum's name */
	int64_t value;
	bool hidden;
};

struct variable {
	const char *name;
	struct member what; /* its type; offset 0 */
	bool is_static;
	bool hidden;        /* not in the symbol table */
	uint64_t pa, va;    /* set when it gets its place */
};

struct setting {
	const char *key, *value;
};

struct layout {
	struct type **types;
	size_t nr_types;
	struct enumerator *enums;
	size_t nr_enums;
	struct variable *vars;
	size_t nr_vars;
	struct setting *settings;
	size_t nr_settings;
};

void layout_init(struct layout *lay);

/* The first setting of a key stands: the case's goes before the layout file's. */
void layout_set(struct layout *lay, const char *key, const char *value);
/* NULL if it is not set. */
const char *layout_setting(const struct layout *lay, const char *key);
/* A setting that has to be there. */
const char *layout_text(const struct layout *lay, const char *key);
uint64_t layout_number(const struct layout *lay, const char *key);

/* Adds what "NAME.txt" in @folder says; it may include others. */
void layout_read(struct layout *lay, const char *folder, const char *name);

/* Whether there is such a structure, variable, enumerator. */
struct type *layout_type(const struct layout *lay, const char *name);
struct variable *layout_var(const struct layout *lay, const char *name);
struct enumerator *layout_enum(const struct layout *lay, const char *name);
uint64_t layout_size(const struct layout *lay, const char *type);
int64_t layout_enum_value(const struct layout *lay, const char *name);

/*
 * The member of @type at @path, "a.b[2].c"; offset and size are its own. False: no such member.
 */
bool layout_find(const struct type *type, const char *path, uint64_t *offset, uint64_t *size);
/* It has to be there. */
uint64_t layout_offset(const struct layout *lay, const char *type, const char *path);

#endif
