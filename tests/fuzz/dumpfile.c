// SPDX-License-Identifier: GPL-2.0-or-later
/* A dump file: ELF, kdump-compressed, either of them flattened. Its headers, and all its memory. */
#include <string.h>

#include "dump/dump.h"
#include "file.h"
#include "fuzz.h"

#define CHUNK 65536u
/* Reads of memory in one input: what is there comes early. */
#define MAX_READS 256

static void read_memory(struct khs_dump *dump)
{
	static uint8_t buf[CHUNK];
	uint64_t pa = 0;

	for (unsigned int i = 0; i < MAX_READS && pa < dump->end; i++) {
		uint8_t poison = (uint8_t)i;
		enum khs_presence p;
		size_t done;

		memset(buf, poison, sizeof(buf));
		p = khs_dump_read(dump, pa, buf, sizeof(buf), &done);
		fuzz_check(done <= sizeof(buf));
		fuzz_check((p == KHS_PRESENT) == (done == sizeof(buf)));
		pa += done;
		if (p != KHS_PRESENT)
			pa = (pa | 4095) + 1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file file = file_new(data, size);
	struct khs_dump *dump;

	if (fuzz_ok(khs_dump_open(file.path, NULL, &dump))) {
		fuzz_check(dump->complete == !dump->incomplete_why[0]);
		fuzz_check(!dump->vmcoreinfo ||
			   strlen(dump->vmcoreinfo) == dump->vmcoreinfo_len);
		read_memory(dump);
		khs_dump_close(dump);
	}
	file_free(&file);
	return 0;
}
