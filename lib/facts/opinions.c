// SPDX-License-Identifier: GPL-2.0-or-later
#include "opinions.h"

#include <stdlib.h>

#include "../base/array.h"

struct khs_facts *khs_opinions_add(struct khs_opinions *o, const char *source)
{
	if (!khs_array_grow(o->v, o->n, o->cap))
		return NULL;
	o->v[o->n] = (struct khs_opinion){ .source = source };
	return &o->v[o->n++].facts;
}

void khs_opinions_deinit(struct khs_opinions *o)
{
	free(o->v);
	*o = (struct khs_opinions){ 0 };
}

/* VMCOREINFO knows no sizes, and nobody those of flexible arrays. */
static bool differ(const struct khs_fact *a, const struct khs_fact *b)
{
	return a->value != b->value || (a->size && b->size && a->size != b->size);
}

bool khs_opinions_differ(const struct khs_opinions *o, enum khs_need_id id)
{
	for (size_t i = 0; i < o->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct khs_fact *a = &o->v[i].facts.v[id], *b = &o->v[k].facts.v[id];

			if (a->known && b->known && differ(a, b))
				return true;
		}
	return false;
}
