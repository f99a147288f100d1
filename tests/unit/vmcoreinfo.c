// SPDX-License-Identifier: GPL-2.0-or-later
#include "flat.h"

static struct khs_vmcoreinfo *parse(const char *text)
{
	struct khs_vmcoreinfo *v = NULL;

	assert_ok(khs_vmcoreinfo_parse(text, strlen(text), &v));
	return v;
}

static void test_lines(void **state)
{
	struct khs_vmcoreinfo *v = parse("OSRELEASE=7.2.13\nno value\n=no key\nEMPTY=\n\n"
					 "CONFIG_A=y=z\nOSRELEASE=other\nlast=1");

	(void)state;
	assert_string_equal(khs_vmcoreinfo_text(v, "OSRELEASE"), "7.2.13");
	assert_string_equal(khs_vmcoreinfo_text(v, "CONFIG_A"), "y=z");
	assert_string_equal(khs_vmcoreinfo_text(v, "EMPTY"), "");
	assert_string_equal(khs_vmcoreinfo_text(v, "last"), "1");
	assert_null(khs_vmcoreinfo_text(v, "no value"));
	assert_null(khs_vmcoreinfo_text(v, ""));
	assert_null(khs_vmcoreinfo_text(v, "OSRELEAS"));
	assert_null(khs_vmcoreinfo_text(v, "zzz"));
	khs_vmcoreinfo_free(v);
}

static void test_nothing_in_it(void **state)
{
	static const char *const texts[] = { "", "\n\n\n", "garbage", "=\n=\n" };
	struct khs_vmcoreinfo *v;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_code(khs_vmcoreinfo_parse(texts[i], strlen(texts[i]), &v), KHS_ERR_FORMAT);
	assert_code(khs_vmcoreinfo_parse("\0A=1", 4, &v), KHS_ERR_FORMAT);
}

/* The note is zero-filled, and nothing says that its text ends with a NUL. */
static void test_bounds(void **state)
{
	static const char text[] = { 'A', '=', '1', '2', '3' };
	struct khs_vmcoreinfo *v;

	(void)state;
	assert_ok(khs_vmcoreinfo_parse(text, 4, &v));
	assert_string_equal(khs_vmcoreinfo_text(v, "A"), "12");
	khs_vmcoreinfo_free(v);
	assert_ok(khs_vmcoreinfo_parse("A=1\0B=2\n", 8, &v));
	assert_string_equal(khs_vmcoreinfo_text(v, "A"), "1");
	assert_null(khs_vmcoreinfo_text(v, "B"));
	khs_vmcoreinfo_free(v);
}

static void test_hex(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} cases[] = {
		{ "ffffffffa6ad8f40", true, 0xffffffffa6ad8f40 },
		{ "0xffff", true, 0xffff },
		{ "0", true, 0 },
		{ "ABCDEF", true, 0xabcdef },
		{ "", false, 0 },
		{ "0x", false, 0 },
		{ "-1", false, 0 },
		{ " 1", false, 0 },
		{ "1 ", false, 0 },
		{ "12g4", false, 0 },
		{ "10000000000000000", false, 0 },
	};
	uint64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct khs_vmcoreinfo *v;
		char line[64];

		snprintf(line, sizeof(line), "K=%s", cases[i].text);
		v = parse(line);
		assert_int_equal(khs_vmcoreinfo_hex(v, "K", &value), cases[i].ok);
		if (cases[i].ok)
			assert_int_equal(value, cases[i].value);
		assert_false(khs_vmcoreinfo_hex(v, "L", &value));
		khs_vmcoreinfo_free(v);
	}
}

static void test_number(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t value;
	} cases[] = {
		{ "27", true, 27 },
		{ "-532676608", true, -532676608 },
		{ "0xffffaf5740000000", true, (int64_t)0xffffaf5740000000 },
		{ "0x10", true, 16 },
		{ "9223372036854775807", true, INT64_MAX },
		{ "-9223372036854775808", true, INT64_MIN },
		{ "9223372036854775808", false, 0 },
		{ "-9223372036854775809", false, 0 },
		{ "", false, 0 },
		{ "-", false, 0 },
		{ "--1", false, 0 },
		{ "+1", false, 0 },
		{ "1f", false, 0 },
		{ "-0x10", false, 0 },
	};
	int64_t value;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct khs_vmcoreinfo *v;
		char line[64];

		snprintf(line, sizeof(line), "K=%s", cases[i].text);
		v = parse(line);
		assert_int_equal(khs_vmcoreinfo_number(v, "K", &value), cases[i].ok);
		if (cases[i].ok)
			assert_int_equal(value, cases[i].value);
		assert_false(khs_vmcoreinfo_number(v, "L", &value));
		khs_vmcoreinfo_free(v);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_nothing_in_it),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_hex),
		cmocka_unit_test(test_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
