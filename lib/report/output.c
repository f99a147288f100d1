// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "../base/error.h"
#include "output.h"
#include "report.h"

struct khs_error *khs_print_end(FILE *out)
{
	errno = 0;
	if (!fflush(out) && !ferror(out))
		return NULL;
	return khs_error_new(KHS_ERR_IO, "cannot write the output: %s",
			     errno ? strerror(errno) : "write error");
}

struct khs_error *khs_print_object(FILE *out, json_t *object)
{
	_cleanup_json_ json_t *owned = object;

	if (!owned)
		return khs_enomem();
	json_dumpf(owned, out, JSON_INDENT(2));
	putc('\n', out);
	return khs_print_end(out);
}
