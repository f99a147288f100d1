// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "sandbox.h"
#include "screen.h"

#define NAME "khoscope"

static volatile sig_atomic_t interrupted;
static int null_fd = -1;

/*
 * Besides telling the library, turns standard output to nowhere: who reads the other end of a full
 * pipe may have stopped, and every later write would wait for it again.
 */
static void on_sigint(int sig)
{
	int saved = errno;

	(void)sig;
	interrupted = 1;
	if (null_fd >= 0)
		dup2(null_fd, STDOUT_FILENO);
	errno = saved;
}

/* What callbacks need to speak on stderr. */
struct ui {
	bool quiet;
	bool terminal;
	bool drawn;            /* a line of progress is on the screen */
	struct timespec drawn_at;
	pid_t pager;           /* 0: none */
};

/* No SA_RESTART, so that a write that waits ends too; a second Ctrl-C kills. */
static void catch_sigint(void)
{
	struct sigaction sa = { .sa_handler = on_sigint, .sa_flags = SA_RESETHAND };
	struct sigaction old;

	/* nohup and "&" in a script want it ignored. */
	if (sigaction(SIGINT, NULL, &old) || old.sa_handler == SIG_IGN)
		return;
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
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

static bool was_interrupted(void *arg)
{
	(void)arg;
	return interrupted;
}

static void wipe_progress(struct ui *ui)
{
	if (ui->drawn)
		fputs("\r\033[K", stderr);
	ui->drawn = false;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

static void show_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct ui *ui = arg;
	double percent = total ? 100.0 * (double)done / (double)total : 0;

	if (!ui->terminal || ui->quiet || seconds_since(&ui->drawn_at) < 0.2)
		return;
	clock_gettime(CLOCK_MONOTONIC, &ui->drawn_at);
	fprintf(stderr, "\r\033[K%s: %.50s: %.0f%%", NAME, what, percent);
	fflush(stderr);
	ui->drawn = true;
}

static void show_warning(void *arg, const char *message)
{
	struct ui *ui = arg;

	if (ui->quiet)
		return;
	wipe_progress(ui);
	khs_say(stderr, NAME, "warning", message);
}

/* Takes @err. */
static int fail(struct ui *ui, struct khs_error *err, int status)
{
	wipe_progress(ui);
	if (interrupted || khs_error_code(err) == KHS_ERR_INTERRUPTED) {
		khs_error_free(err);
		khs_say(stderr, NAME, NULL, "interrupted");
		return KHS_EXIT_INTERRUPTED;
	}
	if (err)
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
	int status = khs_command_run_pair(old, k, cmd, stdout, &err);

	wipe_progress(ui);
	return err || interrupted ? fail(ui, err, status) : status;
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

/* What it can't do it tells, and goes on: a dump is to be read on any kernel. */
static void confine(struct ui *ui, const struct khs_command *cmd, enum khs_sandbox_step step)
{
	char why[160];

	if (!cmd->no_sandbox && !khs_sandbox_enter(step, why, sizeof(why)))
		show_warning(ui, why);
}

static int open_and_answer(struct ui *ui, const struct khs_command *cmd)
{
	const struct khs_options opts = {
		.size = sizeof(opts),
		.vmlinux = cmd->vmlinux,
		.any_build_id = cmd->any_build_id,
		.arg = ui,
		.interrupted = was_interrupted,
		.progress = show_progress,
		.warn = show_warning,
		.jobs = cmd->jobs,
	};
	struct khs *k = NULL, *old;
	struct khs_error *err;
	int status;

	/* jansson takes the seed of its hashes from a file, when it is first asked for an object. */
	json_object_seed(0);
	confine(ui, cmd, KHS_SANDBOX_OPENING);
	err = open_old(cmd, &opts, &old);
	if (!err)
		err = khs_open(cmd->dump, &opts, &k);
	confine(ui, cmd, KHS_SANDBOX_OPENED);
	status = err ? fail(ui, err, KHS_EXIT_FAILED) : answer(ui, old, k, cmd);
	khs_close(k);
	khs_close(old);
	return status;
}

/* The last chance to notice a full disk; what a verb failed to write it has told already. */
static int close_output(int status)
{
	bool told = ferror(stdout);

	errno = 0;
	if (!fclose(stdout) || told || errno == EPIPE)
		return told && !status ? KHS_EXIT_FAILED : status;
	fprintf(stderr, "%s: cannot write the output: %s\n", NAME, strerror(errno));
	return KHS_EXIT_FAILED;
}

int main(int argc, char *argv[])
{
	struct khs_command cmd;
	struct ui ui = { .terminal = isatty(STDERR_FILENO) };
	int status;

	fill_standard_fds();
	if (!khs_command_parse(KHS_DOOR_CLI, argc, argv, &cmd))
		return usage(&cmd);
	ui.quiet = cmd.quiet;
	signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is an error like a full disk */
	clock_gettime(CLOCK_MONOTONIC, &ui.drawn_at);
	catch_sigint();
	cmd.style = khs_screen_style(cmd.colour);
	ui.pager = khs_pager_start();
	if (khs_command_needs_dump(&cmd))
		status = open_and_answer(&ui, &cmd);
	else
		status = answer(&ui, NULL, NULL, &cmd);
	status = close_output(status);
	khs_pager_wait(ui.pager);
	return status;
}
