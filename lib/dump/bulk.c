// SPDX-License-Identifier: GPL-2.0-or-later
#include "bulk.h"

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

struct bulk {
	const struct khs_file *file;
	struct khs_bounds *bounds;
	struct khs_unpacker *unpacker;
	uint64_t page; /* bytes; 0: no page is packed (ELF) */
	uint64_t off;  /* of the window in the file */
	size_t len;
	uint8_t *window;
	uint8_t *whole; /* a page of which only a part is wanted */
};

/* @len bytes of the file, at most a page, or NULL if they are gone. */
static const uint8_t *peek(struct bulk *b, uint64_t off, size_t len)
{
	if (off < b->off || off + len > b->off + b->len) {
		bool next = off >= b->off && off <= b->off + b->len;

		b->off = off;
		b->len = khs_file_read(b->file, off, b->window, next || len > PEEP ? WINDOW : PEEP);
	}
	return off + len <= b->off + b->len ? b->window + (off - b->off) : NULL;
}

/* A packed page, or the part of it that begins at @pa; the number of bytes, 0 if it is damaged. */
static size_t read_packed(struct bulk *b, const struct khs_page_desc *desc, uint64_t pa,
			  uint8_t *to, size_t len)
{
	size_t at = pa & (b->page - 1), n = b->page - at;
	const uint8_t *from = peek(b, desc->offset, desc->size);
	uint8_t *page = !at && len >= b->page ? to : b->whole;

	if (!from || !khs_unpack(b->unpacker, desc->flags, from, desc->size, page, b->page))
		return 0;
	if (n > len)
		n = len;
	if (page != to)
		memcpy(to, page + at, n);
	return n;
}

/* Some bytes from @pa on, at least one and at most @len, if the answer is KHS_PRESENT. */
static enum khs_presence read_some(struct bulk *b, uint64_t pa, uint8_t *to, size_t len,
				   size_t *got)
{
	struct khs_page_desc desc;
	struct khs_span span;

	*got = 0;
	if (b->page) {
		enum khs_presence presence = khs_bounds_page(b->bounds, pa, &desc);

		if (presence != KHS_PRESENT)
			return presence;
		if (desc.flags) {
			*got = read_packed(b, &desc, pa, to, len);
			if (*got)
				return KHS_PRESENT;
			return khs_file_shrunk(b->file) ? KHS_MISSING : KHS_DAMAGED;
		}
	}
	khs_bounds_look(b->bounds, pa, len, &span);
	if (span.presence != KHS_PRESENT)
		return span.presence;
	*got = khs_file_read(b->file, span.offset, to, span.len);
	return *got == span.len ? KHS_PRESENT : KHS_MISSING;
}

static enum khs_presence bulk_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	enum khs_presence presence = KHS_PRESENT;
	size_t got;

	for (*done = 0; presence == KHS_PRESENT && *done < len; *done += got)
		presence = read_some(priv, pa + *done, (uint8_t *)buf + *done, len - *done, &got);
	return presence;
}

static void bulk_close(void *priv)
{
	struct bulk *b = priv;

	khs_bounds_free(b->bounds);
	khs_unpacker_free(b->unpacker);
	free(b->window);
	free(b->whole);
	free(b);
}

static const struct khs_dump_ops bulk_ops = {
	.name = "bulk",
	.read = bulk_read,
	.close = bulk_close,
};

static bool bulk_init(struct bulk *b, const struct khs_dumpfile *df)
{
	const struct khs_diskdump *dd = khs_bounds_diskdump(df->bounds);

	b->file = &df->file;
	b->bounds = khs_bounds_clone(df->bounds);
	if (!dd)
		return b->bounds;
	b->page = dd->block;
	b->unpacker = khs_unpacker_new();
	b->window = malloc(WINDOW);
	b->whole = malloc(dd->block);
	return b->bounds && b->unpacker && b->window && b->whole;
}

struct khs_dump *khs_bulk_open(const struct khs_dumpfile *df)
{
	struct khs_dump *dump = calloc(1, sizeof(*dump));
	struct bulk *b = calloc(1, sizeof(*b));

	if (!dump || !b) {
		free(dump);
		free(b);
		return NULL;
	}
	dump->ops = &bulk_ops;
	dump->priv = b;
	if (bulk_init(b, df))
		return dump;
	khs_dump_close(dump);
	return NULL;
}
