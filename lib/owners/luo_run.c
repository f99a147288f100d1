// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * LUO's lists in the dumped kernel (kernel/liveupdate/luo_session.c:luo_session_global,
 * luo_internal.h:struct luo_session, struct luo_file_set, luo_file.c:struct luo_file), and what is
 * serialized held against them. Outgoing arrays are empty until reboot(); the first open of
 * /dev/liveupdate reads the incoming ones into the list and frees those of the sessions
 * (luo_session_deserialize()), finishing a session frees those of its files.
 */
#include <stdio.h>
#include <string.h>

#include "../kho/fdt.h"
#include "blocks.h"
#include "klist.h"
#include "luo.h"

/* RWSEM_READER_BIAS (kernel/locking/rwsem.c): below it are flags, the lowest that of a writer. */
#define READERS_SHIFT 8

bool khs_luo_can_run(const struct khs_gather *g)
{
	static const enum khs_need_id needed[] = {
		KHS_SYM_LUO_SESSION_GLOBAL, KHS_MEM_LUO_GLOBAL_IN, KHS_MEM_LUO_GLOBAL_OUT,
		KHS_MEM_LUO_HEADER_COUNT, KHS_MEM_LUO_HEADER_LIST, KHS_MEM_LUO_SESSION_NAME,
		KHS_MEM_LUO_SESSION_LIST, KHS_MEM_LUO_SESSION_FILE_SET, KHS_MEM_LUO_FILE_SET_LIST,
		KHS_MEM_LUO_FILE_SET_COUNT, KHS_MEM_LUO_FILE_FH, KHS_MEM_LUO_FILE_DATA,
		KHS_MEM_LUO_FILE_LIST, KHS_MEM_LUO_FILE_TOKEN, KHS_MEM_LUO_FH_COMPATIBLE,
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!khs_known(&g->k->kernel.facts, needed[i]))
			return false;
	return true;
}

/* ---- locks ---------------------------------------------------------------------------------- */

/*
 * Each ioctl holds luo_session_serialize_rwsem for reading (7.2), each change of a session its
 * mutex: where one is held, or can't be read, lists, counts and the map may be in between.
 */
static void note_lock(struct khs_gather *g, uint64_t va, enum khs_need_id word, unsigned int shift)
{
	const struct khs_facts *facts = &g->k->kernel.facts;
	uint64_t value;

	if (!khs_known(facts, word) ||
	    khs_kernel_read_uint(&g->k->kernel, va + khs_fact(facts, word), sizeof(value),
				 &value) ||
	    value >> shift)
		g->side->busy = true;
}

static void note_locks(struct khs_gather *g, uint64_t header)
{
	const struct khs_facts *facts = &g->k->kernel.facts;

	if (khs_known(facts, KHS_SYM_LUO_SERIALIZE_RWSEM))
		note_lock(g, khs_fact(facts, KHS_SYM_LUO_SERIALIZE_RWSEM), KHS_MEM_RWSEM_COUNT,
			  READERS_SHIFT);
	if (khs_known(facts, KHS_MEM_LUO_HEADER_RWSEM))
		note_lock(g, header + khs_fact(facts, KHS_MEM_LUO_HEADER_RWSEM),
			  KHS_MEM_RWSEM_COUNT, 0);
}

/* ---- what is serialized, in step with the lists --------------------------------------------- */

struct step {
	uint32_t parent;
	enum khs_owner_kind kind;
	uint32_t at;    /* the owner that was compared last; KHS_NO_OWNER: none yet */
	bool ended;     /* there is no owner for further entries */
	uint64_t index; /* of the entry to come */
	uint64_t skip;  /* add sessions: those that were read in already */
	bool arrays;    /* ... whose files are in arrays */
};

/* The owner that the next entry must be of, or KHS_NO_OWNER. */
static uint32_t step_on(struct khs_gather *g, struct step *s)
{
	s->index++;
	if (s->ended)
		return KHS_NO_OWNER;
	s->at = khs_luo_next(g, s->parent, s->kind, s->at);
	s->ended = s->at == KHS_NO_OWNER;
	return s->at;
}

static void compare_file(struct khs_gather *g, const uint8_t *entry, void *arg)
{
	struct step *s = arg;
	uint32_t owner = step_on(g, s);
	uint64_t token = khs_load64(entry + KHS_LUO_FILE_TOKEN);

	if (owner != KHS_NO_OWNER && g->o->nodes[owner].token != token)
		khs_gather_fault(g, KHS_F_LUO_SER_FILE, owner, 0, 0, token,
				 g->o->nodes[owner].token);
}

static void compare_session(struct khs_gather *g, const uint8_t *entry, void *arg)
{
	struct step *s = arg;
	uint32_t owner = step_on(g, s);
	char name[KHS_LUO_SESSION_NAME + 1];

	khs_copy_printable(name, sizeof(name), (const char *)entry, KHS_LUO_SESSION_NAME);
	if (owner != KHS_NO_OWNER && strcmp(g->o->nodes[owner].name, name))
		khs_gather_fault(g, KHS_F_LUO_SER_NAME, owner, 0, 0, s->index - 1, 0);
}

static void add_session(struct khs_gather *g, const uint8_t *entry, void *arg)
{
	struct step *s = arg;

	if (s->index++ >= s->skip)
		khs_luo_add_session(g, s->parent, entry, s->arrays);
}

/* luo-v1: the files of a session, as its entry has them. */
static void compare_array_of_files(struct khs_gather *g, uint32_t session, const uint8_t *entry)
{
	struct step step = { .parent = session, .kind = KHS_O_FILE, .at = KHS_NO_OWNER };
	struct khs_luo_array files = {
		.at = khs_load64(entry + KHS_LUO_SESSION_FILES),
		.count = khs_load64(entry + KHS_LUO_SESSION_COUNT),
		.entry_size = KHS_LUO_FILE_SIZE, .visit = compare_file, .arg = &step,
	};
	uint64_t listed = 0;

	for (uint32_t file = KHS_NO_OWNER;
	     (file = khs_luo_next(g, session, KHS_O_FILE, file)) != KHS_NO_OWNER;)
		listed++;
	if (files.count != listed)
		khs_gather_fault(g, KHS_F_LUO_SER_FILES, session, 0, 0, files.count, listed);
	if (files.count)
		khs_luo_walk_array(g, session, &files);
}

static void compare_session_and_files(struct khs_gather *g, const uint8_t *entry, void *arg)
{
	struct step *s = arg;

	compare_session(g, entry, s);
	if (!s->ended)
		compare_array_of_files(g, s->at, entry);
}

/* ---- sets of blocks ------------------------------------------------------------------------- */

/*
 * Claims the blocks of the set at @set for @owner. @used: entries it must have room for, outgoing.
 */
static struct khs_chain take_set(struct khs_gather *g, uint32_t owner, uint64_t set, uint64_t used,
				 struct khs_chain chain)
{
	uint64_t nblocks, room;

	if (!khs_gather_member(g, owner, set, KHS_MEM_BLOCK_SET_NBLOCKS, &nblocks) ||
	    !khs_gather_member(g, owner, set, KHS_MEM_BLOCK_SET_HEAD, &chain.head))
		return chain;
	khs_chain_walk(g, owner, &chain);
	if (!chain.whole)
		return chain;
	if (chain.blocks != nblocks)
		khs_gather_fault(g, KHS_F_LUO_BLOCKS, owner, khs_gather_pfn(g, chain.head),
				 chain.head ? 1 : 0, nblocks, chain.blocks);
	room = chain.blocks * khs_block_capacity(g, chain.entry_size);
	if (g->direction == KHS_OUT && used > room)
		khs_gather_fault(g, KHS_F_LUO_ROOM, owner, khs_gather_pfn(g, chain.head),
				 chain.head ? 1 : 0, used, room);
	return chain;
}

/* ---- files ---------------------------------------------------------------------------------- */

/* int retrieve_status; in 6.19 bool retrieved. */
static int64_t file_status(struct khs_gather *g, uint32_t session, uint64_t va)
{
	const struct khs_fact *fact = &g->k->kernel.facts.v[KHS_MEM_LUO_FILE_STATUS];
	uint64_t raw;

	if (g->direction == KHS_OUT || !fact->known ||
	    !khs_gather_member(g, session, va, KHS_MEM_LUO_FILE_STATUS, &raw))
		return 0;
	return fact->size == 1 ? (int64_t)(raw & 1) : (int32_t)raw;
}

static void visit_file(struct khs_gather *g, uint64_t node, void *arg)
{
	uint32_t session = *(const uint32_t *)arg;
	uint64_t va = node - khs_fact(&g->k->kernel.facts, KHS_MEM_LUO_FILE_LIST), fh;
	struct khs_luo_file file = { .source = KHS_FROM_RUNTIME };

	if (!khs_gather_member(g, session, va, KHS_MEM_LUO_FILE_FH, &fh) ||
	    !khs_gather_member(g, session, va, KHS_MEM_LUO_FILE_DATA, &file.data) ||
	    !khs_gather_member(g, session, va, KHS_MEM_LUO_FILE_TOKEN, &file.token))
		return;
	if (fh && khs_gather_phys(g, fh))
		khs_gather_string(g, session, fh, KHS_MEM_LUO_FH_COMPATIBLE, file.compatible,
				  sizeof(file.compatible));
	file.status = file_status(g, session, va);
	khs_luo_add_file(g, session, &file);
}

/* The list at @head and the count that goes with it. */
static uint64_t take_list(struct khs_gather *g, uint32_t owner, uint64_t head, uint64_t count,
			  enum khs_owner_fault_kind mismatch,
			  void (*visit)(struct khs_gather *g, uint64_t node, void *arg))
{
	struct khs_klist walk = khs_klist_walk(g, head, visit, &owner);

	if (walk.end == KHS_KLIST_BROKEN)
		khs_gather_fault(g, KHS_F_LUO_LIST, owner, 0, 0, walk.last, walk.count);
	else if (walk.end == KHS_KLIST_WHOLE && walk.count != count)
		khs_gather_fault(g, mismatch, owner, 0, 0, count, walk.count);
	if (walk.end != KHS_KLIST_WHOLE)
		khs_gather_incomplete(g, owner, "a list of its could not be walked to the end");
	return walk.count;
}


static void run_file_set(struct khs_gather *g, uint32_t session, uint64_t set, bool serialized)
{
	const struct khs_facts *facts = &g->k->kernel.facts;
	struct step step = { .parent = session, .kind = KHS_O_FILE, .at = KHS_NO_OWNER };
	struct khs_chain chain = { .entry_size = KHS_LUO_FILE_SIZE, .arg = &step };
	uint64_t count, va;

	if (!khs_gather_member(g, session, set, KHS_MEM_LUO_FILE_SET_COUNT, &count))
		return;
	khs_owner_number(g, session, "files", count);
	take_list(g, session, set + khs_fact(facts, KHS_MEM_LUO_FILE_SET_LIST), count,
		  KHS_F_LUO_FILES, visit_file);
	if (khs_known(facts, KHS_MEM_LUO_FILE_SET_BLOCKS)) {
		if (serialized)
			chain.visit = compare_file;
		chain = take_set(g, session, set + khs_fact(facts, KHS_MEM_LUO_FILE_SET_BLOCKS),
				 count, chain);
		if (serialized && chain.whole && chain.entries != count)
			khs_gather_fault(g, KHS_F_LUO_SER_FILES, session,
					 khs_gather_pfn(g, chain.head), chain.head ? 1 : 0,
					 chain.entries, count);
	} else if (khs_known(facts, KHS_MEM_LUO_FILE_SET_FILES) &&
		   khs_gather_member(g, session, set, KHS_MEM_LUO_FILE_SET_FILES, &va) && va) {
		khs_luo_claim_array(g, session, khs_gather_phys(g, va));
	}
}

/* ---- sessions ------------------------------------------------------------------------------- */

static void visit_session(struct khs_gather *g, uint64_t node, void *arg)
{
	const struct khs_facts *facts = &g->k->kernel.facts;
	uint32_t luo = *(const uint32_t *)arg, session;
	uint64_t va = node - khs_fact(facts, KHS_MEM_LUO_SESSION_LIST), retrieved;
	char name[KHS_LUO_SESSION_NAME + 1];

	if (!khs_gather_string(g, luo, va, KHS_MEM_LUO_SESSION_NAME, name, sizeof(name)))
		return;
	session = khs_gather_owner(g, luo, KHS_O_SESSION, KHS_FROM_RUNTIME, "%s", name);
	if (session == KHS_NO_OWNER)
		return;
	khs_owner_hex(g, session, "luo_session", va);
	if (g->direction == KHS_IN && khs_known(facts, KHS_MEM_LUO_SESSION_RETRIEVED) &&
	    khs_gather_member(g, session, va, KHS_MEM_LUO_SESSION_RETRIEVED, &retrieved))
		khs_owner_text(g, session, "retrieved", retrieved & 1 ? "yes" : "no");
	if (khs_known(facts, KHS_MEM_LUO_SESSION_MUTEX))
		note_lock(g, va + khs_fact(facts, KHS_MEM_LUO_SESSION_MUTEX), KHS_MEM_MUTEX_OWNER,
			  0);
	run_file_set(g, session, va + khs_fact(facts, KHS_MEM_LUO_SESSION_FILE_SET),
		     g->o->nodes[luo].serialized);
}

/* The blocks of sessions: before serialization they hold nothing, before reading in everything. */
static void run_blocks(struct khs_gather *g, uint32_t owner, uint64_t set, uint64_t count,
		       uint64_t listed)
{
	bool serialized = g->o->nodes[owner].serialized;
	struct step step = { .parent = owner, .kind = KHS_O_SESSION, .at = KHS_NO_OWNER,
			     .skip = listed };
	struct khs_chain chain = { .entry_size = KHS_LUO_SESSION_SIZE, .arg = &step };

	if (g->direction == KHS_IN)
		chain.visit = add_session;
	else if (serialized)
		chain.visit = compare_session;
	chain = take_set(g, owner, set, count, chain);
	if (serialized && chain.whole && chain.entries != count)
		khs_gather_fault(g, KHS_F_LUO_SER_SESSIONS, owner, khs_gather_pfn(g, chain.head),
				 chain.head ? 1 : 0, chain.entries, count);
}

/* luo-v1: where the sessions go at reboot, or were before they were read in. */
static struct khs_luo_array find_area(struct khs_gather *g, uint32_t owner, uint64_t header)
{
	struct khs_luo_array area = { .at = 0 };
	uint64_t va;

	if (!khs_known(&g->k->kernel.facts, KHS_MEM_LUO_HEADER_BLOCKS) &&
	    khs_known(&g->k->kernel.facts, KHS_MEM_LUO_HEADER_SER) &&
	    khs_gather_member(g, owner, header, KHS_MEM_LUO_HEADER_SER, &va) && va)
		khs_luo_area(g, owner, khs_gather_phys(g, va), &area);
	return area;
}

/* Its count is 0 until it is written; an incoming one is freed once all of it was read in. */
static void run_area(struct khs_gather *g, uint32_t owner, struct khs_luo_array *area,
		     uint64_t count, uint64_t listed)
{
	bool in = g->direction == KHS_IN;
	struct step step = { .parent = owner, .kind = KHS_O_SESSION, .at = KHS_NO_OWNER,
			     .skip = listed, .arrays = true };

	khs_luo_claim_array(g, owner, area->at);
	area->visit = in ? add_session : compare_session_and_files;
	area->arg = &step;
	if (!khs_luo_walk_array(g, owner, area))
		return;
	if (in ? listed && area->count != listed : area->count && area->count != count)
		khs_gather_fault(g, KHS_F_LUO_SER_SESSIONS, owner, khs_gather_pfn(g, area->at), 1,
				 area->count, in ? listed : count);
}

/*
 * An incoming LUO that has not started knows of nothing yet: luo_early_startup() is an
 * early_initcall, and restores the first block of sessions, or the array, before all else.
 */
static bool not_started(struct khs_gather *g, uint32_t owner, const struct khs_luo *luo,
			uint64_t header, uint64_t listed)
{
	enum khs_need_id blocks = KHS_MEM_LUO_HEADER_BLOCKS;
	uint64_t head = 0;

	if (g->direction != KHS_IN || listed || !luo->known || !luo->sessions)
		return false;
	if (khs_known(&g->k->kernel.facts, blocks) &&
	    !khs_gather_member(g, owner, header + khs_fact(&g->k->kernel.facts, blocks),
			       KHS_MEM_BLOCK_SET_HEAD, &head))
		return false;
	return !head && khs_gather_is_page(g, luo->sessions) && khs_gather_alive(g, luo->sessions);
}

void khs_luo_run(struct khs_gather *g, uint32_t owner, const struct khs_luo *luo)
{
	const struct khs_facts *facts = &g->k->kernel.facts;
	enum khs_need_id side = g->direction == KHS_OUT ? KHS_MEM_LUO_GLOBAL_OUT :
							   KHS_MEM_LUO_GLOBAL_IN;
	uint64_t header = khs_fact(facts, KHS_SYM_LUO_SESSION_GLOBAL) + khs_fact(facts, side);
	struct khs_luo_array area;
	uint64_t count, listed;

	note_locks(g, header);
	if (owner == KHS_NO_OWNER ||
	    !khs_gather_member(g, owner, header, KHS_MEM_LUO_HEADER_COUNT, &count))
		return;
	area = find_area(g, owner, header);
	/* luo_session_serialize() sets it last of all; since 7.2 it clears it first. */
	g->o->nodes[owner].serialized = g->direction == KHS_OUT && luo->known &&
					(luo->arrays ? area.count : luo->sessions);
	listed = take_list(g, owner, header + khs_fact(facts, KHS_MEM_LUO_HEADER_LIST), count,
			   KHS_F_LUO_SESSIONS, visit_session);
	if (!area.at && not_started(g, owner, luo, header, listed)) {
		khs_luo_serialized(g, owner, luo);
		return;
	}
	khs_owner_number(g, owner, "sessions", count);
	if (khs_known(facts, KHS_MEM_LUO_HEADER_BLOCKS))
		run_blocks(g, owner, header + khs_fact(facts, KHS_MEM_LUO_HEADER_BLOCKS), count,
			   listed);
	else if (area.at)
		run_area(g, owner, &area, count, listed);
}
