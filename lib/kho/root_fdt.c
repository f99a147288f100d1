// SPDX-License-Identifier: GPL-2.0-or-later
#include "root_fdt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "fdt.h"

/* The page at @pa as a root FDT; one page is all the kernel gives it (kho_init()). */
static struct khs_error *read_root_fdt(struct khs_kernel *kernel, uint64_t pa,
				       struct khs_root_fdt *ret)
{
	size_t size = (size_t)1 << kernel->page_shift;
	_cleanup_free_ void *page = malloc(size);
	enum khs_presence presence;

	*ret = (struct khs_root_fdt){ 0 };
	if (!page)
		return khs_enomem();
	presence = khs_dump_read_all(kernel->dump, pa, page, size);
	if (presence != KHS_PRESENT)
		return khs_error_new(KHS_ERR_NODATA, "%s", khs_presence_text(presence));
	return khs_root_fdt_parse(page, size, ret);
}

static struct khs_error *only_nomem(struct khs_error *err)
{
	if (khs_error_code(err) == KHS_ERR_NOMEM)
		return err;
	khs_error_free(err);
	return NULL;
}

struct khs_error *khs_kho_read_in_fdt(struct khs_kernel *kernel, struct khs_kho *kho)
{
	struct khs_root_fdt fdt;
	struct khs_error *err;

	if (!kho->in_fdt_phys)
		return NULL;
	err = read_root_fdt(kernel, kho->in_fdt_phys, &fdt);
	memcpy(kho->abi_in, fdt.compatible, sizeof(kho->abi_in));
	return only_nomem(err);
}

struct khs_error *khs_kho_read_out_fdt(struct khs_kernel *kernel, struct khs_kho *kho, uint64_t va,
				       char *why, size_t size)
{
	enum khs_presence presence;
	struct khs_root_fdt fdt;
	struct khs_error *err;
	uint64_t run;

	presence = khs_vm_translate(kernel->vm, va, &kho->out_fdt_phys, &run);
	if (presence != KHS_PRESENT) {
		kho->out_fdt_phys = 0;
		snprintf(why, size, "%s", khs_presence_text(presence));
		return NULL;
	}
	err = read_root_fdt(kernel, kho->out_fdt_phys, &fdt);
	snprintf(why, size, "%s", err ? khs_error_message(err) : "");
	if (khs_error_code(err) == KHS_ERR_CORRUPT)
		snprintf(kho->out_fdt_damage, sizeof(kho->out_fdt_damage), "%s", why);
	memcpy(kho->abi, fdt.compatible, sizeof(kho->abi));
	kho->out_root_fdt_known = fdt.has_map;
	kho->out_root_fdt = fdt.map;
	return only_nomem(err);
}
