// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "../base/cleanup.h"
#include "report.h"
#include "sanitize.h"
#include "text_pieces.h"

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
		khs_field(out, label, "not known: %s",
		      unknown ? unknown : "the dump lacks what it takes to tell");
		return;
	}
	if (!t->ranges) {
		khs_field(out, label, "%s", nothing);
		return;
	}
	put_exact_bytes(exact, sizeof(exact), t->pages, page_size);
	khs_field(out, label, "%s%" PRIu64 " range%s %s, %" PRIu64 " page%s, %s%s",
	      at_least(t->known), t->ranges, plural(t->ranges), what, t->pages,
	      plural(t->pages), human_pages(t->pages, page_size).s, exact);
	put_tables(out, t, page_size);
}

static void put_dump(FILE *out, const struct khs_status *st)
{
	khs_field(out, "Dump", "%s%s", khs_or_unknown(st->format),
	      st->flattened ? ", arrived flattened" : "");
	if (st->live)
		khs_field(out, NULL, "the running kernel: it changed while it was read");
	else if (st->complete)
		khs_field(out, NULL, "complete");
	else
		khs_field(out, NULL, "incomplete: %s",
			  st->incomplete_why ? st->incomplete_why : "?");
}

static void put_kernel(FILE *out, const struct khs_status *st)
{
	khs_field(out, "Kernel", "%s, %s, pages of %" PRIu64 " KiB", khs_or_unknown(st->release),
	      khs_or_unknown(st->arch), st->page_size >> 10);
	khs_field(out, "Build-id", "%s", khs_or_unknown(st->build_id));
}

static void put_boot(FILE *out, const struct khs_status *st)
{
	char times[32] = "unknown";

	if (!st->handover_known) {
		khs_field(out, "This boot",
			  "unknown whether by a handover: kho_in is not in the dump");
		return;
	}
	if (!st->handover_boot) {
		khs_field(out, "This boot", "no handover");
		return;
	}
	if (st->kexec_count >= 0)
		snprintf(times, sizeof(times), "%" PRId64, st->kexec_count);
	khs_field(out, "This boot", "a handover from release %s, kexec count %s",
	      khs_or_unknown(st->previous_release), times);
	if (st->handover_failed)
		khs_field(out, NULL, "the kernel could not use the map it was handed");
}

static void put_scratch(FILE *out, const struct khs_status *st)
{
	const char *label = "Scratch";

	if (!st->nr_scratch)
		khs_field(out, label, "none known");
	for (size_t i = 0; i < st->nr_scratch; i++, label = NULL) {
		const struct khs_scratch *s = &st->scratch[i];
		char node[24] = "?";

		if (s->node != KHS_NO_NODE)
			snprintf(node, sizeof(node), "%d", s->node);
		fprintf(out, "%-*s", KHS_LABEL, label ? label : "");
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
		{ c->damaged, "damaged in the dump", "damaged in the dump" },
		{ c->unmapped, "without a memory map", "without a memory map" },
		{ c->unread, "not looked at", "not looked at" },
		{ c->deferred, "not initialised yet", "not initialised yet" },
		{ c->map_nodes_absent, "page of the outgoing map not in the dump",
		  "pages of the outgoing map not in the dump" },
		{ c->unlisted, "with a fault beyond those listed",
		  "with faults beyond those listed" },
		{ c->offline, "more offline", "more offline" },
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
	if (st->interrupted)
		fputs(", interrupted", out);
}

void khs_text_coverage(FILE *out, const struct khs_status *st, bool all_judged)
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
	khs_text_coverage(mem, st, all_judged);
	if (!fclose(mem))
		khs_field(out, "Coverage", "%s", s);
}

/* ---- coverage ------------------------------------------------------------------------------- */

void khs_text_coverage_head(FILE *out, const struct khs_status *st, bool all_judged)
{
	put_dump(out, st);
	if (st->filter)
		khs_field(out, "Filter", "asked to leave out %s", st->filter);
	put_coverage_field(out, st, all_judged);
	if (st->kho_why && !st->coverage.pages)
		khs_field(out, NULL, "%s", st->kho_why);
}

void khs_text_gaps_head(FILE *out)
{
	fprintf(out, "\n%-12s %-27s %12s %10s  %s\n", "WHAT", "PHYSICAL", "PAGES", "SIZE", "WHY");
}

void khs_text_gap(FILE *out, const struct khs_gap *gap, uint64_t page_size)
{
	uint64_t size = gap->end - gap->start;
	char range[48];

	snprintf(range, sizeof(range), "0x%" PRIx64 "-0x%" PRIx64, gap->start, gap->end);
	fprintf(out, "%-12s %-27s %12" PRIu64 " %10s  %s\n", khs_gap_name(gap->kind), range,
		(size + page_size - 1) / page_size, human(size).s,
		gap->kind == KHS_GAP_OFFLINE ? "section is offline" :
					       khs_presence_name(gap->presence));
}

void khs_text_coverage_tail(FILE *out, const struct khs_memory_total *t, uint64_t left)
{
	if (left)
		fprintf(out, "%" PRIu64 " more not shown\n", left);
	putc('\n', out);
	if (!t->known) {
		khs_field(out, "Memory", "not all of the dump's tables could be read");
		return;
	}
	khs_field(out, "Memory", "%s in the dump", human(t->present).s);
	if (t->excluded)
		khs_field(out, NULL, "%s excluded from it", human(t->excluded).s);
	if (t->missing)
		khs_field(out, NULL, "%s missing from it", human(t->missing).s);
	if (t->damaged)
		khs_field(out, NULL, "%s damaged in it, by their descriptors", human(t->damaged).s);
}

/* ---- status as a whole ---------------------------------------------------------------------- */

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
		khs_field(out, "KHO", "enabled, ABI %s%s", st->abi, finalized);
	else if (st->kho == KHS_KHO_ON)
		khs_field(out, "KHO", "enabled, not set up yet: no ABI is named");
	else
		khs_field(out, "KHO", "%s", st->kho_why ? st->kho_why : "unknown");
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
		khs_field(out, NULL, "%" PRIu64 " of them with damaged struct pages: see check",
		      st->incoming_damaged);
}
