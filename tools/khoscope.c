// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "fetch.h"
#include "outputs.h"
#include "progress.h"
#include "sandbox.h"
#include "screen.h"
#include "stream.h"

#define NAME "khoscope"

static volatile sig_atomic_t interrupted;

/*
 * A second Ctrl-C kills, who cares for no answer any more. One that comes with the first, as
 * timeout(1) sends it to a process and to its group, is the first.
 */
static void on_sigint(int sig)
{
	static struct timespec first;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	if (!interrupted)
		first = now;
	else if (now.tv_sec - first.tv_sec > 1 || (now.tv_sec - first.tv_sec) * 1000 +
						  (now.tv_nsec - first.tv_nsec) / 1000000 > 200) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
	interrupted = 1;
}

/* What callbacks need to speak on stderr, and where answers go. */
struct ui {
	bool quiet;
	struct khs_progress progress;
	struct khs_stream stream;
	pid_t pager;           /* 0: none */
	struct khs_fetcher fetcher;
};

/* No SA_RESTART, so that a write that waits ends too. */
static void catch_sigint(void)
{
	struct sigaction sa = { .sa_handler = on_sigint };
	struct sigaction old;

	/* nohup and "&" in a script want it ignored. */
	if (!sigaction(SIGINT, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaction(SIGINT, &sa, NULL);
}

/*
 * A standard stream that is closed must not become the first file that is opened, to be written
 * over by messages. Output to one that is closed fails, as if it were still so.
 */
static void fill_standard_fds(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

static bool is_interrupted(void)
{
	return interrupted;
}

static bool was_interrupted(void *arg)
{
	(void)arg;
	return interrupted;
}

static void show_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct ui *ui = arg;

	khs_progress_show(&ui->progress, what, done, total);
}

static void show_warning(void *arg, const char *message)
{
	struct ui *ui = arg;

	if (ui->quiet)
		return;
	khs_progress_wipe(&ui->progress);
	khs_say(stderr, NAME, "warning", message);
}

/* Takes @err. "| head" has seen enough, which is no news to anyone. */
static int fail(struct ui *ui, struct khs_error *err, int status)
{
	enum khs_code code = khs_error_code(err);

	if (interrupted || code == KHS_ERR_INTERRUPTED) {
		khs_error_free(err);
		khs_say(stderr, NAME, NULL, "interrupted");
		return KHS_EXIT_INTERRUPTED;
	}
	if (!(code == KHS_ERR_IO && ui->stream.gone))
		khs_say(stderr, NAME, NULL, khs_error_message(err));
	khs_error_free(err);
	return status;
}

static int usage(const struct khs_command *cmd)
{
	char line[sizeof(cmd->problem) + 40];

	snprintf(line, sizeof(line), "%s; see " NAME " --help", cmd->problem);
	khs_say(stderr, NAME, NULL, line);
	return KHS_EXIT_FAILED;
}

static int answer(struct ui *ui, struct khs *old, struct khs *k, const struct khs_command *cmd)
{
	struct khs_error *err;
	int status;

	status = khs_command_run_pair(old, k, cmd, ui->stream.out, &err);
	khs_progress_wipe(&ui->progress);
	if (err)
		return fail(ui, err, status);
	if (status == KHS_EXIT_INTERRUPTED)
		khs_say(stderr, NAME, NULL, KHS_PARTIAL);
	return status;
}

/*
 * The earlier of two dumps, if the command names one. A --vmlinux alone is of both kernels if they
 * are of one build, else of the later.
 */
static struct khs_error *open_old(const struct khs_command *cmd, const struct khs_options *opts,
				  struct khs **ret)
{
	struct khs_options own = *opts;
	struct khs_error *err;

	*ret = NULL;
	if (!cmd->old_dump)
		return NULL;
	if (cmd->old_vmlinux)
		own.vmlinux = cmd->old_vmlinux;
	err = khs_open(cmd->old_dump, &own, ret);
	if (khs_error_code(err) != KHS_ERR_MISMATCH || cmd->old_vmlinux)
		return err;
	khs_error_free(err);
	own.vmlinux = NULL;
	return khs_open(cmd->old_dump, &own, ret);
}

static int fetch(void *arg, const char *build_id, char **path)
{
	struct ui *ui = arg;

	return khs_fetcher_ask(&ui->fetcher, build_id, show_progress, was_interrupted, ui, path);
}

static bool is_possible(const struct khs_command *cmd, enum khs_sandbox_step step)
{
	if (cmd->no_sandbox)
		return false;
	/* That reads files anew. */
	return step == KHS_SANDBOX_OPENING || !cmd->verify;
}

/* What it can't do it tells, and goes on: a dump is to be read on any kernel. */
static void confine(struct ui *ui, const struct khs_command *cmd, enum khs_sandbox_step step)
{
	char why[160];

	if (is_possible(cmd, step) && !khs_sandbox_enter(step, why, sizeof(why)))
		show_warning(ui, why);
}

static int open_and_answer(struct ui *ui, const struct khs_command *cmd)
{
	struct khs_options opts = {
		.size = sizeof(opts),
		.vmlinux = cmd->vmlinux,
		.any_build_id = cmd->any_build_id,
		.btf = cmd->btf,
		.system_map = cmd->system_map,
		.arg = ui,
		.interrupted = was_interrupted,
		.progress = show_progress,
		.warn = show_warning,
		.jobs = cmd->jobs,
	};
	struct khs *k = NULL, *old;
	struct khs_error *err;
	int status;

	/*
	 * jansson takes the seed of its hashes from a file, when it is first asked for an object.
	 */
	json_object_seed(0);
	if (khs_fetcher_start(&ui->fetcher))
		opts.fetch = fetch;
	confine(ui, cmd, KHS_SANDBOX_OPENING);
	err = open_old(cmd, &opts, &old);
	if (!err)
		err = khs_open(cmd->dump, &opts, &k);
	khs_progress_wipe(&ui->progress);
	confine(ui, cmd, KHS_SANDBOX_OPENED);
	status = err ? fail(ui, err, KHS_EXIT_FAILED) : answer(ui, old, k, cmd);
	khs_close(k);
	khs_close(old);
	khs_fetcher_stop(&ui->fetcher);
	return status;
}

/* What is to be written to has to be open before a dump is. */
static int answer_into_files(struct ui *ui, struct khs_command *cmd)
{
	struct khs_outputs outputs;
	struct khs_error *err = khs_outputs_create(&outputs, cmd->output);
	int status, fd = -1;
	pid_t watch;

	if (err)
		return fail(ui, err, KHS_EXIT_FAILED);
	watch = khs_outputs_watch(&outputs, &fd);
	cmd->outputs = &outputs;
	status = open_and_answer(ui, cmd);
	cmd->outputs = NULL;
	khs_outputs_unwatch(&outputs, watch, fd);
	khs_outputs_deinit(&outputs);
	return status;
}

/* The last chance to notice a full disk; what a verb failed to write it has told already. */
static int close_output(struct ui *ui, int status)
{
	bool told = ferror(ui->stream.out), ok;

	errno = 0;
	ok = khs_stream_close(&ui->stream);
	ok &= !fclose(stdout);
	if (ui->stream.gave_up)
		return told ? status : fail(ui, NULL, status);
	if (ok || told || ui->stream.gone)
		return (told || !ok) && !status ? KHS_EXIT_FAILED : status;
	fprintf(stderr, "%s: cannot write the output: %s\n", NAME, strerror(errno));
	return KHS_EXIT_FAILED;
}

static void wipe_progress(void *arg)
{
	khs_progress_wipe(arg);
}

static bool open_output(struct ui *ui)
{
	setvbuf(stdout, NULL, _IONBF, 0);
	if (!khs_stream_open(&ui->stream, stdout, is_interrupted))
		return false;
	ui->stream.before = wipe_progress;
	ui->stream.arg = &ui->progress;
	return true;
}

int main(int argc, char *argv[])
{
	struct khs_command cmd;
	struct ui ui = { 0 };
	int status;

	fill_standard_fds();
	if (!khs_command_parse(KHS_DOOR_CLI, argc, argv, &cmd))
		return usage(&cmd);
	ui.quiet = cmd.quiet;
	khs_progress_init(&ui.progress, NAME, cmd.quiet);
	signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error like a full disk */
	catch_sigint();
	cmd.style = khs_screen_style(cmd.colour);
	ui.pager = khs_pager_start();
	if (!open_output(&ui)) {
		khs_say(stderr, NAME, NULL, strerror(ENOMEM));
		return KHS_EXIT_FAILED;
	}
	if (cmd.output)
		status = answer_into_files(&ui, &cmd);
	else if (khs_command_needs_dump(&cmd))
		status = open_and_answer(&ui, &cmd);
	else
		status = answer(&ui, NULL, NULL, &cmd);
	status = close_output(&ui, status);
	khs_pager_wait(ui.pager);
	return status;
}
