// SPDX-License-Identifier: GPL-2.0-or-later
#include "causes.h"

#include <stdlib.h>
#include <string.h>

#include "../base/array.h"

/*
 * The first rule that finds a cause for a finding stands. Effects never are causes by another rule,
 * so no chains come of it.
 */
static const struct rule {
	const char *effect;
	const char *classes[4];  /* of the effect; none: any */
	const char *cause;
	const char *effect_way;  /* direction, as evidence has it; NULL: any, or none */
	const char *cause_way;
} rules[] = {
	/* kho_get_preserved_page() initialises a block for the node of its first page. */
	{ "half-init", { "H2", "H3", "H4" }, "cross-node", NULL, "in" },
	{ "raw-page", { NULL }, "cross-node", NULL, "in" },
	/*
	 * A hole's struct pages are reserved, or set up for a neighbour, and the mark goes on top.
	 */
	{ "half-init", { NULL }, "not-ram", NULL, "in" },
	{ "stale-mark", { "S10" }, "not-ram", NULL, "in" },
	/* Of preservations that share pages, each is reported; the widest stands for them all. */
	{ "overlap", { NULL }, "overlap", NULL, NULL },
	{ "freed-preserved", { NULL }, "freed-preserved", NULL, NULL },
	/* Whoever freed the pages without unpreserving them is the owner that is missed. */
	{ "orphan", { NULL }, "freed-preserved", "out", NULL },
};

#define NR_RULES (sizeof(rules) / sizeof(rules[0]))

/* What may be a cause by one rule, by pfn; reach[i]: the highest end of v[0..i]. */
struct causes {
	const struct khs_finding **v;
	uint64_t *reach;
	size_t n, cap;
};

static uint64_t end_of(const struct khs_finding *f)
{
	return f->pfn + f->pages;
}

static bool goes(const struct khs_finding *f, const char *direction)
{
	const char *own = khs_finding_string(f, "direction");

	return !direction || (own && !strcmp(own, direction));
}

static bool collect(const struct khs_gathered *g, const struct rule *rule, struct causes *causes)
{
	uint64_t reach = 0;

	for (size_t i = 0; i < g->n; i++) {
		const struct khs_finding *f = g->v[i];

		if (!f->has_pfn || strcmp(f->id, rule->cause) || !goes(f, rule->cause_way))
			continue;
		if (!khs_array_grow(causes->v, causes->n, causes->cap))
			return false;
		causes->v[causes->n++] = f;
	}
	if (!causes->n)
		return true;
	qsort(causes->v, causes->n, sizeof(causes->v[0]), khs_findings_by_pfn);
	causes->reach = calloc(causes->n, sizeof(causes->reach[0]));
	for (size_t i = 0; causes->reach && i < causes->n; i++) {
		if (end_of(causes->v[i]) > reach)
			reach = end_of(causes->v[i]);
		causes->reach[i] = reach;
	}
	return causes->reach;
}

/* Whether @a stands for @b where both are of one id. */
static bool leads(const struct khs_finding *a, const struct khs_finding *b)
{
	if (a->pages != b->pages)
		return a->pages > b->pages;
	return a->order != b->order ? a->order > b->order : a->number < b->number;
}

/* How many of the causes begin at @pfn or below. */
static size_t up_to(const struct causes *causes, uint64_t pfn)
{
	size_t low = 0, high = causes->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (causes->v[mid]->pfn <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The widest that holds all pages of @f, or NULL. */
static const struct khs_finding *widest_around(const struct causes *causes,
					       const struct khs_finding *f)
{
	const struct khs_finding *widest = NULL;

	for (size_t i = up_to(causes, f->pfn); i-- && causes->reach[i] >= end_of(f);) {
		const struct khs_finding *c = causes->v[i];

		if (c != f && end_of(c) >= end_of(f) && (strcmp(c->id, f->id) || leads(c, f)) &&
		    (!widest || leads(c, widest)))
			widest = c;
	}
	return widest;
}

static bool is_effect(const struct khs_finding *f, const struct rule *rule)
{
	if (!f->has_pfn || f->cause != KHS_NO_CAUSE || strcmp(f->id, rule->effect) ||
	    !goes(f, rule->effect_way))
		return false;
	for (size_t i = 0; rule->classes[0] && i < 4; i++)
		if (rule->classes[i] && !strcmp(rule->classes[i], f->class_name))
			return true;
	return !rule->classes[0];
}

static bool apply(struct khs_gathered *g, const struct rule *rule)
{
	struct causes causes = { 0 };
	bool ok = collect(g, rule, &causes);

	for (size_t i = 0; ok && causes.n && i < g->n; i++) {
		const struct khs_finding *cause;

		if (!is_effect(g->v[i], rule))
			continue;
		cause = widest_around(&causes, g->v[i]);
		if (cause)
			g->v[i]->cause = cause->number;
	}
	free(causes.v);
	free(causes.reach);
	return ok;
}

/* ---- an owner that could not be read --------------------------------------------------------- */

static bool is_damage(const struct khs_finding *f)
{
	static const char *const ids[] = {
		"blob-damage", "vmalloc-damage", "luo-mismatch", "memfd-damage",
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (!strcmp(f->id, ids[i]))
			return true;
	return false;
}

/* Whether @damage is the reason why the owner of @orphan may not have been found. */
static bool hides_owner(const struct khs_finding *damage, const struct khs_finding *orphan)
{
	const char *unread = khs_finding_string(orphan, "unread_owner");
	const char *owner = khs_finding_string(damage, "owner");

	return unread && owner && !strcmp(unread, owner) &&
	       goes(damage, khs_finding_string(orphan, "direction"));
}

static bool is_unsure_orphan(const struct khs_finding *f, const char *direction)
{
	return !strcmp(f->id, "orphan") && f->cause == KHS_NO_CAUSE && goes(f, direction) &&
	       khs_finding_string(f, "unread_owner");
}

/* All orphans of one direction name the same unread owner: the first one's damage is everyone's. */
static void blame_damage(struct khs_gathered *g, const char *direction)
{
	const struct khs_finding *damage = NULL;
	size_t first = 0;

	while (first < g->n && !is_unsure_orphan(g->v[first], direction))
		first++;
	if (first == g->n)
		return;
	for (size_t i = 0; !damage && i < g->n; i++)
		if (is_damage(g->v[i]) && hides_owner(g->v[i], g->v[first]))
			damage = g->v[i];
	for (size_t i = first; damage && i < g->n; i++)
		if (is_unsure_orphan(g->v[i], direction))
			g->v[i]->cause = damage->number;
}

bool khs_find_causes(struct khs_gathered *g)
{
	bool ok = true;

	for (size_t i = 0; ok && i < NR_RULES; i++)
		ok = apply(g, &rules[i]);
	blame_damage(g, "out");
	blame_damage(g, "in");
	return ok;
}
