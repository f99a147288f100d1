// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The root FDT and the subtrees that it names. Since 7.1 it says how large their blobs are; before
 * that every blob was an FDT, which says so itself.
 */
#include <libfdt.h>
#include <string.h>

#include "../kho/fdt.h"
#include "gather.h"

static const struct khs_owner_ops kinds[] = {
	{ "kexec-metadata", KHS_O_METADATA, khs_gather_metadata, NULL },
	{ "memblock", KHS_O_MEMBLOCK, khs_gather_memblock, khs_gather_memblock_table },
	{ "LUO", KHS_O_LUO, khs_gather_luo, khs_gather_luo_gone },
	{ "kho_test", KHS_O_KHO_TEST, khs_gather_kho_test, NULL },
	{ NULL, KHS_O_BLOB, NULL, NULL },
};

static const struct khs_owner_ops *ops_of(const char *name)
{
	const struct khs_owner_ops *ops = kinds;

	while (ops->name && strcmp(ops->name, name))
		ops++;
	return ops;
}

/* ---- subtrees ------------------------------------------------------------------------------- */

/* Pages that the map holds from the blob's first on, in one piece. */
static uint64_t held_from(const struct khs_gather *g, uint64_t pfn)
{
	const struct khs_extent *e = khs_extents_find(&g->pages, pfn);

	return e ? e->end - pfn : 0;
}

/* The bytes of the blob that its own block has room for. */
static uint64_t room_for(const struct khs_gather *g, uint64_t pfn)
{
	uint64_t pages = held_from(g, pfn);
	unsigned int order;

	if (khs_gather_block(g, pfn, KHS_ORDERS - 1, &order))
		pages = 1ull << order;
	return pages << g->k->kernel.page_shift;
}

/*
 * The size of a blob that does not say it. An FDT does itself; whatever else it may be, its pages
 * are those of the block it begins.
 */
static uint64_t guess_size(struct khs_gather *g, uint64_t phys)
{
	uint64_t room = room_for(g, khs_gather_pfn(g, phys));

	return room ? room : khs_gather_page_size(g);
}

static void gather_blob(struct khs_gather *g, uint32_t owner, const struct khs_owner_ops *ops,
			const struct khs_subtree *t)
{
	uint64_t pfn = khs_gather_pfn(g, t->phys);
	uint64_t size = t->has_size ? t->size : guess_size(g, t->phys);

	if (!khs_gather_is_page(g, t->phys) || !size || size >> 52) {
		khs_gather_fault(g, KHS_F_BLOB_ADDRESS, owner, 0, 0, t->phys, size);
		khs_gather_incomplete(g, owner, "its blob is damaged");
		return;
	}
	if (!khs_gather_alive(g, t->phys)) {
		khs_owner_set_state(g, owner, KHS_OWNER_GONE);
		if (ops->gone)
			ops->gone(g, owner);
		else if (ops->kind == KHS_O_BLOB)
			khs_gather_opaque(g, owner);
		return;
	}
	khs_gather_span(g, owner, KHS_ROLE_BLOB, pfn, khs_gather_pages(g, size), KHS_F_UNCOVERED);
	if (ops->read)
		ops->read(g, owner, t, size);
	else
		khs_gather_opaque(g, owner);
}

/* @root: the page of the root FDT. */
static void gather_subtree(struct khs_gather *g, uint64_t root, const struct khs_subtree *t)
{
	const struct khs_owner_ops *ops = ops_of(t->name);
	char name[64];
	uint32_t owner;

	khs_copy_printable(name, sizeof(name), *t->name ? t->name : "?", sizeof(name));
	owner = khs_gather_owner(g, KHS_NO_OWNER, ops->kind, KHS_FROM_FDT, "%s", name);
	if (!t->has_phys) {
		khs_gather_fault(g, KHS_F_BLOB_NODE, owner, root, 1, 0, 0);
		khs_gather_incomplete(g, owner, "its node in the root FDT is damaged");
		return;
	}
	khs_owner_hex(g, owner, "at", t->phys);
	if (t->has_size)
		khs_owner_number(g, owner, "size", t->size);
	gather_blob(g, owner, ops, t);
}

/* ---- the root ------------------------------------------------------------------------------- */

static void gather_subtrees(struct khs_gather *g, uint32_t root, const struct khs_subtrees *s)
{
	const struct khs_kho *kho = &g->k->kho;

	if (!khs_gather_present(g, root, s->fdt_presence))
		return;
	/* That it is damaged is tracker-damage. */
	if (!s->fdt) {
		khs_gather_incomplete(g, root, "the root FDT is damaged");
		return;
	}
	if (fdt_getprop(s->fdt, 0, "compatible", NULL))
		khs_owner_text(g, root, "compatible",
			       g->direction == KHS_OUT ? kho->abi : kho->abi_in);
	for (size_t i = 0; i < s->n && khs_gather_more(g); i++)
		gather_subtree(g, khs_gather_pfn(g, s->fdt_phys), &s->v[i]);
}

/*
 * The incoming one needs no mark to be trusted: the kernel goes on reading it
 * (kho_retrieve_subtree()), marked since 6.19, restored before.
 */
void khs_gather_root(struct khs_gather *g)
{
	const struct khs_kho *kho = &g->k->kho;
	uint64_t pa = g->direction == KHS_OUT ? kho->out_fdt_phys : kho->in_fdt_phys;
	struct khs_subtrees subtrees;
	struct khs_error *err;
	uint32_t root;

	if (!pa) {
		if (g->direction == KHS_OUT || !kho->handover_failed)
			khs_gather_incomplete(g, KHS_NO_OWNER, "the root FDT is not known");
		return;
	}
	root = khs_gather_owner(g, KHS_NO_OWNER, KHS_O_ROOT_FDT, KHS_FROM_FDT, "%s", "");
	khs_owner_hex(g, root, "at", pa);
	khs_gather_span(g, root, KHS_ROLE_BLOB, khs_gather_pfn(g, pa), 1, KHS_F_ROOT_UNCOVERED);
	/* Linux 6.16 to 6.18 restore its page (kho_memory_init()), and then anybody may have it. */
	if (g->direction == KHS_IN && !khs_extents_find(&g->pages, khs_gather_pfn(g, pa))) {
		khs_gather_incomplete(g, root, "the root FDT's page was restored");
		return;
	}
	err = khs_subtrees_read(&g->k->kernel, &g->k->mem, kho, g->direction, &subtrees);
	if (err)
		g->no_memory = true;
	else
		gather_subtrees(g, root, &subtrees);
	khs_error_free(err);
	khs_subtrees_deinit(&subtrees);
}

/* ---- the map's own pages -------------------------------------------------------------------- */

void khs_gather_tracker(struct khs_gather *g)
{
	const struct khs_kho *kho = &g->k->kho;
	uint32_t owner;

	if (!kho->nr_nodes)
		return;
	owner = khs_gather_owner(g, KHS_NO_OWNER, KHS_O_TRACKER, KHS_FROM_MAP, "%s", "");
	khs_owner_number(g, owner, "nodes", kho->nr_nodes);
	for (size_t i = 0; i < kho->nr_nodes && khs_gather_more(g); i++) {
		struct khs_claim claim = { .pfn = kho->nodes[i].pfn, .pages = 1, .owner = owner,
					   .order = KHS_NO_ORDER, .role = KHS_ROLE_NODE };

		khs_gather_claim(g, &claim);
	}
}

/* ---- kexec-metadata ------------------------------------------------------------------------- */

/* include/linux/kho/abi/kexec_metadata.h: struct kho_kexec_metadata, packed, version 1. */
enum { METADATA_RELEASE = 4, METADATA_COUNT = 69, METADATA_SIZE = 73 };

void khs_gather_metadata(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
			 uint64_t size)
{
	char release[METADATA_COUNT - METADATA_RELEASE + 1];
	uint8_t raw[METADATA_SIZE];
	uint32_t version;

	if (size < sizeof(version)) {
		khs_gather_fault(g, KHS_F_BLOB_SMALL, owner, khs_gather_pfn(g, subtree->phys), 1,
				 size, METADATA_SIZE);
		return;
	}
	if (!khs_gather_read(g, owner, subtree->phys, raw, sizeof(raw)))
		return;
	version = khs_load32(raw);
	khs_owner_number(g, owner, "version", version);
	if (version != 1)
		return;
	if (size < METADATA_SIZE) {
		khs_gather_fault(g, KHS_F_BLOB_SMALL, owner, khs_gather_pfn(g, subtree->phys), 1,
				 size, METADATA_SIZE);
		return;
	}
	khs_copy_printable(release, sizeof(release), (char *)raw + METADATA_RELEASE,
			   METADATA_COUNT - METADATA_RELEASE);
	khs_owner_text(g, owner, "previous_release", release);
	khs_owner_number(g, owner, "kexec_count", khs_load32(raw + METADATA_COUNT));
}
