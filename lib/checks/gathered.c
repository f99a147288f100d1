// SPDX-License-Identifier: GPL-2.0-or-later
#include "gathered.h"

#include <stdlib.h>
#include <string.h>

#include "../base/array.h"

/* A finding and all it points at, but for what is static in any case: id, class, keys. */
struct copy {
	struct khs_finding f;
	struct khs_evidence evidence[];
};

static size_t text_size(const struct khs_finding *f)
{
	size_t size = strlen(f->summary) + 1;

	for (size_t i = 0; i < f->nr_evidence; i++)
		if (f->evidence[i].kind == KHS_VALUE_STRING && f->evidence[i].string)
			size += strlen(f->evidence[i].string) + 1;
	return size;
}

static const char *keep(char **at, const char *s)
{
	char *kept = *at;
	size_t size = strlen(s) + 1;

	memcpy(kept, s, size);
	*at += size;
	return kept;
}

static struct khs_finding *copy_finding(const struct khs_finding *f)
{
	size_t size = sizeof(struct copy) + f->nr_evidence * sizeof(f->evidence[0]);
	struct copy *c = malloc(size + text_size(f));
	char *text;

	if (!c)
		return NULL;
	text = (char *)c + size;
	c->f = *f;
	c->f.summary = keep(&text, f->summary);
	c->f.evidence = c->evidence;
	for (size_t i = 0; i < f->nr_evidence; i++) {
		c->evidence[i] = f->evidence[i];
		if (c->evidence[i].kind == KHS_VALUE_STRING && c->evidence[i].string)
			c->evidence[i].string = keep(&text, c->evidence[i].string);
	}
	return &c->f;
}

void khs_gather_finding(void *arg, const struct khs_finding *finding)
{
	struct khs_gathered *g = arg;
	struct khs_finding *copy = NULL;

	if (khs_array_grow(g->v, g->n, g->cap))
		copy = copy_finding(finding);
	if (!copy) {
		g->no_memory = true;
		return;
	}
	copy->number = g->n;
	g->v[g->n++] = copy;
}

void khs_gathered_deinit(struct khs_gathered *g)
{
	for (size_t i = 0; i < g->n; i++)
		free(g->v[i]);
	free(g->v);
	*g = (struct khs_gathered){ 0 };
}

const char *khs_finding_string(const struct khs_finding *finding, const char *key)
{
	for (size_t i = 0; i < finding->nr_evidence; i++) {
		const struct khs_evidence *e = &finding->evidence[i];

		if (e->kind == KHS_VALUE_STRING && !strcmp(e->key, key))
			return e->string;
	}
	return NULL;
}

int khs_findings_by_pfn(const void *a, const void *b)
{
	const struct khs_finding *l = *(const struct khs_finding *const *)a;
	const struct khs_finding *r = *(const struct khs_finding *const *)b;

	if (l->pfn != r->pfn)
		return l->pfn < r->pfn ? -1 : 1;
	return (l->number > r->number) - (l->number < r->number);
}
