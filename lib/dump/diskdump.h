/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kdump-compressed format of makedumpfile and QEMU (makedumpfile's IMPLEMENTATION file, "the
 * dump file format"): where its tables lie in the file, as its headers say. 64-bit little-endian
 * headers only. Checks every offset and count against the file; decodes no page.
 *
 *	block 0                  main header, ends in per-CPU words nobody needs
 *	block 1                  sub-header, then notes (VMCOREINFO among them)
 *	block 1 + sub_hdr_size   bitmap of RAM, then bitmap of dumped pages
 *	then                     one descriptor for each dumped page, in order of pfn
 *	then                     page data
 */
#ifndef KHS_DUMP_DISKDUMP_H
#define KHS_DUMP_DISKDUMP_H

#include "io.h"

/* Bits of the main header's status, and (codecs only) of a page descriptor's flags. */
#define KHS_DD_ZLIB 0x1u
#define KHS_DD_LZO 0x2u
#define KHS_DD_SNAPPY 0x4u
#define KHS_DD_INCOMPLETE 0x8u
#define KHS_DD_EXCLUDED_VMEMMAP 0x10u
#define KHS_DD_ZSTD 0x20u
#define KHS_DD_CODECS (KHS_DD_ZLIB | KHS_DD_LZO | KHS_DD_SNAPPY | KHS_DD_ZSTD)

#define KHS_DD_DESC_SIZE 24u

struct khs_diskdump {
	uint32_t version;
	uint32_t status;
	uint32_t level;          /* what makedumpfile was told to leave out */
	char machine[65];        /* utsname.machine, "" if not set */
	uint64_t block;          /* bytes of a block, which is a page */
	uint64_t max_pfn;        /* first pfn the bitmaps don't tell of */
	uint64_t ram_off;        /* bitmap of RAM; 0 if the file has only the other */
	uint64_t dumped_off;     /* bitmap of pages in the dump */
	uint64_t bitmap_len;     /* bytes of each, as far as max_pfn needs */
	uint64_t desc_off;       /* page descriptors */
	uint64_t vmcoreinfo_off;
	uint64_t vmcoreinfo_len; /* 0 if there is none */
	uint64_t notes_off;
	uint64_t notes_len;
};

struct khs_page_desc {
	uint64_t offset; /* of the page's data; 0 with size 0: never written */
	uint32_t size;
	uint32_t flags;
};

/* Whether @file starts as a dump of this format does. */
bool khs_diskdump_is(const struct khs_file *file);

/*
 * The main header alone: version, status, machine, block. UNSUPPORTED for 32-bit and big-endian
 * dumps, FORMAT for what makes no sense.
 */
struct khs_error *khs_diskdump_header(const struct khs_file *file, struct khs_diskdump *ret);

/*
 * All of it. Also UNSUPPORTED for one part of a split dump, FORMAT if the file ends before the
 * page descriptors start, since then not one page of memory is in it.
 */
struct khs_error *khs_diskdump_parse(const struct khs_file *file, struct khs_diskdump *ret);

/* Codecs the dump uses: by its status or, if that is silent, its first descriptors. 0: none. */
uint32_t khs_diskdump_codecs(const struct khs_file *file, const struct khs_diskdump *dd);

/* Descriptor number @index; false if it isn't in the file. */
bool khs_diskdump_desc(const struct khs_file *file, const struct khs_diskdump *dd, uint64_t index,
		       struct khs_page_desc *ret);
void khs_diskdump_unpack(const void *raw, struct khs_page_desc *ret);

/*
 * Whether the file has every page that its bitmap promises, by the header's flag and by where the
 * last pages end. If not, @why says so.
 */
bool khs_diskdump_complete(const struct khs_file *file, const struct khs_diskdump *dd, char *why,
			   size_t size);

/*
 * What the dump's maker was told to leave out, by the header: "zero pages, free pages (level 17)".
 */
void khs_diskdump_filter(const struct khs_diskdump *dd, char *text, size_t size);

/* Bits set in @len bytes. */
uint64_t khs_popcount(const void *bytes, size_t len);

#endif
