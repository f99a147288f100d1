// SPDX-License-Identifier: GPL-2.0-or-later
/* raw-page, half-init, stale-mark, order-mismatch: what the census found wrong page by page. */
#include "check.h"

static const struct {
	const char *id;
	enum khs_severity severity;
} findings[KHS_NR_CLASSES] = {
	[KHS_C_N1] = { "raw-page", KHS_ERROR },
	[KHS_C_N2] = { "raw-page", KHS_ERROR },
	[KHS_C_N3] = { "raw-page", KHS_ERROR },
	[KHS_C_H1] = { "half-init", KHS_ERROR },
	[KHS_C_H2] = { "half-init", KHS_ERROR },
	[KHS_C_H3] = { "half-init", KHS_ERROR },
	[KHS_C_H4] = { "half-init", KHS_ERROR },
	[KHS_C_H5] = { "half-init", KHS_ERROR },
	[KHS_C_H6] = { "half-init", KHS_ERROR },
	[KHS_C_H7] = { "half-init", KHS_ERROR },
	/* A restore passes through it: that the machine died meanwhile is no fault of the page. */
	[KHS_C_H8] = { "half-init", KHS_WARNING },
	[KHS_C_S1] = { "stale-mark", KHS_ERROR },
	[KHS_C_S2] = { "stale-mark", KHS_ERROR },
	/* Free memory is reinitialised before anybody may restore it. */
	[KHS_C_S3] = { "stale-mark", KHS_WARNING },
	[KHS_C_S4] = { "stale-mark", KHS_ERROR },
	[KHS_C_S5] = { "stale-mark", KHS_ERROR },
	[KHS_C_S7] = { "stale-mark", KHS_ERROR },
	[KHS_C_S8] = { "stale-mark", KHS_ERROR },
	[KHS_C_S10] = { "stale-mark", KHS_ERROR },
	[KHS_C_S6] = { "order-mismatch", KHS_ERROR },
	[KHS_C_S9] = { "in-scratch", KHS_ERROR },
};

static void truth(struct khs_draft *d, const struct khs *k, uint64_t pfn)
{
	int nid = khs_mem_node(&k->mem, pfn);
	const struct khs_node *node = khs_mem_find_node(&k->mem, nid);
	const struct khs_zone *zone = node ? khs_node_zone(node, pfn) : NULL;

	if (nid == KHS_NO_NODE)
		khs_draft_string(d, "belongs_to", "no RAM that is known");
	else
		khs_draft_string(d, "belongs_to", "node %d, zone %d%s%s (by %s)", nid,
				 zone ? zone->index : -1, zone && *zone->name ? " " : "",
				 zone ? zone->name : "",
				 k->mem.ram_source ? k->mem.ram_source : "node spans");
	if (node && node->first_deferred != UINT64_MAX)
		khs_draft_hex(d, "first_deferred_pfn", node->first_deferred);
}

void khs_emit_suspect(struct khs *k, const struct khs_suspect *s, const struct khs_emitter *to)
{
	struct khs_draft d;

	khs_draft_init(&d, k, findings[s->class].id, khs_classes[s->class].name,
		       findings[s->class].severity, s->pfn, s->pages, s->order);
	khs_draft_summary(&d, "%s", khs_verdict_text(s->class, s->unsure));
	khs_draft_page(&d, k, s->pfn, s->raw);
	truth(&d, k, s->pfn);
	if (s->class == KHS_C_H4 || s->class == KHS_C_H5 || s->class == KHS_C_S6)
		khs_draft_string(&d, "covered_by", "mark at pfn 0x%llx, order %u",
				 (unsigned long long)s->head, s->head_order);
	if (s->class == KHS_C_S3 && !s->unsure)
		khs_draft_string(&d, "free_block", "pfn 0x%llx, order %u",
				 (unsigned long long)s->head, s->head_order);
	if (s->class == KHS_C_S5)
		khs_draft_hex(&d, "compound_head_pfn", s->head);
	if (s->drift)
		khs_draft_string(&d, "list_words_off_by", "%lld bytes (%lld struct pages)",
				 (long long)s->drift,
				 (long long)(s->drift / (int64_t)k->mem.layout.size));
	khs_draft_emit(&d, to);
}

struct khs_error *khs_check_pages(struct khs *k, const struct khs_check_info *check,
				  const struct khs_emitter *to)
{
	for (size_t i = 0; i < k->census.nr_suspects; i++) {
		const struct khs_suspect *s = &k->census.suspects[i];
		const char *id = findings[s->class].id;

		if (id && !strcmp(id, check->id))
			khs_emit_suspect(k, s, to);
	}
	return NULL;
}
