// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "dump.h"
#include "dumpfile.h"
#include "reader.h"

struct file_dump {
	struct khs_dumpfile df;
	struct khs_reader *reader;
};

static enum khs_presence file_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	const struct file_dump *fd = priv;

	return khs_reader_read(fd->reader, pa, buf, len, done);
}

static struct khs_dump *file_clone(void *priv)
{
	const struct file_dump *fd = priv;

	return khs_reader_dump(&fd->df);
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

	khs_reader_free(fd->reader);
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

static struct khs_error *open_file(struct khs_dump *dump, struct file_dump *fd, const char *path,
				   const struct khs_options *opts)
{
	struct khs_error *err = khs_dumpfile_open(path, opts, &fd->df);

	if (err)
		return err;
	fd->reader = khs_reader_new(&fd->df);
	if (!fd->reader)
		return khs_enomem();
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
