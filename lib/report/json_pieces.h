/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How the library writes its values as JSON (docs/json.md), for every file that does. Each returns
 * a new reference, NULL without memory.
 */
#ifndef KHS_REPORT_JSON_PIECES_H
#define KHS_REPORT_JSON_PIECES_H

#include <inttypes.h>
#include <stdlib.h>

#include "../base/cleanup.h"
#include "report.h"
#include "sanitize.h"

/* Beyond this a reader that keeps numbers as doubles would round. */
#define MAX_EXACT (UINT64_C(1) << 53)

/* A string from anywhere; NULL without memory. */
static inline json_t *text(const char *s)
{
	_cleanup_free_ char *clean = khs_sanitize(s);

	return clean ? json_string(clean) : NULL;
}

/* Empty and absent both mean unknown in the API. */
static inline json_t *text_or_null(const char *s)
{
	return s && *s ? text(s) : json_null();
}

static inline json_t *hex(uint64_t value)
{
	return json_sprintf("0x%" PRIx64, value);
}

/* No count of a real machine is so large; a made-up one is shown as it is, in a string. */
static inline json_t *count(uint64_t value)
{
	return value <= MAX_EXACT ? json_integer((json_int_t)value)
				  : json_sprintf("%" PRIu64, value);
}

static inline json_t *count_if(bool known, uint64_t value)
{
	return known ? count(value) : json_null();
}

static inline json_t *bool_if(bool known, bool value)
{
	return known ? json_boolean(value) : json_null();
}

static inline json_t *node_or_null(int node)
{
	return node == KHS_NO_NODE ? json_null() : json_integer(node);
}

#endif
