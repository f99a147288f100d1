// SPDX-License-Identifier: GPL-2.0-or-later
#include "layout.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *array, size_t n, size_t size)
{
	array = realloc(array, (n + 1) * size);
	if (!array)
		err(1, "layout");
	memset((char *)array + n * size, 0, size);
	return array;
}

static char *copy(const char *text, size_t len)
{
	char *s = strndup(text, len);

	if (!s)
		err(1, "layout");
	return s;
}

static struct type *add_type(struct layout *lay, const char *name, enum type_kind kind,
			     uint64_t size)
{
	struct type *type = calloc(1, sizeof(*type));

	if (!type)
		err(1, "layout");
	*type = (struct type){
		.name = copy(name, strlen(name)), .kind = kind, .size = size,
		.align = size ? size : 1,
	};
	lay->types = grow(lay->types, lay->nr_types, sizeof(*lay->types));
	lay->types[lay->nr_types++] = type;
	return type;
}

void layout_init(struct layout *lay)
{
	static const struct {
		const char *name;
		enum type_kind kind;
		uint64_t size;
	} basic[] = {
		{ "u8", TYPE_INT, 1 },	{ "u16", TYPE_INT, 2 }, { "u32", TYPE_INT, 4 },
		{ "u64", TYPE_INT, 8 }, { "int", TYPE_INT, 4 }, { "long", TYPE_INT, 8 },
		{ "char", TYPE_CHAR, 1 }, { "bool", TYPE_BOOL, 1 }, { "ptr", TYPE_PTR, 8 },
	};

	*lay = (struct layout){ 0 };
	for (size_t i = 0; i < sizeof(basic) / sizeof(basic[0]); i++)
		add_type(lay, basic[i].name, basic[i].kind, basic[i].size);
}

/* ---- settings ------------------------------------------------------------------------------- */

const char *layout_setting(const struct layout *lay, const char *key)
{
	for (size_t i = 0; i < lay->nr_settings; i++)
		if (!strcmp(lay->settings[i].key, key))
			return lay->settings[i].value;
	return NULL;
}

void layout_set(struct layout *lay, const char *key, const char *value)
{
	if (layout_setting(lay, key))
		return;
	lay->settings = grow(lay->settings, lay->nr_settings, sizeof(*lay->settings));
	lay->settings[lay->nr_settings++] = (struct setting){
		copy(key, strlen(key)), copy(value, strlen(value)),
	};
}

const char *layout_text(const struct layout *lay, const char *key)
{
	const char *value = layout_setting(lay, key);

	if (!value)
		errx(2, "\"set %s\" is missing", key);
	return value;
}

/* A setting may name another: "set BITMAP_BYTES PAGE". */
uint64_t layout_number(const struct layout *lay, const char *key)
{
	const char *text = layout_text(lay, key);

	return *text >= '0' && *text <= '9' ? strtoull(text, NULL, 0) : layout_number(lay, text);
}

/* ---- looking up ----------------------------------------------------------------------------- */

struct type *layout_type(const struct layout *lay, const char *name)
{
	for (size_t i = 0; i < lay->nr_types; i++)
		if (*name && !strcmp(lay->types[i]->name, name))
			return lay->types[i];
	return NULL;
}

struct variable *layout_var(const struct layout *lay, const char *name)
{
	for (size_t i = 0; i < lay->nr_vars; i++)
		if (!strcmp(lay->vars[i].name, name))
			return &lay->vars[i];
	return NULL;
}

struct enumerator *layout_enum(const struct layout *lay, const char *name)
{
	for (size_t i = 0; i < lay->nr_enums; i++)
		if (!strcmp(lay->enums[i].name, name))
			return &lay->enums[i];
	return NULL;
}

static const struct type *need_type(const struct layout *lay, const char *name)
{
	const struct type *type = layout_type(lay, name);

	if (!type)
		errx(2, "this kernel has no type %s", name);
	return type;
}

uint64_t layout_size(const struct layout *lay, const char *type)
{
	return need_type(lay, type)->size;
}

int64_t layout_enum_value(const struct layout *lay, const char *name)
{
	const struct enumerator *e = layout_enum(lay, name);

	if (!e)
		errx(2, "this kernel has no enumerator %s", name);
	return e->value;
}

static bool find_named(const struct type *type, const char *name, size_t len, uint64_t base,
		       struct member *ret)
{
	for (size_t i = 0; i < type->nr_members; i++) {
		const struct member *m = &type->members[i];

		if (!*m->name && find_named(m->type, name, len, base + m->offset, ret))
			return true;
		if (strncmp(m->name, name, len) || m->name[len])
			continue;
		*ret = *m;
		ret->offset += base;
		return true;
	}
	return false;
}

bool layout_find(const struct type *type, const char *path, uint64_t *offset, uint64_t *size)
{
	struct member m;
	char *end;

	*offset = 0;
	for (;;) {
		size_t len = strcspn(path, ".[");

		if (!find_named(type, path, len, 0, &m))
			return false;
		*offset += m.offset;
		*size = m.type->size * m.count;
		path += len;
		if (*path == '[') {
			*offset += strtoull(path + 1, &end, 0) * m.type->size;
			*size = m.type->size;
			path = end + 1;
		}
		if (!*path)
			return true;
		path++;
		type = m.type;
	}
}

uint64_t layout_offset(const struct layout *lay, const char *type, const char *path)
{
	uint64_t offset, size;

	if (!layout_find(need_type(lay, type), path, &offset, &size))
		errx(2, "this kernel has no %s.%s", type, path);
	return offset;
}

/* ---- reading -------------------------------------------------------------------------------- */

enum { MAX_NESTING = 16 };

/* What is open at the line at hand. */
struct reader {
	struct layout *lay;
	const char *folder;
	struct type *open[MAX_NESTING]; /* structures, the outermost first */
	unsigned int depth;
	const char *in_enum; /* its name, or NULL */
	int64_t next_value;
};

/* "PAGE/8", "NODES*ZONES+1": numbers and settings, from left to right. */
static uint64_t evaluate(const struct reader *r, const struct line *line, const char *text)
{
	uint64_t value = 0, operand;
	char operation = '+';

	for (;;) {
		size_t len = strcspn(text, "+-*/]");
		char *word = copy(text, len);

		operand = *word >= '0' && *word <= '9' ? line_number(line, word) :
							 layout_number(r->lay, word);
		free(word);
		if (operation == '/' && !operand)
			line_die(line, "division by 0");
		switch (operation) {
		case '*': value *= operand; break;
		case '/': value /= operand; break;
		case '-': value -= operand; break;
		default: value += operand;
		}
		operation = text[len];
		if (!operation || operation == ']')
			return value;
		text += len + 1;
	}
}

static struct member declare(const struct reader *r, const struct line *line, const char *type,
			     const char *name)
{
	size_t len = strcspn(name, "[");
	struct member m = { .type = layout_type(r->lay, type), .count = 1 };

	if (!m.type)
		line_die(line, "no type %s", type);
	m.name = copy(name, len);
	m.array = name[len] == '[';
	if (m.array)
		m.count = evaluate(r, line, name + len + 1);
	return m;
}

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

/* @at: where it has to be, or -1 for the next place that its alignment allows. */
static void add_member(struct type *type, struct member m, uint64_t at)
{
	uint64_t align = type->packed ? 1 : m.type->align, end;

	m.offset = type->kind == TYPE_UNION ? 0 : round_up(type->size, align);
	if (at != UINT64_MAX)
		m.offset = at;
	end = m.offset + m.type->size * m.count;
	type->members = grow(type->members, type->nr_members, sizeof(*type->members));
	type->members[type->nr_members++] = m;
	if (end > type->size)
		type->size = end;
	if (align > type->align)
		type->align = align;
}

static void open_type(struct reader *r, const struct line *line, struct type *type)
{
	if (r->depth == MAX_NESTING)
		line_die(line, "nested too deep");
	type->align = 1;
	type->packed = line_has(line, "packed");
	r->open[r->depth++] = type;
}

static void close_type(struct reader *r, const struct line *line)
{
	struct type *type, *outer;

	if (!r->depth)
		line_die(line, "nothing is open");
	type = r->open[--r->depth];
	type->size = round_up(type->size, type->align);
	if (!r->depth)
		return;
	outer = r->open[r->depth - 1];
	add_member(outer, (struct member){ .name = "", .type = type, .count = 1 }, UINT64_MAX);
}

static void close_all(struct reader *r, const struct line *line)
{
	r->in_enum = NULL;
	while (r->depth)
		close_type(r, line);
}

/* "struct NAME [packed] [anonymous]" begins one; "struct {" inside is anonymous. */
static bool read_struct(struct reader *r, const struct line *line)
{
	const char *word = line->words[0];
	bool is_union = !strcmp(word, "union");
	struct type *type;

	if (!is_union && strcmp(word, "struct"))
		return false;
	if (!strcmp(line_word(line, 1), "{")) {
		type = add_type(r->lay, "", is_union ? TYPE_UNION : TYPE_STRUCT, 0);
	} else {
		close_all(r, line);
		type = layout_type(r->lay, line->words[1]);
		/* As for variables; members declared before keep the old one. */
		if (type)
			type->name = "";
		type = add_type(r->lay, line->words[1], is_union ? TYPE_UNION : TYPE_STRUCT, 0);
		type->anonymous = line_has(line, "anonymous");
	}
	open_type(r, line, type);
	return true;
}

static void read_enumerator(struct reader *r, const struct line *line)
{
	struct layout *lay = r->lay;

	if (line->n > 1)
		r->next_value = evaluate(r, line, line->words[1]);
	lay->enums = grow(lay->enums, lay->nr_enums, sizeof(*lay->enums));
	lay->enums[lay->nr_enums++] = (struct enumerator){
		.name = line->words[0], .of = r->in_enum, .value = r->next_value++,
	};
}

/* "hide type|var NAME": of another file's, which this kernel does not have. */
static void read_hide(struct reader *r, const struct line *line)
{
	const char *kind = line_word(line, 1), *name = line_word(line, 2);
	struct variable *var = layout_var(r->lay, name);
	struct type *type = layout_type(r->lay, name);

	if (!strcmp(kind, "var") && var)
		var->name = "";
	else if (!strcmp(kind, "type") && type)
		type->name = "";
	else
		line_die(line, "no %s %s to hide", kind, name);
}

/* A file may say anew what one that it includes said: the newer word counts. */
static void read_variable(struct reader *r, const struct line *line)
{
	struct layout *lay = r->lay;
	struct member what = declare(r, line, line_word(line, 1), line_word(line, 2));
	struct variable *old = layout_var(lay, what.name);

	if (old) {
		old->what = what;
		return;
	}

	lay->vars = grow(lay->vars, lay->nr_vars, sizeof(*lay->vars));
	lay->vars[lay->nr_vars++] = (struct variable){
		.name = what.name, .what = what, .is_static = line_has(line, "static"),
	};
}

static void read_member(struct reader *r, const struct line *line)
{
	struct type *type = r->open[r->depth - 1];
	const char *at = line_option(line, 2, "at");

	if (!strcmp(line->words[0], "}")) {
		close_type(r, line);
	} else if (!strcmp(line->words[0], "size")) {
		type->size = evaluate(r, line, line_word(line, 1));
	} else {
		add_member(type, declare(r, line, line->words[0], line_word(line, 1)),
			   at ? evaluate(r, line, at) : UINT64_MAX);
	}
}

static void read_enum(struct reader *r, const struct line *line)
{
	r->in_enum = line_word(line, 1);
	r->next_value = 0;
}

static void read_include(struct reader *r, const struct line *line)
{
	layout_read(r->lay, r->folder, line_word(line, 1));
}

static void read_setting(struct reader *r, const struct line *line)
{
	layout_set(r->lay, line_word(line, 1), line_word(line, 2));
}

/* What stands by itself, and ends what was open. */
static bool read_top(struct reader *r, const struct line *line)
{
	static const struct {
		const char *word;
		void (*read)(struct reader *r, const struct line *line);
	} tops[] = {
		{ "include", read_include }, { "set", read_setting }, { "var", read_variable },
		{ "enum", read_enum }, { "hide", read_hide },
	};

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		if (strcmp(line->words[0], tops[i].word))
			continue;
		close_all(r, line);
		tops[i].read(r, line);
		return true;
	}
	return false;
}

static void read_line(struct reader *r, const struct line *line)
{
	if (read_struct(r, line) || read_top(r, line))
		return;
	if (r->in_enum)
		read_enumerator(r, line);
	else if (r->depth)
		read_member(r, line);
	else
		line_die(line, "no such thing: %s", line->words[0]);
}

void layout_read(struct layout *lay, const char *folder, const char *name)
{
	struct reader r = { .lay = lay, .folder = folder };
	struct lines lines = { 0 };
	char *path;

	if (asprintf(&path, "%s/%s.txt", folder, name) < 0)
		err(1, "layout");
	lines_read(&lines, path);
	for (size_t i = 0; i < lines.n; i++)
		read_line(&r, &lines.v[i]);
	if (lines.n)
		close_all(&r, &lines.v[lines.n - 1]);
}
