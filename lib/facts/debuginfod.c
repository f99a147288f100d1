// SPDX-License-Identifier: GPL-2.0-or-later
#include "debuginfod.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define LIBRARY "libdebuginfod.so.1"
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

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
	const struct khs_debuginfod_watch *watch;

	if (library)
		*(void **)&data = dlsym(library, "debuginfod_get_user_data");
	watch = data ? data(handle) : NULL;
	if (library)
		dlclose(library);
	if (!watch)
		return 0;
	watch->progress(watch->arg, done > 0 ? (uint64_t)done : 0, total > 0 ? (uint64_t)total : 0);
	return watch->interrupted(watch->arg);
}

bool khs_debuginfod_named(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	return urls && *urls;
}

int khs_debuginfod_find(const char *build_id, const struct khs_debuginfod_watch *watch,
			char **path)
{
	struct client c = { .library = NULL };
	int fd = -ELIBACC;

	*path = NULL;
	if (client_open(&c)) {
		c.set_data(c.handle, (void *)watch);
		c.set_progress(c.handle, on_progress);
		/* A length of 0: it is hexadecimal. */
		fd = c.find(c.handle, (const unsigned char *)build_id, 0, path);
	}
	client_close(&c);
	if (fd < 0)
		return -fd;
	close(fd);
	return 0;
}
