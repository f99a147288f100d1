// SPDX-License-Identifier: GPL-2.0-or-later
/* A report as one HTML file: no other file is asked for, and the policy in it forbids any. */
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "dossier.h"
#include "embed.h"
#include "explain.h"
#include "html.h"
#include "map_draw.h"
#include "markdown.h"
#include "output.h"
#include "sanitize.h"
#include "text_pieces.h"

#define MAX_WHOLE 200   /* findings printed whole; the rest is in the JSON */
#define MAX_FOLDED 20

KHS_EMBED(report_css, "lib/report/report.css");
KHS_EMBED(report_js, "lib/report/report.js");

/* What @print writes to a stream, between <pre> and </pre>; it is sanitised. */
static struct khs_error *put_pre(const char *open, struct khs_error *(*print)(const void *, FILE *),
				 const void *what, FILE *out)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *mem = open_memstream(&text, &size);
	struct khs_error *err;

	if (!mem)
		return khs_enomem();
	err = print(what, mem);
	if (fclose(mem) || err)
		return err ? err : khs_enomem();
	fputs(open, out);
	khs_put_html_clean(out, text);
	fputs("</pre>\n", out);
	return NULL;
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void put_fact(void *arg, const char *label, const char *value)
{
	FILE *out = arg;

	fprintf(out, "<dt>%s</dt><dd>", label ? label : "");
	khs_put_html(out, value);
	fputs("</dd>\n", out);
}

static void put_head(const struct khs_report *r, FILE *out)
{
	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n<title>KHO: Linux ", out);
	khs_put_html(out, khs_or_unknown(r->st->release));
	fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n<h1>",
		khs_doc_report_css);
}

static struct khs_error *put_summary(const struct khs_report *r, FILE *out)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *mem = open_memstream(&text, &size);

	if (!mem)
		return khs_enomem();
	khs_dossier_subject(r, mem);
	if (fclose(mem))
		return khs_enomem();
	khs_put_html(out, text);
	fputs("</h1>\n<p class=\"lead\">", out);
	khs_html(out, "khoscope %s%s%s", khs_version(), r->dump ? ", of " : "",
		 r->dump ? r->dump : "");
	fputs("</p>\n</header>\n<main>\n<section><h2>Dump and handover</h2>\n<dl>\n", out);
	khs_dossier_facts(r, put_fact, out);
	fputs("</dl></section>\n", out);
	return NULL;
}

/* ---- map ------------------------------------------------------------------------------------ */

static void put_map(const struct khs_report *r, FILE *out)
{
	fputs("<section id=\"map\"><h2>Memory</h2>\n<div class=\"tools\">\n"
	      "<button type=\"button\" data-do=\"in\">Zoom in</button>\n"
	      "<button type=\"button\" data-do=\"out\">Zoom out</button>\n"
	      "<button type=\"button\" data-do=\"left\" aria-label=\"Lower pfns\">\u25c0</button>\n"
	      "<button type=\"button\" data-do=\"right\" aria-label=\"Higher pfns\">\u25b6"
	      "</button>\n"
	      "<button type=\"button\" data-do=\"all\">All</button>\n"
	      "<button type=\"button\" data-do=\"next\">Next finding</button>\n"
	      "<input id=\"range\" aria-label=\"Range of pfns\" "
	      "placeholder=\"0x1000-0x1fff, Enter\" spellcheck=\"false\" autocomplete=\"off\">\n"
	      "<output id=\"said\" class=\"said\" aria-live=\"polite\"></output>\n</div>\n", out);
	khs_map_svg(&r->map, &r->k->owners, &r->sheaf.all, r->st->page_size, out);
	fputs("</section>\n", out);
}

/* ---- findings ------------------------------------------------------------------------------- */

static void put_subject_of(const struct khs_finding *f, FILE *out)
{
	const char *severity = khs_severity_name(f->severity);

	fprintf(out, "<span class=\"tag %s\">%s</span> ", severity, severity);
	khs_html(out, "%s%s%s%s", f->id, *f->class_name ? " (" : "", f->class_name,
		 *f->class_name ? ")" : "");
	if (f->has_pfn)
		fprintf(out, ": pfn <a href=\"#map\" data-pfn=\"%" PRIu64 "\" data-pages=\"%" PRIu64
			"\">0x%" PRIx64 "</a>", f->pfn, f->pages, f->pfn);
	khs_put_span(out, f);
}

static void put_evidence(const struct khs_finding *f, FILE *out)
{
	fputs("<table>\n", out);
	for (size_t i = 0; i < f->nr_evidence; i++) {
		const struct khs_evidence *e = &f->evidence[i];

		fputs("<tr><td>", out);
		khs_put_html(out, e->key);
		fputs("</td><td>", out);
		if (e->kind == KHS_VALUE_STRING)
			khs_put_html(out, e->string ? e->string : "?");
		else if (e->kind == KHS_VALUE_HEX)
			fprintf(out, "0x%" PRIx64, e->number);
		else if (e->kind == KHS_VALUE_SIGNED)
			fprintf(out, "%" PRId64, (int64_t)e->number);
		else
			fprintf(out, "%" PRIu64, e->number);
		fputs("</td></tr>\n", out);
	}
	fputs("</table>\n", out);
}

static size_t put_folded(const struct khs_report *r, size_t at, FILE *out)
{
	size_t from = at + 1, end = from;

	while (end < r->sheaf.all.n && r->sheaf.order[end]->cause != KHS_NO_CAUSE)
		end++;
	if (end == from)
		return end;
	fprintf(out, "<p>It explains %zu more:</p>\n<ul class=\"explained\">\n", end - from);
	for (size_t i = from; i < end && i < from + MAX_FOLDED; i++) {
		fputs("<li>", out);
		put_subject_of(r->sheaf.order[i], out);
		fputs("</li>\n", out);
	}
	if (end - from > MAX_FOLDED)
		fprintf(out, "<li>and %zu like these</li>\n", end - from - MAX_FOLDED);
	fputs("</ul>\n", out);
	return end;
}

/* The pages of one finding. */
struct pages_of {
	const struct khs_report *r;
	size_t finding;
};

static struct khs_error *print_pages(const void *what, FILE *out)
{
	const struct pages_of *p = what;

	for (size_t i = 0; i < p->r->nr_pages; i++)
		if (p->r->pages[i].finding == p->finding)
			khs_dossier_page(p->r, &p->r->pages[i], out);
	return NULL;
}

static struct khs_error *print_explanation(const void *what, FILE *out)
{
	static const struct khs_style plain = { .size = sizeof(plain) };
	struct khs_explanation e;

	if (khs_find_explanation(what, &e))
		khs_put_markdown(out, &plain, e.text, e.len);
	return NULL;
}

static struct khs_error *put_finding(const struct khs_report *r, size_t at, size_t number,
				     size_t *next, FILE *out)
{
	const struct khs_finding *f = r->sheaf.order[at];
	const struct pages_of pages = { r, at };
	struct khs_error *err;

	fprintf(out, "<article class=\"%s\"><h3>%zu. ", khs_severity_name(f->severity), number);
	put_subject_of(f, out);
	fputs("</h3>\n<p>", out);
	khs_put_html(out, f->summary);
	fputs("</p>\n", out);
	put_evidence(f, out);
	*next = put_folded(r, at, out);
	err = put_pre("<details open><summary>The page and its neighbours</summary><pre>",
		      print_pages, &pages, out);
	fputs(err ? "" : "</details>\n", out);
	if (!err)
		err = put_pre("<details><summary>What it means, and what to do</summary><pre>",
			      print_explanation, f->id, out);
	fputs(err ? "" : "</details></article>\n", out);
	return err;
}

static struct khs_error *put_findings(const struct khs_report *r, FILE *out)
{
	struct khs_error *err = NULL;
	size_t at = 0, number = 0;

	fputs("<section><h2>Findings</h2>\n", out);
	if (!r->sheaf.all.n)
		fprintf(out, "<p>None%s.</p>\n", r->all_judged ? "" : " in what could be judged");
	while (!err && at < r->sheaf.all.n && number < MAX_WHOLE) {
		number++;
		err = put_finding(r, at, number, &at, out);
	}
	if (at < r->sheaf.all.n)
		fprintf(out, "<p>%zu more are in the JSON below.</p>\n", r->sheaf.all.n - at);
	fputs("</section>\n", out);
	return err;
}

/* ---- the rest ------------------------------------------------------------------------------- */

static struct khs_error *print_log(const void *what, FILE *out)
{
	const struct khs_report *r = what;

	if (r->log.why)
		fprintf(out, "%s\n", r->log.why);
	else if (!r->log.n)
		fputs("None.\n", out);
	for (size_t i = 0; i < r->log.n; i++) {
		khs_dossier_stamp(&r->log.v[i], out);
		khs_put_clean(out, r->log.v[i].text);
		putc('\n', out);
	}
	if (r->log.more)
		fprintf(out, "and %" PRIu64 " more\n", r->log.more);
	return NULL;
}

static struct khs_error *print_text(const void *what, FILE *out)
{
	return khs_dossier_text(what, out);
}

static struct khs_error *print_json(const void *what, FILE *out)
{
	return khs_dossier_json(what, out);
}

struct khs_error *khs_dossier_html(const struct khs_report *r, FILE *out)
{
	struct khs_error *err;

	put_head(r, out);
	err = put_summary(r, out);
	if (!err)
		put_map(r, out);
	if (!err)
		err = put_findings(r, out);
	if (!err)
		err = put_pre("<section><h2>Log: lines to the matter</h2><pre>", print_log, r, out);
	if (!err)
		fputs("</section>\n<section><h2>Made by</h2>\n<dl>\n", out);
	if (!err)
		khs_dossier_maker(r, put_fact, out);
	if (!err)
		err = put_pre("</dl>\n<details id=\"text\"><summary>The same as text, for an e-mail"
			      "</summary><pre>", print_text, r, out);
	if (!err)
		err = put_pre("</details>\n<details id=\"json\"><summary>JSON</summary><pre>",
			      print_json, r, out);
	if (err)
		return err;
	fprintf(out, "</details></section>\n</main>\n<script>\n%s</script>\n</body>\n</html>\n",
		khs_doc_report_js);
	return khs_print_end(out);
}
