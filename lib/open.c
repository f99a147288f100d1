// SPDX-License-Identifier: GPL-2.0-or-later
/* The one way in that needs libkdumpfile, libelf and libbpf; crash has khs_open_source(). */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "model.h"

/* @opts, if the caller's structure has all that is asked for here. */
static const struct khs_options *known(const struct khs_options *opts)
{
	return opts && opts->size >= sizeof(*opts) ? opts : NULL;
}

/* An error of the vmlinux names that file already. */
static bool is_of_vmlinux(const struct khs_error *err, const struct khs_options *opts)
{
	const char *path = known(opts) ? opts->vmlinux : NULL;

	return path && !strncmp(khs_error_message(err), path, strlen(path));
}

/* Names the dump, and that it is cut, which is the likely cause of whatever else is wrong. */
static struct khs_error *name_dump(struct khs_error *err, const char *path, const char *why)
{
	if (*why)
		return khs_error_wrap(err, "%s: incomplete, %s", path, why);
	return khs_error_wrap(err, "%s", path);
}

struct khs_error *khs_open(const char *path, const struct khs_options *opts, struct khs **ret)
{
	struct khs_dump *dump;
	struct khs_error *err = khs_dump_open(path, known(opts), &dump);
	char why[sizeof(dump->incomplete_why)];
	struct khs *k;

	if (err)
		return err;
	memcpy(why, dump->incomplete_why, sizeof(why));
	k = calloc(1, sizeof(*k));
	if (!k) {
		khs_dump_close(dump);
		return khs_enomem();
	}
	err = khs_kernel_open(dump, opts, &k->kernel);
	if (err && khs_error_code(err) != KHS_ERR_INTERRUPTED && !is_of_vmlinux(err, opts))
		err = name_dump(err, path, why);
	return khs_open_model(k, err, ret);
}
