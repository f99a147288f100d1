// SPDX-License-Identifier: GPL-2.0-or-later
#include "words.h"

#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 64 };

void line_die(const struct line *line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "mkdump: %s:%u: ", line->file, line->nr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

/* Ends the word at @text, and returns where the next one may begin. */
static char *end_word(char *text)
{
	char *end = text + strcspn(text, *text == '"' ? "\n" : " \t\n");

	if (*text == '"') {
		end = strchr(text + 1, '"');
		end = end ? end : text + strlen(text);
	}
	if (*end)
		*end++ = '\0';
	return end;
}

void lines_add(struct lines *lines, const char *file, unsigned int nr, const char *text)
{
	struct line line = { .file = file, .nr = nr };
	char *copy = strdup(text), *at = copy;

	line.words = calloc(MAX_WORDS + 1, sizeof(*line.words));
	lines->v = realloc(lines->v, (lines->n + 1) * sizeof(*lines->v));
	if (!copy || !line.words || !lines->v)
		err(1, "lines");
	for (;;) {
		char *word;

		at += strspn(at, " \t\n");
		if (!*at || *at == '#')
			break;
		if (line.n == MAX_WORDS)
			line_die(&line, "too many words");
		word = at;
		at = end_word(at);
		line.words[line.n++] = *word == '"' ? word + 1 : word;
	}
	if (line.n)
		lines->v[lines->n++] = line;
}

void lines_append(struct lines *lines, const struct lines *more)
{
	if (!more->n)
		return;
	lines->v = realloc(lines->v, (lines->n + more->n) * sizeof(*lines->v));
	if (!lines->v)
		err(1, "lines");
	memcpy(lines->v + lines->n, more->v, more->n * sizeof(*more->v));
	lines->n += more->n;
}

void lines_read(struct lines *lines, const char *path)
{
	FILE *file = fopen(path, "r");
	unsigned int nr = 0;
	char *text = NULL;
	size_t size = 0;

	if (!file)
		err(2, "%s", path);
	while (getline(&text, &size, file) >= 0)
		lines_add(lines, path, ++nr, text);
	free(text);
	fclose(file);
}

const char *line_word(const struct line *line, unsigned int i)
{
	if (i >= line->n)
		line_die(line, "%s: something is missing at the end", line->words[0]);
	return line->words[i];
}

bool line_has(const struct line *line, const char *word)
{
	for (unsigned int i = 1; i < line->n; i++)
		if (!strcmp(line->words[i], word))
			return true;
	return false;
}

const char *line_option(const struct line *line, unsigned int from, const char *key)
{
	for (unsigned int i = from; i < line->n; i++)
		if (!strcmp(line->words[i], key))
			return line_word(line, i + 1);
	return NULL;
}

static uint64_t number(const struct line *line, const char *word, char **end)
{
	uint64_t v;

	errno = 0;
	v = strtoull(word, end, 0);
	if (*end == word || errno)
		line_die(line, "no number: %s", word);
	switch (**end) {
	case 'G': v <<= 10; /* fall through */
	case 'M': v <<= 10; /* fall through */
	case 'K': v <<= 10; (*end)++;
	}
	return v;
}

uint64_t line_number(const struct line *line, const char *word)
{
	char *end;
	uint64_t v = number(line, word, &end);

	if (*end)
		line_die(line, "no number: %s", word);
	return v;
}

uint64_t line_number_option(const struct line *line, unsigned int from, const char *key,
			    uint64_t other)
{
	const char *word = line_option(line, from, key);

	return word ? line_number(line, word) : other;
}

void line_range(const struct line *line, const char *word, uint64_t *start, uint64_t *end)
{
	char *rest;

	*start = number(line, word, &rest);
	if (*rest != '-' && *rest != '+')
		line_die(line, "no range: %s", word);
	*end = line_number(line, rest + 1) + (*rest == '+' ? *start : 0);
	if (*end < *start)
		line_die(line, "a range that ends before it begins: %s", word);
}
