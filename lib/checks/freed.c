// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * freed-preserved: outgoing preservations that hold free pages. Their owner freed them and did not
 * unpreserve; the next kernel would hand out, as somebody's data, what anybody wrote there since.
 */
#include "check.h"

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

static void emit(struct khs *k, const struct khs_emitter *to, uint64_t start, uint64_t end,
		 unsigned int order)
{
	struct khs_draft d;

	khs_draft_init(&d, k, "freed-preserved", "", KHS_ERROR, start, end - start, order);
	khs_draft_summary(&d, "preserved for the next kernel, but free in this one");
	name_free(&k->census.freed, start, end, &d);
	khs_draft_emit(&d, to);
}

static void check_run(struct khs *k, const struct khs_emitter *to, const struct khs_run *run)
{
	const struct khs_extents *freed = &k->census.freed;
	uint64_t at = run->pfn, end = khs_run_end(run), mask = (1ull << run->order) - 1;

	while (at < end) {
		const struct khs_extent *e = khs_extents_from(freed, at);
		uint64_t first, last;

		if (!e || e->start >= end)
			return;
		first = e->start > at ? e->start : at;
		first = run->pfn + ((first - run->pfn) & ~mask);
		last = e->end < end ? e->end : end;
		last = run->pfn + ((last - run->pfn + mask) & ~mask);
		emit(k, to, first, last, run->order);
		at = last;
	}
}

struct khs_error *khs_check_freed(struct khs *k, const struct khs_check_info *check,
				  const struct khs_emitter *to)
{
	(void)check;
	for (size_t i = 0; i < k->kho.out.n; i++)
		check_run(k, to, &k->kho.out.v[i]);
	return NULL;
}
