// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "bulk.h"
#include "diskdump.h"
#include "dump.h"
#include "dumpfile.h"
#include "kdumpfile.h"

/* Pages looked at for one that is packed: beyond 4 GiB of holes. */
#define MAX_LOOKS (1u << 20)

struct file_dump {
	struct khs_dumpfile df;
	struct khs_kdumpfile *kf; /* NULL for ELF */
};

/*
 * libkdumpfile makes zeros of what it can't read, and a codec may take them for data: what it read
 * of a file that has lost its end meanwhile is worth nothing.
 */
static size_t unpack(const struct file_dump *fd, uint64_t pa, void *buf, size_t len)
{
	size_t got = khs_kdumpfile_read(fd->kf, pa, buf, len);

	return khs_file_shrunk(&fd->df.file) ? 0 : got;
}

static enum khs_presence file_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	struct file_dump *fd = priv;
	struct khs_span span;
	uint8_t *to = buf;
	size_t got;

	for (*done = 0; *done < len; *done += got) {
		uint64_t at = pa + *done;

		khs_bounds_look(fd->df.bounds, at, len - *done, &span);
		if (span.presence != KHS_PRESENT)
			return span.presence;
		if (span.plain)
			got = khs_file_read(&fd->df.file, span.offset, to + *done, span.len);
		else
			got = unpack(fd, at, to + *done, span.len);
		if (got < span.len) {
			*done += got;
			return span.plain || khs_file_shrunk(&fd->df.file) ? KHS_MISSING :
									     KHS_DAMAGED;
		}
	}
	return KHS_PRESENT;
}

static struct khs_dump *file_clone(void *priv)
{
	const struct file_dump *fd = priv;

	return khs_bulk_open(&fd->df);
}

static enum khs_presence file_look(void *priv, uint64_t pa, uint64_t len, uint64_t *run)
{
	const struct file_dump *fd = priv;
	struct khs_span span;

	khs_bounds_look(fd->df.bounds, pa, len, &span);
	*run = span.len;
	return span.presence;
}

static void file_close(void *priv)
{
	struct file_dump *fd = priv;

	khs_kdumpfile_free(fd->kf);
	khs_dumpfile_close(&fd->df);
	free(fd);
}

static const struct khs_dump_ops file_ops = {
	.name = "file",
	.read = file_read,
	.look = file_look,
	.close = file_close,
	.clone = file_clone,
};

static void khs_dump_closep(struct khs_dump **dump)
{
	khs_dump_close(*dump);
}

static struct khs_dump *new_dump(struct file_dump **ret)
{
	struct khs_dump *dump = calloc(1, sizeof(*dump));
	struct file_dump *fd = calloc(1, sizeof(*fd));

	if (!dump || !fd) {
		free(dump);
		free(fd);
		return NULL;
	}
	fd->df = (struct khs_dumpfile)KHS_DUMPFILE_NONE;
	dump->ops = &file_ops;
	dump->priv = fd;
	*ret = fd;
	return dump;
}

/* Better said here than found out as memory that is missing. One packed page tells of all. */
static struct khs_error *try_codec(struct file_dump *fd, const struct khs_diskdump *dd)
{
	uint64_t pages = dd->max_pfn < MAX_LOOKS ? dd->max_pfn : MAX_LOOKS;
	struct khs_span span;

	if (!khs_diskdump_codecs(&fd->df.file, dd))
		return NULL;
	for (uint64_t pfn = 0; pfn < pages; pfn++) {
		khs_bounds_look(fd->df.bounds, pfn * dd->block, 1, &span);
		if (span.presence == KHS_PRESENT && !span.plain)
			return khs_kdumpfile_try(fd->kf, pfn * dd->block);
	}
	return NULL;
}

static struct khs_error *open_kdumpfile(struct file_dump *fd)
{
	const struct khs_diskdump *dd = khs_bounds_diskdump(fd->df.bounds);
	struct khs_error *err = dd ? khs_kdumpfile_new(fd->df.file.fd, dd, &fd->kf) : NULL;

	return dd && !err ? try_codec(fd, dd) : err;
}

static struct khs_error *open_file(struct khs_dump *dump, struct file_dump *fd, const char *path,
				   const struct khs_options *opts)
{
	struct khs_error *err = khs_dumpfile_open(path, opts, &fd->df);

	if (!err)
		err = open_kdumpfile(fd);
	if (err)
		return err;
	khs_dumpfile_describe(&fd->df, dump);
	return khs_dumpfile_vmcoreinfo(&fd->df, &dump->vmcoreinfo, &dump->vmcoreinfo_len);
}

struct khs_error *khs_dump_open(const char *path, const struct khs_options *opts,
				struct khs_dump **ret)
{
	_cleanup_(khs_dump_closep) struct khs_dump *dump = NULL;
	struct file_dump *fd;
	struct khs_error *err;

	dump = new_dump(&fd);
	if (!dump)
		return khs_enomem();
	err = open_file(dump, fd, path, opts);
	if (err)
		return khs_error_wrap(err, "%s", path);
	*ret = khs_steal(dump);
	return NULL;
}
