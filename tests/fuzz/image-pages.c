// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All that is said of pages: nodes, sections, struct pages, the checks, what the next kernel does.
 */
#include "look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *image = image_new(data, size);
	struct khs *k = image_open(image);

	if (k)
		look_at_pages(k, NULL);
	khs_close(k);
	image_free(image);
	return 0;
}
