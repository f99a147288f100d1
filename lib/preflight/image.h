/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kexec_image, the kernel that is loaded for the next kexec: what it hands over, and which memory
 * its segments are copied to (include/linux/kexec.h:struct kimage, struct kexec_segment). Reads no
 * segment's contents.
 */
#ifndef KHS_PREFLIGHT_IMAGE_H
#define KHS_PREFLIGHT_IMAGE_H

#include "../base/extents.h"
#include "../facts/kernel.h"

struct khs_segment {
	uint64_t mem, memsz; /* destination: physical address, bytes */
	uint64_t bufsz;
};

struct khs_image {
	bool known;           /* whether one is loaded could be read, and what follows too */
	bool loaded;
	uint64_t fdt;         /* kho.fdt; 0: it hands nothing over */
	bool segments_known;
	struct khs_segment *segments;
	size_t nr_segments;
	struct khs_extents pfns; /* of all destinations, merged */
	/* kho.scratch: the segment with the array of scratch areas; NULL: none, or unknown. */
	const struct khs_segment *scratch;
	bool crash_known;
	uint64_t crash_fdt;   /* kexec_crash_image's kho.fdt */
};

/* Errors: NOMEM. *@ret is to be given to khs_image_deinit() in any case. */
struct khs_error *khs_image_read(struct khs_kernel *kernel, struct khs_image *ret);
void khs_image_deinit(struct khs_image *image);

#endif
