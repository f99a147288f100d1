// SPDX-License-Identifier: GPL-2.0-or-later
/* facts --verify: a line for each fact, a column for each source. */
#include <inttypes.h>
#include <string.h>

#include "report.h"

#define CELL 19

static void put_cell(FILE *out, const char *kind, const struct khs_fact_opinion *o)
{
	int64_t value = (int64_t)o->value;
	char s[48];

	if (!o->known)
		snprintf(s, sizeof(s), "-");
	else if (!strcmp(kind, "symbol") || value > INT32_MAX || value < INT32_MIN)
		snprintf(s, sizeof(s), "0x%" PRIx64, o->value);
	else if (o->size)
		snprintf(s, sizeof(s), "%" PRId64 ", %" PRIu64, value, o->size);
	else
		snprintf(s, sizeof(s), "%" PRId64, value);
	fprintf(out, " %-*s", CELL, s);
}

static void put_check_name(FILE *out, const char *kind, const char *name, const char *verdict)
{
	fprintf(out, "%-10s %-36s %-8s", kind, name, verdict);
}

void khs_text_checks_head(FILE *out, const struct khs_fact_check *check)
{
	put_check_name(out, "KIND", "NAME", "");
	for (size_t i = 0; i < check->nr_opinions; i++)
		fprintf(out, " %-*s", CELL, check->opinions[i].source);
	putc('\n', out);
}

void khs_text_check(FILE *out, const struct khs_fact_check *check)
{
	put_check_name(out, check->kind, check->name, check->differ ? "DIFFER" : "");
	for (size_t i = 0; i < check->nr_opinions; i++)
		put_cell(out, check->kind, &check->opinions[i]);
	putc('\n', out);
}

void khs_text_checks_tail(FILE *out, uint64_t facts, uint64_t compared, uint64_t differ)
{
	fprintf(out, "%" PRIu64 " facts, %" PRIu64 " known to more than one source; ", facts,
		compared);
	if (differ)
		fprintf(out, "of %" PRIu64 " the sources disagree\n", differ);
	else
		fputs("no source disagrees with another\n", out);
}
