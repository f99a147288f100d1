// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * leak: pages whose time is over. A file that was asked for has restored or freed all it is made
 * of; what of it is pending stays so (LEAK_RETRIEVED, noted by owners/). And what was handed over,
 * never restored, and is preserved again goes from kernel to kernel: only reserve_mem regions are
 * meant to (mm/memblock.c:reserved_mem_preserve()).
 */
#include "check.h"
#include "hits.h"
#include "../base/error.h"

/* Of the pages that are preserved those that are a reserve_mem region's. */
static bool find_regions(const struct khs *k, struct khs_extents *regions)
{
	const struct khs_owners *o = &k->owners;

	for (size_t i = 0; i < o->nr_claims; i++) {
		const struct khs_claim *c = &o->claims[i];

		if (c->role == KHS_ROLE_REGION &&
		    !khs_extents_add(regions, c->pfn, c->pfn + c->pages, 0))
			return false;
	}
	khs_extents_normalize(regions);
	return true;
}

/* Adds [start, end) without what @but has of it. */
static bool add_without(struct khs_extents *to, uint64_t start, uint64_t end,
			const struct khs_extents *but)
{
	while (start < end) {
		const struct khs_extent *e = khs_extents_from(but, start);
		uint64_t stop = e && e->start < end ? e->start : end;

		if (stop > start && !khs_extents_add(to, start, stop, 0))
			return false;
		if (!e)
			break;
		start = e->end;
	}
	return true;
}

/* Preserved pages in [start, end), but for the regions'. */
static bool find_carried(const struct khs *k, uint64_t start, uint64_t end,
			 const struct khs_extents *regions, struct khs_extents *carried)
{
	const struct khs_extents *out = &k->kho.out_pages;
	const struct khs_extent *e = khs_extents_from(out, start);

	for (; e && e < khs_extents_end(out) && e->start < end; e++)
		if (!add_without(carried, e->start > start ? e->start : start,
				 e->end < end ? e->end : end, regions))
			return false;
	return true;
}

static void emit(struct khs *k, const struct khs_emitter *to, const struct khs_hit *hit,
		 const struct khs_extents *carried)
{
	struct khs_draft d;

	khs_draft_init(&d, k, "leak", "", KHS_WARNING, hit->pfn, hit->end - hit->pfn,
		       (int)hit->order);
	khs_draft_summary(&d, "handed over, never restored, and preserved again for the next "
			  "kernel");
	khs_draft_number(&d, "carried_pages", khs_extents_covered(carried, hit->pfn, hit->end));
	if (k->kho.kexec_count >= 0)
		khs_draft_signed(&d, "kexec_count", k->kho.kexec_count);
	khs_draft_emit(&d, to);
}

static bool carried_over(struct khs *k, const struct khs_emitter *to)
{
	struct khs_extents regions = { 0 }, carried = { 0 };
	struct khs_hits hits = { 0 };
	const struct khs_runs *in = &k->census.in;
	bool ok = find_regions(k, &regions);

	for (size_t i = 0; ok && i < in->n; i++)
		ok = find_carried(k, in->v[i].pfn, khs_run_end(&in->v[i]), &regions, &carried);
	khs_extents_normalize(&carried);
	for (size_t i = 0; ok && i < in->n; i++)
		ok = khs_hits_add_touched(&hits, &in->v[i], &carried, 0);
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++)
		emit(k, to, &hits.v[i], &carried);
	khs_hits_deinit(&hits);
	khs_extents_deinit(&regions);
	khs_extents_deinit(&carried);
	return ok;
}

struct khs_error *khs_check_leak(struct khs *k, const struct khs_check_info *check,
				 const struct khs_emitter *to)
{
	struct khs_error *err = khs_check_owners(k, check, to);

	if (err)
		return err;
	return carried_over(k, to) ? NULL : khs_enomem();
}
