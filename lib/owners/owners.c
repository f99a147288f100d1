// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../base/error.h"
#include "gather.h"

#define FAULT_INFO(id, finding, severity, summary, ...)                          \
	[KHS_F_##id] = { finding, KHS_##severity, summary, { __VA_ARGS__ } },

const struct khs_owner_fault_info khs_owner_faults[KHS_NR_OWNER_FAULTS] = {
	KHS_OWNER_FAULTS(FAULT_INFO)
};

/* ---- the index of blocks -------------------------------------------------------------------- */

static bool index_blocks(struct khs_block_index *x, const struct khs_runs *map)
{
	size_t at[KHS_ORDERS] = { 0 };

	x->v = calloc(map->n ? map->n : 1, sizeof(*x->v));
	if (!x->v)
		return false;
	for (size_t i = 0; i < map->n; i++)
		x->first[map->v[i].order + 1]++;
	for (unsigned int order = 0; order < KHS_ORDERS; order++) {
		x->first[order + 1] += x->first[order];
		at[order] = x->first[order];
	}
	for (size_t i = 0; i < map->n; i++)
		x->v[at[map->v[i].order]++] = i;
	return true;
}

/* ---- one direction -------------------------------------------------------------------------- */

/* What the map holds and nobody claimed so far. */
static bool find_unknown(struct khs_gather *g)
{
	struct khs_owners *o = g->o;
	struct khs_owners_side *side = g->side;

	for (size_t i = 0; i < o->nr_claims; i++) {
		const struct khs_claim *c = &o->claims[i];

		if (o->nodes[c->owner].direction == g->direction &&
		    !khs_extents_add(&side->claimed, c->pfn, c->pfn + c->pages, 0))
			return false;
	}
	khs_extents_normalize(&side->claimed);
	for (size_t i = 0; i < g->pages.n; i++) {
		uint64_t at = g->pages.v[i].start, end = g->pages.v[i].end;

		side->pages += end - at;
		while (at < end) {
			const struct khs_extent *e = khs_extents_from(&side->claimed, at);
			uint64_t to = e && e->start < end ? e->start : end;

			if (to > at && !khs_extents_add(&side->unknown, at, to, 0))
				return false;
			if (!e || e->end >= end)
				break;
			at = e->end > to ? e->end : to;
		}
	}
	khs_extents_normalize(&side->unknown);
	return true;
}

/* In the blocks they are preserved in, the largest where several are. */
static void claim_unknown(struct khs_gather *g)
{
	struct khs_extents *unknown = &g->side->unknown;
	uint32_t owner;

	if (!unknown->n)
		return;
	owner = khs_gather_owner(g, KHS_NO_OWNER, KHS_O_UNKNOWN, KHS_FROM_MAP, "%s", "");
	for (size_t i = 0; i < unknown->n; i++) {
		uint64_t at = unknown->v[i].start, end = unknown->v[i].end;

		while (at < end && khs_gather_more(g)) {
			unsigned int order = KHS_NO_ORDER;
			struct khs_claim claim = { .pfn = at, .pages = 1, .owner = owner,
						   .role = KHS_ROLE_NONE };

			if (khs_gather_block(g, at, KHS_ORDERS - 1, &order))
				claim.pages = 1ull << order;
			if (claim.pages > end - at)
				claim.pages = end - at;
			claim.order = (uint8_t)order;
			khs_gather_claim(g, &claim);
			at += claim.pages;
		}
	}
}

static void count_pages(struct khs_gather *g)
{
	struct khs_owners *o = g->o;

	for (size_t i = 0; i < o->nr_claims; i++) {
		struct khs_claim *c = &o->claims[i];
		struct khs_owner_node *node = &o->nodes[c->owner];
		uint64_t held;

		if (node->direction != g->direction)
			continue;
		held = khs_extents_covered(&g->pages, c->pfn, c->pfn + c->pages);
		node->own_pages += held;
		if (held == c->pages)
			c->flags |= KHS_CLAIM_HELD;
	}
	for (size_t i = o->nr_nodes; i--;) {
		struct khs_owner_node *node = &o->nodes[i];

		if (node->direction != g->direction)
			continue;
		node->pages += node->own_pages;
		if (node->parent != KHS_NO_OWNER)
			o->nodes[node->parent].pages += node->pages;
	}
	for (size_t i = 0; i < g->side->unknown.n; i++)
		g->side->owned_pages -= g->side->unknown.v[i].end - g->side->unknown.v[i].start;
	g->side->owned_pages += g->side->pages;
}

/* Whether KHO is there and its map is one that could be read. */
static bool can_gather(const struct khs_gather *g)
{
	return g->k->kho.state == KHS_KHO_ON && g->k->have_mem &&
	       (g->direction == KHS_OUT || g->k->kho.handover_boot);
}

static struct khs_error *gather(struct khs *k, enum khs_direction direction)
{
	struct khs_gather g = {
		.k = k, .o = &k->owners, .direction = direction,
		.side = khs_owners_side(&k->owners, direction),
		.map = direction == KHS_OUT ? &k->kho.out : &k->census.in,
		/* What a damaged entry led to may have been preserved. */
		.map_complete = direction == KHS_OUT && khs_out_complete(k) && !k->kho.nr_problems,
	};

	g.side->complete = true;
	if (!index_blocks(&g.blocks, g.map) || !khs_runs_extents(g.map, &g.pages))
		g.no_memory = true;
	if (!g.no_memory && can_gather(&g)) {
		khs_gather_root(&g);
		if (direction == KHS_OUT)
			khs_gather_tracker(&g);
		if (!g.no_memory && !find_unknown(&g))
			g.no_memory = true;
		claim_unknown(&g);
		count_pages(&g);
	}
	free(g.blocks.v);
	khs_extents_deinit(&g.pages);
	if (g.no_memory)
		return khs_enomem();
	if (g.interrupted && g.side->complete) {
		g.side->complete = false;
		snprintf(g.side->why, sizeof(g.side->why), "interrupted");
	}
	return NULL;
}

/* ---- both ----------------------------------------------------------------------------------- */

static int by_owner(const void *a, const void *b)
{
	const struct khs_claim *l = a, *r = b;

	if (l->owner != r->owner)
		return l->owner < r->owner ? -1 : 1;
	if (l->role != r->role)
		return l->role < r->role ? -1 : 1;
	if (l->offset != r->offset)
		return l->offset < r->offset ? -1 : 1;
	return (l->pfn > r->pfn) - (l->pfn < r->pfn);
}

static void sort_claims(struct khs_owners *o)
{
	if (o->nr_claims)
		qsort(o->claims, o->nr_claims, sizeof(*o->claims), by_owner);
	for (size_t i = o->nr_claims; i--;) {
		o->nodes[o->claims[i].owner].first_claim = i;
		o->nodes[o->claims[i].owner].nr_claims++;
	}
}

static int by_pfn(const void *a, const void *b, void *arg)
{
	const struct khs_claim *claims = arg;
	const struct khs_claim *l = &claims[*(const size_t *)a], *r = &claims[*(const size_t *)b];

	if (l->pfn != r->pfn)
		return l->pfn < r->pfn ? -1 : 1;
	return (l > r) - (l < r);
}

static bool index_claims(struct khs_owners *o, enum khs_direction direction)
{
	struct khs_owners_side *side = khs_owners_side(o, direction);
	uint64_t reach = 0;

	side->by_pfn = calloc(o->nr_claims + 1, sizeof(*side->by_pfn));
	side->reach = calloc(o->nr_claims + 1, sizeof(*side->reach));
	if (!side->by_pfn || !side->reach)
		return false;
	for (size_t i = 0; i < o->nr_claims; i++)
		if (o->nodes[o->claims[i].owner].direction == direction)
			side->by_pfn[side->nr_by_pfn++] = i;
	qsort_r(side->by_pfn, side->nr_by_pfn, sizeof(*side->by_pfn), by_pfn, o->claims);
	for (size_t i = 0; i < side->nr_by_pfn; i++) {
		const struct khs_claim *c = &o->claims[side->by_pfn[i]];

		if (c->pfn + c->pages > reach)
			reach = c->pfn + c->pages;
		side->reach[i] = reach;
	}
	return true;
}

struct khs_error *khs_need_owners(struct khs *k)
{
	struct khs_error *err;

	if (k->have_owners)
		return NULL;
	err = khs_need_census(k);
	if (!err)
		err = gather(k, KHS_OUT);
	if (!err)
		err = gather(k, KHS_IN);
	if (!err) {
		sort_claims(&k->owners);
		if (!index_claims(&k->owners, KHS_OUT) || !index_claims(&k->owners, KHS_IN))
			err = khs_enomem();
	}
	if (err)
		khs_owners_deinit(&k->owners);
	k->have_owners = !err;
	return err;
}

void khs_owners_find(const struct khs_owners *owners, enum khs_direction direction, uint64_t pfn,
		     bool (*visit)(void *arg, const struct khs_claim *claim), void *arg)
{
	const struct khs_owners_side *side = &owners->side[direction == KHS_IN];
	size_t low = 0, high = side->nr_by_pfn;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (owners->claims[side->by_pfn[mid]].pfn <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	while (low-- && side->reach[low] > pfn) {
		const struct khs_claim *c = &owners->claims[side->by_pfn[low]];

		if (pfn < c->pfn + c->pages && !visit(arg, c))
			return;
	}
}

static void side_deinit(struct khs_owners_side *side)
{
	free(side->by_pfn);
	free(side->reach);
	khs_extents_deinit(&side->claimed);
	khs_extents_deinit(&side->unknown);
}

void khs_owners_deinit(struct khs_owners *owners)
{
	for (size_t i = 0; i < owners->nr_nodes; i++) {
		struct khs_owner_node *node = &owners->nodes[i];

		for (size_t a = 0; a < node->nr_attributes; a++)
			free((void *)node->attributes[a].string);
		free(node->attributes);
	}
	side_deinit(&owners->side[0]);
	side_deinit(&owners->side[1]);
	free(owners->nodes);
	free(owners->claims);
	free(owners->faults);
	*owners = (struct khs_owners){ 0 };
}
