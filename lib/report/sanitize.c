// SPDX-License-Identifier: GPL-2.0-or-later
#include "sanitize.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

struct span {
	uint32_t first, last;
};

/* Valid characters that must not reach a terminal as they are. */
static const struct span unfit[] = {
	{ 0x00, 0x1f },     /* C0 controls */
	{ '\\', '\\' },     /* begins an escape of ours */
	{ 0x7f, 0x9f },     /* DEL, and C1 controls: U+009B is CSI to some terminals */
	{ 0x200b, 0x200f }, /* of no width, and marks of direction */
	{ 0x2028, 0x202e }, /* line and paragraph separators, changes of direction */
	{ 0x2060, 0x206f },
	{ 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb },
	{ 0xe0000, 0xe007f }, /* tags: invisible */
};

/* The first byte of a sequence of n + 1 bytes, and the least character that may be so long. */
static const struct {
	uint8_t mask, bits;
	uint32_t least;
} lead[] = {
	{ 0x80, 0x00, 0 },
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
};

/* Bytes in the character at @s, which it decodes into *@c; 0 if they are no UTF-8. */
static size_t decode(const unsigned char *s, uint32_t *c)
{
	size_t n = 0;

	while (n < LEN(lead) && (s[0] & lead[n].mask) != lead[n].bits)
		n++;
	if (n == LEN(lead))
		return 0;
	*c = s[0] & (uint8_t)~lead[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((s[i] & 0xc0) != 0x80) /* the terminating NUL ends up here too */
			return 0;
		*c = *c << 6 | (s[i] & 0x3f);
	}
	if (*c < lead[n].least || *c > 0x10ffff || (*c >= 0xd800 && *c <= 0xdfff))
		return 0;
	return n + 1;
}

static bool fit(uint32_t c)
{
	for (size_t i = 0; i < LEN(unfit); i++)
		if (c >= unfit[i].first && c <= unfit[i].last)
			return false;
	return true;
}

void khs_put_clean(FILE *out, const char *str)
{
	const unsigned char *s = (const unsigned char *)str;

	while (*s) {
		uint32_t c;
		size_t n = decode(s, &c);

		if (n && fit(c)) {
			fwrite(s, 1, n, out);
			s += n;
			continue;
		}
		for (n = n ? n : 1; n; n--)
			fprintf(out, "\\x%02x", *s++);
	}
}

char *khs_sanitize(const char *s)
{
	char *clean = NULL;
	size_t size;
	FILE *mem = open_memstream(&clean, &size);
	bool failed;

	if (!mem)
		return NULL;
	khs_put_clean(mem, s);
	failed = ferror(mem);
	if (fclose(mem) || failed) {
		free(clean);
		return NULL;
	}
	return clean;
}
