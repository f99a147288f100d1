// SPDX-License-Identifier: GPL-2.0-or-later
#include "json_pieces.h"
#include "report.h"

static json_t *side(const struct khs_status *st)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}",
			 "release", text_or_null(st->release),
			 "build_id", text_or_null(st->build_id),
			 "page_size", count(st->page_size),
			 "kexec_count", st->kexec_count < 0 ? json_null() :
							      json_integer(st->kexec_count),
			 "outgoing_ranges", count_if(st->outgoing.known, st->outgoing.ranges),
			 "pending_ranges", count_if(st->incoming.known, st->incoming.ranges));
}

static json_t *total(const struct khs_diff_total *t)
{
	return json_pack("{s:o, s:o}", "ranges", count(t->ranges), "pages", count(t->pages));
}

static json_t *outcomes(const struct khs_diff_summary *sum)
{
	_cleanup_json_ json_t *object = json_object();

	for (enum khs_outcome o = 0; o < KHS_NR_OUTCOMES; o++)
		if (json_object_set_new(object, khs_outcome_name(o), total(&sum->total[o])))
			return NULL;
	return khs_steal(object);
}

json_t *khs_json_diff_range(const struct khs_diff_range *r)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:i, s:o, s:b, s:b, s:o, s:o, s:o, s:b}",
			 "outcome", khs_outcome_name(r->outcome),
			 "direction", khs_direction_name(r->direction),
			 "pfn", count(r->pfn),
			 "pages", count(r->pages),
			 "ranges", count(r->ranges),
			 "order", (int)r->order,
			 "new_order", r->new_order < 0 ? json_null() : json_integer(r->new_order),
			 "again", r->again,
			 "proven", r->proven,
			 "node", node_or_null(r->node),
			 "owner", text_or_null(r->owner),
			 "new_owner", text_or_null(r->new_owner),
			 "reowned", r->reowned);
}

json_t *khs_json_diff(const struct khs_status *old, const struct khs_status *new,
		      const struct khs_diff_summary *sum)
{
	_cleanup_json_ json_t *object = khs_json_envelope();
	_cleanup_json_ json_t *rest =
		json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:o, s:b}",
			  "old", side(old),
			  "new", side(new),
			  "relation", khs_relation_name(sum->relation),
			  "why", text_or_null(sum->why),
			  "outcomes", outcomes(sum),
			  "again", total(&sum->again),
			  "unproven", total(&sum->unproven),
			  "reowned", total(&sum->reowned),
			  "surprises", sum->surprises,
			  "all_judged", sum->all_judged,
			  "doubt", text_or_null(sum->doubt),
			  "interrupted", old->interrupted || new->interrupted);

	if (!object || !rest || json_object_update(object, rest))
		return NULL;
	return khs_steal(object);
}
