// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * map-mismatch: kho-v1 keeps two maps, the tracker that kho_preserve_*() writes and the list made
 * of it when the map is finalized, and the next kernel reads the list alone. The list points at the
 * tracker's own bitmaps, so a late preservation is lost only if it took a new bitmap: 6.19 and 7.0
 * let it pass (kernel/liveupdate/kexec_handover.c:__kho_preserve_order()), 6.16 to 6.18 refuse it
 * (kernel/kexec_handover.c:kho_preserve_folio(), -EBUSY).
 */
#include "check.h"
#include "hits.h"
#include "../base/error.h"

/* Kinds of hits. */
enum { LOST, LISTED };

static void emit(struct khs *k, const struct khs_emitter *to, const struct khs_hit *hit)
{
	struct khs_draft d;

	khs_draft_init(&d, k, "map-mismatch", "", KHS_WARNING, hit->pfn, hit->end - hit->pfn,
		       hit->order);
	if (hit->kind == LOST)
		khs_draft_summary(&d, "preserved, but not in the map serialized for the next "
				  "kernel");
	else
		khs_draft_summary(&d, "in the map serialized for the next kernel, but not "
				  "preserved");
	khs_draft_hex(&d, "serialized_map", k->kho.out_root);
	if (k->kho.finalized >= 0)
		khs_draft_string(&d, "finalized", "%s", k->kho.finalized ? "yes" : "no");
	khs_draft_emit(&d, to);
}

static bool add(struct khs_hits *hits, uint64_t start, uint64_t end, unsigned int order,
		unsigned int kind)
{
	struct khs_hit hit = { .pfn = start, .end = end, .order = order, .kind = kind };

	return start >= end || khs_hits_add(hits, &hit);
}

/*
 * The blocks of @run that are not in @other. Runs of one order never overlap, and both lists are
 * sorted: for each order *@at, where its next run may be, only moves on.
 */
static bool subtract(const struct khs_run *run, const struct khs_runs *other, size_t *at,
		     struct khs_hits *hits, unsigned int kind)
{
	uint64_t from = run->pfn, end = khs_run_end(run);

	for (; *at < other->n && other->v[*at].pfn < end; (*at)++) {
		const struct khs_run *o = &other->v[*at];

		if (o->order != run->order || khs_run_end(o) <= from)
			continue;
		if (!add(hits, from, o->pfn, run->order, kind))
			return false;
		from = khs_run_end(o);
		if (from >= end)
			return true;
	}
	return add(hits, from, end, run->order, kind);
}

static bool find(const struct khs_runs *runs, const struct khs_runs *other, struct khs_hits *hits,
		 unsigned int kind)
{
	size_t at[KHS_ORDERS] = { 0 };

	for (size_t i = 0; i < runs->n; i++) {
		const struct khs_run *run = &runs->v[i];

		if (!subtract(run, other, &at[run->order], hits, kind))
			return false;
	}
	return true;
}

/* What either lacks is evidence only if both were read whole. */
static bool comparable(const struct khs_kho *kho)
{
	return kho->out_known && kho->listed_known && !kho->nodes_absent && !kho->nr_problems;
}

struct khs_error *khs_check_serialized(struct khs *k, const struct khs_check_info *check,
				       const struct khs_emitter *to)
{
	struct khs_hits hits = { 0 };
	bool ok = true;

	(void)check;
	if (comparable(&k->kho))
		ok = find(&k->kho.out, &k->kho.listed, &hits, LOST) &&
		     find(&k->kho.listed, &k->kho.out, &hits, LISTED);
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++)
		emit(k, to, &hits.v[i]);
	khs_hits_deinit(&hits);
	return ok ? NULL : khs_enomem();
}
