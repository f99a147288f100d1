// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults in struct pages: stale marks, raw pages, and pages that wait for their owner. */
#include <linux/mm.h>
#include "lab.h"

/* ---- any page -------------------------------------------------------------------------------- */

static bool is_reserved(struct page *page, unsigned int min_order, unsigned int max_order)
{
	return PageReserved(page) && !PageCompound(page) && !in_scratch(page_to_pfn(page));
}

static void mark_taken(const struct fault *f, unsigned int order, unsigned int shift)
{
	unsigned long pfn = take(min(order + 1, MAX_PAGE_ORDER));

	if (!pfn)
		return;
	at(pfn + shift)->private = mark(order);
	said(f->name, f->id, f->class, pfn + shift, 1, order);
}

static void stale_used(const struct fault *f)
{
	mark_taken(f, order_or(below(3)), 0);
}

static void stale_shared(const struct fault *f)
{
	unsigned int order = order_or(below(2));
	unsigned long pfn = take(order);

	if (!pfn)
		return;
	page_ref_inc(at(pfn));
	at(pfn)->private = mark(order);
	said(f->name, f->id, f->class, pfn, 1, order);
}

static void stale_misaligned(const struct fault *f)
{
	unsigned int order = order_or(2);

	mark_taken(f, order, 1 + below((1ul << order) - 1));
}

static void stale_absurd(const struct fault *f)
{
	unsigned long pfn = take(0);
	unsigned int order = 64 - PAGE_SHIFT + 1 + below(1000);

	if (!pfn)
		return;
	at(pfn)->private = mark(order);
	said(f->name, f->id, f->class, pfn, 1, order);
}

static void stale_tail(const struct fault *f)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);

	if (!page)
		return;
	page[4].private = mark(2);
	said(f->name, f->id, f->class, page_to_pfn(page) + 4, 1, 2);
}

static void stale_buddy(const struct fault *f)
{
	unsigned long pfn = find(is_free, 8, MAX_PAGE_ORDER);
	unsigned int order = order_or(0);

	if (!pfn)
		return;
	at(pfn)->private = mark(order);
	said(f->name, f->id, f->class, pfn, 1, order);
}

static void stale_in_free(const struct fault *f)
{
	unsigned long pfn = find(is_free, 8, MAX_PAGE_ORDER);
	unsigned int order = order_or(1);

	if (!pfn)
		return;
	pfn = last_free(pfn, order) - (below((128ul >> order) - 1) << order);
	at(pfn)->private = mark(order);
	said(f->name, f->id, f->class, pfn, 1, order);
}

static void stale_reserved(const struct fault *f)
{
	unsigned long pfn = find(is_reserved, 0, 0);

	if (!pfn)
		return;
	at(pfn)->private = mark(0);
	said(f->name, f->id, f->class, pfn, 1, 0);
}

static void stale_scratch(const struct fault *f)
{
	unsigned long pfn = scratch_page(5);
	unsigned int order = order_or(2);

	if (!pfn)
		return;
	at(pfn + 16)->private = mark(order);
	said(f->name, f->id, f->class, pfn + 16, 1, order);
}

static void raw(const struct fault *f, unsigned char value)
{
	unsigned long pfn = take(2), n = 1 + below(3);

	if (!pfn)
		return;
	for (unsigned long i = 0; i < n; i++)
		memset(at(pfn + i), value, sizeof(struct page));
	said(f->name, f->id, f->class, pfn, n, 0);
}

static void raw_zero(const struct fault *f)
{
	raw(f, 0);
}

static void raw_poison(const struct fault *f)
{
	raw(f, 0xff);
}

/* What a kernel left there whose vmemmap lay 1 GiB further on: right but for its list words. */
static void raw_inherited(const struct fault *f)
{
	unsigned long pfn = take(0);
	struct page *page = at(pfn);
	void *old = (void *)&page->lru + SZ_1G;

	if (!pfn)
		return;
	page->lru.next = page->lru.prev = old;
	said(f->name, f->id, f->class, pfn, 1, 0);
}

/*
 * Where MAX_NR_ZONES, cut to the width of the zone bits, is the page's own zone, the wrong node
 * alone looks just like what an initialisation for the wrong node leaves behind.
 */
static const char *links_class(struct page *page, const char *class)
{
	return (MAX_NR_ZONES & ZONES_MASK) == page_zonenum(page) ? "H2" : class;
}

static void used_node(const struct fault *f)
{
	unsigned long pfn = take(0);

	if (!pfn)
		return;
	set_page_node(at(pfn), page_to_nid(at(pfn)) ? 0 : 1);
	said(f->name, f->id, links_class(at(pfn), f->class), pfn, 1, 0);
}

/* ---- pages that wait for their owner --------------------------------------------------------- */

/* Heads of pending blocks that have a fault already. */
static unsigned long damaged[64];
static unsigned int nr_damaged;

static bool is_pending(struct page *page, unsigned int min_order, unsigned int max_order)
{
	unsigned int order = (unsigned int)page->private;

	for (unsigned int i = 0; i < nr_damaged; i++) {
		if (damaged[i] == page_to_pfn(page))
			return false;
	}
	return marked(page) && page_count(page) == 1 && order >= min_order && order <= max_order &&
	       page->lru.next == &page->lru;
}

static unsigned long pending(const struct fault *f, unsigned int min_order)
{
	unsigned int order = order_or(min_order);
	unsigned long pfn = find(is_pending, order, wanted_order < 0 ? 63 : order);

	if (!pfn)
		pr_warn("LAB %s: nothing pending of order %u\n", f->name, order);
	else if (nr_damaged < ARRAY_SIZE(damaged))
		damaged[nr_damaged++] = pfn;
	return pfn;
}

static void pending_ref0(const struct fault *f)
{
	unsigned long pfn = pending(f, 0);

	if (!pfn)
		return;
	set_page_count(at(pfn), 0);
	said(f->name, f->id, f->class, pfn, 1, order_of(pfn));
}

static void pending_mapcount(const struct fault *f)
{
	unsigned long pfn = pending(f, 0);

	if (!pfn)
		return;
	atomic_set(&at(pfn)->_mapcount, 0);
	said(f->name, f->id, f->class, pfn, 1, order_of(pfn));
}

static void pending_lru(const struct fault *f)
{
	unsigned long pfn = pending(f, 0);

	if (!pfn)
		return;
	at(pfn)->lru.next = at(pfn)->lru.prev = NULL;
	said(f->name, f->id, f->class, pfn, 1, order_of(pfn));
}

/* The other node, where no zone of it is: what a preservation across the boundary leaves. */
static void pending_zone(const struct fault *f)
{
	unsigned long pfn = pending(f, 0);
	struct page *page = at(pfn);

	if (!pfn)
		return;
	set_page_node(page, page_to_nid(page) ? 0 : 1);
	set_page_zone(page, MAX_NR_ZONES);
	said(f->name, f->id, f->class, pfn, 1, order_of(pfn));
}

static void pending_links(const struct fault *f)
{
	unsigned long pfn = pending(f, 0);
	struct page *page = at(pfn);

	if (!pfn)
		return;
	set_page_node(page, page_to_nid(page) ? 0 : 1);
	said(f->name, f->id, links_class(page, f->class), pfn, 1, order_of(pfn));
}

static void tail_raw(const struct fault *f)
{
	unsigned long pfn = pending(f, 3), first;

	if (!pfn)
		return;
	first = pfn + 1 + place((1ul << order_of(pfn)) - 3);
	for (int i = 0; i < 3; i++)
		memset(at(first + i), 0, sizeof(struct page));
	said(f->name, f->id, f->class, first, 3, order_of(pfn));
}

static void tail_state(const struct fault *f)
{
	unsigned long pfn = pending(f, 1), tail;

	if (!pfn)
		return;
	tail = pfn + 1 + place((1ul << order_of(pfn)) - 1);
	folio_set_referenced((struct folio *)at(tail));
	set_page_count(at(tail), 0);
	said(f->name, f->id, f->class, tail, 1, order_of(pfn));
}

/*
 * The beginning of kho_restore_page(), and no more of it. Where the kernel has let go of memblock,
 * nothing tells these pages from those inside any allocation of more than one page: LABMAY.
 */
static void half_restore(const struct fault *f)
{
	unsigned long pfn = pending(f, 3), pages;
	unsigned int order;

	if (!pfn)
		return;
	order = order_of(pfn);
	pages = 1ul << order;
	at(pfn)->private = 0;
	for (unsigned long i = 1; i < pages; i++)
		set_page_count(at(pfn + i), 0);
	also(f->name, "memfd-damage", pfn, 1);
	if (IS_ENABLED(CONFIG_ARCH_KEEP_MEMBLOCK))
		said(f->name, f->id, f->class, pfn + 1, pages - 1, order);
	else
		pr_warn("LABMAY %s id=%s class=%s pfn=%lx pages=%lx order=%u\n", f->name, f->id,
			f->class, pfn + 1, pages - 1, order);
}

static void tail_mark(const struct fault *f)
{
	unsigned long pfn = pending(f, 3);

	if (!pfn)
		return;
	at(pfn + 4)->private = mark(2);
	said(f->name, f->id, f->class, pfn + 4, 1, 2);
}

const struct fault page_faults[] = {
	{ "stale-used", "stale-mark", "S1", stale_used },
	{ "stale-shared", "stale-mark", "S4", stale_shared },
	{ "stale-misaligned", "stale-mark", "S7", stale_misaligned },
	{ "stale-absurd", "stale-mark", "S8", stale_absurd },
	{ "stale-tail", "stale-mark", "S5", stale_tail },
	{ "stale-buddy", "stale-mark", "S2", stale_buddy },
	{ "stale-in-free", "stale-mark", "S3", stale_in_free },
	{ "stale-reserved", "stale-mark", "S10", stale_reserved },
	{ "stale-scratch", "in-scratch", "S9", stale_scratch },
	{ "raw-zero", "raw-page", "N1", raw_zero },
	{ "raw-poison", "raw-page", "N2", raw_poison },
	{ "raw-inherited", "raw-page", "N3", raw_inherited },
	{ "used-node", "half-init", "H3", used_node },
	{ "pending-ref0", "half-init", "H6", pending_ref0 },
	{ "pending-mapcount", "half-init", "H7", pending_mapcount },
	{ "pending-lru", "half-init", "H7", pending_lru },
	{ "pending-zone", "half-init", "H2", pending_zone },
	{ "pending-links", "half-init", "H1", pending_links },
	{ "tail-raw", "half-init", "H4", tail_raw },
	{ "tail-state", "half-init", "H5", tail_state },
	{ "half-restore", "half-init", "H8", half_restore },
	{ "tail-mark", "order-mismatch", "S6", tail_mark },
	{ }
};
