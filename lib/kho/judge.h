/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decision table: what one struct page is, given the rest of what is known. Each class is a
 * state no life cycle of struct page leaves behind, or the one state a KHO mark may legally be in.
 * Looks at one page and, for suspects only, at the few others that decide its case. It never judges
 * by bytes that are not in the dump.
 *
 * The life cycle: mm/mm_init.c:__init_single_page() first, then kernel/liveupdate/kexec_handover.c:
 * kho_preserved_memory_reserve() writes marks, kho_restore_page() takes them away.
 */
#ifndef KHS_KHO_JUDGE_H
#define KHS_KHO_JUDGE_H

#include "../mm/mem.h"
#include "kho.h"

enum khs_class {
	KHS_C_FINE,     /* nothing to say */
	KHS_C_PENDING,  /* P_OK: marked, and all else as the kernel leaves it */
	KHS_C_DEFERRED, /* H0: not initialised yet, and not due */
	KHS_C_N1,
	KHS_C_N2,
	KHS_C_N3,
	KHS_C_H1,
	KHS_C_H2,
	KHS_C_H3,
	KHS_C_H4,
	KHS_C_H5,
	KHS_C_H6,
	KHS_C_H7,
	KHS_C_H8,
	KHS_C_S1,
	KHS_C_S2,
	KHS_C_S3,
	KHS_C_S4,
	KHS_C_S5,
	KHS_C_S6,
	KHS_C_S7,
	KHS_C_S8,
	KHS_C_S9,
	KHS_C_S10,
	KHS_C_S11,
	KHS_NR_CLASSES,
};

struct khs_class_info {
	const char *name; /* "N1" */
	const char *text; /* what such a page is */
};

extern const struct khs_class_info khs_classes[KHS_NR_CLASSES];

/* What a page of @class is, as a sentence; @unsure as in the verdict. */
const char *khs_verdict_text(enum khs_class class, bool unsure);

struct khs_judge {
	const struct khs_mem *mem;
	const struct khs_kho *kho;
	unsigned int max_order; /* largest block of the buddy allocator */
};

struct khs_verdict {
	enum khs_class class;
	uint64_t head;           /* S3, S5: pfn of the block it lies in; else the page itself */
	unsigned int head_order;
	int64_t drift;           /* N3: its list words belong to a struct page this far away */
	bool unsure;             /* S3 at least: the head of the block is not in the dump */
};

/* The order of the largest block of the buddy allocator. */
unsigned int khs_max_order(const struct khs_mem *mem);

void khs_judge_init(struct khs_judge *j, const struct khs_mem *mem, const struct khs_kho *kho);

/* Judges a page by itself. @raw is its struct page. */
struct khs_verdict khs_judge_page(const struct khs_judge *j, uint64_t pfn, const uint8_t *raw);

/* Judges a page that lies inside the pending block at @head of @order, but is not its first. */
struct khs_verdict khs_judge_follower(const struct khs_judge *j, uint64_t pfn, const uint8_t *raw,
				      uint64_t head, unsigned int order);

/* Whether node and zone in @flags are ones that memmap init could have given @pfn. */
bool khs_links_ok(const struct khs_judge *j, uint64_t pfn, uint64_t flags);

/* The free buddy block that holds @pfn, if there is one. */
bool khs_find_free_block(const struct khs_judge *j, uint64_t pfn, uint64_t *head,
			 unsigned int *order);

/* Whether the page's list words are those of an element on some list: both neighbours agree. */
bool khs_page_listed(const struct khs_judge *j, uint64_t pfn, const struct khs_page *p);

/* Whether the struct page's mark names a block that can exist. */
bool khs_mark_plausible(const struct khs_judge *j, uint64_t pfn, unsigned int order);

#endif
