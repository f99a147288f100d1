// SPDX-License-Identifier: GPL-2.0-or-later
/* A report for an e-mail: plain text of at most 75 columns, whole without the dump at hand. */
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "dossier.h"
#include "explain.h"
#include "markdown.h"
#include "output.h"
#include "sanitize.h"
#include "text_pieces.h"

#define MAX_WHOLE 10     /* findings printed whole; the rest is in the other forms */
#define MAX_FOLDED 4     /* lines of what one finding explains */
#define MAX_LOG 40
#define KEY 20           /* columns of a key of evidence */
#define STAMP 15         /* columns of the time of a line of the log */

static const struct khs_style plain = { .size = sizeof(plain), .columns = KHS_MAIL_COLUMNS };

static void put_fact(void *arg, const char *label, const char *value)
{
	FILE *out = arg;

	fprintf(out, "%-*s", KHS_LABEL, label ? label : "");
	khs_wrap(out, value, KHS_LABEL, KHS_MAIL_COLUMNS);
}

static void put_title(FILE *out, const char *title)
{
	fprintf(out, "\n%s\n", title);
	for (size_t i = strlen(title); i; i--)
		putc('-', out);
	fputs("\n", out);
}

/* ---- findings ------------------------------------------------------------------------------- */

static void put_evidence(const struct khs_evidence *e, FILE *out)
{
	char number[32];
	size_t indent = 4 + KEY + 1;

	fputs("    ", out);
	khs_put_clean(out, e->key);
	fprintf(out, "%*s ", strlen(e->key) < KEY ? (int)(KEY - strlen(e->key)) : 0, "");
	if (e->kind == KHS_VALUE_STRING) {
		khs_wrap(out, e->string ? e->string : "?", indent, KHS_MAIL_COLUMNS);
		return;
	}
	if (e->kind == KHS_VALUE_HEX)
		snprintf(number, sizeof(number), "0x%" PRIx64, e->number);
	else if (e->kind == KHS_VALUE_SIGNED)
		snprintf(number, sizeof(number), "%" PRId64, (int64_t)e->number);
	else
		snprintf(number, sizeof(number), "%" PRIu64, e->number);
	fprintf(out, "%s\n", number);
}

static void put_finding(const struct khs_finding *f, size_t number, FILE *out)
{
	fprintf(out, "%zu. ", number);
	khs_text_finding_line(out, &plain, f);
	fputs("  ", out);
	khs_wrap(out, f->summary, 2, KHS_MAIL_COLUMNS);
	for (size_t i = 0; i < f->nr_evidence; i++)
		put_evidence(&f->evidence[i], out);
}

/* What order[@at] explains; returns where that ends. */
static size_t put_folded(const struct khs_report *r, size_t at, FILE *out)
{
	const struct khs_sheaf *s = &r->sheaf;
	size_t from = at + 1, end = from;

	while (end < s->all.n && s->order[end]->cause != KHS_NO_CAUSE)
		end++;
	if (end > from)
		fprintf(out, "  explains %zu more:\n", end - from);
	for (size_t i = from; i < end && i < from + MAX_FOLDED; i++) {
		fputs("    ", out);
		khs_text_finding_line(out, &plain, s->order[i]);
	}
	if (end > from + MAX_FOLDED)
		fprintf(out, "    and %zu like these\n", end - from - MAX_FOLDED);
	return end;
}

static void put_findings(const struct khs_report *r, FILE *out)
{
	size_t number = 0, at = 0, left;

	put_title(out, "Findings");
	if (!r->sheaf.all.n)
		fputs(r->all_judged ? "None.\n" : "None in what could be judged.\n", out);
	while (at < r->sheaf.all.n && number < MAX_WHOLE) {
		if (number)
			putc('\n', out);
		put_finding(r->sheaf.order[at], ++number, out);
		at = put_folded(r, at, out);
	}
	left = r->sheaf.all.n - at;
	if (left)
		fprintf(out, "\nand %zu more finding%s: see the JSON or the HTML.\n", left,
			plural(left));
}

/* ---- pages ---------------------------------------------------------------------------------- */

static void put_words(const struct khs_page_info *p, FILE *out)
{
	for (size_t i = 0; i < p->size / 8; i++)
		fprintf(out, "%s%016" PRIx64 "%s", i % 4 ? " " : "    ", p->words[i],
			i % 4 == 3 || i + 1 == p->size / 8 ? "\n" : "");
}

__attribute__((format(printf, 2, 3)))
static void put_line(FILE *out, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	fputs("    ", out);
	khs_wrap(out, text, 6, KHS_MAIL_COLUMNS);
}

static void put_decoding(const struct khs_page_info *p, FILE *out)
{
	char mark[32] = "none";

	if (p->marked)
		snprintf(mark, sizeof(mark), "order %u", p->mark_order);
	put_words(p, out);
	put_line(out, "flags %s; zone %s; refcount %" PRId32 ", mapcount %" PRId32 ", type %s; KHO "
		 "mark %s", *p->flags_text ? p->flags_text : "none",
		 *p->zone_name ? p->zone_name : "none there is", p->refcount, p->mapcount,
		 p->type_name && *p->type_name ? p->type_name : "none", mark);
}

static void put_cover(const char *way, bool covered, const struct khs_range *c, const char *owner,
		      FILE *out)
{
	if (covered)
		put_line(out, "%s: by pfn 0x%" PRIx64 ", order %u (%s)%s%s", way, c->pfn, c->order,
			 khs_range_state_name(c->state), owner ? "; " : "", owner ? owner : "");
	else if (owner)
		put_line(out, "%s: not preserved; %s", way, owner);
}

void khs_dossier_page(const struct khs_report *r, const struct khs_report_page *page, FILE *out)
{
	const struct khs_finding *f = r->sheaf.order[page->finding];
	bool first = !strcmp(page->role, "first");
	const struct khs_page_info *p;
	_cleanup_error_ struct khs_error *err = khs_page(r->k, KHS_ADDR_PFN, page->pfn, &p);

	fprintf(out, "  %s%spfn 0x%" PRIx64, first ? "" : page->role, first ? "" : ": ", page->pfn);
	if (err) {
		fputs(": no memory map\n", out);
		return;
	}
	fprintf(out, ", node %d%s%s\n", p->nr_nodes ? p->nodes[0].node : KHS_NO_NODE,
		p->in_scratch ? ", in scratch" : "",
		p->presence == KHS_PRESENT ? "" : ", its struct page is not in the dump");
	put_line(out, "%s%s%s", khs_or_unknown(p->state), *p->class_name ? "; class " : "",
		 p->class_name);
	if (p->presence == KHS_PRESENT && !(first && khs_finding_string(f, "words")))
		put_decoding(p, out);
	put_cover("outgoing", p->covered_out, &p->cover_out, p->owner_out, out);
	put_cover("incoming", p->covered_in, &p->cover_in, p->owner_in, out);
}

/* The number that put_findings() gives order[@at]. */
static size_t number_of(const struct khs_report *r, size_t at)
{
	size_t number = 0;

	for (size_t i = 0; i <= at; i++)
		number += r->sheaf.order[i]->cause == KHS_NO_CAUSE;
	return number;
}

static void put_pages(const struct khs_report *r, FILE *out)
{
	size_t last = 0;

	if (r->nr_pages)
		put_title(out, "Pages: state, struct page, what covers them, and neighbours");
	for (size_t i = 0; i < r->nr_pages; i++) {
		size_t number = number_of(r, r->pages[i].finding);

		if (number > MAX_WHOLE)
			break;
		if (number != last)
			fprintf(out, "%s%zu.\n", last ? "\n" : "", number);
		khs_dossier_page(r, &r->pages[i], out);
		last = number;
	}
}

/* ---- the rest ------------------------------------------------------------------------------- */

/* Of each finding what the docs say of kernels, and what to do. */
static void put_paragraph(const struct khs_explanation *e, const char *heading, FILE *out)
{
	const char *at = memmem(e->text, e->len, heading, strlen(heading)), *end;

	if (!at)
		return;
	end = memmem(at, e->len - (size_t)(at - e->text), "\n\n", 2);
	khs_put_markdown(out, &plain, at, (size_t)((end ? end : e->text + e->len) - at));
}

static bool came_before(const struct khs_report *r, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(r->sheaf.order[i]->id, r->sheaf.order[at]->id))
			return true;
	return false;
}

static void put_explanations(const struct khs_report *r, FILE *out)
{
	struct khs_explanation e;
	size_t shown = 0;

	for (size_t i = 0; i < r->sheaf.all.n && shown < MAX_WHOLE; i++) {
		const char *id = r->sheaf.order[i]->id;

		if (came_before(r, i) || !khs_find_explanation(id, &e))
			continue;
		if (!shown++)
			put_title(out, "What they are");
		else
			putc('\n', out);
		fprintf(out, "%s\n", id);
		put_paragraph(&e, "**How it comes about.**", out);
		put_paragraph(&e, "**Kernels.**", out);
		put_paragraph(&e, "**What to do.**", out);
	}
}

void khs_dossier_stamp(const struct khs_log_line *line, FILE *out)
{
	fprintf(out, "[%5" PRIu64 ".%06" PRIu64 "] ", line->ns / 1000000000,
		line->ns / 1000 % 1000000);
}

static void put_log(const struct khs_report *r, FILE *out)
{
	put_title(out, "Log (lines to the matter)");
	if (r->log.why)
		khs_wrap(out, r->log.why, 0, KHS_MAIL_COLUMNS);
	else if (!r->log.n)
		fputs("None.\n", out);
	for (size_t i = 0; i < r->log.n && i < MAX_LOG; i++) {
		khs_dossier_stamp(&r->log.v[i], out);
		khs_wrap(out, r->log.v[i].text, STAMP, KHS_MAIL_COLUMNS);
	}
	if (r->log.n > MAX_LOG || r->log.more)
		fprintf(out, "and %" PRIu64 " more\n",
			r->log.more + (r->log.n > MAX_LOG ? r->log.n - MAX_LOG : 0));
}

static void put_subject(const struct khs_report *r, FILE *out)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *mem = open_memstream(&text, &size);

	if (!mem)
		return;
	khs_dossier_subject(r, mem);
	if (!fclose(mem))
		khs_wrap(out, text, 0, KHS_MAIL_COLUMNS);
	putc('\n', out);
}

struct khs_error *khs_dossier_text(const struct khs_report *r, FILE *out)
{
	put_subject(r, out);
	khs_dossier_facts(r, put_fact, out);
	put_findings(r, out);
	put_pages(r, out);
	put_explanations(r, out);
	put_log(r, out);
	put_title(out, "Made by");
	khs_dossier_maker(r, put_fact, out);
	return khs_print_end(out);
}
