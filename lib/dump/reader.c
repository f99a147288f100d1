// SPDX-License-Identifier: GPL-2.0-or-later
#include "reader.h"

#include <stdlib.h>
#include <string.h>

#include "diskdump.h"
#include "dumpfile.h"
#include "unpack.h"

/*
 * Of the file, for packed pages: some hundred of them, and no more than a second level cache has.
 */
#define WINDOW (256u << 10)
/* A page table in between, say. */
#define PEEP (16u << 10)
/*
 * Unpacked pages that are kept: page tables, trees and lists are read some bytes at a time, and few
 * pages hold most of them.
 */
#define KEPT_SHIFT 5
#define KEPT (1u << KEPT_SHIFT)
#define NOTHING UINT64_MAX

struct khs_reader {
	const struct khs_file *file;
	struct khs_bounds *bounds;
	struct khs_unpacker *unpacker;
	uint64_t page; /* bytes; 0: no page is packed (ELF) */
	uint64_t off;  /* of the window in the file */
	size_t len;
	uint8_t *window;
	uint8_t *kept;
	uint64_t kept_pa[KEPT]; /* NOTHING: none */
};

/* @len bytes of the file, at most a page, or NULL if they are gone. */
static const uint8_t *peek(struct khs_reader *r, uint64_t off, size_t len)
{
	if (off < r->off || off + len > r->off + r->len) {
		bool next = off >= r->off && off <= r->off + r->len;

		r->off = off;
		r->len = khs_file_read(r->file, off, r->window, next || len > PEEP ? WINDOW : PEEP);
	}
	return off + len <= r->off + r->len ? r->window + (off - r->off) : NULL;
}

static bool unpack(struct khs_reader *r, const struct khs_page_desc *desc, uint8_t *to)
{
	const uint8_t *from = peek(r, desc->offset, desc->size);

	return from && khs_unpack(r->unpacker, desc->flags, from, desc->size, to, r->page);
}

/* Where the page at @page_pa is kept, if it is kept: by number, mixed so that neighbours differ. */
static unsigned int place_of(const struct khs_reader *r, uint64_t page_pa)
{
	return (page_pa / r->page) * 0x9e3779b97f4a7c15u >> (64 - KEPT_SHIFT);
}

static bool is_kept(const struct khs_reader *r, uint64_t pa)
{
	uint64_t page_pa = pa & ~(r->page - 1);

	return r->kept_pa[place_of(r, page_pa)] == page_pa;
}

/* Of a page that is kept, all that is wanted of it from @pa on. */
static size_t copy_kept(const struct khs_reader *r, uint64_t pa, uint8_t *to, size_t len)
{
	size_t at = pa & (r->page - 1), n = r->page - at < len ? r->page - at : len;

	memcpy(to, r->kept + place_of(r, pa - at) * r->page + at, n);
	return n;
}

static bool keep(struct khs_reader *r, const struct khs_page_desc *desc, uint64_t pa)
{
	uint64_t page_pa = pa & ~(r->page - 1);
	unsigned int place = place_of(r, page_pa);

	r->kept_pa[place] = NOTHING;
	if (!unpack(r, desc, r->kept + place * r->page))
		return false;
	r->kept_pa[place] = page_pa;
	return true;
}

/* A packed page, or the part of it that begins at @pa; the number of bytes, 0 if it is damaged. */
static size_t read_packed(struct khs_reader *r, const struct khs_page_desc *desc, uint64_t pa,
			  uint8_t *to, size_t len)
{
	if (!(pa & (r->page - 1)) && len >= r->page)
		return unpack(r, desc, to) ? r->page : 0;
	return is_kept(r, pa) || keep(r, desc, pa) ? copy_kept(r, pa, to, len) : 0;
}

/* Some bytes from @pa on, at least one and at most @len, if the answer is KHS_PRESENT. */
static enum khs_presence read_some(struct khs_reader *r, uint64_t pa, uint8_t *to, size_t len,
				   size_t *got)
{
	struct khs_page_desc desc;
	struct khs_span span;

	*got = 0;
	if (r->page) {
		enum khs_presence presence = khs_bounds_page(r->bounds, pa, &desc);

		if (presence != KHS_PRESENT)
			return presence;
		if (desc.flags) {
			*got = read_packed(r, &desc, pa, to, len);
			if (*got)
				return KHS_PRESENT;
			return khs_file_shrunk(r->file) ? KHS_MISSING : KHS_DAMAGED;
		}
	}
	khs_bounds_look(r->bounds, pa, len, &span);
	if (span.presence != KHS_PRESENT)
		return span.presence;
	*got = khs_file_read(r->file, span.offset, to, span.len);
	return *got == span.len ? KHS_PRESENT : KHS_MISSING;
}

enum khs_presence khs_reader_read(struct khs_reader *r, uint64_t pa, void *buf, size_t len,
				  size_t *done)
{
	enum khs_presence presence = KHS_PRESENT;
	size_t got;

	for (*done = 0; presence == KHS_PRESENT && *done < len; *done += got)
		presence = read_some(r, pa + *done, (uint8_t *)buf + *done, len - *done, &got);
	return presence;
}

static bool reader_init(struct khs_reader *r, const struct khs_dumpfile *df)
{
	const struct khs_diskdump *dd = khs_bounds_diskdump(df->bounds);

	r->file = &df->file;
	r->bounds = khs_bounds_clone(df->bounds);
	if (!dd)
		return r->bounds;
	r->page = dd->block;
	r->unpacker = khs_unpacker_new();
	r->window = malloc(WINDOW);
	r->kept = malloc(KEPT * r->page);
	memset(r->kept_pa, 0xff, sizeof(r->kept_pa));
	return r->bounds && r->unpacker && r->window && r->kept;
}

struct khs_reader *khs_reader_new(const struct khs_dumpfile *df)
{
	struct khs_reader *r = calloc(1, sizeof(*r));

	if (r && !reader_init(r, df)) {
		khs_reader_free(r);
		return NULL;
	}
	return r;
}

void khs_reader_free(struct khs_reader *r)
{
	if (!r)
		return;
	khs_bounds_free(r->bounds);
	khs_unpacker_free(r->unpacker);
	free(r->window);
	free(r->kept);
	free(r);
}

static enum khs_presence dump_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	return khs_reader_read(priv, pa, buf, len, done);
}

static void dump_close(void *priv)
{
	khs_reader_free(priv);
}

static const struct khs_dump_ops reader_ops = {
	.name = "reader",
	.read = dump_read,
	.close = dump_close,
};

struct khs_dump *khs_reader_dump(const struct khs_dumpfile *df)
{
	struct khs_dump *dump = calloc(1, sizeof(*dump));

	if (!dump)
		return NULL;
	dump->ops = &reader_ops;
	dump->priv = khs_reader_new(df);
	if (dump->priv)
		return dump;
	free(dump);
	return NULL;
}
