// SPDX-License-Identifier: GPL-2.0-or-later
#include "census.h"

#include <stdlib.h>

#include "../base/array.h"
#include "../base/error.h"
#include "sweep.h"

/*
 * A memory map that is garbage from end to end must not fill the memory of who looks at it: a
 * finding takes up to 4 KiB as JSON. What comes beyond is counted.
 */
enum { MAX_SUSPECTS = 1 << 17 };

/* The pending preservation that the pages now passing belong to. */
struct block {
	uint64_t pfn;
	uint64_t end; /* 0: none */
	unsigned int order;
	bool damaged;
};

struct pass {
	struct khs_judge judge;
	const struct khs_mem *mem;
	const struct khs_kho *kho;
	struct khs_census *census;
	struct block block;
	uint64_t freed_until; /* free memory already noted */
	uint64_t end;   /* of the last part that was looked at */
	uint64_t total;       /* struct pages there are */
	bool unsorted;
};

/* Whether @p, at @pfn, is one more of the pages that @last describes by its first. */
static bool continues(const struct khs_page_layout *l, const struct khs_suspect *last, uint64_t pfn,
		      const struct khs_page *p, const struct khs_verdict *v, int order)
{
	struct khs_page first = khs_page_decode(l, last->raw);

	return last->class == v->class && last->pfn + last->pages == pfn && last->order == order &&
	       order < 1 && last->drift == v->drift && last->unsure == v->unsure &&
	       first.flags == p->flags && first.mapcount == p->mapcount &&
	       first.refcount == p->refcount &&
	       (last->head == v->head || (last->head == last->pfn && v->head == pfn));
}

static struct khs_error *note_suspect(struct pass *s, uint64_t pfn, const uint8_t *raw,
				      const struct khs_verdict *v)
{
	struct khs_census *c = s->census;
	struct khs_page p = khs_page_decode(&s->mem->layout, raw);
	int order = s->mem->layout.has_magic && khs_page_marked(&p) ? (int)khs_mark_order(&p) : -1;
	struct khs_suspect *last = c->nr_suspects ? &c->suspects[c->nr_suspects - 1] : NULL;

	if (last && continues(&s->mem->layout, last, pfn, &p, v, order)) {
		last->pages++;
		return NULL;
	}
	if (c->nr_suspects >= MAX_SUSPECTS) {
		c->coverage.unlisted++;
		return NULL;
	}
	if (!khs_array_grow(c->suspects, c->nr_suspects, c->cap_suspects))
		return khs_enomem();
	last = &c->suspects[c->nr_suspects++];
	*last = (struct khs_suspect){
		.pfn = pfn,
		.pages = 1,
		.class = v->class,
		.order = order,
		.head = v->head,
		.head_order = v->head_order,
		.drift = v->drift,
		.unsure = v->unsure,
	};
	memcpy(last->raw, raw, s->mem->layout.size);
	return NULL;
}

static struct khs_error *add_block(struct pass *s, uint64_t pfn, unsigned int order, bool damaged)
{
	return khs_runs_add(&s->census->in, pfn, order,
			    damaged ? KHS_RANGE_DAMAGED : KHS_RANGE_PENDING) ? NULL : khs_enomem();
}

static struct khs_error *close_block(struct pass *s)
{
	struct block b = s->block;

	s->block.end = 0;
	if (!b.end)
		return NULL;
	if (s->census->in.n && s->census->in.v[s->census->in.n - 1].pfn > b.pfn)
		s->unsorted = true;
	return add_block(s, b.pfn, b.order, b.damaged);
}

/*
 * A mark that the kernel before may well have asked for, whatever became of its struct page. Stale
 * ones are nobody's preservation.
 */
static bool is_preservation(const struct pass *s, enum khs_class c)
{
	if (s->kho->handover_known && !s->kho->handover_boot)
		return false;
	return c == KHS_C_PENDING || c == KHS_C_S6 || c == KHS_C_H1 || c == KHS_C_H2 ||
	       c == KHS_C_H3 || c == KHS_C_H6 || c == KHS_C_H7;
}

static struct khs_error *begin_block(struct pass *s, uint64_t pfn, const uint8_t *raw,
				     enum khs_class class)
{
	struct khs_page p = khs_page_decode(&s->mem->layout, raw);
	unsigned int order = khs_mark_order(&p);
	bool damaged = class != KHS_C_PENDING && class != KHS_C_S6;

	if (!s->mem->layout.has_magic || !khs_page_marked(&p) || !is_preservation(s, class) ||
	    !khs_mark_plausible(&s->judge, pfn, order) || pfn & ((1ull << order) - 1))
		return NULL;
	/* Inside another block: it counts, but the outer one goes on. */
	if (s->block.end)
		return add_block(s, pfn, order, damaged);
	s->block = (struct block){
		.pfn = pfn, .end = pfn + (1ull << order), .order = order, .damaged = damaged,
	};
	return order ? NULL : close_block(s);
}

static struct khs_error *note_freed(struct pass *s, uint64_t start, uint64_t end)
{
	const struct khs_extent *e;

	if (start < s->freed_until)
		start = s->freed_until;
	if (end > s->freed_until)
		s->freed_until = end;
	e = khs_extents_from(&s->kho->out_pages, start);
	for (; e && e < khs_extents_end(&s->kho->out_pages) && e->start < end; e++) {
		uint64_t from = e->start > start ? e->start : start;
		uint64_t to = e->end < end ? e->end : end;

		if (!khs_extents_add(&s->census->freed, from, to, 0))
			return khs_enomem();
	}
	return NULL;
}

/* A page that the outgoing map preserves: is it free? */
static struct khs_error *check_preserved(struct pass *s, uint64_t pfn, const struct khs_page *p,
					 bool first)
{
	enum khs_pgty type = khs_page_type(&s->mem->layout, p->mapcount);
	uint64_t head = pfn;
	unsigned int order = 0;

	if (pfn < s->freed_until)
		return NULL;
	if (type == KHS_PGTY_BUDDY && p->private <= s->judge.max_order)
		return note_freed(s, pfn, pfn + (1ull << p->private));
	if (p->refcount || p->mapcount != UINT32_MAX)
		return NULL;
	if (first && khs_find_free_block(&s->judge, pfn, &head, &order))
		return note_freed(s, pfn, head + (1ull << order));
	/* Free pages on per-cpu lists have no type: unreferenced, and on a list. */
	if (!khs_page_tail(p) && khs_page_listed(&s->judge, pfn, p))
		return note_freed(s, pfn, pfn + 1);
	return NULL;
}

/* The page is not sure to be fine: decide. */
static struct khs_error *look_closer(struct pass *s, uint64_t pfn, const uint8_t *raw)
{
	struct khs_verdict v;
	struct khs_error *err;

	if (s->block.end)
		v = khs_judge_follower(&s->judge, pfn, raw, s->block.pfn, s->block.order);
	else
		v = khs_judge_page(&s->judge, pfn, raw);
	if (s->block.end && v.class != KHS_C_FINE && v.class != KHS_C_DEFERRED)
		s->block.damaged = true;
	if (v.class == KHS_C_DEFERRED)
		s->census->coverage.deferred++;
	if (v.class != KHS_C_FINE && v.class != KHS_C_PENDING && v.class != KHS_C_DEFERRED) {
		err = note_suspect(s, pfn, raw, &v);
		if (err)
			return err;
	}
	return begin_block(s, pfn, raw, v.class);
}

/* A page that the sieve held back. */
static struct khs_error *look_at(struct pass *s, uint64_t pfn, const uint8_t *raw)
{
	const struct khs_extent *preserved = khs_extents_find(&s->kho->out_pages, pfn);
	struct khs_page p = khs_page_decode(&s->mem->layout, raw);
	struct khs_error *err = NULL;

	if (s->block.end && pfn >= s->block.end)
		err = close_block(s);
	if (!err)
		err = look_closer(s, pfn, raw);
	if (!err && preserved && !p.refcount)
		err = check_preserved(s, pfn, &p, pfn == preserved->start);
	return err;
}

static struct khs_error *count_absent(struct pass *s, const struct khs_sifted *found)
{
	struct khs_coverage *c = &s->census->coverage;

	if (found->presence == KHS_EXCLUDED)
		c->excluded += found->pages;
	else if (found->presence == KHS_UNMAPPED)
		c->unmapped += found->pages;
	else if (found->presence == KHS_DAMAGED)
		c->damaged += found->pages;
	else if (found->presence == KHS_UNREAD)
		c->unread += found->pages;
	else
		c->missing += found->pages;
	return khs_extents_add(&s->census->absent, found->pfn, found->pfn + found->pages,
			       found->presence) ? NULL : khs_enomem();
}

static struct khs_error *take_part(void *arg, const struct khs_part *part)
{
	struct pass *s = arg;
	struct khs_coverage *c = &s->census->coverage;
	struct khs_error *err = NULL;

	for (size_t i = 0; i < part->n && !err; i++) {
		const struct khs_sifted *found = &part->v[i];

		if (found->presence == KHS_PRESENT)
			err = look_at(s, found->pfn, found->raw);
		else
			err = count_absent(s, found);
	}
	c->pages += part->pages;
	c->judged += part->pages - part->absent;
	s->end = part->pfn + part->pages;
	khs_kernel_progress(s->mem->kernel, "struct pages", c->pages, s->total);
	return err;
}

/* Interrupted: all that was not handed over by then. Parts come in order. */
static struct khs_error *leave_rest(struct pass *s)
{
	const struct khs_extents *sections = &s->mem->sections;
	struct khs_coverage *c = &s->census->coverage;

	c->unread += s->total - c->pages;
	c->pages = s->total;
	for (size_t i = 0; i < sections->n; i++) {
		const struct khs_extent *e = &sections->v[i];
		uint64_t from = e->start > s->end ? e->start : s->end;

		if (e->tag & KHS_SECTION_ONLINE && from < e->end &&
		    !khs_extents_add(&s->census->absent, from, e->end, KHS_UNREAD))
			return khs_enomem();
	}
	return NULL;
}

static uint64_t online_pages(const struct khs_mem *mem)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < mem->sections.n; i++) {
		if (mem->sections.v[i].tag & KHS_SECTION_ONLINE)
			sum += mem->sections.v[i].end - mem->sections.v[i].start;
	}
	return sum;
}

static uint64_t all_pages(const struct khs_mem *mem)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < mem->sections.n; i++)
		sum += mem->sections.v[i].end - mem->sections.v[i].start;
	return sum;
}

struct khs_error *khs_census_take(const struct khs_mem *mem, const struct khs_kho *kho,
				  struct khs_census *ret)
{
	struct pass s = {
		.mem = mem, .kho = kho, .census = ret, .total = online_pages(mem),
	};
	struct khs_error *err;

	*ret = (struct khs_census){ .coverage.map_nodes_absent = kho->nodes_absent };
	khs_judge_init(&s.judge, mem, kho);
	khs_kernel_progress(mem->kernel, "struct pages", 0, s.total);
	ret->coverage.offline = all_pages(mem) - s.total;
	err = khs_sweep(mem, kho, take_part, &s);
	if (khs_error_code(err) == KHS_ERR_INTERRUPTED) {
		khs_error_free(err);
		err = leave_rest(&s);
	}
	if (!err)
		err = close_block(&s);
	if (s.unsorted)
		khs_runs_sort(&ret->in);
	khs_extents_normalize(&ret->freed);
	khs_extents_normalize(&ret->absent);
	return err;
}

void khs_census_deinit(struct khs_census *census)
{
	free(census->suspects);
	khs_runs_deinit(&census->in);
	khs_extents_deinit(&census->freed);
	khs_extents_deinit(&census->absent);
	*census = (struct khs_census){ 0 };
}
