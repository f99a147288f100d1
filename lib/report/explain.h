/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What docs/ says of findings, as it was when this was built: docs/findings.md and
 * docs/preflight.md are part of the library, so that what the tool explains and what the docs say
 * is one text.
 */
#ifndef KHS_REPORT_EXPLAIN_H
#define KHS_REPORT_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

/* Markdown below the heading of a finding, without blank lines around it. */
struct khs_explanation {
	const char *text;
	size_t len;
};

/* False if no finding has that id. */
bool khs_find_explanation(const char *id, struct khs_explanation *ret);

/* The id of the finding that has a class of that name ("S11"), in @id; false if none has. */
bool khs_find_class(const char *class_name, char *id, size_t size);

/* The @i-th id; false beyond the last. */
bool khs_explained_id(size_t i, char *id, size_t size);

#endif
