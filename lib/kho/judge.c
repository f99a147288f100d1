// SPDX-License-Identifier: GPL-2.0-or-later
#include "judge.h"

/* include/linux/poison.h, with the ILLEGAL_POINTER_VALUE of x86_64 and arm64. */
#define LIST_POISON2 0xdead000000000122ull

/* arch/x86/mm/init_64.c:PAGE_UNUSED fills unused parts of a hot-added vmemmap page with it. */
#define PAGE_UNUSED 0xfd

const struct khs_class_info khs_classes[KHS_NR_CLASSES] = {
	[KHS_C_FINE] = { "", "nothing unusual" },
	[KHS_C_PENDING] = { "P_OK", "preserved by the previous kernel, waiting for its owner" },
	[KHS_C_DEFERRED] = { "H0", "not initialised yet: deferred init had not reached it" },
	[KHS_C_N1] = { "N1", "all zero: this kernel never initialised it" },
	[KHS_C_N2] = { "N2", "poison: this kernel never initialised it" },
	[KHS_C_N3] = { "N3", "not of this boot: this kernel never initialised it" },
	[KHS_C_H1] = { "H1", "marked, but its node and zone are none it can have" },
	[KHS_C_H2] = { "H2", "its zone is one past the last: initialised for another node" },
	[KHS_C_H3] = { "H3", "its node or zone is not the one its memory belongs to" },
	[KHS_C_H4] = { "H4", "never initialised, inside a pending preservation" },
	[KHS_C_H5] = { "H5", "in another state than the pending preservation it lies in" },
	[KHS_C_H6] = { "H6", "marked as pending, but its reference count is 0" },
	[KHS_C_H7] = { "H7", "its map count or list words were never set up, or were broken" },
	[KHS_C_H8] = { "H8", "preserved, and stuck between waiting and restored" },
	[KHS_C_S1] = { "S1", "marked, but no preceding kernel handed it over" },
	[KHS_C_S2] = { "S2", "marked, but the head of a free block" },
	[KHS_C_S3] = { "S3", "marked, but inside a free block" },
	[KHS_C_S4] = { "S4", "marked, but in use" },
	[KHS_C_S5] = { "S5", "marked, but a tail page of a compound page" },
	[KHS_C_S6] = { "S6", "marked, inside a block that another mark covers" },
	[KHS_C_S7] = { "S7", "marked with an order its pfn is not aligned to" },
	[KHS_C_S8] = { "S8", "marked with an order that cannot be" },
	[KHS_C_S9] = { "S9", "marked, but in a scratch area" },
	[KHS_C_S10] = { "S10", "marked, but reserved" },
	[KHS_C_S11] = { "S11", "left behind by a restore that skipped it" },
};

const char *khs_verdict_text(enum khs_class class, bool unsure)
{
	return unsure ? "marked, with reference count 0, and perhaps inside a free block: its head "
			"is not in the dump" : khs_classes[class].text;
}

unsigned int khs_max_order(const struct khs_mem *mem)
{
	uint64_t lists = khs_fact_or(&mem->kernel->facts, KHS_KEY_FREE_AREA_LENGTH, 11);

	return lists && lists <= 32 ? lists - 1 : 10;
}

void khs_judge_init(struct khs_judge *j, const struct khs_mem *mem, const struct khs_kho *kho)
{
	*j = (struct khs_judge){ .mem = mem, .kho = kho, .max_order = khs_max_order(mem) };
}

static bool all_bytes(const uint8_t *raw, size_t size, uint8_t value)
{
	for (size_t i = 0; i < size; i++) {
		if (raw[i] != value)
			return false;
	}
	return true;
}

/*
 * Pages of a hole carry a neighbour's links (mm_init.c:init_unavailable_range), or, reserved there
 * with deferred init, a zone past the last one (mm_init.c:__init_deferred_page). Where nobody knows
 * the holes, every reserved page may be in one.
 */
static bool may_be_hole(const struct khs_judge *j, uint64_t pfn, uint64_t flags)
{
	return khs_mem_node(j->mem, pfn) == KHS_NO_NODE ||
	       (!j->mem->ram_exact && flags & j->mem->layout.reserved);
}

bool khs_links_ok(const struct khs_judge *j, uint64_t pfn, uint64_t flags)
{
	const struct khs_page_layout *l = &j->mem->layout;
	const struct khs_node *node;
	unsigned int zone = khs_page_zone(l, flags);

	if (may_be_hole(j, pfn, flags))
		return true;
	node = khs_mem_find_node(j->mem, khs_page_node(l, flags));
	return node && zone < node->nr_zones && pfn >= node->zones[zone].start &&
	       pfn < node->zones[zone].end;
}

static bool node_wrong(const struct khs_judge *j, uint64_t pfn, uint64_t flags)
{
	return !may_be_hole(j, pfn, flags) &&
	       khs_mem_node(j->mem, pfn) != (int)khs_page_node(&j->mem->layout, flags);
}

/*
 * kexec_handover.c:kho_get_preserved_page() initialises a whole block for its head's node; where no
 * zone of that node spans the pfn, the loop ends with MAX_NR_ZONES as the zone.
 */
static bool zone_overflow(const struct khs_judge *j, uint64_t pfn, uint64_t flags)
{
	const struct khs_page_layout *l = &j->mem->layout;
	unsigned int zone = khs_page_zone(l, flags);

	return zone == (l->max_zones & l->zones_mask) && node_wrong(j, pfn, flags) &&
	       !khs_links_ok(j, pfn, flags);
}

/*
 * Whether the words at @at are a list head's that @self is the one element of, or is at this moment
 * becoming, or ceasing to be: list_add() and list_del() write the head's words one after the other.
 * Between struct pages only the finished state counts: an empty list is what any of them has.
 */
static bool head_agrees(const struct khs_judge *j, uint64_t at, uint64_t self,
			enum khs_presence *presence)
{
	const struct khs_mem *mem = j->mem;
	bool moving = at < mem->vmemmap || at >= khs_mem_page_address(mem, mem->max_pfn);
	uint64_t words[2];

	*presence = khs_vm_read_all(mem->kernel->vm, at, words, sizeof(words));
	if (*presence != KHS_PRESENT)
		return false;
	return (words[0] == self || (moving && words[0] == at)) &&
	       (words[1] == self || (moving && words[1] == at));
}

/*
 * Both list words point at another struct page's list words: INIT_LIST_HEAD() by a kernel whose
 * vmemmap had this slot elsewhere. That kernel saw the same memory through other page tables, so
 * the place within the page is the same; a list head that merely was of one element (on a stack
 * that is gone, say: mm/page_alloc.c:split_free_frozen_pages()) has no reason to lie there. The
 * other way to two equal words is such a list, whose head then points back. A head that the dump
 * lacks proves nothing.
 */
static bool list_foreign(const struct khs_judge *j, uint64_t pfn, const struct khs_page *p,
			 int64_t *drift)
{
	const struct khs_page_layout *l = &j->mem->layout;
	uint64_t self = khs_mem_page_address(j->mem, pfn) + l->lru, at = p->lru_next;
	enum khs_presence presence;

	if (at != p->lru_prev || at == self || !(at >> 63) ||
	    (at - self) & ((1ull << l->page_shift) - 1))
		return false;
	if (head_agrees(j, at, self, &presence))
		return false;
	if (khs_is_lost(presence))
		return false;
	*drift = (int64_t)(at - self);
	return true;
}

bool khs_page_listed(const struct khs_judge *j, uint64_t pfn, const struct khs_page *p)
{
	uint64_t self = khs_mem_page_address(j->mem, pfn) + j->mem->layout.lru, next, prev;
	struct khs_kernel *kernel = j->mem->kernel;

	return p->lru_next != self && p->lru_next >> 63 && p->lru_prev >> 63 &&
	       khs_kernel_read_uint(kernel, p->lru_next + 8, 8, &next) == KHS_PRESENT &&
	       khs_kernel_read_uint(kernel, p->lru_prev, 8, &prev) == KHS_PRESENT && next == self &&
	       prev == self;
}

/* *@absent: it may lie in one whose head the dump lacks. */
static bool find_free_block(const struct khs_judge *j, uint64_t pfn, uint64_t *head,
			    unsigned int *order, bool *absent)
{
	uint8_t raw[KHS_PAGE_MAX];
	uint64_t last = UINT64_MAX;

	*absent = false;
	for (unsigned int o = 0; o <= j->max_order; o++) {
		uint64_t at = pfn & ~((1ull << o) - 1);
		enum khs_presence presence;
		struct khs_page p;

		if (at == last)
			continue;
		last = at;
		presence = khs_mem_read_page(j->mem, at, raw);
		*absent |= khs_is_lost(presence);
		if (presence != KHS_PRESENT)
			continue;
		p = khs_page_decode(&j->mem->layout, raw);
		if (khs_page_type(&j->mem->layout, p.mapcount) != KHS_PGTY_BUDDY ||
		    p.private > j->max_order || at + (1ull << p.private) <= pfn)
			continue;
		*head = at;
		*order = p.private;
		return true;
	}
	return false;
}

bool khs_find_free_block(const struct khs_judge *j, uint64_t pfn, uint64_t *head,
			 unsigned int *order)
{
	bool absent;

	return find_free_block(j, pfn, head, order, &absent);
}

bool khs_mark_plausible(const struct khs_judge *j, uint64_t pfn, unsigned int order)
{
	return order <= 63 - j->mem->layout.page_shift && 1ull << order <= j->mem->max_pfn &&
	       pfn <= j->mem->max_pfn - (1ull << order);
}

static bool counts_ok(const struct khs_page *p)
{
	return khs_mapcount_ok(p->mapcount) && p->refcount >= 0 && p->refcount < 1 << 30;
}

static enum khs_class links_class(const struct khs_judge *j, uint64_t pfn, uint64_t flags,
				  enum khs_class other)
{
	return zone_overflow(j, pfn, flags) ? KHS_C_H2 : other;
}

/* Used by somebody: what no page has that waits to be restored. */
static bool in_use(const struct khs_page_layout *l, const struct khs_page *p)
{
	return khs_page_owner_flags(l, p->flags) || p->mapping || p->memcg || p->refcount > 1;
}

/* A marked page whose links, order and place are possible: is it waiting, or not? */
static struct khs_verdict judge_pending(const struct khs_judge *j, uint64_t pfn,
					const struct khs_page *p)
{
	uint64_t self = khs_mem_page_address(j->mem, pfn) + j->mem->layout.lru;
	bool on_itself = p->lru_next == self && p->lru_prev == self;
	struct khs_verdict v = { .head = pfn };

	if (j->kho->handover_known && !j->kho->handover_boot)
		v.class = p->mapcount == UINT32_MAX ? KHS_C_S1 : KHS_C_H7;
	else if (p->mapcount != UINT32_MAX)
		v.class = KHS_C_H7;
	else if (p->lru_prev == LIST_POISON2 && p->refcount)
		/*
		 * It went through the page allocator, which no waiting page does. The other word
		 * may have become compound_info since, and be 0.
		 */
		v.class = KHS_C_S1;
	else if (!on_itself)
		v.class = khs_page_listed(j, pfn, p) ? KHS_C_S4 : KHS_C_H7;
	else if (!p->refcount)
		v.class = KHS_C_H6;
	else if (j->mem->noinit_known && !khs_extents_find(&j->mem->noinit, pfn))
		v.class = KHS_C_S1;
	else if (node_wrong(j, pfn, p->flags))
		v.class = KHS_C_H3;
	else
		v.class = KHS_C_PENDING;
	return v;
}

/* These overlay private with words of their own (mm/slab.h, mm/zpdesc.h, mm_types.h:ptdesc). */
static bool overlays_private(enum khs_pgty type)
{
	return type == KHS_PGTY_SLAB || type == KHS_PGTY_ZSMALLOC || type == KHS_PGTY_TABLE;
}

static struct khs_verdict judge_marked(const struct khs_judge *j, uint64_t pfn,
				       const struct khs_page *p)
{
	const struct khs_page_layout *l = &j->mem->layout;
	enum khs_pgty type = khs_page_type(l, p->mapcount);
	unsigned int order = khs_mark_order(p);
	struct khs_verdict v = { .head = pfn };
	bool absent = false;

	if (list_foreign(j, pfn, p, &v.drift))
		v.class = KHS_C_N3;
	else if (!khs_links_ok(j, pfn, p->flags))
		v.class = links_class(j, pfn, p->flags, KHS_C_H1);
	else if (!khs_mark_plausible(j, pfn, order))
		v.class = KHS_C_S8;
	else if (pfn & ((1ull << order) - 1))
		v.class = KHS_C_S7;
	else if (khs_extents_covered(&j->kho->scratch_pfns, pfn, pfn + (1ull << order)))
		v.class = KHS_C_S9;
	else if (type == KHS_PGTY_BUDDY)
		v.class = KHS_C_S2;
	else if (type != KHS_PGTY_NONE)
		v.class = KHS_C_S4;
	else if (khs_page_tail(p))
		v.class = KHS_C_S5;
	else if (p->flags & l->reserved)
		v.class = KHS_C_S10;
	else if (in_use(l, p))
		v.class = KHS_C_S4;
	else if (!p->refcount && find_free_block(j, pfn, &v.head, &v.head_order, &absent))
		v.class = KHS_C_S3;
	else if (absent)
		/* The least that it can be; what is worse would rest on the head that is absent. */
		v = (struct khs_verdict){ .class = KHS_C_S3, .head = pfn, .unsure = true };
	else
		v = judge_pending(j, pfn, p);
	if (v.class == KHS_C_S5)
		v.head = (khs_compound_head(l, khs_mem_page_address(j->mem, pfn), p->lru_next) -
			  j->mem->vmemmap) / l->size;
	return v;
}

/*
 * kexec_handover.c:kho_restore_page() clears the mark, then sets the reference counts of all tails
 * to 0, then makes them tails. Preserved memory (NOINIT in memblock.reserved) that has reference
 * count 0, was never on a list, is no tail and not free got stuck in between. Where those regions
 * are gone, the inside of any larger allocation looks like that.
 */
static bool half_restored(const struct khs_judge *j, uint64_t pfn, const struct khs_page *p)
{
	const struct khs_page_layout *l = &j->mem->layout;
	struct khs_page whole = *p;
	unsigned int order;
	uint64_t head;

	if (p->refcount || !j->mem->noinit_known || !khs_extents_find(&j->mem->noinit, pfn))
		return false;
	whole.refcount = 1;
	return !p->private && khs_page_pristine(l, &whole, khs_mem_page_address(j->mem, pfn)) &&
	       !khs_find_free_block(j, pfn, &head, &order);
}

static struct khs_verdict judge_plain(const struct khs_judge *j, uint64_t pfn,
				      const struct khs_page *p)
{
	const struct khs_page_layout *l = &j->mem->layout;
	struct khs_verdict v = { .head = pfn };

	if (list_foreign(j, pfn, p, &v.drift))
		v.class = KHS_C_N3;
	else if (!khs_links_ok(j, pfn, p->flags))
		v.class = links_class(j, pfn, p->flags, counts_ok(p) ? KHS_C_H3 : KHS_C_N3);
	else if (node_wrong(j, pfn, p->flags))
		v.class = KHS_C_H3;
	else if (!counts_ok(p))
		v.class = KHS_C_N3;
	else if (!p->refcount && !p->mapcount && !p->lru_next && !p->lru_prev && !p->mapping &&
		 !(p->flags & ((1ull << l->nr_pageflags) - 1)))
		/* Links alone: a mapcount of 0 with no reference is no state of a live page. */
		v.class = KHS_C_H7;
	else if (half_restored(j, pfn, p))
		v.class = KHS_C_H8;
	return v;
}

static enum khs_class raw_class(const struct khs_page_layout *l, const uint8_t *raw)
{
	if (all_bytes(raw, l->size, 0))
		return KHS_C_N1;
	if (all_bytes(raw, l->size, 0xff) || all_bytes(raw, l->size, PAGE_UNUSED))
		return KHS_C_N2;
	return KHS_C_FINE;
}

static bool is_uninitialised(enum khs_class c)
{
	return c >= KHS_C_N1 && c <= KHS_C_N3;
}

/*
 * Until deferred init has reached it a struct page holds what was in that memory before, marks of
 * an earlier kernel included. Only what looks like a waiting page in all is believed: the kernel
 * initialises those ahead of time (kexec_handover.c:kho_get_preserved_page()).
 */
static struct khs_verdict excuse(const struct khs_judge *j, uint64_t pfn, struct khs_verdict v)
{
	if (v.class != KHS_C_FINE && v.class != KHS_C_PENDING && khs_mem_deferred(j->mem, pfn))
		v.class = KHS_C_DEFERRED;
	return v;
}

static bool private_is_mark(const struct khs_judge *j, const struct khs_page *p)
{
	return j->mem->layout.has_magic && khs_page_marked(p) &&
	       !overlays_private(khs_page_type(&j->mem->layout, p->mapcount));
}

struct khs_verdict khs_judge_page(const struct khs_judge *j, uint64_t pfn, const uint8_t *raw)
{
	struct khs_page p = khs_page_decode(&j->mem->layout, raw);
	struct khs_verdict v = { .class = raw_class(&j->mem->layout, raw), .head = pfn };

	if (v.class != KHS_C_FINE)
		return excuse(j, pfn, v);
	if (private_is_mark(j, &p))
		return excuse(j, pfn, judge_marked(j, pfn, &p));
	if (p.flags == UINT64_MAX) {
		v.class = KHS_C_N2;
		return excuse(j, pfn, v);
	}
	return excuse(j, pfn, judge_plain(j, pfn, &p));
}

struct khs_verdict khs_judge_follower(const struct khs_judge *j, uint64_t pfn, const uint8_t *raw,
				      uint64_t head, unsigned int order)
{
	struct khs_page p = khs_page_decode(&j->mem->layout, raw);
	struct khs_verdict v = khs_judge_page(j, pfn, raw);

	if (is_uninitialised(v.class))
		v.class = KHS_C_H4;
	else if (v.class == KHS_C_PENDING)
		v.class = KHS_C_S6;
	else if (v.class == KHS_C_FINE &&
		 (p.private || !khs_page_pristine(&j->mem->layout, &p,
						  khs_mem_page_address(j->mem, pfn))))
		v.class = KHS_C_H5;
	else
		return v;
	v.head = head;
	v.head_order = order;
	return v;
}
