// SPDX-License-Identifier: GPL-2.0-or-later
#include "types.h"

#include <string.h>

static bool incomplete(const struct khs_facts *facts, enum khs_need_id id)
{
	const struct khs_fact *fact = &facts->v[id];

	return !fact->known || (khs_needs[id].kind == KHS_NEED_MEMBER && !fact->size);
}

/* The structure a need is about, NULL if it is about none. */
static const char *structure(const struct khs_need *need)
{
	if (need->kind == KHS_NEED_MEMBER)
		return need->type;
	return need->kind == KHS_NEED_SIZE ? need->name : NULL;
}

static unsigned int count_needs(const char *name)
{
	unsigned int n = 0;

	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const char *of = structure(&khs_needs[id]);

		n += of && !strcmp(of, name);
	}
	return n;
}

static struct khs_type *add_type(struct khs_types *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++) {
		if (!strcmp(t->v[i].name, name))
			return &t->v[i];
	}
	t->v[t->n] = (struct khs_type){
		.name = name,
		.alias = khs_type_alias(name),
		.wanted = count_needs(name),
	};
	return &t->v[t->n++];
}

void khs_types_init(struct khs_types *t, const struct khs_facts *facts)
{
	memset(t, 0, sizeof(*t));
	khs_wanted_init(&t->enums, facts, KHS_NEED_ENUM);
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const char *name = structure(&khs_needs[id]);
		struct khs_type *type;

		if (!name || !incomplete(facts, id))
			continue;
		type = add_type(t, name);
		if (!facts->v[id].known && khs_needs[id].weight > type->weight)
			type->weight = khs_needs[id].weight;
	}
	for (size_t i = 0; i < t->n; i++) {
		khs_wanted_add(&t->names, t->v[i].name, i);
		if (t->v[i].alias)
			khs_wanted_add(&t->names, t->v[i].alias, i);
	}
}

struct khs_type *khs_types_find(struct khs_types *t, const char *name, size_t len)
{
	const struct khs_wanted_name *found = khs_wanted_find(&t->names, name, len);
	struct khs_type *type;

	if (!found)
		return NULL;
	type = &t->v[found->id];
	return type->found < type->wanted ? type : NULL;
}

static struct khs_type_answer ask(const struct khs_need *need, const struct khs_type_ops *ops,
				  void *def)
{
	struct khs_type_answer a = { .name = need->name };

	if (need->kind == KHS_NEED_SIZE)
		return ops->size(def, &a.value) ? a : (struct khs_type_answer){ 0 };
	if (ops->member(def, need->name, &a.value, &a.size))
		return a;
	a.name = need->alias;
	if (need->alias && ops->member(def, need->alias, &a.value, &a.size))
		return a;
	return (struct khs_type_answer){ 0 };
}

void khs_types_offer(struct khs_types *t, struct khs_type *type, const struct khs_type_ops *ops,
		     void *def)
{
	struct khs_type_answer answers[KHS_NR_NEEDS];
	unsigned int found = 0;

	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const char *name = structure(&khs_needs[id]);

		if (!name || strcmp(name, type->name))
			continue;
		answers[id] = ask(&khs_needs[id], ops, def);
		found += answers[id].name != NULL;
	}
	if (found <= type->found)
		return;
	type->found = found;
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const char *name = structure(&khs_needs[id]);

		if (name && !strcmp(name, type->name))
			t->answers[id] = answers[id];
	}
}

void khs_types_enumerator(struct khs_types *t, const char *name, uint64_t value)
{
	struct khs_wanted_name *found = khs_wanted_find(&t->enums, name, strlen(name));

	if (found)
		khs_wanted_answer(&t->enums, found, 1, value);
}

static bool enumerator_found(const struct khs_types *t, enum khs_need_id id)
{
	for (size_t i = 0; i < KHS_WANTED_SLOTS; i++) {
		const struct khs_wanted_name *s = &t->enums.slots[i];

		if (s->rank && s->id == id)
			return true;
	}
	return false;
}

static bool lack_enumerator(const struct khs_types *t, enum khs_weight weight)
{
	for (size_t i = 0; i < KHS_WANTED_SLOTS; i++) {
		const struct khs_wanted_name *s = &t->enums.slots[i];

		if (s->name && khs_needs[s->id].weight >= weight && !enumerator_found(t, s->id))
			return true;
	}
	return false;
}

bool khs_types_lack(const struct khs_types *t, enum khs_weight weight)
{
	for (size_t i = 0; i < t->n; i++) {
		if (!t->v[i].found && t->v[i].weight >= weight)
			return true;
	}
	return lack_enumerator(t, weight);
}

void khs_types_apply(const struct khs_types *t, struct khs_facts *facts, const char *source)
{
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const struct khs_type_answer *a = &t->answers[id];

		if (a->name)
			khs_fact_set(facts, id, source, a->name, a->value, a->size);
	}
	khs_wanted_apply(&t->enums, facts, source);
}

size_t khs_path_part(const char *path, const char **rest)
{
	size_t len = strcspn(path, ".");

	*rest = path[len] ? path + len + 1 : NULL;
	return len;
}
