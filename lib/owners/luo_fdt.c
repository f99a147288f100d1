// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LUO's blob of Linux 6.19 to 7.1, "luo-v1": an FDT that names the arrays of sessions and, since
 * 7.0, of FLBs (include/linux/kho/abi/luo.h of those versions). Its header comment calls the
 * sessions' format luo-session-v1, its define luo-session-v2.
 */
#include <stdlib.h>

#include "blob_fdt.h"
#include "luo.h"

bool khs_luo_fdt(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
		 uint64_t size, struct khs_luo *ret)
{
	uint64_t pfn = khs_gather_pfn(g, subtree->phys);
	uint8_t magic[4];
	const char *why;
	void *fdt;
	int node;

	if (size < sizeof(magic) ||
	    !khs_gather_read(g, owner, subtree->phys, magic, sizeof(magic)) ||
	    fdt32_ld((const fdt32_t *)magic) != FDT_MAGIC)
		return false;
	fdt = khs_blob_fdt(g, owner, subtree->phys, size, &why);
	if (!fdt) {
		if (why)
			khs_gather_fault(g, KHS_F_BLOB_FDT, owner, pfn, 1, subtree->phys, 0);
		khs_gather_incomplete(g, owner, "its FDT is damaged");
		return false;
	}
	if (!khs_fdt_is(fdt, 0, "luo-v1")) {
		khs_gather_opaque(g, owner);
		free(fdt);
		return false;
	}
	ret->arrays = true;
	khs_owner_text(g, owner, "compatible", "luo-v1");
	khs_fdt_u64(fdt, 0, "liveupdate-number", &ret->number);
	node = fdt_subnode_offset(fdt, 0, "luo-session");
	if (node < 0 || !khs_fdt_u64(fdt, node, "luo-session-header", &ret->sessions))
		khs_gather_fault(g, KHS_F_BLOB_CONTENT, owner, pfn, 1, subtree->phys, 0);
	node = fdt_subnode_offset(fdt, 0, "luo-flb");
	if (node >= 0 && !khs_fdt_u64(fdt, node, "luo-flb-header", &ret->flbs))
		khs_gather_fault(g, KHS_F_BLOB_CONTENT, owner, pfn, 1, subtree->phys, 0);
	free(fdt);
	return true;
}
