// SPDX-License-Identifier: GPL-2.0-or-later
/* The kernel's log, in its memory. */
#include "facts/log.h"

#include "image.h"

static bool take(void *arg, const struct khs_log_record *record)
{
	unsigned int *left = arg;

	fuzz_check(!record->text[record->len]);
	return --*left;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *image = image_new(data, size);
	struct khs_kernel kernel;
	unsigned int left = 4096;
	const char *why = NULL;

	if (image_kernel(image, &kernel)) {
		fuzz_check(khs_log_read(&kernel, take, &left, &why) || *why);
		khs_kernel_close(&kernel);
	}
	image_free(image);
	return 0;
}
