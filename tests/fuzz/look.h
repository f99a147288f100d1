/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole tool over an image, in two halves; seed.c takes what they print for what an input is
 * worth.
 */
#ifndef TESTS_FUZZ_LOOK_H
#define TESTS_FUZZ_LOOK_H

#include "image.h"

/* owners and fdt: the subtrees, LUO, memfd, vmalloc, chains of blocks. */
void look_at_owners(struct khs *k, FILE *copy);
/* status, list, check, preflight, facts, page: maps, marks, struct pages, nodes, sections. */
void look_at_pages(struct khs *k, FILE *copy);

#endif
