// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * image-mismatch: what the loaded kexec image hands over (kimage.kho, filled when it was loaded:
 * kernel/liveupdate/kexec_handover.c:kho_fill_kimage()) against what this kernel has now. An image
 * that hands nothing over is none: kexec_load() never fills it in, and 6.17 and 6.18 don't before
 * the map is finalized.
 */
#include "check.h"

static void emit_fdt(struct khs *k, const struct khs_emitter *to)
{
	const struct khs_kho *kho = &k->kho;
	struct khs_draft d;

	khs_draft_init(&d, k, "image-mismatch", "", KHS_ERROR,
		       kho->kimage_fdt >> k->kernel.page_shift, 1, -1);
	khs_draft_summary(&d, "the loaded kexec image hands over another root FDT than kho_out's");
	khs_draft_hex(&d, "fdt_of_image", kho->kimage_fdt);
	khs_draft_hex(&d, "fdt_of_kho_out", kho->out_fdt_phys);
	khs_draft_emit(&d, to);
}

/* kho_fill_kimage() sets both or fails, and an image that failed to load is not kept. */
static void emit_half(struct khs *k, const struct khs_emitter *to)
{
	const struct khs_kho *kho = &k->kho;
	struct khs_draft d;

	khs_draft_init_global(&d, "image-mismatch", KHS_ERROR);
	khs_draft_summary(&d, "the loaded kexec image hands over %s",
			  kho->kimage_fdt ? "a root FDT, but no scratch areas" :
					    "scratch areas, but no root FDT");
	khs_draft_hex(&d, "fdt_of_image", kho->kimage_fdt);
	khs_draft_emit(&d, to);
}

static void emit_scratch(struct khs *k, const struct khs_emitter *to, const char *summary)
{
	const struct khs_kho *kho = &k->kho;
	struct khs_draft d;

	khs_draft_init(&d, k, "image-mismatch", "", KHS_ERROR,
		       kho->kimage_scratch >> k->kernel.page_shift, 1, -1);
	khs_draft_summary(&d, "%s", summary);
	khs_draft_hex(&d, "array_at", kho->kimage_scratch);
	khs_draft_number(&d, "array_bytes", kho->kimage_scratch_bytes);
	khs_draft_number(&d, "areas_of_kernel", kho->nr_scratch);
	khs_draft_emit(&d, to);
}

struct khs_error *khs_check_image(struct khs *k, const struct khs_check_info *check,
				  const struct khs_emitter *to)
{
	const struct khs_kho *kho = &k->kho;
	bool both = kho->kimage_fdt && kho->kimage_has_scratch;

	(void)check;
	if (!kho->kimage_known || !kho->kimage_loaded)
		return NULL;
	if (kho->kimage_scratch_known && !both && (kho->kimage_fdt || kho->kimage_has_scratch))
		emit_half(k, to);
	if (kho->kimage_fdt && kho->out_fdt_phys && kho->kimage_fdt != kho->out_fdt_phys)
		emit_fdt(k, to);
	if (!both || !kho->kimage_array_known || !kho->scratch_known)
		return NULL;
	if (kho->kimage_scratch_bytes != kho->nr_scratch * kho->scratch_entry)
		emit_scratch(k, to, "the loaded kexec image hands over another number of scratch "
			     "areas");
	/* All of an image lies in scratch areas: kho_locate_mem_hole(). */
	else if (!khs_extents_find(&kho->scratch_pfns,
				   kho->kimage_scratch >> k->kernel.page_shift))
		emit_scratch(k, to, "the loaded kexec image has its array of scratch areas "
			     "outside of them");
	return NULL;
}
