/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the next kernel would do with what this one hands over, step by step as that kernel takes
 * them: it looks at the root FDT, walks the map, reserves each block, writes each mark, and its
 * users restore what they know of. A step takes the model read-only and emits findings; each is a
 * thing that goes wrong. Works on runs and extents, never page by page, and keeps nothing of them.
 *
 * What it does not know: the command line and the configuration of the next kernel (taken to be
 * this one's), and what is yet to be preserved: LUO adds its lists in liveupdate_reboot().
 */
#ifndef KHS_PREFLIGHT_SIMULATE_H
#define KHS_PREFLIGHT_SIMULATE_H

#include "../checks/check.h"
#include "../checks/hits.h"
#include "../kho/subtrees.h"
#include "image.h"
#include "rules.h"

struct khs_sim {
	struct khs *k;
	const struct khs_rules *rules;
	const struct khs_emitter *to;
	struct khs_image image;
	struct khs_subtrees out;
	struct khs_extents kept;  /* pfns that nobody restores: reserve_mem */
	/* pfns of root FDT and blobs, a kernel's own doing: handed over, and handed to it */
	struct khs_extents own, in_own;
	bool refused;             /* all of it: what would come later does not happen */
	struct khs_preflight_info *info;
};

/* Notes why not all could be judged; the first reason stands. */
void khs_sim_doubt(struct khs_sim *sim, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether struct pages are initialised late, as far as the dumped kernel's configuration tells. */
static inline bool khs_sim_defers(const struct khs_sim *sim)
{
	return sim->rules->defers && khs_known(&sim->k->kernel.facts, KHS_SYM_DEFERRED_PAGES);
}

typedef struct khs_error *khs_sim_step(struct khs_sim *sim);

khs_sim_step khs_sim_image;     /* what the loaded image hands over, and where it is put */
khs_sim_step khs_sim_fdt;       /* kho_populate() */
khs_sim_step khs_sim_map;       /* the walk of the map */
khs_sim_step khs_sim_overwrite; /* scratch areas and segments, on what must not be written to */
khs_sim_step khs_sim_reserve;   /* the size and the mark of each block */
khs_sim_step khs_sim_restore;   /* kho_restore_folio(), kho_restore_pages() */
khs_sim_step khs_sim_blobs;     /* kho_retrieve_subtree() */
khs_sim_step khs_sim_rest;      /* what is left behind */

#endif
