/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can be wrong with owners: noted where it is seen, told by checks/owners.c. The table has the
 * finding it becomes, how bad it is, what it says, and what its numbers mean.
 */
#ifndef KHS_OWNERS_FAULTS_H
#define KHS_OWNERS_FAULTS_H

#include "../khoscope.h"

/*
 * X(identifier, finding, severity, summary, keys of two numbers or NULL). A key's first character
 * says what is no plain number: '@' an address or bits, '-' a signed one, '%' a role.
 */
#define KHS_OWNER_FAULTS(X)                                                                        \
	X(UNCOVERED, "blob-uncovered", ERROR,                                               \
	  "the map does not preserve this: it is lost at kexec", "%role", NULL)             \
	X(ROOT_UNCOVERED, "blob-uncovered", ERROR,                                          \
	  "the map does not preserve the root FDT: the next kernel finds nothing", NULL, NULL) \
	X(BLOB_ADDRESS, "blob-damage", ERROR,                                               \
	  "a subtree's blob lies at no page of memory", "@blob", "size")                    \
	X(BLOB_NODE, "blob-damage", ERROR,                                                  \
	  "a subtree's node lacks what kho_retrieve_subtree() needs", NULL, NULL)           \
	X(BLOB_SMALL, "blob-damage", ERROR,                                                 \
	  "a subtree's blob is smaller than what it must hold", "blob_size", "needed")      \
	X(BLOB_FDT, "blob-damage", ERROR,                                                   \
	  "a subtree's FDT is damaged", "@blob", NULL)                                      \
	X(BLOB_CONTENT, "blob-damage", ERROR,                                               \
	  "a subtree's blob is not what its name says", "@blob", NULL)                      \
	X(REGION, "blob-damage", ERROR,                                                     \
	  "a reserve_mem region lies where it can't be", "@start", "size")                  \
	X(VMALLOC_CHUNK, "vmalloc-damage", ERROR,                                           \
	  "the chunk list of a vmalloc preservation is broken", "@chunk", "chunks_before")  \
	X(VMALLOC_ENTRY, "vmalloc-damage", ERROR,                                           \
	  "an entry of a vmalloc preservation is no block of pages", "@entry", "index")     \
	X(VMALLOC_COUNT, "vmalloc-damage", ERROR,                                           \
	  "a vmalloc preservation lists another number of pages than it says", "listed", "said") \
	X(VMALLOC_HEAD, "vmalloc-damage", ERROR,                                            \
	  "the descriptor of a vmalloc preservation makes no sense", "order", "@flags")     \
	X(LUO_LIST, "luo-mismatch", ERROR,                                                  \
	  "a list of LUO's is broken", "@node", "elements_before")                          \
	X(LUO_SESSIONS, "luo-mismatch", ERROR,                                              \
	  "LUO counts another number of sessions than its list has", "counted", "listed")   \
	X(LUO_FILES, "luo-mismatch", ERROR,                                                 \
	  "a session counts another number of files than its list has", "counted", "listed") \
	X(LUO_BLOCKS, "luo-mismatch", ERROR,                                                \
	  "a chain of blocks is longer or shorter than its set says", "counted", "chained") \
	X(LUO_CHAIN, "luo-mismatch", ERROR,                                                 \
	  "a chain of blocks is broken", "@block", "blocks_before")                         \
	X(LUO_BLOCK_COUNT, "luo-mismatch", ERROR,                                           \
	  "a block says it holds more entries than fit", "entries", "capacity")             \
	X(LUO_ROOM, "luo-mismatch", ERROR,                                                  \
	  "a chain of blocks has no room for all entries", "entries", "room")               \
	X(LUO_SER_SESSIONS, "luo-mismatch", ERROR,                                          \
	  "another number of sessions is serialized than LUO has", "serialized", "runtime") \
	X(LUO_SER_FILES, "luo-mismatch", ERROR,                                             \
	  "another number of files is serialized than the session has", "serialized", "runtime") \
	X(LUO_SER_NAME, "luo-mismatch", ERROR,                                              \
	  "a serialized session is another than LUO has in its place", "index", NULL)       \
	X(LUO_SER_FILE, "luo-mismatch", ERROR,                                              \
	  "a serialized file is another than its session has in its place", "@token",       \
	  "@runtime_token")                                                                 \
	X(LUO_HANDLER, "luo-mismatch", ERROR,                                               \
	  "a file has no handler, or one that says no name", "handler", NULL)               \
	X(MEMFD_HANDLE, "memfd-damage", ERROR,                                              \
	  "the handle of a memfd is at no preserved page", "@handle", NULL)                 \
	X(MEMFD_SEALS, "memfd-damage", ERROR,                                               \
	  "a memfd has seals the next kernel refuses", "@seals", "@known")                  \
	X(MEMFD_COUNT, "memfd-damage", ERROR,                                               \
	  "a memfd has more folios than its array has room for", "folios", "room")          \
	X(MEMFD_SIZE, "memfd-damage", ERROR,                                                \
	  "the folios of a memfd are not the pages of its size", "pages", "needed")         \
	X(MEMFD_PFN, "memfd-damage", ERROR,                                                 \
	  "a folio of a memfd is at no memory", "entry", "index")                           \
	X(MEMFD_INDEX, "memfd-damage", ERROR,                                               \
	  "a folio of a memfd is out of order, or beyond the end of the file", "entry", "index") \
	X(MEMFD_FLAGS, "memfd-damage", ERROR,                                               \
	  "a folio of a memfd has flags that none has", "entry", "@flags")                  \
	X(MEMFD_UNCOVERED, "memfd-damage", ERROR,                                           \
	  "the map preserves no folio where a memfd has one", "entry", "index")             \
	X(MEMFD_GONE, "memfd-damage", ERROR,                                                \
	  "a memfd that waits has a folio where none does", "entry", "index")               \
	X(TEST_FOLIO, "blob-damage", ERROR,                                                 \
	  "kho_test lists a folio that is not preserved", "@entry", "index")                \
	X(LEAK_RETRIEVED, "leak", WARNING,                                                  \
	  "still pending, although its file was asked for: nothing will free it",           \
	  "-retrieve_status", NULL)

#define KHS_OWNER_FAULT_ID(id, ...) KHS_F_##id,

enum khs_owner_fault_kind { KHS_OWNER_FAULTS(KHS_OWNER_FAULT_ID) KHS_NR_OWNER_FAULTS };

struct khs_owner_fault_info {
	const char *id;
	enum khs_severity severity;
	const char *summary;
	const char *keys[2];
};

extern const struct khs_owner_fault_info khs_owner_faults[KHS_NR_OWNER_FAULTS];

/* About @pages pages from @pfn on; 0 pages: about none in particular. */
struct khs_owner_fault {
	enum khs_owner_fault_kind kind;
	enum khs_direction direction;
	uint32_t owner;
	uint8_t order; /* KHS_NO_ORDER if there is none */
	uint64_t pfn, pages;
	uint64_t values[2];
};

#endif
