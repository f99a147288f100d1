// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's own test (lib/test_kho.c, "kho-test-v1"): an FDT whose node data has the number of
 * folios and folios_info, which since 6.18 is the descriptor of a vmalloc area with a word for each
 * folio, address and order; before, the words themselves.
 */
#include <stdlib.h>
#include <string.h>

#include "blob_fdt.h"
#include "vmalloc.h"

struct folios {
	uint32_t owner;
	uint64_t left, done;
};

static void take_word(struct khs_gather *g, struct folios *f, uint64_t word)
{
	uint64_t mask = khs_gather_page_size(g) - 1, pa = word & ~mask;
	struct khs_claim claim = {
		.pfn = khs_gather_pfn(g, pa), .pages = 1, .owner = f->owner,
		.role = KHS_ROLE_DATA, .order = KHS_NO_ORDER,
	};
	unsigned int order;

	f->left--;
	f->done++;
	if (khs_gather_is_page(g, pa) && word & mask && (word & mask) < KHS_ORDERS)
		claim.order = (uint8_t)(word & mask);
	if (khs_gather_is_page(g, pa) &&
	    khs_gather_block(g, claim.pfn, (unsigned int)(word & mask), &order) &&
	    order == (word & mask)) {
		claim.order = (uint8_t)order;
		claim.pages = 1ull << order;
		khs_gather_claim(g, &claim);
	} else if (g->direction == KHS_OUT && g->map_complete) {
		khs_gather_fault(g, KHS_F_TEST_FOLIO, f->owner, claim.pfn,
				 khs_gather_is_page(g, pa), word, f->done - 1);
	}
}

static void take_group(struct khs_gather *g, uint64_t pa, uint64_t bytes, void *arg)
{
	struct folios *f = arg;
	uint8_t raw[4096];

	for (uint64_t at = 0; at < bytes && f->left && khs_gather_more(g); at += sizeof(raw)) {
		if (!khs_gather_read(g, f->owner, pa + at, raw, sizeof(raw)))
			return;
		for (size_t i = 0; i < sizeof(raw) && f->left; i += sizeof(uint64_t))
			take_word(g, f, khs_load64(raw + i));
	}
}

static void take_info(struct khs_gather *g, struct folios *f, const uint8_t *info, int len,
		      uint64_t phys)
{
	uint8_t raw[KHS_VMALLOC_SIZE];

	if (len == KHS_VMALLOC_SIZE && f->left * sizeof(uint64_t) != KHS_VMALLOC_SIZE) {
		struct khs_vmalloc v;

		memcpy(raw, info, sizeof(raw));
		v = khs_vmalloc_decode(raw);
		/* kho_test_restore() begins with it, and leaves the FDT that names it pending. */
		if (khs_gather_gone(g, v.first))
			khs_owner_text(g, f->owner, "restored", "yes");
		else
			khs_vmalloc_gather(g, f->owner, &v, phys, take_group, f);
		return;
	}
	for (int i = 0; i + 8 <= len && f->left && khs_gather_more(g); i += 8)
		take_word(g, f, khs_load64(info + i));
}

void khs_gather_kho_test(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
			 uint64_t size)
{
	uint64_t pfn = khs_gather_pfn(g, subtree->phys);
	struct folios f = { .owner = owner };
	const void *count, *info = NULL;
	const char *why;
	void *fdt = khs_blob_fdt(g, owner, subtree->phys, size, &why);
	int node, len = 0;

	if (!fdt) {
		if (why)
			khs_gather_fault(g, KHS_F_BLOB_FDT, owner, pfn, 1, subtree->phys, 0);
		khs_gather_incomplete(g, owner, "its FDT is damaged");
		return;
	}
	node = fdt_subnode_offset(fdt, 0, "data");
	count = node < 0 ? NULL : fdt_getprop(fdt, node, "nr_folios", &len);
	if (count && len == 4) {
		f.left = khs_load32(count);
		info = fdt_getprop(fdt, node, "folios_info", &len);
	}
	khs_owner_number(g, owner, "folios", f.left);
	if (!khs_fdt_is(fdt, 0, "kho-test-v1"))
		khs_gather_opaque(g, owner);
	else if (!info)
		khs_gather_fault(g, KHS_F_BLOB_CONTENT, owner, pfn, 1, subtree->phys, 0);
	else
		take_info(g, &f, info, len, subtree->phys);
	free(fdt);
}
