// SPDX-License-Identifier: GPL-2.0-or-later
#include "io.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../base/error.h"
#include "../base/extents.h"

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

/* /proc/kcore looks like a huge ELF core; /proc/vmcore, its neighbour, is a dump. */
static bool is_live(int fd, const char *path)
{
	const char *name = strrchr(path, '/');
	struct statfs fs;

	if (fstatfs(fd, &fs) || fs.f_type != PROC_SUPER_MAGIC)
		return false;
	return strcmp(name ? name + 1 : path, "vmcore") != 0;
}

struct khs_error *khs_file_open(const char *path, struct khs_file *ret)
{
	_cleanup_(khs_file_closep) struct khs_file file = KHS_FILE_NONE;
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
	if (is_live(file.fd, path))
		return khs_error_new(KHS_ERR_FORMAT,
				     "not a dump: a view of the running kernel, not of a dead one");
	file.size = st.st_size;
	file.stored = (uint64_t)st.st_blocks * 512;
	*ret = file;
	file.fd = -1;
	return NULL;
}

void khs_file_close(struct khs_file *file)
{
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

	return fstat(file->fd, &st) || (uint64_t)st.st_size < file->base + file->size;
}

size_t khs_file_read(const struct khs_file *file, uint64_t off, void *buf, size_t len)
{
	size_t want = clamp(file, off, len), got = 0;

	if (off > INT64_MAX - file->base)
		return 0;
	while (got < want) {
		ssize_t n = pread(file->fd, (char *)buf + got, want - got, file->base + off + got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += n;
	}
	return got;
}
