// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"

/* Later ones lie over earlier ones. */
struct segment {
	uint64_t pa;
	uint64_t len;
	enum khs_presence presence;
	uint8_t *bytes; /* NULL unless present */
};

struct memory {
	struct segment *v;
	size_t n;
	size_t cap;
};

/* The segment that shows at @pa, or NULL; *@run is cut to where another answer may begin. */
static const struct segment *top(const struct memory *m, uint64_t pa, size_t *run)
{
	for (size_t i = m->n; i--;) {
		const struct segment *s = &m->v[i];

		if (pa >= s->pa && pa - s->pa < s->len) {
			if (*run > s->len - (pa - s->pa))
				*run = s->len - (pa - s->pa);
			return s;
		}
		if (s->pa > pa && *run > s->pa - pa)
			*run = s->pa - pa;
	}
	return NULL;
}

static enum khs_presence memory_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	const struct memory *m = priv;
	uint8_t *to = buf;
	size_t run;

	for (*done = 0; *done < len; *done += run) {
		uint64_t at = pa + *done;
		const struct segment *s;

		run = len - *done;
		s = top(m, at, &run);
		if (!s)
			return KHS_NORAM;
		if (s->presence != KHS_PRESENT)
			return s->presence;
		memcpy(to + *done, s->bytes + (at - s->pa), run);
	}
	return KHS_PRESENT;
}

static void memory_close(void *priv)
{
	struct memory *m = priv;

	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].bytes);
	free(m->v);
	free(m);
}

static const struct khs_dump_ops memory_ops = {
	.name = "memory",
	.read = memory_read,
	.close = memory_close,
};

struct khs_dump *khs_dump_memory_new(void)
{
	struct khs_dump *dump = calloc(1, sizeof(*dump));
	struct memory *m = calloc(1, sizeof(*m));

	if (!dump || !m) {
		free(dump);
		free(m);
		return NULL;
	}
	dump->ops = &memory_ops;
	dump->priv = m;
	dump->complete = true;
	snprintf(dump->format, sizeof(dump->format), "memory");
	return dump;
}

static struct segment *push(struct khs_dump *dump, uint64_t pa, uint64_t len)
{
	struct memory *m = dump->priv;

	if (!len || len - 1 > UINT64_MAX - pa || !khs_array_grow(m->v, m->n, m->cap))
		return NULL;
	m->v[m->n] = (struct segment){ .pa = pa, .len = len };
	if (dump->end < pa + len)
		dump->end = pa + len;
	return &m->v[m->n++];
}

bool khs_dump_memory_zero(struct khs_dump *dump, uint64_t pa, size_t len)
{
	uint8_t *bytes = calloc(1, len ? len : 1);
	struct segment *s = bytes ? push(dump, pa, len) : NULL;

	if (!s) {
		free(bytes);
		return false;
	}
	s->presence = KHS_PRESENT;
	s->bytes = bytes;
	return true;
}

bool khs_dump_memory_add(struct khs_dump *dump, uint64_t pa, const void *bytes, size_t len)
{
	struct memory *m = dump->priv;

	if (!khs_dump_memory_zero(dump, pa, len))
		return false;
	memcpy(m->v[m->n - 1].bytes, bytes, len);
	return true;
}

bool khs_dump_memory_mark(struct khs_dump *dump, uint64_t pa, uint64_t len,
			  enum khs_presence presence)
{
	struct segment *s;

	if (presence == KHS_PRESENT)
		return false;
	s = push(dump, pa, len);
	if (!s)
		return false;
	s->presence = presence;
	return true;
}

void *khs_dump_memory_at(struct khs_dump *dump, uint64_t pa, size_t len)
{
	size_t run = len;
	const struct segment *s = top(dump->priv, pa, &run);

	if (!s || s->presence != KHS_PRESENT || run < len)
		return NULL;
	return s->bytes + (pa - s->pa);
}

bool khs_dump_memory_vmcoreinfo(struct khs_dump *dump, const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		return false;
	free(dump->vmcoreinfo);
	dump->vmcoreinfo = copy;
	dump->vmcoreinfo_len = strlen(copy);
	return true;
}
