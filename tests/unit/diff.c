// SPDX-License-Identifier: GPL-2.0-or-later
#include "luo.h"

#include "diff/relation.h"
#include "model.h"

#define A 0x4000ULL /* pfns of node 0 with nothing else there */
#define FDT (TK_OUT_FDT >> 12)

struct range {
	enum khs_direction direction;
	enum khs_outcome outcome;
	uint64_t pfn, pages, ranges;
	unsigned int order;
	int new_order;
	bool again, proven, reowned, surprises;
	char owner[96], new_owner[96]; /* "" for none */
};

struct fixture {
	struct tk *old, *new;
	bool force;
	struct range got[64];
	size_t n;
	struct khs_diff_summary sum;
	char error[256];
};

/* NEW's kernel was started by the handover of OLD's, and what was OLD's own is pending. */
static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->old = tk_new();
	f->new = tk_new_handed();
	tk_write(f->old, TK_VARS + TK_V_IN + TK_IN_COUNT, 2, 4);
	memcpy(tk_at(f->new, TK_VARS + TK_V_IN + TK_IN_RELEASE, 6), "7.3.4", 6);
	tk_write(f->new, TK_VARS + TK_V_IN, TK_OUT_FDT, 8);
	tk_pending(f->new, FDT, 0);
	/* NEW's own is elsewhere. */
	tk_root_fdt(f->new, TK_IN_FDT, "kho-v4", f->new->tree.root);
	tk_write(f->new, TK_VARS + TK_V_OUT, TK_DIRECT + TK_IN_FDT, 8);
	tk_forget(f->new, KHS_ASK_MEMBER, "memblock", "reserved");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tk_delete(f->old);
	tk_delete(f->new);
	free(f);
	return 0;
}

static bool keep(void *arg, const struct khs_diff_range *r)
{
	struct fixture *f = arg;

	assert_true(f->n < sizeof(f->got) / sizeof(f->got[0]));
	f->got[f->n] = (struct range){ r->direction, r->outcome, r->pfn, r->pages, r->ranges,
				       r->order, r->new_order, r->again, r->proven, r->reowned,
				       r->surprises, "", "" };
	snprintf(f->got[f->n].owner, 96, "%s", r->owner ? r->owner : "");
	snprintf(f->got[f->n++].new_owner, 96, "%s", r->new_owner ? r->new_owner : "");
	return true;
}

static enum khs_code try_opened(struct fixture *f)
{
	const struct khs_diff_options opts = { .size = sizeof(opts), .force = f->force };
	_cleanup_error_ struct khs_error *err = NULL;

	f->n = 0;
	err = khs_diff(f->old->k, f->new->k, &opts, keep, f, &f->sum);
	snprintf(f->error, sizeof(f->error), "%s", err ? khs_error_message(err) : "");
	return khs_error_code(err);
}

static enum khs_code try_diff(struct fixture *f)
{
	tk_open(f->old);
	tk_open(f->new);
	return try_opened(f);
}

static void print_all(const struct fixture *f)
{
	for (size_t i = 0; i < f->n; i++)
		print_error("%s pfn 0x%llx pages %llu order %u > %d, %s > %s\n",
			    khs_outcome_name(f->got[i].outcome), (unsigned long long)f->got[i].pfn,
			    (unsigned long long)f->got[i].pages, f->got[i].order,
			    f->got[i].new_order, f->got[i].owner, f->got[i].new_owner);
}

/* The one range that begins at @pfn. */
static const struct range *at(const struct fixture *f, uint64_t pfn, enum khs_outcome outcome,
			      uint64_t pages, uint64_t ranges)
{
	const struct range *found = NULL;

	for (size_t i = 0; i < f->n; i++)
		if (f->got[i].pfn == pfn) {
			assert_null(found);
			found = &f->got[i];
		}
	if (!found || found->outcome != outcome || found->pages != pages ||
	    found->ranges != ranges) {
		print_error("wanted %s pfn 0x%llx pages %llu, got:\n", khs_outcome_name(outcome),
			    (unsigned long long)pfn, (unsigned long long)pages);
		print_all(f);
	}
	assert_true(found && found->outcome == outcome && found->pages == pages);
	assert_int_equal(found->ranges, ranges);
	return found;
}

/* Compares; beside the root FDT there are @n ranges. */
static void diff(struct fixture *f, size_t n)
{
	assert_int_equal(try_diff(f), KHS_OK);
	if (f->n != n + 1)
		print_all(f);
	assert_int_equal(f->n, n + 1);
	at(f, FDT, KHS_OUTCOME_PENDING, 1, 1);
}

/* ---- outcomes of a handover ----------------------------------------------------------------- */

static void what_waits(void **state)
{
	struct fixture *f = *state;
	const struct range *r;

	for (uint64_t i = 0; i < 3; i++) {
		tk_preserve(f->old, A + 4 * i, 2);
		tk_pending(f->new, A + 4 * i, 2);
	}
	tk_preserve(f->new, A + 8, 2);
	diff(f, 2);
	r = at(f, A, KHS_OUTCOME_PENDING, 8, 2);
	assert_true(r->order == 2 && r->new_order == -1 && !r->again && r->direction == KHS_OUT);
	assert_true(at(f, A + 8, KHS_OUTCOME_PENDING, 4, 1)->again);
	assert_true(f->sum.relation == KHS_RELATION_NEXT && f->sum.all_judged);
	assert_false(f->sum.surprises);
	assert_int_equal(f->sum.total[KHS_OUTCOME_PENDING].ranges, 4);
	assert_int_equal(f->sum.total[KHS_OUTCOME_PENDING].pages, 13);
	assert_int_equal(f->sum.again.pages, 5); /* the made-up kernel has FDT's page in its map */
}

static void what_was_restored(void **state)
{
	struct fixture *f = *state;

	tk_preserve(f->old, A, 3);
	tk_restore_folio(f->new, A, 3, false);
	tk_preserve(f->old, A + 8, 3);
	tk_restore_folio(f->new, A + 8, 3, true);
	tk_preserve(f->old, A + 16, 1); /* restored, and a part of it freed */
	tk_init_page(f->new, A + 16);
	tk_free_block(f->new, A + 17, 0);
	diff(f, 2);
	assert_false(at(f, A, KHS_OUTCOME_RESTORED, 16, 2)->proven);
	at(f, A + 16, KHS_OUTCOME_RESTORED, 2, 1);
	assert_false(f->sum.surprises);
	assert_int_equal(f->sum.unproven.pages, 18);
}

static void what_is_free(void **state)
{
	struct fixture *f = *state;

	tk_preserve(f->old, A + 2, 1); /* inside a larger free block */
	tk_free_block(f->new, A, 3);
	tk_preserve(f->old, A + 8, 2); /* of several smaller ones */
	tk_free_block(f->new, A + 8, 1);
	tk_free_block(f->new, A + 10, 0);
	tk_free_block(f->new, A + 11, 0);
	diff(f, 2);
	at(f, A + 2, KHS_OUTCOME_FREED, 2, 1);
	at(f, A + 8, KHS_OUTCOME_FREED, 4, 1);
	assert_false(f->sum.surprises);
	assert_true(f->sum.all_judged);
}

static void what_memblock_knows(void **state)
{
	struct fixture *f = *state;

	tk_member(f->new, "memblock", "reserved", 2 * TK_MEMBLOCK_TYPE, TK_MEMBLOCK_TYPE);
	tk_set_noinit(f->new, 0, FDT, FDT + 1);
	tk_set_noinit(f->new, 1, A, A + 6);
	tk_preserve(f->old, A, 1);
	tk_free_block(f->new, A, 1);
	tk_preserve(f->old, A + 2, 1);
	tk_restore_folio(f->new, A + 2, 1, false);
	tk_preserve(f->old, A + 4, 2); /* memblock reserved half of it */
	tk_preserve(f->old, A + 8, 1); /* ... and nothing of this */
	diff(f, 4);
	assert_true(at(f, A, KHS_OUTCOME_FREED, 2, 1)->proven);
	assert_true(at(f, A + 2, KHS_OUTCOME_RESTORED, 2, 1)->proven);
	at(f, A + 4, KHS_OUTCOME_LOST, 4, 1);
	at(f, A + 8, KHS_OUTCOME_LOST, 2, 1);
	assert_true(f->sum.surprises);
	assert_int_equal(f->sum.unproven.ranges, 0);
}

static void what_is_lost(void **state)
{
	struct fixture *f = *state;

	tk_preserve(f->old, A, 2); /* never initialised */
	tk_fill_page(f->new, A + 1, 0);
	tk_preserve(f->old, TK_SCRATCH0, 1);
	tk_preserve(f->old, TK_END, 4); /* no memory */
	diff(f, 3);
	at(f, A, KHS_OUTCOME_LOST, 4, 1);
	at(f, TK_SCRATCH0, KHS_OUTCOME_LOST, 2, 1);
	at(f, TK_END, KHS_OUTCOME_LOST, 16, 1);
	assert_int_equal(f->sum.total[KHS_OUTCOME_LOST].ranges, 3);
}

static void a_handover_that_failed(void **state)
{
	struct fixture *f = *state;

	tk_preserve(f->old, A, 2);
	tk_write(f->new, TK_VARS + TK_V_IN, 0, 8);
	tk_write(f->new, TK_VARS + TK_V_IN + TK_IN_COUNT, 0, 4);
	memset(tk_at(f->new, TK_VARS + TK_V_IN + TK_IN_RELEASE, 6), 0, 6);
	tk_allocate(f->new, FDT);
	assert_int_equal(try_diff(f), KHS_OK);
	assert_int_equal(f->n, 2);
	at(f, FDT, KHS_OUTCOME_LOST, 1, 1);
	at(f, A, KHS_OUTCOME_LOST, 4, 1);
}

static void other_orders(void **state)
{
	struct fixture *f = *state;

	tk_preserve(f->old, A, 2); /* became two */
	tk_pending(f->new, A, 1);
	tk_pending(f->new, A + 2, 1);
	for (uint64_t i = 0; i < 4; i++) /* two of four became one */
		tk_preserve(f->old, A + 8 + i, 0);
	tk_pending(f->new, A + 8, 1);
	diff(f, 3);
	assert_int_equal(at(f, A, KHS_OUTCOME_REORDERED, 4, 1)->new_order, 1);
	assert_int_equal(at(f, A + 8, KHS_OUTCOME_REORDERED, 2, 2)->new_order, 1);
	at(f, A + 10, KHS_OUTCOME_RESTORED, 2, 2);
	assert_true(f->sum.surprises);
}

static void damage(void **state)
{
	struct fixture *f = *state;

	tk_preserve(f->old, A, 2);
	tk_pending(f->new, A, 2);
	tk_fill_page(f->new, A + 3, 0);
	diff(f, 1);
	at(f, A, KHS_OUTCOME_DAMAGED, 4, 1);
	assert_true(f->sum.surprises);
}

static void what_came_later(void **state)
{
	struct fixture *f = *state;

	tk_pending(f->new, A, 1);
	tk_pending(f->new, A + 2, 1);
	diff(f, 1);
	at(f, A, KHS_OUTCOME_LATE, 4, 2);
	assert_false(f->sum.surprises);
}

/* Pending in OLD, which was handed it: what is not in OLD's own map ended with its boot. */
static void what_is_dropped(void **state)
{
	struct fixture *f = *state;

	tk_write(f->old, TK_VARS + TK_V_IN, TK_IN_FDT, 8);
	tk_pending(f->old, A, 2);
	tk_pending(f->old, A + 4, 2);
	tk_preserve(f->old, A + 4, 2);
	tk_pending(f->new, A + 4, 2);
	diff(f, 2);
	assert_int_equal(at(f, A, KHS_OUTCOME_DROPPED, 4, 1)->direction, KHS_IN);
	at(f, A + 4, KHS_OUTCOME_PENDING, 4, 1);
	assert_false(f->sum.surprises);
}

static void what_the_dump_lacks(void **state)
{
	struct fixture *f = *state;

	tk_preserve(f->old, A, 1);
	tk_lose(f->new, tk_page_pa(f->new, A) & ~0xfffULL, 4096, KHS_MISSING);
	diff(f, 1);
	at(f, A, KHS_OUTCOME_UNKNOWN, 2, 1);
	assert_false(f->sum.all_judged);
	assert_false(f->sum.surprises);
	assert_string_not_equal(f->sum.doubt, "");
}

/* ---- whose it is ---------------------------------------------------------------------------- */

#define VM0 " (memfd-v2) of LUO session vm0"

/* Two memfds of one session, the one's pages behind the other's, and the files' luo_file. */
struct handed {
	struct tl old, new;
	uint64_t files[2];
};

static void hand_files(struct fixture *f, struct handed *h)
{
	struct tl_session s;

	tl_init(&h->old, f->old, false);
	s = tl_session(&h->old, "vm0");
	for (uint64_t i = 0; i < 2; i++)
		tl_file(&h->old, &s, i + 1, tl_memfd(&h->old, 4, 0).handle);

	tl_init(&h->new, f->new, true);
	memcpy(tk_at(f->new, TK_OUT_FDT, 4096), tk_at(f->new, TK_IN_FDT, 4096), 4096);
	tk_root_fdt(f->new, TK_IN_FDT, "kho-v4", f->new->tree.root);
	tl_bare_page(&h->new); /* a block of sessions, which is free by now */
	s = tl_session(&h->new, "vm0");
	for (uint64_t i = 0; i < 2; i++)
		h->files[i] = tl_file(&h->new, &s, i + 1, tl_memfd(&h->new, 4, 0).handle);
}

static void expect_owners(const struct range *r, const char *owner, const char *new_owner)
{
	assert_string_equal(r->owner, owner);
	assert_string_equal(r->new_owner, new_owner);
	assert_int_equal(r->reowned, r->outcome == KHS_OUTCOME_PENDING && strcmp(owner, new_owner));
}

static void the_same_owners(void **state)
{
	struct fixture *f = *state;
	struct handed h;

	hand_files(f, &h);
	assert_int_equal(try_diff(f), KHS_OK);
	expect_owners(at(f, A, KHS_OUTCOME_PENDING, 4, 4), "file 0x1" VM0, "file 0x1" VM0);
	expect_owners(at(f, A + 4, KHS_OUTCOME_PENDING, 4, 4), "file 0x2" VM0, "file 0x2" VM0);
	expect_owners(at(f, FDT, KHS_OUTCOME_PENDING, 1, 1), "root FDT", "root FDT");
	assert_false(f->sum.surprises);
	assert_int_equal(f->sum.reowned.ranges, 0);
}

static void another_owner(void **state)
{
	struct fixture *f = *state;
	const struct range *r;
	struct handed h;

	hand_files(f, &h);
	tk_write(f->new, h.files[1] + TL_F_TOKEN, 3, 8);
	assert_int_equal(try_diff(f), KHS_OK);
	expect_owners(at(f, A, KHS_OUTCOME_PENDING, 4, 4), "file 0x1" VM0, "file 0x1" VM0);
	r = at(f, A + 4, KHS_OUTCOME_PENDING, 4, 4);
	expect_owners(r, "file 0x2" VM0, "file 0x3" VM0);
	assert_true(r->surprises && f->sum.surprises);
	/* ... and what its handle, its list of pages and its array lie in */
	assert_int_equal(f->sum.reowned.pages, 7);
	assert_int_equal(f->sum.surprising.pages, 7);
}

/* A page that the next kernel's owner does not claim; then one that may have an owner not seen. */
static void no_owner_any_more(void **state)
{
	struct fixture *f = *state;
	struct handed h;

	hand_files(f, &h);
	tk_pending(f->new, A + 8, 0);
	tk_preserve(f->old, A + 8, 0);
	tk_preserve(f->old, A + 16, 0);
	tl_entry(&h.new, &(struct tl_memfd){ .array = (TL_POOL + 5) << 12 }, 0, A + 8, 3, 0);
	assert_int_equal(try_diff(f), KHS_OK);
	expect_owners(at(f, A, KHS_OUTCOME_PENDING, 1, 1), "file 0x1" VM0, "");
	expect_owners(at(f, A + 8, KHS_OUTCOME_PENDING, 1, 1), "", "file 0x1" VM0);
	expect_owners(at(f, A + 16, KHS_OUTCOME_RESTORED, 1, 1), "", "");
	assert_int_equal(f->sum.reowned.ranges, 2);

	tk_lose(f->new, h.files[1], TL_F_SIZE, KHS_MISSING);
	assert_int_equal(try_diff(f), KHS_OK);
	assert_false(at(f, A + 4, KHS_OUTCOME_PENDING, 4, 4)->reowned);
	assert_string_equal(at(f, A + 4, KHS_OUTCOME_PENDING, 4, 4)->new_owner, "");
}

/* ---- one boot ------------------------------------------------------------------------------- */

static void same_boot(struct fixture *f)
{
	tk_delete(f->new);
	f->new = tk_new();
	tk_write(f->new, TK_VARS + TK_V_IN + TK_IN_COUNT, 2, 4);
}

static void the_same_boot_out(void **state)
{
	struct fixture *f = *state;

	same_boot(f);
	tk_preserve(f->old, A, 2);
	tk_preserve(f->new, A, 2);
	tk_preserve(f->old, A + 4, 2);
	tk_preserve(f->new, A + 8, 2);
	tk_preserve(f->old, A + 16, 2);
	tk_preserve(f->new, A + 16, 3);
	assert_int_equal(try_diff(f), KHS_OK);
	assert_int_equal(f->sum.relation, KHS_RELATION_SAME);
	at(f, FDT, KHS_OUTCOME_KEPT, 1, 1);
	at(f, A, KHS_OUTCOME_KEPT, 4, 1);
	at(f, A + 4, KHS_OUTCOME_REMOVED, 4, 1);
	at(f, A + 8, KHS_OUTCOME_ADDED, 4, 1);
	assert_int_equal(at(f, A + 16, KHS_OUTCOME_REORDERED, 4, 1)->new_order, 3);
	assert_int_equal(f->n, 5);
}

static void the_same_boot_in(void **state)
{
	struct fixture *f = *state;

	same_boot(f);
	tk_write(f->old, TK_VARS + TK_V_IN, TK_IN_FDT, 8);
	tk_write(f->new, TK_VARS + TK_V_IN, TK_IN_FDT, 8);
	tk_pending(f->old, A, 2);
	tk_pending(f->new, A, 2);
	tk_pending(f->old, A + 4, 2);
	tk_restore_folio(f->new, A + 4, 2, false);
	tk_pending(f->new, A + 8, 2);
	tk_forget(f->new, KHS_ASK_MEMBER, "memblock", "reserved");
	assert_int_equal(try_diff(f), KHS_OK);
	assert_int_equal(f->n, 4);
	at(f, A, KHS_OUTCOME_KEPT, 4, 1);
	assert_int_equal(at(f, A + 4, KHS_OUTCOME_RESTORED, 4, 1)->direction, KHS_IN);
	at(f, A + 8, KHS_OUTCOME_APPEARED, 4, 1);
	assert_true(f->sum.surprises);
}

/* In one boot an owner may let go of memory that another then preserves. */
static void the_same_boot_owners(void **state)
{
	struct fixture *f = *state;
	struct tk *both[2];

	same_boot(f);
	both[0] = f->old;
	both[1] = f->new;
	for (int i = 0; i < 2; i++) {
		struct tl l;
		struct tl_session s;

		tl_init(&l, both[i], false);
		s = tl_session(&l, i ? "vm1" : "vm0");
		tl_file(&l, &s, 1, tl_memfd(&l, 4, 0).handle);
	}
	assert_int_equal(try_diff(f), KHS_OK);
	assert_int_equal(f->sum.relation, KHS_RELATION_SAME);
	assert_true(at(f, A, KHS_OUTCOME_KEPT, 4, 4)->reowned);
	assert_string_equal(at(f, A, KHS_OUTCOME_KEPT, 4, 4)->new_owner,
			    "file 0x1 (memfd-v2) of LUO session vm1");
	assert_false(f->sum.surprises);
}

/* ---- interrupts ----------------------------------------------------------------------------- */

/*
 * Whatever was looked at has the outcome it has without an interrupt, and nothing has another one
 * but unknown. All of OLD's is told of; what only NEW has may be missing.
 */
static void expect_part(const struct fixture *f, const struct fixture *whole)
{
	uint64_t pages = 0, all = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct range *r = &f->got[i];
		bool known = r->outcome == KHS_OUTCOME_UNKNOWN;

		for (size_t k = 0; k < whole->n && !known; k++)
			known = whole->got[k].outcome == r->outcome &&
				whole->got[k].pfn <= r->pfn &&
				r->pfn + r->pages <= whole->got[k].pfn + whole->got[k].pages;
		assert_true(known && !r->reowned);
		pages += r->outcome == KHS_OUTCOME_LATE ? 0 : r->pages;
	}
	for (size_t k = 0; k < whole->n; k++)
		all += whole->got[k].outcome == KHS_OUTCOME_LATE ? 0 : whole->got[k].pages;
	assert_int_equal(pages, all);
}

/* One step later each time, until it comes to its end. */
static void interrupted(void **state)
{
	struct fixture *f = *state, whole;
	int left, steps = 0, partial = 0;
	bool cut;

	for (uint64_t i = 0; i < 8; i++)
		tk_preserve(f->old, A + 4 * i, i & 1);
	for (uint64_t i = 0; i < 3; i++)
		tk_pending(f->new, A + 4 * i, i & 1);
	for (uint64_t i = 3; i < 8; i++)
		tk_restore_folio(f->new, A + 4 * i, i & 1, false);
	tk_pending(f->new, A + 0x800, 2); /* late */
	assert_int_equal(try_diff(f), KHS_OK);
	assert_true(f->sum.all_judged);
	whole = *f;
	f->old->opts.interrupted = f->new->opts.interrupted = tk_count_down;
	f->old->opts.arg = f->new->opts.arg = &left;
	do {
		left = -1;
		tk_open(f->old);
		tk_open(f->new);
		left = steps++;
		assert_int_equal(try_opened(f), KHS_OK);
		cut = khs_interrupted(f->old->k) || khs_interrupted(f->new->k);
		assert_int_equal(f->sum.all_judged, !cut);
		assert_int_equal(!!strstr(f->sum.doubt, "interrupted"), cut);
		partial += f->sum.total[KHS_OUTCOME_UNKNOWN].ranges &&
			   f->sum.total[KHS_OUTCOME_PENDING].ranges;
		expect_part(f, &whole);
	} while (cut);
	assert_true(partial && steps > 12);
	assert_int_equal(f->n, whole.n);
}

/* What opening did not come to is no reason to say that they don't belong together. */
static void interrupted_before(void **state)
{
	struct fixture *f = *state;
	int left = -1;

	f->new->opts.interrupted = tk_count_down;
	f->new->opts.arg = &left;
	tk_open(f->old);
	tk_open(f->new);
	left = 0;
	assert_int_equal(try_opened(f), KHS_OK);
	assert_int_equal(try_opened(f), KHS_ERR_INTERRUPTED);
}

/* What OLD's map lacks may have been in it. */
static void half_a_map(void **state)
{
	struct fixture *f = *state;

	tk_pending(f->new, A, 1);
	tk_open(f->old);
	tk_open(f->new);
	f->old->k->kho.nodes_absent = 1;
	assert_int_equal(try_opened(f), KHS_OK);
	at(f, A, KHS_OUTCOME_UNKNOWN, 2, 1);
	assert_false(f->sum.all_judged);
}

/* ---- dumps that don't belong together ------------------------------------------------------- */

static void refused(struct fixture *f, const char *word)
{
	assert_int_equal(try_diff(f), KHS_ERR_MISMATCH);
	if (!strstr(f->error, word))
		print_error("no \"%s\" in: %s\n", word, f->error);
	assert_non_null(strstr(f->error, word));
	f->force = true;
	assert_int_equal(try_diff(f), KHS_OK);
	assert_int_equal(f->sum.relation, KHS_RELATION_NONE);
	assert_string_not_equal(f->sum.why, "");
	f->force = false;
}

static void other_counts(void **state)
{
	struct fixture *f = *state;

	tk_write(f->old, TK_VARS + TK_V_IN + TK_IN_COUNT, 3, 4);
	refused(f, "kexec count");
}

static void other_release(void **state)
{
	struct fixture *f = *state;

	memcpy(tk_at(f->new, TK_VARS + TK_V_IN + TK_IN_RELEASE, 6), "7.3.5", 6);
	refused(f, "release 7.3.5");
}

static void other_fdt(void **state)
{
	struct fixture *f = *state;

	tk_write(f->new, TK_VARS + TK_V_IN, 0xe000, 8);
	refused(f, "root FDT at 0xe000");
}

static void other_scratch(void **state)
{
	struct fixture *f = *state;

	tk_set_scratch(f->old, 2, TK_SCRATCH1, TK_SCRATCH_PAGES / 2);
	refused(f, "scratch areas differ");
}

static void other_memory(void **state)
{
	struct fixture *f = *state;

	tk_set_ram(f->old, 2, TK_HOLE_END, TK_HOLE_END + 0x1000, 1);
	refused(f, "different machines");
}

static void no_handover(void **state)
{
	struct fixture *f = *state;

	tk_write(f->new, TK_VARS + TK_V_IN, 0, 8);
	tk_write(f->new, TK_VARS + TK_V_IN + TK_IN_SCRATCH, 0, 8);
	refused(f, "not started by a handover");
}

static void the_wrong_way_round(void **state)
{
	struct fixture *f = *state;
	struct tk *old = f->old;

	f->old = f->new;
	f->new = old;
	refused(f, "other way round");
}

static void no_kho(void **state)
{
	struct fixture *f = *state;

	tk_forget_kho(f->old);
	assert_int_equal(try_diff(f), KHS_ERR_NODATA);
	assert_non_null(strstr(f->error, "OLD: this kernel has no kexec handover"));
}

#define PAIR(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PAIR(what_waits), PAIR(what_was_restored), PAIR(what_is_free),
		PAIR(what_memblock_knows), PAIR(what_is_lost), PAIR(a_handover_that_failed),
		PAIR(other_orders), PAIR(damage), PAIR(what_came_later), PAIR(what_is_dropped),
		PAIR(what_the_dump_lacks), PAIR(the_same_owners), PAIR(another_owner),
		PAIR(no_owner_any_more), PAIR(the_same_boot_out), PAIR(the_same_boot_in),
		PAIR(the_same_boot_owners), PAIR(interrupted), PAIR(interrupted_before),
		PAIR(half_a_map),
		PAIR(other_counts), PAIR(other_release), PAIR(other_fdt), PAIR(other_scratch),
		PAIR(other_memory), PAIR(no_handover), PAIR(the_wrong_way_round), PAIR(no_kho),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
