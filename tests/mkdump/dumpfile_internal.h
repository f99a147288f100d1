/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the writers of dump files share. */
#ifndef MKDUMP_DUMPFILE_INTERNAL_H
#define MKDUMP_DUMPFILE_INTERNAL_H

#include "dumpfile.h"

struct out {
	int fd;
	bool flatten;
	uint64_t end; /* of the stream, when flattening */
};

struct codec {
	const char *name;
	uint32_t flag; /* of a page descriptor; makedumpfile's diskdump_mod.h */
	size_t (*pack)(const void *page, size_t len, void *to, size_t room); /* 0: failed */
};

/* In a flattened file a record, else bytes at @off. */
void out_put(struct out *out, const void *buf, size_t len, uint64_t off);

void dump_write_elf(const struct dump_image *image, const struct dump_style *style,
		    struct out *out);
void dump_write_kdump(const struct dump_image *image, const struct dump_style *style,
		      struct out *out);

bool dump_is_zero(const uint8_t *page, size_t len);
bool dump_is_arm64(const struct dump_image *image);
/* The ELF notes, the one with VMCOREINFO first; malloc()ed. */
void *dump_note(const struct dump_image *image, size_t *len);

#endif
