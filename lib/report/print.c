// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "../model.h"
#include "output.h"
#include "report.h"

/* Adds @value, which it takes, to @object, which may be NULL: both need memory. */
static bool put(json_t *object, const char *key, json_t *value)
{
	return !json_object_set_new(object, key, value);
}

struct khs_error *khs_print_status(struct khs *k, FILE *out, bool json)
{
	const struct khs_status *st;
	struct khs_error *err = khs_get_status(k, &st);

	if (err)
		return err;
	if (json)
		return khs_print_object(out, khs_json_status(st, khs_all_judged(k)));
	khs_text_status(out, st, khs_all_judged(k));
	return khs_print_end(out);
}

/* ---- coverage ------------------------------------------------------------------------------- */

struct gaps {
	FILE *out;
	bool json, no_memory;
	uint64_t page_size, limit, n;
};

static bool gap_one(void *arg, const struct khs_gap *gap)
{
	_cleanup_json_ json_t *object = NULL;
	struct gaps *g = arg;

	if (!g->json && !g->n)
		khs_text_gaps_head(g->out);
	g->n++;
	if (g->limit && g->n > g->limit)
		return true; /* counted all the same */
	if (!g->json) {
		khs_text_gap(g->out, gap, g->page_size);
		return !ferror(g->out);
	}
	object = khs_json_gap(gap, g->page_size);
	g->no_memory = !object;
	if (object)
		json_dumpf(object, g->out, JSON_COMPACT);
	putc('\n', g->out);
	return object && !ferror(g->out);
}

static struct khs_error *gaps_end(const struct gaps *g, const struct khs_status *st,
				  bool all_judged, const struct khs_memory_total *total)
{
	_cleanup_json_ json_t *object = NULL;

	if (!g->json) {
		khs_text_coverage_tail(g->out, total,
				       g->limit && g->n > g->limit ? g->n - g->limit : 0);
		return khs_print_end(g->out);
	}
	object = khs_json_coverage(st, all_judged, total);
	if (!object || g->no_memory)
		return khs_enomem();
	json_dumpf(object, g->out, JSON_COMPACT);
	putc('\n', g->out);
	return khs_print_end(g->out);
}

struct khs_error *khs_print_coverage(struct khs *k, bool all, uint64_t limit, FILE *out, bool json)
{
	struct gaps g = { .out = out, .json = json, .limit = limit,
			  .page_size = khs_page_size(k) };
	struct khs_memory_total total;
	const struct khs_status *st;
	struct khs_error *err = khs_get_status(k, &st);

	if (err)
		return err;
	if (!json)
		khs_text_coverage_head(out, st, khs_all_judged(k));
	err = khs_gaps(k, all, gap_one, &g, &total);
	if (!err)
		err = khs_get_status(k, &st); /* an interrupt may have come since */
	return err ? err : gaps_end(&g, st, khs_all_judged(k), &total);
}

/* ---- list ----------------------------------------------------------------------------------- */

struct listing {
	FILE *out;
	bool json;
	bool no_memory;
	uint64_t page_size;
	uint64_t ranges, pages;
};

static bool list_json(struct listing *l, const struct khs_range *range)
{
	_cleanup_json_ json_t *object = khs_json_range(range);

	if (!object) {
		l->no_memory = true;
		return false;
	}
	json_dumpf(object, l->out, JSON_COMPACT);
	putc('\n', l->out);
	return !ferror(l->out);
}

static bool list_text(struct listing *l, const struct khs_range *range)
{
	if (!l->ranges)
		khs_text_list_head(l->out);
	khs_text_range(l->out, range, l->page_size);
	return !ferror(l->out);
}

static bool list_one(void *arg, const struct khs_range *range)
{
	struct listing *l = arg;
	bool more = l->json ? list_json(l, range) : list_text(l, range);

	l->ranges++;
	l->pages += range->pages;
	return more;
}

/* JSON Lines has no room for a sentence: it goes where warnings go. */
static void say(struct khs *k, const struct listing *l, const char *sentence)
{
	if (l->json)
		khs_kernel_warn(&k->kernel, "%s", sentence);
	else
		khs_text_sentence(l->out, sentence);
}

/* Says why there is nothing to list, or where the dump could not tell all. */
static struct khs_error *list_doubt(struct khs *k, const struct listing *l, unsigned int directions)
{
	const struct khs_status *st;
	struct khs_error *err;

	if (directions != KHS_IN && k->kho.state == KHS_KHO_ON && !khs_out_complete(k))
		say(k, l, "There may be more outgoing ranges: not all of the map could be read "
			  "(see status).");
	/* Of the incoming ones it takes a look at every struct page to tell. */
	if (directions == KHS_OUT && k->kho.state == KHS_KHO_ON)
		return NULL;
	err = khs_get_status(k, &st);
	if (err)
		return err;
	if (st->kho_why && (!l->ranges || (st->kho == KHS_KHO_FOREIGN && directions != KHS_IN)))
		say(k, l, st->kho_why);
	if (st->marks_why)
		say(k, l, st->marks_why);
	else if (khs_can_judge(k) && !st->incoming.known)
		say(k, l, "There may be more incoming ranges: not every struct page could be "
			  "judged (see status).");
	return NULL;
}

struct khs_error *khs_print_list(struct khs *k, const struct khs_filter *filter, FILE *out,
				 bool json)
{
	struct listing l = { .out = out, .json = json, .page_size = khs_page_size(k) };
	struct khs_filter f = { 0 };
	struct khs_error *err = khs_list(k, filter, list_one, &l);
	bool cut;

	if (!err && l.no_memory)
		err = khs_enomem();
	if (err)
		return err;
	if (filter)
		khs_take(&f, sizeof(f), filter);
	cut = f.limit && l.ranges >= f.limit;
	if (!json)
		khs_text_list_tail(out, l.ranges, l.pages, l.page_size, cut);
	if (!cut)
		err = list_doubt(k, &l, f.directions);
	return err ? err : khs_print_end(out);
}

/* ---- owners --------------------------------------------------------------------------------- */

struct owning {
	struct khs *k;
	FILE *out;
	bool json;
	struct khs_error *err;
	uint64_t limit;
	uint64_t page_size;
	unsigned int depth;      /* of the owner whose ranges are shown */
	uint64_t shown, left, left_pages;
};

/* One line; takes @object. */
static bool json_line(struct owning *o, json_t *object)
{
	_cleanup_json_ json_t *owned = object;

	if (!owned) {
		o->err = khs_enomem();
		return false;
	}
	json_dumpf(owned, o->out, JSON_COMPACT);
	putc('\n', o->out);
	return !ferror(o->out);
}

static bool owner_range(void *arg, const struct khs_owner_range *range)
{
	struct owning *o = arg;

	if (o->json)
		return json_line(o, khs_json_owner_range(range));
	if (o->limit && o->shown++ >= o->limit) {
		o->left++;
		o->left_pages += range->pages;
		return true;
	}
	khs_text_owner_range(o->out, range, o->depth);
	return !ferror(o->out);
}

static bool owner_one(void *arg, const struct khs_owner *owner)
{
	struct owning *o = arg;

	if (!o->json)
		khs_text_owner(o->out, owner, o->page_size);
	else if (!json_line(o, khs_json_owner(owner)))
		return false;
	o->depth = owner->depth;
	o->shown = o->left = o->left_pages = 0;
	o->err = khs_owner_ranges(o->k, owner->id, owner_range, o);
	if (o->left)
		khs_text_owner_more(o->out, o->left, o->left_pages, o->depth);
	return !o->err && !ferror(o->out);
}

static struct khs_error *print_side(struct owning *o, enum khs_direction direction)
{
	struct khs_owners_total total;
	struct khs_error *err = khs_get_owners_total(o->k, direction, &total);

	if (err)
		return err;
	if (o->json)
		json_line(o, khs_json_owners_total(direction, &total));
	else
		khs_text_owners_head(o->out, direction, &total, o->page_size);
	if (!o->err)
		err = khs_owners(o->k, direction, owner_one, o);
	return err ? err : o->err;
}

struct khs_error *khs_print_owners(struct khs *k, unsigned int directions, uint64_t limit,
				   FILE *out, bool json)
{
	struct owning o = { .k = k, .out = out, .json = json, .limit = limit,
			    .page_size = khs_page_size(k) };
	const struct khs_status *st;
	struct khs_error *err = khs_get_status(k, &st);

	if (err)
		return err;
	if (!directions)
		directions = KHS_OUT | KHS_IN;
	if (st->kho_why && json)
		khs_kernel_warn(&k->kernel, "%s", st->kho_why);
	else if (st->kho_why)
		khs_text_sentence(out, st->kho_why);
	if (directions & KHS_OUT)
		err = print_side(&o, KHS_OUT);
	if (!err && directions & KHS_IN) {
		if (!json && directions & KHS_OUT)
			putc('\n', out);
		err = print_side(&o, KHS_IN);
	}
	return err ? err : khs_print_end(out);
}

struct owner_sink {
	struct khs *k;
	FILE *out;
	json_t *array; /* NULL for text */
	bool no_memory;
	size_t n;
	uint64_t page_size;
};

/* What khs_text_owned_page() says goes first, and is known by then. */
static bool owner_found(void *arg, const struct khs_owner_range *range, const char *sentence)
{
	struct owner_sink *sink = arg;
	_cleanup_json_ json_t *object = NULL;

	sink->n++;
	if (!sink->array) {
		khs_text_owned_by(sink->out, range, sentence, sink->page_size);
		return true;
	}
	object = khs_json_owner_range(range);
	if (!put(object, "sentence", json_string(sentence)) ||
	    json_array_append(sink->array, object))
		sink->no_memory = true;
	return !sink->no_memory;
}

static struct khs_error *owner_of_json(struct khs *k, enum khs_address_kind kind, uint64_t address,
				       FILE *out)
{
	_cleanup_json_ json_t *object = khs_json_envelope();
	struct owner_sink sink = { .k = k, .array = json_array() };
	struct khs_error *err;
	uint64_t pfn;

	if (!put(object, "owners", sink.array))
		return khs_enomem();
	err = khs_owner_of(k, kind, address, owner_found, &sink, &pfn);
	if (!err && (sink.no_memory || !put(object, "pfn", json_integer((json_int_t)pfn))))
		err = khs_enomem();
	return err ? err : khs_print_object(out, khs_steal(object));
}

struct khs_error *khs_print_owner_of(struct khs *k, enum khs_address_kind kind, uint64_t address,
				     FILE *out, bool json)
{
	struct owner_sink sink = { .k = k, .out = out, .page_size = khs_page_size(k) };
	const struct khs_page_info *page;
	struct khs_error *err;

	if (json)
		return owner_of_json(k, kind, address, out);
	err = khs_page(k, kind, address, &page);
	if (err)
		return err;
	khs_text_owned_page(out, page->pfn, sink.page_size);
	err = khs_owner_of(k, kind, address, owner_found, &sink, NULL);
	if (err)
		return err;
	if (!sink.n)
		khs_text_sentence(out, "Nobody's: it is neither preserved nor pending, nor a page "
				  "of the handover.");
	return khs_print_end(out);
}

/* ---- page, facts ---------------------------------------------------------------------------- */

struct khs_error *khs_print_page(struct khs *k, enum khs_address_kind kind, uint64_t address,
				 FILE *out, bool json)
{
	const struct khs_page_info *page;
	struct khs_error *err = khs_page(k, kind, address, &page);
	_cleanup_json_ json_t *object = NULL;

	if (err)
		return err;
	if (!json) {
		khs_text_page(out, page);
		return khs_print_end(out);
	}
	object = khs_json_envelope();
	if (!put(object, "page", khs_json_page(page)))
		return khs_enomem();
	return khs_print_object(out, khs_steal(object));
}

struct fact_sink {
	FILE *out;
	json_t *array; /* NULL for text */
	bool no_memory;
};

static void fact_one(void *arg, const struct khs_fact_info *fact)
{
	struct fact_sink *sink = arg;

	if (!sink->array)
		khs_text_fact(sink->out, fact);
	else if (json_array_append_new(sink->array, khs_json_fact(fact)))
		sink->no_memory = true;
}

static struct khs_error *facts_json(struct khs *k, FILE *out)
{
	_cleanup_json_ json_t *object = khs_json_envelope();
	struct fact_sink sink = { .array = json_array() };
	struct khs_error *err;

	if (!put(object, "facts", sink.array))
		return khs_enomem();
	err = khs_facts(k, fact_one, &sink);
	if (!err && sink.no_memory)
		err = khs_enomem();
	return err ? err : khs_print_object(out, khs_steal(object));
}

struct khs_error *khs_print_facts(struct khs *k, FILE *out, bool json)
{
	struct fact_sink sink = { .out = out };
	struct khs_error *err;

	if (json)
		return facts_json(k, out);
	khs_text_facts_head(out);
	err = khs_facts(k, fact_one, &sink);
	return err ? err : khs_print_end(out);
}

/* ---- facts --verify ------------------------------------------------------------------------- */

struct check_sink {
	FILE *out;
	json_t *array; /* NULL for text */
	bool no_memory;
	uint64_t facts, compared, differ;
};

static void check_one(void *arg, const struct khs_fact_check *check)
{
	struct check_sink *sink = arg;
	size_t known = 0;

	for (size_t i = 0; i < check->nr_opinions; i++)
		known += check->opinions[i].known;
	if (!sink->array && !sink->facts)
		khs_text_checks_head(sink->out, check);
	sink->facts++;
	sink->compared += known > 1;
	sink->differ += check->differ;
	if (!sink->array)
		khs_text_check(sink->out, check);
	else if (json_array_append_new(sink->array, khs_json_fact_check(check)))
		sink->no_memory = true;
}

static struct khs_error *checks_json(struct khs *k, FILE *out, struct check_sink *sink)
{
	_cleanup_json_ json_t *object = khs_json_envelope();
	struct khs_error *err;

	sink->array = json_array();
	if (!put(object, "facts", sink->array))
		return khs_enomem();
	err = khs_verify_facts(k, check_one, sink);
	if (!err && (sink->no_memory ||
		     !put(object, "differ", json_integer((json_int_t)sink->differ))))
		err = khs_enomem();
	return err ? err : khs_print_object(out, khs_steal(object));
}

struct khs_error *khs_print_fact_checks(struct khs *k, FILE *out, bool json, uint64_t *differ)
{
	struct check_sink sink = { .out = out };
	struct khs_error *err;

	*differ = 0;
	err = json ? checks_json(k, out, &sink) : khs_verify_facts(k, check_one, &sink);
	*differ = sink.differ;
	if (err || json)
		return err;
	khs_text_checks_tail(out, sink.facts, sink.compared, sink.differ);
	return khs_print_end(out);
}
