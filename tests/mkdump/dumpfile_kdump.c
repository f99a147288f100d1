// SPDX-License-Identifier: GPL-2.0-or-later
#include "dumpfile_internal.h"

#include <elf.h>
#include <endian.h>
#include <err.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#define BATCH 170 /* descriptors written at once, as many as fit a page */

/* ---- codecs --------------------------------------------------------------------------------- */

static size_t pack_zlib(const void *page, size_t len, void *to, size_t room)
{
	uLongf n = room;

	return compress2(to, &n, page, len, Z_BEST_SPEED) == Z_OK ? n : 0;
}

static size_t pack_lzo(const void *page, size_t len, void *to, size_t room)
{
	static lzo_align_t work[LZO1X_1_MEM_COMPRESS / sizeof(lzo_align_t) + 1];
	lzo_uint n = room;

	return lzo1x_1_compress(page, len, to, &n, work) == LZO_E_OK ? n : 0;
}

static size_t pack_snappy(const void *page, size_t len, void *to, size_t room)
{
	size_t n = room;

	return snappy_compress(page, len, to, &n) == SNAPPY_OK ? n : 0;
}

static size_t pack_zstd(const void *page, size_t len, void *to, size_t room)
{
	size_t n = ZSTD_compress(to, room, page, len, 1);

	return ZSTD_isError(n) ? 0 : n;
}

static const struct codec codecs[] = {
	{ "none", 0x00, NULL },	      { "zlib", 0x01, pack_zlib },
	{ "lzo", 0x02, pack_lzo },    { "snappy", 0x04, pack_snappy },
	{ "zstd", 0x20, pack_zstd },
};

const struct codec *dump_codec(const char *name)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (!strcmp(codecs[i].name, name))
			return &codecs[i];
	return NULL;
}

/* ---- pages ---------------------------------------------------------------------------------- */

struct desc {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
	uint64_t page_flags;
};

struct writer {
	const struct dump_image *image;
	const struct codec *codec;
	struct out *out;
	uint64_t desc_off;
	uint64_t data_off;
	struct desc zero; /* shared by all zero pages; size 0: not written yet */
	struct desc batch[BATCH];
	size_t nr_batch;
	uint8_t *data; /* of the batch */
	size_t data_len;
	uint8_t *packed; /* room for one page */
};

static void flush(struct writer *w)
{
	size_t len = w->nr_batch * sizeof(w->batch[0]);

	out_put(w->out, w->batch, len, w->desc_off);
	out_put(w->out, w->data, w->data_len, w->data_off);
	w->desc_off += len;
	w->data_off += w->data_len;
	w->nr_batch = w->data_len = 0;
}

static struct desc add_data(struct writer *w, const void *bytes, size_t len, uint32_t flags)
{
	struct desc d = { .offset = w->data_off + w->data_len, .size = len, .flags = flags };

	memcpy(w->data + w->data_len, bytes, len);
	w->data_len += len;
	return d;
}

static struct desc pack_page(struct writer *w, const uint8_t *page)
{
	size_t size = w->image->page, n = 0;

	if (dump_is_zero(page, size)) {
		if (!w->zero.size)
			w->zero = add_data(w, page, size, 0);
		return w->zero;
	}
	if (w->codec->pack)
		n = w->codec->pack(page, size, w->packed, 2 * size);
	if (!n || n >= size)
		return add_data(w, page, size, 0);
	return add_data(w, w->packed, n, w->codec->flag);
}

static bool in_part(const struct dump_style *style, uint64_t pfn)
{
	return !style->split || (pfn >= style->split_start && pfn < style->split_end);
}

static bool promised(const struct dump_image *image, uint64_t pfn)
{
	return image->state[pfn] == PRESENT || image->state[pfn] == LOST ||
	       image->state[pfn] == SPOILT;
}

static void write_pages(const struct dump_image *image, const struct dump_style *style,
			struct out *out, uint64_t desc_off, uint64_t data_off)
{
	struct writer w = {
		.image = image, .codec = style->codec, .out = out,
		.desc_off = desc_off, .data_off = data_off,
	};
	uint8_t *page = malloc(image->page);

	w.data = malloc((BATCH + 1) * image->page);
	w.packed = malloc(2 * image->page);
	if (!page || !w.data || !w.packed)
		err(1, "pages");
	for (uint64_t pfn = 0; pfn < image->max_pfn; pfn++) {
		if (!promised(image, pfn) || !in_part(style, pfn))
			continue;
		if (image->state[pfn] == SPOILT) {
			memset(w.packed, 0xff, 64);
			w.batch[w.nr_batch++] = add_data(&w, w.packed, 64, w.codec->flag);
		} else if (image->state[pfn] == LOST) {
			w.batch[w.nr_batch++] = (struct desc){ 0 };
		} else {
			image->read(image->priv, pfn, page);
			w.batch[w.nr_batch++] = pack_page(&w, page);
		}
		if (w.nr_batch == BATCH)
			flush(&w);
	}
	flush(&w);
	free(w.packed);
	free(w.data);
	free(page);
}

/* ---- headers -------------------------------------------------------------------------------- */

static void put32(uint8_t *h, size_t off, uint32_t value)
{
	memcpy(h + off, &(uint32_t){ htole32(value) }, 4);
}

static void put64(uint8_t *h, size_t off, uint64_t value)
{
	memcpy(h + off, &(uint64_t){ htole64(value) }, 8);
}

static void fill_utsname(const struct dump_image *image, const struct dump_style *style, char *uts)
{
	if (!strcmp(style->utsname, "none"))
		return;
	strcpy(uts + 4 * 65, dump_is_arm64(image) ? "aarch64" : "x86_64");
	if (strcmp(style->utsname, "full"))
		return;
	strcpy(uts, "Linux");
	strcpy(uts + 65, "test");
	dump_info(image, "OSRELEASE=", uts + 2 * 65, 65);
	strcpy(uts + 3 * 65, "#1");
	strcpy(uts + 5 * 65, "(none)");
}

/* Both bitmaps at @off; returns how many pages this file has descriptors of. */
static uint64_t write_bitmaps(const struct dump_image *image, const struct dump_style *style,
			      struct out *out, uint64_t off, size_t len)
{
	uint8_t *ram = calloc(1, len), *dumped = calloc(1, len);
	uint64_t pages = 0;

	if (!ram || !dumped)
		err(1, "bitmaps");
	for (uint64_t pfn = 0; pfn < image->max_pfn; pfn++) {
		ram[pfn / 8] |= (image->state[pfn] != NORAM) << pfn % 8;
		dumped[pfn / 8] |= promised(image, pfn) << pfn % 8;
		pages += promised(image, pfn) && in_part(style, pfn);
	}
	out_put(out, ram, len, off);
	out_put(out, dumped, len, off + len);
	free(dumped);
	free(ram);
	return pages;
}

/* makedumpfile's struct kdump_sub_header, behind the page of struct disk_dump_header. */
static void fill_sub_header(const struct dump_image *image, const struct dump_style *style,
			    size_t note_len, uint8_t *s)
{
	put32(s, 8, 31);
	put32(s, 12, style->split);
	put64(s, 16, style->split_start);
	put64(s, 24, style->split_end);
	put64(s, 32, image->vmcoreinfo_len ? image->page + 104 + sizeof(Elf64_Nhdr) + 12 : 0);
	put64(s, 40, image->vmcoreinfo_len);
	put64(s, 48, image->page + 104);
	put64(s, 56, note_len);
	put64(s, 80, style->split_start);
	put64(s, 88, style->split_end);
	put64(s, 96, image->max_pfn);
}

void dump_write_kdump(const struct dump_image *image, const struct dump_style *style,
		      struct out *out)
{
	size_t page = image->page, note_len;
	size_t bitmap_len = (image->max_pfn / 8 + page) / page * page;
	void *note = dump_note(image, &note_len);
	uint64_t sub = (104 + note_len + page - 1) / page;
	uint64_t bitmaps = (1 + sub) * page, desc_off = bitmaps + 2 * bitmap_len, pages;
	uint8_t *h = calloc(2, page);

	if (!h)
		err(1, "header");
	memcpy(h, "KDUMP   ", 8);
	put32(h, 8, 6);
	fill_utsname(image, style, (char *)h + 12);
	put32(h, 424, style->codec->flag | (style->incomplete ? 0x8 : 0));
	put32(h, 428, page);
	put32(h, 432, sub);
	put32(h, 436, 2 * bitmap_len / page);
	put32(h, 440, image->max_pfn);
	put32(h, 460, 1);
	fill_sub_header(image, style, note_len, h + page);
	out_put(out, h, page + 104, 0);
	out_put(out, note, note_len, page + 104);
	pages = write_bitmaps(image, style, out, bitmaps, bitmap_len);
	write_pages(image, style, out, desc_off, desc_off + pages * sizeof(struct desc));
	free(h);
	free(note);
}
