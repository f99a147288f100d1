// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a command on a terminal of its own, as the leader of a session of its own, and does to it
 * what its standard input says, one step a line:
 *
 *	type TEXT        TEXT and a newline
 *	interrupt        Ctrl-C
 *	pause MS         wait
 *	expect MS TEXT   wait at most MS milliseconds for TEXT in the output since the last match
 *
 * What the command prints goes to standard output. Status 0 if all was seen and the command ended
 * within ten seconds after the last step, whatever its own status; else 1.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_SEEN (1u << 20)
#define LAST_WAIT_MS 10000

static int terminal = -1;
static pid_t child;
static char seen[MAX_SEEN + 1]; /* output since the last match */
static size_t nr_seen;

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Keeps the later half when full: nobody waits for a text that long. */
static void remember(const char *bytes, size_t n)
{
	if (nr_seen + n > MAX_SEEN) {
		memmove(seen, seen + MAX_SEEN / 2, nr_seen - MAX_SEEN / 2);
		nr_seen -= MAX_SEEN / 2;
	}
	memcpy(seen + nr_seen, bytes, n);
	nr_seen += n;
}

/* What the command printed by @deadline, or a first piece of it; false if there is nothing. */
static bool listen_until(long deadline)
{
	struct pollfd p = { .fd = terminal, .events = POLLIN };
	long left = deadline - now_ms();
	char bytes[4096];
	ssize_t n;

	if (terminal < 0 || left < 0 || poll(&p, 1, (int)left) <= 0)
		return false;
	n = read(terminal, bytes, sizeof(bytes));
	if (n <= 0) { /* EIO: no process has the other end open */
		close(terminal);
		terminal = -1;
		return false;
	}
	fwrite(bytes, 1, (size_t)n, stdout);
	fflush(stdout);
	remember(bytes, (size_t)n);
	return true;
}

static bool expect(long ms, const char *text)
{
	long deadline = now_ms() + ms;
	char *at;

	while (!(at = memmem(seen, nr_seen, text, strlen(text))))
		if (!listen_until(deadline))
			return false;
	at += strlen(text);
	nr_seen -= (size_t)(at - seen);
	memmove(seen, at, nr_seen);
	return true;
}

static void send_bytes(const char *bytes, size_t n)
{
	if (terminal < 0 || write(terminal, bytes, n) != (ssize_t)n)
		errx(1, "the command is gone");
}

static bool step(char *line)
{
	char *text = NULL;
	long ms;

	line[strcspn(line, "\n")] = '\0';
	if (!strncmp(line, "type ", 5)) {
		send_bytes(line + 5, strlen(line + 5));
		send_bytes("\n", 1);
	} else if (!strcmp(line, "interrupt")) {
		send_bytes("\003", 1);
	} else if (!strncmp(line, "pause ", 6)) {
		for (ms = now_ms() + atol(line + 6); now_ms() < ms && terminal >= 0;)
			listen_until(ms);
	} else if (!strncmp(line, "expect ", 7)) {
		ms = strtol(line + 7, &text, 10);
		if (*text != ' ')
			errx(1, "expect wants MS TEXT: %s", line);
		return expect(ms, text + 1);
	} else if (*line) {
		errx(1, "no such step: %s", line);
	}
	return true;
}

static void listen_on(void)
{
	while (listen_until(now_ms() + 20))
		;
}

/* True if it ended by itself. */
static bool wait_for_end(long ms)
{
	long deadline = now_ms() + ms;
	struct timespec tick = { .tv_nsec = 20000000 };

	do {
		listen_on();
		if (waitpid(child, NULL, WNOHANG) == child) {
			listen_on(); /* to what it printed in between */
			return true;
		}
		nanosleep(&tick, NULL);
	} while (now_ms() < deadline);
	kill(-child, SIGKILL); /* its session, which it leads */
	waitpid(child, NULL, 0);
	return false;
}

int main(int argc, char *argv[])
{
	/* So large that no pager stops at the end of a screen. */
	const struct winsize size = { .ws_row = 2000, .ws_col = 200 };
	char line[4096];
	int number = 0;

	if (argc < 2)
		errx(1, "usage: pty COMMAND [ARG]... <STEPS");
	child = forkpty(&terminal, NULL, NULL, &size);
	if (child < 0)
		err(1, "no terminal to be had");
	if (!child) {
		execvp(argv[1], argv + 1);
		err(127, "%s", argv[1]);
	}
	while (fgets(line, sizeof(line), stdin)) {
		number++;
		if (step(line))
			continue;
		fprintf(stderr, "\npty: step %d failed: %s\n", number, line);
		wait_for_end(0);
		return 1;
	}
	if (wait_for_end(LAST_WAIT_MS))
		return 0;
	fputs("\npty: the command did not end\n", stderr);
	return 1;
}
