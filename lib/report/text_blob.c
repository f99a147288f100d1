// SPDX-License-Identifier: GPL-2.0-or-later
/* The verb fdt as text: the source that dtc would make of it, headings and doubts as comments. */
#include <endian.h>
#include <inttypes.h>
#include <string.h>

#include "report.h"
#include "sanitize.h"
#include "text_pieces.h"

static void indent(FILE *out, unsigned int depth)
{
	for (; depth; depth--)
		putc('\t', out);
}

uint64_t khs_item_number(const struct khs_item *item, size_t i)
{
	size_t width = khs_item_width(item->value);
	uint64_t v = 0;

	memcpy(&v, (const uint8_t *)item->data + i * width, width);
	return le64toh(v);
}

size_t khs_item_width(enum khs_item_value value)
{
	static const uint8_t widths[] = {
		[KHS_ITEM_U16] = 2, [KHS_ITEM_U32] = 4, [KHS_ITEM_U64] = 8, [KHS_ITEM_BYTES] = 1,
	};

	return value < sizeof(widths) ? widths[value] : 0;
}

size_t khs_item_count(const struct khs_item *item)
{
	size_t width = khs_item_width(item->value);

	return width ? item->size / width : 0;
}

static void put_strings(FILE *out, const struct khs_item *item)
{
	const char *s = item->data, *end = s + item->size;

	for (; s < end; s += strlen(s) + 1) {
		fputs(s == item->data ? "\"" : ", \"", out);
		khs_put_clean(out, s);
		putc('"', out);
	}
}

static void put_numbers(FILE *out, const struct khs_item *item)
{
	size_t n = khs_item_count(item);

	for (size_t i = 0; i < n; i++)
		fprintf(out, "%s0x%" PRIx64, i ? " " : "<", khs_item_number(item, i));
	putc('>', out);
}

static void put_bytes(FILE *out, const struct khs_item *item)
{
	const uint8_t *bytes = item->data;

	for (size_t i = 0; i < item->size; i++)
		fprintf(out, "%s%02x", i ? " " : "[", bytes[i]);
	putc(']', out);
}

static void put_property(FILE *out, const struct khs_item *item)
{
	khs_put_clean(out, item->name);
	if (item->value != KHS_ITEM_EMPTY)
		fputs(" = ", out);
	if (item->value == KHS_ITEM_STRINGS)
		put_strings(out, item);
	else if (item->value == KHS_ITEM_BYTES)
		put_bytes(out, item);
	else if (item->value == KHS_ITEM_WITHHELD)
		fprintf(out, "/* %zu bytes */", item->size);
	else if (item->value != KHS_ITEM_EMPTY)
		put_numbers(out, item);
	fputs(";\n", out);
}

void khs_text_item(FILE *out, const struct khs_item *item)
{
	indent(out, item->depth);
	switch (item->kind) {
	case KHS_ITEM_NODE:
		khs_put_clean(out, item->name);
		if (item->type && strcmp(item->type, item->name))
			fprintf(out, " = /* %s */", item->type);
		fputs(" {\n", out);
		break;
	case KHS_ITEM_END:
		fputs("};\n", out);
		break;
	case KHS_ITEM_PROPERTY:
		put_property(out, item);
		break;
	}
}

static void put_place(FILE *out, const struct khs_blob *blob)
{
	if (blob->has_phys)
		fprintf(out, " at 0x%" PRIx64, blob->phys);
	if (blob->has_size)
		fprintf(out, ", %" PRIu64 " byte%s", blob->size, plural(blob->size));
	else if (blob->has_phys && blob->name)
		fputs(", of unknown size", out);
}

static const char *what_it_is(const struct khs_blob *blob)
{
	switch (blob->format) {
	case KHS_BLOB_FORMAT_FDT:
		return blob->name ? ": an FDT" : "";
	case KHS_BLOB_FORMAT_STRUCT:
		return ": ";
	case KHS_BLOB_FORMAT_OPAQUE:
		return ": opaque";
	case KHS_BLOB_FORMAT_NONE:
		break;
	}
	return "";
}

/* A mark is all that vouches for what was handed over; what is outgoing needs none. */
static const char *vouched(const struct khs_blob *blob)
{
	if (blob->name || !blob->has_phys || blob->format != KHS_BLOB_FORMAT_FDT)
		return "";
	if (blob->state == KHS_BLOB_CONSUMED)
		return "; its page has no mark any more";
	return "";
}

void khs_text_blob_head(FILE *out, const struct khs_blob *blob)
{
	fprintf(out, "/* %s ", blob->direction == KHS_OUT ? "outgoing" : "incoming");
	if (blob->name)
		khs_put_clean(out, blob->name);
	else
		fputs("root FDT", out);
	put_place(out, blob);
	fprintf(out, "%s%s%s", what_it_is(blob),
		blob->format == KHS_BLOB_FORMAT_STRUCT ? blob->type : "", vouched(blob));
	if (blob->why) {
		fputs(blob->format == KHS_BLOB_FORMAT_NONE ? ": " : "; ", out);
		khs_put_clean(out, blob->why);
	}
	fputs(" */\n", out);
}

void khs_text_blob_bytes(FILE *out, uint64_t offset, const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len; at += 16) {
		size_t n = len - at < 16 ? len - at : 16;

		fprintf(out, "%08" PRIx64 " ", offset + at);
		for (size_t i = 0; i < 16; i++) {
			if (i < n)
				fprintf(out, "%s%02x", i == 8 ? "  " : " ", data[at + i]);
			else
				fputs(i == 8 ? "    " : "   ", out);
		}
		fputs("  |", out);
		for (size_t i = 0; i < n; i++)
			putc(data[at + i] >= ' ' && data[at + i] <= '~' ? data[at + i] : '.', out);
		fputs("|\n", out);
	}
}

void khs_text_blob_end(FILE *out, enum khs_presence presence)
{
	if (presence != KHS_PRESENT)
		fprintf(out, "/* the rest of it: %s */\n", khs_presence_name(presence));
}
