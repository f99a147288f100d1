// SPDX-License-Identifier: GPL-2.0-or-later
/* The symbol tables in a kernel's memory, and the page tables that lead to them. */
#include "image.h"

#include "facts/kallsyms.h"

static void look(struct khs_dump *dump, const struct khs_vmcoreinfo *vmci)
{
	static struct khs_facts facts;
	struct khs_vm *vm;

	facts = (struct khs_facts){ 0 };
	if (!fuzz_ok(khs_vm_new(dump, vmci, &vm)))
		return;
	fuzz_ok(khs_facts_from_kallsyms(&facts, vm, vmci));
	khs_vm_free(vm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct image *image = image_new(data, size);
	struct khs_vmcoreinfo *vmci;
	struct khs_dump *dump;

	fuzz_check(fuzz_ok(khs_dump_open_source(image_source(image), NULL, &dump)));
	if (fuzz_ok(khs_vmcoreinfo_parse(dump->vmcoreinfo, dump->vmcoreinfo_len, &vmci))) {
		look(dump, vmci);
		khs_vmcoreinfo_free(vmci);
	}
	khs_dump_close(dump);
	image_free(image);
	return 0;
}
