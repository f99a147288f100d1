// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What libkhoscope(3) shows: how much is pending restore, and the first page of each finding.
 *
 *	cc example.c $(pkg-config --cflags --libs khoscope)
 *	./a.out VMCORE [VMLINUX]
 */
#include <inttypes.h>
#include <khoscope.h>
#include <stdio.h>

static int fail(struct khs_error *err)
{
	fprintf(stderr, "%s\n", khs_error_message(err));
	khs_error_free(err);
	return 2;
}

static void warn(void *arg, const char *message)
{
	(void)arg;
	fprintf(stderr, "warning: %s\n", message);
}

static void show_finding(void *arg, const struct khs_finding *f)
{
	bool *found = arg;

	if (f->severity >= KHS_WARNING)
		*found = true;
	if (f->has_pfn)
		printf("%s: %s: pfn 0x%" PRIx64 "\n", khs_severity_name(f->severity), f->id,
		       f->pfn);
	else
		printf("%s: %s\n", khs_severity_name(f->severity), f->id);
}

static bool add_pages(void *arg, const struct khs_range *range)
{
	uint64_t *pages = arg;

	*pages += range->pages;
	return true;
}

static struct khs_error *look(struct khs *k, bool *found)
{
	const struct khs_filter pending = { .size = sizeof(pending), .directions = KHS_IN };
	const struct khs_status *st;
	uint64_t pages = 0;
	struct khs_error *err;

	err = khs_get_status(k, &st);
	if (!err && st->kho_why)
		printf("%s\n", st->kho_why);
	if (!err)
		err = khs_list(k, &pending, add_pages, &pages);
	if (err)
		return err;
	printf("%s: %s%" PRIu64 " MiB pending\n", st->release,
	       st->incoming.known ? "" : "at least ",
	       pages * khs_page_size(k) >> 20);
	return khs_check(k, show_finding, found);
}

int main(int argc, char *argv[])
{
	const struct khs_options opts = {
		.size = sizeof(opts),
		.vmlinux = argc > 2 ? argv[2] : NULL,
		.warn = warn,
	};
	struct khs_error *err;
	bool found = false, all;
	struct khs *k;

	if (argc < 2) {
		fprintf(stderr, "usage: %s VMCORE [VMLINUX]\n", argv[0]);
		return 2;
	}
	err = khs_open(argv[1], &opts, &k);
	if (err)
		return fail(err);
	err = look(k, &found);
	all = khs_all_judged(k);
	khs_close(k);
	if (err)
		return fail(err);
	return found ? 1 : all ? 0 : 3;
}
