/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vmlinux as an ELF file (elfutils): opened, unpacked if it is compressed, its sections and
 * symbols; and the file that holds what was stripped from it. Knows no facts and no dump.
 */
#ifndef KHS_FACTS_ELF_FILE_H
#define KHS_FACTS_ELF_FILE_H

#include <elfutils/libdwfl.h>
#include <gelf.h>

#include "wanted.h"

struct khs_error;

struct khs_elf_file {
	int fd;
	Elf *elf;      /* of fd, or of dwfl */
	Dwfl *dwfl;    /* NULL unless the file is compressed */
	int debug_fd;
	Elf *debug;    /* what was stripped from it; NULL: not looked for, or not found */
	bool sought;   /* it was looked for */
	char build_id[129]; /* lower-case hex; "" if it has none */
	char *warning;
};

#define KHS_ELF_FILE_NONE { .fd = -1, .debug_fd = -1 }

/* IO, FORMAT. */
struct khs_error *khs_elf_file_open(struct khs_elf_file *f, const char *path);
void khs_elf_file_close(struct khs_elf_file *f);

/* FORMAT if the header is damaged, or not that of an executable. */
struct khs_error *khs_elf_file_header(const struct khs_elf_file *f, GElf_Ehdr *h);

/*
 * Looks for what was stripped from the file at @path where libdwfl does: by its .gnu_debuglink and
 * its build-id, beside it, in .debug, under /usr/lib/debug; at the servers of DEBUGINFOD_URLS if
 * the user has set that. The answer is @f->debug.
 */
void khs_elf_file_find_debug(struct khs_elf_file *f, const char *path);
/* Takes the file at @path for that. */
void khs_elf_file_take_debug(struct khs_elf_file *f, const char *path);

/* @name NULL: any of that type. */
Elf_Scn *khs_elf_section(Elf *elf, GElf_Word type, const char *name, GElf_Shdr *shdr);

/* Answers @w from the symbol table of @elf, as linked, source files among them; false: it has none. */
bool khs_elf_scan_symbols(Elf *elf, struct khs_wanted *w);

/* Whether its DWARF has to be inflated, all of it, before any of it can be read. */
bool khs_elf_packs_dwarf(Elf *elf);

/* One line, however many there are to tell. */
void khs_elf_file_warn(struct khs_elf_file *f, const char *text);

struct khs_error *khs_not_vmlinux(const char *why);

#endif
