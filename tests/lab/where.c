// SPDX-License-Identifier: GPL-2.0-or-later
/* Where faults go: pages by the seed, free ones, and the lines that tell of a fault. */
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/mm.h>
#include <linux/prandom.h>
#include "lab.h"

#define MAGIC 0x4b484f50ul

static struct rnd_state rnd;
int wanted_order;

void begin(unsigned int seed)
{
	prandom_seed_state(&rnd, seed);
}

unsigned long below(unsigned long n)
{
	return n ? prandom_u32_state(&rnd) % n : 0;
}

unsigned long mark(unsigned int order)
{
	return MAGIC << 32 | order;
}

bool marked(struct page *page)
{
	return page->private >> 32 == MAGIC && !PageSlab(page);
}

struct page *at(unsigned long pfn)
{
	return pfn_to_online_page(pfn);
}

unsigned int order_of(unsigned long pfn)
{
	return at(pfn)->private & 63;
}

unsigned int order_or(unsigned int other)
{
	return wanted_order < 0 ? other : (unsigned int)wanted_order;
}

/* The first, one in the middle, or the last of @n. */
unsigned long place(unsigned long n)
{
	unsigned int which = below(3);

	return which == 0 ? 0 : which == 1 ? n / 2 : n - 1;
}

void said(const char *name, const char *id, const char *class, unsigned long pfn,
		 unsigned long pages, unsigned int order)
{
	pr_warn("LABFAULT %s id=%s class=%s pfn=%lx pages=%lx order=%u\n", name, id, class, pfn,
		pages, order);
}

void also(const char *name, const char *id, unsigned long pfn, unsigned long pages)
{
	pr_warn("LABALSO %s id=%s class= pfn=%lx pages=%lx\n", name, id, pfn, pages);
}

/* Behind the last page of the last node. */
unsigned long end_pfn(void)
{
	unsigned long end = 0;
	int nid;

	for_each_online_node(nid)
		end = max(end, node_end_pfn(nid));
	return end;
}

bool in_scratch(unsigned long pfn)
{
	struct kho_scratch *areas = *(struct kho_scratch **)kho_scratch_addr;
	unsigned int n = *(unsigned int *)kho_scratch_cnt_addr;

	for (unsigned int i = 0; i < n; i++) {
		if (pfn >= PHYS_PFN(areas[i].addr) &&
		    pfn < PHYS_PFN(areas[i].addr + areas[i].size))
			return true;
	}
	return false;
}

bool is_free(struct page *page, unsigned int min_order, unsigned int max_order)
{
	return PageBuddy(page) && page->private >= min_order && page->private <= max_order &&
	       !in_scratch(page_to_pfn(page));
}

/* A page that @is, any of them, by the seed; 0 if there is none. */
unsigned long find(bool (*is)(struct page *, unsigned int, unsigned int),
			  unsigned int min_order, unsigned int max_order)
{
	unsigned long n = 0, pfn, end = end_pfn(), which = 0;

	for (int pass = 0; pass < 2; pass++) {
		if (pass)
			which = below(n) + 1;
		if (pass && !n)
			return 0;
		n = 0;
		for (pfn = 0; pfn < end; pfn++) {
			struct page *page = at(pfn);

			if (!page || !is(page, min_order, max_order))
				continue;
			if (++n == which)
				return pfn;
		}
	}
	return 0;
}

/*
 * The last 2^@order pages of the free block at @pfn: the allocator takes from the other end
 * (mm/page_alloc.c:expand()), so these stay free until the dump.
 */
unsigned long last_free(unsigned long pfn, unsigned int order)
{
	return pfn + (1ul << at(pfn)->private) - (1ul << order);
}

/* Enough for everybody else: scratch areas do not count, the kernel can't use them for itself. */
static bool memory_left(void)
{
	return global_zone_page_state(NR_FREE_PAGES) - global_zone_page_state(NR_FREE_CMA_PAGES) >
	       SZ_32M >> PAGE_SHIFT;
}

/*
 * Takes each of the @n blocks of @order from @pfn on that is free. All others that it takes on the
 * way it gives back. Returns how many it has: where boot allocations lie, none can be had.
 */
unsigned int take_from(unsigned long pfn, unsigned int order, unsigned int n)
{
	struct page *page, *others = NULL;
	unsigned int have = 0;

	for (unsigned int i = 0; i < n; i++, pfn += 1ul << order) {
		while (memory_left() &&
		       (page = alloc_pages_node(page_to_nid(at(pfn)),
						GFP_ATOMIC | __GFP_THISNODE | __GFP_NOWARN,
						order))) {
			if (page_to_pfn(page) == pfn) {
				have++;
				break;
			}
			page->private = (unsigned long)others;
			others = page;
		}
	}
	while ((page = others)) {
		others = (struct page *)page->private;
		page->private = 0;
		__free_pages(page, order);
	}
	return have;
}

static bool all_free(unsigned long pfn, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++, pfn += MAX_ORDER_NR_PAGES) {
		if (!at(pfn) || in_scratch(pfn) ||
		    !is_free(at(pfn), MAX_PAGE_ORDER, MAX_PAGE_ORDER))
			return false;
	}
	return true;
}

/* The allocator has no blocks above MAX_PAGE_ORDER: free ones that lie side by side. */
static unsigned long take_big(unsigned int order)
{
	unsigned int n = 1u << (order - MAX_PAGE_ORDER);

	for (unsigned long pfn = 1ul << order; pfn < end_pfn(); pfn += 1ul << order) {
		if (all_free(pfn, n) && take_from(pfn, MAX_PAGE_ORDER, n) == n)
			return pfn;
	}
	return 0;
}

/* Pages that nobody else will touch any more. */
unsigned long take(unsigned int order)
{
	int first = first_online_node, second = next_online_node(first);
	struct page *page;

	if (order > MAX_PAGE_ORDER)
		return take_big(order);
	page = alloc_pages_node(below(2) && second < MAX_NUMNODES ? second : first, GFP_KERNEL,
				order);
	return page ? page_to_pfn(page) : 0;
}

/* The first pfn of the node that comes second in memory. */
unsigned long boundary(void)
{
	unsigned long first = end_pfn(), second = first;
	int nid;

	for_each_online_node(nid)
		first = min(first, node_start_pfn(nid));
	for_each_online_node(nid) {
		if (node_start_pfn(nid) > first)
			second = min(second, node_start_pfn(nid));
	}
	return second;
}

/* A page in the middle of a scratch area, of the last one that has pages. */
unsigned long scratch_page(unsigned int min_order)
{
	struct kho_scratch *areas = *(struct kho_scratch **)kho_scratch_addr;
	unsigned int n = *(unsigned int *)kho_scratch_cnt_addr;

	while (n--) {
		unsigned long pages = PHYS_PFN(areas[n].size), pfn = PHYS_PFN(areas[n].addr);

		for (unsigned long i = 0; i + 8 < pages; i += 8) {
			if (PageBuddy(at(pfn + i)) && at(pfn + i)->private >= min_order)
				return pfn + i;
		}
	}
	return 0;
}
