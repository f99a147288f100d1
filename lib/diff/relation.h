/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether two dumps are of one machine, and of which of its boots: the same one, or one and the one
 * that it handed over to. Goes by what a handover leaves in both (where the root FDT is, the
 * scratch areas, count and release), and by what no two boots share. Compares no preservation.
 */
#ifndef KHS_DIFF_RELATION_H
#define KHS_DIFF_RELATION_H

#include "../khoscope.h"

/*
 * @why, of @size bytes: a sentence if the result is KHS_RELATION_NONE, else "". The sentence calls
 * the dumps OLD and NEW.
 */
enum khs_relation khs_relate(const struct khs *old, const struct khs *new, char *why, size_t size);

#endif
