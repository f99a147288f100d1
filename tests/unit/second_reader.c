// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What lib/dump/ reads of whole dumps, page by page, against libkdumpfile: another hand's reading
 * of the same formats. Given nothing it reads the small made-up vmcore in every format that both
 * know; given files, those.
 */
#include "dump_test.h"

#include <libkdumpfile/kdumpfile.h>

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MADE_PAGES 397

static char **files;
static int nr_files;

static kdump_ctx_t *open_other(const char *path, int *fd)
{
	kdump_ctx_t *ctx = kdump_new();

	*fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(ctx && *fd >= 0);
	/* Its cache is a list that is walked for each page. */
	assert_int_equal(kdump_set_number_attr(ctx, "cache.size", 32), KDUMP_OK);
	if (kdump_set_number_attr(ctx, KDUMP_ATTR_FILE_FD, *fd) != KDUMP_OK)
		fail_msg("%s: libkdumpfile: %s", path, kdump_get_err(ctx));
	return ctx;
}

/* The number of pages that were compared: all that are present. */
static uint64_t compare_with_other(const char *path)
{
	static uint8_t ours[1 << 16], theirs[1 << 16];
	struct khs_dump *dump;
	kdump_num_t page = 0;
	uint64_t same = 0;
	kdump_ctx_t *ctx;
	int fd;

	assert_null(khs_dump_open(path, NULL, &dump));
	ctx = open_other(path, &fd);
	assert_int_equal(kdump_get_number_attr(ctx, KDUMP_ATTR_PAGE_SIZE, &page), KDUMP_OK);
	assert_true(page && page <= sizeof(ours));
	for (uint64_t pa = 0; pa < dump->end; pa += page) {
		enum khs_presence p;
		uint64_t run;
		size_t len = page;

		if (khs_dump_look(dump, pa, dump->end - pa, &p, &run) && p != KHS_PRESENT) {
			pa += (run - 1) / page * page;
			continue;
		}
		assert_int_equal(khs_dump_read_all(dump, pa, ours, page), KHS_PRESENT);
		if (kdump_read(ctx, KDUMP_MACHPHYSADDR, pa, theirs, &len) != KDUMP_OK)
			fail_msg("%s: 0x%lx: libkdumpfile: %s", path, pa, kdump_get_err(ctx));
		assert_memory_equal(ours, theirs, page);
		/* A part of it comes another way. */
		assert_int_equal(khs_dump_read_all(dump, pa + 8, ours, page / 2), KHS_PRESENT);
		assert_memory_equal(ours, theirs + 8, page / 2);
		same++;
	}
	khs_dump_close(dump);
	/* Not kdump_free(): of 0.5.1 it uses what it has freed. */
	close(fd);
	return same;
}

static void made_formats_agree(void **state)
{
	static const char *const options[] = {
		"--format elf",	  "--codec none",   "--codec zlib",
		"--codec lzo",	  "--codec snappy", "--codec zstd",
	};

	(void)state;
	make_vmcore("made");
	for (size_t i = 0; i < LEN(options); i++) {
		redump(options[i], path_of("made"), path_of("other"));
		assert_int_equal(compare_with_other(path_of("other")), MADE_PAGES);
	}
}

static void files_agree(void **state)
{
	(void)state;
	for (int i = 0; i < nr_files; i++) {
		uint64_t same = compare_with_other(files[i]);

		print_message("%s: %lu pages are the same\n", files[i], same);
		assert_true(same);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest made[] = { cmocka_unit_test(made_formats_agree) };
	const struct CMUnitTest given[] = { cmocka_unit_test(files_agree) };

	files = argv + 1;
	nr_files = argc - 1;
	if (nr_files)
		return cmocka_run_group_tests_name("second_reader", given, NULL, NULL);
	if (!find_redump(argv[0]))
		return SKIPPED;
	make_dir();
	return cmocka_run_group_tests_name("second_reader", made, NULL, NULL);
}
