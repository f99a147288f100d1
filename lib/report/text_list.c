// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "report.h"
#include "sanitize.h"
#include "text_pieces.h"

void khs_text_list_head(FILE *out)
{
	fprintf(out, "%-3s  %-12s %-29s %5s %9s %4s  %s\n", "DIR", "PFN", "PHYSICAL", "ORDER",
		"PAGES", "NODE", "STATE");
}

void khs_text_range(FILE *out, const struct khs_range *r, uint64_t page_size)
{
	char pfn[24], phys[48], node[16] = "?";

	snprintf(pfn, sizeof(pfn), "0x%" PRIx64, r->pfn);
	snprintf(phys, sizeof(phys), "0x%" PRIx64 "-0x%" PRIx64, r->pfn * page_size,
		 (r->pfn + r->pages) * page_size);
	if (r->node != KHS_NO_NODE)
		snprintf(node, sizeof(node), "%d", r->node);
	fprintf(out, "%-3s  %-12s %-29s %5u %9" PRIu64 " %4s  %s\n",
		khs_direction_name(r->direction), pfn, phys, r->order, r->pages, node,
		khs_range_state_name(r->state));
}

void khs_text_list_tail(FILE *out, uint64_t count, uint64_t pages, uint64_t page_size, bool cut)
{
	fprintf(out, "%" PRIu64 " range%s, %" PRIu64 " page%s, %s%s\n", count, plural(count), pages,
		plural(pages), human_pages(pages, page_size).s,
		cut ? "; stopped at the limit" : "");
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void put_fact(FILE *out, const char *kind, const char *name, const char *value,
		     const char *source)
{
	fprintf(out, "%-10s ", kind);
	khs_put_clean(out, name);
	fprintf(out, "%*s %-20s ", strlen(name) < 34 ? (int)(34 - strlen(name)) : 0, "", value);
	khs_put_clean(out, source);
	putc('\n', out);
}

void khs_text_facts_head(FILE *out)
{
	put_fact(out, "KIND", "NAME", "VALUE", "SOURCE");
}

void khs_text_fact(FILE *out, const struct khs_fact_info *f)
{
	int64_t value = (int64_t)f->value;
	char s[48];

	if (!f->known)
		snprintf(s, sizeof(s), "-");
	else if (!strcmp(f->kind, "symbol") || value > INT32_MAX || value < INT32_MIN)
		snprintf(s, sizeof(s), "0x%" PRIx64, f->value);
	else if (f->size)
		snprintf(s, sizeof(s), "%" PRId64 ", %" PRIu64 " byte%s", value, f->size,
			 plural(f->size));
	else
		snprintf(s, sizeof(s), "%" PRId64, value);
	if (f->known)
		put_fact(out, f->kind, f->name, s, f->source ? f->source : "?");
	else
		put_fact(out, f->kind, f->name, s,
			 f->required ? "not found" : "not found, optional");
}
