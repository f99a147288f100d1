// SPDX-License-Identifier: GPL-2.0-or-later
#include "dossier.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../base/array.h"
#include "../base/error.h"

#define MAX_OWNERS 64
#define OWNER_DEPTH 1        /* sessions, and not their files */
#define MAX_FINDINGS 64      /* whose pages are shown */
#define MAP_ROOM 1500        /* items a lane: what a browser draws at ease */

static bool take_owner(void *arg, const struct khs_owner *o)
{
	struct khs_report *r = arg;
	struct khs_owner_line *line;

	if (o->depth > OWNER_DEPTH)
		return true;
	if (r->nr_owners >= MAX_OWNERS) {
		r->more_owners++;
		return true;
	}
	if (!khs_array_grow(r->owners, r->nr_owners, r->cap_owners)) {
		r->no_memory = true;
		return false;
	}
	line = &r->owners[r->nr_owners++];
	*line = (struct khs_owner_line){ o->direction, o->depth, o->pages, "", "" };
	snprintf(line->label, sizeof(line->label), "%s", o->label);
	snprintf(line->state, sizeof(line->state), "%s", o->state);
	return true;
}

static void take_page(struct khs_report *r, size_t finding, uint64_t pfn, const char *role)
{
	struct khs_report_page *page;

	for (size_t i = 0; i < r->nr_pages; i++)
		if (r->pages[i].pfn == pfn)
			return;
	if (!khs_array_grow(r->pages, r->nr_pages, r->cap_pages)) {
		r->no_memory = true;
		return;
	}
	page = &r->pages[r->nr_pages++];
	*page = (struct khs_report_page){ .pfn = pfn, .finding = finding };
	snprintf(page->role, sizeof(page->role), "%s", role);
}

/* The first page of each, and its neighbours: what is next to damage tells who did it. */
static void take_pages(struct khs_report *r)
{
	for (size_t i = 0; i < r->sheaf.all.n; i++) {
		const struct khs_finding *f = r->sheaf.order[i];

		if (!f->has_pfn || f->cause != KHS_NO_CAUSE)
			continue;
		if (r->nr_pages >= 3 * MAX_FINDINGS) {
			r->more_pages++;
			continue;
		}
		take_page(r, i, f->pfn, "first");
		if (f->pfn)
			take_page(r, i, f->pfn - 1, "before");
		if (f->pfn + f->pages < r->k->mem.max_pfn)
			take_page(r, i, f->pfn + f->pages, "behind");
	}
}

static void name_libraries(struct khs_report *r)
{
	snprintf(r->libraries, sizeof(r->libraries), "%s%sjansson %s, zlib %s", r->k->libraries,
		 r->k->libraries[0] ? ", " : "", JANSSON_VERSION, zlibVersion());
}

static struct khs_error *gather_owners(struct khs_report *r)
{
	return khs_can_judge(r->k) ? khs_owners(r->k, 0, take_owner, r) : NULL;
}

static struct khs_error *gather_map(struct khs_report *r)
{
	struct khs_error *err;

	if (!r->k->have_mem)
		return NULL;
	err = khs_map_make(r->k, 0, 0, MAP_ROOM, &r->map);
	return err ? err : khs_map_add_findings(r->k, &r->sheaf.all, &r->map);
}

static struct khs_error *gather(struct khs_report *r)
{
	struct khs_error *err = khs_check(r->k, khs_sheaf_add, &r->sheaf);

	if (!err)
		err = khs_get_status(r->k, &r->st);
	if (!err)
		err = khs_sheaf_sort(&r->sheaf);
	if (!err)
		err = gather_owners(r);
	if (!err)
		err = gather_map(r);
	if (err)
		return err;
	r->all_judged = khs_all_judged(r->k);
	take_pages(r);
	khs_pick_log(&r->k->kernel, &r->log);
	r->config = khs_pick_config(r->k, &r->why_no_config);
	name_libraries(r);
	return r->no_memory || r->log.no_memory || !r->config ? khs_enomem() : NULL;
}

static bool copy(char **to, const char *from)
{
	*to = from ? strdup(from) : NULL;
	return !from || *to;
}

struct khs_error *khs_report_make(struct khs *k, const struct khs_report_options *opts,
				  struct khs_report **ret)
{
	struct khs_report_options own = { .size = sizeof(own) };
	struct khs_report *r;
	struct khs_error *err;

	if (opts && !khs_take(&own, sizeof(own), opts))
		return khs_error_new(KHS_ERR_USAGE, "khs_report_options.size is not set");
	r = calloc(1, sizeof(*r));
	if (!r)
		return khs_enomem();
	r->k = k;
	err = copy(&r->dump, own.dump) && copy(&r->again, own.again) ? gather(r) : khs_enomem();
	if (err) {
		khs_report_free(r);
		return err;
	}
	*ret = r;
	return NULL;
}

void khs_report_free(struct khs_report *r)
{
	if (!r)
		return;
	khs_sheaf_deinit(&r->sheaf);
	khs_map_deinit(&r->map);
	khs_pick_deinit(&r->log);
	free(r->config);
	free(r->owners);
	free(r->pages);
	free(r->dump);
	free(r->again);
	free(r);
}

int khs_report_worst(const struct khs_report *r)
{
	return khs_sheaf_worst(&r->sheaf);
}

struct khs_error *khs_report_print(const struct khs_report *r, enum khs_report_format format,
				   FILE *out)
{
	static struct khs_error *(*const print[])(const struct khs_report *r, FILE *out) = {
		[KHS_REPORT_TEXT] = khs_dossier_text,
		[KHS_REPORT_JSON] = khs_dossier_json,
		[KHS_REPORT_HTML] = khs_dossier_html,
	};

	return print[format](r, out);
}
