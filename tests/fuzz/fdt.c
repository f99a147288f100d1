// SPDX-License-Identifier: GPL-2.0-or-later
/* An FDT, and every other blob of a subtree, by itself: the parsers below the walk. */
#include <string.h>

#include "dump/memory.h"
#include "facts/kernel.h"
#include "fuzz.h"
#include "kho/blob.h"
#include "kho/fdt.h"

#define PHYS 0x10000

static void take_item(void *arg, const struct khs_item *item)
{
	uint64_t *sum = arg;

	fuzz_check(item->kind == KHS_ITEM_END || item->name);
	fuzz_check(item->depth <= KHS_FDT_DEPTH + 2);
	/* Each byte has to be there. */
	for (size_t i = 0; item->data && i < item->size; i++)
		*sum += ((const uint8_t *)item->data)[i];
}

static void look_as(struct khs_kernel *kernel, const char *name, size_t size)
{
	struct khs_blob_bytes blob = { 0 };
	uint64_t sum = 0;

	fuzz_ok(khs_blob_read(kernel, name, PHYS, size, &blob));
	fuzz_check(memchr(blob.why, 0, sizeof(blob.why)));
	if (blob.data)
		khs_blob_items(&blob, name, true, take_item, &sum);
	khs_blob_deinit(&blob);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { NULL, "LUO", "kexec-metadata", "kho_test", "other" };
	struct khs_kernel kernel = { .dump = khs_dump_memory_new(), .page_shift = 12 };
	struct khs_root_fdt root;

	fuzz_check(kernel.dump);
	fuzz_ok(khs_root_fdt_parse(data, size, &root));
	khs_abi_tracker(root.compatible);
	if (size && khs_dump_memory_add(kernel.dump, PHYS, data, size))
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			look_as(&kernel, names[i], i & 1 ? size : 0);
	khs_dump_close(kernel.dump);
	return 0;
}
