// SPDX-License-Identifier: GPL-2.0-or-later
/* The outgoing map and the FDT that names it, and faults in them. */
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kho_radix_tree.h>
#include <linux/mm.h>
#include "lab.h"

/* The beginning of kexec_handover.c's kho_out, the same in 7.2 and 7.3. */
struct out {
	void *fdt;
	struct mutex lock;
	struct kho_radix_tree tree;
};

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
bool shares(const struct fault *f, unsigned long pfn, unsigned int order, const char *id)
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
void block_said(const struct fault *f, unsigned long pfn, unsigned int order)
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

void add_block(const struct fault *f, unsigned long pfn, unsigned int order)
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

/*
 * Such a block that holds free pages, by the seed: also of more than the allocator gives at once.
 */
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
 * Somebody else's data in a table's place. In a leaf's, where every bit can be a page, nothing
 * tells it from a leaf (lib/kho/radix.h).
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

const struct fault map_faults[] = {
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
	{ }
};
