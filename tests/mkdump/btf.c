// SPDX-License-Identifier: GPL-2.0-or-later
#include "parts.h"

#include <bpf/btf.h>
#include <err.h>
#include <stdlib.h>
#include <string.h>

struct writer {
	struct btf *btf;
	struct layout *lay;
	int pointer; /* void * */
	int index;   /* type of an array's index */
};

static int ok(int id)
{
	if (id < 0)
		errx(1, "BTF: %s", strerror(-id));
	return id;
}

static int write_type(struct writer *w, struct type *type);

static int write_int(struct writer *w, const struct type *type)
{
	int encoding = type->kind == TYPE_CHAR ? BTF_INT_CHAR :
		       type->kind == TYPE_BOOL ? BTF_INT_BOOL : 0;

	return ok(btf__add_int(w->btf, type->name, type->size, encoding));
}

/* Types of members come before: ids of a structure's members follow each other in the blob. */
static void write_parts(struct writer *w, const struct type *type)
{
	for (size_t i = 0; i < type->nr_members; i++)
		write_type(w, (struct type *)type->members[i].type);
}

static int write_struct(struct writer *w, struct type *type)
{
	const char *name = type->anonymous ? "" : type->name;
	int *ids = calloc(type->nr_members + 1, sizeof(*ids)), id;

	if (!ids)
		err(1, "BTF");
	write_parts(w, type);
	for (size_t i = 0; i < type->nr_members; i++) {
		const struct member *m = &type->members[i];

		ids[i] = m->type->btf_id;
		if (m->array)
			ids[i] = ok(btf__add_array(w->btf, w->index, ids[i], m->count));
	}
	id = ok(type->kind == TYPE_UNION ? btf__add_union(w->btf, name, type->size) :
					   btf__add_struct(w->btf, name, type->size));
	for (size_t i = 0; i < type->nr_members; i++) {
		const struct member *m = &type->members[i];

		ok(btf__add_field(w->btf, *m->name ? m->name : NULL, ids[i], m->offset * 8, 0));
	}
	free(ids);
	return id;
}

static int write_type(struct writer *w, struct type *type)
{
	if (type->btf_id)
		return type->btf_id;
	switch (type->kind) {
	case TYPE_PTR: type->btf_id = w->pointer; break;
	case TYPE_STRUCT:
	case TYPE_UNION: type->btf_id = write_struct(w, type); break;
	default: type->btf_id = write_int(w, type);
	}
	return type->btf_id;
}

static void write_enums(struct writer *w)
{
	const char *open = "";

	for (size_t i = 0; i < w->lay->nr_enums; i++) {
		const struct enumerator *e = &w->lay->enums[i];

		if (e->hidden)
			continue;
		if (strcmp(open, e->of))
			ok(btf__add_enum(w->btf, e->of, 4));
		open = e->of;
		ok(btf__add_enum_value(w->btf, e->name, e->value));
	}
}

void btf_write(struct machine *m)
{
	struct writer w = { .btf = btf__new_empty(), .lay = &m->lay };
	const void *raw;
	uint32_t size;
	uint64_t pa;

	if (!w.btf)
		errx(1, "BTF: none could be made");
	w.index = write_type(&w, layout_type(&m->lay, "u32"));
	w.pointer = ok(btf__add_ptr(w.btf, 0));
	for (size_t i = 0; i < m->lay.nr_types; i++)
		if (!m->lay.types[i]->hidden && *m->lay.types[i]->name)
			write_type(&w, m->lay.types[i]);
	write_enums(&w);
	raw = btf__raw_data(w.btf, &size);
	if (!raw)
		errx(1, "BTF: no data");
	pa = image_alloc(m, size, page_size(m));
	memory_write(&m->mem, pa, raw, size);
	/* The linker's symbols: they have an address, and nothing is stored there but the blob. */
	layout_var(&m->lay, "__start_BTF")->va = va_of(m, pa);
	layout_var(&m->lay, "__stop_BTF")->va = va_of(m, pa + size);
	btf__free(w.btf);
}
