// SPDX-License-Identifier: GPL-2.0-or-later
#include "html.h"

#include <stdarg.h>
#include <stdlib.h>

#include "../base/cleanup.h"
#include "sanitize.h"

void khs_put_html_clean(FILE *out, const char *s)
{
	for (; *s; s++) {
		switch (*s) {
		case '&':
			fputs("&amp;", out);
			break;
		case '<':
			fputs("&lt;", out);
			break;
		case '>':
			fputs("&gt;", out);
			break;
		case '"':
			fputs("&quot;", out);
			break;
		case '\'':
			fputs("&#39;", out);
			break;
		default:
			putc(*s, out);
		}
	}
}

void khs_put_html(FILE *out, const char *s)
{
	_cleanup_free_ char *clean = khs_sanitize(s);

	if (clean)
		khs_put_html_clean(out, clean);
}

void khs_html(FILE *out, const char *fmt, ...)
{
	_cleanup_free_ char *s = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		s = NULL;
	else
		khs_put_html(out, s);
}
