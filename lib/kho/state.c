// SPDX-License-Identifier: GPL-2.0-or-later
#include "state.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/error.h"
#include "boot.h"
#include "fdt.h"
#include "root_fdt.h"
#include "vars.h"

#define WALKED "this version walks kho-v1 to kho-v4, of Linux 6.16 to 7.3"
#define WAY_OUT "; name the kernel's vmlinux with -k VMLINUX"

/* Says @state, for the reason in the sentence. Always true: the question is settled. */
__attribute__((format(printf, 3, 4)))
static bool settle(struct khs_kho *kho, enum khs_kho_state state, const char *fmt, ...)
{
	va_list ap;

	kho->state = state;
	va_start(ap, fmt);
	vsnprintf(kho->why, sizeof(kho->why), fmt, ap);
	va_end(ap);
	return true;
}

static bool any_known(const struct khs_facts *facts, const enum khs_need_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (khs_known(facts, ids[i]))
			return true;
	return false;
}

/* Types and symbols that kernel/liveupdate/kexec_handover.c alone defines. */
static bool has_kho(const struct khs_facts *facts)
{
	static const enum khs_need_id ids[] = {
		KHS_SYM_KHO_ENABLE, KHS_SYM_KHO_OUT, KHS_SYM_KHO_IN, KHS_MEM_KHO_OUT_FDT,
		KHS_MEM_KHO_OUT_RADIX_ROOT, KHS_MEM_KHO_OUT_ORDERS, KHS_MEM_KHO_OUT_SER_FDT,
		KHS_MEM_KHO_IN_FDT_PHYS,
	};

	return any_known(facts, ids, sizeof(ids) / sizeof(ids[0]));
}

static bool settle_symbols(struct khs_kernel *kernel, struct khs_kho *kho)
{
	const struct khs_facts *facts = &kernel->facts;

	if (khs_known(facts, KHS_SYM_KHO_OUT))
		return false;
	if (has_kho(facts))
		return settle(kho, KHS_KHO_UNKNOWN, "this kernel has kexec handover, but where its "
			      "kho_out is cannot be told from the dump" WAY_OUT);
	/* Types go first: they are read whole or not at all, a symbol table may have been cut. */
	if (khs_facts_tell(facts, KHS_NEED_MEMBER) || khs_facts_tell(facts, KHS_NEED_SYMBOL))
		return settle(kho, KHS_KHO_ABSENT, "this kernel has no kexec handover "
			      "(CONFIG_KEXEC_HANDOVER is not set)");
	kho->mute = true;
	return settle(kho, KHS_KHO_UNKNOWN, "the dump names no types and no data symbols "
		      "(CONFIG_DEBUG_INFO_BTF, CONFIG_KALLSYMS_ALL): struct pages and marks are "
		      "judged by VMCOREINFO alone, and nothing else is known" WAY_OUT);
}

/* kho_init() alone sets it, and clears it when it disables KHO: not NULL is as good as enabled. */
static bool has_out_fdt(struct khs_kernel *kernel)
{
	uint64_t fdt = 0, page = 0;

	khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_FDT, 8, &fdt);
	khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_SER_FDT, 8, &page);
	return fdt || page;
}

static bool settle_off(struct khs_kernel *kernel, struct khs_kho *kho)
{
	uint64_t areas = 0;

	if (kho->handover_boot)
		return settle(kho, KHS_KHO_OFF, "kexec handover is built in and this boot was "
			      "handed memory, but it is not enabled (kho=on on the kernel command "
			      "line)");
	/*
	 * kho_reserve_scratch() counts areas if enabled; it and kho_init() disable when they fail.
	 */
	khs_kho_variable(kernel, KHS_SYM_KHO_SCRATCH_CNT, 4, &areas);
	if (areas)
		return settle(kho, KHS_KHO_OFF, "kexec handover was enabled at boot, but its "
			      "set-up failed and it disabled itself; the kernel log says why");
	return settle(kho, KHS_KHO_OFF, "kexec handover is built in but was not enabled at boot "
		      "(kho=on on the kernel command line)");
}

static bool settle_enable(struct khs_kernel *kernel, struct khs_kho *kho)
{
	enum khs_presence presence;
	uint64_t enable = 0;

	presence = khs_kho_variable(kernel, KHS_SYM_KHO_ENABLE, 1, &enable);
	if (presence == KHS_PRESENT) {
		kho->enabled = enable;
		kho->enabled_known = true;
		return enable ? false : settle_off(kernel, kho);
	}
	if (has_out_fdt(kernel)) {
		kho->enabled = true;
		kho->enabled_known = true;
		return false;
	}
	if (!khs_known(&kernel->facts, KHS_SYM_KHO_ENABLE))
		return settle(kho, KHS_KHO_UNKNOWN, "this kernel has kexec handover, but where its "
			      "kho_enable is cannot be told from the dump" WAY_OUT);
	return settle(kho, KHS_KHO_UNKNOWN, "whether kexec handover was enabled can't be told: "
		      "kho_enable is %s", khs_presence_text(presence));
}

/* By members of struct kho_out: see khs_tracker. */
static enum khs_tracker find_tracker(const struct khs_facts *facts)
{
	if (khs_known(facts, KHS_MEM_KHO_OUT_RADIX_ROOT))
		return KHS_TRACKER_RADIX;
	return khs_known(facts, KHS_MEM_KHO_OUT_ORDERS) ? KHS_TRACKER_BITMAPS : KHS_TRACKER_UNKNOWN;
}

static bool settle_tracker(const struct khs_facts *facts, struct khs_kho *kho)
{
	static const enum khs_need_id fdts[] = { KHS_MEM_KHO_OUT_FDT, KHS_MEM_KHO_OUT_SER_FDT };

	if (kho->tracker != KHS_TRACKER_UNKNOWN)
		return false;
	if (any_known(facts, fdts, sizeof(fdts) / sizeof(fdts[0])))
		return settle(kho, KHS_KHO_FOREIGN, "preserved memory is tracked in a way unknown "
			      "here (%s, neither radix_tree nor track in struct kho_out); " WALKED,
			      kho->abi[0] ? kho->abi : "no ABI named");
	return settle(kho, KHS_KHO_UNKNOWN, "the type of kho_out is unknown" WAY_OUT);
}

/*
 * The ABI of the map is the running kernel's own. If its FDT can't be read the one it was booted
 * with tells as well: kho_populate() takes none but of its own KHO_FDT_COMPATIBLE. Bitmaps went by
 * one name only.
 */
static bool settle_abi(struct khs_kho *kho, const char *fdt_why)
{
	if (!kho->abi[0])
		memcpy(kho->abi, kho->abi_in, sizeof(kho->abi));
	if (!kho->abi[0] && kho->tracker == KHS_TRACKER_BITMAPS)
		strcpy(kho->abi, "kho-v1");
	/* Nobody has written a map yet. The marks are what types say of them, whatever the ABI. */
	if (!kho->abi[0] && kho->before_init) {
		kho->state = KHS_KHO_ON;
		return true;
	}
	if (!kho->abi[0])
		return settle(kho, KHS_KHO_UNKNOWN, "the ABI of the preserved-memory map can't be "
			      "told: %s", fdt_why[0] ? fdt_why : "its root FDT names none");
	if (khs_abi_tracker(kho->abi) == KHS_TRACKER_UNKNOWN)
		return settle(kho, KHS_KHO_FOREIGN, "the ABI of kexec handover is %s; " WALKED,
			      kho->abi);
	if (khs_abi_tracker(kho->abi) != kho->tracker)
		return settle(kho, KHS_KHO_FOREIGN, "the ABI of kexec handover is %s, which does "
			      "not go with the tracker in struct kho_out", kho->abi);
	kho->state = KHS_KHO_ON;
	return true;
}

struct khs_error *khs_kho_find_state(struct khs_kernel *kernel, const struct khs_machine *machine,
				     struct khs_kho *kho)
{
	struct khs_error *err;
	char fdt_why[192];

	if (settle_symbols(kernel, kho))
		return NULL;
	kho->tracker = find_tracker(&kernel->facts);
	kho->marks_bare = khs_known(&kernel->facts, KHS_MEM_KHO_IN_FDT_PHYS) &&
			  !khs_known(&kernel->facts, KHS_SIZE_KHO_PAGE_INFO);
	khs_kho_read_boot(kernel, kho);
	err = khs_kho_read_in_fdt(kernel, kho);
	if (err || settle_enable(kernel, kho))
		return err;
	err = khs_kho_read_out_fdt(kernel, machine, kho, fdt_why, sizeof(fdt_why));
	if (err || settle_tracker(&kernel->facts, kho))
		return err;
	settle_abi(kho, fdt_why);
	return NULL;
}
