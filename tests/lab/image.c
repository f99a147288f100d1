// SPDX-License-Identifier: GPL-2.0-or-later
/* Faults in what the loaded kexec image (lab.load=1) hands over. */
#include <linux/kexec.h>
#include <linux/kexec_handover.h>
#include <linux/kho/abi/kexec_handover.h>
#include "lab.h"

/* NULL if no image is loaded that hands something over. */
static struct kimage *image(void)
{
	struct kimage *image = kexec_image_addr ? *(struct kimage **)kexec_image_addr : NULL;

	return image && image->kho.fdt && image->kho.scratch ? image : NULL;
}

static void image_fdt(const struct fault *f)
{
	unsigned long pfn = take(0);

	if (!pfn || !image())
		return;
	image()->kho.fdt = PFN_PHYS(pfn);
	said(f->name, f->id, f->class, pfn, 1, 0);
}

static void scratch_said(const struct fault *f)
{
	said(f->name, f->id, f->class, PHYS_PFN(image()->kho.scratch->mem), 1, 0);
}

static void image_areas(const struct fault *f)
{
	if (!image())
		return;
	image()->kho.scratch->bufsz += sizeof(struct kho_scratch);
	scratch_said(f);
}

static void image_outside(const struct fault *f)
{
	unsigned long pfn = take(0);

	if (!pfn || !image())
		return;
	image()->kho.scratch->mem = PFN_PHYS(pfn);
	scratch_said(f);
}

const struct fault image_faults[] = {
	{ "image-fdt", "image-mismatch", "", image_fdt },
	{ "image-areas", "image-mismatch", "", image_areas },
	{ "image-outside", "image-mismatch", "", image_outside },
	{ }
};
