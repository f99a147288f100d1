// SPDX-License-Identifier: GPL-2.0-or-later
/* No faults: what a driver does, and what the kernel makes of it. */
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include "lab.h"

/*
 * Takes the smallest aligned block around the boundary of two nodes, half of it in each. Returns
 * how many halves it has: one that can't be had stays whose it is.
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
	unsigned int own = take_around(edge), order = __ffs(edge) + 1;

	send_nodes(pfn, 1ul << order);
	add_block(f, pfn, order);
	pr_warn("LAB %s pfn=%lx order=%u own=%u/2\n", f->name, pfn, order, own);
}

/*
 * Nodes that take turns: the smallest aligned block with both ends in one node and another between
 * them. kho_preserve_pages() looks at the ends alone, and makes one block of it. In the first
 * kernel.
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
	pr_warn("LAB %s pfn=%lx pages=%lx boundary=%lx nodes %d,%d,%d r=%d as one=%d\n", f->name,
		pfn, pages, edge, nid, page_to_nid(at(edge)), nid, r, preserved(pfn, order));
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
 * How the second kernel left a page of @nid: the class of its finding, or "" if right. One that is
 * in use by now has list words of its own, so they tell a raw page only where the links are right.
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

const struct fault own_doings[] = {
	{ "split-preserve", "", "", split_preserve },
	{ "split-restore", "leftover-split", "S11", split_restore },
	{ "span-preserve", "cross-node", "C1", span_preserve },
	{ "inter-preserve", "cross-node", "C1", inter_preserve },
	{ "span-look", "cross-node", "C1", span_look },
	{ "keep", "", "", keep },
	{ "get", "", "", get },
	{ }
};
