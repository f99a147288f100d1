// SPDX-License-Identifier: GPL-2.0-or-later
#include "diskdump.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../base/error.h"
#include "notes.h"

/* struct disk_dump_header, 64-bit. */
enum {
	DH_VERSION = 8,
	DH_MACHINE = 12 + 4 * 65, /* fifth of the six strings of new_utsname */
	DH_BLOCK_SIZE_32 = 416,   /* the same fields in a 32-bit header */
	DH_BITMAP_BLOCKS_32 = 424,
	DH_STATUS = 424,
	DH_BLOCK_SIZE = 428,
	DH_SUB_HDR_SIZE = 432,
	DH_BITMAP_BLOCKS = 436,
	DH_MAX_MAPNR = 440,
	DH_SIZE = 464,
};

/* struct kdump_sub_header, 64-bit; the comment is the header version that brought the field. */
enum {
	SH_DUMP_LEVEL = 8,         /* 1 */
	SH_SPLIT = 12,             /* 2 */
	SH_OFFSET_VMCOREINFO = 32, /* 3 */
	SH_SIZE_VMCOREINFO = 40,
	SH_OFFSET_NOTE = 48,       /* 4 */
	SH_SIZE_NOTE = 56,
	SH_MAX_MAPNR_64 = 96,      /* 6 */
	SH_SIZE = 104,
};

#define MAX_VERSION 64
/* 2010: the first that says where the notes are. */
#define MIN_VERSION 4
#define MAX_VMCOREINFO (1u << 20)
#define MAX_NOTES (64u << 20)
/* Bitmaps of 4 TiB of RAM; larger ones must be paid for by bytes the file really has. */
#define FREE_BITMAPS (256u << 20)
#define TAIL_DESCS 1024u

static const char signature[8] = "KDUMP   ";

bool khs_diskdump_is(const struct khs_file *file)
{
	char sig[sizeof(signature)];

	return khs_file_read(file, 0, sig, sizeof(sig)) == sizeof(sig) &&
	       !memcmp(sig, signature, sizeof(sig));
}

static bool plausible_block(uint32_t size)
{
	return size >= 4096 && size <= 65536 && !(size & (size - 1));
}

static struct khs_error *cut_off(const struct khs_file *file, const char *where)
{
	return khs_error_new(KHS_ERR_FORMAT,
			     "kdump-compressed dump cut off in its %s, after %" PRIu64
			     " bytes: no page of memory is in it",
			     where, file->size);
}

static struct khs_error *damaged(const char *what)
{
	return khs_error_new(KHS_ERR_FORMAT,
			     "kdump-compressed dump, too damaged to open: its header gives %s",
			     what);
}

/* The words that a 64-bit header has there are the time of the crash, the status, the page size. */
static bool is_32_bit(const uint8_t *h)
{
	return (plausible_block(khs_le32(h + DH_BLOCK_SIZE_32)) &&
		khs_le32(h + DH_BITMAP_BLOCKS_32)) ||
	       (plausible_block(khs_be32(h + DH_BLOCK_SIZE_32)) &&
		khs_be32(h + DH_BITMAP_BLOCKS_32));
}

/* Names what the fields of another kind of machine give away. */
static struct khs_error *odd_header(const uint8_t *h)
{
	if (is_32_bit(h))
		return khs_error_new(KHS_ERR_UNSUPPORTED,
				     "kdump-compressed dump of a 32-bit kernel: only 64-bit ones "
				     "can be read");
	if (plausible_block(khs_be32(h + DH_BLOCK_SIZE)))
		return khs_error_new(KHS_ERR_UNSUPPORTED,
				     "kdump-compressed dump of a big-endian kernel: only x86_64 "
				     "and aarch64 can be read");
	return damaged("no possible page size");
}

static void copy_machine(const uint8_t *h, char *machine, size_t size)
{
	memcpy(machine, h + DH_MACHINE, size - 1);
	machine[size - 1] = '\0';
	for (char *c = machine; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			*c = '?';
	/* QEMU's word for what its dump code has no name for, arm64 among others. */
	if (!strcmp(machine, "Unknown"))
		*machine = '\0';
}

static struct khs_error *check_machine(const char *machine)
{
	if (!*machine || !strcmp(machine, "x86_64") || !strcmp(machine, "aarch64"))
		return NULL;
	return khs_error_new(KHS_ERR_UNSUPPORTED,
			     "kdump-compressed dump of a machine of type %s: only x86_64 and "
			     "aarch64 can be read",
			     machine);
}

static struct khs_error *parse_header(const uint8_t *h, struct khs_diskdump *dd)
{
	*dd = (struct khs_diskdump){
		.version = khs_le32(h + DH_VERSION),
		.status = khs_le32(h + DH_STATUS),
		.block = khs_le32(h + DH_BLOCK_SIZE),
		.max_pfn = khs_le32(h + DH_MAX_MAPNR),
	};
	copy_machine(h, dd->machine, sizeof(dd->machine));
	if (!plausible_block(dd->block) || !khs_le32(h + DH_BITMAP_BLOCKS))
		return odd_header(h);
	if (!dd->version || dd->version > MAX_VERSION)
		return damaged("no known version");
	if (dd->version < MIN_VERSION)
		return khs_error_new(KHS_ERR_UNSUPPORTED,
				     "kdump-compressed dump of header version %" PRIu32
				     ", older than any kernel with KHO",
				     dd->version);
	return check_machine(dd->machine);
}

struct khs_error *khs_diskdump_header(const struct khs_file *file, struct khs_diskdump *ret)
{
	uint8_t h[DH_SIZE];

	if (khs_file_read(file, 0, h, sizeof(h)) != sizeof(h))
		return cut_off(file, "header");
	return parse_header(h, ret);
}

static struct khs_error *parse_sub_header(const uint8_t *s, struct khs_diskdump *dd)
{
	if (khs_le32(s + SH_SPLIT))
		return khs_error_new(KHS_ERR_UNSUPPORTED,
				     "one part of a split kdump-compressed dump: join the parts "
				     "with makedumpfile --reassemble");
	dd->level = khs_le32(s + SH_DUMP_LEVEL);
	dd->vmcoreinfo_off = khs_le64(s + SH_OFFSET_VMCOREINFO);
	dd->vmcoreinfo_len = khs_le64(s + SH_SIZE_VMCOREINFO);
	dd->notes_off = khs_le64(s + SH_OFFSET_NOTE);
	dd->notes_len = khs_le64(s + SH_SIZE_NOTE);
	if (dd->version >= 6)
		dd->max_pfn = khs_le64(s + SH_MAX_MAPNR_64);
	if (dd->vmcoreinfo_len > MAX_VMCOREINFO || dd->notes_len > MAX_NOTES)
		return damaged("notes of absurd size");
	return NULL;
}

static struct khs_error *place_tables(const struct khs_file *file, uint64_t sub_blocks,
				      uint64_t bitmap_blocks, struct khs_diskdump *dd)
{
	uint64_t bitmaps = bitmap_blocks * dd->block;
	uint64_t off = (1 + sub_blocks) * dd->block;

	if (!dd->max_pfn || dd->max_pfn > bitmaps * 8)
		return damaged("bitmaps that don't match its number of pages");
	dd->desc_off = off + bitmaps;
	if (dd->desc_off >= file->size)
		return cut_off(file, "page bitmaps");
	if (bitmaps > FREE_BITMAPS && bitmaps > file->stored)
		return damaged("page bitmaps larger than the rest of the file");
	dd->dumped_off = off;
	if (dd->max_pfn <= bitmaps * 8 / 2) {
		dd->ram_off = off;
		dd->dumped_off = off + bitmap_blocks / 2 * dd->block;
	}
	dd->bitmap_len = (dd->max_pfn + 7) / 8;
	return NULL;
}

/* Old and odd producers leave the pointer out; the note itself is always there. */
static void find_vmcoreinfo(const struct khs_file *file, struct khs_diskdump *dd)
{
	if (!dd->vmcoreinfo_len)
		khs_notes_vmcoreinfo(file, dd->notes_off, dd->notes_len, &dd->vmcoreinfo_off,
				     &dd->vmcoreinfo_len);
	if (!khs_file_holds(file, dd->vmcoreinfo_off, dd->vmcoreinfo_len))
		dd->vmcoreinfo_len = 0;
}

struct khs_error *khs_diskdump_parse(const struct khs_file *file, struct khs_diskdump *ret)
{
	uint8_t h[DH_SIZE], s[SH_SIZE];
	struct khs_error *err;

	if (khs_file_read(file, 0, h, sizeof(h)) != sizeof(h))
		return cut_off(file, "header");
	err = parse_header(h, ret);
	if (err)
		return err;
	if (khs_file_read(file, ret->block, s, sizeof(s)) != sizeof(s))
		return cut_off(file, "sub-header");
	err = parse_sub_header(s, ret);
	if (err)
		return err;
	err = place_tables(file, khs_le32(h + DH_SUB_HDR_SIZE), khs_le32(h + DH_BITMAP_BLOCKS),
			   ret);
	if (err)
		return err;
	if (!khs_file_holds(file, ret->notes_off, ret->notes_len))
		return damaged("notes outside the file");
	if (khs_notes_xen(file, ret->notes_off, ret->notes_len))
		return khs_error_new(KHS_ERR_UNSUPPORTED, "kdump-compressed " KHS_XEN_TEXT);
	find_vmcoreinfo(file, ret);
	return NULL;
}

void khs_diskdump_unpack(const void *raw, struct khs_page_desc *ret)
{
	const uint8_t *d = raw;

	ret->offset = khs_le64(d);
	ret->size = khs_le32(d + 8);
	ret->flags = khs_le32(d + 12);
}

bool khs_diskdump_desc(const struct khs_file *file, const struct khs_diskdump *dd, uint64_t index,
		       struct khs_page_desc *ret)
{
	uint8_t raw[KHS_DD_DESC_SIZE];
	uint64_t off = dd->desc_off + index * KHS_DD_DESC_SIZE;

	if (khs_file_read(file, off, raw, sizeof(raw)) != sizeof(raw))
		return false;
	khs_diskdump_unpack(raw, ret);
	return true;
}

uint32_t khs_diskdump_codecs(const struct khs_file *file, const struct khs_diskdump *dd)
{
	uint32_t codecs = dd->status & KHS_DD_CODECS;
	struct khs_page_desc desc;

	for (unsigned int i = 0; !codecs && i < TAIL_DESCS; i++) {
		if (!khs_diskdump_desc(file, dd, i, &desc) || !desc.size ||
		    desc.size > dd->block)
			break;
		codecs = desc.flags & KHS_DD_CODECS;
	}
	return codecs;
}

/* makedumpfile(8), -d: bits of the dump level. QEMU writes one as well. */
void khs_diskdump_filter(const struct khs_diskdump *dd, char *text, size_t size)
{
	static const char *const what[] = {
		"zero pages", "cache", "private cache", "user data", "free pages",
	};
	size_t n = 0;

	*text = '\0';
	if (dd->level & ~0x1fu)
		return;
	for (size_t i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		if (dd->level >> i & 1)
			n += snprintf(text + n, size - n, "%s%s", n ? ", " : "", what[i]);
	if (dd->status & KHS_DD_EXCLUDED_VMEMMAP)
		n += snprintf(text + n, size - n, "%sunused vmemmap (makedumpfile -e)",
			      n ? ", " : "");
	if (n)
		snprintf(text + n, size - n, " (level %" PRIu32 ")", dd->level);
	else
		snprintf(text, size, "nothing (level 0)");
}

uint64_t khs_popcount(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t sum = 0, word;

	for (; len >= sizeof(word); p += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		sum += __builtin_popcountll(word);
	}
	while (len--)
		sum += __builtin_popcount(*p++);
	return sum;
}

/* How many pages the bitmap promises; false if part of the bitmap itself is gone. */
static bool count_dumped(const struct khs_file *file, const struct khs_diskdump *dd, uint64_t *ret)
{
	uint8_t chunk[16384];

	*ret = 0;
	for (uint64_t at = 0; at < dd->bitmap_len; at += sizeof(chunk)) {
		uint64_t rest = dd->bitmap_len - at;
		size_t want = rest < sizeof(chunk) ? rest : sizeof(chunk);

		if (khs_file_read(file, dd->dumped_off + at, chunk, want) != want)
			return false;
		*ret += khs_popcount(chunk, want);
	}
	return true;
}

bool khs_diskdump_complete(const struct khs_file *file, const struct khs_diskdump *dd, char *why,
			   size_t size)
{
	uint64_t pages, end = 0, lost = 0;
	struct khs_page_desc desc;

	*why = '\0';
	if (dd->status & KHS_DD_INCOMPLETE) {
		snprintf(why, size, "its header says that writing it was cut short");
		return false;
	}
	if (!count_dumped(file, dd, &pages)) {
		snprintf(why, size, "part of its page bitmap is missing");
		return false;
	}
	/* Data is written in the order of the pages, so the last ones tell. */
	for (uint64_t i = pages > TAIL_DESCS ? pages - TAIL_DESCS : 0; i < pages; i++) {
		if (!khs_diskdump_desc(file, dd, i, &desc) || !desc.size)
			lost++;
		else if (desc.offset + desc.size > end)
			end = desc.offset + desc.size;
	}
	if (lost)
		snprintf(why, size, "the descriptors of its last pages are missing");
	else if (end > file->size)
		snprintf(why, size, "the file has %" PRIu64 " bytes, its pages need %" PRIu64,
			 file->size, end);
	return !*why;
}
