/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel does with a handover that it is given, by generation: one row a generation, one
 * column a thing that generations do differently. It says nothing of any dump (simulate.h), and of
 * no kernel's release: a row's name is what a user asks for with --as, and the rules of the dumped
 * kernel itself are put together from members, symbols and constants of that kernel.
 */
#ifndef KHS_PREFLIGHT_RULES_H
#define KHS_PREFLIGHT_RULES_H

#include "../model.h"

/* How the map of preserved pages is written, and has to be read. */
enum khs_map_format {
	KHS_MAP_BITMAPS_512,  /* chunks of bitmaps of 512 bytes */
	KHS_MAP_BITMAPS_PAGE, /* chunks of bitmaps of a page */
	KHS_MAP_RADIX,
	KHS_NR_MAP_FORMATS,
};

enum khs_rule { KHS_RULE_NO, KHS_RULE_YES, KHS_RULE_UNKNOWN };

struct khs_rules {
	const char *name;       /* "7.2"; "own" */
	const char *like;       /* of own rules: the generation they are, in words */
	const char *compatible; /* KHO_FDT_COMPATIBLE: what the root FDT has to name */
	enum khs_map_format format;
	unsigned int depth;     /* of a radix tree; 0: that of the formula */
	bool demands_map;       /* a root FDT without a map is refused, not one of nothing */
	bool demands_size;      /* a subtree without blob-size can't be retrieved */
	bool small_order_wins;  /* of two marks on one page the lower order is written last */
	bool knows_luo;         /* somebody retrieves the subtree LUO */
	bool limits_order;      /* kho_restore_page() refuses more than MAX_PAGE_ORDER */
	bool splits_compound;   /* kho_restore_pages() makes a compound page and tears it apart */
	bool restores_pages;    /* kho_restore_pages() exists */
	enum khs_rule int_size; /* the size of a block is an int: overflows from 2 GiB on */
	bool defers;            /* runs with CONFIG_DEFERRED_STRUCT_PAGE_INIT, if that is set */
};

/* The commits that mended what these rules get wrong; "" where none is known. */
extern const char khs_fix_int_size[];
extern const char khs_fix_order[];
extern const char khs_fix_compound[];
extern const char khs_fix_span[]; /* of the producer: it made no more such blocks */
extern const char khs_fix_crash[];

/* The row that --as @name means, or NULL. */
const struct khs_rules *khs_rules_named(const char *name);

/* The rules of the dumped kernel, for a next one that is the same. @k's KHO is on. */
struct khs_rules khs_rules_own(const struct khs *k);

/* How the dumped kernel itself writes the map. */
enum khs_map_format khs_rules_written(const struct khs *k);

const char *khs_map_format_name(enum khs_map_format format);

#endif
