// SPDX-License-Identifier: GPL-2.0-or-later
/* VMCOREINFO: its lines, the facts taken from them, and the address space they describe. */
#include "dump/vmcoreinfo.h"

#include <string.h>

#include "dump/memory.h"
#include "dump/vm.h"
#include "facts/facts.h"
#include "fuzz.h"

#define MEMORY (4u << 20)

static void walk(struct khs_vm *vm)
{
	static const uint64_t addresses[] = {
		0, 0xffffffff81000000, 0xffff888000000000, 0xffffea0000000000, 0xffff800080000000,
		UINT64_MAX - 4095,
	};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		uint64_t pa, run;

		khs_vm_translate(vm, addresses[i], &pa, &run);
		fuzz_check(run);
	}
}

/* Tables of one entry, which leads to a table, or is a page. */
static struct khs_dump *make_memory(void)
{
	struct khs_dump *dump = khs_dump_memory_new();

	fuzz_check(dump && khs_dump_memory_zero(dump, 0, MEMORY));
	memset(khs_dump_memory_at(dump, 0, MEMORY), 0x23, MEMORY);
	return dump;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct khs_facts facts;
	static struct khs_dump *dump;
	struct khs_vmcoreinfo *vmci;
	struct khs_vm *vm;

	if (!dump)
		dump = make_memory();
	facts = (struct khs_facts){ 0 };
	if (fuzz_ok(khs_vmcoreinfo_parse((const char *)data, size, &vmci))) {
		khs_facts_from_vmcoreinfo(&facts, vmci);
		if (fuzz_ok(khs_vm_new(dump, vmci, &vm))) {
			walk(vm);
			khs_vm_free(vm);
		}
		khs_facts_derive(&facts, vmci);
		khs_vmcoreinfo_free(vmci);
	}
	return 0;
}
