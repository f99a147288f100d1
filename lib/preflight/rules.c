// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sources: kernel/liveupdate/kexec_handover.c of 7.2.13 and 7.3.4, and of kernel/kexec_handover.c
 * of 6.16 and 6.17 and its successor up to 7.1 in public trees: deserialize_bitmap(),
 * kho_preserved_memory_reserve(), kho_restore_page(), kho_restore_pages(), kho_populate().
 */
#include "rules.h"

#include <string.h>

#include "../kho/bitmap.h"
#include "../kho/radix.h"
#include "../kho/track.h"

const char khs_fix_int_size[] =
	"3a0b8fa2eb36, in Linux 7.3 and 7.2.13";
const char khs_fix_order[] =
	"22bdab8e98b7, in Linux 7.1";
const char khs_fix_compound[] =
	"\"kho: fix restoring of contiguous ranges of order-0 pages\", in Linux 6.19";
const char khs_fix_span[] =
	"91e74fa8b1bc, in Linux 7.1 (kho_preserve_pages() splits there)";
const char khs_fix_crash[] =
	"the test for KEXEC_TYPE_CRASH in kho_fill_kimage(), in Linux 7.0";

/*
 * Orders in a list of bitmaps come as the xarray has them, from 0 up, so that the mark of the
 * largest block of a page is the last one written. In the radix tree larger orders have smaller
 * keys, and come first.
 */
static const struct khs_rules table[] = {
	{
		.name = "6.16", .compatible = "kho-v1", .format = KHS_MAP_BITMAPS_512,
		.limits_order = true, .int_size = KHS_RULE_YES,
	},
	{
		.name = "6.17", .compatible = "kho-v1", .format = KHS_MAP_BITMAPS_512,
		.limits_order = true, .int_size = KHS_RULE_YES,
	},
	{
		.name = "6.18", .compatible = "kho-v1", .format = KHS_MAP_BITMAPS_PAGE,
		.limits_order = true, .int_size = KHS_RULE_YES, .restores_pages = true,
		.splits_compound = true,
	},
	{
		.name = "6.19", .compatible = "kho-v1", .format = KHS_MAP_BITMAPS_PAGE,
		.limits_order = true, .int_size = KHS_RULE_YES, .restores_pages = true,
		.demands_map = true, .knows_luo = true,
	},
	{
		.name = "7.0", .compatible = "kho-v1", .format = KHS_MAP_BITMAPS_PAGE,
		.limits_order = true, .int_size = KHS_RULE_YES, .restores_pages = true,
		.demands_map = true, .knows_luo = true,
	},
	{
		.name = "7.1", .compatible = "kho-v3", .format = KHS_MAP_RADIX,
		.int_size = KHS_RULE_YES, .restores_pages = true, .demands_map = true,
		.demands_size = true, .small_order_wins = true, .knows_luo = true,
	},
	{
		.name = "7.2", .compatible = "kho-v4", .format = KHS_MAP_RADIX,
		.int_size = KHS_RULE_YES, .restores_pages = true, .demands_map = true,
		.demands_size = true, .small_order_wins = true, .knows_luo = true, .defers = true,
	},
	{
		.name = "7.2.13", .compatible = "kho-v4", .format = KHS_MAP_RADIX,
		.restores_pages = true, .demands_map = true, .demands_size = true,
		.small_order_wins = true, .knows_luo = true, .defers = true,
	},
	{
		.name = "7.3", .compatible = "kho-v4", .format = KHS_MAP_RADIX,
		.restores_pages = true, .demands_map = true, .demands_size = true,
		.small_order_wins = true, .knows_luo = true, .defers = true,
	},
};

#define NR_ROWS (sizeof(table) / sizeof(table[0]))

const struct khs_rules *khs_rules_named(const char *name)
{
	for (size_t i = 0; i < NR_ROWS; i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

const char *khs_generation(size_t i)
{
	return i < NR_ROWS ? table[i].name : NULL;
}

const char *khs_map_format_name(enum khs_map_format format)
{
	static const char *const names[KHS_NR_MAP_FORMATS] = {
		[KHS_MAP_BITMAPS_512] = "lists of bitmaps of 512 bytes",
		[KHS_MAP_BITMAPS_PAGE] = "lists of bitmaps of a page",
		[KHS_MAP_RADIX] = "a radix tree",
	};

	return names[format];
}

/* Of the generations with a radix tree. The fix of the size is in no member of any structure. */
static struct khs_rules own_radix(const struct khs *k)
{
	const struct khs_facts *facts = &k->kernel.facts;
	struct khs_rules rules;

	if (!strncmp(k->kho.abi, "kho-v2", 6) || !strncmp(k->kho.abi, "kho-v3", 6)) {
		rules = *khs_rules_named("7.1");
		/* kho-v3 is what brought blob-size. */
		rules.demands_size = strncmp(k->kho.abi, "kho-v2", 6) != 0;
	} else if (khs_known(facts, KHS_MEM_KHO_IN_RADIX_ROOT)) {
		rules = *khs_rules_named("7.3");
	} else {
		rules = *khs_rules_named("7.2");
		rules.int_size = KHS_RULE_UNKNOWN;
	}
	rules.depth = khs_fact_or(facts, KHS_ENUM_KHO_TREE_MAX_DEPTH, 0);
	return rules;
}

/*
 * Of those with lists of bitmaps: kho_out.fdt came with 6.19, marks with 6.18, and bitmaps of a
 * page in between, while 6.18 was made.
 */
static struct khs_rules own_bitmaps(const struct khs *k)
{
	bool by_address = khs_known(&k->kernel.facts, KHS_MEM_KHO_OUT_FDT);
	struct khs_rules rules = *khs_rules_named(by_address ? "7.0" :
						  k->mem.layout.has_magic ? "6.18" : "6.17");
	uint64_t bytes = khs_track_bitmap_bytes(&k->kernel);

	if (bytes)
		rules.format = bytes == KHS_BITMAP_SMALL ? KHS_MAP_BITMAPS_512 :
							   KHS_MAP_BITMAPS_PAGE;
	return rules;
}

struct khs_rules khs_rules_own(const struct khs *k)
{
	bool radix = khs_known(&k->kernel.facts, KHS_MEM_KHO_OUT_RADIX_ROOT);
	struct khs_rules rules = radix ? own_radix(k) : own_bitmaps(k);

	rules.like = rules.name;
	rules.name = "own";
	/* kho_populate() took none but of its own KHO_FDT_COMPATIBLE. */
	rules.compatible = k->kho.abi_in[0] ? k->kho.abi_in : k->kho.abi;
	rules.defers = khs_known(&k->kernel.facts, KHS_SYM_DEFERRED_PAGES);
	return rules;
}

enum khs_map_format khs_rules_written(const struct khs *k)
{
	return khs_rules_own(k).format;
}
