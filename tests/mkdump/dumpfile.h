/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a dump file of pages that somebody else has: ELF or kdump-compressed, as makedumpfile and
 * QEMU write them, flattened, split, cut or damaged. Knows nothing of what is in the pages, and
 * takes nothing from the library that reads dumps. Ends the program if it cannot write.
 */
#ifndef MKDUMP_DUMPFILE_H
#define MKDUMP_DUMPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum page_state {
	NORAM,
	PRESENT,
	EXCLUDED,
	SPOILT, /* packed data that cannot be unpacked; kdump alone */
	LOST, /* promised but never written, as makedumpfile leaves a page without space */
};

struct dump_image {
	size_t page; /* bytes */
	uint64_t max_pfn;
	const uint8_t *state; /* enum page_state of each page */
	void (*read)(void *priv, uint64_t pfn, void *page);
	void *priv;
	const char *vmcoreinfo; /* "KEY=value\n"... */
	size_t vmcoreinfo_len;  /* 0: the dump has none; the text still tells the machine */
	const uint64_t *cr3;    /* of processors, as QEMU notes them */
	size_t nr_cr3;
};

struct codec;

struct dump_style {
	bool elf;
	const struct codec *codec; /* of kdump-compressed pages */
	bool flatten;
	bool incomplete;      /* says so in its header */
	const char *utsname;  /* "full", "machine", "none" */
	const char *damage;   /* "SEED,COUNT[,FROM-TO]": random bytes at random places; or NULL */
	const char *truncate; /* "BYTES" or "PERCENT%"; or NULL */
	/* One of several parts, as makedumpfile --split makes: pages of these pfns only. */
	bool split;
	uint64_t split_start, split_end;
};

/* "none", "zlib", "lzo", "snappy", "zstd"; NULL if there is no such codec. */
const struct codec *dump_codec(const char *name);

/* The value of a line "@key..." of VMCOREINFO, @key with its "="; "" if there is none. */
void dump_info(const struct dump_image *image, const char *key, char *value, size_t size);

void dump_write(const struct dump_image *image, const struct dump_style *style, const char *path);

#endif
