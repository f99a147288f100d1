// SPDX-License-Identifier: GPL-2.0-or-later
#include "parts.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

/*
 * scripts/kallsyms.c finds the 256 most worthwhile tokens of a kernel's names; here every printable
 * character stands for itself, and a few of the free ones for what is frequent.
 */
static const char *const tokens[] = {
	[0x01] = "kho_", [0x02] = "memblock_", [0x03] = "node_", [0x04] = "mem", [0x05] = "scratch",
	[0x06] = "luo_", [0x07] = "page", [0x80] = "Dkho_", [0x81] = "dkho_", [0xfe] = "_regions",
};

enum { NR_TOKENS = 256, LONG_NAME = 127 };

struct symbol {
	uint64_t va;
	char name[256]; /* with its type before it */
};

struct symbols {
	struct symbol *v;
	size_t n;
};

static void add(struct symbols *s, char type, const char *name, uint64_t va)
{
	s->v = realloc(s->v, (s->n + 1) * sizeof(*s->v));
	if (!s->v)
		err(1, "symbols");
	s->v[s->n].va = va;
	s->v[s->n].name[0] = type;
	strncpy(s->v[s->n].name + 1, name, sizeof(s->v[s->n].name) - 2);
	s->v[s->n].name[sizeof(s->v[s->n].name) - 1] = '\0';
	s->n++;
}

static int by_address(const void *a, const void *b)
{
	const struct symbol *x = a, *y = b;

	return (x->va > y->va) - (x->va < y->va);
}

/* A name longer than 127 characters has a length of two bytes (kallsyms.c:write_src). */
static void add_rust(const struct machine *m, struct symbols *s)
{
	char name[256] = "_RNv";

	memset(name + 4, 'Q', 180);
	add(s, 't', name, m->image_va + 64);
}

static struct symbols collect(const struct machine *m)
{
	struct symbols s = { 0 };

	add(&s, 'T', "_stext", m->image_va);
	add(&s, 'T', "_text", m->image_va);
	add(&s, 't', "kho_scratch_overlap", m->image_va + 128);
	add_rust(m, &s);
	for (size_t i = 0; i < m->lay.nr_vars; i++) {
		const struct variable *v = &m->lay.vars[i];

		if (!v->hidden && *v->name)
			add(&s, v->is_static ? 'd' : 'D', v->name, v->va);
	}
	qsort(s.v, s.n, sizeof(*s.v), by_address);
	return s;
}

/* Longest token first; there is always one of a single character. */
static size_t pack(const char *name, uint8_t *to)
{
	size_t n = 0;

	while (*name) {
		size_t best = strlen("x");

		to[n] = *name;
		for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
			size_t len = tokens[i] ? strlen(tokens[i]) : 0;

			if (len <= best || strncmp(name, tokens[i], len))
				continue;
			best = len;
			to[n] = i;
		}
		name += best;
		n++;
	}
	return n;
}

static void write_names(struct machine *m, const struct symbols *s)
{
	uint8_t packed[512];
	uint64_t pa;

	pa = image_alloc(m, 4, 8);
	memory_put(&m->mem, pa, s->n, 4);
	m->kallsyms[1] = va_of(m, pa);
	pa = image_alloc(m, s->n * 258, 8);
	m->kallsyms[0] = va_of(m, pa);
	for (size_t i = 0; i < s->n; i++) {
		size_t len = pack(s->v[i].name, packed);

		if (len > LONG_NAME)
			memory_put(&m->mem, pa++, (len & 0x7f) | 0x80, 1);
		memory_put(&m->mem, pa++, len > LONG_NAME ? len >> 7 : len, 1);
		memory_write(&m->mem, pa, packed, len);
		pa += len;
	}
}

static void write_tokens(struct machine *m)
{
	uint64_t table = image_alloc(m, NR_TOKENS * 12, 8), at = table, index;

	index = image_alloc(m, NR_TOKENS * 2, 8);
	m->kallsyms[2] = va_of(m, table);
	m->kallsyms[3] = va_of(m, index);
	for (size_t i = 0; i < NR_TOKENS; i++) {
		char one[2] = { i > ' ' && i < 0x7f ? i : '\0' };
		const char *text = i < sizeof(tokens) / sizeof(tokens[0]) && tokens[i] ?
				   tokens[i] : one;

		memory_put(&m->mem, index + 2 * i, at - table, 2);
		put_text(m, at, text);
		at += strlen(text) + 1;
	}
}

/* kernel/kallsyms.c:kallsyms_sym_address(), both of its ways. */
static void write_offsets(struct machine *m, const struct symbols *s)
{
	bool relative = !strcmp(layout_text(&m->lay, "kallsyms"), "relative-base");
	uint64_t pa = image_alloc(m, s->n * 4, 8);

	m->kallsyms[4] = va_of(m, pa);
	if (relative) {
		uint64_t base = image_alloc(m, 8, 8);

		memory_put(&m->mem, base, m->image_va, 8);
		m->kallsyms_base_va = va_of(m, base);
	}
	for (size_t i = 0; i < s->n; i++)
		memory_put(&m->mem, pa + 4 * i,
			   s->v[i].va - (relative ? m->image_va : m->kallsyms[4] + 4 * i), 4);
}

void kallsyms_write(struct machine *m)
{
	struct symbols s = collect(m);

	write_names(m, &s);
	write_tokens(m);
	write_offsets(m, &s);
	free(s.v);
}
