/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names that a pass over somebody's symbols or types looks for, hashed: one lookup a name, and
 * the answers kept until the pass is over, because a need's first spelling beats its other one
 * wherever they stand. Holds no names of its own; does not know where answers come from.
 */
#ifndef KHS_FACTS_WANTED_H
#define KHS_FACTS_WANTED_H

#include "facts.h"

#define KHS_WANTED_SLOTS 512

struct khs_wanted_name {
	const char *name; /* NULL: a free slot */
	size_t len;
	enum khs_need_id id;
	unsigned int rank; /* of the answer, 0 if there is none yet */
	uint64_t value;
	uint64_t size; /* for those that want it, who set it themselves */
};

struct khs_wanted {
	enum khs_need_kind kind;
	size_t missing; /* names without an answer */
	uint64_t lens;  /* bit n: a name of n bytes is wanted, bit 63: one of 63 or more */
	struct khs_wanted_name slots[KHS_WANTED_SLOTS];
};

/* All names, first and other, of the symbols or enumerators still unknown. */
void khs_wanted_init(struct khs_wanted *w, const struct khs_facts *facts, enum khs_need_kind kind);

/* One more name, for those that look for something besides; @id is the caller's. */
void khs_wanted_add(struct khs_wanted *w, const char *name, enum khs_need_id id);

static inline bool khs_wanted_len(const struct khs_wanted *w, size_t len)
{
	return w->lens >> (len < 63 ? len : 63) & 1;
}

/* The entry for @name, which need not be NUL-terminated, or NULL. */
struct khs_wanted_name *khs_wanted_find(struct khs_wanted *w, const char *name, size_t len);

/*
 * The same for what a symbol table calls @name: ThinLTO makes global what another unit has come to
 * use, and names it "kho_out.llvm.8231945187" then, with a hash of the unit it is static in.
 */
struct khs_wanted_name *khs_wanted_symbol(struct khs_wanted *w, const char *name, size_t len);

/* An answer stands unless one of a higher rank (1 or more) comes. Whether this one stands now. */
bool khs_wanted_answer(struct khs_wanted *w, struct khs_wanted_name *found, unsigned int rank,
		       uint64_t value);

/* Sets the facts, those of first spellings first. */
void khs_wanted_apply(const struct khs_wanted *w, struct khs_facts *facts, const char *source);

#endif
