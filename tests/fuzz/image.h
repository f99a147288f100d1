/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel memory as a fuzz input: which kernel, and what differs from memory that isn't there. For
 * the targets that follow pointers, so that a change of a few bytes is another map, another list,
 * another FDT. Kernels (symbols, types, VMCOREINFO) are those of kernels.txt, built in.
 *
 *	u8                      number of the kernel in kernels.txt
 *	'M' u48 pa, u16 n, n bytes    the bytes there; the rest of each 4 KiB touched is zero
 *	'F' u16 i, u64 value, u16 size  fact i of the kernel is that instead
 *
 * Little endian; other bytes between records are skipped; memory not named is not in the dump.
 */
#ifndef TESTS_FUZZ_IMAGE_H
#define TESTS_FUZZ_IMAGE_H

#include "dump/dump.h"
#include "facts/kernel.h"
#include "fuzz.h"

#define IMAGE_GRAIN 4096u

struct image;

/* Never NULL: any bytes are an image. */
struct image *image_new(const uint8_t *data, size_t size);
void image_free(struct image *image);

/* Symbols, types and memory; good as long as @image, which its close() leaves alone. */
const struct khs_source *image_source(const struct image *image);

/* Its kernel alone, to be closed by khs_kernel_close(); false as NULL below. */
bool image_kernel(const struct image *image, struct khs_kernel *ret);

/* VMCOREINFO of the first kernel of kernels.txt. */
struct khs_vmcoreinfo *image_info(void);

/* The image opened as crash would have it; NULL if it is refused, which has to be said well. */
struct khs *image_open(const struct image *image);

#endif
