/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The headers of an ELF64 vmcore (kdump's /proc/vmcore, makedumpfile -E, QEMU's
 * dump-guest-memory): which physical memory lies where in the file. Reads no memory.
 */
#ifndef KHS_DUMP_ELFCORE_H
#define KHS_DUMP_ELFCORE_H

#include "io.h"

struct khs_elf_load {
	uint64_t pa;
	uint64_t offset;    /* in the file */
	uint64_t file_size; /* bytes of it there */
	uint64_t mem_size;  /* bytes of memory; at least file_size */
};

struct khs_elfcore {
	struct khs_elf_load *loads;
	size_t nr_loads;
	bool xen;                /* a note of Xen is in it */
	bool incomplete;         /* makedumpfile ran out of space and says so */
	uint64_t notes_off;      /* of the first segment of notes */
	uint64_t notes_len;      /* 0 if there is none */
	uint64_t vmcoreinfo_off;
	uint64_t vmcoreinfo_len; /* 0 if there is none */
};

bool khs_elfcore_is(const struct khs_file *file);

/*
 * FORMAT for an ELF file that is no dump of a kernel (an executable, a process), UNSUPPORTED for
 * one of another architecture. *@ret is to be freed by khs_elfcore_deinit() on success only.
 */
struct khs_error *khs_elfcore_parse(const struct khs_file *file, struct khs_elfcore *ret);
void khs_elfcore_deinit(struct khs_elfcore *core);

/* Whether the file has all that its program headers promise. If not, @why says so. */
bool khs_elfcore_complete(const struct khs_file *file, const struct khs_elfcore *core, char *why,
			  size_t size);

#endif
