// SPDX-License-Identifier: GPL-2.0-or-later
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct khs_error {
	enum khs_code code;
	char *message; /* NULL only in the static error */
};

static struct khs_error no_memory = { .code = KHS_ERR_NOMEM };

struct khs_error *khs_enomem(void)
{
	return &no_memory;
}

struct khs_error *khs_error_new(enum khs_code code, const char *fmt, ...)
{
	struct khs_error *err = malloc(sizeof(*err));
	va_list ap;
	int n;

	if (!err)
		return &no_memory;
	va_start(ap, fmt);
	n = vasprintf(&err->message, fmt, ap);
	va_end(ap);
	if (n < 0) {
		free(err);
		return &no_memory;
	}
	err->code = code;
	return err;
}

struct khs_error *khs_error_wrap(struct khs_error *err, const char *fmt, ...)
{
	_cleanup_free_ char *outer = NULL;
	char *joined;
	va_list ap;
	int n;

	if (err == &no_memory)
		return err;
	va_start(ap, fmt);
	n = vasprintf(&outer, fmt, ap);
	va_end(ap);
	if (n < 0) {
		outer = NULL;
		return err;
	}
	if (asprintf(&joined, "%s: %s", outer, err->message) < 0)
		return err;
	free(err->message);
	err->message = joined;
	return err;
}

enum khs_code khs_error_code(const struct khs_error *err)
{
	return err ? err->code : KHS_OK;
}

const char *khs_error_message(const struct khs_error *err)
{
	if (!err)
		return "success";
	return err->message ? err->message : "out of memory";
}

void khs_error_free(struct khs_error *err)
{
	if (!err || err == &no_memory)
		return;
	free(err->message);
	free(err);
}
