/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libkhoscope: reads what Linux Kexec Handover (KHO) left in the memory of a dead kernel.
 *
 * It opens a vmcore, learns the kernel's symbols and types from the dump itself (or from a vmlinux,
 * or from whoever supplies the memory), walks the preserved-memory map and vmemmap, and returns
 * findings as data. It never prints by itself, never exits, keeps no global state, and writes to
 * nothing but the streams it is handed. It repairs nothing. /proc/kcore, the running kernel, is
 * read like a dump; what is said of it then was so at two looks, one after the other.
 *
 * Units: a pfn counts base pages of the dumped kernel; addresses and sizes are bytes; a range is
 * half open, [start, end). Strings and structures handed to a callback live until it returns.
 * Handles may be used by one thread at a time. Where struct pages are read, the library has threads
 * of its own at work (khs_options.jobs), with all signals blocked; they call nothing of the
 * caller's, and have ended when the function that made them returns, whatever it returns.
 * What it returns does not depend on how many they were.
 */
#ifndef KHOSCOPE_H
#define KHOSCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KHS_API __attribute__((visibility("default")))

/* ---- errors --------------------------------------------------------------------------------- */

enum khs_code {
	KHS_OK = 0,
	KHS_ERR_NOMEM,       /* out of memory */
	KHS_ERR_USAGE,       /* the caller's arguments make no sense */
	KHS_ERR_IO,          /* the operating system refused: no such file, no permission, ... */
	KHS_ERR_FORMAT,      /* no dump of a Linux kernel, or one too damaged to open */
	KHS_ERR_UNSUPPORTED, /* understood, but not something this version can read */
	KHS_ERR_MISMATCH,    /* the vmlinux is not the dumped kernel's */
	KHS_ERR_NODATA,      /* needed bytes are not in the dump (excluded or lost) */
	KHS_ERR_CORRUPT,     /* bytes that are there contradict themselves */
	KHS_ERR_NOTFOUND,    /* a symbol, type or address that is not there */
	KHS_ERR_INTERRUPTED, /* khs_options.interrupted said so */
};

/* NULL is success. The caller of a failing function owns the error and frees it. */
struct khs_error;

KHS_API enum khs_code khs_error_code(const struct khs_error *err);
/* One line, no newline at the end. Lives as long as @err. */
KHS_API const char *khs_error_message(const struct khs_error *err);
KHS_API void khs_error_free(struct khs_error *err);

/* ---- opening -------------------------------------------------------------------------------- */

/* One open dump and what was learned of it. */
struct khs;

struct khs_options {
	size_t size;         /* sizeof(struct khs_options), so that it can grow */
	const char *vmlinux; /* symbols and DWARF (or BTF) from this file; NULL: from the dump */
	bool any_build_id;   /* go on with files of another build */

	void *arg; /* handed to the three below, and to fetch; each may be NULL */
	/*
	 * Asked often during long work. Once it says true nothing more is read: opening ends with
	 * KHS_ERR_INTERRUPTED; an open handle tells what it knows by then, and khs_interrupted()
	 * that this is not all. Some functions that hand out much end with KHS_ERR_INTERRUPTED as
	 * well.
	 */
	bool (*interrupted)(void *arg);
	/* @done of @total units of @what. */
	void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total);
	/* Something worth telling that stops nothing: one line, no newline. */
	void (*warn)(void *arg, const char *message);

	unsigned int jobs; /* threads that read struct pages; 0: one for each processor there is */
	const char *btf;        /* types from this file, raw BTF or of an ELF file; or NULL */
	const char *system_map; /* symbols from this System.map; or NULL */
	/*
	 * Gets the file with symbols and types of @build_id (lower-case hex), or what was stripped
	 * from it, from somewhere else: 0 and *@path, which the library frees, or an errno value.
	 * NULL: the library asks the servers that DEBUGINFOD_URLS in the environment names, if any.
	 */
	int (*fetch)(void *arg, const char *build_id, char **path);
};

/*
 * Opens the vmcore at @path: ELF, kdump-compressed, or either of them flattened; or /proc/kcore,
 * the running kernel. *@ret is the new handle, to be closed by khs_close(). Errors: IO, FORMAT,
 * UNSUPPORTED, MISMATCH, NOMEM.
 */
KHS_API struct khs_error *khs_open(const char *path, const struct khs_options *opts,
				   struct khs **ret);

/* What may be said of bytes in a dump. Only KHS_PRESENT bytes are evidence. */
enum khs_presence {
	KHS_PRESENT = 0,
	KHS_EXCLUDED, /* the dump's filter left them out */
	KHS_MISSING,  /* promised and not there: beyond the end of the file, or never written */
	KHS_NORAM,    /* the dump knows no memory there */
	KHS_UNMAPPED, /* no translation in the kernel's page tables (virtual addresses only) */
	KHS_DAMAGED,  /* in the file, and they don't decode */
	KHS_UNREAD,   /* not looked at: khs_options.interrupted said so */
};

/*
 * Somebody else's dump (crash's, drgn's): memory, symbols and types by callback. All functions but
 * enumerator and close are required, vmcoreinfo too unless there is a file. Strings are the
 * caller's until khs_open_source() returns, @name until khs_close().
 */
struct khs_source {
	size_t size;      /* sizeof(struct khs_source) */
	const char *name; /* who answers: "crash" */
	/*
	 * The file that @read reads from, for this library to look at its headers and tables. Then
	 * it asks only for what is in the file (others make up zeros for the rest), and takes
	 * format and VMCOREINFO from there. Of /proc/kcore it asks for nothing: it reads the
	 * running kernel's memory itself. NULL: not known, and @read alone tells what is absent.
	 */
	const char *file;
	/* What khs_get_status() is to say of the dump, if there is no file. */
	const char *format; /* "ELF"; NULL: @name */
	bool flattened;
	const char *incomplete_why; /* one line; NULL: it is complete */
	void *priv;
	/*
	 * Reads [pa, pa + len) of physical memory. *@done is the number of bytes read from the
	 * start; the result is KHS_PRESENT if that is all of them, else why the page at pa + *done
	 * could not be read.
	 */
	enum khs_presence (*read)(void *priv, uint64_t pa, void *buf, size_t len, size_t *done);
	/* VMCOREINFO; *@text is malloc()ed, the library frees it. False if there is none. */
	bool (*vmcoreinfo)(void *priv, char **text, size_t *len);
	/* Run-time address of a symbol. */
	bool (*symbol)(void *priv, const char *name, uint64_t *addr);
	/* Size of "struct @type" or "union @type" in bytes. */
	bool (*type_size)(void *priv, const char *type, uint64_t *size);
	/* Offset and size in bytes of @member, a dotted path, in "struct @type". */
	bool (*member)(void *priv, const char *type, const char *member, uint64_t *off,
		       uint64_t *size);
	/* Value of an enumerator. */
	bool (*enumerator)(void *priv, const char *name, int64_t *value);
	void (*close)(void *priv);
};

/*
 * All that a source will be asked, so that one whose answers are slow, or may not come back at all
 * (crash's can end in a longjmp), can look them up before it holds anything.
 */
enum khs_question_kind {
	KHS_ASK_SYMBOL,     /* khs_source.symbol(name) */
	KHS_ASK_SIZE,       /* .type_size(name) */
	KHS_ASK_MEMBER,     /* .member(type, name) */
	KHS_ASK_ENUMERATOR, /* .enumerator(name) */
};

struct khs_question {
	enum khs_question_kind kind;
	const char *type; /* of a member; else NULL */
	const char *name; /* NULL: question @i is none after all, go on with the next */
};

/* Question @i, from 0 on; false beyond the last. Static strings. Other names are asked too. */
KHS_API bool khs_question(size_t i, struct khs_question *ret);

/*
 * As khs_open(), over @source, which is copied; khs_close() calls its close(), so does an error. A
 * callback may be called until then, in the thread that called the library.
 */
KHS_API struct khs_error *khs_open_source(const struct khs_source *source,
					  const struct khs_options *opts, struct khs **ret);

KHS_API void khs_close(struct khs *k);

/* Whether khs_options.interrupted ever said so: nothing was read since, and nothing will be. */
KHS_API bool khs_interrupted(const struct khs *k);

/* Bytes in a page of the dumped kernel. Costs nothing. */
KHS_API uint64_t khs_page_size(const struct khs *k);

/* The library's version, "1.2.3". */
KHS_API const char *khs_version(void);

/* ---- status --------------------------------------------------------------------------------- */

#define KHS_ORDERS 64
/* The node of memory that belongs to none that is known. */
#define KHS_NO_NODE (-1)

struct khs_node_total {
	int node;
	uint64_t ranges;
	uint64_t pages;
};

/* Totals of one direction. A range is one preserved block of 2^order pages. */
struct khs_totals {
	bool known; /* false: could not be read, the numbers are a lower bound */
	uint64_t ranges;
	uint64_t pages;
	uint64_t ranges_by_order[KHS_ORDERS];
	uint64_t pages_by_order[KHS_ORDERS];
	const struct khs_node_total *by_node; /* sorted by node; KHS_NO_NODE first, if any */
	size_t nr_nodes;
};

struct khs_scratch {
	uint64_t start; /* physical address */
	uint64_t size;  /* bytes; 0 is an unused entry */
	int node;       /* KHS_NO_NODE if unknown or more than one */
};

struct khs_coverage {
	uint64_t pages;    /* struct pages that online sections should have */
	uint64_t judged;   /* of these, looked at */
	uint64_t excluded; /* left out by the dump's filter */
	uint64_t missing;  /* lost with the end of the file, or never written */
	uint64_t damaged;  /* in the file, and they don't decode */
	uint64_t unmapped; /* no memory map behind them */
	uint64_t deferred; /* not initialised yet when the kernel died, and excused for it */
	uint64_t map_nodes_absent; /* pages of the outgoing map that the dump lacks */
	uint64_t unlisted; /* judged and found wrong, but beyond what findings are kept of */
	uint64_t offline;  /* with a memory map, of sections that are not online: not in pages */
	uint64_t unread;   /* not looked at: interrupted */
};

/* Whether KHO exists in the dumped kernel, and how far this version can walk it. */
enum khs_kho_state {
	KHS_KHO_ABSENT,   /* CONFIG_KEXEC_HANDOVER is off */
	KHS_KHO_OFF,      /* built in, not enabled at boot (kho=off) */
	KHS_KHO_ON,       /* enabled, and the ABI is one this version walks */
	KHS_KHO_FOREIGN,  /* enabled, and the ABI is not: all but the outgoing map is read */
	KHS_KHO_UNKNOWN,  /* symbols or bytes needed to tell are not to be had */
};

struct khs_status {
	const char *format;   /* "kdump-compressed, zlib", "ELF", ... */
	bool flattened;       /* it arrived flattened and was rearranged */
	bool live;            /* the running kernel's memory, read while it changes */
	bool complete;        /* the file holds all that its headers promise */
	const char *incomplete_why; /* NULL if complete */
	bool interrupted;     /* what follows is what was known by then */
	const char *filter;   /* what its maker was told to leave out; NULL: it doesn't say */

	const char *release;  /* "7.2.13" */
	const char *build_id; /* lower-case hex; "" if unknown */
	const char *arch;     /* "x86_64", "aarch64" */
	uint64_t page_size;   /* bytes */

	enum khs_kho_state kho;
	const char *kho_why;  /* a sentence for every state but ON; NULL for ON */
	const char *abi;      /* root FDT's compatible string; "" if unknown; ON: not named yet */
	bool handover_known;  /* false: kho_in could not be read, the next four say nothing */
	bool handover_boot;   /* this kernel was started by a handover */
	bool handover_failed; /* ... whose map was no use (fdt_phys zero, scratch_phys not) */
	const char *previous_release; /* "" if unknown or no handover */
	int64_t kexec_count;  /* -1 if unknown */

	const struct khs_scratch *scratch;
	size_t nr_scratch;
	struct khs_totals outgoing;
	struct khs_totals incoming;
	uint64_t incoming_damaged; /* ranges among incoming whose struct pages are damaged */
	struct khs_coverage coverage;

	/*
	 * kho-v1: 1 if the map was made ready for the next kernel, 0 if not yet; -1: later ABIs
	 * have no such step, or unknown.
	 */
	int finalized;
	const char *marks_why; /* a sentence if marks can't tell what is incoming; NULL: they can */
};

/* Reads all that `status` shows. *@ret lives as long as @k. */
KHS_API struct khs_error *khs_get_status(struct khs *k, const struct khs_status **ret);

/* ---- coverage ------------------------------------------------------------------------------- */

enum khs_gap_kind {
	KHS_GAP_PAGES,   /* struct pages that could not be judged */
	KHS_GAP_OFFLINE, /* struct pages of sections that are not online, which are not judged */
	KHS_GAP_MEMORY,  /* memory, whatever is in it, that the dump lacks */
};

struct khs_gap {
	enum khs_gap_kind kind;
	uint64_t start, end;       /* physical addresses of the pages, or of the memory */
	enum khs_presence presence; /* why; KHS_PRESENT of OFFLINE */
};

/* Bytes of physical memory, by the dump's own tables. Whether pages decode they don't tell. */
struct khs_memory_total {
	bool known; /* false: interrupted, or whoever supplies the memory doesn't say */
	uint64_t present, excluded, missing, damaged;
};

/*
 * Calls @visit, by kind and address, for each gap until it returns false, and then for none. What
 * was excluded from memory is visited only if @excluded: there may be a great many. *@total, if not
 * NULL, is of all memory. Errors: NOMEM.
 */
KHS_API struct khs_error *khs_gaps(struct khs *k, bool excluded,
				   bool (*visit)(void *arg, const struct khs_gap *gap), void *arg,
				   struct khs_memory_total *total);

KHS_API const char *khs_gap_name(enum khs_gap_kind kind);

/* ---- list ----------------------------------------------------------------------------------- */

enum khs_direction {
	KHS_OUT = 1, /* preserved by the dumped kernel for the next one */
	KHS_IN = 2,  /* preserved for the dumped kernel by the one before, not restored yet */
};

enum khs_range_state {
	KHS_RANGE_PRESERVED, /* in the outgoing map */
	KHS_RANGE_PENDING,   /* marked, and its struct pages are what the kernel left there */
	KHS_RANGE_DAMAGED,   /* marked, but a struct page of it is not as the kernel left it */
};

struct khs_range {
	enum khs_direction direction;
	uint64_t pfn;
	uint64_t pages;
	unsigned int order;
	int node; /* of its first page */
	enum khs_range_state state;
};

struct khs_filter {
	size_t size;             /* sizeof(struct khs_filter) */
	unsigned int directions; /* KHS_OUT | KHS_IN; 0: both */
	bool by_node, by_order;
	int node;
	unsigned int order;
	uint64_t start, end;     /* pfns; ranges that touch [start, end) pass; end 0: no bound */
	uint64_t limit;          /* at most this many; 0: no limit */
};

/* Calls @visit for each range, outgoing first, each direction by pfn, until it returns false. */
KHS_API struct khs_error *khs_list(struct khs *k, const struct khs_filter *filter,
				   bool (*visit)(void *arg, const struct khs_range *range),
				   void *arg);

KHS_API const char *khs_range_state_name(enum khs_range_state state);

/* ---- check ---------------------------------------------------------------------------------- */

enum khs_severity { KHS_NOTE, KHS_WARNING, KHS_ERROR };

enum khs_value_kind {
	KHS_VALUE_STRING,
	KHS_VALUE_NUMBER, /* shown in decimal */
	KHS_VALUE_HEX,
	KHS_VALUE_SIGNED, /* the number is an int64_t */
};

/* One piece of evidence. */
struct khs_evidence {
	const char *key; /* lower case, words joined by '_' */
	enum khs_value_kind kind;
	uint64_t number; /* of all kinds but STRING */
	const char *string;
};

#define KHS_NO_CAUSE ((size_t)-1)

struct khs_finding {
	const char *id;         /* "raw-page"; see khs_checks() */
	const char *class_name; /* "N1"; "" if the finding has none */
	enum khs_severity severity;
	bool has_pfn;    /* false: about no page (a damaged header, say) */
	uint64_t pfn;
	uint64_t pages;  /* adjacent pages with the same finding are one entry */
	int order;       /* of the preservation or mark; -1 if there is none */
	int node;        /* KHS_NO_NODE if unknown */
	const char *summary;
	const struct khs_evidence *evidence;
	size_t nr_evidence;
	size_t number; /* its place among those of one khs_check() or khs_preflight(), from 0 */
	size_t cause;  /* number of the finding that explains this one; KHS_NO_CAUSE: none does */
};

/*
 * Runs all checks; @visit gets the findings by table order of their checks, then by pfn, those
 * about no page first. A cause has none itself. Of a live kernel it gets those that a second look
 * finds again; how many were gone then is told by khs_options.warn.
 */
KHS_API struct khs_error *khs_check(struct khs *k,
				    void (*visit)(void *arg, const struct khs_finding *finding),
				    void *arg);

/* After khs_check() or khs_get_status(): whether everything that had to be read was there. */
KHS_API bool khs_all_judged(const struct khs *k);

struct khs_check_info {
	const char *id;
	const char *summary; /* what the finding says, one line */
};

/* The table of finding ids; *@n is their number. Static data. */
KHS_API const struct khs_check_info *khs_checks(size_t *n);

KHS_API const char *khs_severity_name(enum khs_severity severity);

/* ---- preflight ------------------------------------------------------------------------------ */

/* What stands ready for the next kexec. */
enum khs_image_state {
	KHS_IMAGE_UNKNOWN,    /* kexec_image could not be read */
	KHS_IMAGE_NONE,       /* none is loaded */
	KHS_IMAGE_WITHOUT,    /* one is loaded that hands nothing over */
	KHS_IMAGE_HANDS_OVER, /* one is loaded, with the handover */
};

struct khs_preflight_options {
	size_t size;    /* sizeof(struct khs_preflight_options) */
	const char *as; /* a name of khs_generation(); NULL: the dumped kernel's own rules */
};

/* What was simulated. */
struct khs_preflight_info {
	const char *rules;     /* the generation asked for; NULL: the dumped kernel's own rules */
	const char *like;      /* of own rules: the generation they are */
	char compatible[64];   /* what the next kernel takes; "" unknown */
	enum khs_image_state image;
	uint64_t segments;     /* of the image */
	uint64_t ranges, pages; /* preserved; a lower bound if not all was judged */
	char unjudged_why[256]; /* a sentence; "" if all was judged */
};

/*
 * Works out what the next kernel would do with the outgoing handover, and calls @visit with each
 * thing that would go wrong, in the order in which that kernel would come upon it (ids pf-*,
 * docs/preflight.md). *@ret, unless NULL, lives as long as @k and is what the last call was about.
 * Errors: USAGE for a generation of no such name, NOMEM, INTERRUPTED.
 */
KHS_API struct khs_error *khs_preflight(struct khs *k, const struct khs_preflight_options *opts,
					void (*visit)(void *arg, const struct khs_finding *finding),
					void *arg, const struct khs_preflight_info **ret);

/* The table of its ids; *@n is their number. Static data. */
KHS_API const struct khs_check_info *khs_preflight_checks(size_t *n);

/* The name of generation @i, oldest first ("6.16", "7.2"); NULL beyond the last. Static strings. */
KHS_API const char *khs_generation(size_t i);

/* ---- page ----------------------------------------------------------------------------------- */

enum khs_address_kind {
	KHS_ADDR_PFN,
	KHS_ADDR_PHYS,
	KHS_ADDR_PAGE, /* address of a struct page */
	KHS_ADDR_VIRT, /* kernel virtual address, direct map or not */
};

struct khs_node_opinion {
	const char *source; /* "memblock", "numa_meminfo", "page flags", "pgdat span", ... */
	int node;
};

struct khs_page_info {
	uint64_t pfn;
	uint64_t phys;
	uint64_t address;          /* of the struct page */
	uint64_t address_phys;     /* where that lies in physical memory; valid if present */
	enum khs_presence presence; /* of the struct page */
	uint64_t section;
	const char *section_state; /* "online, early" */
	size_t size;               /* of struct page */
	const uint64_t *words;     /* size / 8 raw words, if presence is KHS_PRESENT */
	char flags_text[512];      /* "referenced|uptodate|lru" */
	char zone_name[32];        /* "" if unknown */
	int zone;                  /* index from flags; -1 if unknown */
	struct khs_node_opinion nodes[6];
	size_t nr_nodes;
	int32_t refcount;
	int32_t mapcount;          /* the raw _mapcount / page_type word */
	const char *type_name;     /* page type, "buddy"; "" for none */
	const char *state;         /* life-cycle state: "free (buddy, order 3)", ... */
	const char *class_name;    /* of the decision table: "P_OK", "N1", ...; "" for none */
	bool marked;
	unsigned int mark_order;
	bool in_scratch;
	bool out_known;            /* the outgoing map was read whole: none is none */
	bool covered_out;          /* in the outgoing map; cover_out says by what */
	struct khs_range cover_out;
	bool no_handover;          /* this boot is known to be none: nothing was handed over */
	bool covered_in;           /* under a pending mark */
	struct khs_range cover_in;
	size_t more_out, more_in;  /* further ranges that hold it, as none should */
	const char *owner_out, *owner_in; /* whose it is, as khs_owner_of(); NULL: of none */
};

/* What is known of one page. *@ret and what it points at are good until the next call on @k. */
KHS_API struct khs_error *khs_page(struct khs *k, enum khs_address_kind kind, uint64_t address,
				   const struct khs_page_info **ret);

/* ---- owners --------------------------------------------------------------------------------- */

#define KHS_NO_PARENT ((size_t)-1)

/* Somebody who holds preserved pages: a subtree, a LUO session, a file of it, ... */
struct khs_owner {
	enum khs_direction direction;
	size_t id;            /* good for this handle */
	size_t parent;        /* KHS_NO_PARENT: none above */
	unsigned int depth;   /* owners above it */
	const char *kind;     /* "luo-session"; docs/json.md lists them */
	const char *name;     /* printable; "" if it has none */
	const char *label;    /* what a person calls it: "LUO session vm0" */
	bool has_token;
	uint64_t token;       /* of a file */
	const char *state;    /* "alive", "gone", "unreadable", "opaque" */
	const char *source;   /* "fdt", "runtime", "serialized", "map" */
	uint64_t own_pages;   /* preserved, or pending, that it holds itself */
	uint64_t pages;       /* ... or an owner below it */
	uint64_t ranges;      /* its own */
	const struct khs_evidence *attributes;
	size_t nr_attributes;
};

/*
 * Pages of one owner that follow each other in memory, in what the owner holds, and in blocks of
 * one order.
 */
struct khs_owner_range {
	enum khs_direction direction;
	size_t owner;
	uint64_t pfn;
	uint64_t pages;
	int order;         /* of the preserved blocks; -1 if there is no one order */
	const char *role;  /* "data", "blob", ...; docs/json.md lists them */
	bool held;         /* all of it is preserved, or pending */
	bool has_offset;
	uint64_t offset;   /* bytes, of the first page in the file, region, blob or array */
	bool dirty, uptodate; /* folios of a memfd */
};

struct khs_owners_total {
	bool complete;     /* all that owners say of their pages could be read, and is understood */
	const char *why;   /* a sentence; NULL if complete */
	uint64_t pages;    /* preserved, or pending; each counted once */
	uint64_t owned;    /* of these, with an owner */
};

/*
 * Calls @visit for each owner, outgoing first, each after the one it is below, until it returns
 * false. Pages that nobody claims belong to an owner of kind "unknown", the last of its direction.
 * @directions: KHS_OUT | KHS_IN; 0: both.
 */
KHS_API struct khs_error *khs_owners(struct khs *k, unsigned int directions,
				     bool (*visit)(void *arg, const struct khs_owner *owner),
				     void *arg);

/* The owner's own ranges, by role and offset. NOTFOUND if there is no owner @id. */
KHS_API struct khs_error *khs_owner_ranges(struct khs *k, size_t id,
					   bool (*visit)(void *arg,
							 const struct khs_owner_range *range),
					   void *arg);

KHS_API struct khs_error *khs_get_owners_total(struct khs *k, enum khs_direction direction,
					       struct khs_owners_total *ret);

/*
 * Whose a page is: @visit gets each range that holds it, of either direction, and a sentence
 * ("data at offset 0x200000 of file 0x1 (memfd-v2) of LUO session vm0"). *@pfn, if not NULL: the
 * page.
 */
KHS_API struct khs_error *khs_owner_of(struct khs *k, enum khs_address_kind kind, uint64_t address,
				       bool (*visit)(void *arg, const struct khs_owner_range *range,
						     const char *sentence),
				       void *arg, uint64_t *pfn);

/* ---- facts ---------------------------------------------------------------------------------- */

struct khs_fact_info {
	const char *kind;   /* "symbol", "member", "size", "enumerator", "number" */
	const char *name;   /* "kho_out", "page.private" */
	bool required;
	bool known;
	uint64_t value;     /* address, byte offset, byte size, value */
	uint64_t size;      /* of a member; else 0 */
	const char *source; /* "VMCOREINFO", "kallsyms", "BTF", "DWARF", "symtab", "crash", ... */
};

KHS_API struct khs_error *khs_facts(struct khs *k,
				    void (*visit)(void *arg, const struct khs_fact_info *fact),
				    void *arg);

/* What one source says of a fact. */
struct khs_fact_opinion {
	const char *source; /* "VMCOREINFO", "kallsyms", "BTF", "symtab", "DWARF", ... */
	bool known;
	uint64_t value;     /* as khs_fact_info */
	uint64_t size;
};

struct khs_fact_check {
	const char *kind;
	const char *name;
	bool required;
	bool differ; /* two that know it say different things */
	const struct khs_fact_opinion *opinions; /* of every source, in the same order each time */
	size_t nr_opinions;
};

/*
 * Asks every source that can be had for each fact: the dump's own, files that were named when it
 * was opened, and a vmlinux that is found by the dump's build-id.
 */
KHS_API struct khs_error *khs_verify_facts(struct khs *k,
					   void (*visit)(void *arg,
							 const struct khs_fact_check *check),
					   void *arg);

/* ---- blobs ---------------------------------------------------------------------------------- */

/* Whether what lies at a blob's address may be taken for the blob. */
enum khs_blob_state {
	KHS_BLOB_LIVE,     /* outgoing; or incoming, and still under the mark of the handover */
	KHS_BLOB_CONSUMED, /* incoming, and the mark is gone: whose memory it is now is unknown */
	KHS_BLOB_UNPROVEN, /* incoming, and whether it is marked can't be told */
};

enum khs_blob_format {
	KHS_BLOB_FORMAT_NONE,   /* not looked into; khs_blob.why says why not */
	KHS_BLOB_FORMAT_FDT,
	KHS_BLOB_FORMAT_STRUCT, /* a packed structure of the kernel's, khs_blob.type */
	KHS_BLOB_FORMAT_OPAQUE, /* neither: bytes of an unknown meaning */
};

/* The root FDT of a handover, or the blob of one of its subtrees. */
struct khs_blob {
	enum khs_direction direction;
	const char *name;  /* of the subtree, not sanitised; NULL: the root FDT itself */
	bool has_phys;
	bool has_size;
	uint64_t phys;     /* physical address */
	uint64_t size;     /* bytes, as the root FDT has it (its own: the total size it names) */
	enum khs_blob_state state;
	enum khs_presence presence;
	enum khs_blob_format format;
	const char *type;  /* "struct luo_ser"; NULL if it is no structure */
	const char *why;   /* why it is not, or not all of it, decoded; NULL if it is */
};

enum khs_item_kind {
	KHS_ITEM_NODE, /* begins a node, or a structure within a property */
	KHS_ITEM_END,  /* ends it */
	KHS_ITEM_PROPERTY,
};

/* What the bytes of a property are taken for. */
enum khs_item_value {
	KHS_ITEM_EMPTY,
	KHS_ITEM_STRINGS, /* one or more, each with its NUL */
	KHS_ITEM_U16,     /* one or more, little endian */
	KHS_ITEM_U32,
	KHS_ITEM_U64,
	KHS_ITEM_BYTES,
	KHS_ITEM_WITHHELD, /* too long to be but what somebody preserved: not shown unless asked */
};

struct khs_item {
	enum khs_item_kind kind;
	unsigned int depth;
	const char *name;  /* not sanitised; NULL of an end */
	const char *type;  /* of a node that is a structure; else NULL */
	enum khs_item_value value;
	const void *data;  /* aligned to nothing; NULL if withheld */
	size_t size;       /* bytes */
};

struct khs_fdt_options {
	size_t size;             /* sizeof(struct khs_fdt_options) */
	unsigned int directions; /* KHS_OUT | KHS_IN; 0: both */
	const char *name;        /* the subtree of this name alone; NULL: the root FDT and all */
	bool bytes;              /* hand out what is opaque or withheld, too */
};

struct khs_fdt_visitor {
	size_t size; /* sizeof(struct khs_fdt_visitor) */
	void (*begin)(void *arg, const struct khs_blob *blob);
	void (*item)(void *arg, const struct khs_item *item);
	/* @len bytes of an opaque blob, from @offset on; in order. */
	void (*bytes)(void *arg, uint64_t offset, const void *data, size_t len);
	/* @presence: why the bytes of an opaque blob ended before the blob; else KHS_PRESENT. */
	void (*end)(void *arg, enum khs_presence presence);
};

/*
 * Decodes the root FDT and its subtrees. An incoming blob is looked into only while all of it is
 * marked: kho_restore_page() takes the mark away, and the memory may be anybody's after that. What
 * an interrupt leaves is visited all the same, as not read. Errors: NOTFOUND if there is no subtree
 * of that name, INTERRUPTED if there was no time to see, NOMEM, USAGE.
 */
KHS_API struct khs_error *khs_fdt(struct khs *k, const struct khs_fdt_options *opts,
				  const struct khs_fdt_visitor *visitor, void *arg);

KHS_API const char *khs_blob_state_name(enum khs_blob_state state);
KHS_API const char *khs_blob_format_name(enum khs_blob_format format);

/* ---- diff ----------------------------------------------------------------------------------- */

/* What two dumps are to each other. */
enum khs_relation {
	KHS_RELATION_NONE, /* nothing that can be compared */
	KHS_RELATION_SAME, /* of the same boot, the one later than the other */
	KHS_RELATION_NEXT, /* the one's boot handed over to the other's */
};

/* What became of a preservation. Those behind UNKNOWN are surprises. */
enum khs_outcome {
	KHS_OUTCOME_PENDING,   /* handed over, marked, waiting for its owner */
	KHS_OUTCOME_RESTORED,  /* no mark any more, and in use */
	KHS_OUTCOME_FREED,     /* no mark any more, and free */
	KHS_OUTCOME_LATE,      /* handed over, but not in OLD's map: preserved after that dump */
	KHS_OUTCOME_DROPPED,   /* pending in OLD, and not preserved there for the next kernel */
	KHS_OUTCOME_KEPT,      /* same boot: in both */
	KHS_OUTCOME_ADDED,     /* same boot: preserved since OLD */
	KHS_OUTCOME_REMOVED,   /* same boot: not preserved any more */
	KHS_OUTCOME_UNKNOWN,   /* the dumps lack what it takes to tell, or it was not looked at */
	KHS_OUTCOME_REORDERED, /* covered by a block, or blocks, of another order */
	KHS_OUTCOME_DAMAGED,   /* handed over, but its struct pages are not as they have to be */
	KHS_OUTCOME_APPEARED,  /* same boot: marked since OLD, which nothing does */
	KHS_OUTCOME_LOST,      /* the next kernel did not take it over */
	KHS_NR_OUTCOMES,
};

/* Blocks of one order, one behind the other, of one outcome and one owner. */
struct khs_diff_range {
	enum khs_direction direction; /* OUT: preserved by OLD's kernel; IN: handed to it */
	enum khs_outcome outcome;
	uint64_t pfn;
	uint64_t pages;
	uint64_t ranges;    /* how many blocks */
	unsigned int order; /* in OLD; of what only NEW has, in NEW */
	int new_order;      /* REORDERED: of the largest block there now; else -1 */
	bool again;         /* next boot: NEW's kernel has preserved it for the one after */
	bool proven;        /* FREED, RESTORED: memblock tells that it was handed over */
	int node;           /* of the first page */
	/*
	 * "file 0x1 (memfd-v2) of LUO session vm0": whose it was in OLD, and is in NEW where it is
	 * preserved, or pending, there; NULL: not there, of nobody, or of somebody unknown.
	 */
	const char *owner, *new_owner;
	bool reowned;       /* in both, and those are known to be two */
	bool surprises;     /* by its outcome or its owner */
};

struct khs_diff_total {
	uint64_t ranges; /* blocks */
	uint64_t pages;
};

struct khs_diff_summary {
	enum khs_relation relation; /* NONE if it was forced; then treated as NEXT */
	char why[256];              /* a sentence if it is NONE */
	struct khs_diff_total total[KHS_NR_OUTCOMES];
	struct khs_diff_total again;    /* of all, what NEW has preserved again */
	struct khs_diff_total unproven; /* of FREED and RESTORED, what may never have arrived */
	struct khs_diff_total reowned;  /* of all, what has another owner in NEW */
	struct khs_diff_total surprising;
	bool surprises;             /* whether there are any of these */
	bool all_judged;
	char doubt[160];            /* why not all was judged; "" if it was */
};

struct khs_diff_options {
	size_t size; /* sizeof(struct khs_diff_options) */
	bool force;  /* go on where the dumps are none of one machine's consecutive boots */
};

/*
 * Compares two dumps of one machine: @old the earlier. For two boots, what @old's kernel preserved
 * against what @new's has of it; for one boot, what was preserved and pending then and later. The
 * ranges come by pfn, those that only @new has at the end of each direction, until @visit returns
 * false. *@summary is whole unless it did. Errors: MISMATCH if the dumps don't belong together,
 * NODATA if one of them knows nothing of KHO, NOMEM, INTERRUPTED if that came before there was
 * anything to compare; what a later interrupt leaves is UNKNOWN, or not known to be preserved.
 */
KHS_API struct khs_error *khs_diff(struct khs *old, struct khs *new_,
				   const struct khs_diff_options *opts,
				   bool (*visit)(void *arg, const struct khs_diff_range *range),
				   void *arg, struct khs_diff_summary *summary);

KHS_API const char *khs_outcome_name(enum khs_outcome outcome);
KHS_API bool khs_outcome_surprises(enum khs_outcome outcome);
KHS_API const char *khs_relation_name(enum khs_relation relation);

/* ---- report --------------------------------------------------------------------------------- */

/* What goes into a bug report: all of it in one text, in JSON, or in one HTML file. */
struct khs_report;

struct khs_report_options {
	size_t size;       /* sizeof(struct khs_report_options) */
	const char *dump;  /* what the dump is called; NULL: nothing */
	const char *again; /* the command that makes the report; NULL: nothing */
};

enum khs_report_format {
	KHS_REPORT_TEXT, /* for an e-mail: 75 columns, no page contents */
	KHS_REPORT_JSON, /* docs/json.md */
	KHS_REPORT_HTML, /* one file that needs no other */
};

/*
 * Checks, and gathers what a report says: *@ret, to be freed before @k is closed. Memory of what is
 * preserved is not in it, nor any other page's contents; struct pages and the kernel's log are.
 * Errors: as khs_check().
 */
KHS_API struct khs_error *khs_report_make(struct khs *k, const struct khs_report_options *opts,
					  struct khs_report **ret);
KHS_API struct khs_error *khs_report_print(const struct khs_report *report,
					   enum khs_report_format format, FILE *out);
/* The highest severity found, -1 if nothing was. */
KHS_API int khs_report_worst(const struct khs_report *report);
KHS_API void khs_report_free(struct khs_report *report);

/* ---- rendering ------------------------------------------------------------------------------ */

/* What the reader's screen can do; of a file or a pipe, nothing. */
struct khs_style {
	size_t size;          /* sizeof(struct khs_style) */
	bool colour;          /* ANSI escape sequences */
	bool unicode;         /* characters beyond ASCII, in UTF-8 */
	unsigned int columns; /* 0: 80 */
};

/* How khs_print_*() of @k are to look from now on; copied. NULL: plain, as they are before that. */
KHS_API struct khs_error *khs_set_style(struct khs *k, const struct khs_style *style);

/*
 * A map of physical memory, by node: RAM, scratch, preserved, pending, findings. Of @filter it
 * takes start, end and, in text, by_node and node; NULL: all. Errors: NODATA, NOTFOUND for a range
 * without memory, IO.
 */
KHS_API struct khs_error *khs_print_map(struct khs *k, const struct khs_filter *filter, FILE *out,
					bool json);

/*
 * What a finding means, how it comes about, which kernels had it and what to do: docs/findings.md
 * and docs/preflight.md, as text of at most 80 columns. @what: the id of a finding, or a class
 * ("S11"); NULL lists the ids. @style may be NULL. Needs no dump. Errors: NOTFOUND, IO.
 */
KHS_API struct khs_error *khs_print_explain(const char *what, const struct khs_style *style,
					    FILE *out);

/*
 * The same words in every door. Each writes to @out and fails with IO if that fails; no byte of a
 * dump reaches @out that could move a terminal's cursor.
 */
KHS_API struct khs_error *khs_print_status(struct khs *k, FILE *out, bool json);
/* @all: list what the filter excluded, too. At most @limit gaps are listed; 0: all. */
KHS_API struct khs_error *khs_print_coverage(struct khs *k, bool all, uint64_t limit, FILE *out,
					     bool json);
KHS_API struct khs_error *khs_print_list(struct khs *k, const struct khs_filter *filter, FILE *out,
					 bool json);
KHS_API struct khs_error *khs_print_page(struct khs *k, enum khs_address_kind kind,
					 uint64_t address, FILE *out, bool json);
/* Text shows the first @limit ranges of each owner; JSON Lines and 0 all. */
KHS_API struct khs_error *khs_print_owners(struct khs *k, unsigned int directions, uint64_t limit,
					   FILE *out, bool json);
KHS_API struct khs_error *khs_print_owner_of(struct khs *k, enum khs_address_kind kind,
					     uint64_t address, FILE *out, bool json);
KHS_API struct khs_error *khs_print_facts(struct khs *k, FILE *out, bool json);
/* *@differ: how many facts the sources disagree on. */
KHS_API struct khs_error *khs_print_fact_checks(struct khs *k, FILE *out, bool json,
						uint64_t *differ);
/* @all: list every range, not the surprising ones alone. The rest is as khs_diff() has it. */
KHS_API struct khs_error *khs_print_diff(struct khs *old, struct khs *new_,
					 const struct khs_diff_options *opts, bool all, FILE *out,
					 bool json, struct khs_diff_summary *summary);
/* With opts->bytes there is no JSON: USAGE. */
KHS_API struct khs_error *khs_print_fdt(struct khs *k, const struct khs_fdt_options *opts,
					FILE *out, bool json);
/* *@worst: the highest severity found, -1 if nothing was; *@judged: whether all could be judged. */
KHS_API struct khs_error *khs_print_preflight(struct khs *k,
					      const struct khs_preflight_options *opts, FILE *out,
					      bool json, int *worst, bool *judged);
/*
 * What one finding explains is folded under it; @all: each is printed whole. *@worst: the highest
 * severity found, -1 if nothing was.
 */
KHS_API struct khs_error *khs_print_check(struct khs *k, bool all, FILE *out, bool json,
					  int *worst);

#ifdef __cplusplus
}
#endif

#endif
