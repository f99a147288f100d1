/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The live update orchestrator (kernel/liveupdate/luo_*.c): sessions of files, and FLBs that files
 * share. Before a kexec what it holds is in lists of the kernel (luo_run.c); reboot() writes them
 * into arrays that were preserved all the while (luo_ser.c), found by an FDT up to 7.1 (luo_fdt.c)
 * and by struct luo_ser since; the next kernel reads the arrays into lists again, and frees them.
 */
#ifndef KHS_OWNERS_LUO_H
#define KHS_OWNERS_LUO_H

#include "gather.h"

/* include/linux/kho/abi/luo.h; the same in every version. */
enum {
	KHS_LUO_SESSION_NAME = 64,
	KHS_LUO_SESSION_FILES = 64, /* u64: physical address of the first block or the array */
	KHS_LUO_SESSION_COUNT = 72, /* u64 */
	KHS_LUO_SESSION_SIZE = 80,
	KHS_LUO_FILE_COMPATIBLE = 48,
	KHS_LUO_FILE_DATA = 48,     /* u64 */
	KHS_LUO_FILE_TOKEN = 56,    /* u64 */
	KHS_LUO_FILE_SIZE = 64,
	KHS_LUO_FLB_NAME = 48,
	KHS_LUO_FLB_DATA = 48,      /* u64 */
	KHS_LUO_FLB_COUNT = 56,     /* u64 */
	KHS_LUO_FLB_SIZE = 64,
	KHS_LUO_FLB_HEADER = 16,    /* u64 pgcnt, u64 count */
	KHS_LUO_ARRAY_HEADER = 8,   /* luo-v1: u64 count, before the array of sessions */
};

/* What the blob says. */
struct khs_luo {
	bool known;
	bool arrays;       /* luo-v1: arrays instead of chains of blocks */
	uint64_t number;   /* of the live update */
	uint64_t sessions; /* physical; of 7.2 and later 0 until serialized */
	uint64_t flbs;     /* physical; 0: none */
};

/* The two forms of the blob. False if it is not of that form. */
bool khs_luo_fdt(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
		 uint64_t size, struct khs_luo *ret);
bool khs_luo_ser(struct khs_gather *g, uint32_t owner, const struct khs_subtree *subtree,
		 uint64_t size, struct khs_luo *ret);

struct khs_luo_file {
	char compatible[KHS_LUO_FILE_COMPATIBLE + 1];
	uint64_t token, data;
	int64_t status; /* incoming: 0 not asked for yet, > 0 retrieved, < 0 that failed */
	enum khs_owner_source source;
};

/* Adds a file and what it claims by its handler's form. */
void khs_luo_add_file(struct khs_gather *g, uint32_t session, const struct khs_luo_file *file);

/* Whether LUO's lists can be walked: types and symbols are known. */
bool khs_luo_can_run(const struct khs_gather *g);
/* Sessions from LUO's lists, held against what is serialized. @luo->known may be false. */
void khs_luo_run(struct khs_gather *g, uint32_t owner, const struct khs_luo *luo);
/* Sessions from what is serialized alone. */
void khs_luo_serialized(struct khs_gather *g, uint32_t owner, const struct khs_luo *luo);

/* luo-v1: entries one behind the other, in the pages of one block. */
struct khs_luo_array {
	uint64_t at;     /* physical */
	uint64_t header; /* bytes before the first entry */
	uint64_t count;
	size_t entry_size;
	void (*visit)(struct khs_gather *g, const uint8_t *entry, void *arg);
	void *arg;
};

/* The pages of the one at @pa, all of the block it begins. */
void khs_luo_claim_array(struct khs_gather *g, uint32_t owner, uint64_t pa);
/* Visits its entries; false if it can't have as many as it says, or can't be read. */
bool khs_luo_walk_array(struct khs_gather *g, uint32_t owner, const struct khs_luo_array *array);
/* That of sessions at @pa, but for visit and arg; false if it is not there (any more). */
bool khs_luo_area(struct khs_gather *g, uint32_t owner, uint64_t pa, struct khs_luo_array *ret);

/* One of the sessions that are serialized. */
void khs_luo_add_session(struct khs_gather *g, uint32_t luo, const uint8_t *entry, bool arrays);

/* The page that lists FLBs at @pa, or 0, and those LUO has. */
void khs_luo_flbs(struct khs_gather *g, uint32_t owner, const struct khs_luo *luo);

/* A handler's own: claims what the file at @file->data is made of. */
void khs_gather_memfd(struct khs_gather *g, uint32_t owner, const struct khs_luo_file *file);

/* The owner below @parent of @kind behind @after (KHS_NO_OWNER: the first), or KHS_NO_OWNER. */
uint32_t khs_luo_next(const struct khs_gather *g, uint32_t parent, enum khs_owner_kind kind,
		      uint32_t after);

#endif
