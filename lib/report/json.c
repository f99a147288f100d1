// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "json_pieces.h"
#include "report.h"
#include "sanitize.h"

json_t *khs_json_envelope(void)
{
	return json_pack("{s:i, s:s}", "schema", KHS_SCHEMA, "khoscope", khs_version());
}

/* ---- status --------------------------------------------------------------------------------- */

/* One entry of by_order and by_node. */
static json_t *sums(uint64_t ranges, uint64_t pages)
{
	return json_pack("{s:o, s:o}", "ranges", count(ranges), "pages", count(pages));
}

static json_t *by_order(const struct khs_totals *t)
{
	_cleanup_json_ json_t *object = json_object();

	for (int order = 0; order < KHS_ORDERS; order++) {
		char key[16];

		if (!t->ranges_by_order[order])
			continue;
		snprintf(key, sizeof(key), "%d", order);
		if (json_object_set_new(object, key, sums(t->ranges_by_order[order],
							  t->pages_by_order[order])))
			return NULL;
	}
	return khs_steal(object);
}

static json_t *by_node(const struct khs_totals *t)
{
	_cleanup_json_ json_t *object = json_object();

	for (size_t i = 0; i < t->nr_nodes; i++) {
		const struct khs_node_total *n = &t->by_node[i];
		char key[16] = "unknown";

		if (n->node != KHS_NO_NODE)
			snprintf(key, sizeof(key), "%d", n->node);
		if (json_object_set_new(object, key, sums(n->ranges, n->pages)))
			return NULL;
	}
	return khs_steal(object);
}

/* A lower bound of nothing says nothing. */
static bool totals_known(const struct khs_totals *t)
{
	return t->known || t->ranges;
}

static json_t *outgoing(const struct khs_totals *t)
{
	bool known = totals_known(t);

	return json_pack("{s:o, s:o, s:o, s:o, s:b}", "ranges", count_if(known, t->ranges), "pages",
			 count_if(known, t->pages), "by_order", by_order(t), "by_node", by_node(t),
			 "complete", t->known);
}

static json_t *incoming(const struct khs_status *st)
{
	const struct khs_totals *t = &st->incoming;
	bool known = totals_known(t);

	return json_pack("{s:o, s:o, s:o, s:o, s:b, s:o}", "pending_ranges",
			 count_if(known, t->ranges), "pending_pages", count_if(known, t->pages),
			 "by_order", by_order(t), "by_node", by_node(t), "complete", t->known,
			 "damaged_ranges", count_if(known, st->incoming_damaged));
}

static json_t *scratch(const struct khs_status *st)
{
	_cleanup_json_ json_t *array = json_array();

	for (size_t i = 0; i < st->nr_scratch; i++) {
		const struct khs_scratch *s = &st->scratch[i];
		json_t *area = json_pack("{s:o, s:o, s:o}", "start", hex(s->start), "size",
					 count(s->size), "node", node_or_null(s->node));

		if (json_array_append_new(array, area))
			return NULL;
	}
	return khs_steal(array);
}

static const struct {
	const char *name;
	bool known, enabled;
} kho_states[] = {
	[KHS_KHO_ABSENT] = { "absent", true, false },
	[KHS_KHO_OFF] = { "off", true, false },
	[KHS_KHO_ON] = { "on", true, true },
	[KHS_KHO_FOREIGN] = { "foreign", true, true },
	[KHS_KHO_UNKNOWN] = { "unknown", false, false },
};

static json_t *kho(const struct khs_status *st)
{
	bool enabled_known = kho_states[st->kho].known;
	bool known = st->handover_known;

	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "state", kho_states[st->kho].name,
			 "why", text_or_null(st->kho_why),
			 "abi", text_or_null(st->abi),
			 "enabled", bool_if(enabled_known, kho_states[st->kho].enabled),
			 "handover_boot", bool_if(known, st->handover_boot),
			 "handover_failed", bool_if(known, st->handover_failed),
			 "previous_release", text_or_null(st->previous_release),
			 "kexec_count", st->kexec_count < 0 ? json_null() :
							      json_integer(st->kexec_count),
			 "finalized", bool_if(st->finalized >= 0, st->finalized > 0),
			 "marks_why", text_or_null(st->marks_why),
			 "scratch", scratch(st),
			 "outgoing", outgoing(&st->outgoing),
			 "incoming", incoming(st));
}

static json_t *dump(const struct khs_status *st)
{
	return json_pack("{s:o, s:b, s:b, s:b, s:o}", "format", text_or_null(st->format),
			 "flattened", st->flattened, "live", st->live, "complete", st->complete,
			 "incomplete_why", text_or_null(st->incomplete_why));
}

static json_t *kernel(const struct khs_status *st)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "release", text_or_null(st->release), "build_id",
			 text_or_null(st->build_id), "arch", text_or_null(st->arch), "page_size",
			 count(st->page_size));
}

static json_t *coverage(const struct khs_status *st, bool all_judged)
{
	const struct khs_coverage *c = &st->coverage;

	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}",
			 "pages", count(c->pages), "judged", count(c->judged),
			 "excluded", count(c->excluded), "missing", count(c->missing),
			 "damaged", count(c->damaged), "unmapped", count(c->unmapped),
			 "unread", count(c->unread), "deferred", count(c->deferred),
			 "map_nodes_absent", count(c->map_nodes_absent),
			 "unlisted", count(c->unlisted), "offline", count(c->offline),
			 "interrupted", st->interrupted, "all_judged", all_judged);
}

json_t *khs_json_status(const struct khs_status *st, bool all_judged)
{
	_cleanup_json_ json_t *object = khs_json_envelope();
	_cleanup_json_ json_t *rest =
		json_pack("{s:o, s:o, s:o, s:o}", "dump", dump(st), "kernel", kernel(st), "kho",
			  kho(st), "coverage", coverage(st, all_judged));

	if (!object || !rest || json_object_update(object, rest))
		return NULL;
	return khs_steal(object);
}

/* ---- coverage ------------------------------------------------------------------------------- */

json_t *khs_json_gap(const struct khs_gap *gap, uint64_t page_size)
{
	uint64_t size = gap->end - gap->start;

	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "type", khs_gap_name(gap->kind),
			 "start", hex(gap->start), "end", hex(gap->end),
			 "pages", count((size + page_size - 1) / page_size),
			 "why", gap->kind == KHS_GAP_OFFLINE ? json_null() :
				json_string(khs_presence_name(gap->presence)));
}

json_t *khs_json_coverage(const struct khs_status *st, bool all_judged,
			  const struct khs_memory_total *t)
{
	json_t *memory = !t->known ? json_null() :
		json_pack("{s:o, s:o, s:o, s:o}", "present", count(t->present),
			  "excluded", count(t->excluded), "missing", count(t->missing),
			  "damaged", count(t->damaged));

	return json_pack("{s:s, s:o, s:o, s:o, s:o}", "type", "total", "dump", dump(st),
			 "filter", text_or_null(st->filter),
			 "coverage", coverage(st, all_judged), "memory", memory);
}

/* ---- owners --------------------------------------------------------------------------------- */

json_t *khs_json_owners_total(enum khs_direction direction, const struct khs_owners_total *t)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:b, s:o}", "type", "total", "direction",
			 khs_direction_name(direction), "pages", count(t->pages), "owned",
			 count(t->owned), "complete", t->complete, "why", text_or_null(t->why));
}

static json_t *attributes(const struct khs_owner *o);

json_t *khs_json_owner(const struct khs_owner *o)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o}",
			 "type", "owner", "direction", khs_direction_name(o->direction),
			 "id", count(o->id),
			 "parent", count_if(o->parent != KHS_NO_PARENT, o->parent),
			 "kind", o->kind,
			 "name", text_or_null(o->name),
			 "label", text(o->label),
			 "token", o->has_token ? hex(o->token) : json_null(),
			 "state", o->state, "source", o->source,
			 "pages", count(o->pages),
			 "own_pages", count(o->own_pages),
			 "ranges", count(o->ranges),
			 "attributes", attributes(o));
}

json_t *khs_json_owner_range(const struct khs_owner_range *r)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:o, s:o, s:o}",
			 "type", "range", "direction", khs_direction_name(r->direction),
			 "owner", count(r->owner),
			 "pfn", count(r->pfn),
			 "pages", count(r->pages),
			 "order", r->order < 0 ? json_null() : json_integer(r->order),
			 "role", r->role,
			 "held", r->held,
			 "offset", count_if(r->has_offset, r->offset),
			 "dirty", bool_if(!strcmp(r->role, "data"), r->dirty),
			 "uptodate", bool_if(!strcmp(r->role, "data"), r->uptodate));
}

/* ---- findings ------------------------------------------------------------------------------- */

static json_t *evidence_value(const struct khs_evidence *e)
{
	switch (e->kind) {
	case KHS_VALUE_NUMBER:
		return count(e->number);
	case KHS_VALUE_HEX:
		return hex(e->number);
	case KHS_VALUE_SIGNED:
		return json_integer((json_int_t)e->number);
	case KHS_VALUE_STRING:
		break;
	}
	return e->string ? text(e->string) : json_null();
}

/* A key that comes again (three entries that overlap, say) makes its value an array. */
static bool add_evidence(json_t *object, const char *key, json_t *value)
{
	_cleanup_json_ json_t *owned = value;
	json_t *old = json_object_get(object, key);

	if (!owned)
		return false;
	if (!old)
		return !json_object_set(object, key, owned);
	if (json_is_array(old))
		return !json_array_append(old, owned);
	return !json_object_set_new(object, key, json_pack("[O, O]", old, owned));
}

static json_t *evidence(const struct khs_evidence *e, size_t n)
{
	_cleanup_json_ json_t *object = json_object();

	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *key = khs_sanitize(e[i].key);

		if (!key || !add_evidence(object, key, evidence_value(&e[i])))
			return NULL;
	}
	return khs_steal(object);
}

static json_t *attributes(const struct khs_owner *o)
{
	return evidence(o->attributes, o->nr_attributes);
}

json_t *khs_json_finding(const struct khs_finding *f)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "id", text(f->id),
			 "class", text_or_null(f->class_name),
			 "severity", khs_severity_name(f->severity),
			 "pfn", count_if(f->has_pfn, f->pfn),
			 "pages", count_if(f->has_pfn, f->pages),
			 "order", f->order < 0 ? json_null() : json_integer(f->order),
			 "node", node_or_null(f->node),
			 "cause", count_if(f->cause != KHS_NO_CAUSE, f->cause),
			 "summary", text(f->summary),
			 "evidence", evidence(f->evidence, f->nr_evidence));
}

/* ---- ranges, pages, facts ------------------------------------------------------------------- */

json_t *khs_json_range(const struct khs_range *r)
{
	return json_pack("{s:s, s:o, s:i, s:o, s:o, s:s}", "direction",
			 khs_direction_name(r->direction), "pfn", count(r->pfn), "order",
			 (int)r->order, "pages", count(r->pages), "node", node_or_null(r->node),
			 "state", khs_range_state_name(r->state));
}

static json_t *words(const struct khs_page_info *p)
{
	_cleanup_json_ json_t *array = json_array();

	for (size_t i = 0; i < p->size / sizeof(uint64_t); i++)
		if (json_array_append_new(array, json_sprintf("0x%016" PRIx64, p->words[i])))
			return NULL;
	return khs_steal(array);
}

static json_t *opinions(const struct khs_page_info *p)
{
	_cleanup_json_ json_t *array = json_array();

	for (size_t i = 0; i < p->nr_nodes; i++) {
		const struct khs_node_opinion *o = &p->nodes[i];
		json_t *one = json_pack("{s:o, s:o}", "source", text(o->source), "node",
					node_or_null(o->node));

		if (json_array_append_new(array, one))
			return NULL;
	}
	return khs_steal(array);
}

static json_t *zone(const struct khs_page_info *p)
{
	if (p->zone < 0)
		return json_null();
	return json_pack("{s:i, s:o}", "index", p->zone, "name", text_or_null(p->zone_name));
}

/* What only the bytes of the struct page can tell. */
static json_t *decoded(const struct khs_page_info *p)
{
	if (p->presence != KHS_PRESENT)
		return json_null();
	return json_pack("{s:o, s:o, s:o, s:i, s:i, s:o, s:o}",
			 "words", words(p),
			 "flags", text(p->flags_text),
			 "zone", zone(p),
			 "refcount", p->refcount,
			 "mapcount", p->mapcount,
			 "type", text_or_null(p->type_name),
			 "mark_order", p->marked ? json_integer(p->mark_order) : json_null());
}

json_t *khs_json_page(const struct khs_page_info *p)
{
	bool present = p->presence == KHS_PRESENT;

	return json_pack("{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, "
			 "s:o, s:o, s:o, s:b, s:b, s:o, s:o, s:b, s:o, s:o, s:o, s:o}",
			 "pfn", count(p->pfn),
			 "phys", hex(p->phys),
			 "address", hex(p->address),
			 "address_phys", present ? hex(p->address_phys) : json_null(),
			 "presence", khs_presence_name(p->presence),
			 "section", count(p->section),
			 "section_state", text_or_null(p->section_state),
			 "nodes", opinions(p),
			 "state", text_or_null(p->state),
			 "class", text_or_null(p->class_name),
			 "struct_page", decoded(p),
			 "in_scratch", p->in_scratch,
			 "outgoing_known", p->out_known,
			 "outgoing", p->covered_out ? khs_json_range(&p->cover_out) : json_null(),
			 "outgoing_more", count(p->more_out),
			 "no_handover", p->no_handover,
			 "incoming", p->covered_in ? khs_json_range(&p->cover_in) : json_null(),
			 "incoming_more", count(p->more_in),
			 "outgoing_owner", text_or_null(p->owner_out),
			 "incoming_owner", text_or_null(p->owner_in));
}

/* Small numbers as such, also negative ones; the rest are addresses or masks. */
static json_t *fact_value(const struct khs_fact_info *f)
{
	int64_t value = (int64_t)f->value;

	if (!f->known)
		return json_null();
	if (!strcmp(f->kind, "symbol") || value > (int64_t)MAX_EXACT ||
	    value < -(int64_t)MAX_EXACT)
		return hex(f->value);
	return json_integer(value);
}

json_t *khs_json_fact(const struct khs_fact_info *f)
{
	return json_pack("{s:o, s:o, s:b, s:b, s:o, s:o, s:o}", "kind", text(f->kind), "name",
			 text(f->name), "required", f->required, "known", f->known, "value",
			 fact_value(f), "size", count_if(f->known && f->size, f->size), "source",
			 f->known ? text_or_null(f->source) : json_null());
}

static json_t *opinion(const char *kind, const struct khs_fact_opinion *o)
{
	const struct khs_fact_info as_fact = { .kind = kind, .known = o->known, .value = o->value };

	return json_pack("{s:s, s:o, s:o}", "source", o->source, "value", fact_value(&as_fact),
			 "size", count_if(o->known && o->size, o->size));
}

json_t *khs_json_fact_check(const struct khs_fact_check *c)
{
	json_t *opinions = json_array();

	for (size_t i = 0; opinions && i < c->nr_opinions; i++)
		if (json_array_append_new(opinions, opinion(c->kind, &c->opinions[i])))
			opinions = NULL;
	return json_pack("{s:s, s:o, s:b, s:b, s:o}", "kind", c->kind, "name", text(c->name),
			 "required", c->required, "differ", c->differ, "sources", opinions);
}

json_t *khs_json_preflight(const struct khs_preflight_info *info)
{
	return json_pack("{s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:b, s:o}",
			 "as", text_or_null(info->rules),
			 "rules_of", text_or_null(info->rules ? info->rules : info->like),
			 "takes", text_or_null(info->compatible),
			 "image", khs_image_name(info->image),
			 "segments", count(info->segments),
			 "ranges", count(info->ranges), "pages", count(info->pages),
			 "all_judged", !info->unjudged_why[0],
			 "unjudged_why", text_or_null(info->unjudged_why));
}
