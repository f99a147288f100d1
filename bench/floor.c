// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * floor JOBS START LEN DUMP: how long it takes at the least to have the bytes of physical memory
 * from START on, by JOBS threads: of an ELF file read and added up, of a kdump-compressed one
 * unpacked, each thread by one context that it keeps. Prints the seconds. Knows nothing of what is
 * in them, and shares nothing with the library. What is in the tables of the file is looked up
 * before.
 */
#include <elf.h>
#include <err.h>
#include <fcntl.h>
#include <lzo/lzo1x.h>
#include <pthread.h>
#include <snappy-c.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define PAGE 4096u
#define PART (2u << 20)   /* of memory, that a thread takes at a time */
#define CHUNK (256u << 10) /* read at a time */

struct desc {
	uint64_t offset;
	uint32_t size, flags;
	uint64_t unused;
};

static int fd;
static uint64_t start, len;
static uint64_t elf_offset; /* of @start in the file */
static struct desc *descs;  /* of a kdump-compressed file: those of the pages; else NULL */
static atomic_uint_fast64_t taken;
static atomic_uint_fast64_t sum; /* so that it can't be left out */

static void get(void *buf, size_t n, uint64_t off)
{
	ssize_t got = pread(fd, buf, n, (off_t)off);

	if (got != (ssize_t)n)
		errx(1, "reading %zu bytes at %llu", n, (unsigned long long)off);
}

/* ---- ELF ------------------------------------------------------------------------------------ */

static void find_segment(const Elf64_Ehdr *ehdr)
{
	Elf64_Phdr p;

	for (unsigned int i = 0; i < ehdr->e_phnum; i++) {
		get(&p, sizeof(p), ehdr->e_phoff + i * sizeof(p));
		if (p.p_type != PT_LOAD || start < p.p_paddr ||
		    start + len > p.p_paddr + p.p_filesz)
			continue;
		elf_offset = p.p_offset + (start - p.p_paddr);
		return;
	}
	errx(1, "no segment has all of it");
}

static uint64_t add_up(const uint64_t *words, size_t n)
{
	uint64_t s[4] = { 0 };

	for (size_t i = 0; i + 4 <= n; i += 4)
		for (size_t k = 0; k < 4; k++)
			s[k] += words[i + k];
	return s[0] + s[1] + s[2] + s[3];
}

static void read_part(uint64_t at, uint64_t *buf)
{
	for (uint64_t end = at + PART; at < end && at < len; at += CHUNK) {
		size_t n = len - at < CHUNK ? len - at : CHUNK;

		get(buf, n, elf_offset + at);
		sum += add_up(buf, n / 8);
	}
}

/* ---- kdump-compressed ----------------------------------------------------------------------- */

/* Block 0 is the header, 1 the sub-header; then two bitmaps, descriptors, data. */
static void find_pages(const uint8_t *header)
{
	uint32_t sub, blocks;
	uint64_t bitmap, index = 0, first = start / PAGE, n = len / PAGE;
	uint8_t *bits;

	memcpy(&sub, header + 432, 4);
	memcpy(&blocks, header + 436, 4);
	bitmap = (1 + (uint64_t)sub) * PAGE;
	bits = malloc(blocks / 2 * (size_t)PAGE);
	descs = malloc(n * sizeof(*descs));
	if (!bits || !descs)
		err(1, "tables");
	get(bits, blocks / 2 * (size_t)PAGE, bitmap + blocks / 2 * (uint64_t)PAGE);
	for (uint64_t pfn = 0; pfn < first; pfn++)
		index += bits[pfn / 8] >> pfn % 8 & 1;
	for (uint64_t pfn = first; pfn < first + n; pfn++)
		if (!(bits[pfn / 8] >> pfn % 8 & 1))
			errx(1, "pfn %#llx is not in the file", (unsigned long long)pfn);
	for (uint64_t i = 0; i < n; i += 1 << 20) {
		uint64_t some = n - i < 1 << 20 ? n - i : 1 << 20;

		get(descs + i, some * sizeof(*descs),
		    bitmap + blocks * (uint64_t)PAGE + (index + i) * sizeof(*descs));
	}
	free(bits);
}

struct unpacker {
	z_stream zlib;
	ZSTD_DCtx *zstd;
	uint64_t off; /* of the chunk in the file */
	size_t have;
	uint8_t chunk[CHUNK], page[PAGE];
};

static void unpack(struct unpacker *u, const struct desc *d)
{
	const uint8_t *from;
	size_t n = PAGE;
	bool ok = false;

	if (d->offset < u->off || d->offset + d->size > u->off + u->have) {
		ssize_t got = pread(fd, u->chunk, CHUNK, (off_t)d->offset);

		u->off = d->offset;
		u->have = got > 0 ? (size_t)got : 0;
	}
	from = u->chunk + (d->offset - u->off);
	switch (d->flags) {
	case 0:
		memcpy(u->page, from, PAGE);
		ok = true;
		break;
	case 1:
		inflateReset(&u->zlib);
		u->zlib.next_in = (Bytef *)from;
		u->zlib.avail_in = d->size;
		u->zlib.next_out = u->page;
		u->zlib.avail_out = PAGE;
		ok = inflate(&u->zlib, Z_FINISH) == Z_STREAM_END;
		break;
	case 2:
		ok = lzo1x_decompress_safe(from, d->size, u->page, &n, NULL) == LZO_E_OK;
		break;
	case 4:
		ok = snappy_uncompress((const char *)from, d->size, (char *)u->page, &n) ==
		     SNAPPY_OK;
		break;
	case 32:
		ok = ZSTD_decompressDCtx(u->zstd, u->page, PAGE, from, d->size) == PAGE;
	}
	if (!ok)
		errx(1, "a page at %llu", (unsigned long long)d->offset);
}

/* ---- both ----------------------------------------------------------------------------------- */

static void *work(void *unused)
{
	struct unpacker *u = calloc(1, sizeof(*u));
	uint64_t *buf = malloc(CHUNK), at;

	if (!u || !buf || inflateInit(&u->zlib) != Z_OK)
		err(1, "buffers");
	u->zstd = ZSTD_createDCtx();
	while ((at = taken++ * (uint64_t)PART) < len) {
		if (!descs) {
			read_part(at, buf);
			continue;
		}
		for (uint64_t end = at + PART; at < end && at < len; at += PAGE)
			unpack(u, &descs[at / PAGE]);
		sum += u->page[0];
	}
	inflateEnd(&u->zlib);
	ZSTD_freeDCtx(u->zstd);
	free(u);
	free(buf);
	return unused;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	uint8_t header[PAGE];
	pthread_t threads[64];
	unsigned int jobs;
	double begun;

	if (argc != 5)
		errx(2, "usage: floor JOBS START LEN DUMP");
	jobs = (unsigned int)strtoul(argv[1], NULL, 0);
	start = strtoull(argv[2], NULL, 0);
	len = strtoull(argv[3], NULL, 0);
	fd = open(argv[4], O_RDONLY);
	if (fd < 0 || !jobs || jobs > 64)
		err(1, "%s", argv[4]);
	get(header, sizeof(header), 0);
	if (!memcmp(header, ELFMAG, SELFMAG))
		find_segment((const Elf64_Ehdr *)header);
	else
		find_pages(header);
	begun = now();
	for (unsigned int i = 0; i < jobs; i++)
		if (pthread_create(&threads[i], NULL, work, NULL))
			errx(1, "no thread");
	for (unsigned int i = 0; i < jobs; i++)
		pthread_join(threads[i], NULL);
	printf("%.6f\n", now() - begun);
	return sum == 1;
}
