// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmlinux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "../dump/vmcoreinfo.h"
#include "btf.h"
#include "debuginfo.h"
#include "dwarf.h"
#include "elf_file.h"
#include "moved.h"
#include "types.h"
#include "units.h"

static const GElf_Half machines[] = {
	[KHS_ARCH_X86_64] = EM_X86_64,
	[KHS_ARCH_AARCH64] = EM_AARCH64,
};

static struct khs_error *check_header(struct khs_elf_file *v, enum khs_arch arch)
{
	GElf_Ehdr h;
	struct khs_error *err = khs_elf_file_header(v, &h);

	if (err)
		return err;
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_machine != machines[arch])
		return khs_error_new(KHS_ERR_FORMAT,
				     "an ELF file of another machine than the dump's %s",
				     khs_arch_name(arch));
	return NULL;
}

static struct khs_error *check_build_id(struct khs_elf_file *v, const char *build_id, bool any)
{
	char text[384];

	if (!build_id || !*build_id) {
		khs_elf_file_warn(v, "the dump names no build-id, so the file may be another "
				  "kernel's");
		return NULL;
	}
	if (!strcmp(v->build_id, build_id))
		return NULL;
	snprintf(text, sizeof(text), "its build-id is %s, the dumped kernel's is %s",
		 v->build_id[0] ? v->build_id : "none", build_id);
	if (!any)
		return khs_error_new(KHS_ERR_MISMATCH, "%s (--any-build-id goes on all the same)",
				     text);
	khs_elf_file_warn(v, text);
	return NULL;
}

/* Once. Where there is a fetch, libdwfl does not ask servers itself, and checks nothing for us. */
static void find_debug(struct khs_elf_file *v, const char *path,
		       const struct khs_vmlinux_wanted *of)
{
	_cleanup_free_ char *fetched = NULL;

	if (v->sought)
		return;
	v->sought = true;
	khs_elf_file_find_debug(v, path);
	if (v->debug || !of->opts || !of->opts->fetch || !*v->build_id ||
	    of->opts->fetch(of->opts->arg, v->build_id, &fetched))
		return;
	if (khs_debuginfo_is(fetched, v->build_id))
		khs_elf_file_take_debug(v, fetched);
	else
		khs_elf_file_warn(v, "debuginfod: what it has of this build-id is another file's");
}

static bool scan_symbols(struct khs_elf_file *v, const char *path,
			 const struct khs_vmlinux_wanted *of, struct khs_wanted *w)
{
	if (khs_elf_scan_symbols(v->elf, w))
		return true;
	find_debug(v, path, of);
	return v->debug && khs_elf_scan_symbols(v->debug, w);
}

static struct khs_error *read_symbols(struct khs_elf_file *v, const char *path,
				      struct khs_facts *facts, const struct khs_vmlinux_wanted *of,
				      struct khs_units *units)
{
	_cleanup_free_ struct khs_wanted *w = malloc(sizeof(*w));
	const struct khs_wanted_name *stext;
	struct khs_error *err;
	uint64_t offset;

	if (!w)
		return khs_enomem();
	khs_wanted_init(w, facts, KHS_NEED_SYMBOL);
	khs_wanted_add(w, "_stext", KHS_NR_NEEDS);
	khs_units_want(w);
	if (!scan_symbols(v, path, of, w)) {
		khs_elf_file_warn(v, "it has no symbol table");
		return NULL;
	}
	khs_units_take(units, w);
	stext = khs_wanted_find(w, "_stext", strlen("_stext"));
	err = khs_moved(of->vmci, stext && stext->rank, stext ? stext->value : 0, &offset);
	if (err)
		return err;
	for (size_t i = 0; i < KHS_WANTED_SLOTS; i++)
		w->slots[i].value += offset;
	khs_wanted_apply(w, facts, "symtab");
	return NULL;
}

/* NOTFOUND if it has none. */
static struct khs_error *read_btf(const struct khs_elf_file *v, struct khs_facts *facts,
				  const char *source)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = khs_elf_section(v->elf, SHT_PROGBITS, ".BTF", &shdr);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;

	if (!data)
		return khs_error_new(KHS_ERR_NOTFOUND, "it has no BTF");
	return khs_facts_from_btf(facts, data->d_buf, data->d_size, source);
}

/* NOTFOUND if neither the file nor what was stripped from it has any. */
static struct khs_error *read_dwarf(struct khs_elf_file *v, const char *path,
				    const struct khs_vmlinux_wanted *of,
				    const struct khs_units *units, struct khs_facts *facts)
{
	struct khs_error *err = khs_facts_from_dwarf(facts, v->elf, units, "DWARF");

	if (khs_error_code(err) != KHS_ERR_NOTFOUND)
		return err;
	find_debug(v, path, of);
	if (!v->debug)
		return err;
	khs_error_free(err);
	return khs_facts_from_dwarf(facts, v->debug, units, "DWARF");
}

static bool is_missing(struct khs_error **err)
{
	if (khs_error_code(*err) != KHS_ERR_NOTFOUND)
		return false;
	khs_error_free(*err);
	*err = NULL;
	return true;
}

static bool lacks_types(const struct khs_facts *facts)
{
	_cleanup_free_ struct khs_types *types = malloc(sizeof(*types));

	if (!types)
		return true;
	khs_types_init(types, facts);
	return khs_types_lack(types, KHS_WANTED);
}

/* A gigabyte of DWARF takes five seconds to inflate, and BTF is five megabytes. */
static bool btf_will_do(const struct khs_elf_file *v, struct khs_facts *facts)
{
	if (!khs_elf_packs_dwarf(v->elf))
		return false;
	khs_error_free(read_btf(v, facts, "vmlinux BTF"));
	return !lacks_types(facts);
}

static struct khs_error *read_types(struct khs_elf_file *v, const char *path,
				    const struct khs_vmlinux_wanted *of,
				    const struct khs_units *units, struct khs_facts *facts)
{
	struct khs_error *err;

	if (btf_will_do(v, facts))
		return NULL;
	err = read_dwarf(v, path, of, units, facts);
	if (!is_missing(&err))
		return err;
	err = read_btf(v, facts, "vmlinux BTF");
	if (is_missing(&err))
		khs_elf_file_warn(v, "it has neither DWARF nor BTF");
	else if (!err)
		khs_elf_file_warn(v, "it has no DWARF; types are from its BTF");
	return err;
}

static struct khs_error *open_and_check(struct khs_elf_file *v, const char *path,
					const struct khs_vmlinux_wanted *of)
{
	struct khs_error *err = khs_elf_file_open(v, path);

	if (!err)
		err = check_header(v, of->arch);
	return err ? err : check_build_id(v, of->build_id, of->any_build_id);
}

static struct khs_error *read_all(struct khs_elf_file *v, struct khs_facts *facts, const char *path,
				  const struct khs_vmlinux_wanted *of)
{
	struct khs_error *err = open_and_check(v, path, of);
	struct khs_units units = { 0 };

	if (!err)
		err = read_symbols(v, path, facts, of, &units);
	return err ? err : read_types(v, path, of, &units, facts);
}

struct khs_error *khs_facts_from_vmlinux(struct khs_facts *facts, const char *path,
					 const struct khs_vmlinux_wanted *of, char **warning)
{
	_cleanup_(khs_elf_file_close) struct khs_elf_file v = KHS_ELF_FILE_NONE;
	struct khs_error *err;

	*warning = NULL;
	err = read_all(&v, facts, path, of);
	if (err)
		return khs_error_wrap(err, "%s", path);
	if (v.warning && asprintf(warning, "%s: %s", path, v.warning) < 0)
		*warning = NULL;
	return NULL;
}

/* ---- each by itself ------------------------------------------------------------------------- */

static struct khs_error *ask_all(struct khs_elf_file *v, const char *path,
				 const struct khs_vmlinux_wanted *of, struct khs_vmlinux_facts *ret)
{
	struct khs_error *err = open_and_check(v, path, of);
	struct khs_units units = { 0 };

	if (!err)
		err = read_symbols(v, path, &ret->symtab, of, &units);
	if (!err)
		err = read_dwarf(v, path, of, &units, &ret->dwarf);
	is_missing(&err);
	if (!err)
		err = read_btf(v, &ret->btf, "vmlinux BTF");
	is_missing(&err);
	return err;
}

struct khs_error *khs_facts_ask_vmlinux(const char *path, const struct khs_vmlinux_wanted *of,
					struct khs_vmlinux_facts *ret)
{
	_cleanup_(khs_elf_file_close) struct khs_elf_file v = KHS_ELF_FILE_NONE;
	struct khs_error *err;

	memset(ret, 0, sizeof(*ret));
	err = ask_all(&v, path, of, ret);
	return err ? khs_error_wrap(err, "%s", path) : NULL;
}

/* ---- a file of BTF -------------------------------------------------------------------------- */

#define MAX_BTF_FILE (64u << 20)

static void filep_close(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* As /sys/kernel/btf/vmlinux has it. */
static struct khs_error *read_raw_btf(struct khs_facts *facts, const char *path)
{
	_cleanup_(filep_close) FILE *f = fopen(path, "re");
	_cleanup_free_ char *bytes = malloc(MAX_BTF_FILE);
	size_t n;

	if (!bytes)
		return khs_enomem();
	if (!f)
		return khs_error_new(KHS_ERR_IO, "%m");
	n = fread(bytes, 1, MAX_BTF_FILE, f);
	return khs_facts_from_btf(facts, bytes, n, KHS_BTF_FILE);
}

static struct khs_error *read_btf_file(struct khs_facts *facts, const char *path)
{
	_cleanup_(khs_elf_file_close) struct khs_elf_file v = KHS_ELF_FILE_NONE;
	struct khs_error *err = khs_elf_file_open(&v, path);

	if (!err)
		return read_btf(&v, facts, KHS_BTF_FILE);
	if (khs_error_code(err) != KHS_ERR_FORMAT)
		return err;
	khs_error_free(err);
	return read_raw_btf(facts, path);
}

/* BTF has no build-id: what VMCOREINFO says of the same types must be the same. */
static struct khs_error *hold_against(const struct khs_facts *own,
				      const struct khs_vmcoreinfo *vmci)
{
	_cleanup_free_ struct khs_facts *said = calloc(1, sizeof(*said));
	char name[96];

	if (!said)
		return khs_enomem();
	khs_facts_from_vmcoreinfo(said, vmci);
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const struct khs_fact *a = &own->v[id], *b = &said->v[id];

		if (!a->known || !b->known || a->value == b->value)
			continue;
		khs_need_spell(&khs_needs[id], a->name, name, sizeof(name));
		return khs_error_new(KHS_ERR_MISMATCH, "it has %llu for the %s of %s, the dumped "
				     "kernel %llu", (unsigned long long)a->value,
				     khs_need_kind_name(khs_needs[id].kind), name,
				     (unsigned long long)b->value);
	}
	return NULL;
}

struct khs_error *khs_facts_from_btf_file(struct khs_facts *facts, const char *path,
					  const struct khs_vmcoreinfo *vmci, bool any,
					  char **warning)
{
	_cleanup_free_ struct khs_facts *own = calloc(1, sizeof(*own));
	_cleanup_error_ struct khs_error *mismatch = NULL;
	struct khs_error *err;

	*warning = NULL;
	if (!own)
		return khs_enomem();
	err = read_btf_file(own, path);
	if (err)
		return khs_error_wrap(err, "%s", path);
	mismatch = hold_against(own, vmci);
	if (mismatch && !any)
		return khs_error_new(khs_error_code(mismatch), "%s: %s (--any-build-id goes on all "
				     "the same)", path, khs_error_message(mismatch));
	if (mismatch && asprintf(warning, "%s: %s", path, khs_error_message(mismatch)) < 0)
		*warning = NULL;
	khs_facts_merge(facts, own);
	return NULL;
}
