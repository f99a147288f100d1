// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blob-uncovered, blob-damage, vmalloc-damage, luo-mismatch, memfd-damage, leak: what was wrong
 * with owners, as owners/faults.h has it.
 */
#include "check.h"
#include "owners.h"
#include "../base/array.h"
#include "../base/error.h"

#include <stdlib.h>
#include <string.h>

void khs_draft_lineage(struct khs_draft *d, const char *key, const struct khs *k, uint32_t owner)
{
	const struct khs_owners *o = &k->owners;
	char text[320];

	khs_owner_path(o, owner, text, sizeof(text));
	khs_draft_string(d, key, "%s", text);
}

void khs_draft_owner(struct khs_draft *d, const struct khs *k, uint32_t owner)
{
	khs_draft_string(d, "direction", "%s",
			 k->owners.nodes[owner].direction == KHS_OUT ? "out" : "in");
	khs_draft_lineage(d, "owner", k, owner);
}

/* Whether the owner is LUO's, and LUO was at work when the kernel died. */
static bool is_unsure(const struct khs *k, uint32_t owner)
{
	const struct khs_owners *o = &k->owners;

	if (!o->side[o->nodes[owner].direction == KHS_IN].busy)
		return false;
	for (; owner != KHS_NO_OWNER; owner = o->nodes[owner].parent)
		if (o->nodes[owner].kind == KHS_O_LUO)
			return true;
	return false;
}

static void draft_value(struct khs_draft *d, const char *key, uint64_t value)
{
	if (key && *key == '@')
		khs_draft_hex(d, key + 1, value);
	else if (key && *key == '-')
		khs_draft_signed(d, key + 1, (int64_t)value);
	else if (key && *key == '%')
		khs_draft_string(d, key + 1, "%s", khs_role_name((enum khs_role)value));
	else if (key)
		khs_draft_number(d, key, value);
}

/* @pages: of adjacent faults of one kind. */
static void emit(struct khs *k, const struct khs_emitter *to, const struct khs_owner_fault *fault,
		 uint64_t pages)
{
	const struct khs_owner_fault_info *info = &khs_owner_faults[fault->kind];
	bool unsure = is_unsure(k, fault->owner);
	enum khs_severity severity = unsure ? KHS_NOTE : info->severity;
	struct khs_draft d;

	if (pages)
		khs_draft_init(&d, k, info->id, "", severity, fault->pfn, pages,
			       fault->order == KHS_NO_ORDER ? -1 : fault->order);
	else
		khs_draft_init_global(&d, info->id, severity);
	khs_draft_summary(&d, "%s", info->summary);
	khs_draft_owner(&d, k, fault->owner);
	for (size_t i = 0; i < 2; i++)
		draft_value(&d, info->keys[i], fault->values[i]);
	if (unsure)
		khs_draft_string(&d, "not_proven", "LUO was at work when the kernel died");
	khs_draft_emit(&d, to);
}

static int by_pfn(const void *a, const void *b)
{
	const struct khs_owner_fault *l = *(const struct khs_owner_fault *const *)a;
	const struct khs_owner_fault *r = *(const struct khs_owner_fault *const *)b;

	if (!l->pages != !r->pages)
		return l->pages ? 1 : -1;
	if (l->pfn != r->pfn)
		return l->pfn < r->pfn ? -1 : 1;
	return (l > r) - (l < r);
}

static bool goes_on(const struct khs_owner_fault *last, const struct khs_owner_fault *next)
{
	return last->pages && next->pages && last->kind == next->kind &&
	       last->owner == next->owner && last->order == next->order &&
	       last->pfn + last->pages == next->pfn;
}

struct khs_error *khs_check_owners(struct khs *k, const struct khs_check_info *check,
				   const struct khs_emitter *to)
{
	struct khs_error *err = khs_need_owners(k);
	_cleanup_free_ const struct khs_owner_fault **v = NULL;
	size_t n = 0;

	if (err)
		return err;
	v = calloc(k->owners.nr_faults + 1, sizeof(*v));
	if (!v)
		return khs_enomem();
	for (size_t i = 0; i < k->owners.nr_faults; i++)
		if (!strcmp(khs_owner_faults[k->owners.faults[i].kind].id, check->id) &&
		    k->owners.faults[i].owner != KHS_NO_OWNER)
			v[n++] = &k->owners.faults[i];
	qsort(v, n, sizeof(*v), by_pfn);
	for (size_t i = 0; i < n; i++) {
		const struct khs_owner_fault *fault = v[i];
		uint64_t pages = fault->pages;

		for (; i + 1 < n && goes_on(v[i], v[i + 1]); i++)
			pages += v[i + 1]->pages;
		emit(k, to, fault, pages);
	}
	return NULL;
}
