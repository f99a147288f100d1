// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Facts from callbacks (crash). They may leave by longjmp when the user interrupts, so nothing here
 * holds anything that would have to be freed.
 */
#include "../khoscope.h"
#include "facts.h"

static bool ask_member(struct khs_facts *facts, const struct khs_source *source,
		       enum khs_need_id id, const char *type, const char *name)
{
	uint64_t off, size = 0;

	if (!source->member(source->priv, type, name, &off, &size))
		return false;
	khs_fact_set(facts, id, source->name, name, off, size);
	return true;
}

static bool ask_either_type(struct khs_facts *facts, const struct khs_source *source,
			    enum khs_need_id id, const char *name)
{
	const char *type = khs_needs[id].type, *alias = khs_type_alias(type);

	if (ask_member(facts, source, id, type, name))
		return true;
	return alias && ask_member(facts, source, id, alias, name);
}

static bool ask_enumerator(struct khs_facts *facts, const struct khs_source *source,
			   enum khs_need_id id, const char *name)
{
	int64_t value;

	if (!source->enumerator || !source->enumerator(source->priv, name, &value))
		return false;
	khs_fact_set(facts, id, source->name, name, (uint64_t)value, 0);
	return true;
}

static bool ask_value(struct khs_facts *facts, const struct khs_source *source,
		      enum khs_need_id id, const char *name)
{
	bool (*ask)(void *, const char *, uint64_t *) =
		khs_needs[id].kind == KHS_NEED_SYMBOL ? source->symbol : source->type_size;
	uint64_t value;

	if (!ask(source->priv, name, &value))
		return false;
	khs_fact_set(facts, id, source->name, name, value, 0);
	return true;
}

bool khs_question(size_t i, struct khs_question *ret)
{
	static const enum khs_question_kind kinds[] = {
		[KHS_NEED_SYMBOL] = KHS_ASK_SYMBOL,
		[KHS_NEED_MEMBER] = KHS_ASK_MEMBER,
		[KHS_NEED_SIZE] = KHS_ASK_SIZE,
		[KHS_NEED_ENUM] = KHS_ASK_ENUMERATOR,
	};
	/* Each need may be asked under two names, and of two types. */
	const struct khs_need *need = &khs_needs[i / 4 < KHS_NR_NEEDS ? i / 4 : 0];

	if (i / 4 >= KHS_NR_NEEDS)
		return false;
	*ret = (struct khs_question){ 0 };
	if (need->kind == KHS_NEED_KEY)
		return true;
	ret->kind = kinds[need->kind];
	ret->name = i & 1 ? need->alias : need->name;
	if (need->kind == KHS_NEED_MEMBER)
		ret->type = i & 2 ? khs_type_alias(need->type) : need->type;
	if (i & 2 && !ret->type)
		ret->name = NULL;
	return true;
}

void khs_facts_from_source(struct khs_facts *facts, const struct khs_source *source)
{
	static bool (*const ask[])(struct khs_facts *, const struct khs_source *,
				   enum khs_need_id, const char *) = {
		[KHS_NEED_SYMBOL] = ask_value,
		[KHS_NEED_MEMBER] = ask_either_type,
		[KHS_NEED_SIZE] = ask_value,
		[KHS_NEED_ENUM] = ask_enumerator,
	};

	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const struct khs_need *need = &khs_needs[id];

		if (need->kind == KHS_NEED_KEY)
			continue;
		if (!ask[need->kind](facts, source, id, need->name) && need->alias)
			ask[need->kind](facts, source, id, need->alias);
	}
}
