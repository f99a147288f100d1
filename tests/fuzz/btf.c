// SPDX-License-Identifier: GPL-2.0-or-later
/* What is handed to libbpf, and what is believed of what it gives back. */
#include "facts/btf.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct khs_facts facts;

	facts = (struct khs_facts){ 0 };
	fuzz_ok(khs_facts_from_btf(&facts, data, size, "BTF"));
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++)
		if (khs_needs[id].kind == KHS_NEED_MEMBER && facts.v[id].known)
			fuzz_check(facts.v[id].value <= KHS_FACT_MAX_BYTES);
	return 0;
}
