// SPDX-License-Identifier: GPL-2.0-or-later
#include "image.h"

#include "vars.h"

void khs_kho_read_image(struct khs_kernel *kernel, struct khs_kho *kho)
{
	const struct khs_fact *fdt = &kernel->facts.v[KHS_MEM_KIMAGE_KHO_FDT];
	uint64_t image;

	if (khs_kho_variable(kernel, KHS_SYM_KEXEC_IMAGE, 8, &image))
		return;
	kho->kimage_loaded = image;
	kho->kimage_known = !image || (fdt->known &&
				       !khs_kernel_read_uint(kernel, image + fdt->value, 8,
							     &kho->kimage_fdt));
}
