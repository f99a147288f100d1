// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_list(): runs unrolled into blocks, and filtered. Streams; keeps nothing. */
#include "base/error.h"
#include "model.h"

struct walk {
	const struct khs *k;
	const struct khs_filter *filter;
	bool (*visit)(void *arg, const struct khs_range *range);
	void *arg;
	uint64_t count;
	bool stop;
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

static void visit_run(struct walk *w, const struct khs_run *run, enum khs_direction direction,
		      enum khs_range_state state)
{
	const struct khs_filter *f = w->filter;
	uint64_t pages = 1ull << run->order, first = 0, count = run->count;

	if (f->by_order && f->order != run->order)
		return;
	if (f->end) {
		if (f->end <= run->pfn || f->start >= khs_run_end(run))
			return;
		if (f->start > run->pfn)
			first = (f->start - run->pfn) >> run->order;
		if (f->end < khs_run_end(run))
			count = (f->end - run->pfn + pages - 1) >> run->order;
	}
	for (uint64_t i = first; i < count && !w->stop; i++) {
		struct khs_range range = {
			.direction = direction,
			.pfn = run->pfn + (i << run->order),
			.pages = pages,
			.order = run->order,
			.state = state,
		};

		range.node = khs_mem_node(&w->k->mem, range.pfn);
		if (f->by_node && f->node != range.node)
			continue;
		w->stop = !w->visit(w->arg, &range) || (f->limit && ++w->count >= f->limit);
		if (!(i & 0xfff) && khs_kernel_interrupted(&w->k->kernel))
			w->stop = true;
	}
}

struct khs_error *khs_list(struct khs *k, const struct khs_filter *filter,
			   bool (*visit)(void *arg, const struct khs_range *range), void *arg)
{
	static const struct khs_filter all = { .size = sizeof(all) };
	struct walk w = { .k = k, .filter = filter ? filter : &all, .visit = visit, .arg = arg };
	unsigned int directions = w.filter->directions ? w.filter->directions : KHS_OUT | KHS_IN;

	for (size_t i = 0; directions & KHS_OUT && i < k->kho.out.n && !w.stop; i++)
		visit_run(&w, &k->kho.out.v[i], KHS_OUT, KHS_RANGE_PRESERVED);
	if (directions & KHS_IN && !w.stop) {
		struct khs_error *err = khs_need_census(k);

		if (err)
			return err;
	}
	for (size_t i = 0; directions & KHS_IN && i < k->census.in.n && !w.stop; i++)
		visit_run(&w, &k->census.in.v[i], KHS_IN, k->census.in.v[i].state);
	if (khs_kernel_interrupted(&k->kernel))
		return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	return NULL;
}
