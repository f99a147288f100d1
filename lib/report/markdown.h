/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Markdown of our own docs/ as text for a terminal: paragraphs, lists, tables, code, emphasis,
 * links. No more of Markdown than those files use. What it prints is not sanitised: nothing from a
 * dump may get here.
 */
#ifndef KHS_REPORT_MARKDOWN_H
#define KHS_REPORT_MARKDOWN_H

#include <stdio.h>

#include "../khoscope.h"

/* Whole lines, [text, text + len). */
void khs_put_markdown(FILE *out, const struct khs_style *style, const char *text, size_t len);

#endif
