// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_gaps(): what could not be judged, and what the dump lacks. Streams; keeps nothing. */
#include "base/error.h"
#include "model.h"

/* Of the dump's tables so much is asked for at a time: between two looks for an interrupt. */
#define STEP (16u << 20)

struct walk {
	struct khs *k;
	bool excluded;
	bool (*visit)(void *arg, const struct khs_gap *gap); /* NULL once it has enough */
	void *arg;
	struct khs_memory_total total;
	struct khs_gap gap; /* of memory, not visited yet; empty if there is none */
};

const char *khs_gap_name(enum khs_gap_kind kind)
{
	static const char *const names[] = {
		[KHS_GAP_PAGES] = "struct-pages",
		[KHS_GAP_OFFLINE] = "offline",
		[KHS_GAP_MEMORY] = "memory",
	};

	return names[kind];
}

static void visit(struct walk *w, const struct khs_gap *gap)
{
	if (w->visit && !w->visit(w->arg, gap))
		w->visit = NULL;
}

static void visit_pfns(struct walk *w, enum khs_gap_kind kind, const struct khs_extent *e,
		       enum khs_presence presence)
{
	unsigned int shift = w->k->kernel.page_shift;
	const struct khs_gap gap = { kind, e->start << shift, e->end << shift, presence };

	visit(w, &gap);
}

static void visit_pages(struct walk *w)
{
	const struct khs_extents *absent = &w->k->census.absent, *sections = &w->k->mem.sections;

	for (size_t i = 0; i < absent->n && w->visit; i++)
		visit_pfns(w, KHS_GAP_PAGES, &absent->v[i], absent->v[i].tag);
	for (size_t i = 0; i < sections->n && w->visit; i++)
		if (!(sections->v[i].tag & KHS_SECTION_ONLINE))
			visit_pfns(w, KHS_GAP_OFFLINE, &sections->v[i], KHS_PRESENT);
}

static uint64_t *total_of(struct khs_memory_total *t, enum khs_presence presence)
{
	switch (presence) {
	case KHS_PRESENT: return &t->present;
	case KHS_EXCLUDED: return &t->excluded;
	case KHS_MISSING: return &t->missing;
	case KHS_DAMAGED: return &t->damaged;
	default: return NULL;
	}
}

static void flush_memory(struct walk *w)
{
	if (w->gap.end)
		visit(w, &w->gap);
	w->gap.end = 0;
}

static void add_memory(struct walk *w, uint64_t pa, uint64_t len, enum khs_presence presence)
{
	uint64_t *total = total_of(&w->total, presence);

	if (total)
		*total += len;
	if (!khs_is_lost(presence) || (presence == KHS_EXCLUDED && !w->excluded))
		return;
	if (w->gap.end == pa && w->gap.presence == presence) {
		w->gap.end += len;
		return;
	}
	flush_memory(w);
	w->gap = (struct khs_gap){ KHS_GAP_MEMORY, pa, pa + len, presence };
}

/* total.known stays false where it does not come to the end. */
static void visit_memory(struct walk *w)
{
	struct khs_kernel *kernel = &w->k->kernel;
	enum khs_presence presence;
	uint64_t end = kernel->dump->end, len;

	for (uint64_t pa = 0, step = 0; pa < end; pa += len, step += len) {
		if (step >= STEP) {
			step = 0;
			if (khs_kernel_interrupted(kernel))
				return;
			khs_kernel_progress(kernel, "memory", pa, end);
		}
		len = end - pa < STEP ? end - pa : STEP;
		if (!khs_dump_look(kernel->dump, pa, len, &presence, &len))
			return;
		add_memory(w, pa, len, presence);
	}
	flush_memory(w);
	w->total.known = end;
}

struct khs_error *khs_gaps(struct khs *k, bool excluded,
			   bool (*visitor)(void *arg, const struct khs_gap *gap), void *arg,
			   struct khs_memory_total *total)
{
	struct walk w = { .k = k, .excluded = excluded, .visit = visitor, .arg = arg };
	struct khs_error *err = khs_need_census(k);

	if (err)
		return err;
	visit_pages(&w);
	visit_memory(&w);
	if (total)
		*total = w.total;
	return NULL;
}
