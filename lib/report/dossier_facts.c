// SPDX-License-Identifier: GPL-2.0-or-later
/* What a report says before its findings: the dump, the kernel, the handover; labels and values. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "dossier.h"
#include "text_pieces.h"

/* Where they go. */
struct to {
	khs_dossier_fact_fn *fact;
	void *arg;
};

__attribute__((format(printf, 3, 4)))
static void field(const struct to *out, const char *label, const char *fmt, ...)
{
	_cleanup_free_ char *value = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (n < 0)
		value = NULL;
	else
		out->fact(out->arg, label, value);
}

void khs_dossier_subject(const struct khs_report *r, FILE *out)
{
	const uint64_t *n = r->sheaf.count;

	fprintf(out, "KHO: %" PRIu64 " error%s, %" PRIu64 " warning%s, %" PRIu64 " note%s in a "
		"dump of Linux %s (%s)", n[KHS_ERROR], plural(n[KHS_ERROR]), n[KHS_WARNING],
		plural(n[KHS_WARNING]), n[KHS_NOTE], plural(n[KHS_NOTE]),
		khs_or_unknown(r->st->release), khs_or_unknown(r->st->arch));
}

static void put_dump(const struct khs_report *r, const struct to *out)
{
	const struct khs_status *st = r->st;

	if (r->dump)
		field(out, "Dump", "%s", r->dump);
	field(out, r->dump ? NULL : "Dump", "%s%s, %s", khs_or_unknown(st->format),
	      st->flattened ? ", arrived flattened" : "",
	      st->live ? "the running kernel: it changed while it was read" :
	      st->complete ? "complete" : "incomplete");
	if (!st->complete && st->incomplete_why)
		field(out, NULL, "%s", st->incomplete_why);
	field(out, "Kernel", "%s, %s, pages of %" PRIu64 " KiB", khs_or_unknown(st->release),
	      khs_or_unknown(st->arch), st->page_size >> 10);
	field(out, "Build-id", "%s", khs_or_unknown(st->build_id));
}

/* Options with a value first, then those that are not set. */
static void put_config(const struct khs_report *r, const struct to *out)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *mem = open_memstream(&text, &size);

	if (!mem)
		return;
	for (const struct khs_config_value *v = r->config; v->option; v++)
		if (v->value[0] && strcmp(v->value, "n"))
			fprintf(mem, "%s=%s ", v->option, v->value);
	for (const struct khs_config_value *v = r->config; v->option; v++)
		if (!strcmp(v->value, "n"))
			fprintf(mem, "%s=n ", v->option);
	if (fclose(mem))
		return;
	if (r->why_no_config)
		field(out, "Config", "by symbols and types alone: %s", size ? text : "nothing");
	else
		field(out, "Config", "%s", text);
	if (r->log.command_line[0])
		field(out, "Command line", "%s", r->log.command_line);
}

/* ---- the handover --------------------------------------------------------------------------- */

static void put_kho(const struct khs_status *st, const struct to *out)
{
	if (st->kho == KHS_KHO_ON)
		field(out, "KHO", "enabled, ABI %s", khs_or_unknown(st->abi));
	else
		field(out, "KHO", "%s", khs_or_unknown(st->kho_why));
	if (!st->handover_known)
		field(out, "This boot", "unknown whether by a handover");
	else if (!st->handover_boot)
		field(out, "This boot", "no handover");
	else if (st->kexec_count >= 0)
		field(out, "This boot", "a handover from release %s, kexec count %" PRId64 "%s",
		      khs_or_unknown(st->previous_release), st->kexec_count,
		      st->handover_failed ? "; the map was no use" : "");
	else
		field(out, "This boot", "a handover from release %s, kexec count unknown",
		      khs_or_unknown(st->previous_release));
}

static void put_scratch(const struct khs_status *st, const struct to *out)
{
	const char *label = "Scratch";
	char node[24];

	for (size_t i = 0; i < st->nr_scratch; i++) {
		const struct khs_scratch *s = &st->scratch[i];

		if (!s->size)
			continue;
		snprintf(node, sizeof(node), s->node == KHS_NO_NODE ? "?" : "%d", s->node);
		field(out, label, "0x%" PRIx64 "-0x%" PRIx64 " node %s, %s", s->start,
		      s->start + s->size, node, human(s->size).s);
		label = NULL;
	}
}

/* "4 ranges, 515 pages, 2.0 MiB; order 0: 3, 9: 1; node 0: 2, 1: 2" */
static void put_totals(const char *label, const struct khs_totals *t, uint64_t page_size,
		       const struct to *out)
{
	_cleanup_free_ char *text = NULL;
	const char *glue = "; order ";
	size_t size;
	FILE *mem;

	if (!t->known && !t->ranges) {
		field(out, label, "not known");
		return;
	}
	if (!t->ranges) {
		field(out, label, "none");
		return;
	}
	mem = open_memstream(&text, &size);
	if (!mem)
		return;
	for (unsigned int order = 0; order < KHS_ORDERS; order++) {
		if (!t->ranges_by_order[order])
			continue;
		fprintf(mem, "%s%u: %" PRIu64, glue, order, t->ranges_by_order[order]);
		glue = ", ";
	}
	glue = "; node ";
	for (size_t i = 0; i < t->nr_nodes; i++) {
		if (t->by_node[i].node == KHS_NO_NODE)
			fprintf(mem, "%s?: %" PRIu64, glue, t->by_node[i].ranges);
		else
			fprintf(mem, "%s%d: %" PRIu64, glue, t->by_node[i].node,
				t->by_node[i].ranges);
		glue = ", ";
	}
	if (fclose(mem))
		return;
	field(out, label, "%s%" PRIu64 " range%s, %" PRIu64 " page%s, %s%s",
	      at_least(t->known), t->ranges, plural(t->ranges), t->pages,
	      plural(t->pages), human_pages(t->pages, page_size).s, text);
}

static void put_owners(const struct khs_report *r, const struct to *out)
{
	const char *label = "Owners";

	for (size_t i = 0; i < r->nr_owners; i++) {
		const struct khs_owner_line *o = &r->owners[i];

		if (!o->pages)
			continue;
		field(out, label, "%s: %s%s%s%s, %" PRIu64 " page%s, %s",
		      khs_direction_name(o->direction), o->label,
		      strcmp(o->state, "alive") ? " (" : "",
		      strcmp(o->state, "alive") ? o->state : "",
		      strcmp(o->state, "alive") ? ")" : "", o->pages, plural(o->pages),
		      human_pages(o->pages, r->st->page_size).s);
		label = NULL;
	}
	if (r->more_owners)
		field(out, label, "and %" PRIu64 " more", r->more_owners);
}

static void put_coverage(const struct khs_report *r, const struct to *out)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *mem = open_memstream(&text, &size);

	if (!mem)
		return;
	khs_text_coverage(mem, r->st, r->all_judged);
	if (!fclose(mem))
		field(out, "Coverage", "%s", text);
}

void khs_dossier_facts(const struct khs_report *r, khs_dossier_fact_fn *fact, void *arg)
{
	const struct to out = { fact, arg };
	const struct khs_status *st = r->st;

	put_dump(r, &out);
	put_config(r, &out);
	put_kho(st, &out);
	put_scratch(st, &out);
	put_coverage(r, &out);
	if (st->kho == KHS_KHO_ON || st->kho == KHS_KHO_FOREIGN) {
		put_totals("Outgoing", &st->outgoing, st->page_size, &out);
		put_totals("Incoming", &st->incoming, st->page_size, &out);
	}
	put_owners(r, &out);
}

void khs_dossier_maker(const struct khs_report *r, khs_dossier_fact_fn *fact, void *arg)
{
	const struct to out = { fact, arg };

	field(&out, "Tool", "khoscope %s (%s)", khs_version(), r->libraries);
	if (r->again)
		field(&out, "Again", "%s", r->again);
	if (r->nr_pages)
		field(&out, "More", "khoscope check --all, khoscope page pfn:0x%" PRIx64 ", "
		      "khoscope explain %s", r->pages[0].pfn,
		      r->sheaf.order[r->pages[0].finding]->id);
	field(&out, "Privacy", "struct pages, addresses, names of owners and lines of the log "
	      "are in here; contents of memory are not");
}
