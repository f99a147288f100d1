// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_list(): runs unrolled into blocks, and filtered. Streams; keeps nothing. */
#include "base/error.h"
#include "model.h"

struct walk {
	const struct khs *k;
	const struct khs_filter *filter;
	bool (*visit)(void *arg, const struct khs_range *range);
	void *arg;
	uint64_t count;   /* against the limit */
	uint64_t visited; /* between questions for an interrupt */
	bool stop;
	bool before; /* interrupted before the listing: what is known is listed all the same */
	bool cut;    /* ... or in the middle of it */
};

const char *khs_range_state_name(enum khs_range_state state)
{
	static const char *const names[] = {
		[KHS_RANGE_PRESERVED] = "preserved",
		[KHS_RANGE_PENDING] = "pending",
		[KHS_RANGE_DAMAGED] = "damaged",
	};

	return names[state];
}

/* What is left of a run: blocks from @pfn on. */
struct cursor {
	const struct khs_run *run;
	uint64_t pfn, end; /* nothing is left where they are equal */
};

/* The part of the run that the filter lets pass. */
static struct cursor cut(const struct khs_filter *f, const struct khs_run *run)
{
	uint64_t pages = 1ull << run->order;
	struct cursor c = { run, run->pfn, khs_run_end(run) };

	if (f->end && f->end <= run->pfn)
		c.end = run->pfn;
	else if (f->end && f->end < c.end)
		c.end = run->pfn + ((f->end - run->pfn + pages - 1) >> run->order << run->order);
	if (f->start >= c.end)
		c.pfn = c.end;
	else if (f->start > run->pfn)
		c.pfn = run->pfn + ((f->start - run->pfn) >> run->order << run->order);
	return c;
}

/* Of the blocks that come next the first: the lowest, and of those the largest. */
static struct cursor *lowest(struct cursor open[KHS_ORDERS], const struct cursor *but)
{
	struct cursor *found = NULL;

	for (unsigned int o = KHS_ORDERS; o--;) {
		struct cursor *c = &open[o];

		if (c != but && c->pfn < c->end && (!found || c->pfn < found->pfn))
			found = c;
	}
	return found;
}

/* Visits the cursor's blocks below @bound, one at least. */
static void visit_blocks(struct walk *w, struct cursor *c, uint64_t bound,
			 enum khs_direction direction)
{
	const struct khs_filter *f = w->filter;

	do {
		struct khs_range range = {
			.direction = direction,
			.pfn = c->pfn,
			.pages = 1ull << c->run->order,
			.order = c->run->order,
			.node = khs_mem_node(&w->k->mem, c->pfn),
			.state = c->run->state,
		};

		c->pfn += range.pages;
		if (!f->by_node || f->node == range.node)
			w->stop = !w->visit(w->arg, &range) || (f->limit && ++w->count >= f->limit);
		if (!(++w->visited & 0xfff) && khs_kernel_interrupted(&w->k->kernel) && !w->before)
			w->stop = w->cut = true;
	} while (!w->stop && c->pfn < c->end && c->pfn < bound);
}

/*
 * Runs are sorted, but those of different orders may overlap, and their blocks then take turns.
 * Runs of one order never overlap, so one cursor for each order is enough.
 */
static void visit_runs(struct walk *w, const struct khs_runs *runs, enum khs_direction direction)
{
	struct cursor open[KHS_ORDERS] = { { .run = NULL } };
	const struct khs_filter *f = w->filter;
	size_t next = 0;

	while (!w->stop) {
		struct cursor *c = lowest(open, NULL), *other = c ? lowest(open, c) : NULL;
		const struct khs_run *run = next < runs->n ? &runs->v[next] : NULL;
		uint64_t bound = other ? other->pfn : UINT64_MAX;

		if (run && (!c || run->pfn <= c->pfn)) {
			next++;
			if (!f->by_order || f->order == run->order)
				open[run->order] = cut(f, run);
			continue;
		}
		if (!c)
			return;
		visit_blocks(w, c, run && run->pfn < bound ? run->pfn : bound, direction);
	}
}

struct khs_error *khs_list(struct khs *k, const struct khs_filter *filter,
			   bool (*visit)(void *arg, const struct khs_range *range), void *arg)
{
	struct khs_filter f = { 0 };
	struct walk w = { .k = k, .filter = &f, .visit = visit, .arg = arg };
	unsigned int directions;

	if (filter && !khs_take(&f, sizeof(f), filter))
		return khs_error_new(KHS_ERR_USAGE, "khs_filter.size is not set");
	directions = f.directions ? f.directions : KHS_OUT | KHS_IN;
	w.before = khs_interrupted(k);
	if (directions & KHS_OUT)
		visit_runs(&w, &k->kho.out, KHS_OUT);
	if (directions & KHS_IN && !w.stop) {
		struct khs_error *err = khs_need_census(k);

		if (err)
			return err;
		w.before = khs_interrupted(k);
	}
	if (directions & KHS_IN && !w.stop)
		visit_runs(&w, &k->census.in, KHS_IN);
	if (w.cut)
		return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	return NULL;
}
