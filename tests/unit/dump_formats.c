// SPDX-License-Identifier: GPL-2.0-or-later
/* Every format and codec of a small made-up vmcore, whole and cut, against the vmcore itself. */
#include "dump_test.h"

#define PAGES 4200u

static struct whole whole;

static const struct {
	const char *name, *options;
	const char *format;
	bool flattened;
} variants[] = {
	{ "elf", "--format elf", "ELF", false },
	{ "none", "--codec none", "kdump-compressed, uncompressed pages", false },
	{ "zlib", "--codec zlib", "kdump-compressed, zlib", false },
	{ "lzo", "--codec lzo", "kdump-compressed, lzo", false },
	{ "snappy", "--codec snappy", "kdump-compressed, snappy", false },
	{ "zstd", "--codec zstd", "kdump-compressed, zstd", false },
	{ "machine", "--utsname machine", "kdump-compressed, zlib", false },
	{ "nameless", "--utsname none", "kdump-compressed, zlib", false },
	{ "flat-zlib", "--flatten", "kdump-compressed, zlib", true },
	{ "flat-none", "--flatten --codec none", "kdump-compressed, uncompressed pages", true },
	{ "flat-elf", "--flatten --format elf", "ELF", true },
};

#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

static void made_is_read(void **state)
{
	uint8_t page[PAGE];
	uint64_t present = 0;

	(void)state;
	for (uint64_t pfn = 0; pfn < PAGES; pfn++) {
		bool in = false;

		for (size_t i = 0; i < sizeof(made_ranges) / sizeof(made_ranges[0]); i++)
			in |= pfn - made_ranges[i].pfn < made_ranges[i].pages;
		assert_int_equal(whole.presence[pfn], in ? KHS_PRESENT : KHS_NORAM);
		if (!in)
			continue;
		made_page(pfn, page);
		assert_memory_equal(page, whole.bytes + whole.at[pfn] * PAGE, PAGE);
		present++;
	}
	assert_int_equal(present, 397);
}

static void variants_are_equal(void **state)
{
	(void)state;
	for (size_t i = 0; i < VARIANTS; i++) {
		const char *path = path_of(variants[i].name);
		struct khs_dump *dump;
		struct tally t;

		redump(variants[i].options, path_of("vmcore"), path);
		assert_null(khs_dump_open(path, &dump));
		assert_string_equal(dump->format, variants[i].format);
		assert_int_equal(dump->flattened, variants[i].flattened);
		assert_true(dump->complete);
		assert_string_equal(dump->incomplete_why, "");
		assert_string_equal(dump->vmcoreinfo, made_info);
		t = compare(&whole, dump);
		assert_int_equal(t.present, 397);
		assert_int_equal(t.missing, 0);
		khs_dump_close(dump);
	}
}

/* Headers and tables end at multiples of 8 within the first pages; the rest by primes. */
static void cut_variants(void **state)
{
	(void)state;
	for (size_t i = 0; i < VARIANTS; i++) {
		const char *path = path_of("cut");
		uint64_t size, last = UINT64_MAX;

		redump(variants[i].options, path_of("vmcore"), path);
		for (size = file_size(path) - 1; size > 30000; size -= size / 40 + 1) {
			struct tally t = cut_and_compare(&whole, path, size);

			assert_true(t.present <= last);
			last = t.present;
		}
		for (; size > 4200; size -= 509)
			cut_and_compare(&whole, path, size);
		for (; size > 0; size -= size > 41 ? 41 : 1)
			cut_and_compare(&whole, path, size);
	}
}

static void excluded_and_lost(void **state)
{
	struct khs_dump *dump;
	uint8_t page[PAGE];

	(void)state;
	for (int elf = 0; elf < 2; elf++) {
		redump(elf ? "--format elf --exclude 10-20 --exclude 260-260" :
			     "--exclude 10-20 --exclude 260-260 --lose 30-30",
		       path_of("vmcore"), path_of("some"));
		assert_null(khs_dump_open(path_of("some"), &dump));
		for (uint64_t pfn = 0; pfn < PAGES; pfn++) {
			enum khs_presence p = khs_dump_read_all(dump, pfn * PAGE, page, PAGE);

			if ((pfn >= 10 && pfn <= 20) || pfn == 260)
				assert_int_equal(p, KHS_EXCLUDED);
			else if (pfn == 30 && !elf)
				assert_int_equal(p, KHS_MISSING);
			else
				assert_int_equal(p, whole.presence[pfn]);
		}
		khs_dump_close(dump);
	}
}

static void incomplete_flag(void **state)
{
	struct khs_dump *dump;
	uint8_t page[PAGE];

	(void)state;
	redump("--incomplete-flag", path_of("vmcore"), path_of("flag"));
	assert_null(khs_dump_open(path_of("flag"), &dump));
	assert_false(dump->complete);
	assert_non_null(strstr(dump->incomplete_why, "cut short"));
	khs_dump_close(dump);

	/* What an unfinished ELF dump leaves out may have been lost as well as filtered. */
	redump("--format elf --incomplete-flag --exclude 10-20", path_of("vmcore"),
	       path_of("flag"));
	assert_null(khs_dump_open(path_of("flag"), &dump));
	assert_false(dump->complete);
	assert_int_equal(khs_dump_read_all(dump, 10 * PAGE, page, PAGE), KHS_MISSING);
	khs_dump_close(dump);
}

static void no_vmcoreinfo(void **state)
{
	struct khs_dump *dump;

	(void)state;
	for (int elf = 0; elf < 2; elf++) {
		redump(elf ? "--format elf --no-vmcoreinfo" : "--no-vmcoreinfo", path_of("vmcore"),
		       path_of("bare"));
		assert_null(khs_dump_open(path_of("bare"), &dump));
		assert_null(dump->vmcoreinfo);
		assert_int_equal(dump->vmcoreinfo_len, 0);
		khs_dump_close(dump);
	}
}

/* Any alignment and length gives the same bytes. */
static void odd_reads(void **state)
{
	static const char *const names[] = { "elf", "none", "zlib" };
	static const size_t lens[] = { 1, 7, 64, 4095, 4097, 30000 };
	uint8_t buf[30000];
	struct khs_dump *dump;

	(void)state;
	for (size_t n = 0; n < 3; n++) {
		assert_null(khs_dump_open(path_of(names[n]), &dump));
		for (size_t l = 0; l < sizeof(lens) / sizeof(lens[0]); l++) {
			uint64_t pa = 300 * PAGE + 4000 + l;
			size_t done;

			assert_int_equal(khs_dump_read(dump, pa, buf, lens[l], &done), KHS_PRESENT);
			assert_int_equal(done, lens[l]);
			assert_memory_equal(buf, whole.bytes + whole.at[300] * PAGE + 4000 + l,
					    lens[l]);
			/* Up to the end of memory, and not one byte more. */
			pa = 4103 * PAGE - 100;
			assert_int_equal(khs_dump_read(dump, pa, buf, 101, &done), KHS_NORAM);
			assert_int_equal(done, 100);
		}
		assert_int_equal(khs_dump_read_all(dump, UINT64_MAX - 3, buf, 8), KHS_NORAM);
		assert_int_equal(khs_dump_read_all(dump, UINT64_MAX, buf, 1), KHS_NORAM);
		khs_dump_close(dump);
	}
}

/* Whatever a byte of the headers says: an error or an answer, no crash (sanitizers listen). */
static void mangled_headers(void **state)
{
	static const char *const names[] = { "elf", "lzo", "none", "flat-zlib" };
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	(void)state;
	for (size_t n = 0; n < 4; n++) {
		int fd = open(path_of(names[n]), O_RDWR);
		uint64_t size = file_size(path_of(names[n]));
		uint8_t old, page[PAGE];

		assert_true(fd >= 0);
		for (uint64_t off = 0; off < 26000 && off < size; off += off < 5000 ? 5 : 97) {
			assert_int_equal(pread(fd, &old, 1, off), 1);
			for (size_t v = 0; v < sizeof(values); v++) {
				struct khs_dump *dump = NULL;
				struct khs_error *err;

				assert_int_equal(pwrite(fd, &values[v], 1, off), 1);
				err = khs_dump_open(path_of(names[n]), &dump);
				for (uint64_t pfn = 0; !err && pfn < 400; pfn += 3)
					khs_dump_read_all(dump, pfn * PAGE, page, PAGE);
				khs_dump_close(err ? NULL : dump);
				khs_error_free(err);
			}
			assert_int_equal(pwrite(fd, &old, 1, off), 1);
		}
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_is_read),	    cmocka_unit_test(variants_are_equal),
		cmocka_unit_test(cut_variants),	    cmocka_unit_test(excluded_and_lost),
		cmocka_unit_test(incomplete_flag),  cmocka_unit_test(no_vmcoreinfo),
		cmocka_unit_test(odd_reads),	    cmocka_unit_test(mangled_headers),
	};
	int failed;

	(void)argc;
	if (!find_redump(argv[0])) {
		fprintf(stderr, "%s is not built\n", redump_path);
		return SKIPPED;
	}
	make_dir();
	whole = read_whole(make_vmcore("vmcore"), PAGES);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free_whole(&whole);
	return failed;
}
