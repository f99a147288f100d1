/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs of set bits in a bitmap of little-endian 64-bit words, as a dump holds it. */
#ifndef KHS_BASE_BITS_H
#define KHS_BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The next run of set bits below @to at or behind *@bit: it begins at *@first, and *@bit is then
 * its end. False if there is none.
 */
bool khs_next_run(const uint64_t *words, uint64_t *bit, uint64_t to, uint64_t *first);

#endif
