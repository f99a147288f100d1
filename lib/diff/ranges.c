// SPDX-License-Identifier: GPL-2.0-or-later
#include "ranges.h"

/* Where a preservation of each outcome is. */
enum { IN_OLD = 1, IN_NEW = 2 };

static const unsigned char places[KHS_NR_OUTCOMES] = {
	[KHS_OUTCOME_PENDING] = IN_OLD | IN_NEW,   [KHS_OUTCOME_RESTORED] = IN_OLD,
	[KHS_OUTCOME_FREED] = IN_OLD,              [KHS_OUTCOME_LATE] = IN_NEW,
	[KHS_OUTCOME_DROPPED] = IN_OLD,            [KHS_OUTCOME_KEPT] = IN_OLD | IN_NEW,
	[KHS_OUTCOME_ADDED] = IN_NEW,              [KHS_OUTCOME_REMOVED] = IN_OLD,
	[KHS_OUTCOME_UNKNOWN] = IN_OLD | IN_NEW,   [KHS_OUTCOME_REORDERED] = IN_OLD | IN_NEW,
	[KHS_OUTCOME_DAMAGED] = IN_OLD | IN_NEW,   [KHS_OUTCOME_APPEARED] = IN_NEW,
	[KHS_OUTCOME_LOST] = IN_OLD,
};

bool khs_diff_ranges_begin(struct khs_diff_ranges *r, enum khs_direction old,
			   enum khs_direction new)
{
	r->direction = old;
	/* In one boot memory that was let go may be preserved by somebody else. */
	r->may_change = old == KHS_OUT && new == KHS_OUT;
	return khs_whose_init(&r->whose[0], &r->old->owners, old) &&
	       khs_whose_init(&r->whose[1], &r->new->owners, new);
}

static void flush(struct khs_diff_ranges *r)
{
	char paths[2][320];
	const char *owners[2] = { NULL, NULL };

	if (!r->have_last || r->stop)
		return;
	for (int i = 0; i < 2; i++) {
		if (r->last_owner[i] == KHS_NO_OWNER)
			continue;
		khs_owner_path(r->whose[i].owners, r->last_owner[i], paths[i], sizeof(paths[i]));
		owners[i] = paths[i];
	}
	r->last.owner = owners[0];
	r->last.new_owner = owners[1];
	r->stop = !r->visit(r->arg, &r->last);
	r->have_last = false;
}

void khs_diff_ranges_end(struct khs_diff_ranges *r)
{
	flush(r);
	khs_whose_deinit(&r->whose[0]);
	khs_whose_deinit(&r->whose[1]);
}

static bool continues(const struct khs_diff_ranges *r, const struct khs_diff_range *next,
		      const uint32_t owner[2])
{
	const struct khs_diff_range *last = &r->last;

	return last->outcome == next->outcome && last->order == next->order &&
	       last->new_order == next->new_order && last->again == next->again &&
	       last->proven == next->proven && last->node == next->node &&
	       r->last_owner[0] == owner[0] && r->last_owner[1] == owner[1] &&
	       last->pfn + last->pages == next->pfn;
}

static void count(struct khs_diff_total *total, const struct khs_diff_range *range)
{
	total->ranges += range->ranges;
	total->pages += range->pages;
}

static void count_range(struct khs_diff_summary *sum, const struct khs_diff_range *range)
{
	bool gone = range->outcome == KHS_OUTCOME_FREED || range->outcome == KHS_OUTCOME_RESTORED;

	count(&sum->total[range->outcome], range);
	if (range->again)
		count(&sum->again, range);
	if (gone && !range->proven)
		count(&sum->unproven, range);
	if (range->reowned)
		count(&sum->reowned, range);
	if (range->surprises)
		count(&sum->surprising, range);
}

/* Blocks of one node, and one owner in each dump. */
static void add_range(struct khs_diff_ranges *r, struct khs_diff_range *range,
		      const uint32_t owner[2])
{
	range->reowned = places[range->outcome] == (IN_OLD | IN_NEW) &&
			 range->outcome != KHS_OUTCOME_UNKNOWN &&
			 khs_whose_differ(&r->whose[0], owner[0], &r->whose[1], owner[1]);
	range->surprises = khs_outcome_surprises(range->outcome) ||
			   (range->reowned && !r->may_change);
	count_range(r->sum, range);
	if (r->have_last && continues(r, range, owner)) {
		r->last.ranges += range->ranges;
		r->last.pages += range->pages;
		return;
	}
	flush(r);
	r->last = *range;
	r->last_owner[0] = owner[0];
	r->last_owner[1] = owner[1];
	r->have_last = true;
}

/* Blocks [@pfn, @end) of @piece, preserved again or not. Node and owner are of first pages. */
static void add_blocks(struct khs_diff_ranges *r, const struct khs_diff_piece *piece, uint64_t pfn,
		       uint64_t end, bool again)
{
	const struct khs_mem *mem = &r->old->mem;
	uint64_t block = 1ull << piece->order;

	while (pfn < end && !r->stop) {
		uint32_t owner[2] = { KHS_NO_OWNER, KHS_NO_OWNER };
		const struct khs_extent *ram;
		uint64_t edge = khs_extents_edge(&mem->ram, pfn, &ram), next = end;

		for (int i = 0; i < 2; i++)
			if (places[piece->outcome] & (IN_OLD << i))
				owner[i] = khs_whose_at(&r->whose[i], pfn, &edge);
		if (edge < end)
			next = pfn + ((edge - pfn + block - 1) & ~(block - 1));
		if (next > end || next <= pfn)
			next = end;
		add_range(r, &(struct khs_diff_range){
			.direction = r->direction, .outcome = piece->outcome, .pfn = pfn,
			.pages = next - pfn, .ranges = (next - pfn) >> piece->order,
			.order = piece->order, .new_order = piece->new_order, .again = again,
			.proven = piece->proven, .node = khs_mem_node(mem, pfn),
		}, owner);
		pfn = next;
	}
}

/* What is preserved again is what a block of the same order in NEW's outgoing map says of it. */
void khs_diff_ranges_put(void *ranges, const struct khs_diff_piece *piece)
{
	struct khs_diff_ranges *r = ranges;
	const struct khs_extents *again = &r->again.order[piece->order];
	const struct khs_extent *e = khs_extents_from(again, piece->pfn);
	uint64_t pos = piece->pfn;

	for (; e && e < khs_extents_end(again) && e->start < piece->end; e++) {
		uint64_t from = e->start > pos ? e->start : pos;
		uint64_t to = e->end < piece->end ? e->end : piece->end;

		add_blocks(r, piece, pos, from, false);
		add_blocks(r, piece, from, to, true);
		pos = to;
	}
	add_blocks(r, piece, pos, piece->end, false);
}
