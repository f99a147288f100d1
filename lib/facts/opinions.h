/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each source says by itself, side by side: where facts.h takes the first answer, this asks
 * everybody, so that disagreement shows. Decides nothing.
 */
#ifndef KHS_FACTS_OPINIONS_H
#define KHS_FACTS_OPINIONS_H

#include "facts.h"

struct khs_opinion {
	const char *source; /* static string */
	struct khs_facts facts;
};

struct khs_opinions {
	struct khs_opinion *v;
	size_t n, cap;
};

/* A new source's empty facts, good until the next one is added; NULL without memory. */
struct khs_facts *khs_opinions_add(struct khs_opinions *o, const char *source);
void khs_opinions_deinit(struct khs_opinions *o);

/* Whether any two of those who know @id have different values, or sizes. */
bool khs_opinions_differ(const struct khs_opinions *o, enum khs_need_id id);

#endif
