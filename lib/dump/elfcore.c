// SPDX-License-Identifier: GPL-2.0-or-later
#include "elfcore.h"

#include <elf.h>
#include <endian.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "../base/error.h"
#include "notes.h"

/* makedumpfile's DUMP_ELF_INCOMPLETE, in e_flags. */
#define EF_INCOMPLETE 0x1u
#define MAX_VMCOREINFO (1u << 20)
/* /proc/vmcore of the largest machines has some thousands. */
#define MAX_PHDRS (1u << 20)

bool khs_elfcore_is(const struct khs_file *file)
{
	char magic[SELFMAG];

	return khs_file_read(file, 0, magic, SELFMAG) == SELFMAG && !memcmp(magic, ELFMAG, SELFMAG);
}

static struct khs_error *check_ident(const Elf64_Ehdr *eh)
{
	if (eh->e_ident[EI_CLASS] == ELFCLASS32)
		return khs_error_new(KHS_ERR_UNSUPPORTED,
				     "32-bit ELF file: only 64-bit vmcores can be read");
	if (eh->e_ident[EI_CLASS] != ELFCLASS64)
		return khs_error_new(KHS_ERR_FORMAT, "not a dump: a damaged ELF header");
	if (eh->e_ident[EI_DATA] == ELFDATA2MSB)
		return khs_error_new(KHS_ERR_UNSUPPORTED,
				     "big-endian ELF file: only x86_64 and aarch64 vmcores can be "
				     "read");
	if (eh->e_ident[EI_DATA] != ELFDATA2LSB)
		return khs_error_new(KHS_ERR_FORMAT, "not a dump: a damaged ELF header");
	return NULL;
}

static struct khs_error *check_machine(uint16_t machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} others[] = {
		{ EM_PPC64, "ppc64" },
		{ EM_S390, "s390x" },
		{ EM_RISCV, "riscv64" },
		{ EM_LOONGARCH, "loongarch64" },
	};
	const char *name = "an unknown architecture";

	if (machine == EM_X86_64 || machine == EM_AARCH64)
		return NULL;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (machine == others[i].machine)
			name = others[i].name;
	return khs_error_new(KHS_ERR_UNSUPPORTED,
			     "ELF core of %s (ELF machine %u): only x86_64 and aarch64 can be read",
			     name, machine);
}

static struct khs_error *check_kind(uint16_t type, uint16_t machine)
{
	static const struct {
		uint16_t type;
		const char *text;
	} kinds[] = {
		{ ET_EXEC, "an ELF executable (a vmlinux goes behind -k)" },
		{ ET_DYN, "an ELF executable or shared library (a vmlinux goes behind -k)" },
		{ ET_REL, "an ELF object file or kernel module" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (type == kinds[i].type)
			return khs_error_new(KHS_ERR_FORMAT, "not a dump: %s", kinds[i].text);
	if (type != ET_CORE)
		return khs_error_new(KHS_ERR_FORMAT, "not a dump: an ELF file of unknown type %u",
				     type);
	return check_machine(machine);
}

static struct khs_error *cut_off(const struct khs_file *file)
{
	return khs_error_new(KHS_ERR_FORMAT,
			     "ELF vmcore cut off in its headers, after %" PRIu64
			     " bytes: no page of memory is in it",
			     file->size);
}

/* e_phnum has 16 bits; beyond that the number is in the first section header. */
static struct khs_error *count_phdrs(const struct khs_file *file, const Elf64_Ehdr *eh,
				     uint32_t *ret)
{
	Elf64_Shdr sh;

	*ret = le16toh(eh->e_phnum);
	if (*ret != PN_XNUM)
		return NULL;
	if (khs_file_read(file, le64toh(eh->e_shoff), &sh, sizeof(sh)) != sizeof(sh))
		return cut_off(file);
	*ret = le32toh(sh.sh_info);
	return NULL;
}

static void take_load(const Elf64_Phdr *ph, struct khs_elfcore *core)
{
	struct khs_elf_load *load = &core->loads[core->nr_loads];

	load->pa = le64toh(ph->p_paddr);
	load->offset = le64toh(ph->p_offset);
	load->file_size = le64toh(ph->p_filesz);
	load->mem_size = le64toh(ph->p_memsz);
	if (load->mem_size < load->file_size)
		load->mem_size = load->file_size;
	/* What wraps around is no memory; -1 is how a kernel says "no physical address". */
	if (!load->mem_size || load->mem_size > UINT64_MAX - load->pa ||
	    load->file_size > UINT64_MAX - load->offset)
		return;
	core->nr_loads++;
}

static void take_note(const struct khs_file *file, const Elf64_Phdr *ph, struct khs_elfcore *core)
{
	uint64_t off, len;

	if (!core->notes_len) {
		core->notes_off = le64toh(ph->p_offset);
		core->notes_len = le64toh(ph->p_filesz);
	}
	core->xen |= khs_notes_xen(file, le64toh(ph->p_offset), le64toh(ph->p_filesz));
	if (core->vmcoreinfo_len)
		return;
	if (!khs_notes_vmcoreinfo(file, le64toh(ph->p_offset), le64toh(ph->p_filesz), &off, &len))
		return;
	if (len > MAX_VMCOREINFO)
		return;
	core->vmcoreinfo_off = off;
	core->vmcoreinfo_len = len;
}

static struct khs_error *read_phdrs(const struct khs_file *file, const Elf64_Ehdr *eh, uint32_t n,
				    struct khs_elfcore *core)
{
	uint64_t off = le64toh(eh->e_phoff);
	_cleanup_free_ Elf64_Phdr *ph = NULL;
	size_t len = n * sizeof(*ph);

	if (le16toh(eh->e_phentsize) != sizeof(*ph) || n > MAX_PHDRS)
		return khs_error_new(KHS_ERR_FORMAT,
				     "ELF vmcore, too damaged to open: its header gives program "
				     "headers of absurd size or number");
	if (!khs_file_holds(file, off, len))
		return cut_off(file);
	ph = malloc(len + 1);
	core->loads = calloc(n + 1, sizeof(*core->loads));
	if (!ph || !core->loads)
		return khs_enomem();
	if (khs_file_read(file, off, ph, len) != len)
		return khs_error_new(KHS_ERR_IO, "reading the program headers failed");
	for (uint32_t i = 0; i < n; i++) {
		if (le32toh(ph[i].p_type) == PT_LOAD)
			take_load(&ph[i], core);
		else if (le32toh(ph[i].p_type) == PT_NOTE)
			take_note(file, &ph[i], core);
	}
	return NULL;
}

/* A process's core has no physical addresses: the kernel writes 0 for each. */
static bool is_process(const struct khs_elfcore *core)
{
	if (core->vmcoreinfo_len || core->nr_loads < 2)
		return false;
	for (size_t i = 0; i < core->nr_loads; i++)
		if (core->loads[i].pa)
			return false;
	return true;
}

static struct khs_error *check_loads(const struct khs_file *file, const struct khs_elfcore *core)
{
	uint64_t first = UINT64_MAX;

	if (core->xen)
		return khs_error_new(KHS_ERR_UNSUPPORTED, "ELF " KHS_XEN_TEXT);
	if (is_process(core))
		return khs_error_new(KHS_ERR_FORMAT, "not a dump: the core file of a process");
	if (!core->nr_loads)
		return khs_error_new(KHS_ERR_FORMAT, "not a dump: an ELF core without memory");
	for (size_t i = 0; i < core->nr_loads; i++)
		if (core->loads[i].file_size && core->loads[i].offset < first)
			first = core->loads[i].offset;
	return first >= file->size ? cut_off(file) : NULL;
}

struct khs_error *khs_elfcore_parse(const struct khs_file *file, struct khs_elfcore *ret)
{
	_cleanup_(khs_elfcore_deinit) struct khs_elfcore core = { 0 };
	struct khs_error *err;
	uint32_t nr_phdrs;
	Elf64_Ehdr eh;

	if (khs_file_read(file, 0, &eh, sizeof(eh)) != sizeof(eh))
		return cut_off(file);
	err = check_ident(&eh);
	if (!err)
		err = check_kind(le16toh(eh.e_type), le16toh(eh.e_machine));
	if (!err)
		err = count_phdrs(file, &eh, &nr_phdrs);
	if (!err && !nr_phdrs)
		err = khs_error_new(KHS_ERR_FORMAT,
				    "not a dump: an ELF core without program headers (if it is of "
				    "Xen's xl dump-core: let the guest's own kdump write one)");
	if (!err)
		err = read_phdrs(file, &eh, nr_phdrs, &core);
	if (!err)
		err = check_loads(file, &core);
	if (err)
		return err;
	core.incomplete = le32toh(eh.e_flags) & EF_INCOMPLETE;
	*ret = core;
	core.loads = NULL;
	return NULL;
}

void khs_elfcore_deinit(struct khs_elfcore *core)
{
	free(core->loads);
	core->loads = NULL;
	core->nr_loads = 0;
}

bool khs_elfcore_complete(const struct khs_file *file, const struct khs_elfcore *core, char *why,
			  size_t size)
{
	uint64_t end = 0;

	*why = '\0';
	if (core->incomplete) {
		snprintf(why, size, "its header says that writing it was cut short");
		return false;
	}
	for (size_t i = 0; i < core->nr_loads; i++)
		if (core->loads[i].file_size &&
		    core->loads[i].offset + core->loads[i].file_size > end)
			end = core->loads[i].offset + core->loads[i].file_size;
	if (end > file->size)
		snprintf(why, size, "the file has %" PRIu64 " bytes, its segments need %" PRIu64,
			 file->size, end);
	return !*why;
}
