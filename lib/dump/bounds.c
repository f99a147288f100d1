// SPDX-License-Identifier: GPL-2.0-or-later
#include "bounds.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../base/error.h"
#include "../base/extents.h"
#include "diskdump.h"
#include "elfcore.h"

/* Bytes of bitmap between two remembered counts: 16 MiB of memory, 8 bytes of ours. */
#define RANK_STEP 512u
#define WINDOW 4096u

/* The last looked-at piece of a table. */
struct window {
	uint64_t off;
	size_t len;
	uint8_t bytes[WINDOW];
};

struct kdump_bounds {
	struct khs_diskdump dd;
	unsigned int shift;  /* of a page */
	uint64_t *ranks;     /* dumped pages before each RANK_STEP bytes of the bitmap */
	size_t nr_ranks;
	size_t cap_ranks;
	uint64_t known_pfns; /* before the first hole in the bitmap of dumped pages */
	uint64_t next_pfn;   /* behind the last one that rank() was asked for, and its answer */
	uint64_t next_rank;
	struct window ram, dumped, descs;
};

struct elf_bounds {
	struct khs_elfcore core;
	struct khs_extents present; /* tag: index of the segment */
	struct khs_extents lost;
	struct khs_extents excluded;
};

struct khs_bounds {
	struct khs_file file;
	bool elf;
	bool clone; /* the tables are another one's */
	struct kdump_bounds k;
	struct elf_bounds e;
};

/* ---- kdump ---------------------------------------------------------------------------------- */

/* @len bytes of a table at @off, or NULL if they aren't all in the file. */
static const uint8_t *peek(const struct khs_bounds *b, struct window *w, uint64_t off, size_t len)
{
	if (off < w->off || off + len > w->off + w->len) {
		w->off = off;
		w->len = khs_file_read(&b->file, off, w->bytes, sizeof(w->bytes));
	}
	return off + len <= w->off + w->len ? w->bytes + (off - w->off) : NULL;
}

static bool build_ranks(struct khs_bounds *b, uint64_t *total)
{
	struct kdump_bounds *k = &b->k;
	uint8_t chunk[32 * RANK_STEP];

	*total = 0;
	k->known_pfns = k->dd.max_pfn;
	for (uint64_t at = 0; at < k->dd.bitmap_len;) {
		uint64_t rest = k->dd.bitmap_len - at;
		size_t want = rest < sizeof(chunk) ? rest : sizeof(chunk);
		size_t got = khs_file_read(&b->file, k->dd.dumped_off + at, chunk, want);

		for (size_t i = 0; i < got; i += RANK_STEP) {
			size_t len = got - i < RANK_STEP ? got - i : RANK_STEP;

			if (!khs_array_grow(k->ranks, k->nr_ranks, k->cap_ranks))
				return false;
			k->ranks[k->nr_ranks++] = *total;
			*total += khs_popcount(chunk + i, len);
		}
		at += got;
		if (got < want) {
			k->known_pfns = at * 8;
			break;
		}
	}
	return true;
}

static struct khs_error *kdump_new(struct khs_bounds *b)
{
	struct kdump_bounds *k = &b->k;
	struct khs_error *err = khs_diskdump_parse(&b->file, &k->dd);
	uint64_t pages, end;

	if (err)
		return err;
	k->shift = __builtin_ctzll(k->dd.block);
	k->next_pfn = UINT64_MAX;
	if (!build_ranks(b, &pages))
		return khs_enomem();
	end = k->dd.desc_off + pages * KHS_DD_DESC_SIZE;
	if (pages && end >= b->file.size)
		return khs_error_new(KHS_ERR_FORMAT,
				     "kdump-compressed dump cut off in its page descriptors, after "
				     "%" PRIu64 " bytes: no page of memory is in it",
				     b->file.size);
	return NULL;
}

/* The bit of @pfn; -1 if that part of the bitmap is not in the file. */
static int bit(const struct khs_bounds *b, struct window *w, uint64_t bitmap, uint64_t pfn)
{
	const uint8_t *byte = peek(b, w, bitmap + pfn / 8, 1);

	return byte ? *byte >> pfn % 8 & 1 : -1;
}

/* How many dumped pages come before @pfn, by counting. */
static bool count_rank(struct khs_bounds *b, uint64_t pfn, uint64_t *ret)
{
	struct kdump_bounds *k = &b->k;
	uint64_t step = pfn / 8 / RANK_STEP;
	size_t len = pfn / 8 % RANK_STEP;
	const uint8_t *bytes = peek(b, &k->dumped, k->dd.dumped_off + step * RANK_STEP, len + 1);

	if (!bytes || step >= k->nr_ranks)
		return false;
	*ret = k->ranks[step] + khs_popcount(bytes, len) +
	       __builtin_popcount(bytes[len] & ((1u << pfn % 8) - 1));
	return true;
}

/* The same for a dumped @pfn; most are asked for one after the other. */
static bool rank(struct khs_bounds *b, uint64_t pfn, uint64_t *ret)
{
	struct kdump_bounds *k = &b->k;

	if (pfn == k->next_pfn)
		*ret = k->next_rank;
	else if (!count_rank(b, pfn, ret))
		return false;
	k->next_pfn = pfn + 1;
	k->next_rank = *ret + 1;
	return true;
}

/* Pages that a maker without space left did not come to have descriptors of zeros. */
static enum khs_presence judge_desc(const struct khs_bounds *b, const struct khs_page_desc *desc)
{
	uint32_t codec = desc->flags & KHS_DD_CODECS;

	if (!desc->offset || !desc->size)
		return KHS_MISSING;
	if (desc->flags & ~KHS_DD_CODECS || codec & (codec - 1))
		return KHS_DAMAGED;
	if (codec ? desc->size > b->k.dd.block : desc->size != b->k.dd.block)
		return KHS_DAMAGED;
	return khs_file_holds(&b->file, desc->offset, desc->size) ? KHS_PRESENT : KHS_MISSING;
}

static enum khs_presence look_page(struct khs_bounds *b, uint64_t pfn, struct khs_page_desc *desc)
{
	struct kdump_bounds *k = &b->k;
	const uint8_t *raw;
	uint64_t index;
	int dumped, ram;

	if (pfn >= k->dd.max_pfn)
		return KHS_NORAM;
	dumped = pfn < k->known_pfns ? bit(b, &k->dumped, k->dd.dumped_off, pfn) : -1;
	if (dumped == 0) {
		ram = k->dd.ram_off ? bit(b, &k->ram, k->dd.ram_off, pfn) : 0;
		if (ram < 0)
			return KHS_MISSING;
		return ram ? KHS_EXCLUDED : KHS_NORAM;
	}
	if (dumped < 0 || !rank(b, pfn, &index))
		return KHS_MISSING;
	raw = peek(b, &k->descs, k->dd.desc_off + index * KHS_DD_DESC_SIZE, KHS_DD_DESC_SIZE);
	if (!raw)
		return KHS_MISSING;
	khs_diskdump_unpack(raw, desc);
	return judge_desc(b, desc);
}

enum khs_presence khs_bounds_page(struct khs_bounds *b, uint64_t pa, struct khs_page_desc *ret)
{
	return look_page(b, pa >> b->k.shift, ret);
}

static void kdump_look(struct khs_bounds *b, uint64_t pa, uint64_t len, struct khs_span *ret)
{
	uint64_t page = b->k.dd.block, in_page = pa & (page - 1);
	uint64_t pfn = pa >> b->k.shift;
	struct khs_page_desc desc = { 0 };

	ret->presence = look_page(b, pfn, &desc);
	ret->plain = ret->presence == KHS_PRESENT && !desc.flags;
	ret->offset = ret->plain ? desc.offset + in_page : 0;
	ret->len = page - in_page;
	while (ret->presence == KHS_PRESENT && ret->len < len) {
		if (look_page(b, ++pfn, &desc) != KHS_PRESENT || !desc.flags != ret->plain ||
		    (ret->plain && desc.offset != ret->offset + ret->len))
			break;
		ret->len += page;
	}
	if (ret->len > len)
		ret->len = len;
}

/* ---- ELF ------------------------------------------------------------------------------------ */

/*
 * kexec-tools gives the kernel's text a segment of its own beside the one of the memory it lies in,
 * so segments overlap: bytes that one of them has are there, whatever another one lacks.
 */
static bool add_load(struct khs_bounds *b, size_t i)
{
	const struct khs_elf_load *load = &b->e.core.loads[i];
	uint64_t have = 0, data_end = load->pa + load->file_size;
	struct khs_extents *rest = b->e.core.incomplete ? &b->e.lost : &b->e.excluded;

	if (load->offset < b->file.size)
		have = b->file.size - load->offset;
	if (have > load->file_size)
		have = load->file_size;
	return khs_extents_add(&b->e.present, load->pa, load->pa + have, i) &&
	       khs_extents_add(&b->e.lost, load->pa + have, data_end, 0) &&
	       khs_extents_add(rest, data_end, load->pa + load->mem_size, 0);
}

static struct khs_error *elf_new(struct khs_bounds *b)
{
	struct khs_error *err = khs_elfcore_parse(&b->file, &b->e.core);

	if (err)
		return err;
	for (size_t i = 0; i < b->e.core.nr_loads; i++)
		if (!add_load(b, i))
			return khs_enomem();
	/* Overlaps are cut, that is all that is wanted. */
	khs_extents_normalize(&b->e.present);
	khs_extents_normalize(&b->e.lost);
	khs_extents_normalize(&b->e.excluded);
	return NULL;
}

static bool within(const struct khs_extents *x, uint64_t pa, uint64_t *len)
{
	const struct khs_extent *e = khs_extents_from(x, pa);

	if (!e)
		return false;
	/* Either inside, or a bound for what is said of the gap before it. */
	if (e->start > pa) {
		*len = *len < e->start - pa ? *len : e->start - pa;
		return false;
	}
	*len = *len < e->end - pa ? *len : e->end - pa;
	return true;
}

static void elf_look(struct khs_bounds *b, uint64_t pa, uint64_t len, struct khs_span *ret)
{
	*ret = (struct khs_span){ .presence = KHS_NORAM, .len = len };
	if (within(&b->e.present, pa, &ret->len)) {
		const struct khs_extent *e = khs_extents_find(&b->e.present, pa);
		const struct khs_elf_load *load = &b->e.core.loads[e->tag];

		ret->offset = load->offset + (pa - load->pa);
		ret->plain = true;
		/* A hole that rearranging left: shrink to what is there, to nothing if need be. */
		while (ret->len && !khs_file_holds(&b->file, ret->offset, ret->len))
			ret->len /= 2;
		ret->presence = ret->len ? KHS_PRESENT : KHS_MISSING;
		ret->len += !ret->len;
		return;
	}
	if (within(&b->e.lost, pa, &ret->len))
		ret->presence = KHS_MISSING;
	else if (within(&b->e.excluded, pa, &ret->len))
		ret->presence = KHS_EXCLUDED;
}

/* ---- both ----------------------------------------------------------------------------------- */

struct khs_error *khs_bounds_new(const struct khs_file *file, struct khs_bounds **ret)
{
	struct khs_bounds *b = calloc(1, sizeof(*b));
	struct khs_error *err;

	if (!b)
		return khs_enomem();
	b->file = *file;
	b->elf = khs_elfcore_is(file);
	err = b->elf ? elf_new(b) : kdump_new(b);
	if (err) {
		khs_bounds_free(b);
		return err;
	}
	*ret = b;
	return NULL;
}

struct khs_bounds *khs_bounds_clone(const struct khs_bounds *b)
{
	struct khs_bounds *clone = malloc(sizeof(*clone));

	if (!clone)
		return NULL;
	*clone = *b;
	clone->clone = true;
	return clone;
}

void khs_bounds_free(struct khs_bounds *b)
{
	if (!b)
		return;
	if (b->clone) {
		free(b);
		return;
	}
	free(b->k.ranks);
	khs_elfcore_deinit(&b->e.core);
	khs_extents_deinit(&b->e.present);
	khs_extents_deinit(&b->e.lost);
	khs_extents_deinit(&b->e.excluded);
	free(b);
}

void khs_bounds_look(struct khs_bounds *b, uint64_t pa, uint64_t len, struct khs_span *ret)
{
	if (b->elf)
		elf_look(b, pa, len, ret);
	else
		kdump_look(b, pa, len, ret);
}

static uint64_t last_end(const struct khs_extents *x)
{
	return x->n ? x->v[x->n - 1].end : 0;
}

uint64_t khs_bounds_end(const struct khs_bounds *b)
{
	uint64_t end = last_end(&b->e.present);

	if (!b->elf)
		return b->k.dd.max_pfn << b->k.shift;
	if (last_end(&b->e.lost) > end)
		end = last_end(&b->e.lost);
	return last_end(&b->e.excluded) > end ? last_end(&b->e.excluded) : end;
}

const struct khs_diskdump *khs_bounds_diskdump(const struct khs_bounds *b)
{
	return b->elf ? NULL : &b->k.dd;
}

void khs_bounds_notes(const struct khs_bounds *b, uint64_t *off, uint64_t *len)
{
	*off = b->elf ? b->e.core.notes_off : b->k.dd.notes_off;
	*len = b->elf ? b->e.core.notes_len : b->k.dd.notes_len;
}

void khs_bounds_vmcoreinfo(const struct khs_bounds *b, uint64_t *off, uint64_t *len)
{
	*off = b->elf ? b->e.core.vmcoreinfo_off : b->k.dd.vmcoreinfo_off;
	*len = b->elf ? b->e.core.vmcoreinfo_len : b->k.dd.vmcoreinfo_len;
}
