// SPDX-License-Identifier: GPL-2.0-or-later
#include "look.h"

static struct khs_error *owners(struct khs *k, FILE *out, bool json)
{
	return khs_print_owners(k, 0, 4, out, json);
}

static struct khs_error *fdt(struct khs *k, FILE *out, bool json)
{
	const struct khs_fdt_options opts = { .size = sizeof(opts), .bytes = !json };

	return khs_print_fdt(k, &opts, out, json);
}

static struct khs_error *check(struct khs *k, FILE *out, bool json)
{
	int worst;

	return khs_print_check(k, !json, out, json, &worst);
}

static struct khs_error *preflight(struct khs *k, FILE *out, bool json)
{
	const struct khs_preflight_options opts = { .size = sizeof(opts) };
	bool judged;
	int worst;

	return khs_print_preflight(k, &opts, out, json, &worst, &judged);
}

static struct khs_error *list(struct khs *k, FILE *out, bool json)
{
	/* A page of ones is 32768 of them. */
	const struct khs_filter filter = { .size = sizeof(filter), .limit = 1000 };

	return khs_print_list(k, &filter, out, json);
}

/* The pages that findings are about. */
struct pages {
	uint64_t pfn[4];
	size_t n;
};

static void take_pfn(void *arg, const struct khs_finding *f)
{
	struct pages *pages = arg;

	fuzz_check(f->summary[0]);
	fuzz_check(!f->has_pfn || f->pages);
	if (f->has_pfn && pages->n < 4)
		pages->pfn[pages->n++] = f->pfn;
}

static void print_page(struct khs *k, uint64_t pfn, bool json, FILE *out)
{
	struct khs_error *err = khs_print_page(k, KHS_ADDR_PFN, pfn, out, json);

	if (!err)
		err = khs_print_owner_of(k, KHS_ADDR_PFN, pfn, out, json);
	fuzz_ok(err);
}

static struct khs_error *page(struct khs *k, FILE *out, bool json)
{
	struct pages pages = { 0 };

	fuzz_ok(khs_check(k, take_pfn, &pages));
	for (size_t i = 0; i < pages.n; i++)
		print_page(k, pages.pfn[i], json, out);
	return NULL;
}

/* For a @copy, text alone: JSON says the same, and takes longer. */
static void both(struct khs *k, struct khs_error *(*print)(struct khs *k, FILE *out, bool json),
		 FILE *copy)
{
	fuzz_print(k, print, false, copy);
	if (!copy)
		fuzz_print(k, print, true, NULL);
}

void look_at_owners(struct khs *k, FILE *copy)
{
	both(k, owners, copy);
	both(k, fdt, copy);
}

void look_at_pages(struct khs *k, FILE *copy)
{
	both(k, khs_print_status, copy);
	both(k, list, copy);
	both(k, check, copy);
	both(k, preflight, copy);
	both(k, page, copy);
	both(k, khs_print_facts, copy);
}
