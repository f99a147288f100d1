// SPDX-License-Identifier: GPL-2.0-or-later
#include "moved.h"

#include "../base/error.h"
#include "../dump/vmcoreinfo.h"

/*
 * KERNELOFFSET is how far KASLR moved the image (arch_crash_save_vmcoreinfo()), and so is the
 * distance of the two _stext.
 */
struct khs_error *khs_moved(const struct khs_vmcoreinfo *vmci, bool has_stext, uint64_t stext,
			    uint64_t *offset)
{
	bool said = khs_vmcoreinfo_hex(vmci, "KERNELOFFSET", offset);
	uint64_t runtime;

	if (!has_stext || !khs_vmcoreinfo_hex(vmci, "SYMBOL(_stext)", &runtime)) {
		if (said)
			return NULL;
		return khs_error_new(KHS_ERR_NOTFOUND, "where the kernel was loaded is not known");
	}
	if (said && stext + *offset != runtime)
		return khs_error_new(KHS_ERR_MISMATCH,
				     "its _stext, moved by KERNELOFFSET, is at 0x%llx, the dumped "
				     "kernel's at 0x%llx",
				     (unsigned long long)(stext + *offset),
				     (unsigned long long)runtime);
	*offset = runtime - stext;
	return NULL;
}
