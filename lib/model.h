/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an open handle is: the dead kernel, its memory, its handover, the census of its pages and
 * their owners, each read at most once and in this order. Checks and reports take it read-only.
 */
#ifndef KHS_MODEL_H
#define KHS_MODEL_H

#include "facts/kernel.h"
#include "kho/census.h"
#include "kho/kho.h"
#include "mm/mem.h"
#include "owners/owners.h"

struct khs {
	struct khs_kernel kernel;
	struct khs_mem mem;
	struct khs_kho kho;
	struct khs_census census;
	struct khs_owners owners;
	bool have_mem;    /* mem is usable; else mem_error says why not */
	char mem_error[256];
	bool have_census;
	bool have_owners;
	bool have_status; /* status is filled, and stays as it is */
	struct khs_status status;
	struct khs_scratch *status_scratch;
	struct khs_node_total *node_totals[2];
	struct khs_preflight_info preflight;
	struct khs_style style;
	char libraries[128]; /* that read the dump, with their versions */
	struct khs_page_info page;
	uint64_t page_words[KHS_PAGE_MAX / 8];
	char page_text[256]; /* backs page.state and page.section_state */
	char section_text[64];
	char owner_text[2][256];
};

/*
 * The rest of opening: @k's kernel is open, or @err says why it is not. Takes over both; *@ret is
 * the handle.
 */
struct khs_error *khs_open_model(struct khs *k, struct khs_error *err, struct khs **ret);

/* Takes the census if that was not done yet. */
struct khs_error *khs_need_census(struct khs *k);

/* Forgets what was read of the handover and of struct pages, and reads the handover anew. */
struct khs_error *khs_look_again(struct khs *k);
/* The pfn of an address that a caller named; NOTFOUND if it has no memory map. */
struct khs_error *khs_resolve(struct khs *k, enum khs_address_kind kind, uint64_t address,
			      uint64_t *pfn);

/*
 * A structure of the caller's, @from, which names its own size first: what of it is known here; the
 * rest, if the caller was built against a smaller one, is zero. False if there is no size in it.
 */
static inline bool khs_take(void *to, size_t size, const void *from)
{
	size_t theirs;

	memcpy(&theirs, from, sizeof(theirs));
	memset(to, 0, size);
	if (theirs < sizeof(theirs))
		return false;
	memcpy(to, from, theirs < size ? theirs : size);
	return true;
}

/* Whether what was read of the outgoing map is all of it. */
static inline bool khs_out_complete(const struct khs *k)
{
	return k->kho.out_known && !k->kho.nodes_absent;
}

/*
 * Whether the memory map can say anything of the handover: KHO is enabled, or nobody knows, and
 * struct page is known.
 * The ABI of the map has no say in it: marks never leave the kernel that writes them, so they are
 * what its own types say (union kho_page_info), whatever it has agreed on with others.
 */
bool khs_can_judge(const struct khs *k);

/* Whether marks tell which pages are pending, or it is known that none are. */
static inline bool khs_marks_tell(const struct khs *k)
{
	bool none = k->kho.handover_known && !k->kho.handover_boot;

	return k->mem.layout.has_magic || (k->kho.marks_bare && none);
}

#endif
