// SPDX-License-Identifier: GPL-2.0-or-later
#include "text_pieces.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "report.h"
#include "sanitize.h"

static const char *const presences[] = {
	[KHS_PRESENT] = "present",
	[KHS_EXCLUDED] = "excluded from the dump",
	[KHS_MISSING] = "missing",
	[KHS_NORAM] = "no memory there",
	[KHS_UNMAPPED] = "not mapped",
	[KHS_DAMAGED] = "damaged in the file",
	[KHS_UNREAD] = "not read, interrupted",
};

const char *khs_presence_name(enum khs_presence presence)
{
	return presences[presence];
}

const char *khs_direction_name(enum khs_direction direction)
{
	return direction == KHS_OUT ? "out" : "in";
}

const char *khs_image_name(enum khs_image_state image)
{
	static const char *const names[] = {
		[KHS_IMAGE_UNKNOWN] = "unknown", [KHS_IMAGE_NONE] = "none",
		[KHS_IMAGE_WITHOUT] = "without-handover", [KHS_IMAGE_HANDS_OVER] = "hands-over",
	};

	return names[image];
}

/* Fills lines with a word too long for any, cut at a bar if it has one; returns what is left. */
static char *put_long(FILE *out, char *word, size_t indent, size_t columns)
{
	size_t room = columns > indent + 8 ? columns - indent : 8;

	while (strlen(word) > room) {
		const char *bar = memrchr(word, '|', room);
		size_t n = bar && bar != word ? (size_t)(bar + 1 - word) : room;

		while (n > 1 && ((unsigned char)word[n] & 0xc0) == 0x80)
			n--;
		fprintf(out, "%.*s\n%*s", (int)n, word, (int)indent, "");
		word += n;
	}
	return word;
}

void khs_wrap(FILE *out, const char *s, size_t indent, size_t columns)
{
	_cleanup_free_ char *clean = khs_sanitize(s);
	size_t column = indent;
	bool first = true;
	char *save = NULL;

	if (!clean)
		return;
	for (char *w = strtok_r(clean, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		size_t len = strlen(w);

		if (!first && column + 1 + len > columns) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		if (first && indent + len > columns)
			w = put_long(out, w, indent, columns);
		len = strlen(w);
		fprintf(out, "%s%s", first ? "" : " ", w);
		column += len + !first;
		first = false;
	}
	putc('\n', out);
}

void khs_field_in(FILE *out, size_t columns, const char *label, const char *fmt, va_list ap)
{
	_cleanup_free_ char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0) {
		s = NULL;
		return;
	}
	fprintf(out, "%-*s", KHS_LABEL, label ? label : "");
	khs_wrap(out, s, KHS_LABEL, columns);
}

void khs_field(FILE *out, const char *label, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	khs_field_in(out, KHS_COLUMNS, label, fmt, ap);
	va_end(ap);
}

void khs_text_sentence(FILE *out, const char *sentence)
{
	khs_wrap(out, sentence, 0, KHS_COLUMNS);
}

void khs_ink(FILE *out, const struct khs_style *style, enum khs_ink ink)
{
	static const char *const inks[] = {
		[KHS_INK_OFF] = "\033[m", [KHS_INK_BOLD] = "\033[1m", [KHS_INK_DIM] = "\033[2m",
		[KHS_INK_ERROR] = "\033[1;31m", [KHS_INK_WARNING] = "\033[1;33m",
		[KHS_INK_NOTE] = "\033[1;36m", [KHS_INK_GOOD] = "\033[32m",
		[KHS_INK_BLUE] = "\033[34m", [KHS_INK_MAGENTA] = "\033[35m",
	};

	if (style->colour)
		fputs(inks[ink], out);
}

void khs_put_span(FILE *out, const struct khs_finding *f)
{
	if (f->has_pfn && f->pages != 1)
		fprintf(out, ", %" PRIu64 " pages", f->pages);
	if (f->order >= 0)
		fprintf(out, ", order %d", f->order);
	if (f->node != KHS_NO_NODE)
		fprintf(out, ", node %d", f->node);
}
