// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_page(): everything that is known of one page. */
#include <stdio.h>

#include "base/error.h"
#include "checks/check.h"
#include "kho/judge.h"
#include "model.h"

struct khs_error *khs_resolve(struct khs *k, enum khs_address_kind kind, uint64_t address,
			      uint64_t *pfn)
{
	const struct khs_mem *mem = &k->mem;
	uint64_t size = mem->layout.size, pa, run;
	enum khs_presence p;

	if (kind == KHS_ADDR_VIRT && address >= mem->vmemmap &&
	    address - mem->vmemmap < mem->max_pfn * size)
		kind = KHS_ADDR_PAGE;
	switch (kind) {
	case KHS_ADDR_PFN:
		*pfn = address;
		break;
	case KHS_ADDR_PHYS:
		*pfn = address >> k->kernel.page_shift;
		break;
	case KHS_ADDR_PAGE:
		if (address < mem->vmemmap)
			return khs_error_new(KHS_ERR_NOTFOUND,
					     "0x%llx lies below vmemmap (0x%llx)",
					     (unsigned long long)address,
					     (unsigned long long)mem->vmemmap);
		*pfn = (address - mem->vmemmap) / size;
		break;
	case KHS_ADDR_VIRT:
		p = khs_vm_translate(k->kernel.vm, address, &pa, &run);
		if (p != KHS_PRESENT)
			return khs_error_new(KHS_ERR_NOTFOUND, "0x%llx: %s",
					     (unsigned long long)address, khs_presence_text(p));
		*pfn = pa >> k->kernel.page_shift;
		break;
	}
	if (!khs_extents_find(&mem->sections, *pfn))
		return khs_error_new(KHS_ERR_NOTFOUND, "pfn 0x%llx has no memory map (its section "
				     "is not there)", (unsigned long long)*pfn);
	return NULL;
}

static void add_node(struct khs_page_info *info, const char *source, int node)
{
	if (info->nr_nodes < sizeof(info->nodes) / sizeof(info->nodes[0]))
		info->nodes[info->nr_nodes++] = (struct khs_node_opinion){ source, node };
}

static int extent_node(const struct khs_extents *x, uint64_t pfn)
{
	const struct khs_extent *e = khs_extents_find(x, pfn);

	return e ? e->tag : KHS_NO_NODE;
}

static void node_opinions(const struct khs *k, struct khs_page_info *info)
{
	if (k->mem.memblock.n)
		add_node(info, "memblock", extent_node(&k->mem.memblock, info->pfn));
	if (k->mem.numa_meminfo.n)
		add_node(info, "numa_meminfo", extent_node(&k->mem.numa_meminfo, info->pfn));
	for (size_t i = 0; i < k->mem.nr_nodes; i++) {
		if (info->pfn >= k->mem.nodes[i].start && info->pfn < k->mem.nodes[i].end)
			add_node(info, "pgdat span", k->mem.nodes[i].id);
	}
}

/* How many ranges hold the page; *@ret is the one that begins first, and of those the largest. */
static size_t find_cover(const struct khs_runs *runs, uint64_t pfn, enum khs_direction direction,
			 const struct khs_mem *mem, struct khs_range *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < runs->n && runs->v[i].pfn <= pfn; i++) {
		const struct khs_run *run = &runs->v[i];

		if (pfn >= khs_run_end(run) || n++)
			continue;
		*ret = (struct khs_range){
			.direction = direction,
			.pfn = run->pfn + ((pfn - run->pfn) >> run->order << run->order),
			.pages = 1ull << run->order,
			.order = run->order,
			.state = run->state,
		};
		ret->node = khs_mem_node(mem, ret->pfn);
	}
	return n;
}

static void section_of(struct khs *k, struct khs_page_info *info)
{
	const struct khs_extent *e = khs_extents_find(&k->mem.sections, info->pfn);

	info->section = info->pfn >> k->mem.section_shift;
	snprintf(k->section_text, sizeof(k->section_text), "%s, %s",
		 e->tag & KHS_SECTION_ONLINE ? "online" : "offline",
		 e->tag & KHS_SECTION_EARLY ? "early" : "hot-added");
	info->section_state = k->section_text;
}

/* What a page is that no class describes: where it is in its life. */
static void name_state(struct khs *k, const struct khs_page *p, const struct khs_judge *judge)
{
	const struct khs_page_layout *l = &k->mem.layout;
	enum khs_pgty type = khs_page_type(l, p->mapcount);
	char *text = k->page_text;
	size_t size = sizeof(k->page_text);
	uint64_t head;
	unsigned int order;

	if (type == KHS_PGTY_BUDDY)
		snprintf(text, size, "free, head of a buddy block of order %llu",
			 (unsigned long long)p->private);
	else if (type != KHS_PGTY_NONE)
		snprintf(text, size, "in use: %s", khs_pgty_name(type));
	else if (khs_page_tail(p))
		snprintf(text, size, "tail of the compound page at pfn 0x%llx",
			 (unsigned long long)((khs_compound_head(l, k->page.address, p->lru_next) -
					       k->mem.vmemmap) / l->size));
	else if (p->flags & l->reserved)
		snprintf(text, size, "reserved");
	else if (!p->refcount && khs_find_free_block(judge, k->page.pfn, &head, &order))
		snprintf(text, size, "free, inside the buddy block at pfn 0x%llx of order %u",
			 (unsigned long long)head, order);
	else if (!p->refcount)
		snprintf(text, size, "unreferenced: on a per-cpu free list, frozen, or inside a "
			 "larger allocation");
	else if (k->page.covered_in)
		snprintf(text, size, "inside the pending preservation at pfn 0x%llx of order %u",
			 (unsigned long long)k->page.cover_in.pfn, k->page.cover_in.order);
	else if (khs_page_pristine(l, p, k->page.address))
		snprintf(text, size, "initialised and never in the allocator: restored, or part of "
			 "a larger early allocation");
	else
		snprintf(text, size, "allocated%s",
			 p->flags & l->head ? ", head of a compound page" : "");
}

/* Waiting pages of which leftover-split has more to say than the page itself shows. */
static struct khs_error *look_around(struct khs *k, struct khs_page_info *info)
{
	size_t used = strlen(k->page_text);
	enum khs_leftover leftover;
	struct khs_error *err;

	if (!info->covered_in || info->presence != KHS_PRESENT)
		return NULL;
	err = khs_find_leftover(k, info->pfn, &leftover);
	if (err || leftover == KHS_LEFTOVER_NO)
		return err;
	if (leftover == KHS_LEFTOVER_PROVEN)
		info->class_name = khs_classes[KHS_C_S11].name;
	snprintf(k->page_text + used, sizeof(k->page_text) - used, "; %sleft behind by a restore "
		 "across the node boundary (leftover-split)",
		 leftover == KHS_LEFTOVER_PROVEN ? "" : "perhaps ");
	return NULL;
}

static void decode(struct khs *k, struct khs_page_info *info)
{
	const struct khs_page_layout *l = &k->mem.layout;
	const uint8_t *raw = (const uint8_t *)k->page_words;
	struct khs_page p = khs_page_decode(l, raw);
	const struct khs_node *node;
	struct khs_verdict v;
	struct khs_judge judge;

	khs_judge_init(&judge, &k->mem, &k->kho);
	khs_page_flags_text(l, &k->kernel.facts, p.flags, info->flags_text,
			    sizeof(info->flags_text));
	info->zone = khs_page_zone(l, p.flags);
	node = khs_mem_find_node(&k->mem, khs_page_node(l, p.flags));
	add_node(info, "page flags", khs_page_node(l, p.flags));
	if (node && (size_t)info->zone < node->nr_zones)
		snprintf(info->zone_name, sizeof(info->zone_name), "%s",
			 node->zones[info->zone].name);
	info->refcount = p.refcount;
	info->mapcount = (int32_t)p.mapcount;
	info->type_name = khs_pgty_name(khs_page_type(l, p.mapcount));
	info->marked = l->has_magic && khs_page_marked(&p);
	info->mark_order = khs_mark_order(&p);
	if (info->covered_in && info->cover_in.pfn != info->pfn)
		v = khs_judge_follower(&judge, info->pfn, raw, info->cover_in.pfn,
				       info->cover_in.order);
	else
		v = khs_judge_page(&judge, info->pfn, raw);
	/* Nobody keeps the struct pages of an offline section. */
	if (!(khs_extents_find(&k->mem.sections, info->pfn)->tag & KHS_SECTION_ONLINE)) {
		snprintf(k->page_text, sizeof(k->page_text), "offline: its struct page means "
			 "nothing");
		info->state = k->page_text;
		return;
	}
	info->class_name = khs_classes[v.class].name;
	if (v.class == KHS_C_FINE)
		name_state(k, &p, &judge);
	else
		snprintf(k->page_text, sizeof(k->page_text), "%s",
			 khs_verdict_text(v.class, v.unsure));
	info->state = k->page_text;
}

static bool first_owner(void *arg, const struct khs_claim *claim)
{
	*(const struct khs_claim **)arg = claim;
	return false;
}

static const char *owner_of(struct khs *k, enum khs_direction direction, uint64_t pfn, char *text,
			    size_t size)
{
	const struct khs_claim *claim = NULL;

	khs_owners_find(&k->owners, direction, pfn, first_owner, &claim);
	if (!claim)
		return NULL;
	khs_owner_sentence(&k->owners, claim, pfn, k->kernel.page_shift, text, size);
	return text;
}

static void name_owners(struct khs *k, struct khs_page_info *info)
{
	info->owner_out = owner_of(k, KHS_OUT, info->pfn, k->owner_text[0],
				   sizeof(k->owner_text[0]));
	info->owner_in = owner_of(k, KHS_IN, info->pfn, k->owner_text[1],
				  sizeof(k->owner_text[1]));
}

struct khs_error *khs_page(struct khs *k, enum khs_address_kind kind, uint64_t address,
			   const struct khs_page_info **ret)
{
	struct khs_page_info *info = &k->page;
	uint64_t pfn = 0, run;
	struct khs_error *err;
	size_t n;

	if (!k->have_mem)
		return khs_error_new(KHS_ERR_NODATA, "no memory map: %s", k->mem_error);
	err = khs_resolve(k, kind, address, &pfn);
	if (!err)
		err = khs_need_owners(k);
	if (err)
		return err;
	*info = (struct khs_page_info){
		.pfn = pfn,
		.phys = pfn << k->kernel.page_shift,
		.address = khs_mem_page_address(&k->mem, pfn),
		.size = k->mem.layout.size,
		.words = k->page_words,
		.zone = -1,
		.type_name = "",
		.state = "unknown: its struct page is not in the dump",
		.class_name = "",
	};
	section_of(k, info);
	node_opinions(k, info);
	info->in_scratch = khs_extents_find(&k->kho.scratch_pfns, pfn);
	info->out_known = khs_out_complete(k);
	n = find_cover(&k->kho.out, pfn, KHS_OUT, &k->mem, &info->cover_out);
	info->covered_out = n;
	info->more_out = n ? n - 1 : 0;
	info->no_handover = k->kho.handover_known && !k->kho.handover_boot;
	n = find_cover(&k->census.in, pfn, KHS_IN, &k->mem, &info->cover_in);
	info->covered_in = n;
	info->more_in = n ? n - 1 : 0;
	info->presence = khs_mem_read_page(&k->mem, pfn, k->page_words);
	if (info->presence == KHS_PRESENT) {
		khs_vm_translate(k->kernel.vm, info->address, &info->address_phys, &run);
		decode(k, info);
	}
	name_owners(k, info);
	*ret = info;
	return look_around(k, info);
}
