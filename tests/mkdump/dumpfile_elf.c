// SPDX-License-Identifier: GPL-2.0-or-later
#include "dumpfile_internal.h"

#include <elf.h>
#include <err.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * One segment for each run of present pages and the run of excluded ones behind it, as makedumpfile
 * makes them: memory size beyond file size. Returns their number.
 */
static size_t make_loads(const struct dump_image *image, Elf64_Phdr *ph, uint64_t off)
{
	size_t n = 0;

	for (uint64_t pfn = 0; pfn < image->max_pfn;) {
		uint64_t start = pfn, data;

		if (image->state[pfn] == NORAM) {
			pfn++;
			continue;
		}
		while (pfn < image->max_pfn && image->state[pfn] == PRESENT)
			pfn++;
		data = pfn - start;
		while (pfn < image->max_pfn && image->state[pfn] > PRESENT)
			pfn++;
		if (ph)
			ph[n] = (Elf64_Phdr){
				.p_type = PT_LOAD,
				.p_flags = PF_R | PF_W | PF_X,
				.p_offset = off,
				.p_paddr = start * image->page,
				.p_filesz = data * image->page,
				.p_memsz = (pfn - start) * image->page,
			};
		off += data * image->page;
		n++;
	}
	return n;
}

/* Zero pages are holes of the file, unless it is a stream. */
static void write_pages(const struct dump_image *image, struct out *out, uint64_t off)
{
	void *page = malloc(image->page);

	if (!page)
		err(1, "page");
	for (uint64_t pfn = 0; pfn < image->max_pfn; pfn++) {
		if (image->state[pfn] != PRESENT)
			continue;
		image->read(image->priv, pfn, page);
		if (out->flatten || !dump_is_zero(page, image->page))
			out_put(out, page, image->page, off);
		off += image->page;
	}
	if (!out->flatten && ftruncate(out->fd, off))
		err(1, "writing");
	free(page);
}

void dump_write_elf(const struct dump_image *image, const struct dump_style *style,
		    struct out *out)
{
	size_t nr_loads = make_loads(image, NULL, 0), note_len;
	void *note = dump_note(image, &note_len);
	uint64_t note_off = sizeof(Elf64_Ehdr) + (nr_loads + 1) * sizeof(Elf64_Phdr);
	uint64_t data_off = (note_off + note_len + image->page - 1) / image->page * image->page;
	Elf64_Phdr *ph = calloc(nr_loads + 1, sizeof(*ph));
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = dump_is_arm64(image) ? EM_AARCH64 : EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(*ph),
		.e_phnum = nr_loads + 1,
		.e_flags = style->incomplete,
	};

	if (!ph)
		err(1, "segments");
	ph[0] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = note_off, .p_filesz = note_len };
	make_loads(image, ph + 1, data_off);
	out_put(out, &eh, sizeof(eh), 0);
	out_put(out, ph, (nr_loads + 1) * sizeof(*ph), sizeof(eh));
	out_put(out, note, note_len, note_off);
	write_pages(image, out, data_off);
	free(ph);
	free(note);
}
