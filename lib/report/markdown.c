// SPDX-License-Identifier: GPL-2.0-or-later
#include "markdown.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "text_pieces.h"

#define CELL 22 /* columns of the first cell of a table, unless a row fits into a line anyway */
#define INDENT 2

/* Stand for emphasis in prepared text; no width. */
#define BOLD '\001'
#define PLAIN '\002'

struct page {
	const char *at, *end;
	FILE *out;
	const struct khs_style *style;
	size_t columns;
};

static size_t line_length(const struct page *p)
{
	const char *nl = memchr(p->at, '\n', (size_t)(p->end - p->at));

	return (size_t)((nl ? nl : p->end) - p->at);
}

static void next_line(struct page *p)
{
	p->at += line_length(p);
	p->at += p->at < p->end;
}

static bool starts(const struct page *p, const char *with)
{
	size_t n = strlen(with);

	return (size_t)(p->end - p->at) >= n && !memcmp(p->at, with, n);
}

/* ---- inline --------------------------------------------------------------------------------- */

/* "[text](target)" at @s: its length, and where the text ends; 0 if it is none. */
static size_t link_length(const char *s, const char *end, const char **text_end)
{
	const char *close = memchr(s, ']', (size_t)(end - s)), *paren;

	if (!close || close + 1 >= end || close[1] != '(')
		return 0;
	paren = memchr(close, ')', (size_t)(end - close));
	*text_end = close;
	return paren ? (size_t)(paren + 1 - s) : 0;
}

/* Without marks of emphasis, code and links; blanks and line ends are one blank. To be freed. */
static char *prepare(const char *s, size_t len)
{
	const char *end = s + len, *text_end;
	char *text = malloc(len + 1), *to = text;
	bool code = false, bold = false;

	for (; text && s < end; s++) {
		size_t link = *s == '[' && !code ? link_length(s, end, &text_end) : 0;

		if (link) {
			char *inner = prepare(s + 1, (size_t)(text_end - s - 1));

			to = inner ? stpcpy(to, inner) : to;
			free(inner);
			s += link - 1;
		} else if (*s == '`') {
			code = !code;
		} else if (*s == '\\' && s + 1 < end && s[1] == '|') {
			*to++ = *++s;
		} else if (*s == '*' && !code && s + 1 < end && s[1] == '*') {
			bold = !bold;
			*to++ = bold ? BOLD : PLAIN;
			s++;
		} else if (*s != '*' || code) {
			*to++ = *s == '\n' ? ' ' : *s;
		}
	}
	if (text)
		*to = '\0';
	return text;
}

static size_t width(const char *word)
{
	size_t n = 0;

	for (; *word; word++)
		n += *word != BOLD && *word != PLAIN;
	return n;
}

static void put_word(const struct page *p, const char *word)
{
	for (; *word; word++) {
		if (*word == BOLD)
			khs_ink(p->out, p->style, KHS_INK_BOLD);
		else if (*word == PLAIN)
			khs_ink(p->out, p->style, KHS_INK_OFF);
		else
			putc(*word, p->out);
	}
}

/* Prepared text, wrapped; the cursor is at @indent. */
static void put_text(const struct page *p, const char *s, size_t len, size_t indent)
{
	_cleanup_free_ char *text = prepare(s, len);
	size_t column = indent;
	bool first = true;
	char *save = NULL;

	if (!text)
		return;
	for (char *w = strtok_r(text, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		size_t n = width(w);

		if (!first && column + 1 + n > p->columns) {
			fprintf(p->out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		if (!first)
			putc(' ', p->out);
		put_word(p, w);
		column += n + !first;
		first = false;
	}
	putc('\n', p->out);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static void put_code(struct page *p)
{
	size_t n = line_length(p);

	fwrite(p->at, 1, n, p->out);
	putc('\n', p->out);
	next_line(p);
}

/* The cells of a row: the first, and the rest up to the last bar. */
struct row {
	const char *first, *rest;
	size_t first_len, rest_len;
};

static void trim(const char **s, size_t *len)
{
	for (; *len && **s == ' '; (*len)--)
		(*s)++;
	while (*len && (*s)[*len - 1] == ' ')
		(*len)--;
}

static struct row split_row(const struct page *p)
{
	size_t n = line_length(p), bar = 1;
	struct row row = { .first = p->at + 1 };

	while (bar < n && (p->at[bar] != '|' || p->at[bar - 1] == '\\'))
		bar++;
	row.first_len = bar - 1;
	row.rest = p->at + (bar < n ? bar + 1 : n);
	row.rest_len = (size_t)(p->at + n - row.rest);
	trim(&row.rest, &row.rest_len);
	row.rest_len -= row.rest_len && row.rest[row.rest_len - 1] == '|';
	trim(&row.first, &row.first_len);
	trim(&row.rest, &row.rest_len);
	return row;
}

static size_t cell_width(const char *s, size_t len)
{
	_cleanup_free_ char *text = prepare(s, len);

	return text ? width(text) : 0;
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Columns of the first cell in the table that begins here. */
static size_t first_column(struct page p)
{
	size_t first = 0, rest = 0;

	for (; starts(&p, "|"); next_line(&p)) {
		struct row row = split_row(&p);

		if (starts(&p, "|--"))
			continue;
		first = larger(first, cell_width(row.first, row.first_len));
		rest = larger(rest, cell_width(row.rest, row.rest_len));
	}
	return first < CELL || INDENT + first + 2 + rest <= p.columns ? first : CELL;
}

static void put_row(const struct page *p, size_t column)
{
	struct row row = split_row(p);
	_cleanup_free_ char *first = prepare(row.first, row.first_len);
	size_t n = first ? width(first) : 0, left = INDENT + column + 2;

	fprintf(p->out, "%*s", INDENT, "");
	if (first)
		put_word(p, first);
	if (n > column)
		fprintf(p->out, "\n%*s", (int)left, "");
	else
		fprintf(p->out, "%*s", (int)(column + 2 - n), "");
	put_text(p, row.rest, row.rest_len, left);
}

static void put_table(struct page *p)
{
	size_t column = first_column(*p);

	for (; starts(p, "|"); next_line(p))
		if (!starts(p, "|--"))
			put_row(p, column);
}

/* Lines up to a blank one or, behind a list item, the next item. */
static const char *paragraph_end(struct page p, bool item)
{
	do
		next_line(&p);
	while (p.at < p.end && *p.at != '\n' && *p.at != '|' && !(item && starts(&p, "- ")));
	return p.at;
}

static void put_paragraph(struct page *p)
{
	bool item = starts(p, "- ");
	const char *end = paragraph_end(*p, item);

	if (item)
		fputs("- ", p->out);
	p->at += item ? INDENT : 0;
	put_text(p, p->at, (size_t)(end - p->at), item ? INDENT : 0);
	p->at = end;
}

void khs_put_markdown(FILE *out, const struct khs_style *style, const char *text, size_t len)
{
	struct page p = { text, text + len, out, style, style->columns };

	if (!p.columns || p.columns > KHS_COLUMNS)
		p.columns = KHS_COLUMNS;
	while (p.at < p.end) {
		if (*p.at == '\n') {
			putc('\n', out);
			p.at++;
		} else if (starts(&p, "    ")) {
			put_code(&p);
		} else if (*p.at == '|') {
			put_table(&p);
		} else {
			put_paragraph(&p);
		}
	}
}
