// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void khs_draft_init(struct khs_draft *d, const struct khs *k, const char *id,
		    const char *class_name, enum khs_severity severity, uint64_t pfn,
		    uint64_t pages, int order)
{
	khs_draft_init_global(d, id, severity);
	d->f.class_name = class_name;
	d->f.has_pfn = true;
	d->f.pfn = pfn;
	d->f.pages = pages;
	d->f.order = order;
	d->f.node = khs_mem_node(&k->mem, pfn);
}

void khs_draft_init_global(struct khs_draft *d, const char *id, enum khs_severity severity)
{
	d->f = (struct khs_finding){
		.id = id,
		.class_name = "",
		.severity = severity,
		.order = -1,
		.node = KHS_NO_NODE,
		.cause = KHS_NO_CAUSE,
		.summary = "",
		.evidence = d->evidence,
	};
	d->used = 0;
}

static const char *keep(struct khs_draft *d, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static const char *keep(struct khs_draft *d, const char *fmt, va_list ap)
{
	size_t room = sizeof(d->text) - d->used;
	char *at = d->text + d->used;
	int n;

	if (room < 2)
		return "";
	n = vsnprintf(at, room, fmt, ap);
	if (n < 0)
		return "";
	d->used += (size_t)n < room ? (size_t)n + 1 : room;
	return at;
}

void khs_draft_summary(struct khs_draft *d, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	d->f.summary = keep(d, fmt, ap);
	va_end(ap);
}

static void add(struct khs_draft *d, struct khs_evidence e)
{
	if (d->f.nr_evidence < KHS_MAX_EVIDENCE)
		d->evidence[d->f.nr_evidence++] = e;
}

void khs_draft_hex(struct khs_draft *d, const char *key, uint64_t value)
{
	add(d, (struct khs_evidence){ .key = key, .kind = KHS_VALUE_HEX, .number = value });
}

void khs_draft_number(struct khs_draft *d, const char *key, uint64_t value)
{
	add(d, (struct khs_evidence){ .key = key, .kind = KHS_VALUE_NUMBER, .number = value });
}

void khs_draft_signed(struct khs_draft *d, const char *key, int64_t value)
{
	add(d, (struct khs_evidence){ .key = key, .kind = KHS_VALUE_SIGNED, .number = value });
}

void khs_draft_string(struct khs_draft *d, const char *key, const char *fmt, ...)
{
	struct khs_evidence e = { .key = key, .kind = KHS_VALUE_STRING };
	va_list ap;

	va_start(ap, fmt);
	e.string = keep(d, fmt, ap);
	va_end(ap);
	add(d, e);
}

bool khs_list_add(char *text, size_t size, size_t *at, const char *glue, const char *fmt, ...)
{
	static const char more[] = ", ...";
	char entry[128];
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(entry, sizeof(entry), fmt, ap);
	va_end(ap);
	n = strlen(entry) + (*at ? strlen(glue) : 0);
	if (*at + n + sizeof(more) > size) {
		snprintf(text + *at, size - *at, "%s", more);
		return false;
	}
	*at += snprintf(text + *at, size - *at, "%s%s", *at ? glue : "", entry);
	return true;
}

void khs_draft_emit(struct khs_draft *d, const struct khs_emitter *to)
{
	to->visit(to->arg, &d->f);
}

static void raw_words(struct khs_draft *d, const struct khs_page_layout *l, const uint8_t *raw)
{
	char text[KHS_PAGE_MAX / 8 * 17 + 1];
	size_t at = 0;

	for (size_t i = 0; i < l->size; i += 8)
		at += snprintf(text + at, sizeof(text) - at, "%s%016llx", i ? " " : "",
			       (unsigned long long)khs_load64(raw + i));
	khs_draft_string(d, "words", "%s", text);
}

void khs_draft_page(struct khs_draft *d, const struct khs *k, uint64_t pfn, const uint8_t *raw)
{
	const struct khs_page_layout *l = &k->mem.layout;
	struct khs_page p = khs_page_decode(l, raw);
	enum khs_pgty type = khs_page_type(l, p.mapcount);
	char flags[256];

	khs_page_flags_text(l, &k->kernel.facts, p.flags, flags, sizeof(flags));
	khs_draft_hex(d, "struct_page", khs_mem_page_address(&k->mem, pfn));
	raw_words(d, l, raw);
	khs_draft_string(d, "flags", "%s", *flags ? flags : "none");
	khs_draft_string(d, "links", "node %u, zone %u", khs_page_node(l, p.flags),
			 khs_page_zone(l, p.flags));
	khs_draft_signed(d, "refcount", p.refcount);
	if (type != KHS_PGTY_NONE)
		khs_draft_string(d, "page_type", "%s", khs_pgty_name(type));
	else
		khs_draft_signed(d, "mapcount", (int32_t)p.mapcount);
	if (l->has_magic && khs_page_marked(&p))
		khs_draft_string(d, "mark", "order %u", khs_mark_order(&p));
}
