// SPDX-License-Identifier: GPL-2.0-or-later
/* The one way in that needs libelf and libbpf; crash has khs_open_source(). */
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <elfutils/version.h>

#include "base/error.h"
#include "model.h"

static bool names(const struct khs_error *err, const char *path)
{
	return path && !strncmp(khs_error_message(err), path, strlen(path));
}

/* An error of a file that goes with the dump names that file already. */
static bool is_of_other(const struct khs_error *err, const struct khs_options *opts)
{
	return names(err, opts->vmlinux) || names(err, opts->btf) || names(err, opts->system_map);
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
	struct khs_options own = { .size = sizeof(own) };
	struct khs_dump *dump;
	char why[sizeof(dump->incomplete_why)];
	struct khs_error *err;
	struct khs *k;

	if (opts && !khs_take(&own, sizeof(own), opts))
		return khs_error_new(KHS_ERR_USAGE, "khs_options.size is not set");
	own.size = sizeof(own);
	err = khs_dump_open(path, &own, &dump);
	if (err)
		return err;
	memcpy(why, dump->incomplete_why, sizeof(why));
	k = calloc(1, sizeof(*k));
	if (!k) {
		khs_dump_close(dump);
		return khs_enomem();
	}
	snprintf(k->libraries, sizeof(k->libraries), "elfutils 0.%d, libbpf %u.%u", _ELFUTILS_VERSION,
		 libbpf_major_version(), libbpf_minor_version());
	err = khs_kernel_open(dump, &own, &k->kernel);
	if (err && khs_error_code(err) != KHS_ERR_INTERRUPTED && !is_of_other(err, &own))
		err = name_dump(err, path, why);
	return khs_open_model(k, err, ret);
}
