// SPDX-License-Identifier: GPL-2.0-or-later
#include "chunks.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "bitmap.h"

/* struct khoser_mem_chunk_hdr, then struct khoser_mem_bitmap_ptr; pointers are physical. */
struct header {
	uint64_t next;
	uint32_t order;
	uint32_t num_elms;
};

struct element {
	uint64_t phys_start;
	uint64_t bitmap;
};

struct walk {
	struct khs_walk *common;
	uint64_t *page, *words; /* a chunk, a bitmap */
	uint64_t bitmap_bytes;
	uint64_t elements;
	uint64_t small;         /* of these, none of a large bitmap, but of a small one */
	bool whole;
};

/* One pass over the list. */
typedef struct khs_error *element_fn(struct walk *w, const struct header *chunk, uint64_t pa,
				     uint64_t index);

static struct header header_of(const struct walk *w)
{
	struct header h;

	memcpy(&h, w->page, sizeof(h));
	h.next = le64toh(h.next);
	h.order = le32toh(h.order);
	h.num_elms = le32toh(h.num_elms);
	return h;
}

static struct element element_of(const struct walk *w, uint64_t index)
{
	struct element e;

	memcpy(&e, (const uint8_t *)w->page + sizeof(struct header) + index * sizeof(e), sizeof(e));
	e.phys_start = le64toh(e.phys_start);
	e.bitmap = le64toh(e.bitmap);
	return e;
}

static bool is_chunk(const struct walk *w, const struct header *h)
{
	uint64_t room = (khs_walk_page_size(w->common) - sizeof(*h)) / sizeof(struct element);

	return h->num_elms <= room && khs_bitmap_possible(w->common, 0, h->order);
}

/* Bytes of memory that a bitmap of @bytes covers; 0 if that is more than there are. */
static uint64_t span(const struct walk *w, uint64_t bytes, unsigned int order)
{
	uint64_t bits = bytes * 8, shift = order + w->common->page_shift;

	return shift < 64 && bits <= UINT64_MAX >> shift ? bits << shift : 0;
}

/* For lack of bits in an address the first bitmap of a large order is the only one. */
static bool starts_right(const struct walk *w, uint64_t phys_start, uint64_t bytes,
			 unsigned int order)
{
	uint64_t unit = span(w, bytes, order);

	return unit ? phys_start % unit == 0 : phys_start == 0;
}

static struct khs_error *look(struct walk *w, const struct header *chunk, uint64_t pa,
			      uint64_t index)
{
	uint64_t page = khs_walk_page_size(w->common);
	struct element e = element_of(w, index);

	(void)pa;
	w->elements++;
	if (starts_right(w, e.phys_start, KHS_BITMAP_SMALL, chunk->order) &&
	    e.bitmap % KHS_BITMAP_SMALL == 0 &&
	    (!starts_right(w, e.phys_start, page, chunk->order) || e.bitmap % page))
		w->small++;
	return NULL;
}

static struct khs_error *take(struct walk *w, const struct header *chunk, uint64_t pa,
			      uint64_t index)
{
	struct element e = element_of(w, index);
	uint64_t first = e.phys_start >> w->common->page_shift;
	const struct khs_bitmap bitmap = {
		.bytes = w->bitmap_bytes, .first = first, .order = chunk->order,
	};
	struct khs_walk_pointer p = {
		.part = KHS_MAP_CHUNK, .holder = pa, .entry = e.bitmap, .index = index, .level = 1,
		.address = e.bitmap, .physical = true, .align = w->bitmap_bytes,
	};

	if (!starts_right(w, e.phys_start, w->bitmap_bytes, chunk->order) ||
	    !khs_bitmap_possible(w->common, first >> chunk->order, chunk->order))
		return khs_walk_blame(w->common, &p, KHS_MAP_BAD_INDEX);
	return khs_bitmap_read(w->common, &p, &bitmap, w->words);
}

static struct khs_error *each_element(struct walk *w, element_fn *fn, const struct header *chunk,
				      uint64_t pa)
{
	for (uint64_t i = 0; i < chunk->num_elms; i++) {
		struct khs_error *err = fn(w, chunk, pa, i);

		if (err)
			return err;
	}
	return NULL;
}

/* Reads the chunk that @p points at; *@chunk is its header, with num_elms 0 if it is none. */
static struct khs_error *read_chunk(struct walk *w, struct khs_walk_pointer *p,
				    struct header *chunk)
{
	uint64_t size = khs_walk_page_size(w->common);
	struct khs_error *err = khs_walk_follow(w->common, p);

	*chunk = (struct header){ 0 };
	if (err || p->presence != KHS_PRESENT)
		return err;
	if (!khs_walk_add_node(w->common, KHS_MAP_CHUNK, p->pa, 1))
		return khs_enomem();
	p->presence = khs_dump_read_all(w->common->kernel->dump, p->pa, w->page, size);
	if (p->presence != KHS_PRESENT)
		return khs_walk_blame(w->common, p, KHS_MAP_ABSENT);
	*chunk = header_of(w);
	if (is_chunk(w, chunk))
		return NULL;
	p->presence = KHS_NORAM;
	return khs_walk_blame(w->common, p, KHS_MAP_NO_PART);
}

static struct khs_error *pass(struct walk *w, uint64_t first, element_fn *fn)
{
	struct khs_walk_pointer p = {
		.part = KHS_MAP_CHUNK, .level = 1, .physical = true,
		.align = khs_walk_page_size(w->common),
	};

	w->whole = false;
	for (uint64_t next = first; next;) {
		struct header chunk;
		struct khs_error *err;

		p.entry = p.address = next;
		err = read_chunk(w, &p, &chunk);
		if (err || p.presence != KHS_PRESENT)
			return err;
		err = each_element(w, fn, &chunk, p.pa);
		if (err)
			return err;
		p.holder = p.pa;
		next = chunk.next;
	}
	w->whole = true;
	return NULL;
}

/* A look at the list that leaves nothing behind: the second pass tells what is wrong with it. */
static struct khs_error *find_size(struct walk *w, uint64_t first)
{
	struct khs_kho scratch = { 0 };
	struct khs_walk probe = *w->common, *common = w->common;
	struct khs_error *err;

	probe.kho = &scratch;
	probe.seen = (struct khs_seen){ 0 };
	w->common = &probe;
	err = pass(w, first, look);
	w->common = common;
	khs_walk_deinit(&probe);
	khs_kho_deinit(&scratch);
	return err;
}

static void walk_deinit(struct walk *w)
{
	free(w->page);
	free(w->words);
}

struct khs_error *khs_chunks_walk(struct khs_walk *common, uint64_t first, uint64_t bitmap_bytes,
				  struct khs_chunks *ret)
{
	_cleanup_(walk_deinit) struct walk w = { .common = common, .bitmap_bytes = bitmap_bytes };
	struct khs_error *err;

	*ret = (struct khs_chunks){ 0 };
	w.page = malloc(khs_walk_page_size(common));
	w.words = malloc(khs_walk_page_size(common));
	if (!w.page || !w.words)
		return khs_enomem();
	err = find_size(&w, first);
	if (err)
		return err;
	/* One in eight of small ones looks like a large one by chance, none the other way round. */
	ret->foreign = bitmap_bytes != KHS_BITMAP_SMALL && w.small > w.elements / 2;
	if (ret->foreign)
		w.bitmap_bytes = KHS_BITMAP_SMALL;
	ret->bitmap_bytes = w.bitmap_bytes;
	err = pass(&w, first, take);
	ret->whole = w.whole;
	return err;
}
