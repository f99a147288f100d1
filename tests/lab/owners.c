// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Faults in what preserved pages belong to: sessions and files of the Live Update Orchestrator,
 * memfds, vmalloc preservations, subtrees of the handover FDT; and pages that belong to nobody.
 *
 * Where sessions came in with a handover and have files yet, the faults go to those, else to the
 * outgoing ones.
 */
#include <linux/io.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include <linux/kho/abi/luo.h>
#include <linux/kho/abi/memfd.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "lab.h"
#include "luo.h"

static unsigned long pfn_of(const void *at)
{
	return PHYS_PFN(virt_to_phys((void *)at));
}

static struct luo_session_header *outgoing(void)
{
	return &luo_session_global()->outgoing;
}

static struct luo_session_header *header(void)
{
	struct luo_session_global *global = luo_session_global();

	return list_empty(&global->incoming.list) ? &global->outgoing : &global->incoming;
}

/* What has a fault already. */
static const void *damaged[64];
static unsigned int nr_damaged;

static bool is_damaged(const void *what)
{
	for (unsigned int i = 0; i < nr_damaged; i++) {
		if (damaged[i] == what)
			return true;
	}
	return false;
}

static void damage(const void *what)
{
	if (nr_damaged < ARRAY_SIZE(damaged))
		damaged[nr_damaged++] = what;
}

/* A session without faults that has files, by the seed; NULL if there is none. */
static struct luo_session *session(void)
{
	unsigned int n = 0, which = 0;
	struct luo_session *s;

	for (int pass = 0; pass < 2; pass++) {
		which = pass ? below(n) + 1 : 0;
		n = 0;
		list_for_each_entry(s, &header()->list, list) {
			if (s->file_set.count && !is_damaged(s) && ++n == which)
				return s;
		}
	}
	return NULL;
}

static bool is_waiting_memfd(const struct luo_file *file)
{
	return !strcmp(file->fh->compatible, MEMFD_LUO_FH_COMPATIBLE) && !file->retrieve_status &&
	       !is_damaged(file);
}

/* A memfd without faults of such a session, by the seed. */
static struct luo_file *memfd(void)
{
	unsigned int n = 0, which = 0;
	struct luo_session *s;
	struct luo_file *file;

	for (int pass = 0; pass < 2; pass++) {
		which = pass ? below(n) + 1 : 0;
		n = 0;
		list_for_each_entry(s, &header()->list, list) {
			if (is_damaged(s))
				continue;
			list_for_each_entry(file, &s->file_set.files_list, list) {
				if (is_waiting_memfd(file) && ++n == which) {
					damage(file);
					return file;
				}
			}
		}
	}
	return NULL;
}

static struct memfd_luo_ser *memfd_ser(void)
{
	struct luo_file *file = memfd();

	return file ? phys_to_virt(file->serialized_data) : NULL;
}

static struct kho_vmalloc_chunk *first_chunk(struct memfd_luo_ser *ser)
{
	return phys_to_virt(ser->folios.first.phys);
}

static unsigned int nr_entries(struct memfd_luo_ser *ser)
{
	return ser->folios.total_pages >> ser->folios.order;
}

/* The folio of the memfd that its array names in place @i; the array is as it lies in memory. */
static struct memfd_luo_folio_ser *folio_entry(struct memfd_luo_ser *ser, u64 i)
{
	u64 at = i * sizeof(struct memfd_luo_folio_ser);
	u64 group = PAGE_SIZE << ser->folios.order;

	return phys_to_virt(first_chunk(ser)->phys[at / group]) + at % group;
}

/* The order of the preservation that begins at @pfn: -1 if none does. */
static int order_at(unsigned long pfn)
{
	for (int order = 0; order < 64 - PAGE_SHIFT; order++) {
		if (preserved(pfn, order))
			return order;
	}
	return -1;
}

/*
 * What nothing tells the owner of any more, now that the memfd's array can't be read or believed.
 */
static void also_orphans(const struct fault *f, struct memfd_luo_ser *ser, u64 from)
{
	for (u64 i = from; i < ser->nr_folios; i++) {
		unsigned long pfn = folio_entry(ser, i)->pfn;
		int order = order_at(pfn);

		if (order < 0 && marked(at(pfn)))
			order = order_of(pfn);
		if (order >= 0)
			also(f->name, "orphan", pfn, 1ul << order);
	}
}

static void also_array(const struct fault *f, struct memfd_luo_ser *ser)
{
	for (unsigned int i = 0; i < nr_entries(ser); i++)
		also(f->name, "orphan", PHYS_PFN(first_chunk(ser)->phys[i]),
		     1ul << ser->folios.order);
}

/* ---- pages of nobody ------------------------------------------------------------------------- */

static void orphan(const struct fault *f)
{
	unsigned int order = order_or(0);
	unsigned long pfn = take(order);

	if (!pfn || add(pfn, order))
		return;
	said(f->name, f->id, f->class, pfn, 1ul << order, order);
}

/*
 * In the first kernel: they come to the second without an owner. They carry a sign of their own: a
 * subtree that named them could be taken for the owner.
 */
static const char sign[16] = "lab: of nobody";

static void orphan_send(const struct fault *f)
{
	unsigned int order = order_or(0);
	unsigned long pfn = take(order);

	if (!pfn)
		return;
	memcpy(page_to_virt(at(pfn)), sign, sizeof(sign));
	pr_warn("LAB %s pfn=%lx order=%u r=%d\n", f->name, pfn, order,
		kho_preserve_pages(at(pfn), 1ul << order));
}

static bool is_orphan(unsigned long pfn)
{
	return at(pfn) && marked(at(pfn)) && !memcmp(page_to_virt(at(pfn)), sign, sizeof(sign));
}

/* In the second. */
static void orphan_look(const struct fault *f)
{
	for (unsigned long pfn = 1; pfn < end_pfn(); pfn++) {
		if (is_orphan(pfn))
			said(f->name, f->id, f->class, pfn, 1ul << order_of(pfn), order_of(pfn));
	}
}

/* ... and hands them on to the third. */
static void leak_again(const struct fault *f)
{
	for (unsigned long pfn = 1; pfn < end_pfn(); pfn++) {
		unsigned int order;

		if (!is_orphan(pfn))
			continue;
		order = order_of(pfn);
		if (add(pfn, order))
			continue;
		said(f->name, f->id, f->class, pfn, 1ul << order, order);
		also(f->name, "orphan", pfn, 1ul << order);
	}
}

/* ---- blobs and handles that the map does not hold -------------------------------------------- */

/* @what: a page of its own; @order of its preservation. */
static void lose(const struct fault *f, const void *what, unsigned int order)
{
	unsigned long pfn = pfn_of(what);

	if (!forget(pfn, order))
		said(f->name, f->id, f->class, pfn, 1ul << order, order);
}

static void lost_subtree(const struct fault *f)
{
	void *blob = kho_alloc_preserve(PAGE_SIZE);

	if (!IS_ERR(blob) && !kho_add_subtree("lab-lost", blob, PAGE_SIZE))
		lose(f, blob, 0);
}

static void lost_memfd(const struct fault *f)
{
	struct memfd_luo_ser *ser = memfd_ser();

	if (ser)
		lose(f, ser, 0);
}

static void lost_chunk(const struct fault *f)
{
	struct memfd_luo_ser *ser = memfd_ser();

	if (ser)
		lose(f, first_chunk(ser), 0);
}

/* A page of serialized sessions. */
static void lost_block(const struct fault *f)
{
	struct kho_block *block = list_first_entry_or_null(&outgoing()->block_set.blocks,
							   struct kho_block, list);

	if (block)
		lose(f, block->ser, 0);
}

/* ---- blobs that say nonsense ----------------------------------------------------------------- */

static void blob_luo(const struct fault *f)
{
	u64 *sessions_pa = outgoing()->sessions_pa;
	struct luo_ser *ser;

	if (!sessions_pa)
		return;
	ser = container_of((void *)sessions_pa, struct luo_ser, sessions_pa);
	memcpy(ser->compatible, "luo-x7", 7);
	said(f->name, f->id, f->class, pfn_of(ser), 1, 0);
}

/* ---- vmalloc preservations, of the arrays of memfds ------------------------------------------ */

static void vmalloc_loop(const struct fault *f)
{
	struct memfd_luo_ser *ser = memfd_ser();

	if (!ser)
		return;
	first_chunk(ser)->hdr.next.phys = ser->folios.first.phys;
	said(f->name, f->id, f->class, pfn_of(first_chunk(ser)), 1, 0);
	also_array(f, ser);
	also_orphans(f, ser, 0);
}

static void vmalloc_entry(const struct fault *f)
{
	struct memfd_luo_ser *ser = memfd_ser();
	u64 *entry;

	if (!ser)
		return;
	also_array(f, ser);
	also_orphans(f, ser, 0);
	entry = &first_chunk(ser)->phys[place(nr_entries(ser))];
	*entry = below(2) ? *entry | 8 : *entry | 1ull << 50;
	said(f->name, f->id, f->class, pfn_of(first_chunk(ser)), 1, 0);
}

/* One entry less than the descriptor tells, which is part of the memfd's handle. */
static void vmalloc_short(const struct fault *f)
{
	struct memfd_luo_ser *ser = memfd_ser();

	if (!ser)
		return;
	also_array(f, ser);
	also_orphans(f, ser, 0);
	first_chunk(ser)->phys[nr_entries(ser) - 1] = 0;
	said(f->name, f->id, f->class, pfn_of(ser), 1, 0);
}

/* ---- memfds ---------------------------------------------------------------------------------- */

/* An entry that names a page nobody preserved. */
static void memfd_pfn(const struct fault *f)
{
	struct memfd_luo_ser *ser = memfd_ser();
	struct memfd_luo_folio_ser *entry;
	unsigned long pfn;
	int order;

	if (!ser)
		return;
	entry = folio_entry(ser, place(ser->nr_folios));
	pfn = entry->pfn;
	order = order_at(pfn);
	if (order < 0 && marked(at(pfn)))
		order = order_of(pfn);
	if (order >= 0)
		also(f->name, "orphan", pfn, 1ul << order);
	entry->pfn = take(0);
	said(f->name, f->id, f->class, entry->pfn, 1, 0);
}

/* More folios than the array has room for. */
static void memfd_count(const struct fault *f)
{
	struct memfd_luo_ser *ser = memfd_ser();
	u64 room;

	if (!ser)
		return;
	also_array(f, ser);
	also_orphans(f, ser, 0);
	room = ((u64)ser->folios.total_pages << PAGE_SHIFT) / sizeof(struct memfd_luo_folio_ser);
	ser->nr_folios = room + 1 + below(1000);
	said(f->name, f->id, f->class, pfn_of(ser), 1, 0);
}

/* A folio behind the end of the file. */
static void memfd_index(const struct fault *f)
{
	struct memfd_luo_ser *ser = memfd_ser();
	struct memfd_luo_folio_ser *entry;

	if (!ser)
		return;
	entry = folio_entry(ser, ser->nr_folios - 1);
	entry->index = (ser->size >> PAGE_SHIFT) + 1 + below(1000);
	said(f->name, f->id, f->class, entry->pfn, 1, 0);
}

/* ---- sessions and files ---------------------------------------------------------------------- */

static void luo_sessions(const struct fault *f)
{
	struct luo_session_header *h = header();

	if (!h->count)
		return;
	h->count += 1 + below(9);
	said(f->name, f->id, f->class, 0, 0, 0);
}

static void luo_files(const struct fault *f)
{
	struct luo_session *s = session();

	if (!s)
		return;
	damage(s);
	s->file_set.count += 1 + below(9);
	said(f->name, f->id, f->class, 0, 0, 0);
}

/* The list of a session's files, which never comes back to its head. */
static void luo_loop(const struct fault *f)
{
	struct luo_session *s = session();
	struct list_head *last;

	if (!s)
		return;
	damage(s);
	files_endless = true;
	last = s->file_set.files_list.prev;
	last->next = last;
	said(f->name, f->id, f->class, 0, 0, 0);
}

/* A file whose handler is nobody's: what is left when a module went. */
static void luo_handler(const struct fault *f)
{
	struct luo_file *file = memfd();
	struct liveupdate_file_handler *nobody = kzalloc(sizeof(*nobody), GFP_KERNEL);
	struct memfd_luo_ser *ser;

	if (!file || !nobody)
		return;
	ser = phys_to_virt(file->serialized_data);
	also(f->name, "orphan", pfn_of(ser), 1);
	also(f->name, "orphan", pfn_of(first_chunk(ser)), 1);
	also_array(f, ser);
	also_orphans(f, ser, 0);
	file->fh = nobody;
	said(f->name, f->id, f->class, 0, 0, 0);
}

static void luo_block_loop(const struct fault *f)
{
	struct kho_block *block = list_first_entry_or_null(&outgoing()->block_set.blocks,
							   struct kho_block, list);

	if (!block)
		return;
	block->ser->next = virt_to_phys(block->ser);
	said(f->name, f->id, f->class, pfn_of(block->ser), 1, 0);
}

const struct fault owner_faults[] = {
	{ "orphan", "orphan", "", orphan },
	{ "orphan-send", "", "", orphan_send },
	{ "orphan-look", "orphan", "", orphan_look },
	{ "leak-again", "leak", "", leak_again },
	{ "lost-subtree", "blob-uncovered", "", lost_subtree },
	{ "lost-memfd", "blob-uncovered", "", lost_memfd },
	{ "lost-chunk", "blob-uncovered", "", lost_chunk },
	{ "lost-block", "blob-uncovered", "", lost_block },
	{ "blob-luo", "blob-damage", "", blob_luo },
	{ "vmalloc-loop", "vmalloc-damage", "", vmalloc_loop },
	{ "vmalloc-entry", "vmalloc-damage", "", vmalloc_entry },
	{ "vmalloc-short", "vmalloc-damage", "", vmalloc_short },
	{ "memfd-pfn", "memfd-damage", "", memfd_pfn },
	{ "memfd-count", "memfd-damage", "", memfd_count },
	{ "memfd-index", "memfd-damage", "", memfd_index },
	{ "luo-sessions", "luo-mismatch", "", luo_sessions },
	{ "luo-files", "luo-mismatch", "", luo_files },
	{ "luo-loop", "luo-mismatch", "", luo_loop },
	{ "luo-handler", "luo-mismatch", "", luo_handler },
	{ "luo-block-loop", "luo-mismatch", "", luo_block_loop },
	{ }
};
