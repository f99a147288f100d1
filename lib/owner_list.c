// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_owners() and its kin: the model of owners as the API shows it. */
#include <stdio.h>

#include "base/error.h"
#include "model.h"

/* ---- owners --------------------------------------------------------------------------------- */

static bool show_owner(const struct khs *k, size_t id,
		       bool (*visit)(void *arg, const struct khs_owner *owner), void *arg)
{
	const struct khs_owner_node *node = &k->owners.nodes[id];
	char label[160];
	struct khs_owner owner = {
		.direction = node->direction,
		.id = id,
		.parent = node->parent == KHS_NO_OWNER ? KHS_NO_PARENT : node->parent,
		.depth = node->depth,
		.kind = khs_owner_kind_name(node->kind),
		.name = node->name,
		.label = label,
		.has_token = node->has_token,
		.token = node->token,
		.state = khs_owner_state_name(node->state),
		.source = khs_owner_source_name(node->source),
		.own_pages = node->own_pages,
		.pages = node->pages,
		.ranges = node->nr_claims,
		.attributes = node->attributes,
		.nr_attributes = node->nr_attributes,
	};

	khs_owner_label(node, label, sizeof(label));
	return visit(arg, &owner);
}

struct khs_error *khs_owners(struct khs *k, unsigned int directions,
			     bool (*visit)(void *arg, const struct khs_owner *owner), void *arg)
{
	struct khs_error *err = khs_need_owners(k);

	if (err)
		return err;
	if (!directions)
		directions = KHS_OUT | KHS_IN;
	for (size_t i = 0; i < k->owners.nr_nodes; i++)
		if (k->owners.nodes[i].direction & directions && !show_owner(k, i, visit, arg))
			break;
	return NULL;
}

/* ---- ranges --------------------------------------------------------------------------------- */

static struct khs_owner_range to_range(const struct khs *k, const struct khs_claim *c)
{
	return (struct khs_owner_range){
		.direction = k->owners.nodes[c->owner].direction,
		.owner = c->owner,
		.pfn = c->pfn,
		.pages = c->pages,
		.order = c->order == KHS_NO_ORDER ? -1 : c->order,
		.role = khs_role_name(c->role),
		.held = c->flags & KHS_CLAIM_HELD,
		.has_offset = c->flags & KHS_CLAIM_OFFSET,
		.offset = c->offset,
		.dirty = c->flags & KHS_CLAIM_DIRTY,
		.uptodate = c->flags & KHS_CLAIM_UPTODATE,
	};
}

struct khs_error *khs_owner_ranges(struct khs *k, size_t id,
				   bool (*visit)(void *arg, const struct khs_owner_range *range),
				   void *arg)
{
	struct khs_error *err = khs_need_owners(k);
	const struct khs_owner_node *node;
	bool before; /* what is known is told all the same */

	if (err)
		return err;
	if (id >= k->owners.nr_nodes)
		return khs_error_new(KHS_ERR_NOTFOUND, "no owner %zu", id);
	node = &k->owners.nodes[id];
	before = khs_interrupted(k);
	for (size_t i = 0; i < node->nr_claims; i++) {
		const struct khs_claim *claim = &k->owners.claims[node->first_claim + i];
		struct khs_owner_range range = to_range(k, claim);

		if (!visit(arg, &range))
			break;
		if (!(i & 0xfff) && khs_kernel_interrupted(&k->kernel) && !before)
			return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	}
	return NULL;
}

/* ---- totals --------------------------------------------------------------------------------- */

/* Whether all that is preserved, or pending, is known in the first place. */
static bool map_known(struct khs *k, enum khs_direction direction)
{
	const struct khs_status *st;
	struct khs_error *err = khs_get_status(k, &st);
	bool known = !err && (direction == KHS_OUT ? st->outgoing.known : st->incoming.known);

	khs_error_free(err);
	return known;
}

struct khs_error *khs_get_owners_total(struct khs *k, enum khs_direction direction,
				       struct khs_owners_total *ret)
{
	struct khs_error *err = khs_need_owners(k);
	const struct khs_owners_side *side = khs_owners_side(&k->owners, direction);

	*ret = (struct khs_owners_total){ 0 };
	if (err)
		return err;
	ret->pages = side->pages;
	ret->owned = side->owned_pages;
	ret->complete = side->complete;
	if (!side->complete)
		ret->why = side->why;
	else if (!map_known(k, direction))
		ret->why = "not all preserved pages are known (see status)";
	ret->complete = !ret->why;
	return NULL;
}

/* ---- one page ------------------------------------------------------------------------------- */

struct asked {
	const struct khs *k;
	uint64_t pfn;
	bool (*visit)(void *arg, const struct khs_owner_range *range, const char *sentence);
	void *arg;
	bool stop;
};

static bool show_claim(void *arg, const struct khs_claim *claim)
{
	struct asked *a = arg;
	struct khs_owner_range range = to_range(a->k, claim);
	char sentence[320];

	khs_owner_sentence(&a->k->owners, claim, a->pfn, a->k->kernel.page_shift, sentence,
			   sizeof(sentence));
	a->stop = !a->visit(a->arg, &range, sentence);
	return !a->stop;
}

struct khs_error *khs_owner_of(struct khs *k, enum khs_address_kind kind, uint64_t address,
			       bool (*visit)(void *arg, const struct khs_owner_range *range,
					     const char *sentence),
			       void *arg, uint64_t *pfn)
{
	struct asked a = { .k = k, .visit = visit, .arg = arg };
	struct khs_error *err;

	if (!k->have_mem)
		return khs_error_new(KHS_ERR_NODATA, "no memory map: %s", k->mem_error);
	err = khs_resolve(k, kind, address, &a.pfn);
	if (!err)
		err = khs_need_owners(k);
	if (err)
		return err;
	if (pfn)
		*pfn = a.pfn;
	khs_owners_find(&k->owners, KHS_OUT, a.pfn, show_claim, &a);
	if (!a.stop)
		khs_owners_find(&k->owners, KHS_IN, a.pfn, show_claim, &a);
	return NULL;
}
