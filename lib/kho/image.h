/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What kexec_image, the kernel loaded for the next kexec, is to hand over. */
#ifndef KHS_KHO_IMAGE_H
#define KHS_KHO_IMAGE_H

#include "kho.h"

/* Fills kimage_*. */
void khs_kho_read_image(struct khs_kernel *kernel, struct khs_kho *kho);

#endif
