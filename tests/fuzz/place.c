// SPDX-License-Identifier: GPL-2.0-or-later
#include "place.h"

#include <stdlib.h>
#include <string.h>

#include "dump/io.h"

/* Of memory that is looked at: enough for a kernel anywhere that KASLR puts one. */
#define END (1ULL << 30)
#define ID_BYTES 20

void place_take(const uint8_t *data, struct khs_image *wanted, bool *any)
{
	static const uint8_t none[ID_BYTES];
	const uint8_t *at = data + 1 + ID_BYTES;

	*wanted = (struct khs_image){ .arch = data[0] & 1 ? KHS_ARCH_AARCH64 : KHS_ARCH_X86_64 };
	*any = data[0] & 2;
	if (memcmp(data + 1, none, ID_BYTES))
		for (size_t i = 0; i < ID_BYTES; i++)
			sprintf(wanted->build_id + 2 * i, "%02x", data[1 + i]);
	else
		strcpy(wanted->banner, "Linux version 7.2.13 (who@where) (gcc) #1 SMP Wed\n");
	for (size_t i = 0; i < KHS_NR_ANCHORS; i++, at += 9)
		wanted->anchors[i] = (struct khs_anchor){ at[0] & 1, khs_le64(at + 1), 0 };
}

void place_put(uint8_t *data, const struct khs_image *wanted, bool any)
{
	uint8_t *at = data + 1 + ID_BYTES;

	data[0] = (uint8_t)((wanted->arch == KHS_ARCH_AARCH64) | any << 1);
	for (size_t i = 0; i < ID_BYTES; i++) {
		char digits[3] = { wanted->build_id[2 * i], wanted->build_id[2 * i + 1] };

		data[1 + i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	for (size_t i = 0; i < KHS_NR_ANCHORS; i++, at += 9) {
		at[0] = wanted->anchors[i].known;
		memcpy(at + 1, &wanted->anchors[i].address, 8);
	}
}

bool place_find(const struct image *image, const struct khs_image *wanted, bool any,
		struct khs_place *ret)
{
	struct khs_kernel kernel = { .opts = { .any_build_id = any } };
	bool found;

	fuzz_check(fuzz_ok(khs_dump_open_source(image_source(image), NULL, &kernel.dump)));
	kernel.dump->end = END;
	found = fuzz_ok(khs_locate(&kernel, wanted, ret));
	khs_dump_close(kernel.dump);
	return found;
}
