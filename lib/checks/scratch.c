// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * in-scratch: the next kernel boots out of its scratch areas and overwrites them before it reads the
 * map. The kernel itself looks for this only with CONFIG_KEXEC_HANDOVER_DEBUG (kho_scratch_overlap(),
 * in kernel/liveupdate/kexec_handover_debug.c of 7.2, kexec_handover.c of 7.3).
 */
#include "check.h"

static void run_in_scratch(struct khs *k, const struct khs_emitter *to, const struct khs_run *run)
{
	const struct khs_extents *scratch = &k->kho.scratch_pfns;
	uint64_t at = run->pfn, end = khs_run_end(run), mask = (1ull << run->order) - 1;

	while (at < end) {
		const struct khs_extent *e = khs_extents_from(scratch, at);
		uint64_t first, last;
		struct khs_draft d;

		if (!e || e->start >= end)
			return;
		first = e->start > at ? e->start : at;
		first = run->pfn + ((first - run->pfn) & ~mask);
		last = e->end < end ? e->end : end;
		last = run->pfn + ((last - run->pfn + mask) & ~mask);
		khs_draft_init(&d, k, "in-scratch", "S9", KHS_ERROR, first, last - first, run->order);
		khs_draft_summary(&d, "an outgoing preservation lies in a scratch area");
		khs_draft_string(&d, "scratch", "pfn 0x%llx-0x%llx", (unsigned long long)e->start,
				 (unsigned long long)e->end - 1);
		khs_draft_number(&d, "pages_in_scratch", khs_extents_covered(scratch, first, last));
		khs_draft_emit(&d, to);
		at = last;
	}
}

static void node_in_scratch(struct khs *k, const struct khs_emitter *to,
			    const struct khs_map_node *node)
{
	const struct khs_extent *e = khs_extents_find(&k->kho.scratch_pfns, node->pfn);
	struct khs_draft d;

	if (!e)
		return;
	khs_draft_init(&d, k, "in-scratch", "S9", KHS_ERROR, node->pfn, 1, -1);
	khs_draft_summary(&d, "a page of the outgoing map lies in a scratch area");
	khs_draft_number(&d, "map_level", node->level);
	khs_draft_string(&d, "scratch", "pfn 0x%llx-0x%llx", (unsigned long long)e->start,
			 (unsigned long long)e->end - 1);
	khs_draft_emit(&d, to);
}

struct khs_error *khs_check_scratch(struct khs *k, const struct khs_check_info *check,
				    const struct khs_emitter *to)
{
	for (size_t i = 0; i < k->kho.out.n; i++)
		run_in_scratch(k, to, &k->kho.out.v[i]);
	for (size_t i = 0; i < k->kho.nr_nodes; i++)
		node_in_scratch(k, to, &k->kho.nodes[i]);
	return khs_check_pages(k, check, to);
}
