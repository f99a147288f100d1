/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wanted of structures, whoever describes them: BTF and DWARF offer each definition of a
 * wanted name they come across, and the one that has most of the wanted members answers for all of
 * them, so that no fact mixes two structures of one name. Enumerators go along. Knows nothing of
 * either format.
 */
#ifndef KHS_FACTS_TYPES_H
#define KHS_FACTS_TYPES_H

#include "facts.h"
#include "wanted.h"

struct khs_type_answer {
	const char *name; /* the spelling found; NULL: it has none of them */
	uint64_t value;
	uint64_t size;
};

struct khs_type {
	const char *name;
	const char *alias;
	enum khs_weight weight; /* the greatest of what is wanted of it */
	unsigned int wanted;    /* how many facts are about it */
	unsigned int found;     /* ... of which the best definition so far has so many */
};

struct khs_types {
	size_t n;
	struct khs_type v[KHS_NR_NEEDS];
	struct khs_type_answer answers[KHS_NR_NEEDS];
	struct khs_wanted names; /* of structures; id is the index in v */
	struct khs_wanted enums;
};

/* How to ask one definition. */
struct khs_type_ops {
	bool (*size)(void *def, uint64_t *size);
	/* @path: members joined by dots; members of anonymous members count as the outer one's. */
	bool (*member)(void *def, const char *path, uint64_t *off, uint64_t *size);
};

void khs_types_init(struct khs_types *t, const struct khs_facts *facts);

/* The wanted structure called @name, or NULL. Complete ones are wanted no more: NULL too. */
struct khs_type *khs_types_find(struct khs_types *t, const char *name, size_t len);

void khs_types_offer(struct khs_types *t, struct khs_type *type, const struct khs_type_ops *ops,
		     void *def);
void khs_types_enumerator(struct khs_types *t, const char *name, uint64_t value);

/* Whether anything of @weight or more is not found yet. */
bool khs_types_lack(const struct khs_types *t, enum khs_weight weight);

void khs_types_apply(const struct khs_types *t, struct khs_facts *facts, const char *source);

/* The first part of a dotted path: its length, and what follows the dot or NULL. */
size_t khs_path_part(const char *path, const char **rest);

#endif
