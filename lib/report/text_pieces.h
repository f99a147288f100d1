/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers as people read them, for every file that writes text.
 */
#ifndef KHS_REPORT_TEXT_PIECES_H
#define KHS_REPORT_TEXT_PIECES_H

#include <inttypes.h>
#include <stdio.h>

static inline const char *plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

struct size_text {
	char s[24];
};

/* By hand: "%.1f" would take its decimal point from the locale of whoever loaded this library. */
static inline struct size_text human(uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	struct size_text t;
	unsigned int unit = 0;

	if (bytes < 1024) {
		snprintf(t.s, sizeof(t.s), "%" PRIu64 " bytes", bytes);
		return t;
	}
	for (; bytes >= UINT64_C(1) << 20; bytes >>= 10)
		unit++;
	snprintf(t.s, sizeof(t.s), "%" PRIu64 ".%" PRIu64 " %s", bytes >> 10,
		 (bytes & 1023) * 10 >> 10, units[unit]);
	return t;
}

/* Pages of a hostile dump may be more than 2^64 bytes hold. */
static inline struct size_text human_pages(uint64_t pages, uint64_t page_size)
{
	uint64_t bytes;

	if (__builtin_mul_overflow(pages, page_size, &bytes))
		return (struct size_text){ "beyond 16 EiB" };
	return human(bytes);
}

#endif
