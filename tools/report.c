// SPDX-License-Identifier: GPL-2.0-or-later
/* The verb report: to the screen, or into the files that were made for it. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "command.h"
#include "outputs.h"

static struct khs_error *make(struct khs_run_verb *r, struct khs_report **report)
{
	const struct khs_command *cmd = r->cmd;
	_cleanup_free_ char *again = NULL;
	const char *name = cmd->dump_name;
	struct khs_report_options opts = { .size = sizeof(opts) };

	if (cmd->dump)
		name = strrchr(cmd->dump, '/') ? strrchr(cmd->dump, '/') + 1 : cmd->dump;
	if (asprintf(&again, cmd->door == KHS_DOOR_CLI ? "khoscope report %s" :
		     "kho report, in crash on %s", name ? name : "the dump") < 0)
		return khs_enomem();
	opts.dump = name;
	opts.again = again;
	return khs_report_make(r->k, &opts, report);
}

/* The same as check's: a report is a check that is kept. */
static int status_of(struct khs_run_verb *r, const struct khs_report *report)
{
	if (khs_report_worst(report) >= KHS_WARNING)
		return KHS_EXIT_FOUND;
	return khs_all_judged(r->k) ? KHS_EXIT_OK : KHS_EXIT_UNJUDGED;
}

/* Says where it went. */
static void put_places(const struct khs_outputs *o, FILE *out)
{
	for (size_t i = 0; i < KHS_NR_OUTPUTS; i++)
		if (o->v[i].path)
			fprintf(out, "%s\n", o->v[i].path);
}

static struct khs_error *print(struct khs_run_verb *r, struct khs_outputs *outputs,
			       const struct khs_report *report)
{
	struct khs_error *err;

	if (!r->cmd->output)
		return khs_report_print(report, r->cmd->json ? KHS_REPORT_JSON : KHS_REPORT_TEXT,
					r->out);
	err = khs_outputs_write(outputs, report);
	if (!err)
		put_places(outputs, r->out);
	return err;
}

struct khs_error *khs_run_report(struct khs_run_verb *r)
{
	struct khs_outputs own = { .whole = false };
	struct khs_outputs *outputs = r->cmd->outputs ? r->cmd->outputs : &own;
	struct khs_report *report = NULL;
	struct khs_error *err = NULL;

	if (r->cmd->output && !r->cmd->outputs)
		err = khs_outputs_create(&own, r->cmd->output);
	if (!err)
		err = make(r, &report);
	if (!err)
		err = print(r, outputs, report);
	if (!err)
		r->status = status_of(r, report);
	khs_report_free(report);
	khs_outputs_deinit(&own);
	return err;
}
