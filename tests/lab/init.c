// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The only user program of a lab guest. The kernel's command line says what to do:
 *
 *	lab.sessions=N  lab.memfds=N  lab.mb=N   preserve N sessions of N memfds of N MiB
 *	lab.kexec=N      hand over N times (each by kexec_file_load and RB_KEXEC)
 *	lab.load=1       in the last boot only load the next kernel
 *	lab.retrieve=N   after the last handover, retrieve the first N sessions with all their files
 *	lab.finish=N     ... and finish N of them
 *	lab.mod=OPTIONS  then load /lab.ko with these options (',' for blanks)
 *	lab.first=OPTIONS  the same in the first boot, before the first handover
 *	lab.between=OPTIONS  and in those between the first and the last
 *	lab.at.NAME=N    where the kernel has the variable NAME, from _stext
 *	lab.busy=1       then keep page cache, anonymous memory, slab and hugetlb busy
 *	lab.before=1     before the last handover say "LAB BEFORE" and leave time for a dump
 *	lab.live=1       before that (it wants lab.before), and in the end, ask khoscope of /proc/kcore
 *	lab.crash=1      in the end panic; the crash kernel copies /proc/vmcore to the disk
 *	lab.boot=N       which boot this is; set by the guest itself
 *	lab.capture=1    this is the crash kernel; set by the guest itself
 *
 * Before each handover and in the end it has the module log what is preserved (tell.c).
 *
 * What khoscope prints goes to the second serial port, after "LABASK WHEN VERB", before "LABDID" and its
 * exit status; WHEN is "before" or "after" the last handover.
 *
 * It says "LAB READY" when the state to dump is there, and sleeps. What it could not do, it says.
 * The crash kernel says "LAB VMCORE" and how many bytes of the disk are the dump.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kexec.h>
#include <linux/liveupdate.h>
#include <linux/reboot.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static char cmdline[4096];

static const char *word(const char *key, char *buf, size_t size)
{
	const char *at = strstr(cmdline, key);

	snprintf(buf, size, "%s", at ? at + strlen(key) : "");
	buf[strcspn(buf, " \n")] = '\0';
	return buf;
}

static int number(const char *key, int other)
{
	char buf[64];

	word(key, buf, sizeof(buf));
	return *buf ? atoi(buf) : other;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		printf("LAB %s: %s\n", path, strerror(errno));
	close(fd);
}

static int memfd(int session, int file, int mb)
{
	char name[32];
	char *at;
	int fd;

	snprintf(name, sizeof(name), "s%dm%d", session, file);
	fd = memfd_create(name, 0);
	if (fd < 0 || ftruncate(fd, (off_t)mb << 20))
		return -1;
	at = mmap(NULL, (size_t)mb << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < (size_t)mb << 20; i += 64)
		snprintf(at + i, 64, "%s %zx", name, i);
	return fd;
}

static void preserve(int luo)
{
	int sessions = number("lab.sessions=", 0), files = number("lab.memfds=", 0);
	int mb = number("lab.mb=", 1);

	for (int s = 0; s < sessions; s++) {
		struct liveupdate_ioctl_create_session c = { .size = sizeof(c) };
		int r;

		snprintf((char *)c.name, sizeof(c.name), "vm%d", s);
		r = ioctl(luo, LIVEUPDATE_IOCTL_CREATE_SESSION, &c);
		printf("LAB session %s r=%d e=%d\n", c.name, r, r ? errno : 0);
		for (int f = 0; !r && f < files; f++) {
			struct liveupdate_session_preserve_fd p = {
				.size = sizeof(p), .fd = memfd(s, f, mb), .token = f,
			};
			int q = ioctl(c.fd, LIVEUPDATE_SESSION_PRESERVE_FD, &p);

			printf("LAB preserve s%d m%d r=%d e=%d\n", s, f, q, q ? errno : 0);
		}
	}
}

static void retrieve(int luo)
{
	int sessions = number("lab.retrieve=", 0), finish = number("lab.finish=", 0);
	int files = number("lab.memfds=", 0);

	for (int s = 0; s < sessions; s++) {
		struct liveupdate_ioctl_retrieve_session c = { .size = sizeof(c) };
		int r;

		snprintf((char *)c.name, sizeof(c.name), "vm%d", s);
		r = ioctl(luo, LIVEUPDATE_IOCTL_RETRIEVE_SESSION, &c);
		printf("LAB retrieve %s r=%d e=%d\n", c.name, r, r ? errno : 0);
		for (int f = 0; !r && f < files; f++) {
			struct liveupdate_session_retrieve_fd p = { .size = sizeof(p), .token = f };
			int q = ioctl(c.fd, LIVEUPDATE_SESSION_RETRIEVE_FD, &p);

			printf("LAB retrieve s%d m%d r=%d e=%d\n", s, f, q, q ? errno : 0);
		}
		if (!r && s < finish) {
			struct liveupdate_session_finish p = { .size = sizeof(p) };

			r = ioctl(c.fd, LIVEUPDATE_SESSION_FINISH, &p);
			printf("LAB finish %s r=%d e=%d\n", c.name, r, r ? errno : 0);
		}
	}
}

/* The initramfs as the kernel got it (retain_initrd): kexec wants a file of its own. */
static void copy_initrd(void)
{
	int in = open("/sys/firmware/initrd", O_RDONLY);
	int out = open("/initrd", O_WRONLY | O_CREAT | O_TRUNC, 0600);
	char buf[65536];
	ssize_t n;

	if (in < 0)
		printf("LAB initrd: %s\n", strerror(errno));
	while (in >= 0 && (n = read(in, buf, sizeof(buf))) > 0) {
		if (write(out, buf, (size_t)n) != n)
			printf("LAB initrd: %s\n", strerror(errno));
	}
	close(in);
	close(out);
}

static bool load_kernel(const char *words, unsigned long flags)
{
	int kernel = open("/kernel", O_RDONLY), initrd;
	long r;

	copy_initrd();
	initrd = open("/initrd", O_RDONLY);
	r = syscall(SYS_kexec_file_load, kernel, initrd, strlen(words) + 1, words, flags);
	printf("LAB kexec_file_load r=%ld e=%d\n", r, r ? errno : 0);
	close(kernel);
	close(initrd);
	unlink("/initrd");
	return !r;
}

/* Has the module log what is preserved, with nothing of ours between its lines. */
static void tell(void)
{
	tcdrain(STDOUT_FILENO);
	write_file("/sys/module/faults/parameters/tell", "1");
}

/* ---- khoscope on the running kernel ----------------------------------------------------------- */

/* The words of one command line of khoscope, as an array that ends with NULL. */
static void split(char *line, char **words, size_t size)
{
	size_t n = 0;

	for (char *w = strtok(line, " "); w && n + 1 < size; w = strtok(NULL, " "))
		words[n++] = w;
	words[n] = NULL;
}

static void ask_one(int port, const char *when, const char *verb)
{
	/* The port is a terminal. */
	static char *const plain[] = { "TERM=dumb", "PAGER=cat", NULL };
	char line[128], *words[16];
	struct rusage used = {};
	int status = -1;
	pid_t pid;

	snprintf(line, sizeof(line), "khoscope %s /proc/kcore", verb);
	split(line, words, 16);
	dprintf(port, "LABASK %s %s\n", when, verb);
	pid = fork();
	if (!pid) {
		dup2(port, STDOUT_FILENO);
		execve("/khoscope", words, plain);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) < 0 || !WIFEXITED(status))
		printf("LAB khoscope %s: status 0x%x\n", verb, status);
	dprintf(port, "LABDID %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	printf("LAB khoscope %s: %s, %ld KiB, %ld ms\n", verb, when, used.ru_maxrss,
	       (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000 +
		       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000);
}

static void ask(const char *when)
{
	static const char *const verbs[] = {
		"status -q --json", "check -q --json", "list -q --json -d out",
		"list -q --json -d in", "owners -q --json", "preflight -q --json",
		"status", "check", "preflight",
	};
	int port;

	if (!number("lab.live=", 0))
		return;
	port = open("/dev/ttyS1", O_WRONLY | O_NOCTTY | O_CLOEXEC);
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		ask_one(port, when, verbs[i]);
	tcdrain(port);
	close(port);
}

static bool load_next(int boot)
{
	char next[sizeof(cmdline) + 32], *at;

	snprintf(next, sizeof(next), "%s", cmdline);
	next[strcspn(next, "\n")] = '\0';
	at = strstr(next, " lab.boot=");
	if (at)
		*at = '\0';
	snprintf(next + strlen(next), 32, " lab.boot=%d", boot + 1);
	return load_kernel(next, 0);
}

static void hand_over(int boot, int last)
{
	if (!load_next(boot))
		return;
	tell();
	if (boot + 1 == last)
		ask("before");
	if (boot + 1 == last && number("lab.before=", 0)) {
		printf("LAB BEFORE\n");
		sleep(6);
		printf("LAB AFTER\n");
	}
	syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, 0);
	printf("LAB kexec failed: %s\n", strerror(errno));
}

/* ---- the kernel's own dump ------------------------------------------------------------------- */

static void load_crash_kernel(void)
{
	char console[64], words[256];

	snprintf(words, sizeof(words), "console=%s nr_cpus=1 no_timer_check lab.capture=1",
		 word("console=", console, sizeof(console)));
	load_kernel(words, KEXEC_FILE_ON_CRASH);
}

/* In the crash kernel. */
static void capture(void)
{
	static char buf[1 << 20];
	int in = open("/proc/vmcore", O_RDONLY), out = -1;
	long long bytes = 0;
	ssize_t n = -1;

	for (int i = 0; i < 100 && (out = open("/dev/vda", O_WRONLY)) < 0; i++)
		usleep(100000);
	while (in >= 0 && out >= 0 && (n = read(in, buf, sizeof(buf))) > 0) {
		if (write(out, buf, (size_t)n) != n)
			break;
		bytes += n;
	}
	if (n || fsync(out))
		printf("LAB capture failed: %d, %d, %zd, %s\n", in, out, n, strerror(errno));
	else
		printf("LAB VMCORE %lld\n", bytes);
}

/* Where this boot's kernel has what the command line tells relative to _stext. */
static unsigned long long stext(void)
{
	char line[512], name[256];
	unsigned long long address, found = 0;
	FILE *f = fopen("/proc/kallsyms", "r");

	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx %*c %255s", &address, name) == 2 && !strcmp(name, "_stext"))
			found = address;
	}
	if (f)
		fclose(f);
	return found;
}

/* Appends "NAME=ADDRESS" for what the module needs and the kernel doesn't export. */
static void add_addresses(char *options, size_t size)
{
	static const char *const names[] = {
		"kho_out", "kho_scratch", "kho_scratch_cnt", "luo_session_global",
		"kexec_image",
	};
	unsigned long long base = stext();
	char key[64], offset[64];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(key, sizeof(key), "lab.at.%s=", names[i]);
		if (*word(key, offset, sizeof(offset)))
			snprintf(options + strlen(options), size - strlen(options), " %s=0x%llx",
				 names[i], base + strtoull(offset, NULL, 0));
	}
}

/* With the options that @key has in the command line. */
static void load_module(const char *key)
{
	char options[1024];
	int fd;
	long r;

	word(key, options, sizeof(options));
	tcdrain(STDOUT_FILENO);
	fd = open("/lab.ko", O_RDONLY);
	for (char *c = options; *c; c++)
		*c = *c == ',' ? ' ' : *c;
	add_addresses(options, sizeof(options));
	r = syscall(SYS_finit_module, fd, options, 0);
	printf("LAB module %s: r=%ld e=%d\n", options, r, r ? errno : 0);
	close(fd);
}

/* ---- a guest that has work to do ------------------------------------------------------------- */

static void busy_files(void)
{
	static char block[1 << 20];

	for (unsigned int n = 0;; n++) {
		char name[32];
		int fd;

		snprintf(name, sizeof(name), "/tmp/f%u", n % 8);
		fd = open(name, O_RDWR | O_CREAT | O_TRUNC, 0600);
		for (int i = 0; i < 4; i++) {
			if (write(fd, block, sizeof(block)) < 0)
				break;
		}
		close(fd);
		if (n % 3 == 0)
			unlink(name);
	}
}

static void busy_memory(void)
{
	for (size_t mb = 8;; mb = mb < 64 ? mb + 8 : 8) {
		char *at = mmap(NULL, mb << 20, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (at == MAP_FAILED)
			continue;
		madvise(at, mb << 20, mb & 8 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		for (size_t i = 0; i < mb << 20; i += 4096)
			at[i] = (char)i;
		munmap(at, mb << 20);
	}
}

static void busy_slab(void)
{
	mkdir("/tmp/d", 0755);
	for (unsigned int n = 0;; n++) {
		int fds[64], pipes[2];
		char name[64];
		int k;

		for (k = 0; k < 64; k++)
			fds[k] = memfd_create("slab", 0);
		for (k = 0; k < 64; k++)
			close(fds[k]);
		snprintf(name, sizeof(name), "/tmp/d/%u", n % 4096);
		mkdir(name, 0755);
		if (n % 5 == 0)
			rmdir(name);
		if (!pipe(pipes)) {
			close(pipes[0]);
			close(pipes[1]);
		}
	}
}

static void busy_hugetlb(void)
{
	char *at;

	write_file("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8");
	at = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
	if (at == MAP_FAILED)
		printf("LAB hugetlb: %s\n", strerror(errno));
	for (size_t i = 0; at != MAP_FAILED && i < 8 << 20; i += 4096)
		at[i] = (char)i;
	for (;;) {
		sleep(1);
		write_file("/proc/sys/vm/compact_memory", "1");
	}
}

static void get_busy(void)
{
	static void (*const work[])(void) = { busy_files, busy_memory, busy_slab, busy_hugetlb };

	if (!number("lab.busy=", 0))
		return;
	mkdir("/tmp", 0755);
	for (size_t i = 0; i < sizeof(work) / sizeof(work[0]); i++) {
		if (!fork())
			work[i]();
	}
	sleep(4);
}

int main(void)
{
	int fd, luo, boot, last;

	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	fd = open("/proc/cmdline", O_RDONLY);
	if (fd < 0 || read(fd, cmdline, sizeof(cmdline) - 1) < 0)
		return 1;
	close(fd);
	setvbuf(stdout, NULL, _IONBF, 0);
	if (number("lab.capture=", 0)) {
		capture();
		for (;;)
			sleep(1000);
	}
	boot = number("lab.boot=", 1);
	last = number("lab.kexec=", 0) + 1;
	printf("LAB boot %d of %d: %s", boot, last, cmdline);
	write_file("/sys/kernel/mm/transparent_hugepage/shmem_enabled", "always");
	luo = open("/dev/liveupdate", O_RDWR);
	if (boot == 1)
		preserve(luo);
	if (boot < last) {
		load_module(boot == 1 ? "lab.first=" : "lab.between=");
		hand_over(boot, last);
	}
	if (boot > 1)
		retrieve(luo);
	if (number("lab.load=", 0))
		load_next(boot);
	load_module("lab.mod=");
	tell();
	get_busy();
	ask("after");
	sleep(1);
	if (number("lab.crash=", 0)) {
		load_crash_kernel();
		printf("LAB CRASH\n");
		write_file("/proc/sysrq-trigger", "c");
	}
	printf("LAB READY\n");
	for (;;)
		sleep(1000);
}
