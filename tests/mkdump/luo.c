// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The live update orchestrator: sessions of files. As kernel/liveupdate/luo_*.c and mm/memfd_luo.c
 * leave it in a kernel that runs (lists), and after serialization (arrays as well). Two forms:
 * luo-v1 of 6.19 to 7.1, an FDT and contiguous arrays; luo-v5 of 7.2, structures in chains of
 * blocks.
 */
#include "kho.h"

#include <err.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fdt.h"
#include "parts.h"

/* luo_session.c:LUO_SESSION_PGCNT, luo_file.c:LUO_FILE_PGCNT of 6.19 */
enum { V1_SESSION_PAGES = 16, V1_FILE_PAGES = 2 };
/* struct kho_block_header_ser: next, count */
enum { BLOCK_HEADER = 16 };

static bool is_v1(const struct machine *m)
{
	return !strcmp(layout_text(&m->lay, "luo"), "luo-v1");
}

/* ---- the case's lines ------------------------------------------------------------------------ */

/* "session NAME" */
void luo_session(struct machine *m, const struct line *line)
{
	struct handover *ho = m->ho;

	ho->sessions = realloc(ho->sessions, (ho->nr_sessions + 1) * sizeof(*ho->sessions));
	if (!ho->sessions)
		err(1, "sessions");
	ho->sessions[ho->nr_sessions++] = (struct luo_session){ .name = line_word(line, 1) };
}

void luo_serialized(struct machine *m, const struct line *line)
{
	(void)line;
	m->ho->luo_serialized = true;
}

/* struct memfd_luo_folio_ser: pfn in 52 bits, flags above, index in the file. */
static void put_folio(struct machine *m, uint64_t pa, uint64_t pfn, uint64_t flags, uint64_t index)
{
	memory_put(&m->mem, pa, pfn | flags << 52, 8);
	memory_put(&m->mem, pa + 8, index, 8);
}

/* The file's folios, preserved, and the vmalloc()ed array that names them: the array's pages. */
static uint64_t *make_folios(struct machine *m, const struct line *line, unsigned int order,
			     size_t n, size_t *pages)
{
	uint64_t per_page = page_size(m) / 16, where = line_number_option(line, 2, "at", 0);
	uint64_t flags = line_number_option(line, 2, "flags", 3), *pfns;

	*pages = (n + per_page - 1) / per_page;
	pfns = calloc(*pages + 1, sizeof(*pfns));
	if (!pfns)
		err(1, "memfd");
	for (size_t i = 0; i < *pages; i++)
		pfns[i] = heap_alloc(m, 0);
	for (size_t i = 0; i < n; i++) {
		uint64_t pfn = where ? where + (i << order) : heap_alloc(m, order);

		claim_folio(m, pfn, order);
		preserve_block(m, pfn, order);
		put_folio(m, (pfns[i / per_page] << m->page_shift) + i % per_page * 16, pfn, flags,
			  i << order);
	}
	return pfns;
}

/* "memfd TOKEN size SIZE [order N] [at PFN] [flags F] [seals S]", of the session above. */
void luo_memfd(struct machine *m, const struct line *line)
{
	struct handover *ho = m->ho;
	struct luo_file file = { .compatible = layout_text(&m->lay, "memfd") };
	unsigned int order = line_number_option(line, 2, "order", 0);
	uint64_t size = line_number_option(line, 2, "size", page_size(m)), *pfns;
	size_t n = (size + (page_size(m) << order) - 1) / (page_size(m) << order), pages;
	struct luo_session *s;

	if (!ho->nr_sessions)
		line_die(line, "a file without a session");
	s = &ho->sessions[ho->nr_sessions - 1];
	file.token = line_number(line, line_word(line, 1));
	pfns = make_folios(m, line, order, n, &pages);
	file.data = alloc_preserved(m, layout_size(&m->lay, "memfd_luo_ser"));
	label(m, file.data, "memfd_luo_ser", "memfd-%llu", (unsigned long long)file.token);
	label(m, pfns[0] << m->page_shift, "memfd_luo_folio_ser", "folios-%llu",
	      (unsigned long long)file.token);
	set_at(m, file.data, "memfd_luo_ser", "size", size);
	set_at(m, file.data, "memfd_luo_ser", "nr_folios", n);
	if (strcmp(file.compatible, "memfd-v1"))
		set_at(m, file.data, "memfd_luo_ser", "seals",
		       line_number_option(line, 2, "seals", 0));
	if (n) {
		vmalloc_preserve(m, pfns, pages, 0,
				 file.data + layout_offset(&m->lay, "memfd_luo_ser", "folios"));
		file.private_data = vmalloc_map(m, pfns, pages, 0);
	}
	s->files = realloc(s->files, (s->nr_files + 1) * sizeof(*s->files));
	if (!s->files)
		err(1, "files");
	s->files[s->nr_files++] = file;
	free(pfns);
}

/* ---- arrays ---------------------------------------------------------------------------------- */

/* Room for entries: in luo-v5 a chain of blocks that a set at @set_pa keeps, in luo-v1 an area. */
struct array {
	struct machine *m;
	bool blocks;
	uint64_t entry;    /* bytes */
	uint64_t first;    /* physical; of the chain, or of the area */
	uint64_t block, n; /* the last block, and entries in it; of the area all entries */
	uint64_t total;
};

static uint64_t per_block(const struct array *a)
{
	return (page_size(a->m) - BLOCK_HEADER) / a->entry;
}

/* kho_block_set_grow() */
static void add_block(struct array *a, uint64_t set_pa)
{
	struct machine *m = a->m;
	uint64_t ser = alloc_preserved(m, page_size(m));
	uint64_t block = slab_alloc(m, layout_size(&m->lay, "kho_block"), 16);
	uint64_t head = set_pa + layout_offset(&m->lay, "kho_block_set", "blocks");

	set_at(m, block, "kho_block", "ser", direct_va(m, ser));
	list_append(m, head, block);
	set_at(m, set_pa, "kho_block_set", "nblocks",
	       at(m, set_pa, "kho_block_set", "nblocks") + 1);
	if (a->first) {
		memory_put(&m->mem, a->block, ser, 8);
	} else {
		a->first = ser;
		set_at(m, set_pa, "kho_block_set", "head_pa", ser);
	}
	a->block = ser;
	a->n = 0;
}

/* Where the next entry goes. @set_pa: the kho_block_set. */
static uint64_t next_entry(struct array *a, uint64_t set_pa)
{
	a->total++;
	if (!a->blocks)
		return a->first + a->n++ * a->entry;
	if (!a->block || a->n == per_block(a))
		add_block(a, set_pa);
	if (a->m->ho->luo_serialized)
		memory_put(&a->m->mem, a->block + 8, a->n + 1, 8);
	return a->block + BLOCK_HEADER + a->n++ * a->entry;
}

static void init_set(struct machine *m, uint64_t set_pa, uint64_t entry)
{
	uint64_t head = set_pa + layout_offset(&m->lay, "kho_block_set", "blocks");

	list_init(m, head);
	set_at(m, set_pa, "kho_block_set", "entry_size", entry);
	set_at(m, set_pa, "kho_block_set", "count_per_block",
	       (page_size(m) - BLOCK_HEADER) / entry);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void write_file(struct machine *m, const struct luo_file *f, uint64_t list, uint64_t entry)
{
	uint64_t pa = slab_alloc(m, layout_size(&m->lay, "luo_file"), 64);
	uint64_t link = pa + layout_offset(&m->lay, "luo_file", "list");

	label(m, pa, "luo_file", "file-%llu", (unsigned long long)f->token);
	set_at(m, pa, "luo_file", "fh", place_va(m, "memfd_luo_handler"));
	set_at(m, pa, "luo_file", "file", direct_va(m, slab_alloc(m, 192, 64)));
	set_at(m, pa, "luo_file", "serialized_data", f->data);
	set_at(m, pa, "luo_file", "private_data", f->private_data);
	set_at(m, pa, "luo_file", "token", f->token);
	list_append(m, list, link);
	if (!m->ho->luo_serialized)
		return;
	put_text(m, entry, f->compatible);
	set_at(m, entry, "luo_file_ser", "data", f->data);
	set_at(m, entry, "luo_file_ser", "token", f->token);
}

/* Returns the physical address of what holds the entries. */
static uint64_t write_files(struct machine *m, const struct luo_session *s, uint64_t file_set)
{
	uint64_t list = file_set + layout_offset(&m->lay, "luo_file_set", "files_list"), set_pa = 0;
	struct array a = {
		.m = m, .blocks = !is_v1(m), .entry = layout_size(&m->lay, "luo_file_ser"),
	};

	list_init(m, list);
	if (a.blocks) {
		set_pa = file_set + layout_offset(&m->lay, "luo_file_set", "block_set");
		init_set(m, set_pa, a.entry);
	} else if (s->nr_files) {
		a.first = alloc_preserved(m, V1_FILE_PAGES * page_size(m));
		set_at(m, file_set, "luo_file_set", "files", direct_va(m, a.first));
	}
	for (size_t i = 0; i < s->nr_files; i++)
		write_file(m, &s->files[i], list, next_entry(&a, set_pa));
	set_at(m, file_set, "luo_file_set", "count", s->nr_files);
	return a.first;
}

/* ---- sessions -------------------------------------------------------------------------------- */

static void write_session(struct machine *m, const struct luo_session *s, uint64_t list,
			  uint64_t entry)
{
	uint64_t pa = slab_alloc(m, layout_size(&m->lay, "luo_session"), 64), files;
	uint64_t link = pa + layout_offset(&m->lay, "luo_session", "list");

	label(m, pa, "luo_session", "session-%s", s->name);
	put_text(m, pa, s->name);
	list_append(m, list, link);
	files = write_files(m, s, pa + layout_offset(&m->lay, "luo_session", "file_set"));
	if (!m->ho->luo_serialized)
		return;
	put_text(m, entry, s->name);
	set_at(m, entry, "luo_session_ser", "file_set_ser.files", files);
	set_at(m, entry, "luo_session_ser", "file_set_ser.count", s->nr_files);
}

static void write_sessions(struct machine *m, struct array *a, uint64_t header)
{
	uint64_t list = header + layout_offset(&m->lay, "luo_session_header", "list"), set_pa = 0;

	if (a->blocks)
		set_pa = header + layout_offset(&m->lay, "luo_session_header", "block_set");
	for (size_t i = 0; i < m->ho->nr_sessions; i++)
		write_session(m, &m->ho->sessions[i], list, next_entry(a, set_pa));
	set_at(m, header, "luo_session_header", "count", m->ho->nr_sessions);
	set_at(m, header, "luo_session_header", "active", 1);
}

static uint64_t init_header(struct machine *m, const char *which)
{
	char path[64];
	uint64_t pa, list;

	snprintf(path, sizeof(path), "luo_session_global.%s", which);
	pa = place(m, path);
	list = pa + layout_offset(&m->lay, "luo_session_header", "list");
	list_init(m, list);
	return pa;
}

/* One page of struct luo_flb_ser; none here. */
static uint64_t flb_page(struct machine *m)
{
	uint64_t pa = alloc_preserved(m, page_size(m));

	memory_put(&m->mem, pa, 1, 8);
	return pa;
}

static void write_v5(struct machine *m)
{
	uint64_t ser = alloc_preserved(m, layout_size(&m->lay, "luo_ser")), header;
	struct array a = {
		.m = m, .blocks = true, .entry = layout_size(&m->lay, "luo_session_ser"),
	};

	label(m, ser, "luo_ser", "luo");
	put_text(m, ser, layout_text(&m->lay, "luo"));
	set_at(m, ser, "luo_ser", "liveupdate_num", m->ho->kexec_count + 1);
	set_at(m, ser, "luo_ser", "flbs_pa", flb_page(m));
	set(m, "luo_global.luo_ser_out", direct_va(m, ser));
	subtree_add(m, "LUO", ser, layout_size(&m->lay, "luo_ser"));
	header = init_header(m, "outgoing");
	init_set(m, header + layout_offset(&m->lay, "luo_session_header", "block_set"), a.entry);
	set_at(m, header, "luo_session_header", "sessions_pa",
	       direct_va(m, ser + layout_offset(&m->lay, "luo_ser", "sessions_pa")));
	write_sessions(m, &a, header);
	if (m->ho->luo_serialized)
		set_at(m, ser, "luo_ser", "sessions_pa", a.first);
}

static int put_v1_node(void *fdt, const char *name, const char *compatible, const char *property,
		       uint64_t pa)
{
	int bad = fdt_begin_node(fdt, name);

	bad |= fdt_property_string(fdt, "compatible", compatible);
	bad |= fdt_property(fdt, property, &pa, 8);
	return bad | fdt_end_node(fdt);
}

static void write_v1_fdt(struct machine *m, uint64_t sessions)
{
	uint64_t number = m->ho->kexec_count + 1;
	void *fdt = fdt_open(m, layout_text(&m->lay, "luo"));
	int bad = fdt_property(fdt, "liveupdate-number", &number, 8);
	bad |= put_v1_node(fdt, "luo-session", "luo-session-v2", "luo-session-header", sessions);
	if (machine_setting(m, "luo_flb", 0))
		bad |= put_v1_node(fdt, "luo-flb", "luo-flb-v1", "luo-flb-header", flb_page(m));
	fdt_close(fdt, bad, "LUO FDT");
	subtree_add_fdt(m, "LUO", fdt);
	set(m, "luo_global.fdt_out",
	    direct_va(m, m->ho->subtrees[m->ho->nr_subtrees - 1].pa));
	free(fdt);
}

static void write_v1(struct machine *m)
{
	uint64_t area = alloc_preserved(m, V1_SESSION_PAGES * page_size(m)), header;
	struct array a = {
		.m = m, .entry = layout_size(&m->lay, "luo_session_ser"), .first = area + 8,
	};

	header = init_header(m, "outgoing");
	set_at(m, header, "luo_session_header", "header_ser", direct_va(m, area));
	set_at(m, header, "luo_session_header", "ser", direct_va(m, area + 8));
	write_v1_fdt(m, area);
	write_sessions(m, &a, header);
	if (m->ho->luo_serialized)
		memory_put(&m->mem, area, m->ho->nr_sessions, 8);
}

/* luo_early_startup() and on: LUO is there if the case has a session. */
void luo_finish(struct machine *m)
{
	uint64_t handler, list;

	if (!m->ho->nr_sessions)
		return;
	set(m, "luo_global.enabled", 1);
	set(m, "luo_global.liveupdate_num", m->ho->kexec_count);
	handler = place(m, "memfd_luo_handler");
	put_text(m, handler + layout_offset(&m->lay, "liveupdate_file_handler", "compatible"),
		 layout_text(&m->lay, "memfd"));
	list = init_header(m, "incoming");
	if (is_v1(m)) {
		write_v1(m);
	} else {
		init_set(m, list + layout_offset(&m->lay, "luo_session_header", "block_set"),
			 layout_size(&m->lay, "luo_session_ser"));
		write_v5(m);
	}
}
