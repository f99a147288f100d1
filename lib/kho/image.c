// SPDX-License-Identifier: GPL-2.0-or-later
#include "image.h"

#include "vars.h"

/* Member @mem of the structure at @va. */
static bool read_at(struct khs_kernel *kernel, uint64_t va, enum khs_need_id mem, uint64_t *value)
{
	const struct khs_fact *fact = &kernel->facts.v[mem];

	return fact->known && !khs_kernel_read_uint(kernel, va + fact->value, 8, value);
}

/* kimage.kho.scratch points at one of the image's segments. */
static void read_segment(struct khs_kernel *kernel, struct khs_kho *kho, uint64_t image)
{
	uint64_t segment;

	if (!read_at(kernel, image, KHS_MEM_KIMAGE_KHO_SCRATCH, &segment))
		return;
	kho->kimage_scratch_known = true;
	kho->kimage_has_scratch = segment;
	kho->kimage_array_known =
		segment &&
		read_at(kernel, segment, KHS_MEM_KEXEC_SEGMENT_MEM, &kho->kimage_scratch) &&
		read_at(kernel, segment, KHS_MEM_KEXEC_SEGMENT_BUFSZ, &kho->kimage_scratch_bytes);
}

void khs_kho_read_image(struct khs_kernel *kernel, struct khs_kho *kho)
{
	uint64_t image;

	if (khs_kho_variable(kernel, KHS_SYM_KEXEC_IMAGE, 8, &image))
		return;
	kho->kimage_loaded = image;
	kho->kimage_known = !image ||
			    read_at(kernel, image, KHS_MEM_KIMAGE_KHO_FDT, &kho->kimage_fdt);
	if (image && kho->kimage_known)
		read_segment(kernel, kho, image);
}
