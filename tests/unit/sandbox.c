// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a process can still do behind each step of the sandbox, by trying it, each try in a process
 * of its own. Each is tried without a sandbox, too: what fails anyhow proves nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../tools/sandbox.h"

enum { SKIPPED = 77, CAN = 100, CANNOT_ENTER };

static char dir[64];  /* in /dev/shm: in no folder for temporary files */
static char temp[80]; /* $TMPDIR, in @dir */
static char file[96]; /* of @dir */
static int open_fd;   /* that file, to be read and written */

/* Each: 0, or what errno says. */
static int result(bool ok)
{
	return ok ? 0 : errno;
}

static int try_inet(void)
{
	return result(socket(AF_INET, SOCK_STREAM, 0) >= 0);
}

static int try_unix(void)
{
	return result(socket(AF_UNIX, SOCK_DGRAM, 0) >= 0);
}

static int try_socketpair(void)
{
	int fds[2];

	return result(!socketpair(AF_UNIX, SOCK_DGRAM, 0, fds));
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return result(pid > 0);
}

static int try_exec(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int try_read(void)
{
	return result(open(file, O_RDONLY | O_CLOEXEC) >= 0);
}

static int try_write(void)
{
	return result(open(file, O_WRONLY | O_CLOEXEC) >= 0);
}

static int try_append(void)
{
	return result(open(file, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600) >= 0);
}

static int try_truncate(void)
{
	return result(!truncate(file, 0));
}

static int try_create(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", dir);
	return result(open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) >= 0);
}

static int try_mkdir(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/folder", dir);
	return result(!mkdir(path, 0700));
}

static int try_unlink(void)
{
	return result(!unlink(file));
}

static int try_rename(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/renamed", dir);
	return result(!rename(file, path));
}

static int try_chmod(void)
{
	return result(!chmod(file, 0666));
}

static int try_temporary(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/new", temp);
	return result(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600) >= 0);
}

static int try_open_file(void)
{
	char c;

	return result(pread(open_fd, &c, 1, 0) == 1 && write(open_fd, "x", 1) == 1);
}

static int try_executable(void)
{
	return result(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

static int try_made_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return result(p != MAP_FAILED && !mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int try_kill(void)
{
	return result(!kill(getppid(), 0));
}

static int try_ptrace(void)
{
	return result(!ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

/* A number of x32's: the same call to the kernel, by another name. */
static int try_x32(void)
{
#ifdef __x86_64__
	return result(syscall(0x40000000 | __NR_getppid) > 0);
#else
	return EPERM;
#endif
}

static void *set_true(void *arg)
{
	*(bool *)arg = true;
	free(malloc(1 << 20));
	return NULL;
}

static int try_thread(void)
{
	bool ran = false;
	pthread_t thread;
	int status = pthread_create(&thread, NULL, set_true, &ran);

	if (!status)
		status = pthread_join(thread, NULL);
	return status ? status : result(ran);
}

static int try_memory(void)
{
	char *p = malloc(64 << 20), *q;

	if (!p)
		return errno;
	memset(p, 1, 64 << 20);
	q = realloc(p, 128 << 20);
	free(q);
	return result(q);
}

enum step { NEITHER, OPENING, OPENED, NR_STEPS };

static const struct {
	const char *what;
	int (*try)(void);
	bool can[NR_STEPS];
} tries[] = {
	{ "an internet socket", try_inet, { true } },
	{ "a local socket", try_unix, { true } },
	{ "a pair of sockets", try_socketpair, { true } },
	{ "another process", try_fork, { true } },
	{ "another program", try_exec, { true } },
	{ "a file to read", try_read, { true, true, false } },
	{ "a file to write", try_write, { true } },
	{ "a file to append to", try_append, { true } },
	{ "a file to cut", try_truncate, { true } },
	{ "a new file", try_create, { true } },
	{ "a new folder", try_mkdir, { true } },
	{ "a file to remove", try_unlink, { true } },
	{ "a file to rename", try_rename, { true } },
	{ "a file to give away", try_chmod, { true } },
	{ "a new temporary file", try_temporary, { true, true, false } },
	{ "a file that is open", try_open_file, { true, true, true } },
	{ "memory to execute", try_executable, { true } },
	{ "memory made to execute", try_made_executable, { true } },
	{ "a signal to another process", try_kill, { true } },
	{ "tracing", try_ptrace, { true } },
	{ "a thread", try_thread, { true, true, true } },
	{ "memory", try_memory, { true, true, true } },
};

/* In a child: what errno says of the try, CAN, or CANNOT_ENTER. */
static int attempt(int (*try)(void), enum step step)
{
	char why[200];
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		alarm(20);
		if ((step >= OPENING &&
		     !khs_sandbox_enter(KHS_SANDBOX_OPENING, why, sizeof(why))) ||
		    (step >= OPENED && !khs_sandbox_enter(KHS_SANDBOX_OPENED, why, sizeof(why))))
			_exit(CANNOT_ENTER);
		status = try();
		_exit(status ? status : CAN);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void make_files(void)
{
	strcpy(dir, "/dev/shm/khoscope-sandbox-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(temp, sizeof(temp), "%s/temp", dir);
	snprintf(file, sizeof(file), "%s/file", dir);
	assert_int_equal(mkdir(temp, 0700), 0);
	setenv("TMPDIR", temp, 1);
	open_fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(open_fd, "bytes", 5), 5);
}

static void remove_files(void)
{
	char command[160];

	close(open_fd);
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	assert_int_equal(system(command), 0);
}

/* Without Landlock nothing tells one folder from another. */
static bool has_landlock(void)
{
	return syscall(__NR_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
}

static bool refused(int status)
{
	/* What Landlock has to say is EACCES. */
	return status == EPERM || status == EACCES;
}

static void try_all(enum step step)
{
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		int status;

		if (tries[i].try == try_create && step == OPENING && !has_landlock())
			continue;
		make_files();
		status = attempt(tries[i].try, step);
		remove_files();
		/* /bin/true is what runs then. */
		if (tries[i].try == try_exec && step == NEITHER)
			assert_int_equal(status, 0);
		else if (tries[i].can[step] ? status != CAN : !refused(status))
			fail_msg("%s: %d (%s)", tries[i].what, status, strerror(status));
	}
}

static void without(void **state)
{
	(void)state;
	try_all(NEITHER);
}

static void while_opening(void **state)
{
	(void)state;
	try_all(OPENING);
}

static void once_opened(void **state)
{
	(void)state;
	try_all(OPENED);
}

static void other_numbers(void **state)
{
	(void)state;
	assert_int_not_equal(attempt(try_x32, OPENING), CAN);
}

static int nothing(void)
{
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without),
		cmocka_unit_test(while_opening),
		cmocka_unit_test(once_opened),
		cmocka_unit_test(other_numbers),
	};

	if (attempt(nothing, OPENED) == CANNOT_ENTER) {
		puts("no seccomp here");
		return SKIPPED;
	}
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
