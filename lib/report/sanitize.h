/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings of a dump (or of an argument, or a file name) on their way to a terminal or a JSON file.
 * What a terminal might obey and what is no UTF-8 is written as \xNN, a byte each; a backslash too,
 * so that the result can be read back without doubt. Nothing is shortened and nothing is quoted.
 */
#ifndef KHS_REPORT_SANITIZE_H
#define KHS_REPORT_SANITIZE_H

#include <stdio.h>

void khs_put_clean(FILE *out, const char *s);

/* The same as a malloc()ed string of printable UTF-8; NULL without memory. */
char *khs_sanitize(const char *s);

#endif
