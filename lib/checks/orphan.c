// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * orphan: what is preserved, or pending, and belongs to none of the owners. Proven only where all
 * owners could be read, none of them is of a form that may own more than it shows, and LUO was at
 * rest; a note otherwise. Not said of what leftover-split explains: its owner asked for it, and the
 * kernel left it behind.
 */
#include "check.h"
#include "hits.h"
#include "owners.h"
#include "../base/error.h"

static const struct khs_owners_side *side_of(const struct khs *k, enum khs_direction direction)
{
	return &k->owners.side[direction == KHS_IN];
}

/* Why it may have an owner after all; "" if not. */
static void doubt(const struct khs *k, enum khs_direction direction, char *text, size_t size)
{
	const struct khs_owners_side *side = side_of(k, direction);
	char label[160];

	text[0] = '\0';
	if (!side->complete) {
		snprintf(text, size, "not all owners could be read: %s", side->why);
	} else if (side->opaque) {
		khs_owner_label(&k->owners.nodes[side->opaque_owner], label, sizeof(label));
		snprintf(text, size, "%s may own it: what it holds is not known here", label);
	} else if (side->busy) {
		snprintf(text, size, "LUO was at work when the kernel died");
	}
}

static void emit(struct khs *k, const struct khs_emitter *to, enum khs_direction direction,
		 const struct khs_hit *hit)
{
	uint64_t pages = hit->end - hit->pfn;
	uint64_t unowned = khs_extents_covered(&side_of(k, direction)->unknown, hit->pfn, hit->end);
	char why[400];
	struct khs_draft d;

	doubt(k, direction, why, sizeof(why));
	khs_draft_init(&d, k, "orphan", "", *why ? KHS_NOTE : KHS_WARNING, hit->pfn, pages,
		       (int)hit->order);
	khs_draft_summary(&d, direction == KHS_OUT ?
			  "preserved for the next kernel, and nobody there will know of it" :
			  "handed over and pending, and nobody will ask for it");
	khs_draft_string(&d, "direction", direction == KHS_OUT ? "out" : "in");
	if (unowned != pages)
		khs_draft_number(&d, "pages_without_owner", unowned);
	if (*why)
		khs_draft_string(&d, "not_proven", "%s", why);
	if (!side_of(k, direction)->complete &&
	    side_of(k, direction)->unread_owner != KHS_NO_OWNER)
		khs_draft_lineage(&d, "unread_owner", k, side_of(k, direction)->unread_owner);
	khs_draft_emit(&d, to);
}

static struct khs_error *check_side(struct khs *k, enum khs_direction direction,
				    const struct khs_runs *runs,
				    const struct khs_extents *explained,
				    const struct khs_emitter *to)
{
	struct khs_hits hits = { 0 };
	bool ok = true;

	for (size_t i = 0; ok && i < runs->n; i++)
		ok = khs_hits_add_touched(&hits, &runs->v[i], &side_of(k, direction)->unknown, 0);
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++) {
		if (!khs_extents_find(explained, hits.v[i].pfn))
			emit(k, to, direction, &hits.v[i]);
	}
	khs_hits_deinit(&hits);
	return ok ? NULL : khs_enomem();
}

struct khs_error *khs_check_orphan(struct khs *k, const struct khs_check_info *check,
				   const struct khs_emitter *to)
{
	struct khs_extents none = { 0 }, leftovers = { 0 };
	struct khs_error *err = khs_need_owners(k);

	(void)check;
	if (!err)
		err = check_side(k, KHS_OUT, &k->kho.out, &none, to);
	if (!err)
		err = khs_find_leftovers(k, &leftovers);
	if (!err)
		err = check_side(k, KHS_IN, &k->census.in, &leftovers, to);
	khs_extents_deinit(&leftovers);
	return err;
}
