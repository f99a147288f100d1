// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "report.h"
#include "sanitize.h"
#include "text_pieces.h"

#define COLUMNS 80
#define LABEL 13 /* columns of the labels of status and page */
#define EVIDENCE 20

/* ---- pieces --------------------------------------------------------------------------------- */

static const char *const presences[] = {
	[KHS_PRESENT] = "present",
	[KHS_EXCLUDED] = "excluded from the dump",
	[KHS_MISSING] = "missing",
	[KHS_NORAM] = "no memory there",
	[KHS_UNMAPPED] = "not mapped",
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

/* Words of @s in lines of at most 80 columns; the cursor is at @indent, where later lines begin. */
static void put_wrapped(FILE *out, const char *s, size_t indent)
{
	_cleanup_free_ char *clean = khs_sanitize(s);
	size_t column = indent;
	bool first = true;
	char *save = NULL;

	if (!clean)
		return;
	for (char *w = strtok_r(clean, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
		size_t len = strlen(w);

		if (!first && column + 1 + len > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
			first = true;
		}
		fprintf(out, "%s%s", first ? "" : " ", w);
		column += len + !first;
		first = false;
	}
	putc('\n', out);
}

/* "Label       text", a label of NULL goes on with the one above. */
__attribute__((format(printf, 3, 4)))
static void field(FILE *out, const char *label, const char *fmt, ...)
{
	_cleanup_free_ char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		s = NULL;
		return;
	}
	fprintf(out, "%-*s", LABEL, label ? label : "");
	put_wrapped(out, s, LABEL);
}

void khs_text_sentence(FILE *out, const char *sentence)
{
	put_wrapped(out, sentence, 0);
}

/* ---- status --------------------------------------------------------------------------------- */

struct row {
	char key[16];
	uint64_t ranges, pages;
};

/* The rows of a table by order; returns their number. */
static size_t order_rows(const struct khs_totals *t, struct row rows[KHS_ORDERS])
{
	size_t n = 0;

	for (unsigned int order = 0; order < KHS_ORDERS; order++) {
		if (!t->ranges_by_order[order])
			continue;
		rows[n].ranges = t->ranges_by_order[order];
		rows[n].pages = t->pages_by_order[order];
		snprintf(rows[n++].key, sizeof(rows[0].key), "%u", order);
	}
	return n;
}

static struct row node_row(const struct khs_node_total *n)
{
	struct row row = { .key = "?", .ranges = n->ranges, .pages = n->pages };

	if (n->node != KHS_NO_NODE)
		snprintf(row.key, sizeof(row.key), "%d", n->node);
	return row;
}

static void put_row(FILE *out, const struct row *row, uint64_t page_size)
{
	fprintf(out, "%5s %9" PRIu64 " %11" PRIu64 " %10s", row->key, row->ranges, row->pages,
		human_pages(row->pages, page_size).s);
}

/* By order on the left, by node on the right, to stay on one screen. */
static void put_tables(FILE *out, const struct khs_totals *t, uint64_t page_size)
{
	struct row orders[KHS_ORDERS];
	size_t nr_orders = order_rows(t, orders);

	fprintf(out, "%5s %9s %11s %10s   %5s %9s %11s %10s\n", "order", "ranges", "pages",
		"size", "node", "ranges", "pages", "size");
	for (size_t i = 0; i < nr_orders || i < t->nr_nodes; i++) {
		if (i < nr_orders)
			put_row(out, &orders[i], page_size);
		else
			fprintf(out, "%38s", "");
		if (i < t->nr_nodes) {
			struct row node = node_row(&t->by_node[i]);

			fputs("   ", out);
			put_row(out, &node, page_size);
		}
		putc('\n', out);
	}
}

static void put_exact_bytes(char *buf, size_t size, uint64_t pages, uint64_t page_size)
{
	uint64_t bytes;

	buf[0] = '\0';
	if (!__builtin_mul_overflow(pages, page_size, &bytes) && bytes >= 1024)
		snprintf(buf, size, " (%" PRIu64 " bytes)", bytes);
}

/* @unknown: why nothing is known, if that is not the dump's doing; else NULL. */
static void put_totals(FILE *out, const char *label, const struct khs_totals *t,
		       const char *unknown, const char *nothing, const char *what,
		       uint64_t page_size)
{
	char exact[40];

	putc('\n', out);
	if (!t->known && !t->ranges) {
		field(out, label, "not known: %s",
		      unknown ? unknown : "the dump lacks what it takes to tell");
		return;
	}
	if (!t->ranges) {
		field(out, label, "%s", nothing);
		return;
	}
	put_exact_bytes(exact, sizeof(exact), t->pages, page_size);
	field(out, label, "%s%" PRIu64 " range%s %s, %" PRIu64 " page%s, %s%s",
	      t->known ? "" : "at least ", t->ranges, plural(t->ranges), what, t->pages,
	      plural(t->pages), human_pages(t->pages, page_size).s, exact);
	put_tables(out, t, page_size);
}

static const char *or_unknown(const char *s)
{
	return s && *s ? s : "unknown";
}

static void put_dump(FILE *out, const struct khs_status *st)
{
	field(out, "Dump", "%s%s", or_unknown(st->format),
	      st->flattened ? ", arrived flattened" : "");
	if (st->live)
		field(out, NULL, "the running kernel: it changed while it was read");
	else if (st->complete)
		field(out, NULL, "complete");
	else
		field(out, NULL, "incomplete: %s", st->incomplete_why ? st->incomplete_why : "?");
}

static void put_kernel(FILE *out, const struct khs_status *st)
{
	field(out, "Kernel", "%s, %s, pages of %" PRIu64 " KiB", or_unknown(st->release),
	      or_unknown(st->arch), st->page_size >> 10);
	field(out, "Build-id", "%s", or_unknown(st->build_id));
}

static void put_boot(FILE *out, const struct khs_status *st)
{
	char times[32] = "unknown";

	if (!st->handover_known) {
		field(out, "This boot", "unknown whether by a handover: kho_in is not in the dump");
		return;
	}
	if (!st->handover_boot) {
		field(out, "This boot", "no handover");
		return;
	}
	if (st->kexec_count >= 0)
		snprintf(times, sizeof(times), "%" PRId64, st->kexec_count);
	field(out, "This boot", "a handover from release %s, kexec count %s",
	      or_unknown(st->previous_release), times);
	if (st->handover_failed)
		field(out, NULL, "the kernel could not use the map it was handed");
}

static void put_scratch(FILE *out, const struct khs_status *st)
{
	const char *label = "Scratch";

	if (!st->nr_scratch)
		field(out, label, "none known");
	for (size_t i = 0; i < st->nr_scratch; i++, label = NULL) {
		const struct khs_scratch *s = &st->scratch[i];
		char node[24] = "?";

		if (s->node != KHS_NO_NODE)
			snprintf(node, sizeof(node), "%d", s->node);
		fprintf(out, "%-*s", LABEL, label ? label : "");
		if (!s->size) {
			fprintf(out, "an unused entry\n");
			continue;
		}
		fprintf(out, "0x%010" PRIx64 "-0x%010" PRIx64 "  node %-3s %s (%" PRIu64
			" bytes)\n", s->start, s->start + s->size, node, human(s->size).s, s->size);
	}
}

struct part {
	uint64_t n;
	const char *one, *many;
};

/* Nothing, or why not everything was judged: ", 12 excluded from the dump, 3 missing from it". */
static void put_unjudged(FILE *out, const struct khs_status *st)
{
	const struct khs_coverage *c = &st->coverage;
	const struct part parts[] = {
		{ c->excluded, "excluded from the dump", "excluded from the dump" },
		{ c->missing, "missing from the dump", "missing from the dump" },
		{ c->unmapped, "without a memory map", "without a memory map" },
		{ c->deferred, "not initialised yet", "not initialised yet" },
		{ c->map_nodes_absent, "page of the outgoing map not in the dump",
		  "pages of the outgoing map not in the dump" },
		{ c->unlisted, "with a fault beyond those listed",
		  "with faults beyond those listed" },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i].n)
			fprintf(out, ", %" PRIu64 " %s", parts[i].n,
				parts[i].n == 1 ? parts[i].one : parts[i].many);
	if (st->kho == KHS_KHO_UNKNOWN)
		fputs(", state of KHO unknown", out);
	else if (st->kho == KHS_KHO_FOREIGN)
		fputs(", outgoing map of an ABI that this version does not read", out);
	else if (st->kho == KHS_KHO_ON && !st->outgoing.known && !c->map_nodes_absent)
		fputs(", outgoing map not readable in full", out);
	if (st->marks_why)
		fputs(", pending pages not marked as such", out);
	if (!st->complete)
		fputs(", dump incomplete", out);
}

/* No newline: status and the verdict both say it. */
static void put_coverage(FILE *out, const struct khs_status *st, bool all_judged)
{
	const struct khs_coverage *c = &st->coverage;

	/* KHO absent or off. */
	if (all_judged && !c->pages) {
		fputs("nothing to judge", out);
		return;
	}
	fprintf(out, "%" PRIu64 " struct page%s", c->pages, plural(c->pages));
	if (all_judged)
		fputs(", all judged", out);
	else
		fprintf(out, ", %" PRIu64 " judged", c->judged);
	put_unjudged(out, st);
}

static void put_coverage_field(FILE *out, const struct khs_status *st, bool all_judged)
{
	_cleanup_free_ char *s = NULL;
	size_t size;
	FILE *mem = open_memstream(&s, &size);

	if (!mem)
		return;
	put_coverage(mem, st, all_judged);
	if (!fclose(mem))
		field(out, "Coverage", "%s", s);
}

static bool kho_there(const struct khs_status *st)
{
	return st->kho != KHS_KHO_ABSENT && st->kho != KHS_KHO_OFF;
}

static void put_kho(FILE *out, const struct khs_status *st)
{
	const char *finalized = st->finalized < 0 ? "" :
				st->finalized ? ", finalized for the next kernel" :
						", not finalized yet";

	if (st->kho == KHS_KHO_ON && st->abi[0])
		field(out, "KHO", "enabled, ABI %s%s", st->abi, finalized);
	else if (st->kho == KHS_KHO_ON)
		field(out, "KHO", "enabled, not set up yet: no ABI is named");
	else
		field(out, "KHO", "%s", st->kho_why ? st->kho_why : "unknown");
}

void khs_text_status(FILE *out, const struct khs_status *st, bool all_judged)
{
	put_dump(out, st);
	put_kernel(out, st);
	put_kho(out, st);
	if (kho_there(st)) {
		put_boot(out, st);
		put_scratch(out, st);
	}
	put_coverage_field(out, st, all_judged);
	if (!kho_there(st))
		return;
	put_totals(out, "Outgoing", &st->outgoing,
		   st->kho == KHS_KHO_FOREIGN ? "this version does not read that ABI" : NULL,
		   "nothing preserved for the next kernel", "preserved", st->page_size);
	put_totals(out, "Incoming", &st->incoming, st->marks_why, "nothing pending restore",
		   "pending restore", st->page_size);
	if (st->incoming_damaged)
		field(out, NULL, "%" PRIu64 " of them with damaged struct pages: see check",
		      st->incoming_damaged);
}

/* ---- list ----------------------------------------------------------------------------------- */

void khs_text_list_head(FILE *out)
{
	fprintf(out, "%-3s  %-12s %-29s %5s %9s %4s  %s\n", "DIR", "PFN", "PHYSICAL", "ORDER",
		"PAGES", "NODE", "STATE");
}

void khs_text_range(FILE *out, const struct khs_range *r, uint64_t page_size)
{
	char pfn[24], phys[48], node[16] = "?";

	snprintf(pfn, sizeof(pfn), "0x%" PRIx64, r->pfn);
	snprintf(phys, sizeof(phys), "0x%" PRIx64 "-0x%" PRIx64, r->pfn * page_size,
		 (r->pfn + r->pages) * page_size);
	if (r->node != KHS_NO_NODE)
		snprintf(node, sizeof(node), "%d", r->node);
	fprintf(out, "%-3s  %-12s %-29s %5u %9" PRIu64 " %4s  %s\n",
		khs_direction_name(r->direction), pfn, phys, r->order, r->pages, node,
		khs_range_state_name(r->state));
}

void khs_text_list_tail(FILE *out, uint64_t count, uint64_t pages, uint64_t page_size, bool cut)
{
	fprintf(out, "%" PRIu64 " range%s, %" PRIu64 " page%s, %s%s\n", count, plural(count), pages,
		plural(pages), human_pages(pages, page_size).s,
		cut ? "; stopped at the limit" : "");
}

/* ---- owners --------------------------------------------------------------------------------- */

#define OWNER_COLUMN 22 /* where the names of owners begin */

static const char *direction_label(enum khs_direction direction)
{
	return direction == KHS_OUT ? "Outgoing" : "Incoming";
}

void khs_text_owners_head(FILE *out, enum khs_direction direction,
			  const struct khs_owners_total *t, uint64_t page_size)
{
	const char *label = direction_label(direction);
	const char *what = direction == KHS_OUT ? "preserved" : "pending";

	if (!t->pages)
		field(out, label, "nothing %s", what);
	else if (t->owned == t->pages)
		field(out, label, "%" PRIu64 " page%s %s, %s; all have an owner", t->pages,
		      plural(t->pages), what, human_pages(t->pages, page_size).s);
	else
		field(out, label, "%" PRIu64 " page%s %s, %s; %" PRIu64 " without an owner",
		      t->pages, plural(t->pages), what, human_pages(t->pages, page_size).s,
		      t->pages - t->owned);
	if (t->why)
		field(out, NULL, "not all could be read: %s", t->why);
	if (t->pages)
		fprintf(out, "%8s %10s   %s\n", "PAGES", "SIZE", "OWNER");
}

/* Numbers and words; addresses are for JSON. */
static void put_attributes(FILE *out, const struct khs_owner *o)
{
	const char *glue = ": ";

	for (size_t i = 0; i < o->nr_attributes; i++) {
		const struct khs_evidence *e = &o->attributes[i];

		if (e->kind == KHS_VALUE_HEX)
			continue;
		fprintf(out, "%s%s ", glue, e->key);
		if (e->kind == KHS_VALUE_STRING)
			fputs(e->string ? e->string : "?", out);
		else
			fprintf(out, "%" PRIu64, e->number);
		glue = ", ";
	}
}

void khs_text_owner(FILE *out, const struct khs_owner *o, uint64_t page_size)
{
	int indent = (int)o->depth * 2;
	_cleanup_free_ char *s = NULL;
	size_t size;
	FILE *mem = open_memstream(&s, &size);

	if (!mem)
		return;
	fputs(o->label, mem);
	if (strcmp(o->state, "alive"))
		fprintf(mem, " (%s)", o->state);
	put_attributes(mem, o);
	if (fclose(mem))
		return;
	fprintf(out, "%8" PRIu64 " %10s   %*s", o->pages, human_pages(o->pages, page_size).s,
		indent, "");
	put_wrapped(out, s, (size_t)(OWNER_COLUMN + indent + 2));
}

void khs_text_owner_range(FILE *out, const struct khs_owner_range *r, unsigned int depth)
{
	char offset[40] = "", order[24] = "", pfns[48];

	snprintf(pfns, sizeof(pfns), "0x%" PRIx64, r->pfn);
	if (r->pages > 1)
		snprintf(pfns, sizeof(pfns), "0x%" PRIx64 "-0x%" PRIx64, r->pfn,
			 r->pfn + r->pages - 1);
	if (r->order > 0)
		snprintf(order, sizeof(order), ", order %d", r->order);
	if (r->has_offset && (!strcmp(r->role, "data") || r->offset))
		snprintf(offset, sizeof(offset), " at offset 0x%" PRIx64, r->offset);
	fprintf(out, "%*s%s%s%s%s%s%s\n", (int)(OWNER_COLUMN + 2 + depth * 2), "", pfns, order,
		strcmp(r->role, "none") ? ", " : "", strcmp(r->role, "none") ? r->role : "", offset,
		r->held || !strcmp(r->role, "node") ? "" : ", not preserved");
}

void khs_text_owner_more(FILE *out, uint64_t more, uint64_t pages, unsigned int depth)
{
	fprintf(out, "%*s%" PRIu64 " more range%s of %" PRIu64 " page%s\n",
		(int)(OWNER_COLUMN + 2 + depth * 2), "", more, plural(more), pages, plural(pages));
}

void khs_text_owned_page(FILE *out, uint64_t pfn, uint64_t page_size)
{
	field(out, "Page", "pfn 0x%" PRIx64 ", physical 0x%" PRIx64, pfn, pfn * page_size);
}

void khs_text_owned_by(FILE *out, const struct khs_owner_range *r, const char *sentence,
		       uint64_t page_size)
{
	field(out, direction_label(r->direction), "%s%s", sentence,
	      r->held ? "" : "; not preserved");
	if (r->pages > 1)
		field(out, NULL, "one of %" PRIu64 " pages, %s, pfn 0x%" PRIx64 "-0x%" PRIx64,
		      r->pages, human_pages(r->pages, page_size).s, r->pfn,
		      r->pfn + r->pages - 1);
}

/* ---- check ---------------------------------------------------------------------------------- */

static void put_evidence(FILE *out, const struct khs_evidence *e)
{
	fputs("    ", out);
	khs_put_clean(out, e->key);
	fprintf(out, "%*s ", strlen(e->key) < EVIDENCE ? (int)(EVIDENCE - strlen(e->key)) : 0, "");
	if (e->kind == KHS_VALUE_NUMBER)
		fprintf(out, "%" PRIu64, e->number);
	else if (e->kind == KHS_VALUE_HEX)
		fprintf(out, "0x%" PRIx64, e->number);
	else if (e->kind == KHS_VALUE_SIGNED)
		fprintf(out, "%" PRId64, (int64_t)e->number);
	else
		khs_put_clean(out, e->string ? e->string : "?");
	putc('\n', out);
}

void khs_text_finding(FILE *out, const struct khs_finding *f)
{
	fprintf(out, "%s: ", khs_severity_name(f->severity));
	khs_put_clean(out, f->id);
	if (f->class_name && *f->class_name) {
		fputs(" (", out);
		khs_put_clean(out, f->class_name);
		putc(')', out);
	}
	if (f->has_pfn)
		fprintf(out, ": pfn 0x%" PRIx64, f->pfn);
	if (f->has_pfn && f->pages != 1)
		fprintf(out, ", %" PRIu64 " pages", f->pages);
	if (f->order >= 0)
		fprintf(out, ", order %d", f->order);
	if (f->node != KHS_NO_NODE)
		fprintf(out, ", node %d", f->node);
	fputs("\n  ", out);
	khs_put_clean(out, f->summary);
	putc('\n', out);
	for (size_t i = 0; i < f->nr_evidence; i++)
		put_evidence(out, &f->evidence[i]);
	putc('\n', out);
}

void khs_text_verdict(FILE *out, const uint64_t count[KHS_NR_SEVERITIES],
		      const struct khs_status *st, bool all_judged)
{
	fprintf(out, "%" PRIu64 " error%s, %" PRIu64 " warning%s, %" PRIu64 " note%s; ",
		count[KHS_ERROR], plural(count[KHS_ERROR]), count[KHS_WARNING],
		plural(count[KHS_WARNING]), count[KHS_NOTE], plural(count[KHS_NOTE]));
	put_coverage(out, st, all_judged);
	putc('\n', out);
}

/* ---- preflight ------------------------------------------------------------------------------ */

static void put_rules(FILE *out, const struct khs_preflight_info *info)
{
	if (info->rules)
		field(out, "Next kernel", "as Linux %s, takes %s", info->rules,
		      or_unknown(info->compatible));
	else
		field(out, "Next kernel", "one like this (rules as of Linux %s), takes %s",
		      or_unknown(info->like), or_unknown(info->compatible));
}

static void put_image(FILE *out, const struct khs_preflight_info *info)
{
	static const char *const texts[] = {
		[KHS_IMAGE_UNKNOWN] = "unknown: kexec_image could not be read",
		[KHS_IMAGE_NONE] = "none loaded; judged as if kexec_file_load() did so now",
		[KHS_IMAGE_WITHOUT] = ("loaded, hands nothing over; judged as if kexec_file_load() "
				       "loaded one now"),
	};

	if (info->image == KHS_IMAGE_HANDS_OVER)
		field(out, "Image", "loaded, hands over, %" PRIu64 " segment%s", info->segments,
		      plural(info->segments));
	else
		field(out, "Image", "%s", texts[info->image]);
}

void khs_text_preflight_head(FILE *out, const struct khs_preflight_info *info,
			     const struct khs_status *st)
{
	if (st->live)
		field(out, "Live", "the running kernel, looked at twice");
	put_rules(out, info);
	put_image(out, info);
	if (info->unjudged_why[0] && !info->ranges)
		field(out, "Preserved", "unknown");
	else
		field(out, "Preserved", "%s%" PRIu64 " range%s, %" PRIu64 " page%s, %s",
		      info->unjudged_why[0] ? "at least " : "", info->ranges, plural(info->ranges),
		      info->pages, plural(info->pages), human_pages(info->pages, st->page_size).s);
	putc('\n', out);
}

void khs_text_preflight_verdict(FILE *out, const uint64_t count[KHS_NR_SEVERITIES],
				const struct khs_preflight_info *info)
{
	fprintf(out, "%" PRIu64 " error%s, %" PRIu64 " warning%s, %" PRIu64 " note%s; ",
		count[KHS_ERROR], plural(count[KHS_ERROR]), count[KHS_WARNING],
		plural(count[KHS_WARNING]), count[KHS_NOTE], plural(count[KHS_NOTE]));
	fputs(count[KHS_ERROR] || count[KHS_WARNING] ? "the handover would go wrong" :
	      info->unjudged_why[0] ? "not all could be judged" :
	      "nothing would go wrong", out);
	if (info->unjudged_why[0]) {
		fputs("\nnot judged: ", out);
		khs_put_clean(out, info->unjudged_why);
	}
	putc('\n', out);
}

/* ---- page ----------------------------------------------------------------------------------- */

static void put_words(FILE *out, const struct khs_page_info *p)
{
	size_t n = p->size / sizeof(uint64_t);

	for (size_t i = 0; i < n; i++) {
		if (i % 3 == 0)
			fprintf(out, "%-*s%+4zd ", LABEL, i ? "" : "Words",
				(ssize_t)(i * sizeof(uint64_t)));
		fprintf(out, " 0x%016" PRIx64 "%s", p->words[i],
			i % 3 == 2 || i + 1 == n ? "\n" : "");
	}
}

static bool opinions_agree(const struct khs_page_info *p)
{
	for (size_t i = 1; i < p->nr_nodes; i++)
		if (p->nodes[i].node != p->nodes[0].node)
			return false;
	return true;
}

static void put_opinions(FILE *out, const struct khs_page_info *p)
{
	const char *label = "Node";

	if (!p->nr_nodes)
		field(out, label, "unknown");
	for (size_t i = 0; i < p->nr_nodes; i++, label = NULL) {
		const struct khs_node_opinion *o = &p->nodes[i];

		if (o->node == KHS_NO_NODE)
			field(out, label, "none, says %s", o->source);
		else
			field(out, label, "%d, says %s", o->node, o->source);
	}
	if (!opinions_agree(p))
		field(out, NULL, "they do not agree");
}

static void put_cover(FILE *out, const char *label, const struct khs_range *r, size_t more)
{
	char others[40] = "";

	if (more)
		snprintf(others, sizeof(others), "; and by %zu more", more);
	field(out, label, "covered by pfn 0x%" PRIx64 ", order %u, %" PRIu64 " page%s: %s%s",
	      r->pfn, r->order, r->pages, plural(r->pages), khs_range_state_name(r->state), others);
}

static void put_covers(FILE *out, const struct khs_page_info *p)
{
	if (p->covered_out)
		put_cover(out, "Outgoing", &p->cover_out, p->more_out);
	else
		field(out, "Outgoing", p->out_known ? "not preserved" :
		      "in nothing that the readable part of the outgoing map preserves");
	if (p->covered_in)
		put_cover(out, "Incoming", &p->cover_in, p->more_in);
	else
		field(out, "Incoming", p->no_handover ? "nothing was handed over to this kernel" :
		      "under no pending mark; whether it was handed over cannot be told");
	if (p->owner_out)
		field(out, "Owner", "outgoing: %s", p->owner_out);
	if (p->owner_in)
		field(out, p->owner_out ? NULL : "Owner", "incoming: %s", p->owner_in);
}

static void put_decoded(FILE *out, const struct khs_page_info *p)
{
	put_words(out, p);
	field(out, "Flags", "%s", *p->flags_text ? p->flags_text : "none");
	if (p->zone < 0)
		field(out, "Zone", "unknown");
	else
		field(out, "Zone", "%d (%s)", p->zone,
		      *p->zone_name ? p->zone_name : "no such zone");
	field(out, "Refcount", "%" PRId32, p->refcount);
	field(out, "Mapcount", "%" PRId32 " (0x%08" PRIx32 "), page type %s", p->mapcount,
	      (uint32_t)p->mapcount, p->type_name && *p->type_name ? p->type_name : "none");
	if (p->marked)
		field(out, "KHO mark", "order %u", p->mark_order);
	else
		field(out, "KHO mark", "none");
}

void khs_text_page(FILE *out, const struct khs_page_info *p)
{
	bool present = p->presence == KHS_PRESENT;

	field(out, "Page", "pfn 0x%" PRIx64 ", physical 0x%" PRIx64, p->pfn, p->phys);
	if (present)
		field(out, "struct page", "0x%" PRIx64 ", physical 0x%" PRIx64, p->address,
		      p->address_phys);
	else
		field(out, "struct page", "0x%" PRIx64 ": %s", p->address,
		      khs_presence_name(p->presence));
	field(out, "Section", "0x%" PRIx64 ", %s", p->section, or_unknown(p->section_state));
	if (present)
		put_decoded(out, p);
	put_opinions(out, p);
	field(out, "State", "%s", or_unknown(p->state));
	if (p->class_name && *p->class_name)
		field(out, "Class", "%s", p->class_name);
	field(out, "Scratch", "%s", p->in_scratch ? "in a scratch area" : "in none");
	put_covers(out, p);
}

/* ---- facts ---------------------------------------------------------------------------------- */

static void put_fact(FILE *out, const char *kind, const char *name, const char *value,
		     const char *source)
{
	fprintf(out, "%-10s ", kind);
	khs_put_clean(out, name);
	fprintf(out, "%*s %-20s ", strlen(name) < 34 ? (int)(34 - strlen(name)) : 0, "", value);
	khs_put_clean(out, source);
	putc('\n', out);
}

void khs_text_facts_head(FILE *out)
{
	put_fact(out, "KIND", "NAME", "VALUE", "SOURCE");
}

void khs_text_fact(FILE *out, const struct khs_fact_info *f)
{
	int64_t value = (int64_t)f->value;
	char s[48];

	if (!f->known)
		snprintf(s, sizeof(s), "-");
	else if (!strcmp(f->kind, "symbol") || value > INT32_MAX || value < INT32_MIN)
		snprintf(s, sizeof(s), "0x%" PRIx64, f->value);
	else if (f->size)
		snprintf(s, sizeof(s), "%" PRId64 ", %" PRIu64 " byte%s", value, f->size,
			 plural(f->size));
	else
		snprintf(s, sizeof(s), "%" PRId64, value);
	if (f->known)
		put_fact(out, f->kind, f->name, s, f->source ? f->source : "?");
	else
		put_fact(out, f->kind, f->name, s,
			 f->required ? "not found" : "not found, optional");
}
