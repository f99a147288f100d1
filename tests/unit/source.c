// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory by callback: what the other side may get wrong, and what is asked if a file is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "dump/dump.h"

/* What the callbacks do, and what was done with them. */
struct other {
	enum khs_presence says;
	size_t counts;
	size_t reads;
	bool has_vmcoreinfo;
	unsigned int closed;
};

static enum khs_presence on_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	struct other *o = priv;

	(void)pa;
	memset(buf, 0xa5, len);
	o->reads++;
	*done = o->counts;
	return o->says;
}

static bool on_vmcoreinfo(void *priv, char **text, size_t *len)
{
	struct other *o = priv;

	if (!o->has_vmcoreinfo)
		return false;
	*text = strdup("OSRELEASE=7.2\n");
	*len = strlen(*text);
	return true;
}

static void on_close(void *priv)
{
	struct other *o = priv;

	o->closed++;
}

static struct khs_source source_of(struct other *o)
{
	return (struct khs_source){
		.size = sizeof(struct khs_source), .name = "test", .priv = o, .read = on_read,
		.vmcoreinfo = on_vmcoreinfo, .close = on_close,
	};
}

static void test_counts(void **state)
{
	static const struct {
		enum khs_presence says, want;
		size_t counts, want_done;
	} cases[] = {
		{ KHS_PRESENT, KHS_PRESENT, 16, 16 },
		{ KHS_EXCLUDED, KHS_EXCLUDED, 8, 8 },
		{ KHS_MISSING, KHS_MISSING, 0, 0 },
		/* It says all, and counts less: those bytes are nobody's. */
		{ KHS_PRESENT, KHS_MISSING, 0, 0 },
		{ KHS_PRESENT, KHS_MISSING, 15, 15 },
		{ KHS_PRESENT, KHS_MISSING, 17, 0 },
		{ KHS_NORAM, KHS_NORAM, 17, 0 },
	};
	struct other o = { .has_vmcoreinfo = true };
	const struct khs_source source = source_of(&o);
	struct khs_dump *dump;

	(void)state;
	assert_null(khs_dump_open_source(&source, NULL, &dump));
	assert_string_equal(dump->vmcoreinfo, "OSRELEASE=7.2\n");
	assert_string_equal(dump->format, "test");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t buf[16];
		size_t done;

		o.says = cases[i].says;
		o.counts = cases[i].counts;
		assert_int_equal(khs_dump_read(dump, 0x1000, buf, sizeof(buf), &done), cases[i].want);
		assert_int_equal(done, cases[i].want_done);
	}
	khs_dump_close(dump);
	assert_int_equal(o.closed, 1);
}

static void refused(const struct khs_source *source, struct other *o, enum khs_code code)
{
	struct khs_dump *dump;
	struct khs_error *err = khs_dump_open_source(source, NULL, &dump);

	assert_non_null(err);
	assert_int_equal(khs_error_code(err), code);
	khs_error_free(err);
	assert_int_equal(o->closed, 1);
	o->closed = 0;
}

static void test_refused(void **state)
{
	struct other o = { 0 };
	struct khs_source source = source_of(&o);

	(void)state;
	source.vmcoreinfo = NULL;
	refused(&source, &o, KHS_ERR_USAGE);
	source = source_of(&o);
	source.read = NULL;
	refused(&source, &o, KHS_ERR_USAGE);
	source = source_of(&o);
	source.file = "/nonexistent/dump";
	refused(&source, &o, KHS_ERR_IO);
	source.file = "/dev/null";
	refused(&source, &o, KHS_ERR_FORMAT);
}

/* A caller that was built before khs_source grew. */
static void test_size(void **state)
{
	struct other o = { 0 };
	struct khs_source source = source_of(&o);
	struct khs *k;
	struct khs_error *err;

	(void)state;
	source.size = 0;
	err = khs_open_source(&source, NULL, &k);
	assert_int_equal(khs_error_code(err), KHS_ERR_USAGE);
	khs_error_free(err);
	source.size = offsetof(struct khs_source, close);
	err = khs_open_source(&source, NULL, &k);
	assert_int_equal(khs_error_code(err), KHS_ERR_FORMAT); /* no VMCOREINFO */
	khs_error_free(err);
	assert_int_equal(o.closed, 0);
}

/* ELF with one segment: 4 KiB at 0x1000 in the file, 8 KiB in memory. */
static void put_elf(FILE *f)
{
	static const uint8_t header[64] = {
		0x7f, 'E', 'L', 'F', 2, 1, 1, [16] = 4, [18] = 62, [20] = 1, [32] = 64,
		[52] = 64, [54] = 56, [56] = 1,
	};
	uint64_t segment[7] = { 1 | 7ull << 32, 0x1000, 0, 0x10000, 0x1000, 0x2000, 0 };
	static const uint8_t page[4096] = { 0 };

	fwrite(header, 1, sizeof(header), f);
	fwrite(segment, 1, sizeof(segment), f);
	fseek(f, 0x1000, SEEK_SET);
	fwrite(page, 1, sizeof(page), f);
	assert_int_equal(fflush(f), 0);
}

static void test_file(void **state)
{
	struct other o = { .says = KHS_PRESENT, .counts = 4096, .has_vmcoreinfo = true };
	struct khs_source source = source_of(&o);
	char path[] = "/tmp/khoscope-source.XXXXXX";
	FILE *f = fdopen(mkstemp(path), "w");
	struct khs_dump *dump;
	uint8_t buf[8192];
	size_t done;

	(void)state;
	put_elf(f);
	source.file = path;
	source.format = "something else";
	assert_null(khs_dump_open_source(&source, NULL, &dump));
	unlink(path);
	fclose(f);
	assert_string_equal(dump->format, "ELF");
	assert_string_equal(dump->vmcoreinfo, "OSRELEASE=7.2\n"); /* the file has none */
	assert_int_equal(khs_dump_read(dump, 0x10000, buf, 8192, &done), KHS_EXCLUDED);
	assert_int_equal(done, 4096);
	assert_int_equal(o.reads, 1);
	assert_int_equal(khs_dump_read(dump, 0x11000, buf, 4096, &done), KHS_EXCLUDED);
	assert_int_equal(khs_dump_read(dump, 0x40000, buf, 4096, &done), KHS_NORAM);
	assert_int_equal(o.reads, 1);
	khs_dump_close(dump);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
