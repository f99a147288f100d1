// SPDX-License-Identifier: GPL-2.0-or-later
#include "root_fdt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "fdt.h"
#include "vars.h"

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

/* The FDT at out_fdt_phys. */
static struct khs_error *read_out(struct khs_kernel *kernel, struct khs_kho *kho, char *why,
				  size_t size)
{
	struct khs_root_fdt fdt;
	struct khs_error *err = read_root_fdt(kernel, kho->out_fdt_phys, &fdt);

	if (err)
		snprintf(why, size, "the root FDT of kho_out: %s", khs_error_message(err));
	if (khs_error_code(err) == KHS_ERR_CORRUPT)
		snprintf(kho->out_fdt_damage, sizeof(kho->out_fdt_damage), "%s",
			 khs_error_message(err));
	memcpy(kho->abi, fdt.compatible, sizeof(kho->abi));
	kho->out_root_fdt_known = fdt.has_map;
	kho->out_root_fdt = fdt.map;
	return only_nomem(err);
}

/* kho_out.fdt, a virtual address, since 6.19: an FDT from kho_init() on. */
static struct khs_error *read_by_address(struct khs_kernel *kernel, struct khs_kho *kho,
					 uint64_t va, char *why, size_t size)
{
	uint64_t run;
	enum khs_presence presence = khs_vm_translate(kernel->vm, va, &kho->out_fdt_phys, &run);

	if (presence == KHS_PRESENT)
		return read_out(kernel, kho, why, size);
	kho->out_fdt_phys = 0;
	snprintf(why, size, "the root FDT of kho_out: %s", khs_presence_text(presence));
	return NULL;
}

/*
 * kho_out.ser.fdt, a struct page *, to 6.18. The page is not cleared when it is allocated, and
 * kho_abort() leaves a stale FDT: it is one only while finalized, or if there is a map to go with
 * it.
 */
static struct khs_error *read_by_page(struct khs_kernel *kernel, const struct khs_machine *machine,
				      struct khs_kho *kho, uint64_t page, char *why, size_t size)
{
	uint64_t bytes = khs_fact_or(&kernel->facts, KHS_SIZE_PAGE, 0), map = 0, offset;
	struct khs_error *err;

	khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_SER_MAP, 8, &map);
	if (kho->finalized == 0 && !map) {
		snprintf(why, size, "the map was not finalized");
		return NULL;
	}
	offset = page - machine->vmemmap;
	if (!machine->vmemmap || !bytes || page < machine->vmemmap || offset % bytes ||
	    (machine->max_pfn && offset / bytes >= machine->max_pfn)) {
		snprintf(why, size, "the root FDT of kho_out: its struct page is none");
		return NULL;
	}
	kho->out_fdt_phys = offset / bytes << kernel->page_shift;
	err = read_out(kernel, kho, why, size);
	if (!err && why[0] && kho->finalized == 0) {
		kho->out_fdt_phys = 0;
		kho->out_fdt_damage[0] = '\0';
	}
	return err;
}

/* kho_init() makes the root node first, and the FDT that names the ABI then. */
static bool has_out_root(struct khs_kernel *kernel)
{
	uint64_t root = 0;

	return khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_RADIX_ROOT, 8, &root) ||
	       root;
}

static void no_out_fdt(struct khs_kernel *kernel, struct khs_kho *kho, char *why, size_t size)
{
	kho->before_init = !has_out_root(kernel);
	snprintf(why, size, "the kernel died %s it set up kho_out",
		 kho->before_init ? "before" : "while");
}

struct khs_error *khs_kho_read_out_fdt(struct khs_kernel *kernel, const struct khs_machine *machine,
				       struct khs_kho *kho, char *why, size_t size)
{
	bool by_address = khs_known(&kernel->facts, KHS_MEM_KHO_OUT_FDT);
	enum khs_need_id member = by_address ? KHS_MEM_KHO_OUT_FDT : KHS_MEM_KHO_OUT_SER_FDT;
	uint64_t pointer = 0, finalized;
	enum khs_presence presence;

	why[0] = '\0';
	if (!khs_known(&kernel->facts, member))
		return NULL;
	if (!khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_FINALIZED, 1, &finalized))
		kho->finalized = finalized != 0;
	presence = khs_kho_member(kernel, KHS_SYM_KHO_OUT, member, 8, &pointer);
	if (presence != KHS_PRESENT)
		snprintf(why, size, "kho_out is %s", khs_presence_text(presence));
	else if (!pointer)
		no_out_fdt(kernel, kho, why, size);
	else if (by_address)
		return read_by_address(kernel, kho, pointer, why, size);
	else
		return read_by_page(kernel, machine, kho, pointer, why, size);
	return NULL;
}
