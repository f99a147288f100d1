// SPDX-License-Identifier: GPL-2.0-or-later
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../base/error.h"
#include "../base/extents.h"
#include "kcore.h"

static const char *odd_kind(mode_t mode)
{
	static const struct {
		mode_t mode;
		const char *text;
	} kinds[] = {
		{ S_IFDIR, "a directory" },
		{ S_IFIFO, "a pipe (save the dump to a file first)" },
		{ S_IFSOCK, "a socket" },
		{ S_IFBLK, "a block device (copy the dump off it into a file first)" },
		{ S_IFCHR, "a character device" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if ((mode & S_IFMT) == kinds[i].mode)
			return kinds[i].text;
	return "no regular file";
}

/* What a file of procfs is called there, whatever it was opened as. */
static void proc_name(int fd, char *name, size_t size)
{
	char link[32], target[PATH_MAX];
	const char *base;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	base = strrchr(target, '/');
	snprintf(name, size, "%s", base ? base + 1 : "");
}

/*
 * Of procfs /proc/vmcore is a dump, and /proc/kcore the running kernel laid out like one. The size
 * that stat() gives of that is where its highest address would lie (fs/proc/kcore.c:
 * update_kcore_size()), or 0 before that was worked out.
 */
static struct khs_error *look_at_proc(struct khs_file *file)
{
	struct statfs fs;
	char name[16];

	if (fstatfs(file->fd, &fs) || fs.f_type != PROC_SUPER_MAGIC)
		return NULL;
	proc_name(file->fd, name, sizeof(name));
	if (!strcmp(name, "vmcore"))
		return NULL;
	if (strcmp(name, "kcore"))
		return khs_error_new(KHS_ERR_FORMAT, "not a dump: a view of the running kernel, "
				     "not of a dead one (its memory is /proc/kcore)");
	file->live = khs_kcore_open(file->fd);
	file->size = INT64_MAX;
	return file->live ? NULL : khs_enomem();
}

struct khs_error *khs_file_open(const char *path, struct khs_file *ret)
{
	_cleanup_(khs_file_closep) struct khs_file file = KHS_FILE_NONE;
	struct khs_error *err;
	struct stat st;

	/* O_NONBLOCK: a pipe nobody writes to must not hang us before we see that it is one. */
	file.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (file.fd < 0 && errno == ENXIO)
		return khs_error_new(KHS_ERR_FORMAT, "not a dump: a socket or a dead device");
	if (file.fd < 0 && errno == ENOENT && !strcmp(path, "-"))
		return khs_error_new(KHS_ERR_IO,
				     "a dump can't be read from standard input: save it to a file "
				     "first");
	if (file.fd < 0 || fstat(file.fd, &st))
		return khs_error_new(KHS_ERR_IO, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return khs_error_new(KHS_ERR_FORMAT, "not a dump: %s", odd_kind(st.st_mode));
	file.size = st.st_size;
	file.stored = (uint64_t)st.st_blocks * 512;
	err = look_at_proc(&file);
	if (err)
		return err;
	*ret = file;
	file = (struct khs_file)KHS_FILE_NONE;
	return NULL;
}

void khs_file_close(struct khs_file *file)
{
	khs_kcore_close(file->live);
	file->live = NULL;
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

/* How many of @len bytes from @off on are there. */
static uint64_t clamp(const struct khs_file *file, uint64_t off, uint64_t len)
{
	const struct khs_extent *e;

	if (off >= file->size)
		return 0;
	if (len > file->size - off)
		len = file->size - off;
	if (!file->written)
		return len;
	e = khs_extents_find(file->written, off);
	if (!e)
		return 0;
	return len < e->end - off ? len : e->end - off;
}

bool khs_file_holds(const struct khs_file *file, uint64_t off, uint64_t len)
{
	return clamp(file, off, len) == len;
}

bool khs_file_shrunk(const struct khs_file *file)
{
	struct stat st;

	if (file->live)
		return false;
	return fstat(file->fd, &st) || (uint64_t)st.st_size < file->base + file->size;
}

static ssize_t read_some(const struct khs_file *file, uint64_t off, void *buf, size_t len)
{
	if (file->live)
		return khs_kcore_read(file->live, buf, len, off);
	return pread(file->fd, buf, len, (off_t)(file->base + off));
}

size_t khs_file_read(const struct khs_file *file, uint64_t off, void *buf, size_t len)
{
	size_t want = clamp(file, off, len), got = 0;

	if (off > INT64_MAX - file->base)
		return 0;
	while (got < want) {
		ssize_t n = read_some(file, off + got, (char *)buf + got, want - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += n;
	}
	return got;
}
