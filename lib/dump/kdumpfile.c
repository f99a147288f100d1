// SPDX-License-Identifier: GPL-2.0-or-later
#include "kdumpfile.h"

#include <errno.h>
#include <libkdumpfile/kdumpfile.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/error.h"
#include "../base/sanitizer.h"
#include "diskdump.h"

/* Its page cache is a list, walked for every page: the default of 1024 costs more than zlib. */
#define CACHE_PAGES 32

struct khs_kdumpfile {
	kdump_ctx_t *ctx;
	int blank;
};

static struct khs_error *kdump_error(kdump_ctx_t *ctx, kdump_status status)
{
	const char *text = kdump_get_err(ctx);

	return khs_error_new(status == KDUMP_ERR_NOTIMPL ? KHS_ERR_UNSUPPORTED : KHS_ERR_FORMAT,
			     "libkdumpfile: %s", text ? text : kdump_strerror(status));
}

/*
 * libkdumpfile 0.5.1 can be crashed by what VMCOREINFO says, and takes the page size from it. It
 * reads the notes that the last of a set of files points at, so that file is one without notes.
 */
static kdump_status open_set(kdump_ctx_t *ctx, int fd, int blank)
{
	const int fds[] = { fd, blank };
	kdump_status status;

	/* No mmap: a file that shrinks while it is read would be a SIGBUS. Costs little. */
	status = kdump_set_number_attr(ctx, KDUMP_ATTR_FILE_MMAP_POLICY, KDUMP_MMAP_NEVER);
	if (status == KDUMP_OK)
		status = kdump_set_number_attr(ctx, "cache.size", CACHE_PAGES);
	if (status == KDUMP_OK)
		status = kdump_open_fdset(ctx, 2, fds);
	return status;
}

/* Both sides must be of one mind where page data lies, or bounds.c has checked in vain. */
static bool agrees(kdump_ctx_t *ctx, const struct khs_diskdump *dd)
{
	kdump_num_t page = 0, pointer = 0;

	return kdump_get_number_attr(ctx, KDUMP_ATTR_PAGE_SIZE, &page) == KDUMP_OK &&
	       kdump_get_number_attr(ctx, KDUMP_ATTR_PTR_SIZE, &pointer) == KDUMP_OK &&
	       page == dd->block && pointer == 8;
}

/*
 * kdump_free() would crash: where diskdump.c:open_common fails, it frees what the context's
 * attributes still point at. The context, some MiB, is lost instead; diskdump.c lets little by
 * that it would refuse.
 */
static struct khs_error *abandon(struct khs_kdumpfile *kf, struct khs_error *err)
{
	kf->ctx = NULL;
	return err;
}

static struct khs_error *open_context(struct khs_kdumpfile *kf, int fd,
				      const struct khs_diskdump *dd)
{
	kdump_status status;

	kf->ctx = kdump_new();
	if (!kf->ctx)
		return khs_enomem();
	kf->blank = khs_diskdump_blank(dd);
	if (kf->blank < 0)
		return khs_error_new(KHS_ERR_IO, "memfd_create: %s", strerror(errno));
	status = open_set(kf->ctx, fd, kf->blank);
	if (status != KDUMP_OK)
		return abandon(kf, kdump_error(kf->ctx, status));
	if (!agrees(kf->ctx, dd))
		return khs_error_new(KHS_ERR_FORMAT,
				     "kdump-compressed dump, too damaged to open: its header reads "
				     "two ways");
	return NULL;
}

struct khs_error *khs_kdumpfile_new(int fd, const struct khs_diskdump *dd,
				    struct khs_kdumpfile **ret)
{
	struct khs_kdumpfile *kf = calloc(1, sizeof(*kf));
	struct khs_error *err;

	if (!kf)
		return khs_enomem();
	kf->blank = -1;
	err = open_context(kf, fd, dd);
	if (err) {
		khs_kdumpfile_free(kf);
		return err;
	}
	*ret = kf;
	return NULL;
}

/*
 * Before 0.5.2 kdump_free() uses what it has freed (its commit 97c716a424a8, "Run attribute cleanup
 * hooks before deallocating attributes"), which is a crash where freed memory is filled
 * (MALLOC_PERTURB_) or handed to another thread: a context, some MiB, is left to the end of the
 * process then. Sanitizers keep freed memory as it is, and would count it as lost.
 */
static void free_context(kdump_ctx_t *ctx)
{
#if KDUMPFILE_VERSION >= KDUMPFILE_MKVER(0, 5, 2) || KHS_ASAN
	kdump_free(ctx);
#else
	(void)ctx;
#endif
}

void khs_kdumpfile_free(struct khs_kdumpfile *kf)
{
	if (!kf)
		return;
	if (kf->ctx)
		free_context(kf->ctx);
	if (kf->blank >= 0)
		close(kf->blank);
	free(kf);
}

struct khs_error *khs_kdumpfile_try(struct khs_kdumpfile *kf, uint64_t pa)
{
	size_t len = 1;
	char byte;

	if (kdump_read(kf->ctx, KDUMP_MACHPHYSADDR, pa, &byte, &len) != KDUMP_ERR_NOTIMPL)
		return NULL;
	return khs_error_new(KHS_ERR_UNSUPPORTED,
			     "libkdumpfile: %s; pack the dump anew with makedumpfile -c (zlib)",
			     kdump_get_err(kf->ctx));
}

size_t khs_kdumpfile_read(struct khs_kdumpfile *kf, uint64_t pa, void *buf, size_t len)
{
	size_t got = len;

	kdump_read(kf->ctx, KDUMP_MACHPHYSADDR, pa, buf, &got);
	return got;
}
