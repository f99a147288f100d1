// SPDX-License-Identifier: GPL-2.0-or-later
/* A kernel that runs on while it is read: what stands is what two looks find. */
#include "kernel.h"

#include "model.h"

#define BAD 0x3000ULL

struct running {
	struct tk *t;
	unsigned int looks;
	void (*between)(struct tk *t); /* what the kernel does between the two looks */
	char warning[128];
};

/* The first page of a look; the second look's is what comes between the two. */
static void on_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
	struct running *r = arg;

	(void)what;
	(void)total;
	if (!done && r->looks++ == 1 && r->between)
		r->between(r->t);
}

static void on_warning(void *arg, const char *message)
{
	struct running *r = arg;

	snprintf(r->warning, sizeof(r->warning), "%s", message);
}

static void run(struct running *r, bool live)
{
	r->t->opts.arg = r;
	r->t->opts.progress = on_progress;
	r->t->opts.warn = on_warning;
	tk_open(r->t);
	r->t->k->kernel.dump->live = live;
	r->t->nr_found = 0;
	tk_ok(khs_check(r->t->k, tk_collect, r->t));
}

static void spoil(struct tk *t)
{
	memset(tk_raw(t, BAD), 0, t->knobs.layout.size);
}

static void mend(struct tk *t)
{
	tk_allocate(t, BAD);
}

static void dead_is_looked_at_once(void **state)
{
	struct running r = { .t = *state };

	spoil(r.t);
	run(&r, false);
	assert_int_equal(r.looks, 1);
	tk_expect_count(r.t, 1);
	assert_false(tk_status(r.t)->live);
}

static void lasting_fault_stands(void **state)
{
	struct running r = { .t = *state };

	spoil(r.t);
	run(&r, true);
	assert_int_equal(r.looks, 2);
	tk_expect_count(r.t, 1);
	tk_expect(r.t, "raw-page", "N1", BAD, 1);
	assert_string_equal(r.warning, "");
	assert_true(tk_status(r.t)->live);
}

static void passing_fault_is_told_of(void **state)
{
	struct running r = { .t = *state, .between = mend };

	spoil(r.t);
	run(&r, true);
	tk_expect_count(r.t, 0);
	assert_non_null(strstr(r.warning, "1 finding of the first look"));
}

static void late_fault_is_not_believed(void **state)
{
	struct running r = { .t = *state, .between = spoil };

	run(&r, true);
	assert_int_equal(r.looks, 2);
	tk_expect_count(r.t, 0);
	assert_string_equal(r.warning, "");
}

/* What the second look read of the map is what all verbs go by. */
static void preserve(struct tk *t)
{
	tk_allocate(t, 0x2000);
	tk_preserve(t, 0x2000, 0);
}

static void handover_is_read_again(void **state)
{
	struct running r = { .t = *state };
	uint64_t before;

	tk_open(r.t);
	before = tk_status(r.t)->outgoing.ranges;
	preserve(r.t);
	tk_ok(khs_look_again(r.t->k));
	assert_int_equal(tk_status(r.t)->outgoing.ranges, before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TK_COLD(dead_is_looked_at_once), TK_COLD(lasting_fault_stands),
		TK_COLD(passing_fault_is_told_of), TK_COLD(late_fault_is_not_believed),
		TK_COLD(handover_is_read_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
