// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose the preserved pages are: subtrees, LUO and memfd records, vmalloc, chains of blocks. */
#include "look.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *image = image_new(data, size);
	struct khs *k = image_open(image);

	if (k)
		look_at_owners(k, NULL);
	khs_close(k);
	image_free(image);
	return 0;
}
