// SPDX-License-Identifier: GPL-2.0-or-later
/* Every format and codec of a small made-up vmcore, whole and cut, against the vmcore itself. */
#include "dump_test.h"

#include <endian.h>

#include "base/cleanup.h"
#include "dump/diskdump.h"
#include "dump/io.h"

#define PAGES 4200u
#define LEN(a) (sizeof(a) / sizeof((a)[0]))

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

#define VARIANTS LEN(variants)

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

		assert_null(khs_dump_open(path, NULL, &dump));
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

/* ---- cut ------------------------------------------------------------------------------------ */

/* Where something ends and something else begins. */
struct edges {
	uint64_t at[256];
	size_t n;
};

static void add_edge(struct edges *e, uint64_t at)
{
	if (e->n < LEN(e->at))
		e->at[e->n++] = at;
}

static void kdump_edges(const struct khs_file *file, struct edges *e)
{
	struct khs_page_desc desc;
	struct khs_diskdump dd;

	assert_null(khs_diskdump_parse(file, &dd));
	add_edge(e, 464);
	add_edge(e, dd.block);
	add_edge(e, dd.block + 104);
	add_edge(e, dd.vmcoreinfo_off);
	add_edge(e, dd.vmcoreinfo_off + dd.vmcoreinfo_len);
	add_edge(e, dd.notes_off + dd.notes_len);
	add_edge(e, dd.ram_off);
	add_edge(e, dd.dumped_off);
	add_edge(e, dd.dumped_off + dd.bitmap_len);
	add_edge(e, dd.desc_off);
	for (uint64_t i = 0; i < 397; i += i < 5 ? 1 : 49) {
		assert_true(khs_diskdump_desc(file, &dd, i, &desc));
		add_edge(e, dd.desc_off + i * KHS_DD_DESC_SIZE);
		add_edge(e, desc.offset);
		add_edge(e, desc.offset + desc.size);
	}
	add_edge(e, dd.desc_off + 397 * KHS_DD_DESC_SIZE);
}

static void elf_edges(const struct khs_file *file, struct edges *e)
{
	Elf64_Phdr ph[4];

	add_edge(e, sizeof(Elf64_Ehdr));
	assert_int_equal(khs_file_read(file, sizeof(Elf64_Ehdr), ph, sizeof(ph)), sizeof(ph));
	for (size_t i = 0; i < LEN(ph); i++) {
		add_edge(e, sizeof(Elf64_Ehdr) + (i + 1) * sizeof(ph[0]));
		add_edge(e, ph[i].p_offset);
		add_edge(e, ph[i].p_offset + ph[i].p_filesz);
	}
}

static void flattened_edges(const struct khs_file *file, struct edges *e)
{
	uint64_t record[2], at = 4096;

	while (khs_file_read(file, at, record, sizeof(record)) == sizeof(record)) {
		add_edge(e, at);
		add_edge(e, at + 8);
		add_edge(e, at + sizeof(record));
		if (be64toh(record[1]) == UINT64_MAX)
			break;
		at += sizeof(record) + be64toh(record[1]);
	}
}

static struct edges edges_of(size_t variant)
{
	_cleanup_(khs_file_closep) struct khs_file file = KHS_FILE_NONE;
	struct edges e = { .n = 0 };

	assert_null(khs_file_open(path_of(variants[variant].name), &file));
	if (variants[variant].flattened)
		flattened_edges(&file, &e);
	else if (!strcmp(variants[variant].format, "ELF"))
		elf_edges(&file, &e);
	else
		kdump_edges(&file, &e);
	assert_true(e.n > 10);
	return e;
}

static int falling(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

static void cut_at_edges(void **state)
{
	(void)state;
	for (size_t i = 0; i < VARIANTS; i++) {
		uint64_t size = file_size(path_of(variants[i].name));
		struct edges e = edges_of(i);

		qsort(e.at, e.n, sizeof(e.at[0]), falling);
		copy_file(path_of(variants[i].name), path_of("cut"));
		for (size_t n = 0; n < e.n; n++)
			for (int off = 1; off >= -1; off--) {
				if (e.at[n] + off >= size)
					continue;
				size = e.at[n] + off;
				cut_and_compare(&whole, path_of("cut"), size);
			}
	}
}

/* Everywhere else; the less there is left, the less can be said to be present. */
static void cut_variants(void **state)
{
	(void)state;
	for (size_t i = 0; i < VARIANTS; i++) {
		const char *path = path_of("cut");
		uint64_t size, last = UINT64_MAX;

		copy_file(path_of(variants[i].name), path);
		for (size = file_size(path) - 1; size > 30000; size -= size / 20 + 1) {
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

/*
 * The end of a file that goes away after the dump was opened, in the middle of pages too: not every
 * codec notices that bytes have become zeros.
 */
static void cut_while_open(void **state)
{
	(void)state;
	for (size_t i = 0; i < VARIANTS; i++) {
		struct edges e = edges_of(i);

		for (size_t n = 0; n < e.n; n += e.n > 64 ? 22 : 2) {
			uint64_t back = n % 4 ? 1 : 40;
			uint64_t size = e.at[n] < back ? 0 : e.at[n] - back;
			struct khs_dump *dump;
			struct tally t;

			copy_file(path_of(variants[i].name), path_of("cut"));
			assert_null(khs_dump_open(path_of("cut"), NULL, &dump));
			assert_int_equal(truncate(path_of("cut"), size), 0);
			t = compare(&whole, dump);
			/* A flattened file was read to its end while opening. */
			assert_true(t.missing || variants[i].flattened);
			khs_dump_close(dump);
		}
	}
}

/* ---- a hole --------------------------------------------------------------------------------- */

/* Copies @from to @to without the bytes [@start, @end). */
static void copy_without(const char *from, const char *to, uint64_t start, uint64_t end)
{
	uint64_t size = file_size(from);
	uint8_t *bytes = malloc(size);
	FILE *f = fopen(from, "r");

	assert_true(bytes && f && end <= size);
	assert_int_equal(fread(bytes, 1, size, f), size);
	fclose(f);
	memmove(bytes + start, bytes + end, size - end);
	make_file(to, bytes, size - (end - start));
	free(bytes);
}

/* Without one of its records, and all others there: what it had is missing, and not zeros. */
static void flattened_hole(void **state)
{
	uint64_t missing = 0;

	(void)state;
	for (size_t i = 0; i < VARIANTS; i++) {
		struct edges e = edges_of(i);

		/* Three edges a record; the last is the end record. */
		for (size_t n = 0; variants[i].flattened && n + 3 < e.n; n += 3) {
			struct khs_dump *dump;

			copy_without(path_of(variants[i].name), "hole", e.at[n], e.at[n + 3]);
			dump = open_damaged(path_of("hole"));
			if (!dump)
				continue;
			missing += compare(&whole, dump).missing;
			khs_dump_close(dump);
		}
	}
	assert_true(missing);
}

/* ---- other states --------------------------------------------------------------------------- */

static void excluded_and_lost(void **state)
{
	struct khs_dump *dump;
	uint8_t page[PAGE];

	(void)state;
	for (int elf = 0; elf < 2; elf++) {
		redump(elf ? "--format elf --exclude 10-20 --exclude 260-260" :
			     "--exclude 10-20 --exclude 260-260 --lose 30-30",
		       path_of("vmcore"), path_of("some"));
		assert_null(khs_dump_open(path_of("some"), NULL, &dump));
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

/* The descriptor of pfn 1, which is compressed, and where it lies. */
static uint64_t first_desc(const char *path, struct khs_page_desc *desc)
{
	_cleanup_(khs_file_closep) struct khs_file file = KHS_FILE_NONE;
	struct khs_diskdump dd;

	assert_null(khs_file_open(path, &file));
	assert_null(khs_diskdump_parse(&file, &dd));
	assert_true(khs_diskdump_desc(&file, &dd, 0, desc));
	return dd.desc_off;
}

static void expect_presence(const char *path, uint64_t pfn, enum khs_presence wanted)
{
	struct khs_dump *dump;
	uint8_t page[PAGE];

	assert_null(khs_dump_open(path, NULL, &dump));
	assert_int_equal(khs_dump_read_all(dump, pfn * PAGE, page, PAGE), wanted);
	assert_int_equal(khs_dump_read_all(dump, (pfn + 1) * PAGE, page, PAGE), KHS_PRESENT);
	khs_dump_close(dump);
}

/* What is in the file and makes no sense is not missing: the two have different causes. */
static void damaged_pages(void **state)
{
	static const char *const names[] = { "zlib", "lzo", "snappy", "zstd" };
	static const uint8_t noise[PAGE] = { [0 ... PAGE - 1] = 0xff };

	(void)state;
	for (size_t i = 0; i < LEN(names); i++) {
		struct khs_page_desc desc;
		uint64_t off;
		int fd;

		copy_file(path_of(names[i]), path_of("damaged"));
		off = first_desc(path_of("damaged"), &desc);
		assert_true(desc.flags);
		fd = open(path_of("damaged"), O_RDWR | O_CLOEXEC);
		assert_int_equal(pwrite(fd, noise, desc.size, desc.offset), desc.size);
		expect_presence(path_of("damaged"), 1, KHS_DAMAGED);
		/*
		 * Its size, more than a page can have, then its size and offset as if never
		 * written.
		 */
		assert_int_equal(pwrite(fd, "\0\1\1", 3, off + 8), 3);
		expect_presence(path_of("damaged"), 1, KHS_DAMAGED);
		assert_int_equal(pwrite(fd, "\0\0\0\0\0\0\0\0\0\0\0\0", 12, off), 12);
		expect_presence(path_of("damaged"), 1, KHS_MISSING);
		close(fd);
	}
}

static void incomplete_flag(void **state)
{
	struct khs_dump *dump;
	uint8_t page[PAGE];

	(void)state;
	redump("--incomplete-flag", path_of("vmcore"), path_of("flag"));
	assert_null(khs_dump_open(path_of("flag"), NULL, &dump));
	assert_false(dump->complete);
	assert_non_null(strstr(dump->incomplete_why, "cut short"));
	khs_dump_close(dump);

	/* What an unfinished ELF dump leaves out may have been lost as well as filtered. */
	redump("--format elf --incomplete-flag --exclude 10-20", path_of("vmcore"),
	       path_of("flag"));
	assert_null(khs_dump_open(path_of("flag"), NULL, &dump));
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
		assert_null(khs_dump_open(path_of("bare"), NULL, &dump));
		assert_null(dump->vmcoreinfo);
		assert_int_equal(dump->vmcoreinfo_len, 0);
		khs_dump_close(dump);
	}
}

/* Any alignment and length gives the same bytes. */
static void odd_reads_of(struct khs_dump *dump)
{
	static const size_t lens[] = { 1, 7, 64, 4095, 4097, 30000 };
	uint8_t buf[30000];

	for (size_t l = 0; l < sizeof(lens) / sizeof(lens[0]); l++) {
		uint64_t pa = 300 * PAGE + 4000 + l;
		size_t done;

		assert_int_equal(khs_dump_read(dump, pa, buf, lens[l], &done), KHS_PRESENT);
		assert_int_equal(done, lens[l]);
		assert_memory_equal(buf, whole.bytes + whole.at[300] * PAGE + 4000 + l, lens[l]);
		/* Up to the end of memory, and not one byte more. */
		pa = 4103 * PAGE - 100;
		assert_int_equal(khs_dump_read(dump, pa, buf, 101, &done), KHS_NORAM);
		assert_int_equal(done, 100);
	}
	assert_int_equal(khs_dump_read_all(dump, UINT64_MAX - 3, buf, 8), KHS_NORAM);
	assert_int_equal(khs_dump_read_all(dump, UINT64_MAX, buf, 1), KHS_NORAM);
}

static void odd_reads(void **state)
{
	static const char *const names[] = { "elf", "none", "zlib", "lzo", "snappy", "zstd" };
	struct khs_dump *dump, *clone;

	(void)state;
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		assert_null(khs_dump_open(path_of(names[n]), NULL, &dump));
		odd_reads_of(dump);
		clone = khs_dump_clone(dump);
		assert_non_null(clone);
		odd_reads_of(clone);
		khs_dump_close(clone);
		khs_dump_close(dump);
	}
}

/* ---- mangled -------------------------------------------------------------------------------- */

static void open_and_read(const char *path)
{
	struct khs_dump *dump = NULL;
	struct khs_error *err = khs_dump_open(path, NULL, &dump);
	uint8_t page[PAGE];

	for (uint64_t pfn = 0; !err && pfn < 400; pfn += 3)
		khs_dump_read_all(dump, pfn * PAGE, page, PAGE);
	khs_dump_close(err ? NULL : dump);
	khs_error_free(err);
}

/* Whatever a byte of the headers says: an error or an answer, no crash (sanitizers listen). */
static void mangled_headers(void **state)
{
	static const struct {
		const char *name;
		uint64_t from, to;
		unsigned int step;
	} parts[] = {
		{ "elf", 0, 420, 1 },	       { "lzo", 0, 16, 1 },
		{ "lzo", 16, 416, 23 },	       { "lzo", 416, 464, 1 },
		{ "lzo", 4096, 4200, 1 },      { "lzo", 4200, 8192, 97 },
		{ "lzo", 8192, 26000, 97 },    { "none", 416, 464, 1 },
		{ "none", 4096, 4200, 1 },     { "none", 8192, 26000, 197 },
		{ "flat-zlib", 0, 4096, 197 }, { "flat-zlib", 4096, 4130, 1 },
		{ "flat-zlib", 4130, 26000, 597 },
	};
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	(void)state;
	for (size_t n = 0; n < LEN(parts); n++) {
		const char *path = path_of(parts[n].name);
		int fd = open(path, O_RDWR | O_CLOEXEC);
		uint8_t old;

		assert_true(fd >= 0);
		for (uint64_t off = parts[n].from; off < parts[n].to; off += parts[n].step) {
			assert_int_equal(pread(fd, &old, 1, off), 1);
			for (size_t v = 0; v < LEN(values); v++) {
				assert_int_equal(pwrite(fd, &values[v], 1, off), 1);
				open_and_read(path);
			}
			assert_int_equal(pwrite(fd, &old, 1, off), 1);
		}
		close(fd);
	}
}

static int make_variants(void **state)
{
	(void)state;
	whole = read_whole(make_vmcore("vmcore"), PAGES);
	for (size_t i = 0; i < VARIANTS; i++)
		redump(variants[i].options, path_of("vmcore"), path_of(variants[i].name));
	return 0;
}

static int drop_variants(void **state)
{
	(void)state;
	free_whole(&whole);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_is_read),	   cmocka_unit_test(variants_are_equal),
		cmocka_unit_test(cut_at_edges),	   cmocka_unit_test(cut_variants),
		cmocka_unit_test(cut_while_open),  cmocka_unit_test(flattened_hole),
		cmocka_unit_test(excluded_and_lost), cmocka_unit_test(damaged_pages),
		cmocka_unit_test(incomplete_flag), cmocka_unit_test(no_vmcoreinfo),
		cmocka_unit_test(odd_reads),	   cmocka_unit_test(mangled_headers),
	};

	(void)argc;
	if (!find_redump(argv[0])) {
		fprintf(stderr, "%s is not built\n", redump_path);
		return SKIPPED;
	}
	make_dir();
	return cmocka_run_group_tests(tests, make_variants, drop_variants);
}
