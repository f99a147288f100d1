/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of itself: each need of needs.h resolved once, with the source that gave it.
 * Sources are asked in the order they were added, and the first answer stands; later sources only
 * fill what is still unknown. Nothing is asked again once the kernel is open.
 */
#ifndef KHS_FACTS_FACTS_H
#define KHS_FACTS_FACTS_H

#include <stdint.h>

#include "needs.h"

struct khs_error;
struct khs_source;
struct khs_vmcoreinfo;

/* No structure of a kernel is larger: bounds every offset and size taken from a dump. */
#define KHS_FACT_MAX_BYTES (16u << 20)

/* Sources that are none. */
#define KHS_DERIVED "derived"
#define KHS_ASSUMED "assumed"

struct khs_fact {
	bool known;
	uint64_t value;     /* address, byte offset, byte size, or value (two's complement) */
	uint64_t size;      /* of a member, in bytes; 0 if the source doesn't tell */
	const char *source; /* static string; NULL if unknown */
	const char *name;   /* the spelling that answered; NULL if unknown */
};

struct khs_facts {
	struct khs_fact v[KHS_NR_NEEDS];
};

/*
 * Sets fact @id unless it is known; a source that agrees with a known member may still add its
 * size. An offset, size or address that cannot be one (KHS_FACT_MAX_BYTES) is dropped. @source is a
 * static string, @name is need->name or need->alias.
 */
void khs_fact_set(struct khs_facts *facts, enum khs_need_id id, const char *source,
		  const char *name, uint64_t value, uint64_t size);

/* Takes what @from knows and @facts does not. */
void khs_facts_merge(struct khs_facts *facts, const struct khs_facts *from);

/* The sources. Each reads only what it says and may be called in any order. */
void khs_facts_from_vmcoreinfo(struct khs_facts *facts, const struct khs_vmcoreinfo *vmci);
/* Facts name source->name as theirs: it must live as long as @facts. */
void khs_facts_from_source(struct khs_facts *facts, const struct khs_source *source);

/*
 * What follows from other facts, last of all: for a dump with no types to be had. Its sources are
 * called "derived" and "assumed".
 */
void khs_facts_derive(struct khs_facts *facts, const struct khs_vmcoreinfo *vmci);

/*
 * Whether anybody but VMCOREINFO told of @kind: then the kernel's types, or data symbols, were at
 * hand, and what is unknown does not exist.
 */
bool khs_facts_tell(const struct khs_facts *facts, enum khs_need_kind kind);

/* Whether it is known by a guess alone. */
bool khs_fact_assumed(const struct khs_facts *facts, enum khs_need_id id);

/* Whether a fact of @weight or more is unknown. */
bool khs_facts_lack(const struct khs_facts *facts, enum khs_weight weight);

/* Ends with NOTFOUND, naming all of them, if a KHS_REQUIRED fact is unknown. */
struct khs_error *khs_facts_require(const struct khs_facts *facts);

static inline bool khs_known(const struct khs_facts *f, enum khs_need_id id)
{
	return f->v[id].known;
}

/* Of a fact that is known, or a required one. */
static inline uint64_t khs_fact(const struct khs_facts *f, enum khs_need_id id)
{
	return f->v[id].value;
}

static inline uint64_t khs_fact_or(const struct khs_facts *f, enum khs_need_id id, uint64_t other)
{
	return f->v[id].known ? f->v[id].value : other;
}

#endif
