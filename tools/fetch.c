// SPDX-License-Identifier: GPL-2.0-or-later
#include "fetch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "facts/debuginfod.h"

#define URLS "DEBUGINFOD_URLS"
#define MAX_BUILD_ID 128

/* What comes back: any number of the first, and one of the others. */
enum { PROGRESS, FOUND, FAILED };

struct answer {
	int kind;
	int error;            /* FAILED: an errno value */
	uint64_t done, total; /* PROGRESS */
	char path[4096];      /* FOUND */
};

/* ---- the process ---------------------------------------------------------------------------- */

/* Who asked may be gone: then there is nothing to be done any more. */
static void tell(int socket, const struct answer *a)
{
	if (send(socket, a, sizeof(*a), MSG_NOSIGNAL) != sizeof(*a))
		_exit(0);
}

static void tell_progress(void *arg, uint64_t done, uint64_t total)
{
	const struct answer a = { .kind = PROGRESS, .done = done, .total = total };

	tell(*(int *)arg, &a);
}

static bool never(void *arg)
{
	(void)arg;
	return false;
}

static bool is_build_id(const char *text)
{
	size_t len = strlen(text);

	return len && strspn(text, "0123456789abcdef") == len;
}

static void answer(int socket, const char *build_id)
{
	const struct khs_debuginfod_watch watch = { &socket, tell_progress, never };
	struct answer a = { .kind = FAILED, .error = EINVAL };
	char *path = NULL;

	if (is_build_id(build_id))
		a.error = khs_debuginfod_find(build_id, &watch, &path);
	if (!a.error && (!path || strlen(path) >= sizeof(a.path)))
		a.error = ENAMETOOLONG;
	if (!a.error) {
		a.kind = FOUND;
		strcpy(a.path, path);
	}
	free(path);
	tell(socket, &a);
}

/* Ctrl-C ends it at once, unless it is ignored. */
static void serve(int socket)
{
	char build_id[MAX_BUILD_ID + 1];
	struct sigaction old;
	ssize_t n;

	if (!sigaction(SIGINT, NULL, &old) && old.sa_handler != SIG_IGN)
		signal(SIGINT, SIG_DFL);
	close(STDOUT_FILENO); /* a pager reads it to its end */
	while ((n = recv(socket, build_id, MAX_BUILD_ID, 0)) > 0) {
		build_id[n] = '\0';
		answer(socket, build_id);
	}
	_exit(0);
}

/* ---- who asks ------------------------------------------------------------------------------- */

bool khs_fetcher_start(struct khs_fetcher *f)
{
	int sockets[2];

	*f = (struct khs_fetcher){ .pid = 0 };
	if (!khs_debuginfod_named() ||
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets))
		return false;
	f->pid = fork();
	if (!f->pid) {
		close(sockets[0]);
		serve(sockets[1]);
	}
	close(sockets[1]);
	if (f->pid < 0) {
		close(sockets[0]);
		f->pid = 0;
		return false;
	}
	f->socket = sockets[0];
	unsetenv(URLS);
	return true;
}

void khs_fetcher_stop(struct khs_fetcher *f)
{
	if (!f->pid)
		return;
	close(f->socket);
	while (waitpid(f->pid, NULL, 0) < 0 && errno == EINTR)
		;
	f->pid = 0;
}

/* By write() and read(): the sandbox knows no other. */
static bool receive(const struct khs_fetcher *f, bool (*interrupted)(void *arg), void *arg,
		    struct answer *a)
{
	ssize_t n;

	while ((n = read(f->socket, a, sizeof(*a))) < 0 && errno == EINTR)
		if (interrupted(arg))
			return false;
	return n == sizeof(*a);
}

int khs_fetcher_ask(const struct khs_fetcher *f, const char *build_id,
		    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total),
		    bool (*interrupted)(void *arg), void *arg, char **path)
{
	size_t len = strlen(build_id);
	struct answer a;

	*path = NULL;
	if (write(f->socket, build_id, len) != (ssize_t)len)
		return errno;
	do {
		if (!receive(f, interrupted, arg, &a))
			return interrupted(arg) ? EINTR : EPIPE;
		if (a.kind == PROGRESS)
			progress(arg, "debuginfod", a.done, a.total);
	} while (a.kind == PROGRESS);
	if (a.kind != FOUND)
		return a.error;
	a.path[sizeof(a.path) - 1] = '\0';
	*path = strdup(a.path);
	return *path ? 0 : ENOMEM;
}
