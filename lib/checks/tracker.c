// SPDX-License-Identifier: GPL-2.0-or-later
/* tracker-damage: what the walk of the outgoing map could not follow or must not believe. */
#include "check.h"

static const struct {
	const char *text;
	enum khs_severity severity;
} problems[] = {
	[KHS_MAP_MISALIGNED] = { "a map entry points at no page boundary", KHS_ERROR },
	[KHS_MAP_NOT_RAM] = { "a map entry points outside memory", KHS_ERROR },
	[KHS_MAP_SEEN_TWICE] = { "a map node is reached twice", KHS_ERROR },
	[KHS_MAP_BAD_INDEX] = { "a map node has entries that no page can have", KHS_ERROR },
	[KHS_MAP_FREE] = { "a page of the map is free memory", KHS_ERROR },
	/* The dump's doing, not the kernel's. */
	[KHS_MAP_ABSENT] = { "a map node is not in the dump", KHS_NOTE },
};

static void emit(struct khs *k, const struct khs_emitter *to, const struct khs_map_problem *p)
{
	unsigned int shift = k->kernel.page_shift;
	struct khs_draft d;

	/* About the page that holds a bad pointer, where the pointer leads to none. */
	if (p->kind != KHS_MAP_NOT_RAM && p->kind != KHS_MAP_MISALIGNED)
		khs_draft_init(&d, k, "tracker-damage", "", problems[p->kind].severity,
			       p->node >> shift, 1, -1);
	else if (p->parent)
		khs_draft_init(&d, k, "tracker-damage", "", problems[p->kind].severity,
			       p->parent >> shift, 1, -1);
	else
		khs_draft_init_global(&d, "tracker-damage", problems[p->kind].severity);
	khs_draft_summary(&d, "%s", problems[p->kind].text);
	khs_draft_hex(&d, "node", p->node);
	if (p->parent)
		khs_draft_hex(&d, "found_in", p->parent);
	khs_draft_number(&d, "level", p->level);
	khs_draft_number(&d, "index", p->index);
	if (p->count > 1)
		khs_draft_number(&d, "entries", p->count);
	if (p->kind == KHS_MAP_ABSENT)
		khs_draft_string(&d, "why", "%s", khs_presence_text(p->presence));
	khs_draft_emit(&d, to);
}

/* A map node that the allocator believes to be free will be overwritten under the map. */
static void check_node(struct khs *k, const struct khs_emitter *to, const struct khs_judge *judge,
		       const struct khs_map_node *node)
{
	uint8_t raw[KHS_PAGE_MAX];
	uint64_t head;
	unsigned int order;
	struct khs_draft d;

	if (khs_mem_read_page(&k->mem, node->pfn, raw) != KHS_PRESENT ||
	    khs_load32(raw + k->mem.layout.refcount) ||
	    !khs_find_free_block(judge, node->pfn, &head, &order))
		return;
	khs_draft_init(&d, k, "tracker-damage", "", KHS_ERROR, node->pfn, 1, -1);
	khs_draft_summary(&d, "%s", problems[KHS_MAP_FREE].text);
	khs_draft_number(&d, "level", node->level);
	khs_draft_string(&d, "free_block", "pfn 0x%llx, order %u", (unsigned long long)head, order);
	khs_draft_page(&d, k, node->pfn, raw);
	khs_draft_emit(&d, to);
}

/* The next kernel finds the map by the root FDT alone. */
static void check_root(struct khs *k, const struct khs_emitter *to)
{
	const struct khs_kho *kho = &k->kho;
	struct khs_draft d;

	khs_draft_init(&d, k, "tracker-damage", "", KHS_ERROR,
		       kho->out_fdt_phys >> k->kernel.page_shift, 1, -1);
	khs_draft_hex(&d, "root_fdt", kho->out_fdt_phys);
	if (kho->out_fdt_damage[0]) {
		khs_draft_summary(&d, "the outgoing root FDT is damaged");
		khs_draft_string(&d, "damage", "%s", kho->out_fdt_damage);
		khs_draft_emit(&d, to);
	} else if (kho->out_root_mismatch) {
		khs_draft_summary(&d, "the outgoing root FDT names another map than kho_out");
		khs_draft_hex(&d, "named_by_fdt", kho->out_root_fdt);
		khs_draft_hex(&d, "walked", kho->out_root);
		khs_draft_emit(&d, to);
	}
}

struct khs_error *khs_check_tracker(struct khs *k, const struct khs_check_info *check,
				    const struct khs_emitter *to)
{
	struct khs_judge judge;

	(void)check;
	check_root(k, to);
	for (size_t i = 0; i < k->kho.nr_problems; i++)
		emit(k, to, &k->kho.problems[i]);
	khs_judge_init(&judge, &k->mem, &k->kho);
	for (size_t i = 0; i < k->kho.nr_nodes; i++)
		check_node(k, to, &judge, &k->kho.nodes[i]);
	return NULL;
}
