// SPDX-License-Identifier: GPL-2.0-or-later
#include "statements.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kho.h"
#include "lies.h"

/* ---- the machine ----------------------------------------------------------------------------- */

static void do_machine(struct machine *m, const struct line *line)
{
	uint64_t size = line_number_option(line, 2, "page", 4096);

	m->arch = arch_find(line_word(line, 1));
	if (!m->arch)
		line_die(line, "no machine %s", line->words[1]);
	if (size < 4096 || size > 65536 || size & (size - 1))
		line_die(line, "pages of %llu bytes", (unsigned long long)size);
	m->page_shift = __builtin_ctzll(size);
}

static int by_start(const void *a, const void *b)
{
	const struct region *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static void add_region(struct machine *m, struct region r)
{
	m->regions = realloc(m->regions, (m->nr_regions + 1) * sizeof(*m->regions));
	if (!m->regions)
		err(1, "regions");
	m->regions[m->nr_regions++] = r;
	qsort(m->regions, m->nr_regions, sizeof(*m->regions), by_start);
}

/* "node N RANGE..." */
static void do_node(struct machine *m, const struct line *line)
{
	struct region r = { .node = line_number(line, line_word(line, 1)) };

	if (r.node >= MAX_NODES)
		line_die(line, "no node %u", r.node);
	if (r.node >= m->nr_nodes)
		m->nr_nodes = r.node + 1;
	for (unsigned int i = 2; i < line->n; i++) {
		line_range(line, line->words[i], &r.start, &r.end);
		r.start >>= m->page_shift;
		r.end >>= m->page_shift;
		add_region(m, r);
	}
}

static void cut_hole(struct machine *m, uint64_t start, uint64_t end)
{
	size_t n = m->nr_regions;

	for (size_t i = 0; i < n; i++) {
		struct region *r = &m->regions[i], rest = *r;

		if (end <= r->start || start >= r->end)
			continue;
		rest.start = end;
		if (start > r->start)
			r->end = start;
		else
			*r = (struct region){ .start = end, .end = r->end, .node = r->node };
		if (start > rest.start || rest.start >= rest.end || start <= m->regions[i].start)
			continue;
		add_region(m, rest);
	}
}

/* "hole RANGE" */
static void do_hole(struct machine *m, const struct line *line)
{
	uint64_t start, end;

	line_range(line, line_word(line, 1), &start, &end);
	cut_hole(m, start >> m->page_shift, end >> m->page_shift);
}

static void do_set(struct machine *m, const struct line *line)
{
	layout_set(&m->lay, line_word(line, 1), line_word(line, 2));
}

static void set_number(struct machine *m, const char *key, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	layout_set(&m->lay, key, text);
}

/* asm/sparsemem.h, SPARSEMEM_EXTREME's roots, and enum kho_radix_consts. */
static void derive_settings(struct machine *m)
{
	unsigned int s = m->page_shift, section = m->arch->aarch64 && s == 16 ? 29 : 27;
	unsigned int phys = m->arch->aarch64 ? 48 : 46, key = 64 - s + 1;
	uint64_t per_root = (1ull << s) / 16, sections = 1ull << (phys - section);

	set_number(m, "PAGE", 1ull << s);
	set_number(m, "SECTION_SIZE_BITS", section);
	set_number(m, "MAX_PHYSMEM_BITS", phys);
	set_number(m, "SECTION_ROOTS", (sections + per_root - 1) / per_root);
	set_number(m, "DEPTH", (key - (s + 3) + (s - 3) - 1) / (s - 3) + 1);
}

/* "kernel LAYOUT" */
static void do_kernel(struct machine *m, const struct line *line)
{
	const char *folder = layout_text(&m->lay, "layouts");

	derive_settings(m);
	layout_read(&m->lay, folder, line_word(line, 1));
}

/* ---- what the kernel doesn't tell ------------------------------------------------------------ */

static void hide_kho(struct machine *m)
{
	m->ho->absent = true;
	for (size_t i = 0; i < m->lay.nr_types; i++)
		m->lay.types[i]->hidden |= strstr(m->lay.types[i]->name, "kho") ||
					   strstr(m->lay.types[i]->name, "luo");
	for (size_t i = 0; i < m->lay.nr_vars; i++)
		m->lay.vars[i].hidden |= strstr(m->lay.vars[i].name, "kho_") ||
					 strstr(m->lay.vars[i].name, "luo_");
	for (size_t i = 0; i < m->lay.nr_enums; i++)
		m->lay.enums[i].hidden |= !strncmp(m->lay.enums[i].name, "KHO_", 4);
}

static void hide(struct machine *m, const struct line *line, const char *kind, const char *name)
{
	if (!strcmp(kind, "symbol") && layout_var(&m->lay, name))
		layout_var(&m->lay, name)->hidden = true;
	else if (!strcmp(kind, "type") && layout_type(&m->lay, name))
		layout_type(&m->lay, name)->hidden = true;
	else if (!strcmp(kind, "enumerator") && layout_enum(&m->lay, name))
		layout_enum(&m->lay, name)->hidden = true;
	else
		line_die(line, "this kernel has no %s %s", kind, name);
}

/* "without kho|kallsyms|btf|vmcoreinfo", "without symbol|type|enumerator NAME" */
static void do_without(struct machine *m, const struct line *line)
{
	const char *what = line_word(line, 1);

	if (!strcmp(what, "kho"))
		hide_kho(m);
	else if (!strcmp(what, "kallsyms"))
		m->no_kallsyms = true;
	else if (!strcmp(what, "btf"))
		m->no_btf = true;
	else if (!strcmp(what, "vmcoreinfo"))
		m->no_vmcoreinfo = true;
	else
		hide(m, line, what, line_word(line, 2));
}

/* "processor own|ADDRESS": one that QEMU says used the kernel's own page tables, or those there. */
static void do_processor(struct machine *m, const struct line *line)
{
	const char *where = line_word(line, 1);

	if (m->nr_cr3 == sizeof(m->cr3) / sizeof(m->cr3[0]))
		line_die(line, "too many processors");
	m->cr3[m->nr_cr3++] = strcmp(where, "own") ? line_number(line, where) : m->page_root;
}

/* ---- pages ----------------------------------------------------------------------------------- */

/* "scratch RANGE": the next area; "scratch none": one of no size */
static void do_scratch(struct machine *m, const struct line *line)
{
	uint64_t start = 0, end = 0;

	if (strcmp(line_word(line, 1), "none"))
		line_range(line, line->words[1], &start, &end);
	m->scratch_bytes = realloc(m->scratch_bytes,
				   (m->scratch.n + 1) * sizeof(*m->scratch_bytes));
	if (!m->scratch_bytes)
		err(1, "scratch");
	m->scratch_bytes[m->scratch.n] = end - start;
	blocks_add(&m->scratch, (struct block){ .pfn = start >> m->page_shift });
}

static struct block block_of(const struct line *line)
{
	return (struct block){
		.pfn = line_number(line, line_word(line, 1)),
		.order = line_number_option(line, 2, "order", 0),
		.late = line_has(line, "late"),
	};
}

/* "preserve PFN [order N] [folio|free] [late] [orphan]"; "preserve PFN pages COUNT" */
static void do_preserve(struct machine *m, const struct line *line)
{
	uint64_t pages = line_number_option(line, 2, "pages", 0);
	struct block b = block_of(line);

	m->ho->driver |= !line_has(line, "orphan");
	if (line_has(line, "folio"))
		claim_folio(m, b.pfn, b.order);
	else if (!line_has(line, "free"))
		claim(m, b.pfn, pages ? pages : 1ull << b.order, USE_KERNEL);
	if (pages)
		preserve_pages(m, b.pfn, pages);
	else
		blocks_add(&m->preserved, b);
}

/* "pending PFN [order N] [orphan]" */
static void do_pending(struct machine *m, const struct line *line)
{
	struct block b = block_of(line);

	m->ho->driver |= !line_has(line, "orphan");
	claim(m, b.pfn, 1ull << b.order, USE_PENDING);
	blocks_add(&m->pending, b);
}

static void use_block(struct machine *m, const struct line *line, enum use use)
{
	struct block b = block_of(line);

	if (line_has(line, "folio"))
		claim_folio(m, b.pfn, b.order);
	else
		claim(m, b.pfn, 1ull << b.order, use);
}

/* "restored PFN [order N] [folio]" */
static void do_restored(struct machine *m, const struct line *line)
{
	use_block(m, line, USE_RESTORED);
}

/* "used PFN [order N] [folio]": allocated, by whom doesn't matter */
static void do_used(struct machine *m, const struct line *line)
{
	use_block(m, line, USE_KERNEL);
}

/* "handover from RELEASE [count N]" */
static void do_handover(struct machine *m, const struct line *line)
{
	const char *from = line_option(line, 1, "from");

	m->ho->boot = true;
	m->ho->previous_release = from ? from : layout_text(&m->lay, "release");
	m->ho->kexec_count = line_number_option(line, 1, "count", 1);
}

/* "kho off|failed|finalized" */
static void do_kho(struct machine *m, const struct line *line)
{
	const char *state = line_word(line, 1);

	if (!strcmp(state, "off"))
		m->ho->off = true;
	else if (!strcmp(state, "failed"))
		m->ho->failed = true;
	else if (!strcmp(state, "finalized"))
		m->ho->finalized = true;
	else
		line_die(line, "kho %s?", state);
}

static void do_image(struct machine *m, const struct line *line)
{
	(void)line;
	m->ho->image = true;
}

/* ---- the dump -------------------------------------------------------------------------------- */

/* "format elf|kdump [none|zlib|lzo|snappy|zstd] [flattened] [split N] [incomplete] [nameless]" */
static void do_format(struct machine *m, const struct line *line)
{
	m->style.elf = !strcmp(line_word(line, 1), "elf");
	if (!m->style.elf && strcmp(line->words[1], "kdump"))
		line_die(line, "no format %s", line->words[1]);
	for (unsigned int i = 2; i < line->n; i++)
		if (dump_codec(line->words[i]))
			m->style.codec = dump_codec(line->words[i]);
	m->style.flatten = line_has(line, "flattened");
	m->style.incomplete = line_has(line, "incomplete");
	m->style.utsname = line_has(line, "nameless") ? "none" : "full";
	m->parts = line_number_option(line, 2, "split", 0);
}

static void set_state(struct machine *m, uint64_t pa, uint64_t end, enum page_state state)
{
	for (uint64_t pfn = pa >> m->page_shift; pfn << m->page_shift < end; pfn++)
		if (pfn < m->mem.max_pfn && m->mem.state[pfn] == PRESENT)
			m->mem.state[pfn] = state;
}

static void drop_zero(struct machine *m, enum page_state state)
{
	uint8_t *page = malloc(page_size(m));

	if (!page)
		err(1, "page");
	for (uint64_t pfn = 0; pfn < m->mem.max_pfn; pfn++) {
		if (m->mem.state[pfn] != PRESENT)
			continue;
		memory_read_page(&m->mem, pfn, page);
		if (!page[0] && !memcmp(page, page + 1, page_size(m) - 1))
			m->mem.state[pfn] = state;
	}
	free(page);
}

static void drop_free(struct machine *m, enum page_state state)
{
	for (uint64_t pfn = 0; pfn < m->mem.max_pfn; pfn++)
		if (m->mem.state[pfn] == PRESENT && m->use[pfn] == USE_FREE)
			m->mem.state[pfn] = state;
}

/* "RANGE" (physical), "zero", "free", "struct pages RANGE-OF-PFNS", "memory of POINTER [SIZE]" */
static void drop(struct machine *m, const struct line *line, enum page_state state)
{
	const char *what = line_word(line, 1);
	uint64_t start, end;

	if (!strcmp(what, "zero"))
		return drop_zero(m, state);
	if (!strcmp(what, "free"))
		return drop_free(m, state);
	if (!strcmp(what, "memmap")) {
		line_range(line, line_word(line, 2), &start, &end);
		return set_state(m, page_pa(m, start), page_pa(m, end - 1), state);
	}
	if (*what == '*') {
		start = pa_of(m, memory_get(&m->mem, place(m, what + 1), 8));
		return set_state(m, start, start + 1, state);
	}
	line_range(line, what, &start, &end);
	set_state(m, start, end, state);
}

static void do_exclude(struct machine *m, const struct line *line)
{
	drop(m, line, EXCLUDED);
}

static void do_lose(struct machine *m, const struct line *line)
{
	drop(m, line, LOST);
}

/* "truncate BYTES|PERCENT%" */
static void do_truncate(struct machine *m, const struct line *line)
{
	m->style.truncate = line_word(line, 1);
}

/* "damage SEED,COUNT[,FROM-TO]" */
static void do_damage(struct machine *m, const struct line *line)
{
	m->style.damage = line_word(line, 1);
}

/* "expect ...": what tests/synthetic.sh checks */
static void do_nothing(struct machine *m, const struct line *line)
{
	(void)m;
	(void)line;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static const struct statement {
	const char *word;
	enum phase phase;
	void (*run)(struct machine *m, const struct line *line);
} statements[] = {
	{ "machine", PHASE_ARCH, do_machine },
	{ "node", PHASE_MACHINE, do_node },
	{ "hole", PHASE_MACHINE, do_hole },
	{ "set", PHASE_SET, do_set },
	{ "kernel", PHASE_KERNEL, do_kernel },
	{ "without", PHASE_HIDE, do_without },
	{ "kho", PHASE_HIDE, do_kho },
	{ "handover", PHASE_HIDE, do_handover },
	{ "image", PHASE_HIDE, do_image },
	{ "scratch", PHASE_PAGES, do_scratch },
	{ "preserve", PHASE_PAGES, do_preserve },
	{ "pending", PHASE_PAGES, do_pending },
	{ "restored", PHASE_PAGES, do_restored },
	{ "used", PHASE_PAGES, do_used },
	{ "subtree", PHASE_OWNERS, owner_subtree },
	{ "vmalloc", PHASE_OWNERS, owner_vmalloc },
	{ "reserve_mem", PHASE_OWNERS, owner_reserve_mem },
	{ "kho_test", PHASE_OWNERS, owner_kho_test },
	{ "session", PHASE_OWNERS, luo_session },
	{ "memfd", PHASE_OWNERS, luo_memfd },
	{ "serialized", PHASE_OWNERS, luo_serialized },
	{ "poke", PHASE_LIES, lie_poke },
	{ "page", PHASE_LIES, lie_page },
	{ "garbage", PHASE_LIES, lie_garbage },
	{ "radix", PHASE_LIES, lie_radix },
	{ "processor", PHASE_DUMP, do_processor },
	{ "format", PHASE_DUMP, do_format },
	{ "exclude", PHASE_DUMP, do_exclude },
	{ "lose", PHASE_DUMP, do_lose },
	{ "truncate", PHASE_DUMP, do_truncate },
	{ "damage", PHASE_DUMP, do_damage },
	{ "expect", PHASE_DUMP, do_nothing },
};

static const struct statement *find(const struct line *line)
{
	for (size_t i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
		if (!strcmp(statements[i].word, line->words[0]))
			return &statements[i];
	line_die(line, "no such thing: %s", line->words[0]);
}

void statements_run(struct machine *m, const struct lines *lines, enum phase phase)
{
	bool last_first = phase == PHASE_SET || phase == PHASE_KERNEL;

	for (size_t i = 0; i < lines->n; i++) {
		const struct line *line = &lines->v[last_first ? lines->n - 1 - i : i];
		const struct statement *s = find(line);

		if (s->phase != phase)
			continue;
		s->run(m, line);
		if (phase == PHASE_KERNEL)
			return;
	}
}

void statements_check(const struct lines *lines)
{
	for (size_t i = 0; i < lines->n; i++)
		find(&lines->v[i]);
}
