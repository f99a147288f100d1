/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strings of a dump on their way into HTML or SVG, in text or in an attribute between double
 * quotes: sanitised as for a terminal, then & < > " and ' as entities. Nothing else may be written
 * there but what this program says by itself.
 */
#ifndef KHS_REPORT_HTML_H
#define KHS_REPORT_HTML_H

#include <stdio.h>

void khs_put_html(FILE *out, const char *s);

/* The same of what printf() makes of it. */
void khs_html(FILE *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* What is sanitised already, several lines, say: entities alone. */
void khs_put_html_clean(FILE *out, const char *s);

#endif
