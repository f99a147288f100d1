/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of dump/ share: files in a folder of their own, a small made-up vmcore, and the
 * comparison of a damaged dump with a whole one. Each test program is one file, so all of it is
 * static here.
 */
#ifndef DUMP_TEST_H
#define DUMP_TEST_H

#include <elf.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "dump/dump.h"

#define UNUSED __attribute__((unused))
#define PAGE 4096u
#define SKIPPED 77
#define POISON 0xa5

static char dir[4096];

static void remove_dir(void)
{
	char command[sizeof(dir) + 16];

	snprintf(command, sizeof(command), "rm -rf %s", dir);
	if (*dir && system(command))
		perror(command);
}

UNUSED static void make_dir(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/khoscope-test-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir)) {
		perror(dir);
		exit(1);
	}
	atexit(remove_dir);
}

/* A path in the folder; good until the fourth call after this one. */
UNUSED static const char *path_of(const char *name)
{
	static char ring[4][sizeof(dir) + 256];
	static unsigned int at;
	char *path = ring[at++ % 4];

	snprintf(path, sizeof(ring[0]), "%s/%s", dir, name);
	return path;
}

UNUSED static const char *make_file(const char *name, const void *bytes, size_t len)
{
	const char *path = path_of(name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	return path;
}

UNUSED static void copy_file(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	static char buf[1 << 16];
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		assert_int_equal(write(out, buf, n), n);
	assert_int_equal(n, 0);
	close(in);
	close(out);
}

UNUSED static uint64_t file_size(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* Runs tests/tools/redump, which is built into the folder of the test. False if it isn't there. */
static char redump_path[4096];

UNUSED static bool find_redump(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	const char *set = getenv("KHOSCOPE_REDUMP");

	if (set)
		snprintf(redump_path, sizeof(redump_path), "%s", set);
	else
		snprintf(redump_path, sizeof(redump_path), "%.*sredump",
			 slash ? (int)(slash - argv0) + 1 : 0, argv0);
	return !access(redump_path, X_OK);
}

UNUSED static void redump(const char *options, const char *in, const char *out)
{
	char command[4 * sizeof(dir)];

	snprintf(command, sizeof(command), "'%s' %s '%s' '%s'", redump_path, options, in, out);
	assert_int_equal(system(command), 0);
}

/* ---- a small vmcore ------------------------------------------------------------------------- */

static const char made_info[] = "OSRELEASE=7.2.13\nPAGESIZE=4096\nSYMBOL(x)=ffffffff81000000\n";

struct made_range {
	uint64_t pfn;
	uint64_t pages;
};

static const struct made_range made_ranges[] = { { 1, 90 }, { 256, 300 }, { 4096, 7 } };

/* Zero pages, pages that pack well, pages that don't, and pages whose second half doesn't. */
UNUSED static void made_page(uint64_t pfn, uint8_t *page)
{
	uint64_t x = pfn * 0x9e3779b97f4a7c15u + 1;
	bool half = pfn % 8 == 5, dense = half || pfn % 4 == 2;

	memset(page, 0, PAGE);
	if (pfn % 4 == 3)
		return;
	for (size_t i = half ? PAGE / 2 : 0; i < PAGE; i += dense ? 1 : 61) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		page[i] = x >> 24;
	}
}

UNUSED static const char *make_vmcore(const char *name)
{
	enum { RANGES = sizeof(made_ranges) / sizeof(made_ranges[0]) };
	struct {
		Elf64_Ehdr eh;
		Elf64_Phdr ph[RANGES + 1];
		Elf64_Nhdr note;
		char name[12];
		char text[(sizeof(made_info) + 3) / 4 * 4];
	} head = {
		.eh = {
			.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
				     EV_CURRENT },
			.e_type = ET_CORE,
			.e_machine = EM_X86_64,
			.e_phoff = sizeof(Elf64_Ehdr),
			.e_phentsize = sizeof(Elf64_Phdr),
			.e_phnum = RANGES + 1,
		},
		.note = { .n_namesz = 11, .n_descsz = sizeof(made_info) - 1 },
		.name = "VMCOREINFO",
	};
	const char *path = path_of(name);
	FILE *f = fopen(path, "w");
	uint64_t off = PAGE;
	uint8_t page[PAGE];

	assert_non_null(f);
	memcpy(head.text, made_info, sizeof(made_info));
	head.ph[0] = (Elf64_Phdr){ .p_type = PT_NOTE,
				   .p_offset = sizeof(head.eh) + sizeof(head.ph),
				   .p_filesz = 24 + sizeof(head.text) };
	for (size_t i = 0; i < RANGES; i++) {
		uint64_t len = made_ranges[i].pages * PAGE;

		head.ph[i + 1] = (Elf64_Phdr){ .p_type = PT_LOAD,
					       .p_offset = off,
					       .p_paddr = made_ranges[i].pfn * PAGE,
					       .p_filesz = len,
					       .p_memsz = len };
		off += len;
	}
	fwrite(&head, sizeof(head), 1, f);
	fseek(f, PAGE, SEEK_SET);
	for (size_t i = 0; i < RANGES; i++)
		for (uint64_t pfn = 0; pfn < made_ranges[i].pages; pfn++) {
			made_page(made_ranges[i].pfn + pfn, page);
			fwrite(page, PAGE, 1, f);
		}
	assert_int_equal(fclose(f), 0);
	return path;
}

/* ---- comparing ------------------------------------------------------------------------------ */

/* What a whole dump says; read once, then compared with many damaged ones. */
struct whole {
	uint64_t pages;
	uint8_t *presence;
	uint8_t *bytes; /* of the present pages, one after the other */
	uint64_t *at;   /* number of the page in @bytes */
};

struct tally {
	uint64_t present, missing;
};

UNUSED static struct whole read_whole(const char *path, uint64_t pages)
{
	struct whole w = { .pages = pages };
	struct khs_dump *dump = NULL;
	uint64_t n = 0, room = 0;

	assert_null(khs_dump_open(path, NULL, &dump));
	w.presence = calloc(pages, 1);
	w.at = calloc(pages, sizeof(*w.at));
	for (uint64_t pfn = 0; pfn < pages; pfn++) {
		if (n == room) {
			room = room ? room * 2 : 1024;
			w.bytes = realloc(w.bytes, room * PAGE);
			assert_non_null(w.bytes);
		}
		w.at[pfn] = n;
		w.presence[pfn] = khs_dump_read_all(dump, pfn * PAGE, w.bytes + n * PAGE, PAGE);
		n += w.presence[pfn] == KHS_PRESENT;
	}
	khs_dump_close(dump);
	return w;
}

UNUSED static void free_whole(struct whole *w)
{
	free(w->presence);
	free(w->bytes);
	free(w->at);
}

static void compare_page(const struct whole *w, uint64_t pfn, const uint8_t *page, size_t len)
{
	assert_int_equal(w->presence[pfn], KHS_PRESENT);
	assert_memory_equal(page, w->bytes + w->at[pfn] * PAGE, len);
}

static struct tally compare_reader(const struct whole *w, struct khs_dump *dump)
{
	const size_t chunk = 512 * PAGE;
	uint8_t *buf = malloc(chunk);
	struct tally t = { 0 };

	assert_non_null(buf);
	memset(buf, POISON, chunk);
	for (uint64_t pfn = 0; pfn < w->pages;) {
		size_t len = chunk, done;
		enum khs_presence p;

		if (len > (w->pages - pfn) * PAGE)
			len = (w->pages - pfn) * PAGE;
		p = khs_dump_read(dump, pfn * PAGE, buf, len, &done);
		assert_true(done <= len && (p == KHS_PRESENT) == (done == len));
		for (size_t at = 0; at < done; at += PAGE)
			compare_page(w, pfn + at / PAGE, buf + at,
				     done - at < PAGE ? done - at : PAGE);
		/* So that bytes counted but not read can't be right by what was read before. */
		memset(buf, POISON, done);
		t.present += done / PAGE;
		pfn += done / PAGE;
		if (p == KHS_PRESENT)
			continue;
		if (w->presence[pfn] == KHS_PRESENT || p == KHS_MISSING)
			assert_int_equal(p, KHS_MISSING);
		else
			assert_int_equal(p, w->presence[pfn]);
		t.missing += p == KHS_MISSING;
		pfn++;
	}
	free(buf);
	return t;
}

/*
 * The one rule of damaged dumps: what is present is what the whole dump has, all else the whole
 * dump has is missing. Reads in large chunks, as a scan does, and by two readers of the file.
 */
UNUSED static struct tally compare(const struct whole *w, struct khs_dump *dump)
{
	struct tally t = compare_reader(w, dump), other;
	struct khs_dump *clone = khs_dump_clone(dump);

	assert_non_null(clone);
	other = compare_reader(w, clone);
	khs_dump_close(clone);
	assert_int_equal(other.present, t.present);
	assert_int_equal(other.missing, t.missing);
	return t;
}

/*
 * Opens @path, which may be damaged so that it can't be opened: then with a reason. NULL in that
 * case.
 */
UNUSED static struct khs_dump *open_damaged(const char *path)
{
	struct khs_dump *dump = NULL;
	struct khs_error *err = khs_dump_open(path, NULL, &dump);

	if (!err)
		return dump;
	assert_int_equal(khs_error_code(err), KHS_ERR_FORMAT);
	assert_null(strchr(khs_error_message(err), '\n'));
	khs_error_free(err);
	return NULL;
}

/* Cuts @path to @size, which must be less than it has, and holds it against @w. */
UNUSED static struct tally cut_and_compare(const struct whole *w, const char *path, uint64_t size)
{
	struct tally t = { 0 };
	struct khs_dump *dump;

	assert_int_equal(truncate(path, size), 0);
	dump = open_damaged(path);
	if (!dump)
		return t;
	assert_false(dump->complete);
	assert_true(*dump->incomplete_why);
	t = compare(w, dump);
	khs_dump_close(dump);
	return t;
}

#endif
