// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "report.h"
#include "sanitize.h"
#include "text_pieces.h"

#define OWNER_COLUMN 22 /* where the names of owners begin */

static const char *direction_label(enum khs_direction direction)
{
	return direction == KHS_OUT ? "Outgoing" : "Incoming";
}

void khs_text_owners_head(FILE *out, enum khs_direction direction,
			  const struct khs_owners_total *t, uint64_t page_size)
{
	const char *label = direction_label(direction);
	const char *what = direction == KHS_OUT ? "preserved" : "pending";

	if (!t->pages)
		khs_field(out, label, "nothing %s", what);
	else if (t->owned == t->pages)
		khs_field(out, label, "%" PRIu64 " page%s %s, %s; all have an owner", t->pages,
		      plural(t->pages), what, human_pages(t->pages, page_size).s);
	else
		khs_field(out, label, "%" PRIu64 " page%s %s, %s; %" PRIu64 " without an owner",
		      t->pages, plural(t->pages), what, human_pages(t->pages, page_size).s,
		      t->pages - t->owned);
	if (t->why)
		khs_field(out, NULL, "not all could be read: %s", t->why);
	if (t->pages)
		fprintf(out, "%8s %10s   %s\n", "PAGES", "SIZE", "OWNER");
}

/* Numbers and words; addresses are for JSON. */
static void put_attributes(FILE *out, const struct khs_owner *o)
{
	const char *glue = ": ";

	for (size_t i = 0; i < o->nr_attributes; i++) {
		const struct khs_evidence *e = &o->attributes[i];

		if (e->kind == KHS_VALUE_HEX)
			continue;
		fprintf(out, "%s%s ", glue, e->key);
		if (e->kind == KHS_VALUE_STRING)
			fputs(e->string ? e->string : "?", out);
		else
			fprintf(out, "%" PRIu64, e->number);
		glue = ", ";
	}
}

void khs_text_owner(FILE *out, const struct khs_owner *o, uint64_t page_size)
{
	int indent = (int)o->depth * 2;
	_cleanup_free_ char *s = NULL;
	size_t size;
	FILE *mem = open_memstream(&s, &size);

	if (!mem)
		return;
	fputs(o->label, mem);
	if (strcmp(o->state, "alive"))
		fprintf(mem, " (%s)", o->state);
	put_attributes(mem, o);
	if (fclose(mem))
		return;
	fprintf(out, "%8" PRIu64 " %10s   %*s", o->pages, human_pages(o->pages, page_size).s,
		indent, "");
	khs_wrap(out, s, (size_t)(OWNER_COLUMN + indent + 2),
		 KHS_COLUMNS);
}

void khs_text_owner_range(FILE *out, const struct khs_owner_range *r, unsigned int depth)
{
	char offset[40] = "", order[24] = "", pfns[48];

	snprintf(pfns, sizeof(pfns), "0x%" PRIx64, r->pfn);
	if (r->pages > 1)
		snprintf(pfns, sizeof(pfns), "0x%" PRIx64 "-0x%" PRIx64, r->pfn,
			 r->pfn + r->pages - 1);
	if (r->order > 0)
		snprintf(order, sizeof(order), ", order %d", r->order);
	if (r->has_offset && (!strcmp(r->role, "data") || r->offset))
		snprintf(offset, sizeof(offset), " at offset 0x%" PRIx64, r->offset);
	fprintf(out, "%*s%s%s%s%s%s%s\n", (int)(OWNER_COLUMN + 2 + depth * 2), "", pfns, order,
		strcmp(r->role, "none") ? ", " : "", strcmp(r->role, "none") ? r->role : "", offset,
		r->held || !strcmp(r->role, "node") ? "" : ", not preserved");
}

void khs_text_owner_more(FILE *out, uint64_t more, uint64_t pages, unsigned int depth)
{
	fprintf(out, "%*s%" PRIu64 " more range%s of %" PRIu64 " page%s\n",
		(int)(OWNER_COLUMN + 2 + depth * 2), "", more, plural(more), pages, plural(pages));
}

void khs_text_owned_page(FILE *out, uint64_t pfn, uint64_t page_size)
{
	khs_field(out, "Page", "pfn 0x%" PRIx64 ", physical 0x%" PRIx64, pfn, pfn * page_size);
}

void khs_text_owned_by(FILE *out, const struct khs_owner_range *r, const char *sentence,
		       uint64_t page_size)
{
	khs_field(out, direction_label(r->direction), "%s%s", sentence,
	      r->held ? "" : "; not preserved");
	if (r->pages > 1)
		khs_field(out, NULL, "one of %" PRIu64 " pages, %s, pfn 0x%" PRIx64 "-0x%" PRIx64,
		      r->pages, human_pages(r->pages, page_size).s, r->pfn,
		      r->pfn + r->pages - 1);
}
