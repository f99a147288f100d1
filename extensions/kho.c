// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command kho of crash: khoscope's verbs over the dump that crash has open. crash supplies
 * memory, symbols and types; the dump file's own tables say which of that memory is in the file.
 * Of a running system crash supplies symbols and types alone: its memory is read from /proc/kcore.
 *
 * This and answers.c include crash's header, no other file does. That header has no stable
 * layout, so an extension is good for the crash whose header it was built against. Which one that
 * was, the build passes as KHS_CRASH_VERSION; `kho version` and `help kho` show it, and loading
 * into another one warns.
 * What is said of crash here was read in the sources of 9.0.2 and tried with it.
 *
 * crash leaves a command by longjmp() at many places: in its SIGINT handler, in every question to
 * its gdb when the reader of the output is gone, in error(FATAL). So a command has two halves. The
 * first asks gdb all that will ever be asked, and holds nothing that is not static. The second
 * holds memory and threads, and calls nothing of crash but readmem() with RETURN_ON_ERROR. In both
 * SIGINT is blocked and polled for; crash gets it when the command is over and everything is
 * released.
 */
#include "defs.h"

#include <inttypes.h>
#include <signal.h>

#include "../tools/progress.h"
#include "../tools/stream.h"
#include "../tools/verbs.h"
#include "answers.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "sigint.h"

#ifndef KHS_CRASH_VERSION
#define KHS_CRASH_VERSION "unknown"
#endif

#define NAME "kho"

/*
 * Kept from command to command, until the extension is unloaded: on a large dump counting the pages
 * takes minutes, and a dump does not change. It holds ranges, nothing that grows with the dump, and
 * is given up after a command that did not get to its end, and after any on a running system.
 */
static struct khs *handle;

static struct khs_stream stream;
static FILE *warnings;
static struct khs_progress progress;
static sigset_t mask_before;

/* ---- SIGINT --------------------------------------------------------------------------------- */

/*
 * crash calls this before the next prompt if hold() was not followed by release(): somebody left by
 * longjmp(). By now the pipe that the output went to is closed. A handle is at rest while gdb is
 * asked, and nothing else that is called leaves that way.
 */
static void clean_up(void *arg)
{
	(void)arg;
	pc->cmd_cleanup = NULL;
	khs_stream_abandon(&stream);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

static void hold(void)
{
	sigset_t set;

	stream.gone = false;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, &mask_before);
	pc->cmd_cleanup_arg = NULL;
	pc->cmd_cleanup = clean_up;
}

/*
 * A SIGINT that waited goes to crash's handler here, so that it also ends a repeated command or an
 * input file, as it does anywhere else in crash. Then this does not return.
 */
static void release(void)
{
	pc->cmd_cleanup = NULL;
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

/* ---- memory --------------------------------------------------------------------------------- */

/*
 * Page by page, so that it is known how far it came. It is asked only for what is in the file. Else
 * crash makes up zeros for the rest of an ELF segment, zeros for excluded pages under "set
 * zero_excluded", the page before for one that a flattened file lacks, and reads on behind the last
 * segment.
 */
static enum khs_presence on_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	char *to = buf;

	(void)priv;
	for (*done = 0; *done < len;) {
		size_t n = PAGESIZE() - (pa + *done) % PAGESIZE();

		if (n > len - *done)
			n = len - *done;
		if (kho_interrupted())
			return KHS_UNREAD;
		if (!readmem(pa + *done, PHYSADDR, to + *done, (long)n, NAME,
			     RETURN_ON_ERROR | QUIET))
			return KHS_DAMAGED; /* it is in the file, and did not unpack */
		*done += n;
	}
	return KHS_PRESENT;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* Why what crash has open can't be judged; NULL if it can. */
static const char *refusal(void)
{
	if (REMOTE_MEMSRC() || (ACTIVE() && !LOCAL_ACTIVE()))
		return "memory of another machine that runs is not read";
	if (XEN_HYPER_MODE() || XEN_CORE_DUMPFILE())
		return "dumps of Xen are not read";
	return NULL;
}

static bool on_interrupted(void *arg)
{
	(void)arg;
	return kho_interrupted();
}

static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	(void)arg;
	khs_progress_show(&progress, what, done, total);
}

static void wipe_progress(void *arg)
{
	(void)arg;
	khs_progress_wipe(&progress);
}

static void on_warning(void *arg, const char *message)
{
	(void)arg;
	khs_progress_wipe(&progress);
	khs_say(warnings, NAME, "warning", message);
}

/*
 * By descriptor: since crash opened the dump, "cd" may have made its name another one. A flattened
 * one is put in order, which takes room and time as with the command line tool: crash reads it in
 * place, but its index does not tell what a dump that was cut short lacks.
 */
static struct khs_error *open_handle(void)
{
	static const struct khs_options options = {
		.size = sizeof(options),
		.interrupted = on_interrupted,
		.progress = on_progress,
		.warn = on_warning,
	};
	char path[PATH_MAX];
	struct khs_source source = {
		.size = sizeof(source),
		.name = "crash",
		.file = path,
		.read = on_read,
	};

	snprintf(path, sizeof(path), "/proc/self/fd/%d", pc->dfd);
	if (LOCAL_ACTIVE())
		snprintf(path, sizeof(path), "%s", "/proc/kcore");
	else if (access(path, R_OK))
		snprintf(path, sizeof(path), "%s", pc->dumpfile);
	kho_answer(&source);
	return khs_open_source(&source, &options, &handle);
}

static void close_handle(void)
{
	khs_close(handle);
	handle = NULL;
}

/* ---- the command ---------------------------------------------------------------------------- */

/* Where diagnostics go: to the screen, and with the output if it goes there too. */
static FILE *screen(void)
{
	return fp == stdout || fp == pc->stdpipe ? fp : stderr;
}

/* Takes @err, the news of a command. */
static void report(struct khs_error *err)
{
	enum khs_code code = khs_error_code(err);

	/* "| head" has seen enough. */
	if (err && !(code == KHS_ERR_IO && stream.gone))
		khs_say(screen(), NAME, NULL, khs_error_message(err));
	if (code == KHS_ERR_INTERRUPTED || code == KHS_ERR_NOMEM)
		close_handle();
	khs_error_free(err);
}

/* Takes @err. Of "| cat" the reader may have gone by the same Ctrl-C. */
static void say_partial(struct khs_error *err)
{
	khs_say(screen(), NAME, NULL, err ? "interrupted" : KHS_PARTIAL);
	khs_error_free(err);
	close_handle();
}

static void put_versions(FILE *out)
{
	fprintf(out, "built against the header of crash %s, in crash %s\n", KHS_CRASH_VERSION,
		pc->program_version);
}

static void answer(const struct khs_command *cmd)
{
	struct khs_error *err = NULL;
	FILE *out = fp;

	if (!khs_stream_open(&stream, fp, kho_interrupted)) {
		report(khs_enomem());
		return;
	}
	stream.before = wipe_progress;
	warnings = screen() == fp ? stream.out : stderr;
	khs_progress_init(&progress, NAME, false);
	/* What error() of crash says of a damaged page must not get in between lines of JSON. */
	fp = stdout;
	if (khs_command_needs_dump(cmd) && !handle)
		err = open_handle();
	if (!err)
		khs_command_run(handle, cmd, stream.out, &err);
	khs_progress_wipe(&progress);
	if (cmd->verb == KHS_VERB_VERSION)
		put_versions(stream.out);
	khs_stream_close(&stream);
	fp = out;
	if (handle && khs_interrupted(handle))
		say_partial(err);
	else
		report(err);
	/* The next command looks anew. */
	if (LOCAL_ACTIVE())
		close_handle();
}

static void usage(const struct khs_command *cmd)
{
	char line[sizeof(cmd->problem) + 40];

	snprintf(line, sizeof(line), "%s; see \"help kho\"", cmd->problem);
	khs_say(screen(), NAME, NULL, line);
}

/* NULL: crash has none. */
static const char *dump_name(void)
{
	const char *slash = pc->dumpfile ? strrchr(pc->dumpfile, '/') : NULL;

	return slash ? slash + 1 : pc->dumpfile;
}

static void cmd_kho(void)
{
	struct khs_error *err = NULL;
	struct khs_command cmd;

	if (!khs_command_parse(KHS_DOOR_CRASH, argcnt, args, &cmd)) {
		usage(&cmd);
		return;
	}
	if (khs_command_needs_dump(&cmd) && refusal()) {
		khs_say(screen(), NAME, NULL, refusal());
		return;
	}
	cmd.dump_name = dump_name();
	/* crash's own pager shows escape sequences as they are. */
	cmd.style.colour = cmd.colour == KHS_COLOUR_ALWAYS;
	hold();
	if (khs_command_needs_dump(&cmd) && !handle)
		err = kho_learn();
	if (err)
		report(err);
	else
		answer(&cmd);
	release();
}

/* ---- loading and unloading ------------------------------------------------------------------ */

enum { HELP_NAME, HELP_SHORT, HELP_SYNOPSIS, HELP_TEXT, HELP_LINES = 128 };

static char *help_kho[HELP_LINES] = {
	[HELP_NAME] = NAME,
	[HELP_SHORT] = "Kexec Handover: what was preserved, and what is wrong with it",
	[HELP_SYNOPSIS] = "[verb] [options]",
};
static char *help_text;

static struct command_table_entry command_table[] = {
	{ NAME, cmd_kho, help_kho, 0 },
	{ NULL, NULL, NULL, 0 },
};

/* The words of `kho help`, cut into lines, each of which crash uses as a format. */
static void make_help(void)
{
	const struct khs_command cmd = {
		.door = KHS_DOOR_CRASH, .verb = KHS_VERB_HELP, .topic = KHS_NR_VERBS,
	};
	struct khs_error *err = NULL;
	size_t size, n = HELP_TEXT;
	FILE *out = open_memstream(&help_text, &size);

	if (!out)
		return;
	khs_command_run(NULL, &cmd, out, &err);
	khs_error_free(err);
	fputs("\n\"kho help VERB\" has the options of one verb. Ctrl-C ends a command.\n", out);
	put_versions(out);
	if (fclose(out))
		return;
	for (char *c = help_text; (c = strchr(c, '%')); )
		*c = ' ';
	for (char *rest = help_text, *line; n < HELP_LINES - 1 && (line = strsep(&rest, "\n"));)
		help_kho[n++] = line;
}

/* Up to the first character that isn't of a plain version number. */
static bool same_version(const char *a, const char *b)
{
	size_t n = strspn(a, "0123456789."), m = strspn(b, "0123456789.");

	return n == m && !strncmp(a, b, n);
}

__attribute__((constructor))
static void load(void)
{
	if (strcmp(KHS_CRASH_VERSION, "unknown") &&
	    !same_version(KHS_CRASH_VERSION, pc->program_version))
		fprintf(fp, "kho: warning: built against the header of crash %s, and this is crash "
			    "%s: build it anew if it misbehaves\n",
			KHS_CRASH_VERSION, pc->program_version);
	make_help();
	register_extension(command_table);
}

__attribute__((destructor))
static void unload(void)
{
	close_handle();
	kho_forget();
	free(help_text);
}
