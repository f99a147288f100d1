// SPDX-License-Identifier: GPL-2.0-or-later
#include "sift.h"

void khs_sift_init(struct khs_sift *s, const struct khs_mem *mem, const struct khs_kho *kho)
{
	*s = (struct khs_sift){ .next = UINT64_MAX };
	khs_judge_init(&s->judge, mem, kho);
}

/* ---- where a page lies ---------------------------------------------------------------------- */

static void bound(uint64_t *until, uint64_t pfn, uint64_t edge)
{
	if (edge > pfn && edge < *until)
		*until = edge;
}

/* The extent that holds @pfn; @until is cut where that changes. */
static const struct khs_extent *extent_at(const struct khs_extents *x, uint64_t pfn,
					  uint64_t *until)
{
	const struct khs_extent *e = khs_extents_from(x, pfn);

	if (!e)
		return NULL;
	bound(until, pfn, e->start);
	bound(until, pfn, e->end);
	return e->start <= pfn ? e : NULL;
}

static void bound_by_nodes(const struct khs_mem *mem, uint64_t pfn, uint64_t *until)
{
	for (size_t i = 0; i < mem->nr_nodes; i++) {
		const struct khs_node *node = &mem->nodes[i];

		bound(until, pfn, node->start);
		bound(until, pfn, node->end);
		for (size_t k = 0; k < node->nr_zones; k++) {
			bound(until, pfn, node->zones[k].start);
			bound(until, pfn, node->zones[k].end);
		}
	}
}

/*
 * What node and zone have to be in the flags: what khs_links_ok() and node_wrong() of judge.c say.
 */
static void expect_links(struct khs_sift *s, uint64_t pfn)
{
	const struct khs_mem *mem = s->judge.mem;
	const struct khs_page_layout *l = &mem->layout;
	int id = khs_mem_node(mem, pfn);
	const struct khs_node *node = khs_mem_find_node(mem, id);
	const struct khs_zone *zone = node ? khs_node_zone(node, pfn) : NULL;
	size_t index = zone ? (size_t)(zone - node->zones) : 0;

	s->links_mask = l->zones_mask << l->zones_shift | l->nodes_mask << l->nodes_shift;
	s->links = (uint64_t)id << l->nodes_shift | (uint64_t)index << l->zones_shift;
	if (id == KHS_NO_NODE) {
		s->links_mask = 0;
		s->links = 0;
	} else if (!zone || (int)khs_page_node(l, s->links) != id ||
		   khs_page_zone(l, s->links) != index) {
		/* Nothing is right: each page is looked at. */
		s->links_mask = 0;
		s->links = 1;
	}
	s->loose = s->links == s->links_mask;
}

static void look_around(struct khs_sift *s, uint64_t pfn)
{
	const struct khs_mem *mem = s->judge.mem;
	const struct khs_extent *preserved;

	s->until = UINT64_MAX;
	extent_at(&mem->ram, pfn, &s->until);
	s->noinit = extent_at(&mem->noinit, pfn, &s->until);
	preserved = extent_at(&s->judge.kho->out_pages, pfn, &s->until);
	s->preserved = preserved;
	s->first = preserved && preserved->start == pfn;
	bound_by_nodes(mem, pfn, &s->until);
	expect_links(s, pfn);
}

/* Where the preservation ends that the mark of this page, if it has one, may be of; or 0. */
static uint64_t marked_end(const struct khs_sift *s, uint64_t pfn, const uint8_t *raw)
{
	const struct khs_page_layout *l = &s->judge.mem->layout;
	const struct khs_kho *kho = s->judge.kho;
	struct khs_page p = khs_page_decode(l, raw);
	unsigned int order = khs_mark_order(&p);

	if (!l->has_magic || !khs_page_marked(&p) || !khs_mark_plausible(&s->judge, pfn, order) ||
	    pfn & ((1ull << order) - 1) || (kho->handover_known && !kho->handover_boot))
		return 0;
	return pfn + (1ull << order);
}

static void note_mark(struct khs_sift *s, uint64_t pfn, const uint8_t *raw)
{
	uint64_t end = marked_end(s, pfn, raw);

	if (end > s->block_end)
		s->block_end = end;
}

/* Neighbouring parts have most of these in common. */
static uint64_t head_end(struct khs_sift *s, struct khs_vm *vm, uint64_t pfn)
{
	struct khs_sift_head *head = &s->heads[pfn ? __builtin_ctzll(pfn) : 63];
	uint8_t raw[KHS_PAGE_MAX];

	if (head->pfn == pfn && pfn)
		return head->end;
	*head = (struct khs_sift_head){ .pfn = pfn };
	if (khs_vm_read_all(vm, khs_mem_page_address(s->judge.mem, pfn), raw,
			    s->judge.mem->layout.size) == KHS_PRESENT)
		head->end = marked_end(s, pfn, raw);
	return head->end;
}

/* Blocks are aligned, so there is one place for the first page of each order. */
void khs_sift_begin(struct khs_sift *s, struct khs_vm *vm, uint64_t pfn)
{
	s->until = 0;
	if (s->next == pfn)
		return;
	s->block_end = 0;
	for (uint64_t at = pfn; at;) {
		uint64_t end;

		at &= at - 1;
		end = head_end(s, vm, at);
		if (end > s->block_end)
			s->block_end = end;
	}
}

/* ---- the test ------------------------------------------------------------------------------- */

/* Where the members of struct page are. */
struct offsets {
	size_t size, flags, lru, mapping, index, private, mapcount, refcount, memcg;
};

/* As in kernels without odd settings: known beforehand, the test takes half as long. */
#define USUAL { 64, 0, 8, 24, 32, 40, 48, 52, 56 }

/* What the loop below needs, out of the way of what it may not change. */
struct sieve {
	bool has_index, has_memcg;
	uint64_t links_mask, links;
	uint64_t in_page;     /* a mask of the place within a page */
	uint64_t owner_flags;
	bool loose, noinit, preserved, follower;
};

/* Of a page inside a pending preservation: whether it differs from what the kernel made of it. */
static inline uint64_t not_pristine(const struct sieve *v, const struct offsets *o,
				    const uint8_t *raw, uint64_t self)
{
	uint64_t odd = khs_load64(raw + o->flags) & v->owner_flags;

	odd |= khs_load64(raw + o->lru) ^ self;
	odd |= khs_load64(raw + o->lru + 8) ^ self;
	odd |= khs_load64(raw + o->mapping) | khs_load64(raw + o->private);
	odd |= khs_load32(raw + o->mapcount) ^ UINT32_MAX;
	odd |= khs_load32(raw + o->refcount) ^ 1;
	if (v->has_index)
		odd |= khs_load64(raw + o->index);
	if (v->has_memcg)
		odd |= khs_load64(raw + o->memcg);
	return odd;
}

/*
 * Of an unreferenced page: whether census.c:check_preserved() or judge.c:half_restored() may make
 * anything of it. Neither does of the tails of a folio.
 */
static inline bool matters_unreferenced(const struct sieve *v, uint64_t next, uint64_t self,
					uint32_t mapcount)
{
	return (v->noinit && next == self) ||
	       (v->preserved && (!(next & 1) || mapcount != UINT32_MAX));
}

/*
 * Whether a page must be looked at. Nearly none must, so that all is tested without a branch; with
 * @special, what is rarely needed as well.
 */
static inline __attribute__((always_inline)) bool
unusual(const struct sieve *v, const struct offsets *o, const uint8_t *raw, uint64_t self,
	bool special)
{
	uint64_t flags = khs_load64(raw + o->flags);
	uint64_t next = khs_load64(raw + o->lru), prev = khs_load64(raw + o->lru + 8);
	uint32_t mapcount = khs_load32(raw + o->mapcount);
	uint32_t refcount = khs_load32(raw + o->refcount);
	uint64_t counts = (uint64_t)refcount << 32 | mapcount, drift = next - self;
	unsigned int odd = (flags & v->links_mask) != v->links;

	odd |= khs_load32(raw + o->private + 4) == KHS_MAGIC;
	/* khs_mapcount_ok() in two comparisons */
	odd |= (unsigned int)((int32_t)mapcount < -1) & (mapcount - 0xf0000000u >= 0x09000000u);
	/* No reference and a mapcount of 0, or too many references, in one */
	odd |= counts - 1 >= (1ull << 62) - 1;
	/* judge.c:list_foreign() */
	odd |= (unsigned int)!((next ^ prev) | (drift & v->in_page)) & !!drift;
	if (special) {
		odd |= v->loose && flags == UINT64_MAX;
		odd |= v->follower && not_pristine(v, o, raw, self);
		odd |= !refcount && matters_unreferenced(v, next, self, mapcount);
	}
	return odd;
}

/*
 * How many of @pages from @raw on are usual. What is constant where this is called costs nothing.
 */
static inline __attribute__((always_inline)) uint64_t
sieve(const struct sieve *of, const struct offsets *at, uint64_t pages, const uint8_t *raw,
      uint64_t self, bool special)
{
	const struct offsets o = *at;
	const struct sieve v = *of;
	uint64_t i = 0;

	for (; i < pages; i++, raw += o.size, self += o.size)
		if (unusual(&v, &o, raw, self, special))
			break;
	return i;
}

static uint64_t sieve_usual(const struct sieve *v, uint64_t pages, const uint8_t *raw,
			    uint64_t self)
{
	static const struct offsets usual = USUAL;

	if (v->loose || v->noinit || v->preserved || v->follower)
		return sieve(v, &usual, pages, raw, self, true);
	return sieve(v, &usual, pages, raw, self, false);
}

static struct sieve make_sieve(const struct khs_sift *s, uint64_t pfn)
{
	const struct khs_page_layout *l = &s->judge.mem->layout;

	return (struct sieve){
		.has_index = l->has_index, .has_memcg = l->has_memcg,
		.links_mask = s->links_mask, .links = s->links,
		.in_page = (1ull << l->page_shift) - 1,
		.owner_flags = khs_page_owner_flags(l, UINT64_MAX),
		.loose = s->loose, .noinit = s->noinit, .preserved = s->preserved,
		.follower = pfn < s->block_end,
	};
}

/* As khs_sift(), of pages to which the same applies. */
static uint64_t sift_range(struct khs_sift *s, uint64_t pfn, uint64_t pages, const uint8_t *raw)
{
	const struct khs_mem *mem = s->judge.mem;
	const struct khs_page_layout *l = &mem->layout;
	const struct offsets usual = USUAL, o = {
		l->size, l->flags, l->lru, l->mapping, l->has_index ? l->index : usual.index,
		l->private, l->mapcount, l->refcount, l->has_memcg ? l->memcg : usual.memcg,
	};
	const struct sieve v = make_sieve(s, pfn);
	uint64_t self = khs_mem_page_address(mem, pfn) + l->lru;

	if (!memcmp(&o, &usual, sizeof(o)))
		return sieve_usual(&v, pages, raw, self);
	return sieve(&v, &o, pages, raw, self, true);
}

/* How far what applies to @pfn applies. */
static uint64_t same_until(struct khs_sift *s, uint64_t pfn)
{
	if (pfn >= s->until)
		look_around(s, pfn);
	return pfn < s->block_end && s->block_end < s->until ? s->block_end : s->until;
}

uint64_t khs_sift(struct khs_sift *s, uint64_t pfn, uint64_t pages, const uint8_t *raw)
{
	const size_t size = s->judge.mem->layout.size;
	uint64_t done = 0;

	while (done < pages) {
		uint64_t run = same_until(s, pfn + done) - (pfn + done), dull = 0;

		if (run > pages - done)
			run = pages - done;
		/* It is told from the rest of its preservation, see census.c:check_preserved(). */
		if (!s->first)
			dull = sift_range(s, pfn + done, run, raw + done * size);
		s->first = false;
		done += dull;
		if (dull == run)
			continue;
		note_mark(s, pfn + done, raw + done * size);
		s->next = pfn + done + 1;
		return done;
	}
	s->next = pfn + done;
	return done;
}
