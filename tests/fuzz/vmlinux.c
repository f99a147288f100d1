// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A vmlinux: its ELF headers, symbols, DWARF and BTF, compressed or not; and the same bytes as a
 * file of BTF. The dump is of the first kernel of kernels.txt.
 */
#include "facts/vmlinux.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "facts/locate.h"
#include "file.h"
#include "image.h"

static void check_facts(const struct khs_facts *facts)
{
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++)
		if (khs_needs[id].kind == KHS_NEED_MEMBER && facts->v[id].known)
			fuzz_check(facts->v[id].value <= KHS_FACT_MAX_BYTES);
}

static void ask_each(const char *path, const struct khs_vmlinux_wanted *of)
{
	static struct khs_vmlinux_facts facts;

	if (!fuzz_ok(khs_facts_ask_vmlinux(path, of, &facts)))
		return;
	check_facts(&facts.dwarf);
	check_facts(&facts.btf);
}

static void read_file(const char *path, const struct khs_vmlinux_wanted *of)
{
	static struct khs_facts facts;
	static struct khs_image image;
	char *warning;

	facts = (struct khs_facts){ 0 };
	fuzz_ok(khs_facts_from_vmlinux(&facts, path, of, &warning));
	free(warning);
	check_facts(&facts);
	facts = (struct khs_facts){ 0 };
	fuzz_ok(khs_facts_from_btf_file(&facts, path, of->vmci, true, &warning));
	free(warning);
	ask_each(path, of);
	fuzz_ok(khs_vmlinux_image(path, &image));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct khs_vmcoreinfo *vmci;
	struct file file = file_new(data, size);
	struct khs_vmlinux_wanted of = { .arch = KHS_ARCH_X86_64, .any_build_id = true };

	if (!vmci)
		vmci = image_info();
	of.vmci = vmci;
	if (size > 19 && data[18] == EM_AARCH64)
		of.arch = KHS_ARCH_AARCH64;
	read_file(file.path, &of);
	file_free(&file);
	return 0;
}

/* ---- mutations ------------------------------------------------------------------------------ */

/* Bytes of a section that are in the file; 0 if the input has no such section. */
static size_t section_at(const uint8_t *data, size_t size, unsigned int number, size_t *off)
{
	Elf64_Ehdr ehdr;
	Elf64_Shdr shdr;

	if (size < sizeof(ehdr))
		return 0;
	memcpy(&ehdr, data, sizeof(ehdr));
	if (!ehdr.e_shnum || ehdr.e_shoff > size ||
	    (size - ehdr.e_shoff) / sizeof(shdr) < ehdr.e_shnum)
		return 0;
	memcpy(&shdr, data + ehdr.e_shoff + number % ehdr.e_shnum * sizeof(shdr), sizeof(shdr));
	if (shdr.sh_type == SHT_NOBITS || shdr.sh_offset > size ||
	    shdr.sh_size > size - shdr.sh_offset)
		return 0;
	*off = shdr.sh_offset;
	return shdr.sh_size;
}

/*
 * Mostly inside a section, whose place and size stay: elfutils is not instrumented, so nothing
 * leads libFuzzer to what lies behind the headers.
 */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	size_t off, len = seed % 8 ? section_at(data, size, seed / 8, &off) : 0;

	if (!len)
		return LLVMFuzzerMutate(data, size, max);
	LLVMFuzzerMutate(data + off, len, len);
	return size;
}
