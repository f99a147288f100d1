// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Preloaded into crash, counts the bytes that are allocated, to the byte: mallinfo() counts what is
 * kept for reuse as well. What crash runs by "!" finds the number in the variable HEAP_IN_USE. Built
 * by tests/crash-leak.sh.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *p);

static atomic_llong in_use;

static void *taken(void *p)
{
	if (p)
		in_use += (long long)malloc_usable_size(p);
	return p;
}

void *malloc(size_t size)
{
	return taken(__libc_malloc(size));
}

void *calloc(size_t n, size_t size)
{
	return taken(__libc_calloc(n, size));
}

void *memalign(size_t alignment, size_t size)
{
	return taken(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **p, size_t alignment, size_t size)
{
	void *new = memalign(alignment, size);

	if (!new)
		return ENOMEM;
	*p = new;
	return 0;
}

void *realloc(void *p, size_t size)
{
	size_t old = p ? malloc_usable_size(p) : 0;
	void *new = __libc_realloc(p, size);

	if (new || !size)
		in_use -= (long long)old;
	return taken(new);
}

void free(void *p)
{
	if (p)
		in_use -= (long long)malloc_usable_size(p);
	__libc_free(p);
}

/* How crash runs "!". In one buffer: setenv() would keep each value there ever was. */
FILE *popen(const char *command, const char *mode)
{
	static char text[48];
	FILE *(*next)(const char *, const char *) =
		(FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "popen");

	snprintf(text, sizeof(text), "HEAP_IN_USE=%lld", (long long)in_use);
	putenv(text);
	return next(command, mode);
}
