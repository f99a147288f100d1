// SPDX-License-Identifier: GPL-2.0-or-later
/* The one way in that needs libkdumpfile, libelf and libbpf; crash comes in by khs_open_source(). */
#include <stdlib.h>

#include "base/error.h"
#include "model.h"

struct khs_error *khs_open(const char *path, const struct khs_options *opts, struct khs **ret)
{
	struct khs_dump *dump;
	struct khs_error *err = khs_dump_open(path, &dump);
	struct khs *k;

	if (err)
		return err;
	k = calloc(1, sizeof(*k));
	if (!k) {
		khs_dump_close(dump);
		return khs_enomem();
	}
	return khs_open_model(k, khs_kernel_open(dump, opts, &k->kernel), ret);
}
