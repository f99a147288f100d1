// SPDX-License-Identifier: GPL-2.0-or-later
#include "elf_file.h"

#include <elfutils/libdwelf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/error.h"

void khs_elf_file_close(struct khs_elf_file *v)
{
	if (v->dwfl)
		dwfl_end(v->dwfl);
	else
		elf_end(v->elf);
	if (v->fd >= 0)
		close(v->fd);
	elf_end(v->debug);
	if (v->debug_fd >= 0)
		close(v->debug_fd);
	free(v->warning);
}

struct khs_error *khs_not_vmlinux(const char *why)
{
	return khs_error_new(KHS_ERR_FORMAT, "not a vmlinux: %s", why);
}

/* One line, however many there are to tell. Without memory there is one less. */
void khs_elf_file_warn(struct khs_elf_file *v, const char *text)
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
static struct khs_error *unpack(struct khs_elf_file *v, const char *path)
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
	return v->elf ? NULL : khs_not_vmlinux("neither an ELF file nor a compressed one");
}

static struct khs_error *open_elf(struct khs_elf_file *v, const char *path)
{
	struct stat st;

	/* O_NONBLOCK: a pipe nobody writes to must not hang us. */
	v->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (v->fd < 0 || fstat(v->fd, &st))
		return khs_error_new(KHS_ERR_IO, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return khs_not_vmlinux("no regular file");
	elf_version(EV_CURRENT);
	v->elf = elf_begin(v->fd, ELF_C_READ_MMAP, NULL);
	if (v->elf && elf_kind(v->elf) == ELF_K_ELF)
		return NULL;
	elf_end(v->elf);
	v->elf = NULL;
	return unpack(v, path);
}

static void read_build_id(struct khs_elf_file *v)
{
	const void *bits;
	ssize_t n = dwelf_elf_gnu_build_id(v->elf, &bits);

	v->build_id[0] = '\0';
	if (n <= 0 || (size_t)n * 2 >= sizeof(v->build_id))
		return;
	for (ssize_t i = 0; i < n; i++)
		sprintf(v->build_id + 2 * i, "%02x", ((const uint8_t *)bits)[i]);
}

struct khs_error *khs_elf_file_open(struct khs_elf_file *f, const char *path)
{
	struct khs_error *err = open_elf(f, path);

	if (!err)
		read_build_id(f);
	return err;
}

/* What of the header does not depend on the dump. */
struct khs_error *khs_elf_file_header(const struct khs_elf_file *v, GElf_Ehdr *h)
{
	if (!gelf_getehdr(v->elf, h))
		return khs_not_vmlinux("damaged ELF header");
	/* arm64's is ET_DYN when it is relocatable. */
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN)
		return khs_not_vmlinux("an ELF file, but no executable");
	return NULL;
}

/* ---- what was stripped ---------------------------------------------------------------------- */

void khs_elf_file_take_debug(struct khs_elf_file *f, const char *path)
{
	f->debug_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (f->debug_fd >= 0)
		f->debug = elf_begin(f->debug_fd, ELF_C_READ_MMAP, NULL);
}

void khs_elf_file_find_debug(struct khs_elf_file *f, const char *path)
{
	static const Dwfl_Callbacks callbacks = {
		.find_debuginfo = dwfl_standard_find_debuginfo,
		.section_address = dwfl_offline_section_address,
	};
	Dwfl *dwfl = dwfl_begin(&callbacks);
	const char *its = NULL;
	Dwfl_Module *mod;
	GElf_Addr bias;

	if (!dwfl)
		return;
	mod = dwfl_report_offline(dwfl, "vmlinux", path, -1);
	dwfl_report_end(dwfl, NULL, NULL);
	if (mod && dwfl_module_getdwarf(mod, &bias))
		dwfl_module_info(mod, NULL, NULL, NULL, NULL, NULL, NULL, &its);
	if (its && strcmp(its, path))
		khs_elf_file_take_debug(f, its);
	dwfl_end(dwfl);
}

/* ---- sections and symbols ------------------------------------------------------------------- */

Elf_Scn *khs_elf_section(Elf *elf, GElf_Word type, const char *name, GElf_Shdr *shdr)
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

bool khs_elf_packs_dwarf(Elf *elf)
{
	GElf_Shdr shdr;

	return khs_elf_section(elf, SHT_PROGBITS, ".zdebug_info", &shdr) ||
	       (khs_elf_section(elf, SHT_PROGBITS, ".debug_info", &shdr) &&
		shdr.sh_flags & SHF_COMPRESSED);
}

static void visit_symbol(Elf *elf, struct khs_wanted *w, const GElf_Sym *sym, size_t link)
{
	int type = GELF_ST_TYPE(sym->st_info);
	struct khs_wanted_name *found;
	const char *name;

	if (sym->st_shndx == SHN_UNDEF || type == STT_SECTION)
		return;
	name = elf_strptr(elf, link, sym->st_name);
	if (!name)
		return;
	found = khs_wanted_symbol(w, name, strlen(name));
	/* Of two of one name the global one is meant, as in kallsyms. */
	if (!found || !khs_wanted_answer(w, found,
					 GELF_ST_BIND(sym->st_info) == STB_GLOBAL ? 2 : 1,
					 sym->st_value))
		return;
	found->size = sym->st_size;
}

bool khs_elf_scan_symbols(Elf *elf, struct khs_wanted *w)
{
	GElf_Shdr shdr;
	Elf_Scn *scn = khs_elf_section(elf, SHT_SYMTAB, NULL, &shdr);
	Elf_Data *data = scn ? elf_getdata(scn, NULL) : NULL;
	size_t n = data && shdr.sh_entsize ? data->d_size / shdr.sh_entsize : 0;
	GElf_Sym sym;

	for (size_t i = 0; i < n && gelf_getsym(data, i, &sym); i++)
		visit_symbol(elf, w, &sym, shdr.sh_link);
	return n;
}
