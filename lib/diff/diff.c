// SPDX-License-Identifier: GPL-2.0-or-later
#include "diff.h"

#include <stdio.h>

#include "../base/error.h"
#include "relation.h"

struct diff {
	struct khs *old, *new;
	bool (*visit)(void *arg, const struct khs_diff_range *range);
	void *arg;
	struct khs_diff_summary *sum;
	enum khs_direction direction; /* of what is compared now */
	struct khs_blocks before, now; /* what is compared, in OLD and in NEW */
	struct khs_blocks again;       /* NEW's outgoing ones */
	struct khs_after after;
	bool judge_pages;              /* a block without its mark: look at its struct pages */
	enum khs_outcome same;         /* of a block that is in both */
	enum khs_outcome gone;         /* of one that is not, if pages are not looked at */
	struct khs_diff_range last;    /* not visited yet */
	bool have_last;
	bool stop;
};

const char *khs_outcome_name(enum khs_outcome outcome)
{
	static const char *const names[] = {
		[KHS_OUTCOME_PENDING] = "pending",
		[KHS_OUTCOME_RESTORED] = "restored",
		[KHS_OUTCOME_FREED] = "freed",
		[KHS_OUTCOME_LATE] = "late",
		[KHS_OUTCOME_DROPPED] = "dropped",
		[KHS_OUTCOME_KEPT] = "kept",
		[KHS_OUTCOME_ADDED] = "added",
		[KHS_OUTCOME_REMOVED] = "removed",
		[KHS_OUTCOME_UNKNOWN] = "unknown",
		[KHS_OUTCOME_REORDERED] = "reordered",
		[KHS_OUTCOME_DAMAGED] = "damaged",
		[KHS_OUTCOME_APPEARED] = "appeared",
		[KHS_OUTCOME_LOST] = "lost",
	};

	return names[outcome];
}

bool khs_outcome_surprises(enum khs_outcome outcome)
{
	return outcome > KHS_OUTCOME_UNKNOWN;
}

const char *khs_relation_name(enum khs_relation relation)
{
	static const char *const names[] = {
		[KHS_RELATION_NONE] = "none",
		[KHS_RELATION_SAME] = "same boot",
		[KHS_RELATION_NEXT] = "next boot",
	};

	return names[relation];
}

/* ---- ranges --------------------------------------------------------------------------------- */

static void flush(struct diff *d)
{
	if (d->have_last && !d->stop)
		d->stop = !d->visit(d->arg, &d->last);
	d->have_last = false;
}

static bool continues(const struct khs_diff_range *a, const struct khs_diff_range *b)
{
	return a->direction == b->direction && a->outcome == b->outcome && a->order == b->order &&
	       a->new_order == b->new_order && a->again == b->again && a->proven == b->proven &&
	       a->node == b->node && a->pfn + a->pages == b->pfn;
}

static void add_range(struct diff *d, const struct khs_diff_range *r)
{
	struct khs_diff_total *total = &d->sum->total[r->outcome];

	total->ranges += r->ranges;
	total->pages += r->pages;
	if (r->again) {
		d->sum->again.ranges += r->ranges;
		d->sum->again.pages += r->pages;
	}
	if (!r->proven &&
	    (r->outcome == KHS_OUTCOME_FREED || r->outcome == KHS_OUTCOME_RESTORED)) {
		d->sum->unproven.ranges += r->ranges;
		d->sum->unproven.pages += r->pages;
	}
	if (d->have_last && continues(&d->last, r)) {
		d->last.ranges += r->ranges;
		d->last.pages += r->pages;
		return;
	}
	flush(d);
	d->last = *r;
	d->have_last = true;
}

/* Blocks [@pfn, @end) of @piece: of one node each by their first page, preserved again or not. */
static void add_blocks(struct diff *d, const struct khs_diff_piece *piece, uint64_t pfn,
		       uint64_t end, bool again)
{
	const struct khs_mem *mem = &d->old->mem;
	uint64_t block = 1ull << piece->order;

	while (pfn < end && !d->stop) {
		const struct khs_extent *e = khs_extents_from(&mem->ram, pfn);
		uint64_t edge = !e ? end : e->start > pfn ? e->start : e->end, next = end;

		if (edge < end)
			next = pfn + ((edge - pfn + block - 1) & ~(block - 1));
		if (next > end || next <= pfn)
			next = end;
		add_range(d, &(struct khs_diff_range){
			.direction = d->direction, .outcome = piece->outcome, .pfn = pfn,
			.pages = next - pfn, .ranges = (next - pfn) >> piece->order,
			.order = piece->order, .new_order = piece->new_order, .again = again,
			.proven = piece->proven, .node = khs_mem_node(mem, pfn),
		});
		pfn = next;
	}
}

/* What is preserved again is what a block of the same order in NEW's outgoing map says of it. */
static struct khs_error *add_piece(void *arg, const struct khs_diff_piece *piece)
{
	struct diff *d = arg;
	const struct khs_extents *again = &d->again.order[piece->order];
	const struct khs_extent *e = khs_extents_from(again, piece->pfn);
	uint64_t pos = piece->pfn;

	for (; e && e < khs_extents_end(again) && e->start < piece->end; e++) {
		uint64_t from = e->start > pos ? e->start : pos;
		uint64_t to = e->end < piece->end ? e->end : piece->end;

		add_blocks(d, piece, pos, from, false);
		add_blocks(d, piece, from, to, true);
		pos = to;
	}
	add_blocks(d, piece, pos, piece->end, false);
	if (khs_kernel_interrupted(&d->new->kernel))
		return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	return NULL;
}

static struct khs_error *put(struct diff *d, enum khs_outcome outcome, uint64_t pfn, uint64_t end,
			     unsigned int order, int new_order)
{
	return add_piece(d, &(struct khs_diff_piece){
		.outcome = outcome, .pfn = pfn, .end = end, .order = order,
		.new_order = new_order, .proven = true });
}

/* ---- what OLD has --------------------------------------------------------------------------- */

/* Blocks that nothing in NEW covers. */
static struct khs_error *put_gone(struct diff *d, uint64_t pfn, uint64_t end, unsigned int order)
{
	if (pfn == end)
		return NULL;
	if (d->judge_pages)
		return khs_after_judge(&d->after, pfn, end, order, add_piece, d);
	return put(d, d->gone, pfn, end, order, -1);
}

/*
 * Blocks of @order in [@pfn, @end), none of which is in NEW with that order. Those that a block of
 * another order touches are told from those that are gone.
 */
static struct khs_error *put_others(struct diff *d, uint64_t pfn, uint64_t end, unsigned int order)
{
	const struct khs_extents *any = &d->now.any;
	const struct khs_extent *e = khs_extents_from(any, pfn);
	uint64_t block = 1ull << order, start = pfn;
	struct khs_error *err = NULL;

	while (pfn < end && !err) {
		uint64_t from = end, to = end;

		if (e && e < khs_extents_end(any) && e->start < end) {
			from = e->start <= pfn ? pfn :
						 start + ((e->start - start) & ~(block - 1));
			to = e->end < end ?
				     start + ((e->end - start + block - 1) & ~(block - 1)) : end;
			e++;
		}
		if (to <= pfn)
			continue;
		if (from < pfn)
			from = pfn;
		err = put_gone(d, pfn, from, order);
		if (!err && from < to)
			err = put(d, KHS_OUTCOME_REORDERED, from, to, order,
				  khs_blocks_over(&d->now, from, to));
		pfn = to;
	}
	return err;
}

/* What was damaged in OLD already is no news. */
static enum khs_outcome outcome_of(const struct diff *d, const struct khs_run *run, int32_t state)
{
	return state == KHS_RANGE_DAMAGED && run->state != KHS_RANGE_DAMAGED ?
		       KHS_OUTCOME_DAMAGED : d->same;
}

static struct khs_error *put_run(struct diff *d, const struct khs_run *run)
{
	const struct khs_extents *same = &d->now.order[run->order];
	const struct khs_extent *e = khs_extents_from(same, run->pfn);
	uint64_t pos = run->pfn, end = khs_run_end(run);
	struct khs_error *err = NULL;

	for (; e && e < khs_extents_end(same) && e->start < end && !err; e++) {
		uint64_t from = e->start > pos ? e->start : pos;
		uint64_t to = e->end < end ? e->end : end;

		err = put_others(d, pos, from, run->order);
		if (!err)
			err = put(d, outcome_of(d, run, e->tag), from, to, run->order, -1);
		pos = to;
	}
	return err ? err : put_others(d, pos, end, run->order);
}

/* ---- what only NEW has ---------------------------------------------------------------------- */

/* Blocks of @run that nothing of d->before touches; what does was said there. */
static struct khs_error *put_new(struct diff *d, const struct khs_run *run,
				 enum khs_outcome outcome)
{
	const struct khs_extents *any = &d->before.any;
	const struct khs_extent *e = khs_extents_from(any, run->pfn);
	uint64_t pos = run->pfn, end = khs_run_end(run), block = 1ull << run->order;
	struct khs_error *err = NULL;

	for (; e && e < khs_extents_end(any) && e->start < end && !err; e++) {
		uint64_t from = e->start <= pos ? pos :
				pos + ((e->start - pos) & ~(block - 1));
		uint64_t to = e->end < end ? pos + ((e->end - pos + block - 1) & ~(block - 1)) :
					     end;

		if (from > pos)
			err = put(d, outcome, pos, from, run->order, -1);
		pos = to;
	}
	return err || pos >= end ? err : put(d, outcome, pos, end, run->order, -1);
}

static struct khs_error *put_all_new(struct diff *d, const struct khs_runs *runs,
				     enum khs_outcome outcome)
{
	struct khs_error *err = NULL;

	for (size_t i = 0; i < runs->n && !err && !d->stop; i++)
		err = put_new(d, &runs->v[i], outcome);
	return err;
}

static struct khs_error *compare(struct diff *d, const struct khs_runs *old,
				 const struct khs_runs *new, enum khs_outcome only_new)
{
	struct khs_error *err = NULL;

	if (!khs_blocks_init(&d->before, old) || !khs_blocks_init(&d->now, new))
		err = khs_enomem();
	for (size_t i = 0; i < old->n && !err && !d->stop; i++)
		err = put_run(d, &old->v[i]);
	if (!err)
		err = put_all_new(d, new, only_new);
	if (!err)
		flush(d);
	khs_blocks_deinit(&d->before);
	khs_blocks_deinit(&d->now);
	return err;
}

/* ---- both ----------------------------------------------------------------------------------- */

/* What was handed to OLD, waited there, and was not preserved once more: it ended with that boot. */
static struct khs_error *put_dropped(struct diff *d)
{
	struct khs_error *err;

	d->direction = KHS_IN;
	khs_blocks_deinit(&d->again);
	d->again = (struct khs_blocks){ .any = { .v = NULL } };
	err = khs_blocks_init(&d->before, &d->old->kho.out) ? NULL : khs_enomem();
	if (!err)
		err = put_all_new(d, &d->old->census.in, KHS_OUTCOME_DROPPED);
	if (!err)
		flush(d);
	khs_blocks_deinit(&d->before);
	return err;
}

/* What OLD had preserved for the next kernel, against what of it NEW has marks of. */
static struct khs_error *compare_boots(struct diff *d)
{
	struct khs_error *err;

	d->direction = KHS_OUT;
	d->judge_pages = true;
	d->same = KHS_OUTCOME_PENDING;
	if (!khs_blocks_init(&d->again, &d->new->kho.out))
		return khs_enomem();
	err = compare(d, &d->old->kho.out, &d->new->census.in, KHS_OUTCOME_LATE);
	return err || d->stop ? err : put_dropped(d);
}

/* What a map that was not read whole does not hold may be in it all the same. */
static struct khs_error *compare_same(struct diff *d)
{
	struct khs_error *err;

	d->same = KHS_OUTCOME_KEPT;
	d->direction = KHS_OUT;
	d->gone = khs_out_complete(d->new) ? KHS_OUTCOME_REMOVED : KHS_OUTCOME_UNKNOWN;
	err = compare(d, &d->old->kho.out, &d->new->kho.out,
		      khs_out_complete(d->old) ? KHS_OUTCOME_ADDED : KHS_OUTCOME_UNKNOWN);
	if (err || d->stop)
		return err;
	d->direction = KHS_IN;
	d->judge_pages = true;
	/* No mark is ever written but at boot. */
	return compare(d, &d->old->census.in, &d->new->census.in,
		       d->old->census.coverage.judged == d->old->census.coverage.pages ?
			       KHS_OUTCOME_APPEARED : KHS_OUTCOME_UNKNOWN);
}

static void doubt(struct khs_diff_summary *sum, const char *text)
{
	if (!sum->doubt[0])
		snprintf(sum->doubt, sizeof(sum->doubt), "%s", text);
}

/* Whether all that decides was there, beside what was said of single blocks. */
static void find_doubts(struct diff *d)
{
	struct khs_diff_summary *sum = d->sum;

	if (!khs_out_complete(d->old))
		doubt(sum, "not all of OLD's outgoing map could be read: more may have become of "
			   "what it preserved");
	if (sum->relation == KHS_RELATION_SAME && !khs_out_complete(d->new))
		doubt(sum, "not all of NEW's outgoing map could be read");
	if (!d->new->mem.layout.has_magic)
		doubt(sum, "the marks of NEW's kernel prove nothing (before Linux 6.18)");
	if (sum->total[KHS_OUTCOME_UNKNOWN].ranges)
		doubt(sum, "part of NEW's struct pages is not in the dump");
	sum->all_judged = !sum->doubt[0];
	for (enum khs_outcome o = 0; o < KHS_NR_OUTCOMES; o++)
		if (khs_outcome_surprises(o) && sum->total[o].ranges)
			sum->surprises = true;
}

/* Neither without its map nor its struct pages is there anything to compare. */
static struct khs_error *comparable(struct khs *k, const char *which)
{
	if (!k->have_mem)
		return khs_error_new(KHS_ERR_NODATA, "%s: no memory map: %s", which, k->mem_error);
	if (k->kho.state != KHS_KHO_ON)
		return khs_error_new(KHS_ERR_NODATA, "%s: %s", which, k->kho.why);
	return khs_need_census(k);
}

static struct khs_error *relate(struct khs *old, struct khs *new, bool force,
				struct khs_diff_summary *sum)
{
	sum->relation = khs_relate(old, new, sum->why, sizeof(sum->why));
	if (sum->relation != KHS_RELATION_NONE)
		return NULL;
	/* Pfns of pages of different sizes have nothing to do with each other. */
	if (!force || old->kernel.page_shift != new->kernel.page_shift)
		return khs_error_new(KHS_ERR_MISMATCH, "%s", sum->why);
	return NULL;
}

struct khs_error *khs_diff(struct khs *old, struct khs *new, const struct khs_diff_options *opts,
			   bool (*visit)(void *arg, const struct khs_diff_range *range), void *arg,
			   struct khs_diff_summary *sum)
{
	struct khs_diff_options o = { 0 };
	struct diff d = { .old = old, .new = new, .visit = visit, .arg = arg, .sum = sum };
	struct khs_error *err;

	*sum = (struct khs_diff_summary){ .relation = KHS_RELATION_NONE };
	if (opts && !khs_take(&o, sizeof(o), opts))
		return khs_error_new(KHS_ERR_USAGE, "khs_diff_options.size is not set");
	err = comparable(old, "OLD");
	if (!err)
		err = comparable(new, "NEW");
	if (!err)
		err = relate(old, new, o.force, sum);
	if (err)
		return err;
	if (!khs_after_init(&d.after, new))
		err = khs_enomem();
	else if (sum->relation == KHS_RELATION_SAME)
		err = compare_same(&d);
	else
		err = compare_boots(&d);
	find_doubts(&d);
	khs_after_deinit(&d.after);
	khs_blocks_deinit(&d.again);
	return err;
}
