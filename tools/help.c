// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <limits.h>
#include <string.h>

static const char *program(enum khs_door door)
{
	return door == KHS_DOOR_CLI ? "khoscope" : "kho";
}

/* Of a verb that takes one dump, or of any (KHS_NR_VERBS). */
static const char *dump_word(enum khs_door door, enum khs_verb v)
{
	bool one = v == KHS_NR_VERBS || (v < KHS_VERB_EXPLAIN && v != KHS_VERB_DIFF);

	return door == KHS_DOOR_CLI && one ? " VMCORE" : "";
}

/* @left in @width columns, then the lines of @help below each other. */
static void put_entry(FILE *out, const char *left, int width, const char *help)
{
	size_t n = strcspn(help, "\n");

	fprintf(out, "  %-*s %.*s\n", width, left, (int)n, help);
	while (help[n]) {
		help += n + 1;
		n = strcspn(help, "\n");
		fprintf(out, "  %-*s %.*s\n", width, "", (int)n, help);
	}
}

static void put_option(FILE *out, const struct khs_option *o, enum khs_door door)
{
	char letter = khs_option_letter(o, door);
	char left[40];

	snprintf(left, sizeof(left), "%c%c%c --%s%s%s", letter ? '-' : ' ', letter ? letter : ' ',
		 letter ? ',' : ' ', o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	put_entry(out, left, 24, o->help);
}

/* Options that any verb of @mask takes. */
static void put_options(FILE *out, enum khs_door door, unsigned int mask)
{
	fputs("\noptions:\n", out);
	for (const struct khs_option *o = khs_option_table; o->name; o++)
		if ((o->doors & door) && (o->verbs & mask))
			put_option(out, o, door);
}

static void put_addresses(FILE *out)
{
	static const struct {
		const char *left, *help;
	} forms[] = {
		{ "pfn:N", "a page frame number" },
		{ "phys:ADDR", "a physical address" },
		{ "page:ADDR", "the address of a struct page" },
		{ "virt:ADDR", "a kernel virtual address; \"virt:\" may be left out" },
	};

	fputs("\nADDR is one of (numbers are decimal, or 0x hexadecimal):\n", out);
	for (size_t i = 0; i < KHS_LEN(forms); i++)
		put_entry(out, forms[i].left, 24, forms[i].help);
}

static void put_statuses(FILE *out)
{
	fputs("\nexit status of check, report, preflight and diff:\n"
	      "  0  nothing found, and all was judged\n"
	      "  1  a finding of severity warning or error; a surprise\n"
	      "  2  bad usage, or a dump that cannot be opened\n"
	      "  3  nothing found, but part of the dump could not be judged\n", out);
}

static void put_overview(FILE *out, enum khs_door door)
{
	fprintf(out, "%s reads what Linux Kexec Handover (KHO) left in a dump.\n\n"
		     "usage: %s [VERB] [OPTIONS]%s\n\nverbs:\n",
		program(door), program(door), dump_word(door, KHS_NR_VERBS));
	for (enum khs_verb v = 0; v < KHS_NR_VERBS; v++) {
		const struct khs_verb_info *verb = &khs_verbs[v];
		char left[24];

		snprintf(left, sizeof(left), "%s%s%s", verb->name, verb->operand ? " " : "",
			 verb->operand ? verb->operand : "");
		put_entry(out, left, 19, verb->help);
	}
	put_options(out, door, UINT_MAX);
	put_addresses(out);
	if (door == KHS_DOOR_CLI)
		put_statuses(out);
}

static void put_topic(FILE *out, enum khs_door door, enum khs_verb v)
{
	const struct khs_verb_info *verb = &khs_verbs[v];

	fprintf(out, "%s %s: %s\n\nusage: %s %s [OPTIONS]%s%s%s\n", program(door), verb->name,
		verb->help, program(door), verb->name, verb->operand ? " " : "",
		verb->operand ? verb->operand : "", dump_word(door, v));
	put_options(out, door, 1u << v);
	if (v == KHS_VERB_PAGE || v == KHS_VERB_OWNERS)
		put_addresses(out);
	if (door == KHS_DOOR_CLI && (v == KHS_VERB_CHECK || v == KHS_VERB_PREFLIGHT ||
				     v == KHS_VERB_REPORT ||
				     v == KHS_VERB_DIFF))
		put_statuses(out);
}

struct khs_error *khs_run_help(struct khs_run_verb *r)
{
	if (r->cmd->topic == KHS_NR_VERBS)
		put_overview(r->out, r->cmd->door);
	else
		put_topic(r->out, r->cmd->door, r->cmd->topic);
	return NULL;
}

struct khs_error *khs_run_version(struct khs_run_verb *r)
{
	fprintf(r->out, "khoscope %s\n", khs_version());
	return NULL;
}
