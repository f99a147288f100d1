// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_vmlinux_image(): what of a vmlinux helps to find its kernel in a dump. */
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "elf_file.h"
#include "locate.h"
#include "vmlinux.h"

static const GElf_Half machines[] = {
	[KHS_ARCH_X86_64] = EM_X86_64,
	[KHS_ARCH_AARCH64] = EM_AARCH64,
};

static struct khs_error *image_arch(struct khs_elf_file *v, struct khs_image *image)
{
	GElf_Ehdr h;
	struct khs_error *err = khs_elf_file_header(v, &h);

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

static struct khs_error *image_symbols(struct khs_elf_file *v, struct khs_image *image)
{
	_cleanup_free_ struct khs_wanted *w = calloc(1, sizeof(*w));

	if (!w)
		return khs_enomem();
	for (size_t i = 0; i < KHS_NR_ANCHORS; i++)
		khs_wanted_add(w, anchor_names[i], (enum khs_need_id)i);
	khs_elf_scan_symbols(v->elf, w);
	take_anchors(w, image);
	return NULL;
}

/* The section with contents that holds @address. */
static Elf_Data *data_at(struct khs_elf_file *v, uint64_t address, uint64_t *off)
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

static void image_banner(struct khs_elf_file *v, struct khs_image *image)
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

static struct khs_error *read_image(struct khs_elf_file *v, const char *path,
				    struct khs_image *image)
{
	struct khs_error *err = khs_elf_file_open(v, path);

	if (!err)
		err = image_arch(v, image);
	if (!err)
		err = image_symbols(v, image);
	if (err)
		return err;
	memcpy(image->build_id, v->build_id, sizeof(image->build_id));
	image_banner(v, image);
	return NULL;
}

struct khs_error *khs_vmlinux_image(const char *path, struct khs_image *ret)
{
	_cleanup_(khs_elf_file_close) struct khs_elf_file v = KHS_ELF_FILE_NONE;
	struct khs_error *err;

	memset(ret, 0, sizeof(*ret));
	err = read_image(&v, path, ret);
	return err ? khs_error_wrap(err, "%s", path) : NULL;
}
