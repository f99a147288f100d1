// SPDX-License-Identifier: GPL-2.0-or-later
#include "diff.h"

#include <stdio.h>

#include "../base/error.h"
#include "ranges.h"
#include "relation.h"

struct diff {
	struct khs *old, *new;
	struct khs_diff_summary *sum;
	struct khs_diff_ranges ranges;
	struct khs_blocks before, now; /* what is compared, in OLD and in NEW */
	struct khs_after after;
	bool judge_pages;              /* a block without its mark: look at its struct pages */
	enum khs_outcome same;         /* of a block that is in both */
	enum khs_outcome gone;         /* of one that is not, if pages are not looked at */
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

static void put(struct diff *d, enum khs_outcome outcome, uint64_t pfn, uint64_t end,
		unsigned int order, int new_order)
{
	khs_diff_ranges_put(&d->ranges, &(struct khs_diff_piece){
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
		return khs_after_judge(&d->after, pfn, end, order, khs_diff_ranges_put,
				       &d->ranges);
	put(d, d->gone, pfn, end, order, -1);
	return NULL;
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
			put(d, KHS_OUTCOME_REORDERED, from, to, order,
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
			put(d, outcome_of(d, run, e->tag), from, to, run->order, -1);
		pos = to;
	}
	return err ? err : put_others(d, pos, end, run->order);
}

/* ---- what only NEW has ---------------------------------------------------------------------- */

/* Blocks of @run that nothing of d->before touches; what does was said there. */
static void put_new(struct diff *d, const struct khs_run *run, enum khs_outcome outcome)
{
	const struct khs_extents *any = &d->before.any;
	const struct khs_extent *e = khs_extents_from(any, run->pfn);
	uint64_t pos = run->pfn, end = khs_run_end(run), block = 1ull << run->order;

	for (; e && e < khs_extents_end(any) && e->start < end; e++) {
		uint64_t from = e->start <= pos ? pos :
				pos + ((e->start - pos) & ~(block - 1));
		uint64_t to = e->end < end ? pos + ((e->end - pos + block - 1) & ~(block - 1)) :
					     end;

		if (from > pos)
			put(d, outcome, pos, from, run->order, -1);
		pos = to;
	}
	if (pos < end)
		put(d, outcome, pos, end, run->order, -1);
}

static const struct khs_runs *runs_of(const struct khs *k, enum khs_direction direction)
{
	return direction == KHS_OUT ? &k->kho.out : &k->census.in;
}

static void put_all_new(struct diff *d, const struct khs_runs *runs, enum khs_outcome outcome)
{
	for (size_t i = 0; i < runs->n && !d->ranges.stop; i++)
		put_new(d, &runs->v[i], outcome);
}

/* @old of OLD against @new of NEW; what only NEW has became @only_new. */
static struct khs_error *compare(struct diff *d, enum khs_direction old, enum khs_direction new,
				 enum khs_outcome only_new)
{
	const struct khs_runs *were = runs_of(d->old, old), *are = runs_of(d->new, new);
	struct khs_error *err = NULL;

	if (!khs_blocks_init(&d->before, were) || !khs_blocks_init(&d->now, are) ||
	    !khs_diff_ranges_begin(&d->ranges, old, new))
		err = khs_enomem();
	for (size_t i = 0; i < were->n && !err && !d->ranges.stop; i++)
		err = put_run(d, &were->v[i]);
	if (!err)
		put_all_new(d, are, only_new);
	khs_diff_ranges_end(&d->ranges);
	khs_blocks_deinit(&d->before);
	khs_blocks_deinit(&d->now);
	return err;
}

/* ---- both ----------------------------------------------------------------------------------- */

/* What a map that was not read @whole does not hold may be in it all the same. */
static enum khs_outcome only_if(bool whole, enum khs_outcome outcome)
{
	return whole ? outcome : KHS_OUTCOME_UNKNOWN;
}

/* What was handed to OLD, waited there, and was not preserved once more ended with that boot. */
static struct khs_error *put_dropped(struct diff *d)
{
	struct khs_error *err = NULL;

	khs_blocks_deinit(&d->ranges.again);
	d->ranges.again = (struct khs_blocks){ .any = { .v = NULL } };
	if (!khs_blocks_init(&d->before, &d->old->kho.out) ||
	    !khs_diff_ranges_begin(&d->ranges, KHS_IN, KHS_IN))
		err = khs_enomem();
	if (!err)
		put_all_new(d, &d->old->census.in, only_if(khs_out_complete(d->old),
							   KHS_OUTCOME_DROPPED));
	khs_diff_ranges_end(&d->ranges);
	khs_blocks_deinit(&d->before);
	return err;
}

/* What OLD had preserved for the next kernel, against what of it NEW has marks of. */
static struct khs_error *compare_boots(struct diff *d)
{
	struct khs_error *err;

	d->judge_pages = true;
	d->same = KHS_OUTCOME_PENDING;
	if (!khs_blocks_init(&d->ranges.again, &d->new->kho.out))
		return khs_enomem();
	err = compare(d, KHS_OUT, KHS_IN, only_if(khs_out_complete(d->old), KHS_OUTCOME_LATE));
	return err || d->ranges.stop ? err : put_dropped(d);
}

static struct khs_error *compare_same(struct diff *d)
{
	struct khs_error *err;

	d->same = KHS_OUTCOME_KEPT;
	d->gone = only_if(khs_out_complete(d->new), KHS_OUTCOME_REMOVED);
	err = compare(d, KHS_OUT, KHS_OUT, only_if(khs_out_complete(d->old), KHS_OUTCOME_ADDED));
	if (err || d->ranges.stop)
		return err;
	d->judge_pages = true;
	/* No mark is ever written but at boot. */
	return compare(d, KHS_IN, KHS_IN,
		       only_if(d->old->census.coverage.judged == d->old->census.coverage.pages,
			       KHS_OUTCOME_APPEARED));
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

	if (khs_interrupted(d->old) || khs_interrupted(d->new))
		doubt(sum, "interrupted before all was looked at");
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
	sum->surprises = sum->surprising.ranges;
}

/* Neither without its map nor its struct pages is there anything to compare. */
static struct khs_error *comparable(struct khs *k, const char *which)
{
	if (!k->have_mem)
		return khs_error_new(KHS_ERR_NODATA, "%s: no memory map: %s", which, k->mem_error);
	if (k->kho.state != KHS_KHO_ON)
		return khs_error_new(KHS_ERR_NODATA, "%s: %s", which, k->kho.why);
	return NULL;
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

static struct khs_error *prepare(struct khs *old, struct khs *new, bool force,
				 struct khs_diff_summary *sum)
{
	struct khs_error *err;

	/* What opening did not get to may be what they are told apart by. */
	if (khs_interrupted(old) || khs_interrupted(new))
		return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted before anything was compared");
	err = comparable(old, "OLD");
	if (!err)
		err = comparable(new, "NEW");
	if (!err)
		err = relate(old, new, force, sum);
	if (!err)
		err = khs_need_owners(old);
	return err ? err : khs_need_owners(new);
}

struct khs_error *khs_diff(struct khs *old, struct khs *new, const struct khs_diff_options *opts,
			   bool (*visit)(void *arg, const struct khs_diff_range *range), void *arg,
			   struct khs_diff_summary *sum)
{
	struct khs_diff_options o = { 0 };
	struct diff d = {
		.old = old, .new = new, .sum = sum,
		.ranges = { .old = old, .new = new, .visit = visit, .arg = arg, .sum = sum },
	};
	struct khs_error *err;

	*sum = (struct khs_diff_summary){ .relation = KHS_RELATION_NONE };
	if (opts && !khs_take(&o, sizeof(o), opts))
		return khs_error_new(KHS_ERR_USAGE, "khs_diff_options.size is not set");
	err = prepare(old, new, o.force, sum);
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
	khs_blocks_deinit(&d.ranges.again);
	return err;
}
