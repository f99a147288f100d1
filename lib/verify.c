// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_verify_facts(): each fact from each source. */
#include <stdio.h>

#include "base/error.h"
#include "facts/opinions.h"
#include "model.h"

static void visit_one(const struct khs_opinions *o, enum khs_need_id id,
		      void (*visit)(void *arg, const struct khs_fact_check *check), void *arg)
{
	struct khs_fact_opinion opinions[16];
	const struct khs_need *need = &khs_needs[id];
	struct khs_fact_check check = { .opinions = opinions };
	char name[128];

	khs_need_spell(need, need->name, name, sizeof(name));
	check.kind = khs_need_kind_name(need->kind);
	check.name = name;
	check.required = need->weight == KHS_REQUIRED;
	check.differ = khs_opinions_differ(o, id);
	for (size_t i = 0; i < o->n && i < sizeof(opinions) / sizeof(opinions[0]); i++) {
		const struct khs_fact *f = &o->v[i].facts.v[id];

		opinions[check.nr_opinions++] = (struct khs_fact_opinion){
			o->v[i].source, f->known, f->value, f->size,
		};
	}
	visit(arg, &check);
}

struct khs_error *khs_verify_facts(struct khs *k,
				   void (*visit)(void *arg, const struct khs_fact_check *check),
				   void *arg)
{
	_cleanup_(khs_opinions_deinit) struct khs_opinions o = { 0 };
	struct khs_error *err = k->kernel.ask(&k->kernel, &o);

	for (size_t id = 0; !err && id < KHS_NR_NEEDS; id++)
		visit_one(&o, id, visit, arg);
	return err;
}
