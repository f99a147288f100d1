/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's physical memory, a page at a time and only what was written; the rest is zero, or
 * what somebody can tell who would else write much that is all alike.
 * Knows which pages are RAM and which of them the dump will lack, nothing of what is in them.
 */
#ifndef MKDUMP_MEMORY_H
#define MKDUMP_MEMORY_H

#include <stddef.h>
#include <stdint.h>

struct memory {
	unsigned int page_shift;
	uint64_t max_pfn;
	uint8_t *state;  /* enum page_state of each page */
	uint8_t **pages; /* NULL: zero, or as @fill has it */
	/* Writes what is in a page that nobody wrote, of those from @fill_start to @fill_end. */
	void (*fill)(void *priv, uint64_t pfn, uint8_t *page);
	void *fill_priv;
	uint64_t fill_start, fill_end; /* pfns */
};

void memory_init(struct memory *mem, unsigned int page_shift, uint64_t max_pfn);
void memory_free(struct memory *mem);

/* @pa to @pa + @len has to be RAM. Values are written little endian. */
void memory_write(struct memory *mem, uint64_t pa, const void *buf, size_t len);
void memory_read(const struct memory *mem, uint64_t pa, void *buf, size_t len);
void memory_put(struct memory *mem, uint64_t pa, uint64_t value, size_t size);
uint64_t memory_get(const struct memory *mem, uint64_t pa, size_t size);

/* As struct dump_image.read, of a struct memory. */
void memory_read_page(void *mem, uint64_t pfn, void *page);

#endif
