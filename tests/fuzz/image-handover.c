// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What KHO itself left: root FDTs, both trackers (the radix tree; lists of bitmaps, and the xarray
 * of the live one), scratch areas, the image to be started. No struct page is looked at.
 */
#include "image.h"
#include "kho/kho.h"

/* No memory of a machine in kernels.txt lies beyond. */
#define MAX_PFN (1u << 20)

static void check_runs(const struct khs_runs *runs)
{
	for (size_t i = 0; i < runs->n; i++) {
		const struct khs_run *run = &runs->v[i];

		fuzz_check(run->order < KHS_ORDERS);
		fuzz_check(!(run->pfn & ((UINT64_C(1) << run->order) - 1)));
		fuzz_check(khs_run_end(run) > run->pfn);
		fuzz_check(!i || runs->v[i - 1].pfn <= run->pfn);
	}
}

static void look(struct khs_kernel *kernel)
{
	struct khs_extents ram = { 0 };
	const struct khs_machine machine = { .ram = &ram, .max_pfn = MAX_PFN };
	struct khs_kho kho;

	fuzz_ok(khs_kho_read(kernel, &machine, &kho));
	check_runs(&kho.out);
	check_runs(&kho.listed);
	fuzz_check(kho.state == KHS_KHO_ON || kho.why[0]);
	khs_kho_deinit(&kho);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *image = image_new(data, size);
	struct khs_dump *dump;
	struct khs_kernel kernel;

	fuzz_check(fuzz_ok(khs_dump_open_source(image_source(image), NULL, &dump)));
	if (fuzz_ok(khs_kernel_open_source(dump, image_source(image), NULL, &kernel))) {
		look(&kernel);
		khs_kernel_close(&kernel);
	}
	image_free(image);
	return 0;
}
