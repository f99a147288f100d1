// SPDX-License-Identifier: GPL-2.0-or-later
#include "report.h"
#include "sanitize.h"
#include "text_pieces.h"

static void put_words(FILE *out, const struct khs_page_info *p)
{
	size_t n = p->size / sizeof(uint64_t);

	for (size_t i = 0; i < n; i++) {
		if (i % 3 == 0)
			fprintf(out, "%-*s%+4zd ", KHS_LABEL, i ? "" : "Words",
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
		khs_field(out, label, "unknown");
	for (size_t i = 0; i < p->nr_nodes; i++, label = NULL) {
		const struct khs_node_opinion *o = &p->nodes[i];

		if (o->node == KHS_NO_NODE)
			khs_field(out, label, "none, says %s", o->source);
		else
			khs_field(out, label, "%d, says %s", o->node, o->source);
	}
	if (!opinions_agree(p))
		khs_field(out, NULL, "they do not agree");
}

static void put_cover(FILE *out, const char *label, const struct khs_range *r, size_t more)
{
	char others[40] = "";

	if (more)
		snprintf(others, sizeof(others), "; and by %zu more", more);
	khs_field(out, label, "covered by pfn 0x%" PRIx64 ", order %u, %" PRIu64 " page%s: %s%s",
	      r->pfn, r->order, r->pages, plural(r->pages), khs_range_state_name(r->state), others);
}

static void put_covers(FILE *out, const struct khs_page_info *p)
{
	if (p->covered_out)
		put_cover(out, "Outgoing", &p->cover_out, p->more_out);
	else
		khs_field(out, "Outgoing", p->out_known ? "not preserved" :
		      "in nothing that the readable part of the outgoing map preserves");
	if (p->covered_in)
		put_cover(out, "Incoming", &p->cover_in, p->more_in);
	else
		khs_field(out, "Incoming", p->no_handover ?
		      "nothing was handed over to this kernel" :
		      "under no pending mark; whether it was handed over cannot be told");
	if (p->owner_out)
		khs_field(out, "Owner", "outgoing: %s", p->owner_out);
	if (p->owner_in)
		khs_field(out, p->owner_out ? NULL : "Owner", "incoming: %s", p->owner_in);
}

static void put_decoded(FILE *out, const struct khs_page_info *p)
{
	put_words(out, p);
	khs_field(out, "Flags", "%s", *p->flags_text ? p->flags_text : "none");
	if (p->zone < 0)
		khs_field(out, "Zone", "unknown");
	else
		khs_field(out, "Zone", "%d (%s)", p->zone,
		      *p->zone_name ? p->zone_name : "no such zone");
	khs_field(out, "Refcount", "%" PRId32, p->refcount);
	khs_field(out, "Mapcount", "%" PRId32 " (0x%08" PRIx32 "), page type %s", p->mapcount,
	      (uint32_t)p->mapcount, p->type_name && *p->type_name ? p->type_name : "none");
	if (p->marked)
		khs_field(out, "KHO mark", "order %u", p->mark_order);
	else
		khs_field(out, "KHO mark", "none");
}

void khs_text_page(FILE *out, const struct khs_page_info *p)
{
	bool present = p->presence == KHS_PRESENT;

	khs_field(out, "Page", "pfn 0x%" PRIx64 ", physical 0x%" PRIx64, p->pfn, p->phys);
	if (present)
		khs_field(out, "struct page", "0x%" PRIx64 ", physical 0x%" PRIx64, p->address,
		      p->address_phys);
	else
		khs_field(out, "struct page", "0x%" PRIx64 ": %s", p->address,
		      khs_presence_name(p->presence));
	khs_field(out, "Section", "0x%" PRIx64 ", %s", p->section,
		  khs_or_unknown(p->section_state));
	if (present)
		put_decoded(out, p);
	put_opinions(out, p);
	khs_field(out, "State", "%s", khs_or_unknown(p->state));
	if (p->class_name && *p->class_name)
		khs_field(out, "Class", "%s", p->class_name);
	khs_field(out, "Scratch", "%s", p->in_scratch ? "in a scratch area" : "in none");
	put_covers(out, p);
}
