/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Checks and what they emit. A check takes the model read-only, looks for one kind of thing, and
 * hands each finding, by pfn, to the emitter; it prints nothing, remembers nothing, and knows no
 * other check. Text of a finding lives in the draft, so a check may build it from locals.
 */
#ifndef KHS_CHECKS_CHECK_H
#define KHS_CHECKS_CHECK_H

#include "../model.h"

struct khs_emitter {
	struct khs *k;
	void (*visit)(void *arg, const struct khs_finding *finding);
	void *arg;
};

enum { KHS_MAX_EVIDENCE = 24, KHS_DRAFT_TEXT = 4096 };

/* A finding being put together. */
struct khs_draft {
	struct khs_finding f;
	struct khs_evidence evidence[KHS_MAX_EVIDENCE];
	char text[KHS_DRAFT_TEXT];
	size_t used;
};

/* About @pages pages from @pfn. @order -1: none. The node is that of @pfn. */
void khs_draft_init(struct khs_draft *d, const struct khs *k, const char *id,
		    const char *class_name, enum khs_severity severity, uint64_t pfn,
		    uint64_t pages, int order);
/* About no page in particular. */
void khs_draft_init_global(struct khs_draft *d, const char *id, enum khs_severity severity);

void khs_draft_summary(struct khs_draft *d, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Evidence beyond what fits is left out; keys are static strings. */
void khs_draft_hex(struct khs_draft *d, const char *key, uint64_t value);
void khs_draft_number(struct khs_draft *d, const char *key, uint64_t value);
void khs_draft_signed(struct khs_draft *d, const char *key, int64_t value);
void khs_draft_string(struct khs_draft *d, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void khs_draft_emit(struct khs_draft *d, const struct khs_emitter *to);

/*
 * Adds an entry to a list in words at @text + *@at, all of it or, for lack of room, only ", ...":
 * half a pfn would be another pfn. False if it did not fit, and then no more will.
 */
bool khs_list_add(char *text, size_t size, size_t *at, const char *glue, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/*
 * Evidence a kernel developer asks for first: the struct page's address, words and decoded fields.
 */
void khs_draft_page(struct khs_draft *d, const struct khs *k, uint64_t pfn, const uint8_t *raw);

/* The finding about a page that the census suspects. */
void khs_emit_suspect(struct khs *k, const struct khs_suspect *s, const struct khs_emitter *to);

/* Whether leftover-split says something of @pfn. */
enum khs_leftover { KHS_LEFTOVER_NO, KHS_LEFTOVER_MAYBE, KHS_LEFTOVER_PROVEN };
struct khs_error *khs_find_leftover(const struct khs *k, uint64_t pfn, enum khs_leftover *ret);
/* The pfns that it says something proven of, added to @ret, which the caller frees. */
struct khs_error *khs_find_leftovers(const struct khs *k, struct khs_extents *ret);

/* A family; those that serve several ids tell them apart by @check->id. */
typedef struct khs_error *khs_check_fn(struct khs *k, const struct khs_check_info *check,
				       const struct khs_emitter *to);

/* The table: what khs_checks() returns, and who finds it. */
extern const struct khs_check_info khs_check_infos[];
extern khs_check_fn *const khs_check_fns[];
extern const size_t khs_nr_checks;

khs_check_fn khs_check_pages;   /* raw-page, half-init, stale-mark, order-mismatch */
khs_check_fn khs_check_spans;   /* cross-node, cross-zone */
khs_check_fn khs_check_not_ram;
khs_check_fn khs_check_overlap;
khs_check_fn khs_check_freed;
khs_check_fn khs_check_scratch;
khs_check_fn khs_check_split;
khs_check_fn khs_check_tracker;
khs_check_fn khs_check_serialized; /* map-mismatch */
khs_check_fn khs_check_image;
khs_check_fn khs_check_orphan;
khs_check_fn khs_check_leak;
khs_check_fn khs_check_owners;  /* blob-uncovered, blob-damage, ...: the faults of owners/ */

#endif
