// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel.h"

#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "btf.h"
#include "debuginfo.h"
#include "kallsyms.h"
#include "locate.h"
#include "nocoreinfo.h"
#include "system_map.h"
#include "vmlinux.h"

/* Of a dump without VMCOREINFO: the vmlinux, and where in the dump its kernel lies. */
struct stand_in {
	struct khs_image image;
	struct khs_place place;
};

/* ---- the ladder ----------------------------------------------------------------------------- */

static struct khs_vmlinux_wanted wanted(const struct khs_kernel *kernel, bool any)
{
	return (struct khs_vmlinux_wanted){
		.arch = khs_vm_arch(kernel->vm),
		.vmci = kernel->vmci,
		.build_id = kernel->build_id,
		.any_build_id = any,
		.opts = &kernel->opts,
	};
}

/* Takes @warning. */
static void tell(struct khs_kernel *kernel, char *warning)
{
	if (warning && *warning)
		khs_kernel_warn(kernel, "%s", warning);
	free(warning);
}

static struct khs_error *fill_from_system_map(struct khs_kernel *kernel)
{
	const char *path = kernel->files.system_map;
	char warning[256];
	struct khs_error *err;

	err = khs_facts_from_system_map(&kernel->facts, path, kernel->vmci,
					kernel->opts.any_build_id, warning, sizeof(warning));
	if (!err && *warning)
		khs_kernel_warn(kernel, "%s: %s", path, warning);
	return err;
}

static struct khs_error *fill_from_btf_file(struct khs_kernel *kernel)
{
	char *warning;
	struct khs_error *err;

	err = khs_facts_from_btf_file(&kernel->facts, kernel->files.btf, kernel->vmci,
				      kernel->opts.any_build_id, &warning);
	tell(kernel, warning);
	return err;
}

static struct khs_error *fill_from_vmlinux(struct khs_kernel *kernel, bool any)
{
	const struct khs_vmlinux_wanted of = wanted(kernel, any);
	char *warning;
	struct khs_error *err;

	err = khs_facts_from_vmlinux(&kernel->facts, kernel->files.vmlinux, &of, &warning);
	tell(kernel, warning);
	return err;
}

/* What a file was named for is not asked of the dump. */
static struct khs_error *fill_from_dump(struct khs_kernel *kernel)
{
	struct khs_error *err = NULL;

	if (!kernel->files.system_map)
		err = khs_kernel_go_on(kernel, khs_facts_from_kallsyms(&kernel->facts, kernel->vm,
								       kernel->vmci));
	if (err || kernel->files.btf)
		return err;
	return khs_kernel_go_on(kernel, khs_facts_from_dump_btf(&kernel->facts, kernel->vm));
}

/* Every kernel has memblock, a data symbol, and its type: who names neither names no other. */
static bool lacks_symbols_or_types(const struct khs_facts *facts)
{
	return !khs_known(facts, KHS_SYM_MEMBLOCK) || !khs_known(facts, KHS_MEM_MEMBLOCK_MEMORY_);
}

/* The dump does not tell enough: there may be a vmlinux of its build-id on this machine. */
static struct khs_error *fill_from_found(struct khs_kernel *kernel)
{
	struct khs_error *err = khs_debuginfo_find(kernel, &kernel->files.vmlinux);

	if (err || !kernel->files.vmlinux)
		return err;
	khs_kernel_warn(kernel, "the dump names no symbols or no types; they are from %s, which "
			"has its build-id", kernel->files.vmlinux);
	return khs_kernel_go_on(kernel, fill_from_vmlinux(kernel, false));
}

static struct khs_error *fill_from_files(struct khs_kernel *kernel, const struct stand_in *own)
{
	struct khs_error *err = NULL;

	if (kernel->files.system_map)
		err = fill_from_system_map(kernel);
	if (!err && kernel->files.btf)
		err = fill_from_btf_file(kernel);
	if (err || !kernel->files.vmlinux)
		return err;
	err = fill_from_vmlinux(kernel, kernel->opts.any_build_id);
	if (!err && !kernel->dump->vmcoreinfo)
		khs_nocoreinfo_facts(kernel, &own->image, &own->place);
	return err;
}

static struct khs_error *fill(struct khs_kernel *kernel, void *arg)
{
	struct khs_error *err = fill_from_files(kernel, arg);

	if (err)
		return err;
	/* A file may be stripped of one thing or the other; the dump then completes it. */
	if (!kernel->files.vmlinux || khs_facts_lack(&kernel->facts, KHS_WANTED))
		err = fill_from_dump(kernel);
	if (!err && !kernel->files.vmlinux && lacks_symbols_or_types(&kernel->facts))
		err = fill_from_found(kernel);
	return err;
}

/* ---- each by itself ------------------------------------------------------------------------- */

static struct khs_error *ask_dump_btf(struct khs_kernel *kernel, struct khs_opinions *ret)
{
	static const enum khs_need_id ends[] = { KHS_SYM_START_BTF, KHS_SYM_STOP_BTF };
	struct khs_facts *facts = khs_opinions_add(ret, "BTF");
	struct khs_error *err;

	if (!facts)
		return khs_enomem();
	for (size_t i = 0; i < 2; i++)
		facts->v[ends[i]] = kernel->facts.v[ends[i]];
	err = khs_kernel_go_on(kernel, khs_facts_from_dump_btf(facts, kernel->vm));
	for (size_t i = 0; i < 2; i++)
		facts->v[ends[i]] = (struct khs_fact){ 0 };
	return err;
}

static struct khs_error *ask_named(struct khs_kernel *kernel, struct khs_opinions *ret)
{
	struct khs_error *err = NULL;
	struct khs_facts *facts;
	char why[256];
	char *warning = NULL;

	if (kernel->files.system_map) {
		facts = khs_opinions_add(ret, "System.map");
		err = !facts ? khs_enomem() :
		      khs_facts_from_system_map(facts, kernel->files.system_map, kernel->vmci, true,
						why, sizeof(why));
		err = khs_kernel_go_on(kernel, err);
	}
	if (!err && kernel->files.btf) {
		facts = khs_opinions_add(ret, KHS_BTF_FILE);
		err = !facts ? khs_enomem() :
		      khs_facts_from_btf_file(facts, kernel->files.btf, kernel->vmci, true,
					      &warning);
		free(warning);
		err = khs_kernel_go_on(kernel, err);
	}
	return err;
}

static bool add_opinion(struct khs_opinions *ret, const char *source, const struct khs_facts *from)
{
	struct khs_facts *facts = khs_opinions_add(ret, source);

	if (facts)
		*facts = *from;
	return facts;
}

static struct khs_error *ask_vmlinux(struct khs_kernel *kernel, struct khs_opinions *ret)
{
	const struct khs_vmlinux_wanted of = wanted(kernel, true);
	_cleanup_free_ struct khs_vmlinux_facts *facts = malloc(sizeof(*facts));
	struct khs_error *err;

	if (!facts)
		return khs_enomem();
	err = khs_kernel_go_on(kernel, khs_facts_ask_vmlinux(kernel->files.vmlinux, &of, facts));
	if (err)
		return err;
	return add_opinion(ret, "symtab", &facts->symtab) &&
	       add_opinion(ret, "DWARF", &facts->dwarf) &&
	       add_opinion(ret, "vmlinux BTF", &facts->btf) ? NULL : khs_enomem();
}

static struct khs_error *ask(struct khs_kernel *kernel, struct khs_opinions *ret)
{
	struct khs_error *err = khs_kernel_ask_dump(kernel, ret);

	if (!err)
		err = ask_dump_btf(kernel, ret);
	if (!err)
		err = ask_named(kernel, ret);
	if (!err && !kernel->files.vmlinux)
		err = khs_debuginfo_find(kernel, &kernel->files.vmlinux);
	if (!err && kernel->files.vmlinux)
		err = ask_vmlinux(kernel, ret);
	return err;
}

/* ---- without VMCOREINFO --------------------------------------------------------------------- */

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
	const struct khs_kernel_way way = { .stand_in = stand_in, .fill = fill, .arg = &own,
					   .ask = ask };

	return khs_kernel_open_with(dump, opts, &way, ret);
}
