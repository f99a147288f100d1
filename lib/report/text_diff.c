// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>

#include "report.h"
#include "sanitize.h"
#include "text_pieces.h"

static const char *const meanings[KHS_NR_OUTCOMES] = {
	[KHS_OUTCOME_PENDING] = "handed over, waiting for its owner",
	[KHS_OUTCOME_RESTORED] = "no mark any more, and in use",
	[KHS_OUTCOME_FREED] = "no mark any more, and free",
	[KHS_OUTCOME_LATE] = "handed over, preserved after OLD was dumped",
	[KHS_OUTCOME_DROPPED] = "pending in OLD, not preserved for the next",
	[KHS_OUTCOME_KEPT] = "in both",
	[KHS_OUTCOME_ADDED] = "preserved since OLD",
	[KHS_OUTCOME_REMOVED] = "not preserved any more",
	[KHS_OUTCOME_UNKNOWN] = "not in the dumps, or not looked at",
	[KHS_OUTCOME_REORDERED] = "in blocks of another order now",
	[KHS_OUTCOME_DAMAGED] = "handed over, its struct pages damaged (see check)",
	[KHS_OUTCOME_APPEARED] = "marked since OLD, which no kernel does",
	[KHS_OUTCOME_LOST] = "not taken over: its memory is anybody's",
};

static void put_dump(FILE *out, const char *which, const struct khs_status *st)
{
	fprintf(out, "%s  ", which);
	khs_put_clean(out, st->release[0] ? st->release : "unknown release");
	if (st->kexec_count >= 0)
		fprintf(out, ", kexec count %" PRId64, st->kexec_count);
	fprintf(out, "; %s%" PRIu64 " range%s out, %s%" PRIu64 " pending\n",
		at_least(st->outgoing.known), st->outgoing.ranges, plural(st->outgoing.ranges),
		at_least(st->incoming.known), st->incoming.ranges);
}

void khs_text_diff_head(FILE *out, const struct khs_status *old, const struct khs_status *new,
			const struct khs_diff_summary *sum)
{
	static const char *const relations[] = {
		[KHS_RELATION_NONE] = "Taken for the boot after OLD, though ",
		[KHS_RELATION_SAME] = "NEW is of the same boot as OLD.",
		[KHS_RELATION_NEXT] = "NEW is of the boot that OLD handed over to.",
	};
	char text[sizeof(sum->why) + 80];

	put_dump(out, "OLD", old);
	put_dump(out, "NEW", new);
	snprintf(text, sizeof(text), "%s%s%s", relations[sum->relation], sum->why,
		 sum->why[0] ? "." : "");
	khs_text_sentence(out, text);
}

static void put_row(FILE *out, const char *name, const struct khs_diff_total *t, uint64_t page_size,
		    const char *meaning)
{
	fprintf(out, "%-10s %8" PRIu64 " %10" PRIu64 " %10s  %s\n", name, t->ranges, t->pages,
		human_pages(t->pages, page_size).s, meaning);
}

void khs_text_diff_table(FILE *out, const struct khs_diff_summary *sum, uint64_t page_size)
{
	bool any = false;

	for (enum khs_outcome o = 0; o < KHS_NR_OUTCOMES; o++) {
		if (!sum->total[o].ranges)
			continue;
		if (!any)
			fprintf(out, "\n%-10s %8s %10s %10s\n", "outcome", "ranges", "pages",
				"size");
		any = true;
		put_row(out, khs_outcome_name(o), &sum->total[o], page_size, meanings[o]);
	}
	if (sum->again.ranges)
		put_row(out, "again", &sum->again, page_size,
			"of these: carried on to the next one");
	if (sum->reowned.ranges)
		put_row(out, "reowned", &sum->reowned, page_size,
			"of these: another owner has them in NEW");
	if (!any)
		fputs(sum->all_judged ? "\nNothing was preserved in either.\n" :
			"\nNothing is known to have been preserved in either.\n", out);
}

void khs_text_diff_ranges_head(FILE *out)
{
	fprintf(out, "\n%-10s %-3s  %-12s %-28s %6s %6s %9s %4s  OWNER\n", "OUTCOME", "DIR", "PFN",
		"PHYSICAL", "ORDER", "RANGES", "PAGES", "NODE");
}

static void put_owners(FILE *out, const struct khs_diff_range *r)
{
	static const char nobody[] = "unknown";
	const char *owner = r->owner ? r->owner : r->new_owner;

	if (r->reowned)
		fprintf(out, "  changed owner: %s to %s", r->owner ? r->owner : nobody,
			r->new_owner ? r->new_owner : nobody);
	else
		fprintf(out, "  %s", owner ? owner : nobody);
}

void khs_text_diff_range(FILE *out, const struct khs_diff_range *r, uint64_t page_size)
{
	char pfn[24], phys[48], order[24], node[16] = "?";

	snprintf(pfn, sizeof(pfn), "0x%" PRIx64, r->pfn);
	snprintf(phys, sizeof(phys), "0x%" PRIx64 "-0x%" PRIx64, r->pfn * page_size,
		 (r->pfn + r->pages) * page_size);
	snprintf(order, sizeof(order), r->new_order < 0 ? "%u" : "%u>%d", r->order, r->new_order);
	if (r->node != KHS_NO_NODE)
		snprintf(node, sizeof(node), "%d", r->node);
	fprintf(out, "%-10s %-3s  %-12s %-28s %6s %6" PRIu64 " %9" PRIu64 " %4s",
		khs_outcome_name(r->outcome), khs_direction_name(r->direction), pfn, phys, order,
		r->ranges, r->pages, node);
	put_owners(out, r);
	fputs(r->again ? ", again\n" : "\n", out);
}

void khs_text_diff_tail(FILE *out, const struct khs_diff_summary *sum)
{
	const struct khs_diff_total *odd = &sum->surprising;
	char text[320];

	putc('\n', out);
	if (sum->unproven.ranges) {
		snprintf(text, sizeof(text), "Of those without a mark %" PRIu64 " range%s (%" PRIu64
			 " page%s) may be restored, or may never have been taken over: NEW's "
			 "memblock, which would tell, is not there any more.",
			 sum->unproven.ranges, plural(sum->unproven.ranges), sum->unproven.pages,
			 plural(sum->unproven.pages));
		khs_text_sentence(out, text);
	}
	if (!sum->all_judged) {
		snprintf(text, sizeof(text), "Not all could be judged: %s.", sum->doubt);
		khs_text_sentence(out, text);
	}
	if (sum->surprises)
		fprintf(out, "%" PRIu64 " range%s, %" PRIu64 " page%s: not as a handover should "
			"leave them\n", odd->ranges, plural(odd->ranges), odd->pages,
			plural(odd->pages));
	else
		fputs("nothing surprising\n", out);
}
