// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "output.h"

void fuzz_failed(const char *file, int line, const char *cond)
{
	fprintf(stderr, "%s:%d: not true: %s\n", file, line, cond);
	abort();
}

bool fuzz_ok(struct khs_error *err)
{
	if (!err)
		return true;
	fuzz_check(khs_error_message(err)[0]);
	fuzz_check(!strchr(khs_error_message(err), '\n'));
	khs_error_free(err);
	return false;
}

static void check_output(const char *wrong, const char *text)
{
	if (!wrong)
		return;
	fprintf(stderr, "not true of what is printed: %s:\n%s\n", wrong, text);
	abort();
}

void fuzz_print(struct khs *k, struct khs_error *(*print)(struct khs *k, FILE *out, bool json),
		bool json, FILE *copy)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool ok;

	fuzz_check(out);
	ok = fuzz_ok(print(k, out, json));
	fclose(out);
	check_output(output_text_wrong(text, len), text);
	if (json && ok)
		check_output(output_json_wrong(text, len, NULL), text);
	if (copy)
		fwrite(text, 1, len, copy);
	free(text);
}
