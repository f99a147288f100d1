// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "current.h"
#include "kallsyms.h"

static void copy_options(struct khs_options *to, const struct khs_options *from)
{
	size_t size = sizeof(*to);

	memset(to, 0, sizeof(*to));
	if (!from)
		return;
	/* A caller built against a smaller structure leaves the rest at zero. */
	memcpy(to, from, from->size < size ? from->size : size);
}

static struct khs_error *need_vmcoreinfo(struct khs_kernel *kernel,
					 const struct khs_kernel_way *way)
{
	if (kernel->dump->vmcoreinfo)
		return khs_vmcoreinfo_parse(kernel->dump->vmcoreinfo, kernel->dump->vmcoreinfo_len,
					    &kernel->vmci);
	if (way->stand_in)
		return way->stand_in(kernel, way->arg);
	return khs_error_new(KHS_ERR_FORMAT, "the dump has no VMCOREINFO (its kernel was in early "
			     "boot, or the guest has no \"-device vmcoreinfo\"): only the khoscope "
			     "command with -k VMLINUX can read it");
}

/* It goes to a terminal: printable ASCII only. */
static void read_release(struct khs_kernel *kernel)
{
	const char *text = khs_vmcoreinfo_text(kernel->vmci, "OSRELEASE");

	snprintf(kernel->release, sizeof(kernel->release), "%s", text ? text : "");
	for (char *c = kernel->release; *c; c++) {
		if (*c < ' ' || *c > '~')
			*c = '?';
	}
}

static void read_build_id(struct khs_kernel *kernel)
{
	const char *text = khs_vmcoreinfo_text(kernel->vmci, "BUILD-ID");

	kernel->build_id[0] = '\0';
	if (!text || strlen(text) >= sizeof(kernel->build_id) ||
	    strspn(text, "0123456789abcdefABCDEF") != strlen(text))
		return;
	strcpy(kernel->build_id, text);
	for (char *c = kernel->build_id; *c; c++) {
		if (*c >= 'A')
			*c |= 'a' - 'A';
	}
}

/* With a vmlinux the one that ran is found by @way, as in a dump without VMCOREINFO. */
static struct khs_error *drop_vmcoreinfo(struct khs_kernel *kernel,
					 const struct khs_kernel_way *way)
{
	struct khs_dump *dump = kernel->dump;

	if (!way->stand_in || !kernel->opts.vmlinux)
		return khs_error_new(KHS_ERR_FORMAT, "VMCOREINFO is of a kernel (%s) that had gone "
				     "away by kexec, and the one that ran had made none yet: the "
				     "khoscope command with -k VMLINUX can read that one",
				     kernel->release);
	khs_kernel_warn(kernel, "VMCOREINFO is of a kernel (%s) that had gone away by kexec: not "
			"used", kernel->release);
	khs_vm_free(kernel->vm);
	khs_vmcoreinfo_free(kernel->vmci);
	free(dump->vmcoreinfo);
	dump->vmcoreinfo = NULL;
	*kernel = (struct khs_kernel){
		.dump = dump, .opts = kernel->opts, .files = kernel->files, .ask = kernel->ask,
	};
	return NULL;
}

static struct khs_error *read_kernel(struct khs_kernel *kernel, const struct khs_kernel_way *way)
{
	struct khs_error *err;

	err = need_vmcoreinfo(kernel, way);
	if (err)
		return err;
	read_release(kernel);
	read_build_id(kernel);
	err = khs_vm_new(kernel->dump, kernel->vmci, &kernel->vm);
	if (err)
		return err;
	kernel->page_shift = khs_vm_page_shift(kernel->vm);
	if (kernel->dump->vmcoreinfo)
		khs_facts_from_vmcoreinfo(&kernel->facts, kernel->vmci);
	err = way->fill(kernel, way->arg);
	if (err)
		return err;
	khs_facts_derive(&kernel->facts, kernel->vmci);
	return khs_facts_require(&kernel->facts);
}

static struct khs_error *open_kernel(struct khs_kernel *kernel, const struct khs_kernel_way *way)
{
	struct khs_error *err = read_kernel(kernel, way);
	enum khs_current current;
	const char *why;

	if (!kernel->dump->vmcoreinfo || !kernel->vm || khs_error_code(err) == KHS_ERR_NOMEM)
		return err;
	/* Of a kernel that is gone something else may be missing first. */
	current = khs_kernel_current(kernel, &why);
	if (current == KHS_CURRENT_DOUBTED && !err)
		khs_kernel_warn(kernel, "%s", why);
	if (current != KHS_CURRENT_LEFT)
		return err;
	khs_error_free(err);
	err = drop_vmcoreinfo(kernel, way);
	return err ? err : read_kernel(kernel, way);
}

static bool copy_text(const char *from, char **to)
{
	*to = from ? strdup(from) : NULL;
	return *to || !from;
}

static struct khs_error *copy_files(struct khs_kernel *kernel)
{
	const struct khs_options *o = &kernel->opts;

	if (copy_text(o->vmlinux, &kernel->files.vmlinux) &&
	    copy_text(o->btf, &kernel->files.btf) &&
	    copy_text(o->system_map, &kernel->files.system_map))
		return NULL;
	return khs_enomem();
}

struct khs_error *khs_kernel_open_with(struct khs_dump *dump, const struct khs_options *opts,
				       const struct khs_kernel_way *way, struct khs_kernel *ret)
{
	struct khs_error *err;

	memset(ret, 0, sizeof(*ret));
	ret->dump = dump;
	copy_options(&ret->opts, opts);
	ret->ask = way->ask;
	err = copy_files(ret);
	if (!err)
		err = open_kernel(ret, way);
	if (dump->stopped) {
		khs_error_free(err);
		err = khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	}
	ret->opts.vmlinux = ret->opts.btf = ret->opts.system_map = NULL;
	if (err)
		khs_kernel_close(ret);
	return err;
}

struct khs_error *khs_kernel_go_on(const struct khs_kernel *kernel, struct khs_error *err)
{
	if (!err || khs_error_code(err) == KHS_ERR_NOMEM)
		return err;
	khs_kernel_warn(kernel, "%s", khs_error_message(err));
	khs_error_free(err);
	return NULL;
}

struct khs_error *khs_kernel_ask_dump(struct khs_kernel *kernel, struct khs_opinions *ret)
{
	struct khs_facts *facts;

	if (kernel->dump->vmcoreinfo) {
		facts = khs_opinions_add(ret, "VMCOREINFO");
		if (!facts)
			return khs_enomem();
		khs_facts_from_vmcoreinfo(facts, kernel->vmci);
	}
	facts = khs_opinions_add(ret, "kallsyms");
	if (!facts)
		return khs_enomem();
	return khs_kernel_go_on(kernel,
				khs_facts_from_kallsyms(facts, kernel->vm, kernel->vmci));
}

static struct khs_error *ask_source(struct khs_kernel *kernel, struct khs_opinions *ret)
{
	const struct khs_source *source = khs_dump_source(kernel->dump);
	struct khs_error *err = khs_kernel_ask_dump(kernel, ret);
	struct khs_facts *facts = err || !source ? NULL : khs_opinions_add(ret, source->name);

	if (facts)
		khs_facts_from_source(facts, source);
	return err || facts || !source ? err : khs_enomem();
}

static struct khs_error *fill_from_source(struct khs_kernel *kernel, void *arg)
{
	const struct khs_source *const *source = arg;

	khs_facts_from_source(&kernel->facts, *source);
	return NULL;
}

struct khs_error *khs_kernel_open_source(struct khs_dump *dump, const struct khs_source *source,
					 const struct khs_options *opts, struct khs_kernel *ret)
{
	const struct khs_kernel_way way = { .fill = fill_from_source, .arg = &source,
					   .ask = ask_source };

	return khs_kernel_open_with(dump, opts, &way, ret);
}

void khs_kernel_close(struct khs_kernel *kernel)
{
	free(kernel->files.vmlinux);
	free(kernel->files.btf);
	free(kernel->files.system_map);
	khs_vm_free(kernel->vm);
	khs_vmcoreinfo_free(kernel->vmci);
	if (kernel->dump)
		khs_dump_close(kernel->dump);
	memset(kernel, 0, sizeof(*kernel));
}

enum khs_presence khs_kernel_read_uint(struct khs_kernel *kernel, uint64_t va, size_t size,
				       uint64_t *value)
{
	enum khs_presence presence;
	uint8_t bytes[8];
	uint64_t v = 0;

	if (size > sizeof(bytes))
		return KHS_NORAM;
	presence = khs_vm_read_all(kernel->vm, va, bytes, size);
	if (presence != KHS_PRESENT)
		return presence;
	/* Both architectures are little endian. */
	while (size--)
		v = v << 8 | bytes[size];
	*value = v;
	return KHS_PRESENT;
}

bool khs_kernel_interrupted(const struct khs_kernel *kernel)
{
	if (kernel->opts.interrupted && kernel->opts.interrupted(kernel->opts.arg))
		kernel->dump->stopped = true;
	return kernel->dump->stopped;
}

void khs_kernel_progress(const struct khs_kernel *kernel, const char *what, uint64_t done,
			 uint64_t total)
{
	if (kernel->opts.progress)
		kernel->opts.progress(kernel->opts.arg, what, done, total);
}

void khs_kernel_warn(const struct khs_kernel *kernel, const char *fmt, ...)
{
	char message[512];
	va_list ap;

	if (!kernel->opts.warn)
		return;
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	kernel->opts.warn(kernel->opts.arg, message);
}
