// SPDX-License-Identifier: GPL-2.0-or-later
#include "memory.h"

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dumpfile.h"

void memory_init(struct memory *mem, unsigned int page_shift, uint64_t max_pfn)
{
	*mem = (struct memory){ .page_shift = page_shift, .max_pfn = max_pfn };
	mem->state = calloc(max_pfn, sizeof(*mem->state));
	mem->pages = calloc(max_pfn, sizeof(*mem->pages));
	if (!mem->state || !mem->pages)
		err(1, "memory of %llu pages", (unsigned long long)max_pfn);
}

void memory_free(struct memory *mem)
{
	for (uint64_t pfn = 0; pfn < mem->max_pfn; pfn++)
		free(mem->pages[pfn]);
	free(mem->pages);
	free(mem->state);
}

static bool is_filled(const struct memory *mem, uint64_t pfn)
{
	return pfn >= mem->fill_start && pfn < mem->fill_end;
}

static uint8_t *page_at(struct memory *mem, uint64_t pa)
{
	uint64_t pfn = pa >> mem->page_shift;

	if (pfn >= mem->max_pfn || mem->state[pfn] == NORAM)
		errx(2, "physical address %#llx is no RAM", (unsigned long long)pa);
	if (mem->pages[pfn])
		return mem->pages[pfn];
	mem->pages[pfn] = calloc(1, 1ul << mem->page_shift);
	if (!mem->pages[pfn])
		err(1, "page");
	if (is_filled(mem, pfn))
		mem->fill(mem->fill_priv, pfn, mem->pages[pfn]);
	return mem->pages[pfn];
}

/* How much of @len bytes at @pa lies in one page. */
static size_t piece(const struct memory *mem, uint64_t pa, size_t len)
{
	size_t rest = (1ul << mem->page_shift) - (pa & ((1ul << mem->page_shift) - 1));

	return len < rest ? len : rest;
}

void memory_write(struct memory *mem, uint64_t pa, const void *buf, size_t len)
{
	const uint8_t *from = buf;

	while (len) {
		size_t n = piece(mem, pa, len);

		memcpy(page_at(mem, pa) + (pa & ((1ul << mem->page_shift) - 1)), from, n);
		pa += n;
		from += n;
		len -= n;
	}
}

/* Of a page that nobody wrote. */
static void read_unwritten(const struct memory *mem, uint64_t pa, void *buf, size_t len)
{
	static uint8_t page[1 << 16];
	uint64_t pfn = pa >> mem->page_shift;

	if (!is_filled(mem, pfn)) {
		memset(buf, 0, len);
		return;
	}
	mem->fill(mem->fill_priv, pfn, page);
	memcpy(buf, page + (pa & ((1ul << mem->page_shift) - 1)), len);
}

void memory_read(const struct memory *mem, uint64_t pa, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		uint64_t pfn = pa >> mem->page_shift;
		size_t n = piece(mem, pa, len);

		if (pfn < mem->max_pfn && mem->pages[pfn])
			memcpy(to, mem->pages[pfn] + (pa & ((1ul << mem->page_shift) - 1)), n);
		else
			read_unwritten(mem, pa, to, n);
		pa += n;
		to += n;
		len -= n;
	}
}

void memory_put(struct memory *mem, uint64_t pa, uint64_t value, size_t size)
{
	uint8_t bytes[8];

	if (size > sizeof(bytes))
		errx(2, "a value of %zu bytes", size);
	for (size_t i = 0; i < size; i++)
		bytes[i] = value >> 8 * i;
	memory_write(mem, pa, bytes, size);
}

uint64_t memory_get(const struct memory *mem, uint64_t pa, size_t size)
{
	uint8_t bytes[8] = { 0 };
	uint64_t value = 0;

	memory_read(mem, pa, bytes, size);
	while (size--)
		value = value << 8 | bytes[size];
	return value;
}

void memory_read_page(void *mem, uint64_t pfn, void *page)
{
	const struct memory *m = mem;

	memory_read(m, pfn << m->page_shift, page, 1ul << m->page_shift);
}
