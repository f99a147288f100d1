// SPDX-License-Identifier: GPL-2.0-or-later
#include "bits.h"

#include <endian.h>

static uint64_t find_bit(const uint64_t *words, uint64_t from, uint64_t to, bool set)
{
	while (from < to) {
		uint64_t word = le64toh(words[from / 64]);

		if (!set)
			word = ~word;
		word >>= from % 64;
		if (word) {
			from += __builtin_ctzll(word);
			return from < to ? from : to;
		}
		from = (from / 64 + 1) * 64;
	}
	return to;
}

bool khs_next_run(const uint64_t *words, uint64_t *bit, uint64_t to, uint64_t *first)
{
	*first = find_bit(words, *bit, to, true);
	if (*first >= to)
		return false;
	*bit = find_bit(words, *first, to, false);
	return true;
}
