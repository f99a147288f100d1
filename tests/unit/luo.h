/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Owners for the made-up kernel: subtrees under its root FDT, and a LUO of Linux 7.2 with sessions
 * and memfds, outgoing or incoming. Pages that a kernel preserves are preserved (outgoing) or
 * pending (incoming) as they are made; a test then breaks what it wants broken.
 */
#ifndef TESTS_LUO_H
#define TESTS_LUO_H

#include "kernel.h"

/* Where it lies: variables and objects in low memory, pages from here on. */
#define TL_VARS 0x80000ULL
#define TL_OBJECTS 0x81000ULL
#define TL_OBJECTS_END 0x90000ULL
#define TL_POOL 0x3000ULL /* pfn */
#define TL_POOL_PAGES 0x400ULL
#define TL_FOLIOS 0x4000ULL /* pfn: folios have no bytes in the dump, none are read */

/* Variables in TL_VARS. */
enum { TL_V_SESSIONS = 0, TL_V_FLBS = 0x100, TL_V_RWSEM = 0x180, TL_V_HANDLER = 0x200 };

/* Members, as BTF of 7.2.13 has them. */
enum {
	TL_SIDE = 128, /* luo_session_global.outgoing */
	TL_H_COUNT = 0, TL_H_LIST = 8, TL_H_RWSEM = 24, TL_H_BLOCKS = 56,
	TL_S_LIST = 64, TL_S_RETRIEVED = 80, TL_S_FILES = 88, TL_S_MUTEX = 168, TL_S_SIZE = 192,
	TL_FS_LIST = 0, TL_FS_BLOCKS = 16, TL_FS_COUNT = 72,
	TL_F_FH = 0, TL_F_DATA = 16, TL_F_STATUS = 32, TL_F_LIST = 64, TL_F_TOKEN = 80,
	TL_F_SIZE = 88,
	TL_FH_NAME = 8,
	TL_B_NBLOCKS = 16, TL_B_HEAD = 24,
};

struct tl_subtree {
	char name[32];
	uint64_t pa, size;
	bool no_data;
};

struct tl {
	struct tk *t;
	bool in;
	uint64_t next_object, next_pfn, next_folio;
	struct tl_subtree subtrees[8];
	size_t nr_subtrees;
	uint64_t header; /* physical address of the luo_session_header of this side */
	uint64_t ser;    /* luo_ser */
	uint64_t flbs;   /* its page of FLBs */
};

/* What a memfd is made of, physical. */
struct tl_memfd {
	uint64_t handle, chunk, array, folio; /* folio: pfn of the first */
	uint64_t folios;
	unsigned int order;
};

struct tl_session {
	uint64_t at, blocks; /* luo_session; its first block of files */
};

/* ---- memory --------------------------------------------------------------------------------- */

static inline void tl_hold(struct tl *l, uint64_t pfn, unsigned int order)
{
	if (l->in)
		tk_pending(l->t, pfn, order);
	else
		tk_preserve(l->t, pfn, order);
}

/* A zeroed page that nobody preserves; its physical address. */
static inline uint64_t tl_bare_page(struct tl *l)
{
	assert_true(l->next_pfn < TL_POOL + TL_POOL_PAGES);
	return l->next_pfn++ << 12;
}

/* kho_alloc_preserve() of up to a page. */
static inline uint64_t tl_page(struct tl *l)
{
	uint64_t pa = tl_bare_page(l);

	tl_hold(l, pa >> 12, 0);
	return pa;
}

static inline uint64_t tl_object(struct tl *l, size_t size)
{
	uint64_t pa = l->next_object;

	l->next_object += (size + 15) & ~15ULL;
	assert_true(l->next_object <= TL_OBJECTS_END);
	return pa;
}

/* Variables are in the kernel's image, all else is in the direct map. */
static inline uint64_t tl_va(uint64_t pa)
{
	return pa + (pa >> 12 == TL_VARS >> 12 ? TK_IMAGE : TK_DIRECT);
}

static inline uint64_t tl_pa(uint64_t va)
{
	return va - (va >= TK_IMAGE ? TK_IMAGE : TK_DIRECT);
}

/* ---- lists ---------------------------------------------------------------------------------- */

static inline void tl_list_init(struct tl *l, uint64_t pa)
{
	tk_write(l->t, pa, tl_va(pa), 8);
	tk_write(l->t, pa + 8, tl_va(pa), 8);
}

static inline void tl_list_add(struct tl *l, uint64_t head, uint64_t node)
{
	uint64_t last = tl_pa(tk_read(l->t, head + 8));

	tk_write(l->t, node, tl_va(head), 8);
	tk_write(l->t, node + 8, tl_va(last), 8);
	tk_write(l->t, last, tl_va(node), 8);
	tk_write(l->t, head + 8, tl_va(node), 8);
}

static inline void tl_add(struct tl *l, uint64_t pa, uint64_t more)
{
	tk_write(l->t, pa, tk_read(l->t, pa) + more, 8);
}

/* ---- the root FDT --------------------------------------------------------------------------- */

static inline void tl_root(struct tl *l)
{
	void *page = tk_at(l->t, l->in ? TK_IN_FDT : TK_OUT_FDT, 4096);
	uint64_t map = l->in ? 0x7654000 : l->t->tree.root;
	int err;

	memset(page, 0, 4096);
	err = fdt_create(page, 4096);
	err |= fdt_finish_reservemap(page);
	err |= fdt_begin_node(page, "");
	err |= fdt_property_string(page, "compatible", l->t->knobs.abi);
	err |= fdt_property(page, "preserved-memory-map", &map, sizeof(map));
	for (size_t i = 0; i < l->nr_subtrees; i++) {
		const struct tl_subtree *s = &l->subtrees[i];

		err |= fdt_begin_node(page, s->name);
		if (!s->no_data)
			err |= fdt_property(page, "preserved-data", &s->pa, 8);
		err |= fdt_property(page, "blob-size", &s->size, 8);
		err |= fdt_end_node(page);
	}
	err |= fdt_end_node(page);
	err |= fdt_finish(page);
	assert_int_equal(err, 0);
}

static inline struct tl_subtree *tl_subtree(struct tl *l, const char *name, uint64_t pa,
					    uint64_t size)
{
	struct tl_subtree *s = &l->subtrees[l->nr_subtrees++];

	assert_true(l->nr_subtrees <= 8);
	*s = (struct tl_subtree){ .pa = pa, .size = size };
	snprintf(s->name, sizeof(s->name), "%s", name);
	return s;
}

/* ---- LUO ------------------------------------------------------------------------------------ */

static inline void tl_facts(struct tk *t)
{
	tk_symbol(t, "luo_session_global", TL_VARS + TL_V_SESSIONS);
	tk_symbol(t, "luo_flb_global", TL_VARS + TL_V_FLBS);
	tk_symbol(t, "luo_session_serialize_rwsem", TL_VARS + TL_V_RWSEM);
	tk_member(t, "rw_semaphore", "count", 0, 8);
	tk_member(t, "mutex", "owner", 0, 8);
	tk_member(t, "luo_session_global", "incoming", 0, TL_SIDE);
	tk_member(t, "luo_session_global", "outgoing", TL_SIDE, TL_SIDE);
	tk_member(t, "luo_session_header", "count", TL_H_COUNT, 8);
	tk_member(t, "luo_session_header", "list", TL_H_LIST, 16);
	tk_member(t, "luo_session_header", "rwsem", TL_H_RWSEM, 32);
	tk_member(t, "luo_session_header", "block_set", TL_H_BLOCKS, 56);
	tk_member(t, "luo_session", "name", 0, 64);
	tk_member(t, "luo_session", "list", TL_S_LIST, 16);
	tk_member(t, "luo_session", "retrieved", TL_S_RETRIEVED, 1);
	tk_member(t, "luo_session", "file_set", TL_S_FILES, 80);
	tk_member(t, "luo_session", "mutex", TL_S_MUTEX, 24);
	tk_member(t, "luo_file_set", "files_list", TL_FS_LIST, 16);
	tk_member(t, "luo_file_set", "block_set", TL_FS_BLOCKS, 56);
	tk_member(t, "luo_file_set", "count", TL_FS_COUNT, 8);
	tk_member(t, "luo_file", "fh", TL_F_FH, 8);
	tk_member(t, "luo_file", "serialized_data", TL_F_DATA, 8);
	tk_member(t, "luo_file", "retrieve_status", TL_F_STATUS, 4);
	tk_member(t, "luo_file", "list", TL_F_LIST, 16);
	tk_member(t, "luo_file", "token", TL_F_TOKEN, 8);
	tk_member(t, "liveupdate_file_handler", "compatible", TL_FH_NAME, 48);
	tk_member(t, "kho_block_set", "nblocks", TL_B_NBLOCKS, 8);
	tk_member(t, "kho_block_set", "head_pa", TL_B_HEAD, 8);
	tk_member(t, "luo_flb_global", "incoming", 0, 24);
	tk_member(t, "luo_flb_global", "outgoing", 24, 24);
	tk_member(t, "luo_flb_global", "list", 48, 16);
	tk_member(t, "luo_flb_header", "header_ser", 0, 8);
	tk_member(t, "liveupdate_flb", "compatible", 8, 48);
	tk_member(t, "liveupdate_flb", "private.list", 56, 16);
	tk_member(t, "liveupdate_flb", "private.outgoing.count", 72, 4);
	tk_member(t, "liveupdate_flb", "private.outgoing.data", 80, 8);
}

/* Registered, no session: as after boot. */
static inline void tl_init(struct tl *l, struct tk *t, bool in)
{
	uint64_t vars = TL_VARS + TL_V_SESSIONS;

	*l = (struct tl){ .t = t, .in = in, .next_object = TL_OBJECTS, .next_pfn = TL_POOL,
			  .next_folio = TL_FOLIOS, .header = vars + (in ? 0 : TL_SIDE) };
	t->owners = true;
	tl_facts(t);
	assert_true(khs_dump_memory_zero(t->mem, TL_POOL << 12, TL_POOL_PAGES << 12));
	tl_list_init(l, vars + TL_H_LIST);
	tl_list_init(l, vars + TL_SIDE + TL_H_LIST);
	tl_list_init(l, TL_VARS + TL_V_FLBS + 48);
	memcpy(tk_at(t, TL_VARS + TL_V_HANDLER + TL_FH_NAME, 9), "memfd-v2", 9);
	if (in)
		tl_hold(l, TK_IN_FDT >> 12, 0);
	/* An incoming luo_ser was restored and freed at boot: its page is nobody's. */
	l->ser = in ? tl_bare_page(l) : tl_page(l);
	l->flbs = tl_page(l);
	memcpy(tk_at(t, l->ser, 32), "luo-v5", 7);
	tk_write(t, l->ser + 8, 1, 8);
	tk_write(t, l->ser + 24, l->flbs, 8);
	tk_write(t, l->flbs, 1, 8);
	tk_write(t, TL_VARS + TL_V_FLBS + (in ? 0 : 24), TK_DIRECT + l->flbs, 8);
	tl_subtree(l, "LUO", l->ser, 32);
	tl_root(l);
}

/* kho_block_set_grow(), by one block. */
static inline uint64_t tl_grow(struct tl *l, uint64_t set)
{
	uint64_t pa = tl_page(l), last = tk_read(l->t, set + TL_B_HEAD);

	tl_add(l, set + TL_B_NBLOCKS, 1);
	if (!last)
		tk_write(l->t, set + TL_B_HEAD, pa, 8);
	while (last && tk_read(l->t, last))
		last = tk_read(l->t, last);
	if (last)
		tk_write(l->t, last, pa, 8);
	return pa;
}

static inline struct tl_session tl_session(struct tl *l, const char *name)
{
	struct tl_session s = { .at = tl_object(l, TL_S_SIZE) };

	snprintf(tk_at(l->t, s.at, 64), 64, "%s", name);
	tl_list_init(l, s.at + TL_S_FILES + TL_FS_LIST);
	tl_list_add(l, l->header + TL_H_LIST, s.at + TL_S_LIST);
	tl_add(l, l->header + TL_H_COUNT, 1);
	/* Those of incoming sessions were freed when they were read in. */
	if (!l->in && !tk_read(l->t, l->header + TL_H_BLOCKS + TL_B_HEAD))
		tl_grow(l, l->header + TL_H_BLOCKS);
	return s;
}

/* The luo_file's physical address. */
static inline uint64_t tl_file(struct tl *l, struct tl_session *s, uint64_t token, uint64_t data)
{
	uint64_t at = tl_object(l, TL_F_SIZE);

	tk_write(l->t, at + TL_F_FH, tl_va(TL_VARS + TL_V_HANDLER), 8);
	tk_write(l->t, at + TL_F_DATA, data, 8);
	tk_write(l->t, at + TL_F_TOKEN, token, 8);
	tl_list_add(l, s->at + TL_S_FILES + TL_FS_LIST, at + TL_F_LIST);
	tl_add(l, s->at + TL_S_FILES + TL_FS_COUNT, 1);
	if (!s->blocks)
		s->blocks = tl_grow(l, s->at + TL_S_FILES + TL_FS_BLOCKS);
	return at;
}

/* ---- memfds --------------------------------------------------------------------------------- */

static inline void tl_entry(struct tl *l, const struct tl_memfd *m, uint64_t i, uint64_t pfn,
			    uint64_t flags, uint64_t index)
{
	tk_write(l->t, m->array + i * 16, pfn | flags << 52, 8);
	tk_write(l->t, m->array + i * 16 + 8, index, 8);
}

/* @folios folios of @order, one behind the other; at most a page of entries. */
static inline struct tl_memfd tl_memfd(struct tl *l, uint64_t folios, unsigned int order)
{
	struct tl_memfd m = { .handle = tl_page(l), .chunk = tl_page(l), .array = tl_page(l),
			      .folios = folios, .order = order };
	uint64_t size = 1ULL << order;

	assert_true(folios <= 256);
	m.folio = (l->next_folio + size - 1) & ~(size - 1);
	l->next_folio = m.folio + folios * size;
	for (uint64_t i = 0; i < folios; i++) {
		tl_hold(l, m.folio + i * size, order);
		tl_entry(l, &m, i, m.folio + i * size, 3, i * size);
	}
	tk_write(l->t, m.handle + 8, (folios << order) << 12, 8);
	tk_write(l->t, m.handle + 24, folios, 8);
	tk_write(l->t, m.handle + 32, m.chunk, 8);
	tk_write(l->t, m.handle + 40, 1, 4);
	tk_write(l->t, m.chunk + 8, m.array, 8);
	return m;
}

/* ---- reboot --------------------------------------------------------------------------------- */

/* luo_session_serialize() of one session, the first, with files of these tokens and handles. */
static inline void tl_serialize(struct tl *l, const struct tl_session *s, const char *name,
				size_t n, const uint64_t *tokens, const uint64_t *handles)
{
	uint64_t block = tk_read(l->t, l->header + TL_H_BLOCKS + TL_B_HEAD);

	tk_write(l->t, block + 8, 1, 8);
	snprintf(tk_at(l->t, block + 16, 64), 64, "%s", name);
	tk_write(l->t, block + 16 + 64, s->blocks, 8);
	tk_write(l->t, block + 16 + 72, n, 8);
	tk_write(l->t, s->blocks + 8, n, 8);
	for (size_t i = 0; i < n; i++) {
		uint64_t entry = s->blocks + 16 + i * 64;

		memcpy(tk_at(l->t, entry, 9), "memfd-v2", 9);
		tk_write(l->t, entry + 48, handles[i], 8);
		tk_write(l->t, entry + 56, tokens[i], 8);
	}
	tk_write(l->t, l->ser + 16, block, 8);
	/* Held by a writer, for good. */
	tk_write(l->t, TL_VARS + TL_V_RWSEM, 1, 8);
}

#endif
