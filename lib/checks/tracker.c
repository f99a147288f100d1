// SPDX-License-Identifier: GPL-2.0-or-later
/* tracker-damage: what the walk of the outgoing map could not follow or must not believe. */
#include "check.h"
#include "hits.h"
#include "../base/error.h"

static const struct {
	const char *text;
	enum khs_severity severity;
} problems[] = {
	[KHS_MAP_MISALIGNED] = { "a map entry points at no page boundary", KHS_ERROR },
	[KHS_MAP_NOT_RAM] = { "a map entry points outside memory", KHS_ERROR },
	[KHS_MAP_SEEN_TWICE] = { "a map node is reached twice", KHS_ERROR },
	[KHS_MAP_BAD_INDEX] = { "a map node has entries that no page can have", KHS_ERROR },
	[KHS_MAP_NO_PART] = { "a map entry points at what is no part of the map", KHS_ERROR },
	[KHS_MAP_FREE] = { "a page of the map is free memory", KHS_ERROR },
	/* The dump's doing, not the kernel's. */
	[KHS_MAP_ABSENT] = { "a map node is not in the dump", KHS_NOTE },
};

/* A tree's parts are all alike, and its level tells them apart. */
static const char *const parts[] = {
	[KHS_MAP_ORDERS] = "the tracker's xarray of orders",
	[KHS_MAP_SPANS] = "an order's xarray of bitmaps",
	[KHS_MAP_BITMAP] = "bitmap",
	[KHS_MAP_CHUNK] = "chunk of the serialized map",
};

/* The page a problem is about: the one that holds a bad pointer, where that leads to none. */
static uint64_t problem_page(const struct khs_map_problem *p)
{
	bool nowhere = p->kind == KHS_MAP_NOT_RAM || p->kind == KHS_MAP_MISALIGNED || !p->node;

	return nowhere ? p->parent : p->node;
}

static void describe_place(struct khs_draft *d, const struct khs_map_problem *p)
{
	if (p->node)
		khs_draft_hex(d, "node", p->node);
	if (p->parent)
		khs_draft_hex(d, "found_in", p->parent);
	if (p->part == KHS_MAP_TREE) {
		khs_draft_number(d, "level", p->level);
	} else {
		khs_draft_string(d, "part", "%s", parts[p->part]);
		khs_draft_hex(d, "entry", p->entry);
	}
	khs_draft_number(d, "index", p->index);
}

static void emit_problem(struct khs *k, const struct khs_emitter *to,
			 const struct khs_map_problem *p)
{
	uint64_t page = problem_page(p);
	struct khs_draft d;

	if (page)
		khs_draft_init(&d, k, "tracker-damage", "", problems[p->kind].severity,
			       page >> k->kernel.page_shift, 1, -1);
	else
		khs_draft_init_global(&d, "tracker-damage", problems[p->kind].severity);
	khs_draft_summary(&d, "%s", problems[p->kind].text);
	describe_place(&d, p);
	if (p->count > 1)
		khs_draft_number(&d, "entries", p->count);
	if (p->kind == KHS_MAP_ABSENT)
		khs_draft_string(&d, "why", "%s", khs_presence_text(p->presence));
	khs_draft_emit(&d, to);
}

/* A map node that the allocator believes to be free will be overwritten under the map. */
static bool node_is_free(const struct khs *k, const struct khs_judge *judge, uint64_t pfn,
			 uint8_t *raw, uint64_t *head, unsigned int *order)
{
	return khs_mem_read_page(&k->mem, pfn, raw) == KHS_PRESENT &&
	       !khs_load32(raw + k->mem.layout.refcount) &&
	       khs_find_free_block(judge, pfn, head, order);
}

static void emit_free(struct khs *k, const struct khs_emitter *to, const struct khs_judge *judge,
		      const struct khs_map_node *node)
{
	uint8_t raw[KHS_PAGE_MAX];
	uint64_t head;
	unsigned int order;
	struct khs_draft d;

	if (!node_is_free(k, judge, node->pfn, raw, &head, &order))
		return;
	khs_draft_init(&d, k, "tracker-damage", "", problems[KHS_MAP_FREE].severity, node->pfn, 1,
		       -1);
	khs_draft_summary(&d, "%s", problems[KHS_MAP_FREE].text);
	if (node->part == KHS_MAP_TREE)
		khs_draft_number(&d, "level", node->level);
	else
		khs_draft_string(&d, "part", "%s", parts[node->part]);
	khs_draft_string(&d, "free_block", "pfn 0x%llx, order %u", (unsigned long long)head, order);
	khs_draft_page(&d, k, node->pfn, raw);
	khs_draft_emit(&d, to);
}

/* The next kernel finds the map by the root FDT alone. */
static void emit_root(struct khs *k, const struct khs_emitter *to)
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
	} else {
		khs_draft_summary(&d, "the outgoing root FDT names another map than kho_out");
		khs_draft_hex(&d, "named_by_fdt", kho->out_root_fdt);
		khs_draft_hex(&d, kho->tracker == KHS_TRACKER_RADIX ? "walked" : "in_kho_out",
			      kho->out_root);
		khs_draft_emit(&d, to);
	}
}

/*
 * kho_radix_decode_key() of this kernel, or of one with the fix, makes of a key without order bit a
 * block of impossible order, and kho_preserved_memory_reserve() reserves what it says.
 */
static void emit_depth(struct khs *k, const struct khs_emitter *to)
{
	const struct khs_kho *kho = &k->kho;
	struct khs_draft d;

	khs_draft_init(&d, k, "tracker-damage", "", KHS_ERROR,
		       kho->out_root >> k->kernel.page_shift, 1, -1);
	khs_draft_summary(&d, "the map has too few levels: order-0 pages lost their order");
	khs_draft_hex(&d, "root", kho->out_root);
	khs_draft_number(&d, "levels", kho->out_levels);
	khs_draft_number(&d, "levels_needed", kho->out_levels_needed);
	khs_draft_number(&d, "pages_without_order", kho->out_orderless);
	khs_draft_string(&d, "fixed_by", "d64b0372760e");
	khs_draft_emit(&d, to);
}

/*
 * Both sizes of bitmaps went by the name of kho-v1: a kernel reads those of the other as other
 * pages (kernel/kexec_handover.c:PRESERVE_BITS, 512 * 8 in 6.16 and 6.17, PAGE_SIZE * 8 since
 * 6.18).
 */
static void emit_bitmap_size(struct khs *k, const struct khs_emitter *to)
{
	const struct khs_kho *kho = &k->kho;
	struct khs_draft d;

	khs_draft_init(&d, k, "tracker-damage", "", KHS_ERROR,
		       kho->out_root >> k->kernel.page_shift, 1, -1);
	khs_draft_summary(&d, "the serialized map has bitmaps of another size than this kernel's");
	khs_draft_hex(&d, "first_chunk", kho->out_root);
	khs_draft_number(&d, "bytes_in_map", kho->listed_bytes);
	khs_draft_number(&d, "bytes_in_kernel", kho->bitmap_bytes);
	khs_draft_emit(&d, to);
}

/* Kinds of hits; the index is that of a problem or a map node. */
enum { ROOT, DEPTH, BITMAP_SIZE, PROBLEM, FREE };

/* What is wrong with the map as a whole. */
static bool find_whole(const struct khs *k, struct khs_hits *hits)
{
	const struct khs_kho *kho = &k->kho;
	const struct {
		bool wrong;
		uint64_t pa;
		unsigned int kind;
	} wholes[] = {
		{ kho->out_fdt_damage[0] || kho->out_root_mismatch, kho->out_fdt_phys, ROOT },
		{ kho->out_levels < kho->out_levels_needed, kho->out_root, DEPTH },
		{ kho->bitmap_bytes && kho->listed_bytes && kho->bitmap_bytes != kho->listed_bytes,
		  kho->out_root, BITMAP_SIZE },
	};

	for (size_t i = 0; i < sizeof(wholes) / sizeof(wholes[0]); i++) {
		struct khs_hit hit = {
			.pfn = wholes[i].pa >> k->kernel.page_shift, .kind = wholes[i].kind,
		};

		if (wholes[i].wrong && !khs_hits_add(hits, &hit))
			return false;
	}
	return true;
}

static bool find_problems(const struct khs *k, struct khs_hits *hits)
{
	for (size_t i = 0; i < k->kho.nr_problems; i++) {
		uint64_t pfn = problem_page(&k->kho.problems[i]) >> k->kernel.page_shift;
		struct khs_hit hit = { .pfn = pfn, .kind = PROBLEM, .index = i };

		if (!khs_hits_add(hits, &hit))
			return false;
	}
	return true;
}

static bool find_free(const struct khs *k, const struct khs_judge *judge, struct khs_hits *hits)
{
	uint8_t raw[KHS_PAGE_MAX];
	uint64_t head;
	unsigned int order;

	for (size_t i = 0; i < k->kho.nr_nodes; i++) {
		struct khs_hit hit = { .pfn = k->kho.nodes[i].pfn, .kind = FREE, .index = i };

		if (node_is_free(k, judge, hit.pfn, raw, &head, &order) &&
		    !khs_hits_add(hits, &hit))
			return false;
	}
	return true;
}

struct khs_error *khs_check_tracker(struct khs *k, const struct khs_check_info *check,
				    const struct khs_emitter *to)
{
	struct khs_hits hits = { 0 };
	struct khs_judge judge;
	bool ok;

	(void)check;
	khs_judge_init(&judge, &k->mem, &k->kho);
	ok = find_whole(k, &hits) && find_problems(k, &hits) && find_free(k, &judge, &hits);
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++) {
		const struct khs_hit *hit = &hits.v[i];

		if (hit->kind == ROOT)
			emit_root(k, to);
		else if (hit->kind == DEPTH)
			emit_depth(k, to);
		else if (hit->kind == BITMAP_SIZE)
			emit_bitmap_size(k, to);
		else if (hit->kind == PROBLEM)
			emit_problem(k, to, &k->kho.problems[hit->index]);
		else
			emit_free(k, to, &judge, &k->kho.nodes[hit->index]);
	}
	khs_hits_deinit(&hits);
	return ok ? NULL : khs_enomem();
}
