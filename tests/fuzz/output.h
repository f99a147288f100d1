/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tool may print whatever is in a dump: text that no terminal obeys, JSON that anybody can
 * read. For the fuzz targets and the mutation campaign.
 */
#ifndef TESTS_FUZZ_OUTPUT_H
#define TESTS_FUZZ_OUTPUT_H

#include <jansson.h>
#include <stddef.h>

/* NULL, or what is wrong: UTF-8 with no control character but newlines and fdt's indentation. */
const char *output_text_wrong(const char *text, size_t len);

/*
 * NULL, or what is wrong: one JSON value after the other. @value may be NULL; else it gets the last
 * of them, for the caller to free.
 */
const char *output_json_wrong(const char *text, size_t len, json_t **value);

#endif
