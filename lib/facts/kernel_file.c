// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "btf.h"
#include "kallsyms.h"
#include "locate.h"
#include "nocoreinfo.h"
#include "vmlinux.h"

/* Of a dump without VMCOREINFO: the vmlinux, and where in the dump its kernel lies. */
struct stand_in {
	struct khs_image image;
	struct khs_place place;
};

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

static struct khs_error *fill(struct khs_kernel *kernel, void *arg)
{
	const struct stand_in *own = arg;
	struct khs_error *err;

	if (!kernel->opts.vmlinux)
		return fill_from_dump(kernel);
	err = fill_from_vmlinux(kernel);
	if (!err && !kernel->dump->vmcoreinfo)
		khs_nocoreinfo_facts(kernel, &own->image, &own->place);
	/* A file may be stripped of one thing or the other; the dump then completes it. */
	if (err || !khs_facts_lack(&kernel->facts, KHS_WANTED))
		return err;
	return fill_from_dump(kernel);
}

static struct khs_error *locate(struct khs_kernel *kernel, struct stand_in *own)
{
	struct khs_error *err = khs_locate(kernel, &own->image, &own->place);

	if (err)
		return khs_error_wrap(err, "%s", kernel->opts.vmlinux);
	if (own->place.left)
		khs_kernel_warn(kernel, "%s: its kernel had gone away by kexec: what runs, if not "
				"that kexec itself, is another kernel",
				kernel->opts.vmlinux);
	return NULL;
}

static struct khs_error *stand_in(struct khs_kernel *kernel, void *arg)
{
	_cleanup_free_ char *text = NULL;
	struct stand_in *own = arg;
	struct khs_error *err;

	if (!kernel->opts.vmlinux)
		return khs_error_new(KHS_ERR_FORMAT,
				     "the dump has no VMCOREINFO (its kernel was in early boot, or "
				     "the guest has no \"-device vmcoreinfo\"): -k VMLINUX, of the "
				     "same build, can make up for that");
	err = khs_vmlinux_image(kernel->opts.vmlinux, &own->image);
	if (!err)
		err = locate(kernel, own);
	if (err)
		return err;
	text = khs_nocoreinfo_text(&own->image, &own->place);
	if (!text)
		return khs_enomem();
	return khs_vmcoreinfo_parse(text, strlen(text), &kernel->vmci);
}

struct khs_error *khs_kernel_open(struct khs_dump *dump, const struct khs_options *opts,
				  struct khs_kernel *ret)
{
	struct stand_in own = { 0 };
	const struct khs_kernel_way way = { .stand_in = stand_in, .fill = fill, .arg = &own };

	return khs_kernel_open_with(dump, opts, &way, ret);
}
