// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * freed-preserved: outgoing preservations that hold free pages. Their owner freed them and did not
 * unpreserve; the next kernel would hand out, as somebody's data, what anybody wrote there since.
 */
#include "check.h"
#include "hits.h"
#include "../base/error.h"

static void name_free(const struct khs_extents *freed, uint64_t start, uint64_t end,
		      struct khs_draft *d)
{
	const struct khs_extent *e = khs_extents_from(freed, start);
	char text[256] = "";
	size_t at = 0;

	for (; e && e < khs_extents_end(freed) && e->start < end; e++) {
		uint64_t from = e->start > start ? e->start : start;
		uint64_t to = e->end < end ? e->end : end;

		if (!khs_list_add(text, sizeof(text), &at, ", ", "0x%llx-0x%llx",
				  (unsigned long long)from, (unsigned long long)to - 1))
			break;
	}
	khs_draft_string(d, "free_pfns", "%s", text);
	khs_draft_number(d, "free_pages", khs_extents_covered(freed, start, end));
}

/* Whether the dump lacks struct pages of the range, or of blocks that may reach into it. */
static bool may_hold_more(const struct khs *k, uint64_t start, uint64_t end)
{
	uint64_t block = (1ull << khs_max_order(&k->mem)) - 1;

	return khs_extents_covered(&k->census.absent, start & ~block, (end + block) & ~block);
}

static void emit(struct khs *k, const struct khs_emitter *to, const struct khs_hit *hit)
{
	struct khs_draft d;

	khs_draft_init(&d, k, "freed-preserved", "", KHS_ERROR, hit->pfn, hit->end - hit->pfn,
		       hit->order);
	khs_draft_summary(&d, "preserved for the next kernel, but free in this one");
	name_free(&k->census.freed, hit->pfn, hit->end, &d);
	if (may_hold_more(k, hit->pfn, hit->end))
		khs_draft_string(&d, "not_judged", "there may be more free pages: struct pages "
				 "here or next to it are not in the dump");
	khs_draft_emit(&d, to);
}

struct khs_error *khs_check_freed(struct khs *k, const struct khs_check_info *check,
				  const struct khs_emitter *to)
{
	struct khs_hits hits = { 0 };
	bool ok = true;

	(void)check;
	for (size_t i = 0; ok && i < k->kho.out.n; i++)
		ok = khs_hits_add_touched(&hits, &k->kho.out.v[i], &k->census.freed, 0);
	khs_hits_sort(&hits);
	for (size_t i = 0; ok && i < hits.n; i++)
		emit(k, to, &hits.v[i]);
	khs_hits_deinit(&hits);
	return ok ? NULL : khs_enomem();
}
