// SPDX-License-Identifier: GPL-2.0-or-later
#include "debuginfo.h"

#include <dlfcn.h>
#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <libelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/error.h"

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

#define LIBRARY "libdebuginfod.so.1"

/* elfutils/debuginfod.h, of a library that need not be there, and is loaded as libdwfl loads it. */
struct client {
	void *library, *handle;
	void *(*begin)(void);
	void (*end)(void *handle);
	int (*find)(void *handle, const unsigned char *build_id, int len, char **path);
	void (*set_progress)(void *handle, int (*fn)(void *handle, long done, long total));
	void (*set_data)(void *handle, void *data);
};

static void client_close(struct client *c)
{
	if (c->handle)
		c->end(c->handle);
	if (c->library)
		dlclose(c->library);
}

static bool client_open(struct client *c)
{
	static const char *const names[] = {
		"debuginfod_begin", "debuginfod_end", "debuginfod_find_debuginfo",
		"debuginfod_set_progressfn", "debuginfod_set_user_data",
	};
	void **to[] = { (void **)&c->begin, (void **)&c->end, (void **)&c->find,
			(void **)&c->set_progress, (void **)&c->set_data };

	c->library = dlopen(LIBRARY, RTLD_LAZY);
	for (size_t i = 0; c->library && i < LEN(names); i++) {
		*to[i] = dlsym(c->library, names[i]);
		if (!*to[i])
			return false;
	}
	c->handle = c->library ? c->begin() : NULL;
	return c->handle;
}

/* What it is called for is in the client alone. Not 0: leave off. */
static int on_progress(void *handle, long done, long total)
{
	void *library = dlopen(LIBRARY, RTLD_LAZY | RTLD_NOLOAD);
	void *(*data)(void *) = NULL;
	const struct khs_kernel *kernel;

	if (library)
		*(void **)&data = dlsym(library, "debuginfod_get_user_data");
	kernel = data ? data(handle) : NULL;
	if (library)
		dlclose(library);
	if (!kernel)
		return 0;
	khs_kernel_progress(kernel, "debuginfod", done > 0 ? done : 0, total > 0 ? total : 0);
	return khs_kernel_interrupted(kernel);
}

/* The file is the client's, in its cache. */
static void find_remote(const struct khs_kernel *kernel, char **ret)
{
	_cleanup_(client_close) struct client c = { .library = NULL };
	char *path = NULL;
	int fd;

	if (!client_open(&c)) {
		khs_kernel_warn(kernel, "DEBUGINFOD_URLS is set, but %s cannot be used", LIBRARY);
		return;
	}
	c.set_data(c.handle, (void *)kernel);
	c.set_progress(c.handle, on_progress);
	/* A length of 0: it is hexadecimal. */
	fd = c.find(c.handle, (const unsigned char *)kernel->build_id, 0, &path);
	if (fd >= 0)
		close(fd);
	if (fd < 0 && !khs_kernel_interrupted(kernel))
		khs_kernel_warn(kernel, "debuginfod: no vmlinux of build-id %s: %s",
				kernel->build_id, strerror(-fd));
	if (fd >= 0 && !accept(kernel, path, ret))
		khs_kernel_warn(kernel, "debuginfod: the file it has for build-id %s is another",
				kernel->build_id);
}

struct khs_error *khs_debuginfo_find(const struct khs_kernel *kernel, char **path)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	*path = NULL;
	if (!*kernel->build_id || find_here(kernel, path))
		return NULL;
	if (urls && *urls)
		find_remote(kernel, path);
	if (!*path && khs_kernel_interrupted(kernel))
		return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	return NULL;
}
