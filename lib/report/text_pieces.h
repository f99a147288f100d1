/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers as people read them, labels, lines that wrap and colours, for every file that writes
 * text. Wrapped words are sanitised; nothing else here looks at what it is given.
 */
#ifndef KHS_REPORT_TEXT_PIECES_H
#define KHS_REPORT_TEXT_PIECES_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "../khoscope.h"

#define KHS_COLUMNS 80
#define KHS_LABEL 13 /* columns of the labels of status and page */

/* Words of @s in lines of at most @columns; the cursor is at @indent, where later lines begin. */
void khs_wrap(FILE *out, const char *s, size_t indent, size_t columns);

/* "Label       text", wrapped; a label of NULL goes on with the one above. */
void khs_field(FILE *out, const char *label, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void khs_field_in(FILE *out, size_t columns, const char *label, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

enum khs_ink {
	KHS_INK_OFF, KHS_INK_BOLD, KHS_INK_DIM, KHS_INK_ERROR, KHS_INK_WARNING, KHS_INK_NOTE,
	KHS_INK_GOOD, KHS_INK_BLUE, KHS_INK_MAGENTA,
};

/* From here on in that colour, if there are to be any. */
void khs_ink(FILE *out, const struct khs_style *style, enum khs_ink ink);

/* How much of the dump was judged; no newline: status and the verdict both say it. */
void khs_text_coverage(FILE *out, const struct khs_status *st, bool all_judged);

static inline const char *khs_or_unknown(const char *s)
{
	return s && *s ? s : "unknown";
}

static inline const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* What to put before a number that is a lower bound unless all is known. */
static inline const char *at_least(bool known)
{
	return known ? "" : "at least ";
}

struct size_text {
	char s[24];
};

/* By hand: "%.1f" would take its decimal point from the locale of whoever loaded this library. */
static inline struct size_text human(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	struct size_text t;
	unsigned int unit = 0;

	if (bytes < 1024) {
		snprintf(t.s, sizeof(t.s), "%" PRIu64 " bytes", bytes);
		return t;
	}
	for (; bytes >= UINT64_C(1) << 20; bytes >>= 10)
		unit++;
	snprintf(t.s, sizeof(t.s), "%" PRIu64 ".%" PRIu64 " %s", bytes >> 10,
		 (bytes & 1023) * 10 >> 10, units[unit]);
	return t;
}

/* Pages of a hostile dump may be more than 2^64 bytes hold. */
static inline struct size_text human_pages(uint64_t pages, uint64_t page_size)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(pages, page_size, &bytes))
		return (struct size_text){ "beyond 16 EiB" };
	return human(bytes);
}

/* ", 512 pages, order 9, node 0", behind the pfn of a finding: what there is of it. */
void khs_put_span(FILE *out, const struct khs_finding *finding);

#endif
