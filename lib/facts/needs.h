/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one table of needs: every symbol, structure member, size and enumerator of the dumped kernel
 * that the library uses, declared once. The lists make the identifiers here and the table in
 * needs.c; what is not listed cannot be asked for.
 *
 * A name may have an alternative for a kernel that calls the same thing differently. Members are
 * probed, versions never looked at. The kernel source of each layout is cited where it is used.
 */
#ifndef KHS_FACTS_NEEDS_H
#define KHS_FACTS_NEEDS_H

#include <stdbool.h>
#include <stddef.h>

/* How much depends on a fact. */
enum khs_weight {
	KHS_OPTIONAL, /* probed: absence is an answer */
	KHS_WANTED,   /* absence makes some output incomplete */
	KHS_REQUIRED, /* nothing can be judged without it */
};

/* X(identifier, weight, name, alternative name or NULL) */
#define KHS_SYMBOLS(X)                                                  \
	X(INIT_UTS_NS, WANTED, "init_uts_ns", NULL)                     \
	X(NODE_DATA, OPTIONAL, "node_data", NULL)                       \
	X(CONTIG_PAGE_DATA, OPTIONAL, "contig_page_data", NULL)         \
	X(NODE_ONLINE_MAP, WANTED, "node_online_map", NULL)             \
	X(VMEMMAP_BASE, OPTIONAL, "vmemmap_base", NULL)                 \
	X(MEMSTART_ADDR, OPTIONAL, "memstart_addr", NULL)               \
	X(PAGE_OFFSET_BASE, OPTIONAL, "page_offset_base", NULL)         \
	X(MAX_PFN, OPTIONAL, "max_pfn", NULL)                           \
	X(START_BTF, OPTIONAL, "__start_BTF", NULL)                     \
	X(STOP_BTF, OPTIONAL, "__stop_BTF", NULL)                       \
	X(DEFERRED_PAGES, OPTIONAL, "deferred_pages", NULL)             \
	X(MEMBLOCK, WANTED, "memblock", NULL)                           \
	X(MEMBLOCK_MEMORY_PTR, OPTIONAL, "memblock_memory", NULL)       \
	X(MEMBLOCK_MEMORY_INIT, OPTIONAL, "memblock_memory_init_regions", NULL) \
	X(MEMBLOCK_RESERVED_INIT, OPTIONAL, "memblock_reserved_init_regions", NULL) \
	X(NUMA_MEMINFO, WANTED, "numa_meminfo", NULL)                   \
	X(KHO_ENABLE, WANTED, "kho_enable", NULL)                       \
	X(KHO_OUT, WANTED, "kho_out", NULL)                             \
	X(KHO_IN, WANTED, "kho_in", NULL)                               \
	X(KHO_SCRATCH, WANTED, "kho_scratch", "kho_bootmem")            \
	X(KHO_SCRATCH_CNT, WANTED, "kho_scratch_cnt", "kho_bootmem_cnt") \
	X(KEXEC_IMAGE, OPTIONAL, "kexec_image", NULL)                   \
	X(KEXEC_CRASH_IMAGE, OPTIONAL, "kexec_crash_image", NULL)       \
	X(KEXEC_IN_PROGRESS, OPTIONAL, "kexec_in_progress", NULL)       \
	X(LUO_FLB_GLOBAL, OPTIONAL, "luo_flb_global", NULL)             \
	X(LUO_SESSION_GLOBAL, OPTIONAL, "luo_session_global", NULL)     \
	X(LUO_SERIALIZE_RWSEM, OPTIONAL, "luo_session_serialize_rwsem", NULL) \
	X(RESERVED_MEM_TABLE, OPTIONAL, "reserved_mem_table", NULL)     \
	X(RESERVED_MEM_COUNT, OPTIONAL, "reserved_mem_count", NULL)     \
	X(PRB, OPTIONAL, "prb", NULL)                                   \
	X(CONFIG_DATA, OPTIONAL, "kernel_config_data", NULL)            \
	X(CONFIG_DATA_END, OPTIONAL, "kernel_config_data_end", NULL)

/*
 * X(identifier, weight, type, member path, alternative path or NULL)
 * VMCOREINFO answers as OFFSET(type.path).
 */
#define KHS_MEMBERS(X)                                                              \
	X(PAGE_FLAGS, REQUIRED, "page", "flags", NULL)                              \
	X(PAGE_LRU, REQUIRED, "page", "lru", NULL)                                  \
	X(PAGE_COMPOUND, REQUIRED, "page", "compound_info", "compound_head")        \
	X(PAGE_MAPPING, REQUIRED, "page", "mapping", NULL)                          \
	X(PAGE_INDEX, OPTIONAL, "page", "__folio_index", "index")                   \
	X(PAGE_PRIVATE, REQUIRED, "page", "private", NULL)                          \
	X(PAGE_MAPCOUNT, REQUIRED, "page", "_mapcount", NULL)                       \
	X(PAGE_REFCOUNT, REQUIRED, "page", "_refcount", NULL)                       \
	X(PAGE_MEMCG_DATA, OPTIONAL, "page", "memcg_data", "_unused_slab_obj_exts") \
	X(PAGE_PAGE_TYPE, OPTIONAL, "page", "page_type", NULL)                      \
	X(PGDAT_NODE_ZONES, REQUIRED, "pglist_data", "node_zones", NULL)            \
	X(PGDAT_NR_ZONES, REQUIRED, "pglist_data", "nr_zones", NULL)                \
	X(PGDAT_NODE_START_PFN, REQUIRED, "pglist_data", "node_start_pfn", NULL)    \
	X(PGDAT_NODE_SPANNED_PAGES, REQUIRED, "pglist_data", "node_spanned_pages", NULL) \
	X(PGDAT_NODE_ID, WANTED, "pglist_data", "node_id", NULL)                    \
	X(PGDAT_FIRST_DEFERRED_PFN, OPTIONAL, "pglist_data", "first_deferred_pfn", NULL) \
	X(ZONE_START_PFN, WANTED, "zone", "zone_start_pfn", NULL)                   \
	X(ZONE_SPANNED_PAGES, REQUIRED, "zone", "spanned_pages", NULL)              \
	X(ZONE_PRESENT_PAGES, OPTIONAL, "zone", "present_pages", NULL)              \
	X(ZONE_MANAGED_PAGES, OPTIONAL, "zone", "managed_pages", NULL)              \
	X(ZONE_NAME, OPTIONAL, "zone", "name", NULL)                                \
	X(ZONE_FREE_AREA, OPTIONAL, "zone", "free_area", NULL)                      \
	X(ZONELIST_ZONEREFS, OPTIONAL, "zonelist", "_zonerefs", NULL)               \
	X(MEM_SECTION_MAP, REQUIRED, "mem_section", "section_mem_map", NULL)        \
	X(MEM_SECTION_USAGE, OPTIONAL, "mem_section", "usage", NULL)                \
	X(USAGE_SUBSECTION_MAP, OPTIONAL, "mem_section_usage", "subsection_map", NULL) \
	X(NUMA_MEMINFO_NR_BLKS, OPTIONAL, "numa_meminfo", "nr_blks", NULL)          \
	X(NUMA_MEMINFO_BLK, OPTIONAL, "numa_meminfo", "blk", NULL)                  \
	X(NUMA_MEMBLK_START, OPTIONAL, "numa_memblk", "start", NULL)                \
	X(NUMA_MEMBLK_END, OPTIONAL, "numa_memblk", "end", NULL)                    \
	X(NUMA_MEMBLK_NID, OPTIONAL, "numa_memblk", "nid", NULL)                    \
	X(MEMBLOCK_MEMORY_, OPTIONAL, "memblock", "memory", NULL)                   \
	X(MEMBLOCK_RESERVED_, OPTIONAL, "memblock", "reserved", NULL)               \
	X(MEMBLOCK_TYPE_CNT, OPTIONAL, "memblock_type", "cnt", NULL)                \
	X(MEMBLOCK_TYPE_MAX, OPTIONAL, "memblock_type", "max", NULL)                \
	X(MEMBLOCK_TYPE_TOTAL_SIZE, OPTIONAL, "memblock_type", "total_size", NULL)  \
	X(MEMBLOCK_TYPE_REGIONS, OPTIONAL, "memblock_type", "regions", NULL)        \
	X(MEMBLOCK_REGION_BASE, OPTIONAL, "memblock_region", "base", NULL)          \
	X(MEMBLOCK_REGION_SIZE, OPTIONAL, "memblock_region", "size", NULL)          \
	X(MEMBLOCK_REGION_FLAGS, OPTIONAL, "memblock_region", "flags", NULL)        \
	X(MEMBLOCK_REGION_NID, OPTIONAL, "memblock_region", "nid", NULL)            \
	X(STATIC_KEY_ENABLED, OPTIONAL, "static_key", "enabled", NULL)              \
	X(KHO_OUT_FDT, OPTIONAL, "kho_out", "fdt", NULL)                            \
	X(KHO_OUT_RADIX_ROOT, OPTIONAL, "kho_out", "radix_tree.root", NULL)         \
	X(KHO_OUT_FINALIZED, OPTIONAL, "kho_out", "finalized", NULL)                \
	X(KHO_OUT_ORDERS, OPTIONAL, "kho_out", "track.orders", "ser.track.orders")  \
	X(KHO_OUT_SER_FDT, OPTIONAL, "kho_out", "ser.fdt", NULL)                    \
	X(KHO_OUT_SER_MAP, OPTIONAL, "kho_out", "ser.preserved_mem_map", NULL)      \
	X(KHO_IN_FDT_PHYS, OPTIONAL, "kho_in", "fdt_phys", NULL)                    \
	X(KHO_IN_SCRATCH_PHYS, OPTIONAL, "kho_in", "scratch_phys", "bootmem_phys")  \
	X(KHO_IN_PREVIOUS_RELEASE, OPTIONAL, "kho_in", "previous_release", NULL)    \
	X(KHO_IN_KEXEC_COUNT, OPTIONAL, "kho_in", "kexec_count", NULL)              \
	X(KHO_IN_RADIX_ROOT, OPTIONAL, "kho_in", "radix_tree.root", NULL)           \
	X(KHO_SCRATCH_ADDR, OPTIONAL, "kho_scratch", "addr", NULL)                  \
	X(KHO_SCRATCH_SIZE, OPTIONAL, "kho_scratch", "size", NULL)                  \
	X(KHO_MEM_PHYS_SPANS, OPTIONAL, "kho_mem_phys", "phys_bits", NULL)          \
	X(XARRAY_HEAD, OPTIONAL, "xarray", "xa_head", NULL)                         \
	X(XA_NODE_SHIFT, OPTIONAL, "xa_node", "shift", NULL)                        \
	X(XA_NODE_OFFSET, OPTIONAL, "xa_node", "offset", NULL)                      \
	X(XA_NODE_ARRAY, OPTIONAL, "xa_node", "array", NULL)                        \
	X(XA_NODE_SLOTS, OPTIONAL, "xa_node", "slots", NULL)                        \
	X(KIMAGE_KHO_FDT, OPTIONAL, "kimage", "kho.fdt", NULL)                      \
	X(KIMAGE_KHO_SCRATCH, OPTIONAL, "kimage", "kho.scratch", "kho.bootmem")     \
	X(KEXEC_SEGMENT_MEM, OPTIONAL, "kexec_segment", "mem", NULL)                \
	X(KEXEC_SEGMENT_BUFSZ, OPTIONAL, "kexec_segment", "bufsz", NULL)            \
	X(KIMAGE_NR_SEGMENTS, OPTIONAL, "kimage", "nr_segments", NULL)              \
	X(KIMAGE_SEGMENT, OPTIONAL, "kimage", "segment", NULL)                      \
	X(KEXEC_SEGMENT_MEMSZ, OPTIONAL, "kexec_segment", "memsz", NULL)            \
	X(FLB_GLOBAL_IN, OPTIONAL, "luo_flb_global", "incoming", NULL)              \
	X(FLB_HEADER_SER, OPTIONAL, "luo_flb_header", "header_ser", NULL)           \
	X(RWSEM_COUNT, OPTIONAL, "rw_semaphore", "count", NULL)                     \
	X(MUTEX_OWNER, OPTIONAL, "mutex", "owner", NULL)                            \
	X(LUO_GLOBAL_IN, OPTIONAL, "luo_session_global", "incoming", NULL)          \
	X(LUO_GLOBAL_OUT, OPTIONAL, "luo_session_global", "outgoing", NULL)         \
	X(LUO_HEADER_COUNT, OPTIONAL, "luo_session_header", "count", NULL)          \
	X(LUO_HEADER_LIST, OPTIONAL, "luo_session_header", "list", NULL)            \
	X(LUO_HEADER_RWSEM, OPTIONAL, "luo_session_header", "rwsem", NULL)          \
	X(LUO_HEADER_BLOCKS, OPTIONAL, "luo_session_header", "block_set", NULL)     \
	X(LUO_HEADER_SER, OPTIONAL, "luo_session_header", "header_ser", NULL)       \
	X(LUO_SESSION_NAME, OPTIONAL, "luo_session", "name", NULL)                  \
	X(LUO_SESSION_LIST, OPTIONAL, "luo_session", "list", NULL)                  \
	X(LUO_SESSION_RETRIEVED, OPTIONAL, "luo_session", "retrieved", NULL)        \
	X(LUO_SESSION_FILE_SET, OPTIONAL, "luo_session", "file_set", NULL)          \
	X(LUO_SESSION_MUTEX, OPTIONAL, "luo_session", "mutex", NULL)                \
	X(LUO_FILE_SET_LIST, OPTIONAL, "luo_file_set", "files_list", NULL)          \
	X(LUO_FILE_SET_COUNT, OPTIONAL, "luo_file_set", "count", NULL)              \
	X(LUO_FILE_SET_BLOCKS, OPTIONAL, "luo_file_set", "block_set", NULL)         \
	X(LUO_FILE_SET_FILES, OPTIONAL, "luo_file_set", "files", NULL)              \
	X(LUO_FILE_FH, OPTIONAL, "luo_file", "fh", NULL)                            \
	X(LUO_FILE_DATA, OPTIONAL, "luo_file", "serialized_data", NULL)             \
	X(LUO_FILE_STATUS, OPTIONAL, "luo_file", "retrieve_status", "retrieved")    \
	X(LUO_FILE_LIST, OPTIONAL, "luo_file", "list", NULL)                        \
	X(LUO_FILE_TOKEN, OPTIONAL, "luo_file", "token", NULL)                      \
	X(LUO_FH_COMPATIBLE, OPTIONAL, "liveupdate_file_handler", "compatible", NULL) \
	X(BLOCK_SET_NBLOCKS, OPTIONAL, "kho_block_set", "nblocks", NULL)            \
	X(BLOCK_SET_HEAD, OPTIONAL, "kho_block_set", "head_pa", NULL)               \
	X(BLOCK_SET_INCOMING, OPTIONAL, "kho_block_set", "incoming", NULL)          \
	X(FLB_GLOBAL_OUT, OPTIONAL, "luo_flb_global", "outgoing", NULL)             \
	X(FLB_GLOBAL_LIST, OPTIONAL, "luo_flb_global", "list", NULL)                \
	X(FLB_COMPATIBLE, OPTIONAL, "liveupdate_flb", "compatible", NULL)           \
	X(FLB_LIST, OPTIONAL, "liveupdate_flb", "private.list", "list")             \
	X(FLB_OUT_COUNT, OPTIONAL, "liveupdate_flb", "private.outgoing.count", NULL) \
	X(FLB_OUT_DATA, OPTIONAL, "liveupdate_flb", "private.outgoing.data", NULL)  \
	X(RESERVE_MEM_NAME, OPTIONAL, "reserve_mem_table", "name", NULL)            \
	X(RESERVE_MEM_START, OPTIONAL, "reserve_mem_table", "start", NULL)          \
	X(RESERVE_MEM_SIZE_, OPTIONAL, "reserve_mem_table", "size", NULL)

/* X(identifier, weight, type, alternative type or NULL). VMCOREINFO answers as SIZE(type). */
#define KHS_SIZES(X)                                               \
	X(PAGE, REQUIRED, "page", NULL)                            \
	X(PGLIST_DATA, REQUIRED, "pglist_data", NULL)              \
	X(ZONE, REQUIRED, "zone", NULL)                            \
	X(FREE_AREA, OPTIONAL, "free_area", NULL)                  \
	X(ZONEREF, OPTIONAL, "zoneref", NULL)                      \
	X(MEM_SECTION, REQUIRED, "mem_section", NULL)              \
	X(NUMA_MEMBLK, OPTIONAL, "numa_memblk", NULL)              \
	X(MEMBLOCK_REGION, OPTIONAL, "memblock_region", NULL)      \
	X(KHO_SCRATCH, OPTIONAL, "kho_scratch", "kho_bootmem")     \
	X(KEXEC_SEGMENT, OPTIONAL, "kexec_segment", NULL)          \
	X(KHO_PAGE_INFO, OPTIONAL, "kho_page_info", NULL)          \
	X(KHO_RADIX_NODE, OPTIONAL, "kho_radix_node", NULL)        \
	X(KHO_MEM_PHYS_BITS, OPTIONAL, "kho_mem_phys_bits", NULL)  \
	X(RESERVE_MEM_TABLE, OPTIONAL, "reserve_mem_table", NULL)

/* X(identifier, weight, enumerator, alternative or NULL). VMCOREINFO answers as NUMBER(name). */
#define KHS_ENUMS(X)                                               \
	X(NR_PAGEFLAGS, WANTED, "__NR_PAGEFLAGS", NULL)            \
	X(MAX_NR_ZONES, WANTED, "__MAX_NR_ZONES", NULL)            \
	X(PG_LOCKED, OPTIONAL, "PG_locked", NULL)                  \
	X(PG_WRITEBACK, OPTIONAL, "PG_writeback", NULL)            \
	X(PG_REFERENCED, OPTIONAL, "PG_referenced", NULL)          \
	X(PG_UPTODATE, OPTIONAL, "PG_uptodate", NULL)              \
	X(PG_DIRTY, OPTIONAL, "PG_dirty", NULL)                    \
	X(PG_LRU, WANTED, "PG_lru", NULL)                          \
	X(PG_HEAD, WANTED, "PG_head", NULL)                        \
	X(PG_WAITERS, OPTIONAL, "PG_waiters", NULL)                \
	X(PG_ACTIVE, OPTIONAL, "PG_active", NULL)                  \
	X(PG_WORKINGSET, OPTIONAL, "PG_workingset", NULL)          \
	X(PG_OWNER_PRIV_1, OPTIONAL, "PG_owner_priv_1", NULL)      \
	X(PG_OWNER_2, OPTIONAL, "PG_owner_2", NULL)                \
	X(PG_ARCH_1, OPTIONAL, "PG_arch_1", NULL)                  \
	X(PG_RESERVED, WANTED, "PG_reserved", NULL)                \
	X(PG_PRIVATE, WANTED, "PG_private", NULL)                  \
	X(PG_PRIVATE_2, OPTIONAL, "PG_private_2", NULL)            \
	X(PG_RECLAIM, OPTIONAL, "PG_reclaim", NULL)                \
	X(PG_SWAPBACKED, WANTED, "PG_swapbacked", NULL)            \
	X(PG_UNEVICTABLE, OPTIONAL, "PG_unevictable", NULL)        \
	X(PG_DROPBEHIND, OPTIONAL, "PG_dropbehind", NULL)          \
	X(PG_MLOCKED, OPTIONAL, "PG_mlocked", NULL)                \
	X(PG_HWPOISON, OPTIONAL, "PG_hwpoison", NULL)              \
	X(PG_ARCH_2, OPTIONAL, "PG_arch_2", NULL)                  \
	X(PG_ARCH_3, OPTIONAL, "PG_arch_3", NULL)                  \
	X(SECTION_MARKED_PRESENT_BIT, OPTIONAL, "SECTION_MARKED_PRESENT_BIT", NULL) \
	X(SECTION_HAS_MEM_MAP_BIT, OPTIONAL, "SECTION_HAS_MEM_MAP_BIT", NULL)       \
	X(SECTION_IS_ONLINE_BIT, OPTIONAL, "SECTION_IS_ONLINE_BIT", NULL)           \
	X(SECTION_IS_EARLY_BIT, OPTIONAL, "SECTION_IS_EARLY_BIT", NULL)             \
	X(SECTION_MAP_LAST_BIT, OPTIONAL, "SECTION_MAP_LAST_BIT", NULL)             \
	X(ZONE_DEVICE, OPTIONAL, "ZONE_DEVICE", NULL)              \
	X(PGTY_BUDDY, OPTIONAL, "PGTY_buddy", NULL)                \
	X(PGTY_OFFLINE, OPTIONAL, "PGTY_offline", NULL)            \
	X(PGTY_TABLE, OPTIONAL, "PGTY_table", NULL)                \
	X(PGTY_GUARD, OPTIONAL, "PGTY_guard", NULL)                \
	X(PGTY_HUGETLB, OPTIONAL, "PGTY_hugetlb", NULL)            \
	X(PGTY_SLAB, OPTIONAL, "PGTY_slab", NULL)                  \
	X(PGTY_ZSMALLOC, OPTIONAL, "PGTY_zsmalloc", NULL)          \
	X(PGTY_UNACCEPTED, OPTIONAL, "PGTY_unaccepted", NULL)      \
	X(PGTY_LARGE_KMALLOC, OPTIONAL, "PGTY_large_kmalloc", NULL) \
	X(KHO_TREE_MAX_DEPTH, OPTIONAL, "KHO_TREE_MAX_DEPTH", NULL)

/*
 * X(identifier, weight, VMCOREINFO key). For a dump without VMCOREINFO nocoreinfo.h works them out,
 * else there is no other source. SYMBOL(mem_section) and
 * SYMBOL(vmemmap) are values (VMCOREINFO_SYMBOL_ARRAY of a pointer and of a macro), not addresses
 * of variables, so no symbol table may answer for them.
 */
#define KHS_KEYS(X)                                                \
	X(MEM_SECTION, REQUIRED, "SYMBOL(mem_section)")            \
	X(MEM_SECTION_LENGTH, REQUIRED, "LENGTH(mem_section)")     \
	X(VMEMMAP, OPTIONAL, "SYMBOL(vmemmap)")                    \
	X(SECTION_SIZE_BITS, REQUIRED, "NUMBER(SECTION_SIZE_BITS)") \
	X(MAX_PHYSMEM_BITS, REQUIRED, "NUMBER(MAX_PHYSMEM_BITS)")  \
	X(NODE_DATA_LENGTH, OPTIONAL, "LENGTH(node_data)")         \
	X(NODEMASK_SIZE, OPTIONAL, "SIZE(nodemask_t)")             \
	X(FREE_AREA_LENGTH, OPTIONAL, "LENGTH(zone.free_area)")    \
	X(PG_HEAD_MASK, OPTIONAL, "NUMBER(PG_head_mask)")          \
	X(BUDDY_VALUE, OPTIONAL, "NUMBER(PAGE_BUDDY_MAPCOUNT_VALUE)") \
	X(PRB_DESC_RING, OPTIONAL, "OFFSET(printk_ringbuffer.desc_ring)") \
	X(PRB_TEXT_RING, OPTIONAL, "OFFSET(printk_ringbuffer.text_data_ring)") \
	X(PRB_COUNT_BITS, OPTIONAL, "OFFSET(prb_desc_ring.count_bits)") \
	X(PRB_DESCS, OPTIONAL, "OFFSET(prb_desc_ring.descs)") \
	X(PRB_INFOS, OPTIONAL, "OFFSET(prb_desc_ring.infos)") \
	X(PRB_HEAD_ID, OPTIONAL, "OFFSET(prb_desc_ring.head_id)") \
	X(PRB_TAIL_ID, OPTIONAL, "OFFSET(prb_desc_ring.tail_id)") \
	X(PRB_DESC_STATE, OPTIONAL, "OFFSET(prb_desc.state_var)") \
	X(PRB_DESC_LPOS, OPTIONAL, "OFFSET(prb_desc.text_blk_lpos)") \
	X(PRB_LPOS_BEGIN, OPTIONAL, "OFFSET(prb_data_blk_lpos.begin)") \
	X(PRB_LPOS_NEXT, OPTIONAL, "OFFSET(prb_data_blk_lpos.next)") \
	X(PRB_SIZE_BITS, OPTIONAL, "OFFSET(prb_data_ring.size_bits)") \
	X(PRB_DATA, OPTIONAL, "OFFSET(prb_data_ring.data)") \
	X(PRINTK_TS, OPTIONAL, "OFFSET(printk_info.ts_nsec)") \
	X(PRINTK_TEXT_LEN, OPTIONAL, "OFFSET(printk_info.text_len)") \
	X(PRB_DESC_SIZE, OPTIONAL, "SIZE(prb_desc)") \
	X(PRINTK_INFO_SIZE, OPTIONAL, "SIZE(printk_info)")

/*
 * X(identifier, symbol). What a kernel is found by in a dump without VMCOREINFO, and what then
 * stands in for it (locate.h, nocoreinfo.h): looked up in a vmlinux, for that alone. No facts.
 */
#define KHS_ANCHORS(X)                                             \
	X(TEXT, "_text")                                           \
	X(STEXT, "_stext")                                         \
	X(BANNER, "linux_banner")                                  \
	X(START_NOTES, "__start_notes")                            \
	X(STOP_NOTES, "__stop_notes")                              \
	X(KEXEC_IN_PROGRESS, "kexec_in_progress")                  \
	X(TOTALRAM_PAGES, "_totalram_pages")                       \
	X(MEM_SECTION, "mem_section")                              \
	X(NODE_DATA, "node_data")                                  \
	X(NODE_STATES, "node_states")                              \
	X(KALLSYMS_NAMES, "kallsyms_names")                        \
	X(KALLSYMS_NUM_SYMS, "kallsyms_num_syms")                  \
	X(KALLSYMS_TOKEN_TABLE, "kallsyms_token_table")            \
	X(KALLSYMS_TOKEN_INDEX, "kallsyms_token_index")            \
	X(KALLSYMS_OFFSETS, "kallsyms_offsets")                    \
	X(KALLSYMS_BASE, "kallsyms_relative_base")                 \
	/* x86_64 */                                               \
	X(PHYS_BASE, "phys_base")                                  \
	X(INIT_TOP_PGT, "init_top_pgt")                            \
	X(PGTABLE_L5, "__pgtable_l5_enabled")                      \
	X(SME_ME_MASK, "sme_me_mask")                              \
	/* arm64 */                                                \
	X(SWAPPER_PG_DIR, "swapper_pg_dir")                        \
	X(KIMAGE_VOFFSET, "kimage_voffset")                        \
	X(KERNEL_FLAGS, "_kernel_flags_le_lo32")                   \
	X(CHECK_52BIT_VA, "__cpu_secondary_check52bitva")

#define KHS_SYMBOL_ID(id, ...) KHS_SYM_##id,
#define KHS_MEMBER_ID(id, ...) KHS_MEM_##id,
#define KHS_SIZE_ID(id, ...) KHS_SIZE_##id,
#define KHS_ENUM_ID(id, ...) KHS_ENUM_##id,
#define KHS_KEY_ID(id, ...) KHS_KEY_##id,

/* One space of identifiers: the kinds follow each other. */
enum khs_need_id {
	KHS_SYMBOLS(KHS_SYMBOL_ID)
	KHS_MEMBERS(KHS_MEMBER_ID)
	KHS_SIZES(KHS_SIZE_ID)
	KHS_ENUMS(KHS_ENUM_ID)
	KHS_KEYS(KHS_KEY_ID)
	KHS_NR_NEEDS,
};

#define KHS_ANCHOR_ID(id, ...) KHS_ANCHOR_##id,

enum khs_anchor_id { KHS_ANCHORS(KHS_ANCHOR_ID) KHS_NR_ANCHORS };

enum khs_need_kind { KHS_NEED_SYMBOL, KHS_NEED_MEMBER, KHS_NEED_SIZE, KHS_NEED_ENUM, KHS_NEED_KEY };

struct khs_need {
	enum khs_need_kind kind;
	enum khs_weight weight;
	const char *type;  /* of a member: its structure; else NULL */
	const char *name;
	const char *alias; /* the other name, or NULL */
};

extern const struct khs_need khs_needs[KHS_NR_NEEDS];

/* The other name of structure @type, or NULL: the one a member need is tried in as well. */
const char *khs_type_alias(const char *type);

/* "symbol", "member", ... as khs_fact_info.kind has it. */
const char *khs_need_kind_name(enum khs_need_kind kind);
/* "page.private" for a member, else its name. */
void khs_need_spell(const struct khs_need *need, const char *name, char *buf, size_t size);

#endif
