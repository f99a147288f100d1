// SPDX-License-Identifier: GPL-2.0-or-later
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sanitizer.h"
#include "dump/flattened.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#if defined(__x86_64__)
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#define THIS_ARCH 0
#endif

/* ---- system calls --------------------------------------------------------------------------- */

/* Allowed if the low 32 bits of the argument, so masked, are @want; a mask of 0: always. */
struct rule {
	int nr;
	unsigned int arg;
	uint32_t mask, want;
	bool opening; /* while files are opened only */
};

#define ALWAYS(name) { .nr = __NR_##name }
#define OPENING(name) { .nr = __NR_##name, .opening = true }

static const struct rule rules[] = {
	/* The most frequent first: the program is run from its beginning each time. */
	ALWAYS(pread64), ALWAYS(read), ALWAYS(write), ALWAYS(writev), ALWAYS(lseek), ALWAYS(readv),
	ALWAYS(preadv), ALWAYS(close), ALWAYS(fstat), ALWAYS(newfstatat), ALWAYS(statx),
	ALWAYS(fcntl), ALWAYS(dup), ALWAYS(dup3), ALWAYS(fsync), ALWAYS(fadvise64),
	{ __NR_ioctl, 1, UINT32_MAX, TCGETS, false },
	{ __NR_ioctl, 1, UINT32_MAX, TIOCGWINSZ, false },

	/* Memory, but none that can be executed. */
	{ __NR_mmap, 2, PROT_EXEC, 0, false },
	{ __NR_mprotect, 2, PROT_EXEC, 0, false },
	ALWAYS(munmap), ALWAYS(mremap), ALWAYS(madvise), ALWAYS(brk),

	/* Threads. clone3 has its flags where no filter sees them: see fallbacks. */
	{ __NR_clone, 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM, false },
	ALWAYS(futex), ALWAYS(set_robust_list), ALWAYS(rseq), ALWAYS(gettid), ALWAYS(getpid),
	ALWAYS(sched_yield), ALWAYS(sched_getaffinity), ALWAYS(exit), ALWAYS(membarrier),

	ALWAYS(exit_group), ALWAYS(rt_sigaction), ALWAYS(rt_sigprocmask), ALWAYS(rt_sigreturn),
	ALWAYS(sigaltstack), ALWAYS(restart_syscall), ALWAYS(clock_gettime),
	ALWAYS(clock_nanosleep), ALWAYS(nanosleep), ALWAYS(gettimeofday), ALWAYS(getrusage),
	ALWAYS(ppoll), ALWAYS(sysinfo), ALWAYS(uname), ALWAYS(getrandom), ALWAYS(getuid),
	ALWAYS(geteuid), ALWAYS(getgid), ALWAYS(getegid), ALWAYS(wait4),
#ifdef __x86_64__
	ALWAYS(poll), ALWAYS(dup2), ALWAYS(stat), ALWAYS(lstat), ALWAYS(time),
	/* Without O_CREAT nothing is made; to read, or a file without a name. */
	{ __NR_open, 1, O_ACCMODE | O_CREAT, O_RDONLY, true },
	OPENING(access), OPENING(readlink), OPENING(unlink),
#endif
	{ __NR_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY, true },
	{ __NR_openat, 2, O_TMPFILE, O_TMPFILE, true },
	{ __NR_openat, 2, O_CREAT | O_EXCL, O_CREAT | O_EXCL, true },
	OPENING(unlinkat), OPENING(pwrite64), OPENING(pwritev), OPENING(ftruncate),
	OPENING(fallocate), OPENING(memfd_create), OPENING(faccessat), OPENING(faccessat2),
	OPENING(readlinkat), OPENING(statfs), OPENING(fstatfs), OPENING(getcwd),
	OPENING(getdents64), OPENING(copy_file_range), OPENING(sendfile),
	/* For the next step. */
	OPENING(prctl), OPENING(seccomp),
};

/* Where "there is no such call" is a better answer: glibc knows another way. */
static const int fallbacks[] = { __NR_clone3, __NR_openat2 };

struct program {
	struct sock_filter v[8 + 6 * LEN(rules) + 2 * LEN(fallbacks)];
	unsigned short n;
};

static void emit(struct program *p, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	p->v[p->n++] = (struct sock_filter){ .code = code, .k = k, .jt = jt, .jf = jf };
}

/* Into the accumulator: a field of struct seccomp_data. Both architectures are little endian. */
static void load(struct program *p, size_t offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void load_number(struct program *p)
{
	load(p, offsetof(struct seccomp_data, nr));
}

/* Goes on with the next instruction if the accumulator is @k, else beyond @n of them. */
static void unless_skip(struct program *p, uint32_t k, uint8_t n)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k, 0, n);
}

static void answer(struct program *p, uint32_t action)
{
	emit(p, BPF_RET | BPF_K, action, 0, 0);
}

static void emit_rule(struct program *p, const struct rule *r)
{
	unless_skip(p, (uint32_t)r->nr, r->mask ? 5 : 1);
	if (!r->mask) {
		answer(p, SECCOMP_RET_ALLOW);
		return;
	}
	load(p, offsetof(struct seccomp_data, args) + r->arg * sizeof(uint64_t));
	emit(p, BPF_ALU | BPF_AND | BPF_K, r->mask, 0, 0);
	unless_skip(p, r->want, 1);
	answer(p, SECCOMP_RET_ALLOW);
	load_number(p);
}

/* x32's numbers, which x86_64 has as well, are in no rule. */
static void build(struct program *p, enum khs_sandbox_step step)
{
	/* abort() sends its signal to itself, and to nobody else. */
	const struct rule itself = { __NR_tgkill, 0, UINT32_MAX, (uint32_t)getpid(), false };

	load(p, offsetof(struct seccomp_data, arch));
	unless_skip(p, THIS_ARCH, 1);
	emit(p, BPF_JMP | BPF_JA, 1, 0, 0);
	answer(p, SECCOMP_RET_KILL_PROCESS);
	load_number(p);
	for (size_t i = 0; i < LEN(rules); i++)
		if (step == KHS_SANDBOX_OPENING || !rules[i].opening)
			emit_rule(p, &rules[i]);
	emit_rule(p, &itself);
	for (size_t i = 0; i < LEN(fallbacks); i++) {
		unless_skip(p, (uint32_t)fallbacks[i], 1);
		answer(p, SECCOMP_RET_ERRNO | ENOSYS);
	}
	answer(p, SECCOMP_RET_ERRNO | EPERM);
}

static bool filter(enum khs_sandbox_step step)
{
	struct program program = { .n = 0 };
	struct sock_fprog prog = { .filter = program.v };

	build(&program, step);
	prog.len = program.n;
	return !syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &prog);
}

/* ---- files ---------------------------------------------------------------------------------- */

/*
 * All that changes a file system, and starting a program, as the first version of Landlock has it.
 */
#define LANDLOCK_HANDLED                                                                  \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |                     \
	 LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |                 \
	 LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |                     \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                     \
	 LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK |                   \
	 LANDLOCK_ACCESS_FS_MAKE_SYM)

static void allow_temporary(int ruleset, const char *dir)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
				  LANDLOCK_ACCESS_FS_REMOVE_FILE,
		.parent_fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC),
	};

	if (beneath.parent_fd < 0)
		return;
	syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
	close(beneath.parent_fd);
}

/* A kernel without Landlock leaves files to seccomp alone: new ones can then be made anywhere. */
static bool restrict_files(void)
{
	const struct landlock_ruleset_attr attr = { .handled_access_fs = LANDLOCK_HANDLED };
	int ruleset = (int)syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0);
	bool ok;

	if (ruleset < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP;
	for (size_t i = 0; khs_temp_dir(i); i++)
		allow_temporary(ruleset, khs_temp_dir(i));
	ok = !syscall(__NR_landlock_restrict_self, ruleset, 0);
	close(ruleset);
	return ok;
}

/* ---- the steps ------------------------------------------------------------------------------ */

static bool fail(char *why, size_t size, const char *what)
{
	snprintf(why, size, "not confined: %s: %s", what, strerror(errno));
	return false;
}

bool khs_sandbox_enter(enum khs_sandbox_step step, char *why, size_t size)
{
	static bool inside;

	/* The sanitizers read /proc, start a process to look for leaks, and map as they like. */
	if (KHS_ASAN)
		return true;
	if (!THIS_ARCH) {
		snprintf(why, size, "not confined: not known how on this architecture");
		return false;
	}
	if (!inside) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
			return fail(why, size, "no_new_privs");
		if (!restrict_files())
			return fail(why, size, "Landlock");
		inside = true;
	}
	return filter(step) || fail(why, size, "seccomp");
}
