// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel.h"

#include <stdlib.h>

#include "../base/error.h"
#include "btf.h"
#include "kallsyms.h"
#include "vmlinux.h"

/* Out of memory ends the open; whatever else a source lacks may be known from another. */
static struct khs_error *go_on(struct khs_kernel *kernel, struct khs_error *err)
{
	if (!err || khs_error_code(err) == KHS_ERR_NOMEM)
		return err;
	khs_kernel_warn(kernel, "%s", khs_error_message(err));
	khs_error_free(err);
	return NULL;
}

static struct khs_error *fill_from_dump(struct khs_kernel *kernel)
{
	struct khs_error *err;

	err = go_on(kernel, khs_facts_from_kallsyms(&kernel->facts, kernel->vm, kernel->vmci));
	if (err)
		return err;
	return go_on(kernel, khs_facts_from_dump_btf(&kernel->facts, kernel->vm));
}

static struct khs_error *fill_from_vmlinux(struct khs_kernel *kernel)
{
	_cleanup_free_ char *warning = NULL;
	struct khs_error *err;

	err = khs_facts_from_vmlinux(&kernel->facts, kernel->opts.vmlinux, khs_vm_arch(kernel->vm),
				     kernel->vmci, kernel->build_id, kernel->opts.any_build_id,
				     &warning);
	if (warning)
		khs_kernel_warn(kernel, "%s", warning);
	return err;
}

static struct khs_error *fill(struct khs_kernel *kernel, const void *arg)
{
	struct khs_error *err;

	(void)arg;
	if (!kernel->opts.vmlinux)
		return fill_from_dump(kernel);
	err = fill_from_vmlinux(kernel);
	/* A file may be stripped of one thing or the other; the dump then completes it. */
	if (err || !khs_facts_lack(&kernel->facts, KHS_WANTED))
		return err;
	return fill_from_dump(kernel);
}

struct khs_error *khs_kernel_open(struct khs_dump *dump, const struct khs_options *opts,
				  struct khs_kernel *ret)
{
	return khs_kernel_open_with(dump, opts, fill, NULL, ret);
}
