/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What locate.h looks for, and memory to look in, as a fuzz input:
 *
 *	u8              bit 0: arm64; bit 1: another build will do
 *	20 bytes        build-id; zeros: it has none, but a banner
 *	for each anchor u8 known, u64 address
 *	the rest        an image (image.h), whose kernel is of no interest
 */
#ifndef TESTS_FUZZ_PLACE_H
#define TESTS_FUZZ_PLACE_H

#include "facts/locate.h"
#include "image.h"

#define PLACE_HEAD (21 + 9 * (size_t)KHS_NR_ANCHORS)

/* @wanted and @any from the first PLACE_HEAD bytes of @data; and back, into @data. */
void place_take(const uint8_t *data, struct khs_image *wanted, bool *any);
void place_put(uint8_t *data, const struct khs_image *wanted, bool any);

/* Looks for @wanted in the memory of @image; false if it is not found, which has to be said well. */
bool place_find(const struct image *image, const struct khs_image *wanted, bool any,
		struct khs_place *ret);

#endif
