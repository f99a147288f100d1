// SPDX-License-Identifier: GPL-2.0-or-later
#include "image.h"

#include <stdlib.h>

#include "../base/error.h"

/* KEXEC_SEGMENT_MAX is 16, and what an array of struct kexec_segment has room for can't be more. */
#define MAX_SEGMENTS 64

static bool read_at(struct khs_kernel *kernel, uint64_t base, enum khs_need_id member, size_t size,
		    uint64_t *value)
{
	const struct khs_fact *fact = &kernel->facts.v[member];

	return fact->known &&
	       khs_kernel_read_uint(kernel, base + fact->value, size, value) == KHS_PRESENT;
}

static bool read_variable(struct khs_kernel *kernel, enum khs_need_id symbol, uint64_t *value)
{
	const struct khs_fact *fact = &kernel->facts.v[symbol];

	return fact->known && khs_kernel_read_uint(kernel, fact->value, 8, value) == KHS_PRESENT;
}

static bool read_segment(struct khs_kernel *kernel, uint64_t va, struct khs_segment *s)
{
	return read_at(kernel, va, KHS_MEM_KEXEC_SEGMENT_MEM, 8, &s->mem) &&
	       read_at(kernel, va, KHS_MEM_KEXEC_SEGMENT_MEMSZ, 8, &s->memsz) &&
	       read_at(kernel, va, KHS_MEM_KEXEC_SEGMENT_BUFSZ, 8, &s->bufsz);
}

/* The pfns that a segment's destination touches; one that wraps around is none. */
static struct khs_extent pfns_of(const struct khs_kernel *kernel, const struct khs_segment *s)
{
	uint64_t page = UINT64_C(1) << kernel->page_shift, end;

	if (__builtin_add_overflow(s->mem, s->memsz, &end) || end > UINT64_MAX - page)
		return (struct khs_extent){ 0 };
	return (struct khs_extent){ s->mem >> kernel->page_shift,
				    (end + page - 1) >> kernel->page_shift, 0 };
}

/* False if it could not be read; *@err for lack of memory. */
static bool read_segments(struct khs_kernel *kernel, uint64_t at, struct khs_image *image,
			  struct khs_error **err)
{
	uint64_t stride = khs_fact_or(&kernel->facts, KHS_SIZE_KEXEC_SEGMENT, 0), n;

	if (!read_at(kernel, at, KHS_MEM_KIMAGE_NR_SEGMENTS, 8, &n) || n > MAX_SEGMENTS ||
	    !stride || !khs_known(&kernel->facts, KHS_MEM_KIMAGE_SEGMENT))
		return false;
	at += khs_fact(&kernel->facts, KHS_MEM_KIMAGE_SEGMENT);
	image->segments = calloc(n + 1, sizeof(*image->segments));
	if (!image->segments) {
		*err = khs_enomem();
		return false;
	}
	for (; image->nr_segments < n; image->nr_segments++) {
		struct khs_segment *s = &image->segments[image->nr_segments];
		struct khs_extent pfns;

		if (!read_segment(kernel, at + image->nr_segments * stride, s))
			return false;
		pfns = pfns_of(kernel, s);
		if (!khs_extents_add(&image->pfns, pfns.start, pfns.end, 0)) {
			*err = khs_enomem();
			return false;
		}
	}
	khs_extents_normalize(&image->pfns);
	return true;
}

/* kho.scratch points into segment[]. */
static const struct khs_segment *find_scratch(struct khs_kernel *kernel, uint64_t at,
					      const struct khs_image *image)
{
	uint64_t stride = khs_fact_or(&kernel->facts, KHS_SIZE_KEXEC_SEGMENT, 0), va, first;

	if (!image->segments_known || !stride ||
	    !read_at(kernel, at, KHS_MEM_KIMAGE_KHO_SCRATCH, 8, &va))
		return NULL;
	first = at + khs_fact(&kernel->facts, KHS_MEM_KIMAGE_SEGMENT);
	if (va < first || (va - first) % stride || (va - first) / stride >= image->nr_segments)
		return NULL;
	return &image->segments[(va - first) / stride];
}

static void read_crash_image(struct khs_kernel *kernel, struct khs_image *image)
{
	uint64_t at;

	if (!read_variable(kernel, KHS_SYM_KEXEC_CRASH_IMAGE, &at))
		return;
	image->crash_known = !at || read_at(kernel, at, KHS_MEM_KIMAGE_KHO_FDT, 8,
					    &image->crash_fdt);
}

struct khs_error *khs_image_read(struct khs_kernel *kernel, struct khs_image *ret)
{
	struct khs_error *err = NULL;
	uint64_t at;

	*ret = (struct khs_image){ 0 };
	read_crash_image(kernel, ret);
	if (!read_variable(kernel, KHS_SYM_KEXEC_IMAGE, &at))
		return NULL;
	ret->loaded = at;
	ret->known = !at || read_at(kernel, at, KHS_MEM_KIMAGE_KHO_FDT, 8, &ret->fdt);
	if (!at)
		return NULL;
	ret->segments_known = read_segments(kernel, at, ret, &err);
	ret->scratch = find_scratch(kernel, at, ret);
	return err;
}

void khs_image_deinit(struct khs_image *image)
{
	free(image->segments);
	khs_extents_deinit(&image->pfns);
	*image = (struct khs_image){ 0 };
}
