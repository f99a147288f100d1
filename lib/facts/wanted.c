// SPDX-License-Identifier: GPL-2.0-or-later
#include "wanted.h"

#include <string.h>

/* Two names a need at most, and the table never more than two thirds full: a probe ends. */
_Static_assert(2 * KHS_NR_NEEDS < KHS_WANTED_SLOTS, "the table of names is too small");

/* FNV-1a */
static uint32_t hash(const char *name, size_t len)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h;
}

static struct khs_wanted_name *slot(struct khs_wanted *w, const char *name, size_t len)
{
	for (uint32_t i = hash(name, len);; i++) {
		struct khs_wanted_name *s = &w->slots[i % KHS_WANTED_SLOTS];

		if (!s->name || (s->len == len && !memcmp(s->name, name, len)))
			return s;
	}
}

void khs_wanted_add(struct khs_wanted *w, const char *name, enum khs_need_id id)
{
	size_t len = strlen(name);
	struct khs_wanted_name *s = slot(w, name, len);

	if (s->name)
		return;
	*s = (struct khs_wanted_name){ .name = name, .len = len, .id = id };
	w->lens |= 1ULL << (len < 63 ? len : 63);
	w->missing++;
}

void khs_wanted_init(struct khs_wanted *w, const struct khs_facts *facts, enum khs_need_kind kind)
{
	memset(w, 0, sizeof(*w));
	w->kind = kind;
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const struct khs_need *need = &khs_needs[id];

		if (need->kind != kind || khs_known(facts, id))
			continue;
		khs_wanted_add(w, need->name, id);
		if (need->alias)
			khs_wanted_add(w, need->alias, id);
	}
}

struct khs_wanted_name *khs_wanted_find(struct khs_wanted *w, const char *name, size_t len)
{
	struct khs_wanted_name *s;

	if (!khs_wanted_len(w, len))
		return NULL;
	s = slot(w, name, len);
	return s->name ? s : NULL;
}

struct khs_wanted_name *khs_wanted_symbol(struct khs_wanted *w, const char *name, size_t len)
{
	static const char suffix[] = ".llvm.";
	struct khs_wanted_name *found = khs_wanted_find(w, name, len);
	const char *end = found ? NULL : memmem(name, len, suffix, strlen(suffix));

	return end ? khs_wanted_find(w, name, end - name) : found;
}

bool khs_wanted_answer(struct khs_wanted *w, struct khs_wanted_name *found, unsigned int rank,
		       uint64_t value)
{
	if (rank <= found->rank)
		return false;
	if (!found->rank)
		w->missing--;
	found->rank = rank;
	found->value = value;
	return true;
}

static void apply(const struct khs_wanted *w, struct khs_facts *facts, const char *source,
		  bool first)
{
	for (size_t i = 0; i < KHS_WANTED_SLOTS; i++) {
		const struct khs_wanted_name *s = &w->slots[i];

		if (!s->rank || s->id >= KHS_NR_NEEDS)
			continue;
		if (!strcmp(khs_needs[s->id].name, s->name) == first)
			khs_fact_set(facts, s->id, source, s->name, s->value, 0);
	}
}

void khs_wanted_apply(const struct khs_wanted *w, struct khs_facts *facts, const char *source)
{
	apply(w, facts, source, true);
	apply(w, facts, source, false);
}
