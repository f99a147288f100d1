// SPDX-License-Identifier: GPL-2.0-or-later
#include "luo.h"

#include <stdio.h>
#include <string.h>

#include "klist.h"

/* LIVEUPDATE_TEST_FLB_COMPATIBLE. */
#define TEST_FLB "liveupdate-test-flb-v"

static const struct {
	const char *compatible; /* up to a ';' */
	void (*gather)(struct khs_gather *g, uint32_t owner, const struct khs_luo_file *file);
} handlers[] = {
	{ "memfd-v1", khs_gather_memfd },
	{ "memfd-v2", khs_gather_memfd },
};

uint32_t khs_luo_next(const struct khs_gather *g, uint32_t parent, enum khs_owner_kind kind,
		      uint32_t after)
{
	const struct khs_owners *o = g->o;

	for (size_t i = after == KHS_NO_OWNER ? parent + 1ull : after + 1ull; i < o->nr_nodes; i++)
		if (o->nodes[i].parent == parent && o->nodes[i].kind == kind)
			return (uint32_t)i;
	return KHS_NO_OWNER;
}

/* ---- files ---------------------------------------------------------------------------------- */

/*
 * The handle of a file or FLB of a form not known here. Where it is the address of a preserved
 * block that block is taken for its own; there may be more.
 */
static void opaque_handle(struct khs_gather *g, uint32_t owner, uint64_t data)
{
	unsigned int order;

	if (khs_gather_is_page(g, data) &&
	    khs_gather_block(g, khs_gather_pfn(g, data), KHS_ORDERS - 1, &order))
		khs_gather_span(g, owner, KHS_ROLE_BLOB, khs_gather_pfn(g, data), 1,
				KHS_F_UNCOVERED);
	khs_gather_opaque(g, owner);
}

/* What is pending of a file that was asked for: retrieving it restores all of it, or frees it. */
static void find_leak(struct khs_gather *g, uint32_t owner, size_t first_claim, int64_t status)
{
	for (size_t i = first_claim; i < g->o->nr_claims; i++) {
		const struct khs_claim *c = &g->o->claims[i];

		khs_gather_fault(g, KHS_F_LEAK_RETRIEVED, owner, c->pfn, c->pages,
				 (uint64_t)status, 0);
	}
}

static void by_handler(struct khs_gather *g, uint32_t owner, const struct khs_luo_file *file)
{
	size_t len = strcspn(file->compatible, ";");

	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
		if (strlen(handlers[i].compatible) != len ||
		    memcmp(handlers[i].compatible, file->compatible, len))
			continue;
		handlers[i].gather(g, owner, file);
		return;
	}
	opaque_handle(g, owner, file->data);
}

void khs_luo_add_file(struct khs_gather *g, uint32_t session, const struct khs_luo_file *file)
{
	uint32_t owner = khs_gather_owner(g, session, KHS_O_FILE, file->source, "%s",
					  file->compatible);
	size_t first_claim = g->o->nr_claims;

	if (owner == KHS_NO_OWNER)
		return;
	g->o->nodes[owner].has_token = true;
	g->o->nodes[owner].token = file->token;
	khs_owner_hex(g, owner, "handle", file->data);
	if (g->direction == KHS_IN && file->source == KHS_FROM_RUNTIME)
		khs_owner_text(g, owner, "retrieved", file->status > 0 ? "yes" :
			       file->status < 0 ? "failed" : "no");
	if (!file->compatible[0]) {
		khs_gather_fault(g, KHS_F_LUO_HANDLER, owner, 0, 0, 0, 0);
		khs_gather_opaque(g, owner);
		return;
	}
	/* It restored the handle first of all, or last, and freed it then. */
	if (file->status && !khs_gather_alive(g, file->data)) {
		khs_owner_set_state(g, owner, KHS_OWNER_GONE);
		return;
	}
	by_handler(g, owner, file);
	if (file->status)
		find_leak(g, owner, first_claim, file->status);
}

/* ---- FLBs ----------------------------------------------------------------------------------- */

static void add_flb(struct khs_gather *g, uint32_t flbs, enum khs_owner_source source,
		    const char *name, uint64_t data, uint64_t count)
{
	uint32_t owner;

	for (uint32_t o = khs_luo_next(g, flbs, KHS_O_FLB, KHS_NO_OWNER); o != KHS_NO_OWNER;
	     o = khs_luo_next(g, flbs, KHS_O_FLB, o))
		if (!strcmp(g->o->nodes[o].name, name))
			return;
	owner = khs_gather_owner(g, flbs, KHS_O_FLB, source, "%s", name);
	khs_owner_hex(g, owner, "handle", data);
	khs_owner_number(g, owner, "users", count);
	/* lib/tests/liveupdate.c: what it hands over is a number, and no memory. */
	if (owner != KHS_NO_OWNER && data && strncmp(name, TEST_FLB, strlen(TEST_FLB)))
		opaque_handle(g, owner, data);
}

static void visit_flb(struct khs_gather *g, uint64_t node, void *arg)
{
	uint32_t flbs = *(const uint32_t *)arg;
	uint64_t flb = node - khs_fact(&g->k->kernel.facts, KHS_MEM_FLB_LIST), count, data;
	char name[KHS_LUO_FLB_NAME + 1];

	if (!khs_gather_member(g, flbs, flb, KHS_MEM_FLB_OUT_COUNT, &count) || !count)
		return;
	if (khs_gather_string(g, flbs, flb, KHS_MEM_FLB_COMPATIBLE, name, sizeof(name)) &&
	    khs_gather_member(g, flbs, flb, KHS_MEM_FLB_OUT_DATA, &data))
		add_flb(g, flbs, KHS_FROM_RUNTIME, name, data, count);
}

/* luo_flb_global.list is of all that are registered; those preserved have users. */
static void run_flbs(struct khs_gather *g, uint32_t flbs)
{
	const struct khs_facts *facts = &g->k->kernel.facts;
	struct khs_klist walk;

	if (g->direction != KHS_OUT || !khs_known(facts, KHS_SYM_LUO_FLB_GLOBAL) ||
	    !khs_known(facts, KHS_MEM_FLB_GLOBAL_LIST) || !khs_known(facts, KHS_MEM_FLB_LIST))
		return;
	walk = khs_klist_walk(g, khs_fact(facts, KHS_SYM_LUO_FLB_GLOBAL) +
			      khs_fact(facts, KHS_MEM_FLB_GLOBAL_LIST), visit_flb, &flbs);
	if (walk.end == KHS_KLIST_BROKEN)
		khs_gather_fault(g, KHS_F_LUO_LIST, flbs, 0, 0, walk.last, walk.count);
	if (walk.end != KHS_KLIST_WHOLE)
		khs_gather_incomplete(g, flbs, "the list of FLBs could not be walked");
}

/* Written at reboot (luo_flb_serialize()); its count is 0 before. */
static void read_flbs(struct khs_gather *g, uint32_t flbs, uint64_t pa)
{
	uint64_t room = (khs_gather_page_size(g) - KHS_LUO_FLB_HEADER) / KHS_LUO_FLB_SIZE, count;
	uint8_t raw[KHS_LUO_FLB_SIZE];
	char name[KHS_LUO_FLB_NAME + 1];

	if (!khs_gather_read(g, flbs, pa, raw, KHS_LUO_FLB_HEADER))
		return;
	count = khs_load64(raw + 8);
	if (count > room) {
		khs_gather_fault(g, KHS_F_LUO_BLOCK_COUNT, flbs, khs_gather_pfn(g, pa), 1, count,
				 room);
		return;
	}
	for (uint64_t i = 0; i < count; i++) {
		if (!khs_gather_read(g, flbs, pa + KHS_LUO_FLB_HEADER + i * KHS_LUO_FLB_SIZE, raw,
				     sizeof(raw)))
			return;
		snprintf(name, sizeof(name), "%.*s", KHS_LUO_FLB_NAME, (const char *)raw);
		add_flb(g, flbs, KHS_FROM_SERIALIZED, name, khs_load64(raw + KHS_LUO_FLB_DATA),
			khs_load64(raw + KHS_LUO_FLB_COUNT));
	}
}

/* Where the page is by LUO's own word: outgoing since it was set up, incoming for good. */
static uint64_t flbs_page(struct khs_gather *g)
{
	const struct khs_facts *facts = &g->k->kernel.facts;
	enum khs_need_id side = g->direction == KHS_OUT ? KHS_MEM_FLB_GLOBAL_OUT :
							   KHS_MEM_FLB_GLOBAL_IN;
	uint64_t va;

	if (!khs_known(facts, KHS_SYM_LUO_FLB_GLOBAL) || !khs_known(facts, side) ||
	    !khs_known(facts, KHS_MEM_FLB_HEADER_SER))
		return 0;
	if (khs_kernel_read_uint(&g->k->kernel, khs_fact(facts, KHS_SYM_LUO_FLB_GLOBAL) +
				 khs_fact(facts, side) + khs_fact(facts, KHS_MEM_FLB_HEADER_SER),
				 sizeof(va), &va) || !va)
		return 0;
	return khs_gather_phys(g, va);
}

void khs_luo_flbs(struct khs_gather *g, uint32_t owner, const struct khs_luo *luo)
{
	uint64_t pa = luo->known && luo->flbs ? luo->flbs : flbs_page(g);
	uint32_t flbs;

	if (!pa)
		return;
	flbs = khs_gather_owner(g, owner, KHS_O_FLBS, luo->known ? KHS_FROM_SERIALIZED :
				KHS_FROM_RUNTIME, "%s", "");
	if (!khs_gather_is_page(g, pa)) {
		khs_gather_fault(g, KHS_F_LUO_CHAIN, flbs, 0, 0, pa, 0);
		return;
	}
	khs_owner_hex(g, flbs, "at", pa);
	if (!khs_gather_alive(g, pa)) {
		khs_owner_set_state(g, flbs, KHS_OWNER_GONE);
		return;
	}
	khs_gather_span(g, flbs, KHS_ROLE_BLOB, khs_gather_pfn(g, pa), 1, KHS_F_UNCOVERED);
	run_flbs(g, flbs);
	read_flbs(g, flbs, pa);
}

/* ---- the subtree ---------------------------------------------------------------------------- */

static void gather_all(struct khs_gather *g, uint32_t owner, const struct khs_luo *luo)
{
	if (khs_luo_can_run(g)) {
		khs_luo_run(g, owner, luo);
	} else {
		if (luo->known)
			khs_luo_serialized(g, owner, luo);
		khs_gather_incomplete(g, owner, "its lists are not known (see facts)");
	}
	khs_luo_flbs(g, owner, luo);
}

void khs_gather_luo(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
		    uint64_t size)
{
	struct khs_luo luo = { .known = false };

	luo.known = khs_luo_fdt(g, owner, subtree, size, &luo) ||
		    khs_luo_ser(g, owner, subtree, size, &luo);
	if (luo.known)
		khs_owner_number(g, owner, "live_update", luo.number);
	gather_all(g, owner, &luo);
}

void khs_gather_luo_gone(struct khs_gather *g, uint32_t owner)
{
	struct khs_luo luo = { .known = false };

	gather_all(g, owner, &luo);
}
