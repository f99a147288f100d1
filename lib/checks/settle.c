// SPDX-License-Identifier: GPL-2.0-or-later
#include "settle.h"

#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../base/error.h"

/* What is remembered of a finding. */
struct seen {
	const char *id, *class_name; /* static strings */
	bool has_pfn;
	uint64_t pfn, pages;
	bool again; /* the second look found it, too */
};

struct looks {
	struct seen *v;
	size_t n, cap;
	bool no_memory;
	khs_visit_fn *visit;
	void *arg;
};

static void remember(void *arg, const struct khs_finding *f)
{
	struct looks *looks = arg;

	if (!khs_array_grow(looks->v, looks->n, looks->cap)) {
		looks->no_memory = true;
		return;
	}
	looks->v[looks->n++] = (struct seen){
		f->id, f->class_name, f->has_pfn, f->pfn, f->pages, false,
	};
}

static bool same(const struct seen *s, const struct khs_finding *f)
{
	if (strcmp(s->id, f->id) || strcmp(s->class_name, f->class_name) ||
	    s->has_pfn != f->has_pfn)
		return false;
	return !s->has_pfn || (s->pfn < f->pfn + f->pages && f->pfn < s->pfn + s->pages);
}

static void confirm(void *arg, const struct khs_finding *f)
{
	struct looks *looks = arg;
	bool known = false;

	for (size_t i = 0; i < looks->n; i++) {
		if (!same(&looks->v[i], f))
			continue;
		looks->v[i].again = true;
		known = true;
	}
	if (known)
		looks->visit(looks->arg, f);
}

static void tell_rest(struct khs *k, const struct looks *looks)
{
	size_t gone = 0;

	for (size_t i = 0; i < looks->n; i++)
		gone += !looks->v[i].again;
	if (gone)
		khs_kernel_warn(&k->kernel, "%zu finding%s of the first look at the running kernel "
				"%s gone at the second, and not reported", gone,
				gone == 1 ? "" : "s", gone == 1 ? "was" : "were");
}

static struct khs_error *look_twice(struct khs *k, khs_judge_fn *judge, const void *opts,
				    struct looks *looks)
{
	struct khs_error *err = judge(k, opts, remember, looks);

	if (!err && looks->no_memory)
		err = khs_enomem();
	if (err || khs_interrupted(k)) /* one look proves nothing */
		return err;
	err = khs_look_again(k);
	return err ? err : judge(k, opts, confirm, looks);
}

struct khs_error *khs_settle(struct khs *k, khs_judge_fn *judge, const void *opts,
			     khs_visit_fn *visit, void *arg)
{
	struct looks looks = { .visit = visit, .arg = arg };
	struct khs_error *err;

	if (!k->kernel.dump->live)
		return judge(k, opts, visit, arg);
	err = look_twice(k, judge, opts, &looks);
	if (!err && !khs_interrupted(k))
		tell_rest(k, &looks);
	free(looks.v);
	return err;
}
