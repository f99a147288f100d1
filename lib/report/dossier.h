/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that a report says, gathered once: status, findings in order, the pages they are about, who
 * owns what, a map, lines of the log, options of the configuration. It writes nothing;
 * dossier_text.c, dossier_json.c and dossier_html.c do, of one and the same.
 */
#ifndef KHS_REPORT_DOSSIER_H
#define KHS_REPORT_DOSSIER_H

#include "../map.h"
#include "sheaf.h"

#define KHS_MAIL_COLUMNS 75

struct khs_log_line {
	uint64_t ns;
	char *text; /* as it was in the log */
};

/* Lines of the log that are to the matter. */
struct khs_log_pick {
	struct khs_log_line *v;
	size_t n, cap;
	uint64_t more;      /* beyond those kept */
	char command_line[1024]; /* the words of it that matter; "" if none does */
	const char *why;    /* why there is no log; NULL if there is */
	bool no_memory;
};

struct khs_config_value {
	const char *option; /* "CONFIG_NUMA" */
	char value[32];     /* "y", "n"; "" unknown */
};

/* Who holds how much, shortly. */
struct khs_owner_line {
	enum khs_direction direction;
	unsigned int depth;
	uint64_t pages;
	char label[160];
	char state[16];
};

/* A page that a finding is about, or next to one. */
struct khs_report_page {
	uint64_t pfn;
	size_t finding; /* place in the order of the sheaf, from 0 */
	char role[12];  /* "first", "before", "behind" */
};

struct khs_report {
	struct khs *k;
	char *dump, *again; /* as the caller has them; NULL if it said nothing */
	const struct khs_status *st;
	bool all_judged;
	struct khs_sheaf sheaf; /* by cause */
	struct khs_map map;
	struct khs_log_pick log;
	struct khs_config_value *config; /* ends with one without option */
	const char *why_no_config; /* NULL: it was read */
	struct khs_owner_line *owners;
	size_t nr_owners, cap_owners;
	uint64_t more_owners;
	struct khs_report_page *pages;
	size_t nr_pages, cap_pages;
	uint64_t more_pages; /* findings whose pages are left out */
	char libraries[256];
	bool no_memory;
};

/* The parts, for whoever gathers: log lines and options that matter. NOMEM through no_memory. */
void khs_pick_log(struct khs_kernel *kernel, struct khs_log_pick *pick);
void khs_pick_deinit(struct khs_log_pick *pick);
/* An array as above, to be freed; NULL without memory. */
struct khs_config_value *khs_pick_config(struct khs *k, const char **why);

/* The three forms. */
struct khs_error *khs_dossier_text(const struct khs_report *r, FILE *out);
struct khs_error *khs_dossier_json(const struct khs_report *r, FILE *out);
struct khs_error *khs_dossier_html(const struct khs_report *r, FILE *out);

/* What comes before the findings, and what behind all; @label NULL: goes on with the one above. */
typedef void khs_dossier_fact_fn(void *arg, const char *label, const char *value);
void khs_dossier_facts(const struct khs_report *r, khs_dossier_fact_fn *fact, void *arg);
void khs_dossier_maker(const struct khs_report *r, khs_dossier_fact_fn *fact, void *arg);

/* State, struct page unless the finding has it, what covers it: lines of text, sanitised. */
void khs_dossier_page(const struct khs_report *r, const struct khs_report_page *page, FILE *out);
/* "[   12.345678] " */
void khs_dossier_stamp(const struct khs_log_line *line, FILE *out);

/* "KHO: 1 error, 0 warnings, 0 notes in a dump of Linux 7.3.4 (x86_64)"; not sanitised yet. */
void khs_dossier_subject(const struct khs_report *r, FILE *out);

#endif
