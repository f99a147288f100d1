/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thing at a time as text or as JSON. These functions see data, never a handle: they judge
 * nothing, sort nothing and ask nothing. The public khs_print_*() functions (print.c) put the
 * pieces together and look after errors of the stream.
 */
#ifndef KHS_REPORT_REPORT_H
#define KHS_REPORT_REPORT_H

#include <jansson.h>

#include "../khoscope.h"

#define KHS_SCHEMA 1
#define KHS_NR_SEVERITIES (KHS_ERROR + 1)

const char *khs_presence_name(enum khs_presence presence); /* "excluded from the dump" */
const char *khs_image_name(enum khs_image_state image); /* "none", "hands-over" */
const char *khs_direction_name(enum khs_direction direction); /* "in", "out" */

/*
 * Text. Failures are left in the stream's error flag; every string is sanitised on its way, as none
 * of them can be trusted to come from this program.
 */
void khs_text_status(FILE *out, const struct khs_status *st, bool all_judged);
void khs_text_sentence(FILE *out, const char *sentence); /* wrapped at 80 columns */
/* Gaps: the dump, a line for each gap, what is known of all memory. */
void khs_text_coverage_head(FILE *out, const struct khs_status *st, bool all_judged);
void khs_text_gaps_head(FILE *out);
void khs_text_gap(FILE *out, const struct khs_gap *gap, uint64_t page_size);
void khs_text_coverage_tail(FILE *out, const struct khs_memory_total *total, uint64_t left);
void khs_text_list_head(FILE *out);
void khs_text_range(FILE *out, const struct khs_range *range, uint64_t page_size);
/* @count ranges of @pages pages were listed; @cut: there may be more. */
void khs_text_list_tail(FILE *out, uint64_t count, uint64_t pages, uint64_t page_size, bool cut);
void khs_text_page(FILE *out, const struct khs_page_info *page);
void khs_text_facts_head(FILE *out);
/* A column for each source, the same for every fact. */
void khs_text_checks_head(FILE *out, const struct khs_fact_check *check);
void khs_text_check(FILE *out, const struct khs_fact_check *check);
void khs_text_checks_tail(FILE *out, uint64_t facts, uint64_t compared, uint64_t differ);
void khs_text_fact(FILE *out, const struct khs_fact_info *fact);
void khs_text_finding(FILE *out, const struct khs_style *style, const struct khs_finding *finding);
/* Its first line alone. */
void khs_text_finding_line(FILE *out, const struct khs_style *style,
			   const struct khs_finding *finding);
/* A line of evidence that names the cause. */
void khs_text_explained(FILE *out, const struct khs_finding *cause);
/* @count: findings by severity; @explained of them have a cause. One line. */
void khs_text_verdict(FILE *out, const struct khs_style *style,
		      const uint64_t count[KHS_NR_SEVERITIES], uint64_t explained,
		      const struct khs_status *st, bool all_judged);

/* A blob is its head, its items or bytes, and its end. */
void khs_text_blob_head(FILE *out, const struct khs_blob *blob);
void khs_text_item(FILE *out, const struct khs_item *item);
void khs_text_blob_bytes(FILE *out, uint64_t offset, const uint8_t *data, size_t len);
void khs_text_blob_end(FILE *out, enum khs_presence presence);

void khs_text_diff_head(FILE *out, const struct khs_status *old, const struct khs_status *new_,
			const struct khs_diff_summary *sum);
void khs_text_diff_table(FILE *out, const struct khs_diff_summary *sum, uint64_t page_size);
void khs_text_diff_ranges_head(FILE *out);
void khs_text_diff_range(FILE *out, const struct khs_diff_range *range, uint64_t page_size);
void khs_text_diff_tail(FILE *out, const struct khs_diff_summary *sum);

/* Bytes of one number of a property, 0 if it has none; and the @i-th of them. */
size_t khs_item_width(enum khs_item_value value);
size_t khs_item_count(const struct khs_item *item);
uint64_t khs_item_number(const struct khs_item *item, size_t i);
void khs_text_preflight_head(FILE *out, const struct khs_preflight_info *info,
			     const struct khs_status *st);
void khs_text_preflight_verdict(FILE *out, const struct khs_style *style,
				const uint64_t count[KHS_NR_SEVERITIES],
				const struct khs_preflight_info *info);
/*
 * Owners: the head of one direction, owners under it, and of each of them ranges; @more further
 * ranges of @pages pages are not shown.
 */
void khs_text_owners_head(FILE *out, enum khs_direction direction,
			  const struct khs_owners_total *total, uint64_t page_size);
void khs_text_owner(FILE *out, const struct khs_owner *owner, uint64_t page_size);
void khs_text_owner_range(FILE *out, const struct khs_owner_range *range, unsigned int depth);
void khs_text_owner_more(FILE *out, uint64_t more, uint64_t pages, unsigned int depth);
/* One page: what it is, then its owners. */
void khs_text_owned_page(FILE *out, uint64_t pfn, uint64_t page_size);
void khs_text_owned_by(FILE *out, const struct khs_owner_range *range, const char *sentence,
		       uint64_t page_size);

/* JSON (docs/json.md). New references, NULL without memory. */
json_t *khs_json_status(const struct khs_status *st, bool all_judged);
json_t *khs_json_gap(const struct khs_gap *gap, uint64_t page_size);
json_t *khs_json_coverage(const struct khs_status *st, bool all_judged,
			  const struct khs_memory_total *total);
json_t *khs_json_range(const struct khs_range *range);
json_t *khs_json_page(const struct khs_page_info *page);
json_t *khs_json_owners_total(enum khs_direction direction, const struct khs_owners_total *total);
json_t *khs_json_owner(const struct khs_owner *owner);
json_t *khs_json_owner_range(const struct khs_owner_range *range);
json_t *khs_json_fact_check(const struct khs_fact_check *check);
json_t *khs_json_fact(const struct khs_fact_info *fact);
json_t *khs_json_finding(const struct khs_finding *finding);
json_t *khs_json_blob(const struct khs_blob *blob);
json_t *khs_json_node(const struct khs_item *item);
json_t *khs_json_property(const struct khs_item *item);
json_t *khs_json_diff_range(const struct khs_diff_range *range);
/* All but the ranges. */
json_t *khs_json_diff(const struct khs_status *old, const struct khs_status *new_,
		      const struct khs_diff_summary *sum);
/* A sentence that may be empty. */
json_t *khs_json_why(const char *why);

json_t *khs_json_preflight(const struct khs_preflight_info *info);

/* What an answer begins with: {"schema", "khoscope"}. */
json_t *khs_json_envelope(void);

static inline void khs_json_freep(json_t **p)
{
	json_decref(*p);
}

#define _cleanup_json_ __attribute__((__cleanup__(khs_json_freep)))

#endif
