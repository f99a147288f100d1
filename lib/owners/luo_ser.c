// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What LUO writes for the next kernel: since 7.2 struct luo_ser, "luo-v5", and chains of blocks of
 * struct luo_session_ser and struct luo_file_ser (include/linux/kho/abi/luo.h); before, the same
 * entries in arrays. luo-v2 to luo-v4 were in no release.
 */
#include <string.h>

#include "../kho/fdt.h"
#include "blocks.h"
#include "luo.h"

/* luo_ser begins with its version, in a field that is just long enough in steps of eight. */
#define MAX_COMPATIBLE 64
enum { SER_NUMBER = 0, SER_SESSIONS = 8, SER_FLBS = 16, SER_REST = 24 };

bool khs_luo_ser(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
		 uint64_t size, struct khs_luo *ret)
{
	uint64_t pfn = khs_gather_pfn(g, subtree->phys);
	uint8_t raw[MAX_COMPATIBLE + SER_REST] = { 0 };
	size_t n = size < sizeof(raw) ? size : sizeof(raw), len;
	char compatible[MAX_COMPATIBLE];
	const uint8_t *rest;

	if (g->o->nodes[owner].state == KHS_OWNER_OPAQUE ||
	    !khs_gather_read(g, owner, subtree->phys, raw, n))
		return false;
	khs_copy_printable(compatible, sizeof(compatible), (char *)raw, MAX_COMPATIBLE);
	khs_owner_text(g, owner, "compatible", compatible);
	if (strncmp(compatible, "luo-v", 5)) {
		khs_gather_fault(g, KHS_F_BLOB_CONTENT, owner, pfn, 1, subtree->phys, 0);
		khs_gather_incomplete(g, owner, "its blob is damaged");
		return false;
	}
	if (strncmp(compatible, "luo-v5", 6) || (compatible[6] && compatible[6] != ';')) {
		khs_gather_opaque(g, owner);
		return false;
	}
	len = (strlen(compatible) + 8) & ~7ul;
	if (size < len + SER_REST) {
		khs_gather_fault(g, KHS_F_BLOB_SMALL, owner, pfn, 1, size, len + SER_REST);
		khs_gather_incomplete(g, owner, "its blob is damaged");
		return false;
	}
	rest = raw + len;
	ret->number = khs_load64(rest + SER_NUMBER);
	ret->sessions = khs_load64(rest + SER_SESSIONS);
	ret->flbs = khs_load64(rest + SER_FLBS);
	return true;
}

/* ---- entries -------------------------------------------------------------------------------- */

static void add_file(struct khs_gather *g, const uint8_t *entry, void *arg)
{
	uint32_t session = *(const uint32_t *)arg;
	struct khs_luo_file file = {
		.data = khs_load64(entry + KHS_LUO_FILE_DATA),
		.token = khs_load64(entry + KHS_LUO_FILE_TOKEN),
		.source = KHS_FROM_SERIALIZED,
	};

	khs_copy_printable(file.compatible, sizeof(file.compatible), (const char *)entry,
			   KHS_LUO_FILE_COMPATIBLE);
	khs_luo_add_file(g, session, &file);
}

void khs_luo_claim_array(struct khs_gather *g, uint32_t owner, uint64_t pa)
{
	if (khs_gather_is_page(g, pa) && khs_gather_alive(g, pa))
		khs_gather_span(g, owner, KHS_ROLE_BLOCK, khs_gather_pfn(g, pa), 1,
				KHS_F_UNCOVERED);
}

bool khs_luo_walk_array(struct khs_gather *g, uint32_t owner, const struct khs_luo_array *a)
{
	uint64_t pfn = khs_gather_pfn(g, a->at), room;
	uint8_t entry[KHS_LUO_SESSION_SIZE];
	unsigned int order = 0;

	if (!khs_gather_is_page(g, a->at)) {
		khs_gather_fault(g, KHS_F_LUO_CHAIN, owner, 0, 0, a->at, 0);
		khs_gather_incomplete(g, owner, "an array of its is damaged");
		return false;
	}
	if (!khs_gather_alive(g, a->at)) {
		khs_gather_incomplete(g, owner, "an array of its is gone");
		return false;
	}
	khs_gather_block(g, pfn, KHS_ORDERS - 1, &order);
	room = ((khs_gather_page_size(g) << order) - a->header) / a->entry_size;
	if (a->count > room) {
		khs_gather_fault(g, KHS_F_LUO_BLOCK_COUNT, owner, pfn, 1, a->count, room);
		khs_gather_incomplete(g, owner, "an array of its is damaged");
		return false;
	}
	for (uint64_t i = 0; i < a->count && khs_gather_more(g); i++) {
		if (!khs_gather_read(g, owner, a->at + a->header + i * a->entry_size, entry,
				     a->entry_size))
			return false;
		a->visit(g, entry, a->arg);
	}
	return true;
}

void khs_luo_add_session(struct khs_gather *g, uint32_t luo, const uint8_t *entry, bool arrays)
{
	char name[KHS_LUO_SESSION_NAME + 1];
	uint64_t files = khs_load64(entry + KHS_LUO_SESSION_FILES);
	uint64_t count = khs_load64(entry + KHS_LUO_SESSION_COUNT);
	uint32_t session;

	khs_copy_printable(name, sizeof(name), (const char *)entry, KHS_LUO_SESSION_NAME);
	session = khs_gather_owner(g, luo, KHS_O_SESSION, KHS_FROM_SERIALIZED, "%s", name);
	khs_owner_number(g, session, "files", count);
	if (session == KHS_NO_OWNER || !files)
		return;
	if (arrays) {
		khs_luo_claim_array(g, session, files);
		khs_luo_walk_array(g, session, &(struct khs_luo_array){
			.at = files, .count = count, .entry_size = KHS_LUO_FILE_SIZE,
			.visit = add_file, .arg = &session });
	} else {
		struct khs_chain chain = { .head = files, .entry_size = KHS_LUO_FILE_SIZE,
					   .visit = add_file, .arg = &session };

		khs_chain_walk(g, session, &chain);
		if (chain.whole && chain.entries != count)
			khs_gather_fault(g, KHS_F_LUO_SER_FILES, session, khs_gather_pfn(g, files),
					 1, chain.entries, count);
	}
}

struct sessions {
	uint32_t luo;
	bool arrays;
};

static void add_session(struct khs_gather *g, const uint8_t *entry, void *arg)
{
	const struct sessions *s = arg;

	khs_luo_add_session(g, s->luo, entry, s->arrays);
}

void khs_luo_serialized(struct khs_gather *g, uint32_t owner, const struct khs_luo *luo)
{
	struct sessions s = { .luo = owner, .arrays = luo->arrays };
	struct khs_chain chain = { .head = luo->sessions, .entry_size = KHS_LUO_SESSION_SIZE,
				   .visit = add_session, .arg = &s };
	struct khs_luo_array area = { .visit = add_session, .arg = &s };

	if (!luo->arrays) {
		khs_chain_walk(g, owner, &chain);
	} else if (khs_luo_area(g, owner, luo->sessions, &area)) {
		khs_luo_claim_array(g, owner, area.at);
		khs_luo_walk_array(g, owner, &area);
	}
}

bool khs_luo_area(struct khs_gather *g, uint32_t owner, uint64_t pa, struct khs_luo_array *ret)
{
	uint8_t count[KHS_LUO_ARRAY_HEADER];

	if (!khs_gather_is_page(g, pa) || !khs_gather_alive(g, pa) ||
	    !khs_gather_read(g, owner, pa, count, sizeof(count)))
		return false;
	ret->at = pa;
	ret->header = sizeof(count);
	ret->count = khs_load64(count);
	ret->entry_size = KHS_LUO_SESSION_SIZE;
	return true;
}
