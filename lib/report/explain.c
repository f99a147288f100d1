// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "../base/error.h"
#include "embed.h"
#include "markdown.h"
#include "output.h"
#include "report.h"
#include "text_pieces.h"

KHS_EMBED(findings, "docs/findings.md");
KHS_EMBED(preflight, "docs/preflight.md");

/* Findings have headings of this level, ids in lower case, and follow each other. */
static const struct book {
	const char *text;
	const char *heading;
} books[] = {
	{ khs_doc_findings, "\n## " },
	{ khs_doc_preflight, "\n### pf-" },
};

#define NR_BOOKS (sizeof(books) / sizeof(books[0]))

/* From the heading's id on. */
struct section {
	const char *id, *body, *end;
	size_t id_len;
};

/* The section behind @at that is a finding's; false beyond the last. */
static bool next_section(const struct book *book, const char *at, struct section *ret)
{
	size_t n = strlen(book->heading);

	while ((at = strstr(at, book->heading))) {
		const char *id = strrchr(book->heading, ' ') - book->heading + 1 + at, *next;

		at += n;
		if (!islower((unsigned char)*id))
			continue;
		next = strstr(at, "\n##");
		*ret = (struct section){
			.id = id, .id_len = strcspn(id, "\n"),
			.end = next ? next : at + strlen(at),
		};
		ret->body = id + ret->id_len;
		return true;
	}
	return false;
}

/* The first section, of any book, for which @wanted is true. */
static bool find(bool (*wanted)(const struct section *s, void *arg), void *arg, struct section *ret)
{
	for (size_t i = 0; i < NR_BOOKS; i++) {
		const char *at = books[i].text;

		for (; next_section(&books[i], at, ret); at = ret->body)
			if (wanted(ret, arg))
				return true;
	}
	return false;
}

static bool has_id(const struct section *s, void *arg)
{
	return strlen(arg) == s->id_len && !memcmp(s->id, arg, s->id_len);
}

bool khs_find_explanation(const char *id, struct khs_explanation *ret)
{
	struct section s;

	if (!find(has_id, (void *)id, &s))
		return false;
	while (s.body < s.end && isspace((unsigned char)*s.body))
		s.body++;
	while (s.body < s.end && isspace((unsigned char)s.end[-1]))
		s.end--;
	*ret = (struct khs_explanation){ s.body, (size_t)(s.end - s.body) };
	return true;
}

/* A row of its own, or, where there is but one class, in brackets behind the first words. */
static bool has_class(const struct section *s, void *arg)
{
	char row[32], brackets[32];

	snprintf(row, sizeof(row), "\n| %.16s |", (const char *)arg);
	snprintf(brackets, sizeof(brackets), "(%.16s", (const char *)arg);
	for (const char *at = s->body; (at = memchr(at, '\n', (size_t)(s->end - at))); at++)
		if (!strncmp(at, row, strlen(row)))
			return true;
	for (const char *at = s->body + 2; at < s->end && *at != '\n'; at++)
		if (*at == '(' && !strncmp(at, brackets, strlen(brackets)) &&
		    strchr("),", at[strlen(brackets)]))
			return true;
	return false;
}

static void copy_id(const struct section *s, char *id, size_t size)
{
	snprintf(id, size, "%.*s", (int)s->id_len, s->id);
}

bool khs_find_class(const char *class_name, char *id, size_t size)
{
	struct section s;

	/* "P_OK" is a class, too, and no finding. */
	if (!isupper((unsigned char)*class_name) || !find(has_class, (void *)class_name, &s))
		return false;
	copy_id(&s, id, size);
	return true;
}

static bool is_nth(const struct section *s, void *arg)
{
	(void)s;
	return !(*(size_t *)arg)--;
}

bool khs_explained_id(size_t i, char *id, size_t size)
{
	struct section s;

	if (!find(is_nth, &i, &s))
		return false;
	copy_id(&s, id, size);
	return true;
}

/* ---- printing ------------------------------------------------------------------------------- */

static const char *summary_in(const struct khs_check_info *table, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(table[i].id, id))
			return table[i].summary;
	return NULL;
}

static const char *summary_of(const char *id)
{
	size_t n;
	const struct khs_check_info *checks = khs_checks(&n);
	const char *summary = summary_in(checks, n, id);

	if (summary)
		return summary;
	checks = khs_preflight_checks(&n);
	summary = summary_in(checks, n, id);
	return summary ? summary : "";
}

static void put_ids(FILE *out, const struct khs_style *style)
{
	char id[40];

	for (size_t i = 0; khs_explained_id(i, id, sizeof(id)); i++) {
		khs_ink(out, style, KHS_INK_BOLD);
		fprintf(out, "%-17s", id);
		khs_ink(out, style, KHS_INK_OFF);
		fprintf(out, " %s\n", summary_of(id));
	}
}

struct khs_error *khs_print_explain(const char *what, const struct khs_style *style, FILE *out)
{
	static const struct khs_style plain = { .size = sizeof(plain) };
	struct khs_explanation explanation;
	char id[40];

	if (!style)
		style = &plain;
	if (!what) {
		put_ids(out, style);
		return khs_print_end(out);
	}
	if (!khs_find_class(what, id, sizeof(id)))
		snprintf(id, sizeof(id), "%s", what);
	if (!khs_find_explanation(id, &explanation))
		return khs_error_new(KHS_ERR_NOTFOUND, "no finding and no class is called '%s': "
				     "explain without a name lists them", what);
	khs_ink(out, style, KHS_INK_BOLD);
	fputs(id, out);
	khs_ink(out, style, KHS_INK_OFF);
	fputs("\n\n", out);
	khs_put_markdown(out, style, explanation.text, explanation.len);
	return khs_print_end(out);
}
