/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text files of one statement a line: '#' begins a comment, words are separated by blanks, "..."
 * holds a word with blanks. Splits, and reads numbers; what a statement means is for others. Every
 * mistake ends the program with file and line.
 */
#ifndef MKDUMP_WORDS_H
#define MKDUMP_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
	const char *file;
	unsigned int nr;
	unsigned int n;     /* words; never 0 */
	const char **words; /* words[n] is NULL */
};

struct lines {
	struct line *v;
	size_t n;
};

/* Lines live as long as the program. */
void lines_read(struct lines *lines, const char *path);
void lines_add(struct lines *lines, const char *file, unsigned int nr, const char *text);
void lines_append(struct lines *lines, const struct lines *more);

__attribute__((noreturn, format(printf, 2, 3)))
void line_die(const struct line *line, const char *fmt, ...);

/* Word @i; it has to be there. */
const char *line_word(const struct line *line, unsigned int i);
bool line_has(const struct line *line, const char *word);
/* The word behind @key from word @from on, or NULL. */
const char *line_option(const struct line *line, unsigned int from, const char *key);

/* 12, 0x1f, 16K, 2M, 1G, -1. */
uint64_t line_number(const struct line *line, const char *word);
uint64_t line_number_option(const struct line *line, unsigned int from, const char *key,
			    uint64_t other);
/* "A-B" (B is outside) or "A+LENGTH" */
void line_range(const struct line *line, const char *word, uint64_t *start, uint64_t *end);

#endif
