// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <string.h>

#include "report/sanitize.h"

static struct khs_error *run_status(struct khs_run_verb *r)
{
	return khs_print_status(r->k, r->out, r->cmd->json);
}

static struct khs_error *run_list(struct khs_run_verb *r)
{
	return khs_print_list(r->k, &r->cmd->filter, r->out, r->cmd->json);
}

static struct khs_error *run_page(struct khs_run_verb *r)
{
	return khs_print_page(r->k, r->cmd->kind, r->cmd->address, r->out, r->cmd->json);
}

/* Of the ranges of one owner so many are shown, if nothing else is asked for. */
#define OWNER_RANGES 4

static struct khs_error *run_owners(struct khs_run_verb *r)
{
	const struct khs_command *cmd = r->cmd;
	uint64_t limit = cmd->filter.limit ? cmd->filter.limit : OWNER_RANGES;

	if (cmd->has_address)
		return khs_print_owner_of(r->k, cmd->kind, cmd->address, r->out, cmd->json);
	return khs_print_owners(r->k, cmd->filter.directions, limit, r->out, cmd->json);
}

static struct khs_error *run_map(struct khs_run_verb *r)
{
	return khs_print_map(r->k, &r->cmd->filter, r->out, r->cmd->json);
}

static struct khs_error *run_check(struct khs_run_verb *r)
{
	int worst = -1;
	struct khs_error *err = khs_print_check(r->k, r->cmd->all, r->out, r->cmd->json,
						&worst);

	if (worst >= KHS_WARNING)
		r->status = KHS_EXIT_FOUND;
	else if (err ? khs_error_code(err) == KHS_ERR_NODATA : !khs_all_judged(r->k))
		r->status = KHS_EXIT_UNJUDGED;
	return err;
}

static struct khs_error *run_coverage(struct khs_run_verb *r)
{
	return khs_print_coverage(r->k, r->cmd->all, r->cmd->filter.limit, r->out, r->cmd->json);
}

static struct khs_error *run_preflight(struct khs_run_verb *r)
{
	const struct khs_preflight_options opts = { .size = sizeof(opts), .as = r->cmd->as };
	bool judged = false;
	int worst = -1;
	struct khs_error *err = khs_print_preflight(r->k, &opts, r->out, r->cmd->json, &worst,
						    &judged);

	if (worst >= KHS_WARNING)
		r->status = KHS_EXIT_FOUND;
	else if (err ? khs_error_code(err) == KHS_ERR_NODATA : !judged)
		r->status = KHS_EXIT_UNJUDGED;
	return err;
}

static struct khs_error *run_facts(struct khs_run_verb *r)
{
	struct khs_error *err;
	uint64_t differ;

	if (!r->cmd->verify)
		return khs_print_facts(r->k, r->out, r->cmd->json);
	err = khs_print_fact_checks(r->k, r->out, r->cmd->json, &differ);
	if (!err && differ)
		r->status = KHS_EXIT_FOUND;
	return err;
}

static struct khs_error *run_fdt(struct khs_run_verb *r)
{
	return khs_print_fdt(r->k, &r->cmd->fdt, r->out, r->cmd->json);
}

static struct khs_error *run_diff(struct khs_run_verb *r)
{
	struct khs_diff_summary sum;
	struct khs_error *err = khs_print_diff(r->old, r->k, &r->cmd->diff, r->cmd->all, r->out,
					       r->cmd->json, &sum);

	if (!err && sum.surprises)
		r->status = KHS_EXIT_FOUND;
	else if (!err && !sum.all_judged)
		r->status = KHS_EXIT_UNJUDGED;
	return err;
}

static struct khs_error *run_explain(struct khs_run_verb *r)
{
	return khs_print_explain(r->cmd->explain, &r->cmd->style, r->out);
}

const struct khs_verb_info khs_verbs[KHS_NR_VERBS] = {
	[KHS_VERB_STATUS] = { "status", NULL,
		"the handover on one screen; done when no verb is named", run_status },
	[KHS_VERB_LIST] = { "list", NULL,
		"preserved ranges, outgoing and incoming", run_list },
	[KHS_VERB_PAGE] = { "page", "ADDR",
		"all that is known of one page", run_page },
	[KHS_VERB_OWNERS] = { "owners", "[ADDR]",
		"whose the preserved pages are; with ADDR, of one page", run_owners },
	[KHS_VERB_CHECK] = { "check", NULL,
		"look for damage and print what was found", run_check },
	[KHS_VERB_REPORT] = { "report", NULL,
		"all of it for a bug report: text, JSON or HTML", khs_run_report },
	[KHS_VERB_MAP] = { "map", NULL,
		"a picture of memory: preserved, pending, scratch, findings", run_map },
	[KHS_VERB_COVERAGE] = { "coverage", NULL,
		"what could not be judged, and what the dump lacks", run_coverage },
	[KHS_VERB_PREFLIGHT] = { "preflight", NULL,
		"what would go wrong if the next kernel were started now", run_preflight },
	[KHS_VERB_FACTS] = { "facts", NULL,
		"each symbol and offset used, and where it came from", run_facts },
	[KHS_VERB_FDT] = { "fdt", "[in|out] [NAME]",
		"the handover FDT and its subtrees, decoded", run_fdt },
	[KHS_VERB_DIFF] = { "diff", "OLD NEW",
		"what became of what OLD's kernel preserved (not in crash)", run_diff },
	[KHS_VERB_EXPLAIN] = { "explain", "[FINDING]",
		"what a finding or a class means, and what to do", run_explain },
	[KHS_VERB_HELP] = { "help", "[VERB]",
		"print this, or the help of one verb", khs_run_help },
	[KHS_VERB_VERSION] = { "version", NULL,
		"print the version", khs_run_version },
};

enum khs_verb khs_verb_named(const char *word)
{
	enum khs_verb v = 0;

	while (v < KHS_NR_VERBS && strcmp(khs_verbs[v].name, word))
		v++;
	return v;
}

int khs_command_run(struct khs *k, const struct khs_command *cmd, FILE *out,
		    struct khs_error **ret)
{
	return khs_command_run_pair(NULL, k, cmd, out, ret);
}

int khs_command_run_pair(struct khs *old, struct khs *k, const struct khs_command *cmd, FILE *out,
			 struct khs_error **ret)
{
	struct khs_run_verb r = { .old = old, .k = k, .cmd = cmd, .out = out };
	struct khs_error *err = k ? khs_set_style(k, &cmd->style) : NULL;

	if (!err)
		err = khs_verbs[cmd->verb].run(&r);
	*ret = err;
	if (khs_error_code(err) == KHS_ERR_INTERRUPTED || (k && khs_interrupted(k)) ||
	    (old && khs_interrupted(old)))
		return KHS_EXIT_INTERRUPTED;
	if (!err)
		return r.status;
	return r.status == KHS_EXIT_UNJUDGED ? r.status : KHS_EXIT_FAILED;
}

void khs_say(FILE *out, const char *who, const char *kind, const char *message)
{
	fprintf(out, "%s: %s%s", who, kind ? kind : "", kind ? ": " : "");
	khs_put_clean(out, message);
	putc('\n', out);
}
