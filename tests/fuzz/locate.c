// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a vmlinux's kernel lies in a dump without VMCOREINFO: notes, variables and page tables. */
#include "place.h"

#include <stdlib.h>
#include <string.h>

#include "facts/nocoreinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct khs_image wanted;
	struct khs_place place;
	struct image *image;
	bool any;

	if (size < PLACE_HEAD)
		return 0;
	place_take(data, &wanted, &any);
	image = image_new(data + PLACE_HEAD, size - PLACE_HEAD);
	if (place_find(image, &wanted, any, &place)) {
		char *text = khs_nocoreinfo_text(&wanted, &place);

		fuzz_check(any || !*wanted.build_id || !strcmp(place.build_id, wanted.build_id));
		fuzz_check(text);
		for (const char *c = place.release; *c; c++)
			fuzz_check(*c > ' ' && *c <= '~');
		free(text);
	}
	image_free(image);
	return 0;
}
