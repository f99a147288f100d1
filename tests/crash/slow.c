// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into crash, makes the disk and gdb's answers slow while the file /mnt/slow exists, and
 * the disk alone, but more so, while /mnt/slow-disk does: then a command takes seconds that else is
 * over before anybody can press Ctrl-C. The variable SLOW names another folder than /mnt. Slow are
 * reads of a file at an offset (dumps are read so), the more so the more is read, and making a
 * temporary file (crash does that for each question to gdb). Built by tests/crash.sh and cli.sh.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_there(const char *name)
{
	const char *folder = getenv("SLOW");
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder ? folder : "/mnt", name);
	return !access(path, F_OK);
}

ssize_t pread64(int fd, void *buf, size_t n, off64_t off)
{
	if (n > 64) /* no descriptor of a page: of these, opening a dump reads thousands */
		usleep(is_there("slow-disk") ? 50000 :
		       is_there("slow") ? (n + 4095) / 4096 * 5000 : 0);
	return syscall(SYS_pread64, fd, buf, n, off);
}

ssize_t pread(int fd, void *buf, size_t n, off_t off)
{
	return pread64(fd, buf, n, off);
}

FILE *tmpfile(void)
{
	FILE *(*next)(void) = (FILE *(*)(void))dlsym(RTLD_NEXT, "tmpfile");

	usleep(is_there("slow") ? 30000 : 0);
	return next();
}
