// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A memfd (mm/memfd_luo.c, include/linux/kho/abi/memfd.h): a handle with the file's position, size
 * and seals, and an array in a vmalloc area with an entry for each folio: its pfn, its index in the
 * file, dirty and uptodate. A folio is as large as the block it is preserved in. memfd-v1 (6.19,
 * 7.0) has no seals.
 */
#include <string.h>

#include "luo.h"
#include "vmalloc.h"

/* struct memfd_luo_ser. */
enum { POS = 0, SIZE = 8 };
struct form {
	const char *compatible;
	size_t size, folios_at, count_at, seals_at; /* seals_at 0: none */
};

static const struct form forms[] = {
	{ "memfd-v1", 40, 24, 16, 0 },
	{ "memfd-v2", 48, 32, 24, 16 },
};

/* struct memfd_luo_folio_ser. */
enum { ENTRY_SIZE = 16, PFN_BITS = 52, FLAG_BITS = 12 };
#define PFN_MASK ((UINT64_C(1) << PFN_BITS) - 1)
#define KNOWN_FLAGS (KHS_CLAIM_DIRTY | KHS_CLAIM_UPTODATE)

/* include/uapi/linux/fcntl.h; MEMFD_LUO_ALL_SEALS. */
static const struct {
	uint32_t seal;
	const char *name;
} seals[] = {
	{ 0x01, "seal" }, { 0x02, "shrink" }, { 0x04, "grow" }, { 0x08, "write" },
	{ 0x10, "future-write" }, { 0x20, "exec" },
};
#define KNOWN_SEALS 0x3f

struct folio {
	uint64_t entry, pfn, index, flags;
};

struct memfd {
	uint32_t owner;
	uint64_t handle;    /* pfn */
	uint64_t size;      /* bytes */
	uint64_t left;      /* entries to come */
	uint64_t done;      /* entries seen */
	uint64_t next;      /* index that the next folio may have at the least */
	uint64_t pages;     /* of all folios so far, by the blocks they are preserved in */
	uint64_t not_dirty, not_uptodate;
	bool sized;         /* the blocks of all folios are known */
	bool waits;         /* @last is not taken yet: how large it is tells the next one */
	struct folio last;
};

static void bad_folio(struct khs_gather *g, const struct memfd *m, enum khs_owner_fault_kind kind,
		      uint64_t pfn, uint64_t entry, uint64_t value)
{
	khs_gather_fault(g, kind, m->owner, pfn, pfn ? 1 : 0, entry, value);
}

static bool folio_can_be(struct khs_gather *g, struct memfd *m, const struct folio *f)
{
	if (!khs_gather_is_page(g, f->pfn << g->k->kernel.page_shift)) {
		bad_folio(g, m, KHS_F_MEMFD_PFN, m->handle, f->entry, f->index);
		return false;
	}
	if (f->flags & ~(uint64_t)KNOWN_FLAGS)
		bad_folio(g, m, KHS_F_MEMFD_FLAGS, f->pfn, f->entry, f->flags);
	if (f->index < m->next || f->index >= khs_gather_pages(g, m->size)) {
		bad_folio(g, m, KHS_F_MEMFD_INDEX, f->pfn, f->entry, f->index);
		return false;
	}
	return true;
}

/*
 * The block a folio is preserved in. One begins there, as a rule; where preservations overlap it is
 * the one that reaches to @gap pages on, where the next folio or the end of the file is, or else
 * comes nearest.
 */
static bool folio_block(const struct khs_gather *g, uint64_t pfn, uint64_t gap, unsigned int *order)
{
	unsigned int most = gap ? 63 - (unsigned int)__builtin_clzll(gap) : 0;

	if (khs_gather_block(g, pfn, most, order))
		return true;
	while (++most < KHS_ORDERS)
		if (khs_gather_block(g, pfn, most, order))
			return true;
	return false;
}

/* Incoming folios that are pending no more were restored, and of them no size is known. */
static void take_folio(struct khs_gather *g, struct memfd *m, const struct folio *f, uint64_t gap)
{
	struct khs_claim claim = {
		.pfn = f->pfn, .pages = 1, .owner = m->owner, .role = KHS_ROLE_DATA,
		.order = KHS_NO_ORDER, .offset = f->index << g->k->kernel.page_shift,
		.flags = (uint16_t)((f->flags & KNOWN_FLAGS) | KHS_CLAIM_OFFSET),
	};
	unsigned int order;

	m->not_dirty += !(f->flags & KHS_CLAIM_DIRTY);
	m->not_uptodate += !(f->flags & KHS_CLAIM_UPTODATE);
	if (folio_block(g, f->pfn, gap, &order)) {
		claim.pages = 1ull << order;
		claim.order = (uint8_t)order;
	} else {
		m->sized = false;
		if (g->direction == KHS_IN) {
			/* While its handle waits, so does the folio: retrieving takes both. */
			if (!g->side->busy && khs_gather_gone(g, f->pfn << g->k->kernel.page_shift))
				bad_folio(g, m, KHS_F_MEMFD_GONE, f->pfn, f->entry, f->index);
			m->next = f->index + 1;
			return;
		}
		if (g->map_complete)
			bad_folio(g, m, KHS_F_MEMFD_UNCOVERED, f->pfn, f->entry, f->index);
	}
	khs_gather_claim(g, &claim);
	m->pages += claim.pages;
	m->next = f->index + claim.pages;
}

/* The folio that waits, now that it is known where it must end. */
static void flush_folio(struct khs_gather *g, struct memfd *m, uint64_t end)
{
	if (!m->waits)
		return;
	m->waits = false;
	if (folio_can_be(g, m, &m->last))
		take_folio(g, m, &m->last, end > m->last.index ? end - m->last.index : 0);
	else
		m->sized = false;
}

static void take_entry(struct khs_gather *g, struct memfd *m, const uint8_t *raw)
{
	uint64_t word = khs_load64(raw), index = khs_load64(raw + 8);

	m->left--;
	m->done++;
	/* retrieve and unpreserve skip it. */
	if (!(word & PFN_MASK)) {
		m->sized = false;
		return;
	}
	flush_folio(g, m, index);
	m->waits = true;
	m->last = (struct folio){ m->done - 1, word & PFN_MASK, index, word >> PFN_BITS };
}

static void take_group(struct khs_gather *g, uint64_t pa, uint64_t bytes, void *arg)
{
	struct memfd *m = arg;
	uint8_t raw[4096];

	for (uint64_t at = 0; at < bytes && m->left && khs_gather_more(g); at += sizeof(raw)) {
		if (!khs_gather_read(g, m->owner, pa + at, raw, sizeof(raw))) {
			m->sized = false;
			return;
		}
		for (size_t i = 0; i < sizeof(raw) && m->left; i += ENTRY_SIZE)
			take_entry(g, m, raw + i);
	}
}

static void name_seals(struct khs_gather *g, uint32_t owner, uint32_t word)
{
	char text[64] = "";
	size_t at = 0;

	for (size_t i = 0; i < sizeof(seals) / sizeof(seals[0]); i++)
		if (word & seals[i].seal)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at ? "|" : "",
					       seals[i].name);
	khs_owner_text(g, owner, "seals", at ? text : "none");
}

static void take_folios(struct khs_gather *g, struct memfd *m, const uint8_t *raw, uint64_t count)
{
	struct khs_vmalloc v = khs_vmalloc_decode(raw);
	uint64_t room = ((uint64_t)v.total_pages << g->k->kernel.page_shift) / ENTRY_SIZE;
	bool whole;

	if (count > room) {
		khs_gather_fault(g, KHS_F_MEMFD_COUNT, m->owner, m->handle, 1, count, room);
		m->left = room;
		m->sized = false;
	}
	whole = khs_vmalloc_gather(g, m->owner, &v, m->handle << g->k->kernel.page_shift,
				   take_group, m);
	flush_folio(g, m, khs_gather_pages(g, m->size));
	if (whole && m->sized && !m->left && m->pages < khs_gather_pages(g, m->size))
		khs_gather_fault(g, KHS_F_MEMFD_SIZE, m->owner, m->handle, 1, m->pages,
				 khs_gather_pages(g, m->size));
	if (m->not_dirty)
		khs_owner_number(g, m->owner, "folios_not_dirty", m->not_dirty);
	if (m->not_uptodate)
		khs_owner_number(g, m->owner, "folios_not_uptodate", m->not_uptodate);
}

static void read_handle(struct khs_gather *g, struct memfd *m, const struct form *form,
			const uint8_t *raw)
{
	uint64_t count = khs_load64(raw + form->count_at);

	m->size = khs_load64(raw + SIZE);
	m->left = count;
	m->sized = true;
	khs_owner_number(g, m->owner, "pos", khs_load64(raw + POS));
	khs_owner_number(g, m->owner, "size", m->size);
	khs_owner_number(g, m->owner, "folios", count);
	if (form->seals_at) {
		uint32_t word = khs_load32(raw + form->seals_at);

		name_seals(g, m->owner, word);
		if (word & ~(uint32_t)KNOWN_SEALS)
			khs_gather_fault(g, KHS_F_MEMFD_SEALS, m->owner, m->handle, 1, word,
					 KNOWN_SEALS);
	}
	/* An empty file has no array (memfd_luo_preserve_folios()). */
	if (count)
		take_folios(g, m, raw + form->folios_at, count);
	else if (m->size)
		khs_gather_fault(g, KHS_F_MEMFD_SIZE, m->owner, m->handle, 1, 0,
				 khs_gather_pages(g, m->size));
}

void khs_gather_memfd(struct khs_gather *g, uint32_t owner, const struct khs_luo_file *file)
{
	const struct form *form = !strncmp(file->compatible, forms[0].compatible, 8) ? &forms[0] :
											&forms[1];
	struct memfd m = { .owner = owner, .handle = khs_gather_pfn(g, file->data) };
	uint8_t raw[48];

	if (!khs_gather_is_page(g, file->data) || khs_gather_gone(g, file->data)) {
		khs_gather_fault(g, KHS_F_MEMFD_HANDLE, owner, 0, 0, file->data, 0);
		khs_gather_incomplete(g, owner, "its handle is damaged");
		return;
	}
	if (!khs_gather_alive(g, file->data)) {
		khs_gather_incomplete(g, owner, "the struct page of its handle is not in the dump");
		return;
	}
	khs_gather_span(g, owner, KHS_ROLE_BLOB, m.handle, 1, KHS_F_UNCOVERED);
	if (khs_gather_read(g, owner, file->data, raw, form->size))
		read_handle(g, &m, form, raw);
}
