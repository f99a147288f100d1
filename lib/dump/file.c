// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "../base/extents.h"
#include "bounds.h"
#include "diskdump.h"
#include "dump.h"
#include "flattened.h"
#include "io.h"
#include "kdumpfile.h"
#include "probe.h"

/* Pages looked at for one that is packed: beyond 4 GiB of holes. */
#define MAX_LOOKS (1u << 20)

struct file_dump {
	struct khs_file file;
	struct khs_extents written; /* what of a cut flattened file is real */
	struct khs_bounds *bounds;
	struct khs_kdumpfile *kf;   /* NULL for ELF */
};

/*
 * libkdumpfile makes zeros of what it can't read, and a codec may take them for data: what it read
 * of a file that has lost its end meanwhile is worth nothing.
 */
static size_t unpack(const struct file_dump *fd, uint64_t pa, void *buf, size_t len)
{
	size_t got = khs_kdumpfile_read(fd->kf, pa, buf, len);

	return khs_file_shrunk(&fd->file) ? 0 : got;
}

static enum khs_presence file_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	struct file_dump *fd = priv;
	struct khs_span span;
	uint8_t *to = buf;
	size_t got;

	for (*done = 0; *done < len; *done += got) {
		uint64_t at = pa + *done;

		khs_bounds_look(fd->bounds, at, len - *done, &span);
		if (span.presence != KHS_PRESENT)
			return span.presence;
		if (span.plain)
			got = khs_file_read(&fd->file, span.offset, to + *done, span.len);
		else
			got = unpack(fd, at, to + *done, span.len);
		if (got < span.len) {
			*done += got;
			return KHS_MISSING;
		}
	}
	return KHS_PRESENT;
}

static void file_close(void *priv)
{
	struct file_dump *fd = priv;

	khs_kdumpfile_free(fd->kf);
	khs_bounds_free(fd->bounds);
	khs_file_close(&fd->file);
	khs_extents_deinit(&fd->written);
	free(fd);
}

static const struct khs_dump_ops file_ops = {
	.name = "file",
	.read = file_read,
	.close = file_close,
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
	fd->file.fd = -1;
	dump->ops = &file_ops;
	dump->priv = fd;
	*ret = fd;
	return dump;
}

static struct khs_error *refusal(const struct khs_probe *probe)
{
	return probe->code ? khs_error_new(probe->code, "%s", probe->reason) : NULL;
}

/* From here on the temporary file is the dump. */
static struct khs_error *unflatten(struct file_dump *fd, const struct khs_options *opts,
				   struct khs_probe *probe)
{
	struct khs_file in = fd->file;
	char why[sizeof(probe->incomplete_why)];
	struct khs_error *err;

	fd->file.fd = -1;
	err = khs_flattened_rearrange(&in, &fd->file, &fd->written, why, sizeof(why), opts);
	khs_file_close(&in);
	if (err)
		return err;
	khs_probe_file(&fd->file, probe);
	probe->flattened = true;
	if (*why) {
		probe->complete = false;
		memcpy(probe->incomplete_why, why, sizeof(why));
	}
	return refusal(probe);
}

/* Better said here than found out as memory that is missing. One packed page tells of all. */
static struct khs_error *try_codec(struct file_dump *fd, const struct khs_diskdump *dd)
{
	uint64_t pages = dd->max_pfn < MAX_LOOKS ? dd->max_pfn : MAX_LOOKS;
	struct khs_span span;

	if (!khs_diskdump_codecs(&fd->file, dd))
		return NULL;
	for (uint64_t pfn = 0; pfn < pages; pfn++) {
		khs_bounds_look(fd->bounds, pfn * dd->block, 1, &span);
		if (span.presence == KHS_PRESENT && !span.plain)
			return khs_kdumpfile_try(fd->kf, pfn * dd->block);
	}
	return NULL;
}

static struct khs_error *open_kdumpfile(struct file_dump *fd)
{
	const struct khs_diskdump *dd = khs_bounds_diskdump(fd->bounds);
	struct khs_error *err = dd ? khs_kdumpfile_new(fd->file.fd, dd, &fd->kf) : NULL;

	return dd && !err ? try_codec(fd, dd) : err;
}

static struct khs_error *read_vmcoreinfo(struct khs_dump *dump, const struct file_dump *fd)
{
	_cleanup_free_ char *text = NULL;
	uint64_t off, len;

	khs_bounds_vmcoreinfo(fd->bounds, &off, &len);
	if (!len)
		return NULL;
	text = malloc(len + 1);
	if (!text)
		return khs_enomem();
	if (khs_file_read(&fd->file, off, text, len) != len)
		return NULL;
	text[len] = '\0';
	/* Padded with zeros by some. */
	dump->vmcoreinfo_len = strlen(text);
	dump->vmcoreinfo = khs_steal(text);
	return NULL;
}

static struct khs_error *open_file(struct khs_dump *dump, struct file_dump *fd, const char *path,
				   const struct khs_options *opts)
{
	struct khs_probe probe;
	struct khs_error *err = khs_file_open(path, &fd->file);

	if (err)
		return err;
	khs_probe_file(&fd->file, &probe);
	err = refusal(&probe);
	if (!err && probe.flattened)
		err = unflatten(fd, opts, &probe);
	if (!err)
		err = khs_bounds_new(&fd->file, &fd->bounds);
	if (!err)
		err = open_kdumpfile(fd);
	if (err)
		return err;
	memcpy(dump->format, probe.text, sizeof(dump->format));
	memcpy(dump->incomplete_why, probe.incomplete_why, sizeof(dump->incomplete_why));
	dump->flattened = probe.flattened;
	dump->complete = probe.complete;
	return read_vmcoreinfo(dump, fd);
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
