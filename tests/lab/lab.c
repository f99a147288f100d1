// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Injects faults into the struct pages and the handover of the kernel it is loaded into, and logs
 * each with the finding that has to follow from it:
 *
 *	LABFAULT NAME id=FINDING class=CLASS pfn=HEX pages=HEX order=ORDER
 *
 * with "LABMAY" one that can be proven only if the dump still has what it takes (half_restore),
 * and with "LABALSO" in place of "LABFAULT" a finding that is true as well, as long as nobody frees
 * or allocates the pages before the dump.
 *
 * It leaves the kernel damaged: the guest is dumped right after. The options name the faults
 * ("a+b+c:9", each with the order it shall have, if it can be told), the seed that places them, and
 * the addresses of variables that are not exported. Without faults it harms nothing, and can be asked
 * what the kernel holds preserved (tell.c).
 */
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kho_radix_tree.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>
#include "lab.h"
#include "luo.h"

#define MAGIC 0x4b484f50ul

static char *faults = "";
module_param(faults, charp, 0);
static unsigned int seed = 1;
module_param(seed, uint, 0);
static unsigned long kho_out_addr, kho_scratch_addr, kho_scratch_cnt_addr;
unsigned long luo_session_global_addr, kexec_image_addr;
module_param_named(kho_out, kho_out_addr, ulong, 0);
module_param_named(kho_scratch, kho_scratch_addr, ulong, 0);
module_param_named(kho_scratch_cnt, kho_scratch_cnt_addr, ulong, 0);
module_param_named(luo_session_global, luo_session_global_addr, ulong, 0);
module_param_named(kexec_image, kexec_image_addr, ulong, 0);

/* Whatever is written to it. */
static int tell_set(const char *value, const struct kernel_param *param)
{
	tell();
	return 0;
}

static const struct kernel_param_ops tell_ops = { .set = tell_set };
module_param_cb(tell, &tell_ops, NULL, 0200);

/* The beginning of kexec_handover.c's kho_out, the same in 7.2 and 7.3. */
struct out {
	void *fdt;
	struct mutex lock;
	struct kho_radix_tree tree;
};

static struct rnd_state rnd;
static int wanted_order; /* of the fault at hand; -1: as it likes */

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

static bool in_scratch(unsigned long pfn)
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

/* ---- where ---------------------------------------------------------------------------------- */

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

static bool is_free(struct page *page, unsigned int min_order, unsigned int max_order)
{
	return PageBuddy(page) && page->private >= min_order && page->private <= max_order &&
	       !in_scratch(page_to_pfn(page));
}

static bool is_reserved(struct page *page, unsigned int min_order, unsigned int max_order)
{
	return PageReserved(page) && !PageCompound(page) && !in_scratch(page_to_pfn(page));
}

/* A page that @is, any of them, by the seed; 0 if there is none. */
static unsigned long find(bool (*is)(struct page *, unsigned int, unsigned int),
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
static unsigned long last_free(unsigned long pfn, unsigned int order)
{
	return pfn + (1ul << at(pfn)->private) - (1ul << order);
}

static bool memory_left(void)
{
	return global_zone_page_state(NR_FREE_PAGES) - global_zone_page_state(NR_FREE_CMA_PAGES) >
	       SZ_32M >> PAGE_SHIFT;
}

/*
 * Takes each of the @n blocks of @order from @pfn on that is free. All others that it takes on the
 * way it gives back. Returns how many it has: where boot allocations lie, none can be had.
 */
static unsigned int take_from(unsigned long pfn, unsigned int order, unsigned int n)
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
static unsigned long boundary(void)
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

/* ---- struct pages --------------------------------------------------------------------------- */

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

/* A page in the middle of a scratch area, of the last one that has pages. */
static unsigned long scratch_page(unsigned int min_order)
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
 * Where MAX_NR_ZONES, cut to the width of the zone bits, is the page's own zone, the wrong node alone
 * looks just like what an initialisation for the wrong node leaves behind.
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

/* ---- pages that wait for their owner -------------------------------------------------------- */

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

static unsigned int order_of(unsigned long pfn)
{
	return at(pfn)->private & 63;
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

/* ---- the outgoing map ----------------------------------------------------------------------- */

#define LEAF_BITS (PAGE_SHIFT + 3)
#define TABLE_BITS (PAGE_SHIFT - 3)
#define DEPTH (1 + DIV_ROUND_UP(64 - PAGE_SHIFT + 1 - LEAF_BITS, TABLE_BITS))

struct kho_radix_tree *out_tree(void)
{
	return &((struct out *)kho_out_addr)->tree;
}

static unsigned long key_of(unsigned long pfn, unsigned int order)
{
	return 1ul << (64 - PAGE_SHIFT - order) | pfn >> order;
}

static u64 *next_entry(u64 *node, unsigned long key, int level)
{
	unsigned int shift = LEAF_BITS + (level - 1) * TABLE_BITS;

	return &node[key >> shift & ((1ul << TABLE_BITS) - 1)];
}

bool preserved(unsigned long pfn, unsigned int order)
{
	unsigned long key = key_of(pfn, order);
	u64 *node = (u64 *)out_tree()->root;

	for (int level = DEPTH - 1; level > 0; level--) {
		u64 next = *next_entry(node, key, level);

		if (!next)
			return false;
		node = phys_to_virt(next);
	}
	return test_bit(key & ((1ul << LEAF_BITS) - 1), (unsigned long *)node);
}

/* Whether any preservation shares pages with the block; @id, if any, is then true of those. */
static bool shares(const struct fault *f, unsigned long pfn, unsigned int order, const char *id)
{
	bool found = false;

	for (unsigned int o = 0; o <= 64 - PAGE_SHIFT; o++) {
		unsigned long mask = (1ul << o) - 1;

		for (unsigned long p = pfn & ~mask; p < pfn + (1ul << order); p += 1ul << o) {
			if (!preserved(p, o) || (p == pfn && o == order))
				continue;
			found = true;
			if (id)
				also(f->name, id, p, 1ul << o);
		}
	}
	return found;
}

int add(unsigned long pfn, unsigned int order)
{
#ifdef LAB_RADIX_PAGE
	return kho_radix_add_page(out_tree(), pfn, order);
#else
	return kho_radix_add_key(out_tree(), key_of(pfn, order));
#endif
}

int forget(unsigned long pfn, unsigned int order)
{
	if (!preserved(pfn, order))
		return -ENOENT;
#ifdef LAB_RADIX_PAGE
	kho_radix_del_page(out_tree(), pfn, order);
#else
	kho_radix_del_key(out_tree(), key_of(pfn, order));
#endif
	return 0;
}

static bool holds_free(unsigned long pfn, unsigned int order)
{
	unsigned long end = pfn + (1ul << order);

	for (unsigned long p = round_down(pfn, MAX_ORDER_NR_PAGES); p < end; p++) {
		if (at(p) && PageBuddy(at(p)) && p + (1ul << at(p)->private) > pfn)
			return true;
	}
	return false;
}

/* A block that is in the map now, and what else is true of it. */
static void block_said(const struct fault *f, unsigned long pfn, unsigned int order)
{
	unsigned long pages = 1ul << order, scratch = 0;

	said(f->name, f->id, f->class, pfn, pages, order);
	also(f->name, "orphan", pfn, pages);
	/* Its pages are not the module's. Who has them may free them. */
	if (strcmp(f->id, "freed-preserved"))
		also(f->name, "freed-preserved", pfn, pages);
	for (unsigned long i = 0; i < pages; i++)
		scratch += in_scratch(pfn + i);
	if (scratch && strcmp(f->id, "in-scratch"))
		also(f->name, "in-scratch", pfn, pages);
	if (shares(f, pfn, order, "overlap"))
		also(f->name, "overlap", pfn, pages);
}

static void add_block(const struct fault *f, unsigned long pfn, unsigned int order)
{
	if (!add(pfn, order))
		block_said(f, pfn, order);
}

static void out_free(const struct fault *f)
{
	unsigned int order = order_or(3);
	unsigned long pfn = find(is_free, max(order, 8u), MAX_PAGE_ORDER);

	if (pfn)
		add_block(f, last_free(pfn, order), order);
}

/* Whether the block lies in one node and zone, and is neither scratch nor shared. */
static bool simple(const struct fault *f, unsigned long pfn, unsigned int order)
{
	for (unsigned long p = pfn; p < pfn + (1ul << order); p++) {
		if (!at(p) || page_zone(at(p)) != page_zone(at(pfn)) || in_scratch(p) ||
		    PageReserved(at(p)))
			return false;
	}
	return !shares(f, pfn, order, NULL) && holds_free(pfn, order);
}

/* Such a block that holds free pages, by the seed: also of more than the allocator gives at once. */
static unsigned long roomy(const struct fault *f, unsigned int order)
{
	unsigned long end = end_pfn(), n = 0, which = 0;

	for (int pass = 0; pass < 2; pass++) {
		if (pass)
			which = below(n) + 1;
		if (pass && !n)
			return 0;
		n = 0;
		for (unsigned long pfn = 1ul << order; pfn < end; pfn += 1ul << order) {
			if (simple(f, pfn, order) && ++n == which)
				return pfn;
		}
	}
	return 0;
}

static void out_free_big(const struct fault *f)
{
	unsigned int order = order_or(MAX_PAGE_ORDER + 1);
	unsigned long pfn = roomy(f, order);

	if (pfn)
		add_block(f, pfn, order);
}

static void out_overlap(const struct fault *f)
{
	unsigned int order = order_or(4), inner = order - 1 - below(min(order, 3u));
	bool big = order > MAX_PAGE_ORDER;
	unsigned long pfn = big ? roomy(f, order) : take(order), at_inner;

	if (!pfn)
		return;
	at_inner = pfn + (place(1ul << (order - inner)) << inner);
	if (add(pfn, order) || add(at_inner, inner))
		return;
	said(f->name, f->id, f->class, pfn, 1ul << order, order);
	said(f->name, f->id, f->class, at_inner, 1ul << inner, inner);
	also(f->name, "orphan", pfn, 1ul << order);
	shares(f, pfn, order, "overlap");
	if (big)
		also(f->name, "freed-preserved", pfn, 1ul << order);
}

static void out_cross_node(const struct fault *f)
{
	unsigned long pfn = boundary();

	if (pfn)
		add_block(f, pfn & (pfn - 1), __ffs(pfn) + 1);
}

static void out_cross_zone(const struct fault *f)
{
	unsigned long end = end_pfn();

	for (unsigned long pfn = 1; pfn < end; pfn++) {
		if (!at(pfn) || !at(pfn - 1) || page_zone(at(pfn)) == page_zone(at(pfn - 1)) ||
		    page_to_nid(at(pfn)) != page_to_nid(at(pfn - 1)))
			continue;
		add_block(f, pfn & (pfn - 1), __ffs(pfn) + 1);
		return;
	}
}

static void out_scratch(const struct fault *f)
{
	unsigned long pfn = scratch_page(5);

	if (pfn)
		add_block(f, pfn, order_or(1));
}

static void out_not_ram(const struct fault *f)
{
	unsigned int order = order_or(2);
	unsigned long pfn = round_up(end_pfn(), 1ul << 15) + (1ul << 20);

	if (add(pfn, order))
		return;
	said(f->name, f->id, f->class, pfn, 1ul << order, order);
	also(f->name, "orphan", pfn, 1ul << order);
}

/* Sound blocks of each order that has an entry of the root to itself, so that none is to spare. */
static bool fill_root(void)
{
	static bool filled;

	for (unsigned int order = 0; order <= 4 && !filled; order++) {
		unsigned long pfn = take(order);

		if (!pfn || add(pfn, order))
			return false;
		also("fill", "orphan", pfn, 1ul << order);
	}
	filled = true;
	return true;
}

/* Entries that are faults: nothing below them is a table. */
static u64 *faulty[16];
static unsigned int nr_faulty;

static bool is_faulty(const u64 *entry)
{
	for (unsigned int i = 0; i < nr_faulty; i++) {
		if (faulty[i] == entry)
			return true;
	}
	return false;
}

/* An unused entry of a table at @min_level or above, with keys of this machine's pages below it. */
static u64 *spare(int min_level)
{
	for (int tries = 0; tries < 200 && fill_root(); tries++) {
		unsigned int order = below(MAX_PAGE_ORDER + 3);
		unsigned long pfn = round_down(below(end_pfn()), 1ul << order);
		unsigned long key = key_of(pfn, order);
		u64 *node = (u64 *)out_tree()->root;

		if (!at(pfn))
			continue;
		for (int level = DEPTH - 1; level >= min_level; level--) {
			u64 *entry = next_entry(node, key, level);

			if (!*entry && level < DEPTH - 1)
				return entry;
			if (!*entry)
				break;
			if (is_faulty(entry))
				break;
			node = phys_to_virt(*entry);
		}
	}
	return NULL;
}

/* An entry, and the page that the finding is about: the table itself if @pfn is 0. */
static void tracker_at(const struct fault *f, u64 *entry, u64 value, unsigned long pfn)
{
	if (!entry || nr_faulty == ARRAY_SIZE(faulty))
		return;
	faulty[nr_faulty++] = entry;
	map_damaged = true;
	*entry = value;
	if (!pfn)
		pfn = PHYS_PFN(virt_to_phys(entry));
	said(f->name, f->id, f->class, pfn, 1, 0);
}

static void tracker(const struct fault *f, u64 value, unsigned long pfn)
{
	tracker_at(f, spare(1), value, pfn);
}

static void tracker_misaligned(const struct fault *f)
{
	tracker(f, PFN_PHYS(take(0)) + 24, 0);
}

static void tracker_outside(const struct fault *f)
{
	tracker(f, PFN_PHYS(round_up(end_pfn(), 1ul << 15)) + (1ul << 32), 0);
}

static void tracker_cycle(const struct fault *f)
{
	u64 root = virt_to_phys(out_tree()->root);

	tracker(f, root, PHYS_PFN(root));
}

static void tracker_free(const struct fault *f)
{
	unsigned long pfn = find(is_free, 8, MAX_PAGE_ORDER);

	if (!pfn)
		return;
	pfn = last_free(pfn, 0);
	memset(page_to_virt(at(pfn)), 0, PAGE_SIZE);
	tracker(f, PFN_PHYS(pfn), pfn);
}

static void tracker_scratch(const struct fault *f)
{
	unsigned long pfn = scratch_page(5);

	if (!pfn)
		return;
	memset(page_to_virt(at(pfn)), 0, PAGE_SIZE);
	tracker(f, PFN_PHYS(pfn), pfn);
	also(f->name, "tracker-damage", pfn, 1); /* it is free, too */
}

/*
 * Somebody else's data in a table's place. In a leaf's, where every bit can be a page, nothing tells
 * it from a leaf (lib/kho/radix.h).
 */
static void tracker_garbage(const struct fault *f)
{
	unsigned long pfn = take(0);
	u64 *words;

	if (!pfn)
		return;
	words = page_to_virt(at(pfn));
	for (unsigned int i = 0; i < PAGE_SIZE / 8; i++)
		words[i] = 0x6b686f2d6c616200ul + i;
	tracker_at(f, spare(2), PFN_PHYS(pfn), pfn);
}

static void fdt_damage(const struct fault *f)
{
	u32 *fdt = ((struct out *)kho_out_addr)->fdt;

	fdt[0] = 0;
	said(f->name, f->id, f->class, PHYS_PFN(virt_to_phys(fdt)), 1, 0);
}

static void fdt_other_map(const struct fault *f)
{
	char *fdt = ((struct out *)kho_out_addr)->fdt;
	u64 root = virt_to_phys(out_tree()->root), other = root + PAGE_SIZE;

	for (unsigned int i = 0; i + 8 <= PAGE_SIZE; i += 4) {
		if (memcmp(fdt + i, &root, 8))
			continue;
		memcpy(fdt + i, &other, 8);
		said(f->name, f->id, f->class, PHYS_PFN(virt_to_phys(fdt)), 1, 0);
		return;
	}
}

/* ---- no faults: what a driver does, and what the kernel makes of it -------------------------- */

/* Enough for everybody else: scratch areas don't count, the kernel can't use them for itself. */
/*
 * Takes the smallest aligned block around the boundary of two nodes, half of it in each. Returns how
 * many halves it has: one that can't be had stays whose it is.
 */
static unsigned int take_around(unsigned long edge)
{
	unsigned int order = __ffs(edge), have;
	unsigned long first = edge - (1ul << order);
	struct page *page;

	if (order > MAX_PAGE_ORDER)
		return 0;
	have = take_from(first, order, 2);
	pr_warn("LAB around %lx: order %u, %u of 2\n", edge, order, have);
	for (unsigned long p = first; have < 2 && p < edge + (1ul << order); p++) {
		page = at(p);
		if (!page_count(page))
			continue;
		pr_warn("LAB in the way at %lx: links and flags %lx, refs %d\n", p,
			*(unsigned long *)&page->flags, page_count(page));
		break;
	}
	return have;
}

static void say_managed(const char *when)
{
	int nid;

	for_each_online_node(nid) {
		unsigned long pages = 0;

		for (int i = 0; i < MAX_NR_ZONES; i++)
			pages += zone_managed_pages(&NODE_DATA(nid)->node_zones[i]);
		pr_warn("LAB managed %s: node %d %lu\n", when, nid, pages);
	}
}

/* In the first kernel. */
static void split_preserve(const struct fault *f)
{
	unsigned long edge = boundary(), pages = 2ul << __ffs(edge), pfn = edge & (edge - 1);
	unsigned int own = take_around(edge);

	/*
	 * Whoever else preserved some of them either restores and uses them inside the leftover
	 * piece, or leaves a mark inside its mark.
	 */
	shares(f, pfn, __ffs(edge) + 1, "half-init");
	shares(f, pfn, __ffs(edge) + 1, "order-mismatch");
	shares(f, pfn, __ffs(edge) + 1, "overlap");
	also(f->name, "orphan", pfn, pages);
	also(f->name, "freed-preserved", pfn, pages);
	also(f->name, "overlap", pfn, pages);
	pr_warn("LAB %s pfn=%lx pages=%lx boundary=%lx own=%u/2 r=%d\n", f->name, pfn, pages,
		edge, own, kho_preserve_pages(at(pfn), pages));
}

/* In the second: both pieces are marked, and this call restores one. */
static void split_restore(const struct fault *f)
{
	unsigned long edge = boundary(), pages = 2ul << __ffs(edge), pfn = edge & (edge - 1);
	struct page *page;

	if (!at(edge) || !marked(at(pfn)) || !marked(at(edge))) {
		pr_warn("LAB %s: nothing was handed over at %lx and %lx\n", f->name, pfn, edge);
		return;
	}
	say_managed("before");
	page = kho_restore_pages(PFN_PHYS(pfn), pages);
	say_managed("after");
	pr_warn("LAB %s pfn=%lx pages=%lx boundary=%lx r=%d marks=%lx,%lx\n", f->name, pfn, pages,
		edge, !!page, at(pfn)->private, at(edge)->private);
	if (page && !at(pfn)->private && marked(at(edge)))
		said(f->name, f->id, f->class, edge, pages / 2, __ffs(edge));
	also(f->name, "orphan", edge, pages / 2);
}

/* What the first kernel knows of a block and tells the second: the nodes its pages lie in. */
struct node_runs {
	u64 n;
	struct {
		u64 pfn;
		s64 nid;
	} at[16];
};

static void send_nodes(unsigned long pfn, unsigned long pages)
{
	struct node_runs *runs = kho_alloc_preserve(PAGE_SIZE);
	int nid = NUMA_NO_NODE;

	if (IS_ERR(runs))
		return;
	for (unsigned long p = pfn; p < pfn + pages && runs->n < ARRAY_SIZE(runs->at); p++) {
		if (page_to_nid(at(p)) == nid)
			continue;
		nid = page_to_nid(at(p));
		runs->at[runs->n].pfn = p;
		runs->at[runs->n++].nid = nid;
	}
	kho_add_subtree("lab-nodes", runs, PAGE_SIZE);
}

static int node_of(const struct node_runs *runs, unsigned long pfn)
{
	int nid = NUMA_NO_NODE;

	for (u64 i = 0; i < runs->n && runs->at[i].pfn <= pfn; i++)
		nid = runs->at[i].nid;
	return nid;
}

/* A block over the boundary that the map holds as one: what kho_preserve_folio() would let pass. */
static void span_preserve(const struct fault *f)
{
	unsigned long edge = boundary(), pfn = edge & (edge - 1);
	unsigned int own = take_around(edge);

	send_nodes(pfn, edge - pfn + (1ul << __ffs(edge)));
	add_block(f, pfn, __ffs(edge) + 1);
	pr_warn("LAB %s pfn=%lx order=%lu own=%u/2\n", f->name, pfn, __ffs(edge) + 1, own);
}

/*
 * Nodes that take turns: the smallest aligned block with both ends in one node and another between
 * them. kho_preserve_pages() looks at the ends alone, and makes one block of it. In the first kernel.
 */
static void inter_preserve(const struct fault *f)
{
	unsigned long edge = boundary(), pfn, pages;
	unsigned int order = __ffs(edge);
	int nid, r;

	do {
		order++;
		pages = 1ul << order;
		pfn = edge & ~(pages - 1);
		if (!at(pfn) || !at(pfn + pages - 1))
			return;
		nid = page_to_nid(at(pfn));
	} while (page_to_nid(at(pfn + pages - 1)) != nid);
	send_nodes(pfn, pages);
	r = kho_preserve_pages(at(pfn), pages);
	pr_warn("LAB %s pfn=%lx pages=%lx boundary=%lx nodes %d,%d,%d r=%d as one=%d\n", f->name, pfn,
		pages, edge, nid, page_to_nid(at(edge)), nid, r, preserved(pfn, order));
	if (!preserved(pfn, order))
		return;
	block_said(f, pfn, order);
	/* LUO's page in it is given back by the second kernel, and looks as if it still waited. */
	also(f->name, "blob-damage", pfn, pages);
}

/* Whether no zone of the page's own node, as its links tell it, spans the page. */
static bool zone_overflow(struct page *page)
{
	return page_zonenum(page) >= MAX_NR_ZONES ||
	       !zone_spans_pfn(page_zone(page), page_to_pfn(page));
}

/*
 * How the second kernel left a page of @nid: the class of its finding, or "" if right. One that is in
 * use by now has list words of its own, so they tell a raw page only where the links are right.
 */
static const char *left_as(struct page *page, int nid)
{
	if (page_to_nid(page) != nid)
		return zone_overflow(page) ? "H2" : "H3";
	return zone_overflow(page) ? "H2" : page->lru.next != &page->lru ? "H4" : "";
}

/* What the second kernel made of it, told by its own struct pages, a line for each run. */
static void span_look(const struct fault *f)
{
	struct node_runs *runs;
	unsigned long pfn, from, end;
	const char *class = "";
	phys_addr_t phys;
	size_t size;

	if (kho_retrieve_subtree("lab-nodes", &phys, &size))
		return;
	runs = phys_to_virt(phys);
	pfn = from = runs->at[0].pfn;
	if (!marked(at(pfn)) || runs->n < 2)
		return;
	end = pfn + (1ul << order_of(pfn));
	said(f->name, f->id, f->class, pfn, end - pfn, order_of(pfn));
	also(f->name, "orphan", pfn, end - pfn);
	for (unsigned long p = pfn; p <= end; p++) {
		const char *now = p < end ? left_as(at(p), node_of(runs, p)) : "end";

		if (!strcmp(now, class))
			continue;
		if (*class)
			said(f->name, "half-init", class, from, p - from, 0);
		from = p;
		class = now;
	}
}

struct kept {
	struct kho_vmalloc vmalloc;
	u64 bytes;
};

static void keep(const struct fault *f)
{
	size_t bytes = (1 + below(700)) * PAGE_SIZE;
	struct kept *kept = kho_alloc_preserve(PAGE_SIZE);
	void *at = vmalloc(bytes);
	int r;

	if (IS_ERR_OR_NULL(kept) || !at)
		return;
	memset(at, 0x5a, bytes);
	kept->bytes = bytes;
	r = kho_preserve_vmalloc(at, &kept->vmalloc);
	pr_warn("LAB %s %zu bytes r=%d,%d\n", f->name, bytes, r,
		kho_add_subtree("lab", kept, sizeof(*kept)));
}

static void get(const struct fault *f)
{
	phys_addr_t phys;
	size_t size;
	struct kept *kept;
	unsigned char *at;
	u64 wrong = 0;

	if (kho_retrieve_subtree("lab", &phys, &size))
		return;
	kept = phys_to_virt(phys);
	at = kho_restore_vmalloc(&kept->vmalloc);
	for (u64 i = 0; at && i < kept->bytes; i++)
		wrong += at[i] != 0x5a;
	pr_warn("LAB %s %llu bytes r=%d wrong=%llu\n", f->name, kept->bytes, !!at, wrong);
	kho_restore_free(kept);
}

static const struct fault table[] = {
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
	{ "out-free", "freed-preserved", "", out_free },
	{ "out-free-big", "freed-preserved", "", out_free_big },
	{ "out-overlap", "overlap", "", out_overlap },
	{ "out-cross-node", "cross-node", "C1", out_cross_node },
	{ "out-cross-zone", "cross-zone", "C2", out_cross_zone },
	{ "out-scratch", "in-scratch", "S9", out_scratch },
	{ "out-not-ram", "not-ram", "C3", out_not_ram },
	{ "tracker-misaligned", "tracker-damage", "", tracker_misaligned },
	{ "tracker-outside", "tracker-damage", "", tracker_outside },
	{ "tracker-cycle", "tracker-damage", "", tracker_cycle },
	{ "tracker-free", "tracker-damage", "", tracker_free },
	{ "tracker-scratch", "in-scratch", "S9", tracker_scratch },
	{ "tracker-garbage", "tracker-damage", "", tracker_garbage },
	{ "fdt-damage", "tracker-damage", "", fdt_damage },
	{ "fdt-other-map", "tracker-damage", "", fdt_other_map },
	{ "split-preserve", "", "", split_preserve },
	{ "split-restore", "leftover-split", "S11", split_restore },
	{ "span-preserve", "cross-node", "C1", span_preserve },
	{ "inter-preserve", "cross-node", "C1", inter_preserve },
	{ "span-look", "cross-node", "C1", span_look },
	{ "keep", "", "", keep },
	{ "get", "", "", get },
};

static const struct fault *named(const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(table); i++) {
		if (!strcmp(table[i].name, name))
			return &table[i];
	}
	return owner_fault(name) ?: image_fault(name);
}

static void inject(char *name)
{
	char *order = strchr(name, ':');
	const struct fault *f;

	wanted_order = -1;
	if (order) {
		*order++ = '\0';
		if (kstrtoint(order, 10, &wanted_order))
			return;
	}
	f = named(name);
	if (f)
		f->inject(f);
	else
		pr_warn("LAB no such fault: %s\n", name);
}

static int __init lab_init(void)
{
	char *name, *rest = faults;

	if (!kho_out_addr || !kho_scratch_addr || !kho_scratch_cnt_addr)
		return -EINVAL;
	prandom_seed_state(&rnd, seed);
	while ((name = strsep(&rest, "+")))
		inject(name);
	pr_warn("LABEND seed=%u\n", seed);
	return 0;
}

module_init(lab_init);
MODULE_DESCRIPTION("fault injection for khoscope's lab");
MODULE_LICENSE("GPL");
