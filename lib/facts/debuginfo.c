// SPDX-License-Identifier: GPL-2.0-or-later
#include "debuginfo.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/error.h"
#include "debuginfod.h"

/* Where packages of Debian, Fedora and SUSE put it (libdwfl: linux-kernel-modules.c). */
static const char *const by_build_id[] = {
	"/usr/lib/debug/.build-id/%.2s/%s.debug",
	"/usr/lib/debug/.build-id/%.2s/%s",
};
static const char *const by_release[] = {
	"/usr/lib/debug/boot/vmlinux-%s",
	"/usr/lib/debug/lib/modules/%s/vmlinux",
	"/usr/lib/debug/usr/lib/modules/%s/vmlinux",
	"/usr/lib/debug/boot/vmlinux-%s.debug",
	"/usr/lib/debug/lib/modules/%s/vmlinux.debug",
	"/usr/lib/debug/usr/lib/modules/%s/vmlinux.debug",
	"/lib/modules/%s/build/vmlinux",
	"/lib/modules/%s/vmlinux",
	"/boot/vmlinux-%s",
};

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

bool khs_debuginfo_is(const char *path, const char *build_id)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char text[129] = "";
	const void *bits;
	ssize_t n = -1;
	Elf *elf;

	if (fd < 0)
		return false;
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (elf && elf_kind(elf) == ELF_K_ELF)
		n = dwelf_elf_gnu_build_id(elf, &bits);
	for (ssize_t i = 0; i < n && 2 * i + 2 < (ssize_t)sizeof(text); i++)
		sprintf(text + 2 * i, "%02x", ((const uint8_t *)bits)[i]);
	elf_end(elf);
	close(fd);
	return *text && !strcmp(text, build_id);
}

/* Takes @path; whether that is it. */
static bool accept(const struct khs_kernel *kernel, char *path, char **ret)
{
	if (path && khs_debuginfo_is(path, kernel->build_id)) {
		*ret = path;
		return true;
	}
	free(path);
	return false;
}

__attribute__((format(printf, 1, 2)))
static char *path_of(const char *format, ...)
{
	va_list ap;
	char *path;
	int n;

	va_start(ap, format);
	n = vasprintf(&path, format, ap);
	va_end(ap);
	return n < 0 ? NULL : path;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* ours, from the tables above */
static bool find_here(const struct khs_kernel *kernel, char **ret)
{
	for (size_t i = 0; i < LEN(by_build_id); i++)
		if (accept(kernel, path_of(by_build_id[i], kernel->build_id, kernel->build_id + 2),
			   ret))
			return true;
	/* It becomes part of a path. */
	if (!*kernel->release || strchr(kernel->release, '/'))
		return false;
	for (size_t i = 0; i < LEN(by_release); i++)
		if (accept(kernel, path_of(by_release[i], kernel->release), ret))
			return true;
	return false;
}
#pragma GCC diagnostic pop

/* ---- debuginfod ----------------------------------------------------------------------------- */

static void show_progress(void *arg, uint64_t done, uint64_t total)
{
	khs_kernel_progress(arg, "debuginfod", done, total);
}

static bool was_interrupted(void *arg)
{
	return khs_kernel_interrupted(arg);
}

static int fetch(const struct khs_kernel *kernel, char **path)
{
	const struct khs_debuginfod_watch watch = {
		(void *)kernel, show_progress, was_interrupted,
	};

	if (kernel->opts.fetch)
		return kernel->opts.fetch(kernel->opts.arg, kernel->build_id, path);
	return khs_debuginfod_find(kernel->build_id, &watch, path);
}

static void find_remote(const struct khs_kernel *kernel, char **ret)
{
	char *path = NULL;
	int error = fetch(kernel, &path);

	if (!error && !accept(kernel, path, ret))
		khs_kernel_warn(kernel, "debuginfod: the file it has for build-id %s is another",
				kernel->build_id);
	if (!error || khs_kernel_interrupted(kernel))
		return;
	if (error == ELIBACC)
		khs_kernel_warn(kernel, "DEBUGINFOD_URLS is set, but elfutils' client of debuginfod "
				"cannot be used");
	else
		khs_kernel_warn(kernel, "debuginfod: no vmlinux of build-id %s: %s",
				kernel->build_id, strerror(error));
}

struct khs_error *khs_debuginfo_find(const struct khs_kernel *kernel, char **path)
{
	*path = NULL;
	if (!*kernel->build_id || find_here(kernel, path))
		return NULL;
	if (kernel->opts.fetch || khs_debuginfod_named())
		find_remote(kernel, path);
	if (!*path && khs_kernel_interrupted(kernel))
		return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	return NULL;
}
