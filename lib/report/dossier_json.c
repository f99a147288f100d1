// SPDX-License-Identifier: GPL-2.0-or-later
/* A report as JSON (docs/json.md): the object of check, and "report". */
#include <string.h>

#include "../base/error.h"
#include "dossier.h"
#include "json_pieces.h"
#include "map_draw.h"
#include "output.h"

static json_t *config(const struct khs_report *r)
{
	_cleanup_json_ json_t *array = json_array();

	for (const struct khs_config_value *v = r->config; v->option; v++)
		if (json_array_append_new(array, json_pack("{s:s, s:o}", "option", v->option,
							   "value", text_or_null(v->value))))
			return NULL;
	return khs_steal(array);
}

static json_t *log_lines(const struct khs_report *r)
{
	_cleanup_json_ json_t *array = json_array();

	for (size_t i = 0; i < r->log.n; i++) {
		const struct khs_log_line *l = &r->log.v[i];
		json_t *line = json_pack("{s:o, s:o}", "ns", count(l->ns), "text", text(l->text));

		if (json_array_append_new(array, line))
			return NULL;
	}
	return khs_steal(array);
}

static json_t *owners(const struct khs_report *r)
{
	_cleanup_json_ json_t *array = json_array();

	for (size_t i = 0; i < r->nr_owners; i++) {
		const struct khs_owner_line *o = &r->owners[i];
		json_t *line = json_pack("{s:s, s:i, s:o, s:s, s:o}",
					 "direction", khs_direction_name(o->direction),
					 "depth", (int)o->depth, "label", text(o->label),
					 "state", o->state, "pages", count(o->pages));

		if (json_array_append_new(array, line))
			return NULL;
	}
	return khs_steal(array);
}

/* Where in findings[] is order[@i]: JSON has them by severity alone. */
static size_t place(const struct khs_sheaf *s, size_t i)
{
	const struct khs_finding *f = s->order[i];
	size_t before = 0;

	for (size_t j = 0; j < s->all.n; j++) {
		enum khs_severity severity = s->all.v[j]->severity;

		if (severity > f->severity || (severity == f->severity && j < f->number))
			before++;
	}
	return before;
}

static json_t *one_page(const struct khs_report *r, const struct khs_report_page *page)
{
	const struct khs_page_info *p;
	_cleanup_error_ struct khs_error *err = khs_page(r->k, KHS_ADDR_PFN, page->pfn, &p);

	return json_pack("{s:o, s:s, s:o}",
			 "finding", count(place(&r->sheaf, page->finding)),
			 "role", page->role,
			 "page", err ? json_null() : khs_json_page(p));
}

static json_t *pages(const struct khs_report *r)
{
	_cleanup_json_ json_t *array = json_array();

	for (size_t i = 0; i < r->nr_pages; i++)
		if (json_array_append_new(array, one_page(r, &r->pages[i])))
			return NULL;
	return khs_steal(array);
}

static json_t *report(const struct khs_report *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "dump", text_or_null(r->dump),
			 "again", text_or_null(r->again),
			 "libraries", text(r->libraries),
			 "config", config(r),
			 "config_why", text_or_null(r->why_no_config),
			 "command_line", text_or_null(r->log.command_line),
			 "owners", owners(r),
			 "owners_more", count(r->more_owners),
			 "pages", pages(r),
			 "pages_more", count(r->more_pages),
			 "log", log_lines(r),
			 "log_why", text_or_null(r->log.why),
			 "log_more", count(r->log.more));
}

struct khs_error *khs_dossier_json(const struct khs_report *r, FILE *out)
{
	_cleanup_json_ json_t *object = khs_json_status(r->st, r->all_judged);
	json_t *map = r->k->have_mem ? khs_map_json(&r->map, &r->k->owners, &r->sheaf.all) :
				       json_null();

	if (json_object_set_new(object, "report", report(r)) ||
	    json_object_set_new(object, "map", map) ||
	    json_object_set_new(object, "findings", khs_sheaf_json(&r->sheaf)))
		return khs_enomem();
	return khs_print_object(out, khs_steal(object));
}
