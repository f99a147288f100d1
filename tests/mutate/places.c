// SPDX-License-Identifier: GPL-2.0-or-later
#include "places.h"

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "dump/dumpfile.h"
#include "model.h"

const char *const place_names[NR_PLACES] = {
	"file headers", "symbols and types", "maps and FDTs", "owners", "marked pages",
	"memory map",
};

struct recorder {
	struct khs_dump *inner;
	struct khs_dumpfile file;
	struct places *places;
	enum place_kind kind;
	uint64_t data; /* where page data begins in the file */
};

static void must(struct khs_error *error)
{
	if (error)
		errx(1, "%s", khs_error_message(error));
}

static void add(struct places *p, enum place_kind kind, uint64_t off, uint64_t len)
{
	struct place *last = p->n[kind] ? &p->v[kind][p->n[kind] - 1] : NULL;

	if (last && last->off + last->len == off) {
		last->len += len;
		return;
	}
	if (!khs_array_grow(p->v[kind], p->n[kind], p->cap[kind]))
		err(1, "memory");
	p->v[kind][p->n[kind]++] = (struct place){ off, len };
}

static void record(struct recorder *r, uint64_t pa, uint64_t len)
{
	struct khs_span span;

	for (; len; pa += span.len, len -= span.len) {
		khs_bounds_look(r->file.bounds, pa, len, &span);
		if (span.presence != KHS_PRESENT || !span.plain)
			continue;
		add(r->places, r->kind, span.offset, span.len);
		if (span.offset < r->data)
			r->data = span.offset;
	}
}

static enum khs_presence recorder_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	struct recorder *r = priv;
	enum khs_presence p = khs_dump_read(r->inner, pa, buf, len, done);

	record(r, pa, *done);
	return p;
}

static void recorder_close(void *priv)
{
	struct recorder *r = priv;

	khs_dump_close(r->inner);
	khs_dumpfile_close(&r->file);
}

static struct khs_dump *open_recorded(const char *path, struct recorder *r)
{
	static const struct khs_dump_ops ops = {
		.name = "recorder", .read = recorder_read, .close = recorder_close,
	};
	struct khs_dump *dump = calloc(1, sizeof(*dump));

	if (!dump)
		err(1, "memory");
	r->file = (struct khs_dumpfile)KHS_DUMPFILE_NONE;
	must(khs_dumpfile_open(path, NULL, &r->file));
	must(khs_dump_open(path, NULL, &r->inner));
	*dump = *r->inner;
	r->inner->vmcoreinfo = NULL;
	dump->ops = &ops;
	dump->priv = r;
	return dump;
}

static void read_page(struct khs *k, uint64_t pfn)
{
	uint8_t raw[KHS_PAGE_MAX];

	khs_mem_read_page(&k->mem, pfn, raw);
}

static void read_runs(struct khs *k, const struct khs_runs *runs)
{
	for (size_t i = 0; i < runs->n; i++)
		for (uint64_t n = 0; n < 4 && n < khs_run_pages(&runs->v[i]); n++)
			read_page(k, runs->v[i].pfn + n);
}

struct places places_find(const char *path)
{
	struct places places = { 0 };
	struct recorder r = { .places = &places, .kind = PLACE_FACTS, .data = UINT64_MAX };
	struct khs *k = calloc(1, sizeof(*k));

	if (!k)
		err(1, "memory");
	must(khs_kernel_open(open_recorded(path, &r), NULL, &k->kernel));
	r.kind = PLACE_MODEL;
	must(khs_open_model(k, NULL, &k));
	r.kind = PLACE_MEMMAP;
	must(khs_need_census(k));
	r.kind = PLACE_OWNERS;
	must(khs_need_owners(k));
	r.kind = PLACE_PENDING;
	read_runs(k, &k->census.in);
	read_runs(k, &k->kho.out);
	for (size_t i = 0; i < k->census.nr_suspects; i++)
		read_page(k, k->census.suspects[i].pfn);
	places.end_pfn = k->mem.max_pfn;
	/* Twice: the first blocks matter more than the bitmaps and descriptors behind them. */
	add(&places, PLACE_HEADERS, 0, r.data < 12288 ? r.data : 12288);
	places.n[PLACE_HEADERS] = 1;
	if (!khs_array_grow(places.v[PLACE_HEADERS], 1, places.cap[PLACE_HEADERS]))
		err(1, "memory");
	places.v[PLACE_HEADERS][places.n[PLACE_HEADERS]++] = (struct place){ 0, r.data };
	khs_close(k);
	return places;
}
