// SPDX-License-Identifier: GPL-2.0-or-later
#include "unpack.h"

#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "diskdump.h"

struct khs_unpacker {
	z_stream zlib;
	bool zlib_ready;
	ZSTD_DCtx *zstd;
};

struct khs_unpacker *khs_unpacker_new(void)
{
	return calloc(1, sizeof(struct khs_unpacker));
}

void khs_unpacker_free(struct khs_unpacker *u)
{
	if (!u)
		return;
	if (u->zlib_ready)
		inflateEnd(&u->zlib);
	ZSTD_freeDCtx(u->zstd);
	free(u);
}

static bool unpack_zlib(struct khs_unpacker *u, const void *from, size_t len, void *to, size_t size)
{
	if (!u->zlib_ready)
		u->zlib_ready = inflateInit(&u->zlib) == Z_OK;
	else if (inflateReset(&u->zlib) != Z_OK)
		return false;
	if (!u->zlib_ready)
		return false;
	u->zlib.next_in = (Bytef *)from;
	u->zlib.avail_in = len;
	u->zlib.next_out = to;
	u->zlib.avail_out = size;
	return inflate(&u->zlib, Z_FINISH) == Z_STREAM_END && !u->zlib.avail_out;
}

static bool unpack_lzo(const void *from, size_t len, void *to, size_t size)
{
	lzo_uint got = size;

	return lzo1x_decompress_safe(from, len, to, &got, NULL) == LZO_E_OK && got == size;
}

static bool unpack_snappy(const void *from, size_t len, void *to, size_t size)
{
	size_t got = size;

	return snappy_uncompress(from, len, to, &got) == SNAPPY_OK && got == size;
}

static bool unpack_zstd(struct khs_unpacker *u, const void *from, size_t len, void *to, size_t size)
{
	if (!u->zstd)
		u->zstd = ZSTD_createDCtx();
	return u->zstd && ZSTD_decompressDCtx(u->zstd, to, size, from, len) == size;
}

bool khs_unpack(struct khs_unpacker *u, uint32_t codec, const void *from, size_t len, void *to,
		size_t size)
{
	switch (codec) {
	case KHS_DD_ZLIB:
		return unpack_zlib(u, from, len, to, size);
	case KHS_DD_LZO:
		return unpack_lzo(from, len, to, size);
	case KHS_DD_SNAPPY:
		return unpack_snappy(from, len, to, size);
	case KHS_DD_ZSTD:
		return unpack_zstd(u, from, len, to, size);
	}
	return false;
}
