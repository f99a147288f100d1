// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmlinux.h"

#include <elfutils/libdwelf.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/error.h"
#include "../dump/vmcoreinfo.h"
#include "btf.h"
#include "dwarf.h"
#include "locate.h"
#include "wanted.h"

struct vmlinux {
	int fd;
	Elf *elf;      /* of fd, or of dwfl */
	Dwfl *dwfl;    /* NULL unless the file is compressed */
	char build_id[129];
	char *warning;
};

static void vmlinux_close(struct vmlinux *v)
{
	if (v->dwfl)
		dwfl_end(v->dwfl);
	else
		elf_end(v->elf);
	if (v->fd >= 0)
		close(v->fd);
	free(v->warning);
}

static struct khs_error *not_vmlinux(const char *why)
{
	return khs_error_new(KHS_ERR_FORMAT, "not a vmlinux: %s", why);
}

/* One line, however many there are to tell. Without memory there is one less. */
static void warn(struct vmlinux *v, const char *text)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s", v->warning ? v->warning : "", v->warning ? "; " : "",
		     text) < 0)
		return;
	free(v->warning);
	v->warning = joined;
}

/* libdwfl asks for a separate debug file: there shall be none. */
static int no_debuginfo(Dwfl_Module *mod, void **userdata, const char *name, Dwarf_Addr base,
			const char *file, const char *link, GElf_Word crc, char **ret)
{
	(void)mod;
	(void)userdata;
	(void)name;
	(void)base;
	(void)file;
	(void)link;
	(void)crc;
	(void)ret;
	return -1;
}

/* libdwfl unpacks what libelf does not know: gzip, bzip2, xz, zstd, and a bzImage's payload. */
static struct khs_error *unpack(struct vmlinux *v, const char *path)
{
	static const Dwfl_Callbacks callbacks = {
		.find_debuginfo = no_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	Dwfl_Module *mod;
	GElf_Addr bias;

	v->dwfl = dwfl_begin(&callbacks);
	if (!v->dwfl)
		return khs_enomem();
	mod = dwfl_report_offline(v->dwfl, "vmlinux", path, -1);
	dwfl_report_end(v->dwfl, NULL, NULL);
	v->elf = mod ? dwfl_module_getelf(mod, &bias) : NULL;
	return v->elf ? NULL : not_vmlinux("neither an ELF file nor a compressed one");
}

static struct khs_error *open_elf(struct vmlinux *v, const char *path)
{
	struct stat st;

	/* O_NONBLOCK: a pipe nobody writes to must not hang us. */
	v->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (v->fd < 0 || fstat(v->fd, &st))
		return khs_error_new(KHS_ERR_IO, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return not_vmlinux("no regular file");
	elf_version(EV_CURRENT);
	v->elf = elf_begin(v->fd, ELF_C_READ_MMAP, NULL);
	if (v->elf && elf_kind(v->elf) == ELF_K_ELF)
		return NULL;
	elf_end(v->elf);
	v->elf = NULL;
	return unpack(v, path);
}

/* What of the header does not depend on the dump. */
static struct khs_error *read_header(struct vmlinux *v, GElf_Ehdr *h)
{
	if (!gelf_getehdr(v->elf, h))
		return not_vmlinux("damaged ELF header");
	/* arm64's is ET_DYN when it is relocatable. */
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return not_vmlinux("an ELF file, but no executable");
	return NULL;
}

static const GElf_Half machines[] = {
	[KHS_ARCH_X86_64] = EM_X86_64,
	[KHS_ARCH_AARCH64] = EM_AARCH64,
};

static struct khs_error *check_header(struct vmlinux *v, enum khs_arch arch)
{
	GElf_Ehdr h;
	struct khs_error *err = read_header(v, &h);

	if (err)
		return err;
	if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_machine != machines[arch])
		return khs_error_new(KHS_ERR_FORMAT,
				     "an ELF file of another machine than the dump's %s",
				     khs_arch_name(arch));
	return NULL;
}

static void read_build_id(struct vmlinux *v)
{
	const void *bits;
	ssize_t n = dwelf_elf_gnu_build_id(v->elf, &bits);

	v->build_id[0] = '\0';
	if (n <= 0 || (size_t)n * 2 >= sizeof(v->build_id))
		return;
	for (ssize_t i = 0; i < n; i++)
		sprintf(v->build_id + 2 * i, "%02x", ((const uint8_t *)bits)[i]);
}

static struct khs_error *check_build_id(struct vmlinux *v, const char *build_id, bool any)
{
	char text[384];

	read_build_id(v);
	if (!build_id || !*build_id) {
		warn(v, "the dump names no build-id, so the file may be another kernel's");
		return NULL;
	}
	if (!strcmp(v->build_id, build_id))
		return NULL;
	snprintf(text, sizeof(text), "its build-id is %s, the dumped kernel's is %s",
		 v->build_id[0] ? v->build_id : "none", build_id);
	if (!any)
		return khs_error_new(KHS_ERR_MISMATCH, "%s (--any-build-id goes on all the same)",
				     text);
	warn(v, text);
	return NULL;
}

static Elf_Scn *find_section(Elf *elf, GElf_Word type, const char *name, GElf_Shdr *shdr)
{
	Elf_Scn *scn = NULL;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings))
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		const char *its;

		if (!gelf_getshdr(scn, shdr) || shdr->sh_type != type)
			continue;
		its = elf_strptr(elf, strings, shdr->sh_name);
		if (!name || (its && !strcmp(its, name)))
			return scn;
	}
	return NULL;
}

static void visit_symbol(struct vmlinux *v, struct khs_wanted *w, const GElf_Sym *sym, size_t link)
{
	int type = GELF_ST_TYPE(sym->st_info);
	struct khs_wanted_name *found;
	const char *name;

	if (sym->st_shndx == SHN_UNDEF || type == STT_FILE || type == STT_SECTION)
		return;
	name = elf_strptr(v->elf, link, sym->st_name);
	if (!name)
		return;
	found = khs_wanted_find(w, name, strlen(name));
	/* Of two of one name the global one is meant, as in kallsyms. */
	if (!found || !khs_wanted_answer(w, found,
					 GELF_ST_BIND(sym->st_info) == STB_GLOBAL ? 2 : 1,
					 sym->st_value))
		return;
	found->size = sym->st_size;
}

static bool scan_symbols(struct vmlinux *v, struct khs_wanted *w)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = find_section(v->elf, SHT_SYMTAB, NULL, &shdr);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	size_t n = data && shdr.sh_entsize ? data->d_size / shdr.sh_entsize : 0;
	GElf_Sym sym;

	for (size_t i = 0; i < n && gelf_getsym(data, i, &sym); i++)
		visit_symbol(v, w, &sym, shdr.sh_link);
	return n;
}

/*
 * KERNELOFFSET is how far KASLR moved the image (arch_crash_save_vmcoreinfo()), and so is the
 * distance of the two _stext.
 */
static struct khs_error *load_offset(const struct khs_vmcoreinfo *vmci,
				     const struct khs_wanted_name *stext, uint64_t *offset)
{
	bool said = khs_vmcoreinfo_hex(vmci, "KERNELOFFSET", offset);
	uint64_t runtime;

	if (!stext || !stext->rank || !khs_vmcoreinfo_hex(vmci, "SYMBOL(_stext)", &runtime)) {
		if (said)
			return NULL;
		return khs_error_new(KHS_ERR_NOTFOUND, "where the kernel was loaded is not known");
	}
	if (said && stext->value + *offset != runtime)
		return khs_error_new(KHS_ERR_MISMATCH,
				     "its _stext, moved by KERNELOFFSET, is at 0x%llx, the dumped "
				     "kernel's at 0x%llx",
				     (unsigned long long)(stext->value + *offset),
				     (unsigned long long)runtime);
	*offset = runtime - stext->value;
	return NULL;
}

static struct khs_error *read_symbols(struct vmlinux *v, struct khs_facts *facts,
				      const struct khs_vmcoreinfo *vmci)
{
	_cleanup_free_ struct khs_wanted *w = malloc(sizeof(*w));
	struct khs_error *err;
	uint64_t offset;

	if (!w)
		return khs_enomem();
	khs_wanted_init(w, facts, KHS_NEED_SYMBOL);
	khs_wanted_add(w, "_stext", KHS_NR_NEEDS);
	if (!scan_symbols(v, w)) {
		warn(v, "it has no symbol table");
		return NULL;
	}
	err = load_offset(vmci, khs_wanted_find(w, "_stext", strlen("_stext")), &offset);
	if (err)
		return err;
	for (size_t i = 0; i < KHS_WANTED_SLOTS; i++)
		w->slots[i].value += offset;
	khs_wanted_apply(w, facts, "symtab");
	return NULL;
}

static struct khs_error *read_btf(struct vmlinux *v, struct khs_facts *facts)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = find_section(v->elf, SHT_PROGBITS, ".BTF", &shdr);
	Elf_Data *data = scn ? elf_rawdata(scn, NULL) : NULL;
	struct khs_error *err;

	if (!data) {
		warn(v, "it has neither DWARF nor BTF");
		return NULL;
	}
	err = khs_facts_from_btf(facts, data->d_buf, data->d_size, "vmlinux BTF");
	if (!err)
		warn(v, "it has no DWARF; types are from its BTF");
	return err;
}

static struct khs_error *read_types(struct vmlinux *v, struct khs_facts *facts)
{
	struct khs_error *err;

	err = khs_facts_from_dwarf(facts, v->elf, "DWARF");
	if (!err || khs_error_code(err) != KHS_ERR_NOTFOUND)
		return err;
	khs_error_free(err);
	return read_btf(v, facts);
}

static struct khs_error *read_all(struct vmlinux *v, struct khs_facts *facts, const char *path,
				  enum khs_arch arch, const struct khs_vmcoreinfo *vmci,
				  const char *build_id, bool any_build_id)
{
	struct khs_error *err;

	err = open_elf(v, path);
	if (err)
		return err;
	err = check_header(v, arch);
	if (err)
		return err;
	err = check_build_id(v, build_id, any_build_id);
	if (err)
		return err;
	err = read_symbols(v, facts, vmci);
	if (err)
		return err;
	return read_types(v, facts);
}

struct khs_error *khs_facts_from_vmlinux(struct khs_facts *facts, const char *path,
					 enum khs_arch arch, const struct khs_vmcoreinfo *vmci,
					 const char *build_id, bool any_build_id, char **warning)
{
	_cleanup_(vmlinux_close) struct vmlinux v = { .fd = -1 };
	struct khs_error *err;

	*warning = NULL;
	err = read_all(&v, facts, path, arch, vmci, build_id, any_build_id);
	if (err)
		return khs_error_wrap(err, "%s", path);
	if (v.warning && asprintf(warning, "%s: %s", path, v.warning) < 0)
		*warning = NULL;
	return NULL;
}

/* ---- the image itself ----------------------------------------------------------------------- */

static struct khs_error *image_arch(struct vmlinux *v, struct khs_image *image)
{
	GElf_Ehdr h;
	struct khs_error *err = read_header(v, &h);

	if (err)
		return err;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		image->arch = i;
		if (h.e_ident[EI_CLASS] == ELFCLASS64 && h.e_machine == machines[i])
			return NULL;
	}
	return khs_error_new(KHS_ERR_FORMAT, "an ELF file, but neither x86_64's nor aarch64's");
}

static const char *const anchor_names[KHS_NR_ANCHORS] = {
#define NAME(id, name) [KHS_ANCHOR_##id] = name,
	KHS_ANCHORS(NAME)
#undef NAME
};

/* The wanted names are numbered as the anchors, and the ranks tell local from global ones. */
static void take_anchors(const struct khs_wanted *w, struct khs_image *image)
{
	for (size_t i = 0; i < KHS_WANTED_SLOTS; i++) {
		const struct khs_wanted_name *s = &w->slots[i];

		if (s->name && s->rank)
			image->anchors[s->id] = (struct khs_anchor){ true, s->value, s->size };
	}
}

static struct khs_error *image_symbols(struct vmlinux *v, struct khs_image *image)
{
	_cleanup_free_ struct khs_wanted *w = calloc(1, sizeof(*w));

	if (!w)
		return khs_enomem();
	for (size_t i = 0; i < KHS_NR_ANCHORS; i++)
		khs_wanted_add(w, anchor_names[i], (enum khs_need_id)i);
	scan_symbols(v, w);
	take_anchors(w, image);
	return NULL;
}

/* The section with contents that holds @address. */
static Elf_Data *data_at(struct vmlinux *v, uint64_t address, uint64_t *off)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr shdr;

	while ((scn = elf_nextscn(v->elf, scn))) {
		if (!gelf_getshdr(scn, &shdr) || !(shdr.sh_flags & SHF_ALLOC) ||
		    shdr.sh_type == SHT_NOBITS || address < shdr.sh_addr ||
		    address - shdr.sh_addr >= shdr.sh_size)
			continue;
		*off = address - shdr.sh_addr;
		return elf_rawdata(scn, NULL);
	}
	return NULL;
}

static void image_banner(struct vmlinux *v, struct khs_image *image)
{
	const struct khs_anchor *a = &image->anchors[KHS_ANCHOR_BANNER];
	uint64_t off;
	Elf_Data *data = a->known ? data_at(v, a->address, &off) : NULL;
	size_t len;

	if (!data || !data->d_buf || off >= data->d_size)
		return;
	len = strnlen((const char *)data->d_buf + off, data->d_size - off);
	if (len < sizeof(image->banner))
		memcpy(image->banner, (const char *)data->d_buf + off, len);
}

static struct khs_error *read_image(struct vmlinux *v, const char *path, struct khs_image *image)
{
	struct khs_error *err = open_elf(v, path);

	if (!err)
		err = image_arch(v, image);
	if (!err)
		err = image_symbols(v, image);
	if (err)
		return err;
	read_build_id(v);
	memcpy(image->build_id, v->build_id, sizeof(image->build_id));
	image_banner(v, image);
	return NULL;
}

struct khs_error *khs_vmlinux_image(const char *path, struct khs_image *ret)
{
	_cleanup_(vmlinux_close) struct vmlinux v = { .fd = -1 };
	struct khs_error *err;

	memset(ret, 0, sizeof(*ret));
	err = read_image(&v, path, ret);
	return err ? khs_error_wrap(err, "%s", path) : NULL;
}
