/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What findings say of an owner: direction, and its name with those above it. */
#ifndef KHS_CHECKS_OWNERS_H
#define KHS_CHECKS_OWNERS_H

#include "check.h"

void khs_draft_owner(struct khs_draft *d, const struct khs *k, uint32_t owner);
/* The name alone, under @key. */
void khs_draft_lineage(struct khs_draft *d, const char *key, const struct khs *k, uint32_t owner);

#endif
