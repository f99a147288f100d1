/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose the preserved pages are: a tree of owners for each direction, and the page ranges each of
 * them claims. Owners are what the root FDT, the subtrees under it and LUO's own lists say; what
 * the map preserves and nobody claims belongs to the owner called unknown. What was wrong on the
 * way is kept as faults for the checks. Gathered once, on demand, then read-only.
 *
 * It judges no struct page and trusts no bytes that may have been freed: what was handed to this
 * kernel is read only while its pages are still pending, as whoever consumes them restores them
 * first (kernel/liveupdate/kexec_handover.c:kho_restore_page() takes the mark away).
 *
 * Memory grows with owners and runs of pages: a file whose pages follow each other both in the file
 * and in memory is one range, whatever its size.
 */
#ifndef KHS_OWNERS_OWNERS_H
#define KHS_OWNERS_OWNERS_H

#include "../base/extents.h"
#include "../khoscope.h"
#include "faults.h"

#define KHS_NO_OWNER UINT32_MAX

enum khs_owner_kind {
	KHS_O_ROOT_FDT,
	KHS_O_TRACKER,     /* the map's own pages; not preserved, the next kernel frees them */
	KHS_O_METADATA,
	KHS_O_MEMBLOCK,
	KHS_O_RESERVE_MEM, /* a region of memblock */
	KHS_O_LUO,
	KHS_O_SESSION,
	KHS_O_FILE,
	KHS_O_FLBS,        /* the page that lists the FLBs */
	KHS_O_FLB,
	KHS_O_KHO_TEST,
	KHS_O_BLOB,        /* a subtree of a name that is not known here */
	KHS_O_UNKNOWN,
	KHS_NR_OWNER_KINDS,
};

/* Where it was learned that the owner exists. */
enum khs_owner_source {
	KHS_FROM_FDT,        /* the root FDT, or an FDT under it */
	KHS_FROM_RUNTIME,    /* lists of the dumped kernel */
	KHS_FROM_SERIALIZED, /* what is written for the next kernel, or by the one before */
	KHS_FROM_MAP,        /* the outgoing map itself, or the marks */
};

enum khs_owner_state {
	KHS_OWNER_ALIVE,
	KHS_OWNER_GONE,       /* incoming: consumed, its pages were restored */
	KHS_OWNER_UNREADABLE, /* what it says of its pages is not in the dump, or damaged */
	KHS_OWNER_OPAQUE,     /* of a form not known here: it may own more than is listed */
};

/* What a range of pages is to its owner, and with that how the next kernel takes it over. */
enum khs_role {
	KHS_ROLE_BLOB,   /* the handle, descriptor or FDT itself: kho_restore_free() */
	KHS_ROLE_BLOCK,  /* a block of a chain of entries (struct kho_block_header_ser) */
	KHS_ROLE_CHUNK,  /* of the list of pages of a vmalloc preservation */
	KHS_ROLE_ARRAY,  /* pages of a vmalloc area: kho_restore_vmalloc() */
	KHS_ROLE_DATA,   /* folios with what is handed over: kho_restore_folio() */
	KHS_ROLE_REGION, /* memory of a reserve_mem region: never restored */
	KHS_ROLE_NODE,   /* a page of the map */
	KHS_ROLE_NONE,   /* of unknown */
	KHS_NR_ROLES,
};

/* Flags of a claim. */
enum {
	KHS_CLAIM_DIRTY = 1,    /* MEMFD_LUO_FOLIO_DIRTY */
	KHS_CLAIM_UPTODATE = 2, /* MEMFD_LUO_FOLIO_UPTODATE */
	KHS_CLAIM_HELD = 4,     /* all of it is preserved, or pending */
	KHS_CLAIM_OFFSET = 8,   /* offset means something */
};

/* The order of pages of which no one block is known. */
#define KHS_NO_ORDER 0xff

/*
 * Pages of one owner that follow each other in memory, in what the owner holds, and in blocks of
 * one order.
 */
struct khs_claim {
	uint64_t pfn;
	uint64_t pages;
	uint64_t offset; /* bytes: of the first page in the file, region, blob or array */
	uint32_t owner;
	uint8_t order;   /* of the preserved blocks */
	uint8_t role;
	uint16_t flags;
};

struct khs_owner_node {
	enum khs_owner_kind kind;
	enum khs_direction direction;
	enum khs_owner_source source;
	enum khs_owner_state state;
	uint32_t parent; /* KHS_NO_OWNER: at the top */
	unsigned int depth;
	char name[72];   /* printable; "" if it has none */
	bool has_token;
	uint64_t token;  /* of a file */
	bool serialized; /* LUO: it was written for the next kernel already */
	struct khs_evidence *attributes; /* strings are malloc()ed */
	size_t nr_attributes, cap_attributes;
	size_t first_claim, nr_claims; /* in claims[] */
	uint64_t own_pages; /* preserved, or pending, and claimed by itself */
	uint64_t pages;     /* ... or by owners below it */
};

/* One direction. */
struct khs_owners_side {
	bool complete;       /* all that owners say of their pages was there and understood */
	char why[160];       /* the first reason why not */
	uint32_t unread_owner; /* of whom it is; valid if not complete */
	bool opaque;         /* an owner may own more than can be told; @opaque_owner: the first */
	uint32_t opaque_owner;
	bool busy;           /* LUO was at work when the kernel died: lists and counts may differ */
	size_t *by_pfn;      /* indices in claims[], by pfn */
	uint64_t *reach;     /* the highest end of by_pfn[0..i] */
	size_t nr_by_pfn;
	struct khs_extents claimed; /* pfns that have an owner */
	struct khs_extents unknown; /* preserved, or pending, pfns that have none */
	uint64_t pages, owned_pages;
};

struct khs_owners {
	struct khs_owner_node *nodes; /* an owner comes before those below it */
	size_t nr_nodes, cap_nodes;
	struct khs_claim *claims;     /* by owner */
	size_t nr_claims, cap_claims;
	struct khs_owners_side side[2]; /* outgoing, incoming */
	struct khs_owner_fault *faults;
	size_t nr_faults, cap_faults;
	uint64_t more_faults;         /* beyond what is kept */
};

static inline struct khs_owners_side *khs_owners_side(struct khs_owners *o,
						      enum khs_direction direction)
{
	return &o->side[direction == KHS_IN];
}

/* Whether what has no owner here has none at all. */
static inline bool khs_owners_tell_all(const struct khs_owners_side *side)
{
	return side->complete && !side->opaque && !side->busy;
}

/* Gathers the owners of @k if that was not done yet; takes the census first. */
struct khs_error *khs_need_owners(struct khs *k);
void khs_owners_deinit(struct khs_owners *owners);

/*
 * Visits the claims that hold @pfn, the later in memory first; false from @visit ends it. The
 * unknown owner's are among them.
 */
void khs_owners_find(const struct khs_owners *owners, enum khs_direction direction, uint64_t pfn,
		     bool (*visit)(void *arg, const struct khs_claim *claim), void *arg);

/* "LUO session vm0", "file 0x1 (memfd-v2)". */
void khs_owner_label(const struct khs_owner_node *node, char *buf, size_t size);
/* The same with the owners above it: "file 0x1 (memfd-v2) of LUO session vm0". */
void khs_owner_path(const struct khs_owners *owners, uint32_t owner, char *buf, size_t size);
/* What @pfn is to its owner: "data at offset 0x1000 of file 0x1 (memfd-v2) of LUO session vm0". */
void khs_owner_sentence(const struct khs_owners *owners, const struct khs_claim *claim,
			uint64_t pfn, unsigned int page_shift, char *buf, size_t size);

/* What JSON calls it. */
const char *khs_owner_kind_name(enum khs_owner_kind kind);
const char *khs_owner_state_name(enum khs_owner_state state);
const char *khs_owner_source_name(enum khs_owner_source source);
const char *khs_role_name(enum khs_role role);

#endif
