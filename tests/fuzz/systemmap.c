// SPDX-License-Identifier: GPL-2.0-or-later
/* A System.map, held against the VMCOREINFO of the first kernel of kernels.txt. */
#include "facts/system_map.h"

#include "file.h"
#include "image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct khs_vmcoreinfo *vmci;
	static struct khs_facts facts;
	struct file file = file_new(data, size);
	char warning[256];

	if (!vmci)
		vmci = image_info();
	for (int any = 0; any < 2; any++) {
		facts = (struct khs_facts){ 0 };
		fuzz_ok(khs_facts_from_system_map(&facts, file.path, vmci, any, warning,
						  sizeof(warning)));
	}
	file_free(&file);
	return 0;
}
