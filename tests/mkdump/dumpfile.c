// SPDX-License-Identifier: GPL-2.0-or-later
#include "dumpfile_internal.h"

#include <elf.h>
#include <endian.h>
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_at(int fd, const void *buf, size_t len, uint64_t off)
{
	if (pwrite(fd, buf, len, off) != (ssize_t)len)
		err(1, "writing");
}

void out_put(struct out *out, const void *buf, size_t len, uint64_t off)
{
	uint64_t record[2] = { htobe64(off), htobe64(len) };

	if (!len)
		return;
	if (!out->flatten) {
		write_at(out->fd, buf, len, off);
		return;
	}
	write_at(out->fd, record, sizeof(record), out->end);
	write_at(out->fd, buf, len, out->end + sizeof(record));
	out->end += sizeof(record) + len;
}

static void begin(struct out *out)
{
	static char header[4096] = "makedumpfile";
	uint64_t one = htobe64(1);

	if (!out->flatten)
		return;
	memcpy(header + 16, &one, 8);
	memcpy(header + 24, &one, 8);
	write_at(out->fd, header, sizeof(header), 0);
	out->end = sizeof(header);
}

/* Random bytes at random places: the same ones for the same seed. */
static void damage(const struct out *out, const char *how)
{
	unsigned long long seed, count, from = 0, to = 0, size;
	struct stat st;

	if (sscanf(how, "%llu,%llu,%llu-%llu", &seed, &count, &from, &to) < 2)
		errx(2, "no damage: %s", how);
	if (fstat(out->fd, &st))
		err(1, "stat");
	size = to && to < (uint64_t)st.st_size ? to : (uint64_t)st.st_size;
	if (from >= size)
		errx(2, "no bytes to damage: %s", how);
	for (seed = 2 * seed + 1; count--;) {
		uint8_t byte;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		byte = seed >> 56;
		write_at(out->fd, &byte, 1, from + (seed >> 16) % (size - from));
	}
}

static void cut(const struct out *out, const char *how)
{
	struct stat st;
	uint64_t size;
	char *rest;

	size = strtoull(how, &rest, 0);
	if (fstat(out->fd, &st))
		err(1, "stat");
	if (*rest == '%')
		size = st.st_size * size / 100;
	if (ftruncate(out->fd, size))
		err(1, "truncating");
}

static void finish(struct out *out, const struct dump_style *style)
{
	const int64_t end[2] = { -1, -1 };

	if (out->flatten)
		write_at(out->fd, end, sizeof(end), out->end);
	if (style->damage)
		damage(out, style->damage);
	if (style->truncate)
		cut(out, style->truncate);
	if (close(out->fd))
		err(1, "closing");
}

bool dump_is_zero(const uint8_t *page, size_t len)
{
	return !page[0] && !memcmp(page, page + 1, len - 1);
}

void dump_info(const struct dump_image *image, const char *key, char *value, size_t size)
{
	const char *at = image->vmcoreinfo;
	size_t len = strlen(key);

	snprintf(value, size, "%s", "");
	for (; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (!strncmp(at, key, len))
			snprintf(value, size, "%.*s", (int)strcspn(at + len, "\n"), at + len);
}

bool dump_is_arm64(const struct dump_image *image)
{
	char value[64];

	dump_info(image, "NUMBER(VA_BITS)=", value, sizeof(value));
	return *value;
}

/* QEMU's target/i386/arch_dump.c: struct QEMUCPUState, version 1 */
enum { QEMU_CPU = 440, QEMU_CR3 = 8 + 18 * 8 + 10 * 24 + 3 * 8 };

static void put_processor(uint8_t *at, uint64_t cr3)
{
	Elf64_Nhdr *note = (Elf64_Nhdr *)at;
	uint8_t *state = at + sizeof(*note) + 8;
	const uint32_t head[2] = { 1, QEMU_CPU };

	note->n_namesz = sizeof("QEMU");
	note->n_descsz = QEMU_CPU;
	strcpy((char *)(note + 1), "QEMU");
	memcpy(state, head, sizeof(head));
	memcpy(state + QEMU_CR3, &cr3, sizeof(cr3));
}

void *dump_note(const struct dump_image *image, size_t *len)
{
	size_t text = image->vmcoreinfo_len, first, each;
	Elf64_Nhdr *note;

	first = sizeof(*note) + 12 + (text + 3) / 4 * 4;
	each = sizeof(*note) + 8 + QEMU_CPU;
	*len = first + image->nr_cr3 * each;
	note = calloc(1, *len);
	if (!note)
		err(1, "note");
	for (size_t i = 0; i < image->nr_cr3; i++)
		put_processor((uint8_t *)note + first + i * each, image->cr3[i]);
	note->n_namesz = sizeof("VMCOREINFO");
	note->n_descsz = text;
	strcpy((char *)(note + 1), "VMCOREINFO");
	if (text)
		memcpy((char *)(note + 1) + 12, image->vmcoreinfo, text);
	return note;
}

void dump_write(const struct dump_image *image, const struct dump_style *style, const char *path)
{
	struct out out = { .flatten = style->flatten };

	out.fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (out.fd < 0)
		err(1, "%s", path);
	begin(&out);
	if (style->elf)
		dump_write_elf(image, style, &out);
	else
		dump_write_kdump(image, style, &out);
	finish(&out, style);
}
