/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which findings another finding explains: the damaged pages inside a preservation across nodes,
 * say. It knows what the ids mean to each other and where they are, and looks at nothing else;
 * findings that merely lie side by side have no cause here.
 */
#ifndef KHS_CHECKS_CAUSES_H
#define KHS_CHECKS_CAUSES_H

#include "gathered.h"

/* Sets cause of each that has one. A cause has none itself. False without memory. */
bool khs_find_causes(struct khs_gathered *g);

#endif
