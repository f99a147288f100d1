// SPDX-License-Identifier: GPL-2.0-or-later
#include "sheaf.h"

#include <stdlib.h>

#include "../base/cleanup.h"
#include "../base/error.h"
#include "text_pieces.h"

#define FOLDED_LINES 8 /* of what one finding explains */

void khs_sheaf_add(void *arg, const struct khs_finding *finding)
{
	struct khs_sheaf *sheaf = arg;

	sheaf->count[finding->severity]++;
	sheaf->explained += finding->cause != KHS_NO_CAUSE;
	khs_gather_finding(&sheaf->all, finding);
}

void khs_sheaf_deinit(struct khs_sheaf *sheaf)
{
	khs_gathered_deinit(&sheaf->all);
	free(sheaf->order);
}

int khs_sheaf_worst(const struct khs_sheaf *sheaf)
{
	for (int i = KHS_ERROR; i >= KHS_NOTE; i--)
		if (sheaf->count[i])
			return i;
	return -1;
}

/* ---- order ---------------------------------------------------------------------------------- */

struct key {
	const struct khs_finding *f;
	enum khs_severity group; /* the gravest of the cause and what it explains */
	size_t leader;           /* number of the cause, or its own */
};

static int compare(const void *a, const void *b)
{
	const struct key *l = a, *r = b;

	if (l->group != r->group)
		return l->group > r->group ? -1 : 1;
	if (l->leader != r->leader)
		return l->leader < r->leader ? -1 : 1;
	if ((l->f->number == l->leader) != (r->f->number == r->leader))
		return l->f->number == l->leader ? -1 : 1;
	if (l->f->severity != r->f->severity)
		return l->f->severity > r->f->severity ? -1 : 1;
	return (l->f->number > r->f->number) - (l->f->number < r->f->number);
}

enum order { BY_SEVERITY, BY_CAUSE };

static void fill_keys(const struct khs_gathered *all, enum order order, struct key *keys)
{
	for (size_t i = 0; i < all->n; i++)
		keys[i] = (struct key){ all->v[i], all->v[i]->severity, i };
	for (size_t i = 0; order == BY_CAUSE && i < all->n; i++) {
		struct key *leader = all->v[i]->cause < all->n ? &keys[all->v[i]->cause] : NULL;

		if (!leader)
			continue;
		keys[i].leader = all->v[i]->cause;
		if (keys[i].group > leader->group)
			leader->group = keys[i].group;
	}
	for (size_t i = 0; i < all->n; i++)
		keys[i].group = keys[keys[i].leader].group;
}

/* To be freed; NULL without memory, also if not all that was added is there. */
static const struct khs_finding **sorted(const struct khs_sheaf *sheaf, enum order order)
{
	size_t n = sheaf->all.n;
	_cleanup_free_ struct key *keys = calloc(n + 1, sizeof(*keys));
	const struct khs_finding **v;

	if (!keys || sheaf->all.no_memory)
		return NULL;
	fill_keys(&sheaf->all, order, keys);
	qsort(keys, n, sizeof(*keys), compare);
	v = calloc(n + 1, sizeof(*v));
	if (!v)
		return NULL;
	for (size_t i = 0; i < n; i++)
		v[i] = keys[i].f;
	return v;
}

struct khs_error *khs_sheaf_sort(struct khs_sheaf *sheaf)
{
	free(sheaf->order);
	sheaf->order = sorted(sheaf, BY_CAUSE);
	return sheaf->order ? NULL : khs_enomem();
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* In JSON a cause is a place in the array. */
static json_t *add_all(const struct khs_finding **v, size_t n, const size_t *place)
{
	_cleanup_json_ json_t *array = json_array();

	for (size_t i = 0; i < n; i++) {
		struct khs_finding f = *v[i];

		if (f.cause != KHS_NO_CAUSE)
			f.cause = place[f.cause];
		if (json_array_append_new(array, khs_json_finding(&f)))
			return NULL;
	}
	return khs_steal(array);
}

json_t *khs_sheaf_json(const struct khs_sheaf *sheaf)
{
	_cleanup_free_ size_t *place = calloc(sheaf->all.n + 1, sizeof(*place));
	_cleanup_free_ const struct khs_finding **v = sorted(sheaf, BY_SEVERITY);

	if (!v || !place)
		return NULL;
	for (size_t i = 0; i < sheaf->all.n; i++)
		place[v[i]->number] = i;
	return add_all(v, sheaf->all.n, place);
}

/* ---- text ----------------------------------------------------------------------------------- */

/* Lines for order[@from] up to order[@to]. */
static void put_folded(const struct khs_sheaf *sheaf, size_t from, size_t to, FILE *out,
		       const struct khs_style *style)
{
	size_t n = to - from;

	fprintf(out, "  explains %zu more:\n", n);
	for (size_t i = from; i < to && i < from + FOLDED_LINES; i++) {
		fputs("    ", out);
		khs_text_finding_line(out, style, sheaf->order[i]);
	}
	if (n > FOLDED_LINES)
		fprintf(out, "    and %zu like these (--all prints each)\n", n - FOLDED_LINES);
}

static void put_whole(const struct khs_sheaf *sheaf, size_t i, FILE *out,
		      const struct khs_style *style)
{
	const struct khs_finding *f = sheaf->order[i];

	khs_text_finding(out, style, f);
	/* Filled by khs_sheaf_sort(), or not come to. NOLINTNEXTLINE(*-core.NullDereference) */
	if (f->cause != KHS_NO_CAUSE)
		khs_text_explained(out, sheaf->all.v[f->cause]);
}

struct khs_error *khs_sheaf_text(struct khs_sheaf *sheaf, FILE *out, const struct khs_style *style,
				 bool all)
{
	struct khs_error *err = khs_sheaf_sort(sheaf);

	if (err)
		return err;
	for (size_t i = 0, next; i < sheaf->all.n; i = next) {
		next = i + 1;
		put_whole(sheaf, i, out, style);
		while (!all && next < sheaf->all.n && sheaf->order[next]->cause != KHS_NO_CAUSE)
			next++;
		if (next > i + 1)
			put_folded(sheaf, i + 1, next, out, style);
		putc('\n', out);
	}
	return NULL;
}
