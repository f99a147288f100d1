/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the gatherers share, one file for each kind of owner: adding owners, claims and faults,
 * and reading what owners say. Failures stick in struct khs_gather, so that gatherers need not hand
 * them on; they stop early by khs_gather_more().
 */
#ifndef KHS_OWNERS_GATHER_H
#define KHS_OWNERS_GATHER_H

#include "../kho/subtrees.h"
#include "../model.h"
#include "owners.h"

/* The runs of a map by order, for finding the block that begins at a pfn. */
struct khs_block_index {
	size_t *v;                     /* indices of runs, by order, then pfn */
	size_t first[KHS_ORDERS + 1];
};

struct khs_gather {
	struct khs *k;
	struct khs_owners *o;
	enum khs_direction direction;
	struct khs_owners_side *side;
	const struct khs_runs *map;      /* preserved, or pending */
	struct khs_extents pages;        /* the same as pfns */
	bool map_complete;
	struct khs_block_index blocks;
	bool no_memory, interrupted;
	uint32_t steps;
};

/* Whether to go on; asks for an interrupt now and then. */
bool khs_gather_more(struct khs_gather *g);

/* ---- owners --------------------------------------------------------------------------------- */

/* The new owner, or KHS_NO_OWNER without memory, which every function here takes as well. */
uint32_t khs_gather_owner(struct khs_gather *g, uint32_t parent, enum khs_owner_kind kind,
			  enum khs_owner_source source, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Keys are static strings; text may come from a dump. */
void khs_owner_number(struct khs_gather *g, uint32_t owner, const char *key, uint64_t value);
void khs_owner_hex(struct khs_gather *g, uint32_t owner, const char *key, uint64_t value);
void khs_owner_text(struct khs_gather *g, uint32_t owner, const char *key, const char *text);
void khs_owner_set_state(struct khs_gather *g, uint32_t owner, enum khs_owner_state state);

/* Not all could be read: @why is a sentence without a full stop. */
void khs_gather_incomplete(struct khs_gather *g, uint32_t owner, const char *why);
/* The owner is of a form not known here. */
void khs_gather_opaque(struct khs_gather *g, uint32_t owner);

/* ---- pages ---------------------------------------------------------------------------------- */

/* The block of the map that begins at @pfn; of several the largest of at most @max_order. */
bool khs_gather_block(const struct khs_gather *g, uint64_t pfn, unsigned int max_order,
		      unsigned int *order);
/* Whether the map holds @pfn. */
bool khs_gather_held(const struct khs_gather *g, uint64_t pfn);

/* Whether bytes at @pa may be trusted: incoming ones only while their page is pending. */
bool khs_gather_alive(const struct khs_gather *g, uint64_t pa);

/* Whether they are known to be none any more: that a struct page is absent proves nothing. */
bool khs_gather_gone(const struct khs_gather *g, uint64_t pa);

/* The claim as it is. */
void khs_gather_claim(struct khs_gather *g, const struct khs_claim *claim);

/*
 * Claims @pages pages from @pfn on, in the blocks that the map has there; a block that begins among
 * them is claimed whole. Of incoming ones what is pending; outgoing ones that are not preserved are
 * a fault, @uncovered. Returns the pages that the map holds of them.
 */
uint64_t khs_gather_span(struct khs_gather *g, uint32_t owner, enum khs_role role, uint64_t pfn,
			 uint64_t pages, enum khs_owner_fault_kind uncovered);

/* ---- faults --------------------------------------------------------------------------------- */

void khs_gather_fault(struct khs_gather *g, enum khs_owner_fault_kind kind, uint32_t owner,
		      uint64_t pfn, uint64_t pages, uint64_t first, uint64_t second);

/* ---- reading -------------------------------------------------------------------------------- */

/* Whether it is KHS_PRESENT; if not, that is noted, as khs_gather_incomplete() does. */
bool khs_gather_present(struct khs_gather *g, uint32_t owner, enum khs_presence presence);
/* False where the bytes are absent; that is then noted. */
bool khs_gather_read(struct khs_gather *g, uint32_t owner, uint64_t pa, void *buf, size_t len);
bool khs_gather_read_va(struct khs_gather *g, uint32_t owner, uint64_t va, void *buf, size_t len);

/* Member @need of the structure at @va: its first 8 bytes, less if it is smaller. */
bool khs_gather_member(struct khs_gather *g, uint32_t owner, uint64_t va, enum khs_need_id need,
		       uint64_t *value);
/* The physical address of @va; 0 if it has none. */
uint64_t khs_gather_phys(struct khs_gather *g, uint64_t va);
/* Text member @need as printable text. */
bool khs_gather_string(struct khs_gather *g, uint32_t owner, uint64_t va, enum khs_need_id need,
		       char *text, size_t size);

/* Whether @pa is the start of a page of memory. */
bool khs_gather_is_page(const struct khs_gather *g, uint64_t pa);

static inline uint64_t khs_gather_pfn(const struct khs_gather *g, uint64_t pa)
{
	return pa >> g->k->kernel.page_shift;
}

static inline uint64_t khs_gather_page_size(const struct khs_gather *g)
{
	return UINT64_C(1) << g->k->kernel.page_shift;
}

static inline uint64_t khs_gather_pages(const struct khs_gather *g, uint64_t bytes)
{
	unsigned int shift = g->k->kernel.page_shift;

	return (bytes >> shift) + !!(bytes & ((UINT64_C(1) << shift) - 1));
}

/* ---- the kinds ------------------------------------------------------------------------------ */

struct khs_owner_ops {
	const char *name; /* of the subtree; NULL: of any other name */
	enum khs_owner_kind kind;
	/*
	 * Reads the blob, whose pages are claimed already and alive, and claims what it holds.
	 * @size: bytes of the blob that may be read.
	 */
	void (*read)(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
		     uint64_t size);
	/* The same for a blob that is gone; NULL: there is nothing to be told then. */
	void (*gone)(struct khs_gather *g, uint32_t owner);
};

void khs_gather_root(struct khs_gather *g);
void khs_gather_tracker(struct khs_gather *g);

void khs_gather_metadata(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
			 uint64_t size);
void khs_gather_memblock(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
			 uint64_t size);
void khs_gather_memblock_table(struct khs_gather *g, uint32_t owner);
void khs_gather_luo(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
		    uint64_t size);
void khs_gather_luo_gone(struct khs_gather *g, uint32_t owner);
void khs_gather_kho_test(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
			 uint64_t size);

#endif
