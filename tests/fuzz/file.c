// SPDX-License-Identifier: GPL-2.0-or-later
#include "file.h"

#include <err.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

struct file file_new(const uint8_t *data, size_t size)
{
	struct file file = { .fd = memfd_create("input", MFD_CLOEXEC) };

	if (file.fd < 0 || write(file.fd, data, size) != (ssize_t)size)
		err(1, "memfd");
	snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
	return file;
}

void file_free(struct file *file)
{
	close(file->fd);
}
