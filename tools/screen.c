// SPDX-License-Identifier: GPL-2.0-or-later
#include "screen.h"

#include "command.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool set_and_not_empty(const char *name)
{
	const char *value = getenv(name);

	return value && *value;
}

static bool wants_colour(enum khs_colour colour)
{
	const char *term = getenv("TERM");

	if (colour != KHS_COLOUR_AUTO)
		return colour == KHS_COLOUR_ALWAYS;
	return isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") &&
	       !set_and_not_empty("NO_COLOR");
}

/* By the variables, in the order in which setlocale() takes them. */
static bool speaks_utf8(void)
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
	}
	return false;
}

static unsigned int columns(void)
{
	const char *value = getenv("COLUMNS");
	struct winsize size;
	uint64_t n;

	if (value && khs_parse_number(value, &n) && n && n < 10000)
		return (unsigned int)n;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) ? 0 : size.ws_col;
}

struct khs_style khs_screen_style(enum khs_colour colour)
{
	return (struct khs_style){
		.size = sizeof(struct khs_style),
		.colour = wants_colour(colour),
		.unicode = speaks_utf8(),
		.columns = columns(),
	};
}

static const char *pager_command(void)
{
	const char *command = getenv("KHOSCOPE_PAGER");

	if (!command)
		command = getenv("PAGER");
	if (!command)
		command = "command -v less >/dev/null || exit 127; exec less";
	return *command && strcmp(command, "cat") ? command : NULL;
}

static void copy_input(void)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, buf, sizeof(buf))) > 0 || (n < 0 && errno == EINTR)) {
		if (n > 0 && write(STDOUT_FILENO, buf, (size_t)n) != n)
			break;
	}
}

/* Whether it was there, and read the input. */
static bool run_command(const char *command)
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		signal(SIGINT, SIG_DFL);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid < 0)
		return false;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return !WIFEXITED(status) || (WEXITSTATUS(status) != 126 && WEXITSTATUS(status) != 127);
}

/*
 * In the child. Only what can be answered gets the screen; an initramfs has no less, and may have
 * no shell.
 */
static void run_pager(const char *command, const int fds[2])
{
	struct pollfd something = { .fd = fds[0], .events = POLLIN };

	/*
	 * While there is nothing to show Ctrl-C is meant for who makes it, and some of it may come.
	 */
	signal(SIGINT, SIG_IGN);
	close(fds[1]);
	if (poll(&something, 1, -1) != 1 || !(something.revents & POLLIN))
		_exit(0);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	setenv("LESS", "FRX", 0);
	setenv("LV", "-c", 0);
	if (!run_command(command))
		copy_input();
	_exit(0);
}

pid_t khs_pager_start(void)
{
	const char *command = pager_command();
	int fds[2];
	pid_t pid;

	if (!command || !isatty(STDOUT_FILENO) || pipe(fds))
		return 0;
	pid = fork();
	if (!pid)
		run_pager(command, fds);
	if (pid > 0)
		dup2(fds[1], STDOUT_FILENO);
	close(fds[0]);
	close(fds[1]);
	return pid > 0 ? pid : 0;
}

void khs_pager_wait(pid_t pager)
{
	while (pager && waitpid(pager, NULL, 0) < 0 && errno == EINTR)
		;
}
