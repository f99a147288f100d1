/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An input as a file that can be opened by name, for the targets that read files. */
#ifndef TESTS_FUZZ_FILE_H
#define TESTS_FUZZ_FILE_H

#include <stddef.h>
#include <stdint.h>

struct file {
	int fd;
	char path[32];
};

struct file file_new(const uint8_t *data, size_t size);
void file_free(struct file *file);

#endif
