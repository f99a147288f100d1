// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"

#include <stdbool.h>

/* jansson takes no string that is not UTF-8. */
static bool is_utf8(const char *text, size_t len)
{
	json_t *string = json_stringn(text, len);

	json_decref(string);
	return string;
}

/* fdt indents as dtc does; a tab elsewhere would be a dump's. */
static bool indents(const unsigned char *s, size_t i)
{
	return s[i] == '\t' && (!i || s[i - 1] == '\n' || s[i - 1] == '\t');
}

const char *output_text_wrong(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < len; i++) {
		if ((s[i] < ' ' && s[i] != '\n' && !indents(s, i)) || s[i] == 0x7f)
			return "a control character";
		/* U+0080 to U+009f */
		if (s[i] == 0xc2 && i + 1 < len && s[i + 1] < 0xa0)
			return "a C1 control character";
	}
	return is_utf8(text, len) ? NULL : "no UTF-8";
}

const char *output_json_wrong(const char *text, size_t len, json_t **value)
{
	const size_t flags = JSON_DISABLE_EOF_CHECK | JSON_REJECT_DUPLICATES;
	json_t *last = NULL;

	for (size_t at = 0; at < len;) {
		json_error_t error;

		json_decref(last);
		last = json_loadb(text + at, len - at, flags, &error);
		if (!last)
			return "no JSON";
		at += (size_t)error.position;
		while (at < len && text[at] == '\n')
			at++;
	}
	if (value)
		*value = last;
	else
		json_decref(last);
	return NULL;
}
