// SPDX-License-Identifier: GPL-2.0-or-later
#include "machine.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint64_t machine_setting(const struct machine *m, const char *key, uint64_t other)
{
	const char *text = layout_setting(&m->lay, key);

	return text ? strtoull(text, NULL, 0) : other;
}

/* ---- addresses ------------------------------------------------------------------------------- */

uint64_t image_pa(const struct machine *m)
{
	return m->ram_start + IMAGE_OFFSET;
}

uint64_t direct_va(const struct machine *m, uint64_t pa)
{
	return direct_base(m) + pa;
}

uint64_t page_va(const struct machine *m, uint64_t pfn)
{
	return m->vmemmap + pfn * layout_size(&m->lay, "page");
}

uint64_t page_pa(const struct machine *m, uint64_t pfn)
{
	if (pfn < m->memmap_first || pfn >= m->memmap_end)
		errx(2, "pfn %#llx has no struct page", (unsigned long long)pfn);
	return m->memmap_pa + (pfn - m->memmap_first) * layout_size(&m->lay, "page");
}

static uint64_t memmap_bytes(const struct machine *m)
{
	return (m->memmap_end - m->memmap_first) * layout_size(&m->lay, "page");
}

uint64_t va_of(const struct machine *m, uint64_t pa)
{
	if (pa - image_pa(m) < IMAGE_SIZE)
		return m->image_va + (pa - image_pa(m));
	if (pa - m->memmap_pa < memmap_bytes(m))
		return page_va(m, m->memmap_first) + (pa - m->memmap_pa);
	return direct_va(m, pa);
}

uint64_t pa_of(const struct machine *m, uint64_t va)
{
	if (va - m->image_va < IMAGE_SIZE)
		return image_pa(m) + (va - m->image_va);
	if (va - page_va(m, m->memmap_first) < memmap_bytes(m))
		return m->memmap_pa + (va - page_va(m, m->memmap_first));
	return va - direct_base(m);
}

uint64_t section_pages(const struct machine *m)
{
	return 1ull << (layout_number(&m->lay, "SECTION_SIZE_BITS") - m->page_shift);
}

/* mm_init.c:init_unavailable_range() gives holes the node of what follows or precedes. */
unsigned int node_of(const struct machine *m, uint64_t pfn)
{
	for (size_t i = 0; i < m->nr_regions; i++)
		if (pfn < m->regions[i].end)
			return m->regions[i].node;
	return m->regions[m->nr_regions - 1].node;
}

uint64_t zone_end_pfn(const struct machine *m, unsigned int zone)
{
	static const uint64_t x86_64[] = { 16ull << 20, 4ull << 30, UINT64_MAX };
	static const uint64_t aarch64[] = { 4ull << 30, 4ull << 30, UINT64_MAX };

	return (m->arch->aarch64 ? aarch64 : x86_64)[zone] >> m->page_shift;
}

unsigned int zone_of(const struct machine *m, uint64_t pfn)
{
	unsigned int zone = ZONE_DMA;

	while (zone < NR_ZONES - 1 && pfn >= zone_end_pfn(m, zone))
		zone++;
	return zone;
}

/* ---- memory ---------------------------------------------------------------------------------- */

void machine_power_on(struct machine *m)
{
	uint64_t section = section_pages(m), max_pfn;

	if (!m->nr_regions)
		errx(2, "a machine without a \"node\" line has no memory");
	max_pfn = m->regions[m->nr_regions - 1].end;
	memory_init(&m->mem, m->page_shift, max_pfn);
	m->memmap_first = m->regions[0].start / section * section;
	m->memmap_end = (max_pfn + section - 1) / section * section;
	m->use = calloc(m->memmap_end, sizeof(*m->use));
	m->orders = calloc(m->memmap_end, sizeof(*m->orders));
	if (!m->use || !m->orders)
		err(1, "machine");
	for (size_t i = 0; i < m->nr_regions; i++)
		for (uint64_t pfn = m->regions[i].start; pfn < m->regions[i].end; pfn++) {
			m->mem.state[pfn] = PRESENT;
			m->use[pfn] = USE_FREE;
		}
	m->ram_start = m->regions[0].start << m->page_shift;
	/* x86: the first page is the firmware's. */
	m->ram_start &= ~((1ull << 20) - 1);
	m->image_next = image_pa(m) + page_size(m);
	m->boot_next = image_pa(m) + IMAGE_SIZE;
	m->heap_next = 0;
	claim(m, image_pa(m) >> m->page_shift, IMAGE_SIZE >> m->page_shift, USE_RESERVED);
}

static uint64_t round_up(uint64_t v, uint64_t to)
{
	return (v + to - 1) / to * to;
}

uint64_t image_alloc(struct machine *m, uint64_t size, uint64_t align)
{
	uint64_t pa = round_up(m->image_next, align);

	m->image_next = pa + size;
	if (m->image_next > image_pa(m) + IMAGE_SIZE)
		errx(2, "the kernel image is larger than %llu bytes", IMAGE_SIZE);
	return pa;
}

uint64_t boot_alloc(struct machine *m, uint64_t size, uint64_t align)
{
	uint64_t pa = round_up(m->boot_next, align), end;

	m->boot_next = pa + size;
	end = round_up(m->boot_next, page_size(m));
	for (uint64_t pfn = pa >> m->page_shift; pfn < end >> m->page_shift; pfn++)
		if (pfn >= m->mem.max_pfn || m->use[pfn] == USE_HOLE)
			errx(2, "the kernel's memory reaches into a hole at pfn %#llx",
			     (unsigned long long)pfn);
	claim(m, pa >> m->page_shift, (end - pa + page_size(m) - 1) >> m->page_shift, USE_RESERVED);
	return pa;
}

static bool in_scratch(const struct machine *m, uint64_t pfn, uint64_t pages)
{
	for (size_t i = 0; i < m->scratch.n; i++) {
		uint64_t end = m->scratch.v[i].pfn + (m->scratch_bytes[i] >> m->page_shift);

		if (pfn < end && pfn + pages > m->scratch.v[i].pfn)
			return true;
	}
	return false;
}

static bool all_free(const struct machine *m, uint64_t pfn, uint64_t pages)
{
	for (uint64_t i = 0; i < pages; i++)
		if (m->use[pfn + i] != USE_FREE)
			return false;
	return true;
}

uint64_t heap_alloc(struct machine *m, unsigned int order)
{
	uint64_t pages = 1ull << order, pfn;

	if (!m->heap_next)
		m->heap_next = round_up(m->boot_next, 1ull << 20) >> m->page_shift;
	for (pfn = round_up(m->heap_next, pages); pfn + pages <= m->mem.max_pfn; pfn += pages) {
		if (!all_free(m, pfn, pages) || in_scratch(m, pfn, pages))
			continue;
		claim(m, pfn, pages, USE_KERNEL);
		return pfn;
	}
	errx(2, "no free block of order %u is left", order);
}

uint64_t slab_alloc(struct machine *m, uint64_t size, uint64_t align)
{
	uint64_t pa = round_up(m->slab_next, align);

	if (!m->slab_next || pa + size > m->slab_end) {
		unsigned int order = 0;

		while (page_size(m) << order < size)
			order++;
		pa = heap_alloc(m, order) << m->page_shift;
		m->slab_end = pa + (page_size(m) << order);
	}
	m->slab_next = pa + size;
	return pa;
}

void claim(struct machine *m, uint64_t pfn, uint64_t pages, enum use use)
{
	for (uint64_t i = pfn; i < pfn + pages && i < m->memmap_end; i++)
		if (m->use[i] != USE_HOLE)
			m->use[i] = use;
}

void claim_folio(struct machine *m, uint64_t pfn, unsigned int order)
{
	claim(m, pfn, 1ull << order, USE_TAIL);
	claim(m, pfn, 1, USE_HEAD);
	for (uint64_t i = pfn; i < pfn + (1ull << order) && i < m->memmap_end; i++)
		m->orders[i] = order;
}

void label(struct machine *m, uint64_t pa, const char *type, const char *fmt, ...)
{
	va_list ap;

	m->labels = realloc(m->labels, (m->nr_labels + 1) * sizeof(*m->labels));
	if (!m->labels)
		err(1, "labels");
	va_start(ap, fmt);
	vsnprintf(m->labels[m->nr_labels].name, sizeof(m->labels->name), fmt, ap);
	va_end(ap);
	m->labels[m->nr_labels].type = type;
	m->labels[m->nr_labels++].pa = pa;
}

const struct label *find_label(const struct machine *m, const char *name, size_t len)
{
	for (size_t i = 0; i < m->nr_labels; i++)
		if (!strncmp(m->labels[i].name, name, len) && !m->labels[i].name[len])
			return &m->labels[i];
	return NULL;
}

void blocks_add(struct blocks *blocks, struct block block)
{
	blocks->v = realloc(blocks->v, (blocks->n + 1) * sizeof(*blocks->v));
	if (!blocks->v)
		err(1, "blocks");
	blocks->v[blocks->n++] = block;
}

/* ---- variables and structures ---------------------------------------------------------------- */

void variables_place(struct machine *m)
{
	for (size_t i = 0; i < m->lay.nr_vars; i++) {
		struct variable *v = &m->lay.vars[i];

		v->pa = image_alloc(m, v->what.type->size * v->what.count, 16);
		v->va = m->image_va + (v->pa - image_pa(m));
	}
}

static bool find_one(const struct machine *m, const char *path, size_t len, uint64_t *pa,
		     uint64_t *size)
{
	size_t name_len = strcspn(path, ".[|");
	uint64_t index = 0, offset = 0;
	char *name = strndup(path, name_len), *rest = strndup(path + name_len, len - name_len);
	const struct variable *v = layout_var(&m->lay, name);
	bool found = v;

	if (found) {
		char *at_member = rest;

		*size = v->what.type->size * v->what.count;
		if (*rest == '[') {
			index = strtoull(rest + 1, &at_member, 0);
			at_member++;
			*size = v->what.type->size;
		}
		if (*at_member == '.')
			found = layout_find(v->what.type, at_member + 1, &offset, size);
		*pa = v->pa + index * v->what.type->size + offset;
	}
	free(rest);
	free(name);
	return found;
}

bool find_place(const struct machine *m, const char *path, uint64_t *pa, uint64_t *size)
{
	for (;;) {
		size_t len = strcspn(path, "|");

		if (find_one(m, path, len, pa, size))
			return true;
		if (!path[len])
			return false;
		path += len + 1;
	}
}

static uint64_t need_place(const struct machine *m, const char *path, uint64_t *size)
{
	uint64_t pa;

	if (!find_place(m, path, &pa, size))
		errx(2, "this kernel has no %s", path);
	return pa;
}

uint64_t place(const struct machine *m, const char *path)
{
	uint64_t size;

	return need_place(m, path, &size);
}

bool has(const struct machine *m, const char *path)
{
	uint64_t pa, size;

	return find_place(m, path, &pa, &size);
}

uint64_t place_va(const struct machine *m, const char *path)
{
	return va_of(m, place(m, path));
}

void set(struct machine *m, const char *path, uint64_t value)
{
	uint64_t size, pa = need_place(m, path, &size);

	memory_put(&m->mem, pa, value, size);
}

static uint64_t member(const struct machine *m, uint64_t pa, const char *type, const char *path,
		       uint64_t *size)
{
	const struct type *t = layout_type(&m->lay, type);
	uint64_t offset;

	if (!t || !layout_find(t, path, &offset, size))
		errx(2, "this kernel has no %s.%s", type, path);
	return pa + offset;
}

void set_at(struct machine *m, uint64_t pa, const char *type, const char *path, uint64_t value)
{
	uint64_t size, where = member(m, pa, type, path, &size);

	memory_put(&m->mem, where, value, size);
}

uint64_t at(const struct machine *m, uint64_t pa, const char *type, const char *path)
{
	uint64_t size, where = member(m, pa, type, path, &size);

	return memory_get(&m->mem, where, size);
}

void put_text(struct machine *m, uint64_t pa, const char *text)
{
	memory_write(&m->mem, pa, text, strlen(text) + 1);
}

void list_init(struct machine *m, uint64_t head_pa)
{
	memory_put(&m->mem, head_pa, va_of(m, head_pa), 8);
	memory_put(&m->mem, head_pa + 8, va_of(m, head_pa), 8);
}

void list_append(struct machine *m, uint64_t head_pa, uint64_t pa)
{
	uint64_t last = memory_get(&m->mem, head_pa + 8, 8), va = va_of(m, pa);

	memory_put(&m->mem, pa, va_of(m, head_pa), 8);
	memory_put(&m->mem, pa + 8, last, 8);
	memory_put(&m->mem, pa_of(m, last), va, 8);
	memory_put(&m->mem, head_pa + 8, va, 8);
}
