// SPDX-License-Identifier: GPL-2.0-or-later
#include "kho.h"

#include <endian.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../base/error.h"
#include "fdt.h"
#include "radix.h"

#define WALKED "this version walks kho-v4, of Linux 7.2 and 7.3"
#define WAY_OUT "; name the kernel's vmlinux with -k VMLINUX"

/* An array of weight(N_MEMORY) + 2 areas (kho_reserve_scratch()), and 1024 nodes are the most. */
#define MAX_SCRATCH 4096

/* struct kho_scratch is ABI: two u64 (include/linux/kexec_handover.h). */
#define SCRATCH_SIZE 16
#define SCRATCH_ADDR_OFFSET 0
#define SCRATCH_SIZE_OFFSET 8
#define MAX_SCRATCH_SIZE 256

/* ---- reading -------------------------------------------------------------------------------- */

/* Member @mem of the variable @sym. NORAM if there is no such thing to read. */
static enum khs_presence read_member(struct khs_kernel *kernel, enum khs_need_id sym,
				     enum khs_need_id mem, size_t size, uint64_t *value)
{
	const struct khs_facts *facts = &kernel->facts;

	if (!khs_known(facts, sym) || !khs_known(facts, mem))
		return KHS_NORAM;
	return khs_kernel_read_uint(kernel, khs_fact(facts, sym) + khs_fact(facts, mem), size,
				    value);
}

static enum khs_presence read_variable(struct khs_kernel *kernel, enum khs_need_id sym, size_t size,
				       uint64_t *value)
{
	if (!khs_known(&kernel->facts, sym))
		return KHS_NORAM;
	return khs_kernel_read_uint(kernel, khs_fact(&kernel->facts, sym), size, value);
}

/* Says @state, for the reason in the sentence. Always true: the question is settled. */
__attribute__((format(printf, 3, 4)))
static bool settle(struct khs_kho *kho, enum khs_kho_state state, const char *fmt, ...)
{
	va_list ap;

	kho->state = state;
	va_start(ap, fmt);
	vsnprintf(kho->why, sizeof(kho->why), fmt, ap);
	va_end(ap);
	return true;
}

/* ---- the boot ------------------------------------------------------------------------------- */

static void read_previous_release(struct khs_kernel *kernel, struct khs_kho *kho)
{
	const struct khs_fact *mem = &kernel->facts.v[KHS_MEM_KHO_IN_PREVIOUS_RELEASE];
	char text[sizeof(kho->previous_release) - 1] = "";
	size_t len = sizeof(text);
	uint64_t va;

	if (!mem->known)
		return;
	if (mem->size && mem->size < len)
		len = mem->size;
	va = khs_fact(&kernel->facts, KHS_SYM_KHO_IN) + mem->value;
	if (khs_vm_read_all(kernel->vm, va, text, len) == KHS_PRESENT)
		khs_copy_printable(kho->previous_release, sizeof(kho->previous_release), text, len);
}

/*
 * kho_in. fdt_phys is put back to 0 when the map turns out unusable, scratch_phys is not
 * (kho_memory_init() in 7.2, kho_mem_retrieve() in 7.3).
 */
static void read_boot(struct khs_kernel *kernel, struct khs_kho *kho)
{
	uint64_t scratch = 0, count;

	if (read_member(kernel, KHS_SYM_KHO_IN, KHS_MEM_KHO_IN_FDT_PHYS, 8, &kho->in_fdt_phys))
		return;
	kho->handover_known = true;
	read_member(kernel, KHS_SYM_KHO_IN, KHS_MEM_KHO_IN_SCRATCH_PHYS, 8, &scratch);
	kho->handover_failed = !kho->in_fdt_phys && scratch;
	kho->handover_boot = kho->in_fdt_phys || scratch;
	read_previous_release(kernel, kho);
	if (!read_member(kernel, KHS_SYM_KHO_IN, KHS_MEM_KHO_IN_KEXEC_COUNT, 4, &count))
		kho->kexec_count = count;
}

/* ---- root FDTs ------------------------------------------------------------------------------ */

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

static struct khs_error *read_incoming_fdt(struct khs_kernel *kernel, struct khs_kho *kho)
{
	struct khs_root_fdt fdt;
	struct khs_error *err;

	if (!kho->in_fdt_phys)
		return NULL;
	err = read_root_fdt(kernel, kho->in_fdt_phys, &fdt);
	memcpy(kho->abi_in, fdt.compatible, sizeof(kho->abi_in));
	return only_nomem(err);
}

/* @why is what kept it from being read, "" if nothing did. */
static struct khs_error *read_outgoing_fdt(struct khs_kernel *kernel, struct khs_kho *kho,
					   uint64_t va, char *why, size_t size)
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

/* ---- the state ------------------------------------------------------------------------------ */

static bool any_known(const struct khs_facts *facts, const enum khs_need_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (khs_known(facts, ids[i]))
			return true;
	return false;
}

/* Types and symbols that kernel/liveupdate/kexec_handover.c alone defines. */
static bool has_kho(const struct khs_facts *facts)
{
	static const enum khs_need_id ids[] = {
		KHS_SYM_KHO_ENABLE, KHS_SYM_KHO_OUT, KHS_SYM_KHO_IN, KHS_MEM_KHO_OUT_FDT,
		KHS_MEM_KHO_OUT_RADIX_ROOT, KHS_MEM_KHO_OUT_TRACK, KHS_MEM_KHO_OUT_SER,
		KHS_MEM_KHO_IN_FDT_PHYS,
	};

	return any_known(facts, ids, sizeof(ids) / sizeof(ids[0]));
}

/*
 * Whether anybody but VMCOREINFO, which names no part of KHO, told of @kind: then the kernel's
 * types or data symbols were at hand, and a missing one does not exist.
 */
static bool has_source(const struct khs_facts *facts, enum khs_need_kind kind)
{
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++)
		if (khs_needs[id].kind == kind && facts->v[id].known && facts->v[id].source &&
		    strcmp(facts->v[id].source, "VMCOREINFO"))
			return true;
	return false;
}

static bool settle_symbols(struct khs_kernel *kernel, struct khs_kho *kho)
{
	const struct khs_facts *facts = &kernel->facts;

	if (khs_known(facts, KHS_SYM_KHO_OUT))
		return false;
	if (has_kho(facts))
		return settle(kho, KHS_KHO_UNKNOWN, "this kernel has kexec handover, but where its "
			      "kho_out is cannot be told from the dump" WAY_OUT);
	/* Types go first: they are read whole or not at all, a symbol table may have been cut. */
	if (has_source(facts, KHS_NEED_MEMBER) || has_source(facts, KHS_NEED_SYMBOL))
		return settle(kho, KHS_KHO_ABSENT, "this kernel has no kexec handover "
			      "(CONFIG_KEXEC_HANDOVER is not set)");
	return settle(kho, KHS_KHO_UNKNOWN, "the dump names no types and no data symbols "
		      "(CONFIG_DEBUG_INFO_BTF, CONFIG_KALLSYMS_ALL)" WAY_OUT);
}

/* kho_init() alone sets it, and clears it when it disables KHO: not NULL is as good as enabled. */
static bool has_out_fdt(struct khs_kernel *kernel)
{
	uint64_t fdt = 0;

	read_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_FDT, 8, &fdt);
	return fdt;
}

static bool settle_off(struct khs_kernel *kernel, struct khs_kho *kho)
{
	uint64_t areas = 0;

	if (kho->handover_boot)
		return settle(kho, KHS_KHO_OFF, "kexec handover is built in and this boot was "
			      "handed memory, but it is not enabled (kho=on on the kernel command "
			      "line)");
	/*
	 * kho_reserve_scratch() counts areas if enabled; it and kho_init() disable when they fail.
	 */
	read_variable(kernel, KHS_SYM_KHO_SCRATCH_CNT, 4, &areas);
	if (areas)
		return settle(kho, KHS_KHO_OFF, "kexec handover was enabled at boot, but its "
			      "set-up failed and it disabled itself; the kernel log says why");
	return settle(kho, KHS_KHO_OFF, "kexec handover is built in but was not enabled at boot "
		      "(kho=on on the kernel command line)");
}

static bool settle_enable(struct khs_kernel *kernel, struct khs_kho *kho)
{
	enum khs_presence presence;
	uint64_t enable = 0;

	presence = read_variable(kernel, KHS_SYM_KHO_ENABLE, 1, &enable);
	if (presence == KHS_PRESENT) {
		kho->enabled = enable;
		kho->enabled_known = true;
		return enable ? false : settle_off(kernel, kho);
	}
	if (has_out_fdt(kernel)) {
		kho->enabled = true;
		kho->enabled_known = true;
		return false;
	}
	if (!khs_known(&kernel->facts, KHS_SYM_KHO_ENABLE))
		return settle(kho, KHS_KHO_UNKNOWN, "this kernel has kexec handover, but where its "
			      "kho_enable is cannot be told from the dump" WAY_OUT);
	return settle(kho, KHS_KHO_UNKNOWN, "whether kexec handover was enabled can't be told: "
		      "kho_enable is %s", khs_presence_text(presence));
}

/*
 * Trackers by their members of struct kho_out: ser is 6.16 to 6.18, track 6.19 and 7.0, both lists
 * of bitmaps (kho-v1); radix_tree is 7.1 and later.
 */
static bool settle_tracker(struct khs_kernel *kernel, struct khs_kho *kho)
{
	static const enum khs_need_id lists[] = { KHS_MEM_KHO_OUT_TRACK, KHS_MEM_KHO_OUT_SER };
	const struct khs_facts *facts = &kernel->facts;

	if (khs_known(facts, KHS_MEM_KHO_OUT_RADIX_ROOT))
		return false;
	if (any_known(facts, lists, 2))
		return settle(kho, KHS_KHO_FOREIGN, "preserved memory is tracked in lists of "
			      "bitmaps (%s, Linux 6.16 to 7.0); " WALKED,
			      kho->abi[0] ? kho->abi : "kho-v1");
	if (khs_known(facts, KHS_MEM_KHO_OUT_FDT))
		return settle(kho, KHS_KHO_FOREIGN, "preserved memory is tracked in a way unknown "
			      "here (%s, no radix_tree in struct kho_out); " WALKED,
			      kho->abi[0] ? kho->abi : "no ABI named");
	return settle(kho, KHS_KHO_UNKNOWN, "the type of kho_out is unknown" WAY_OUT);
}

/*
 * The ABI of the map is the running kernel's own. If its FDT can't be read the one it was booted
 * with tells as well: kho_populate() takes none but of its own KHO_FDT_COMPATIBLE.
 */
static bool settle_abi(struct khs_kho *kho, const char *fdt_why)
{
	if (!kho->abi[0])
		memcpy(kho->abi, kho->abi_in, sizeof(kho->abi));
	if (!kho->abi[0])
		return settle(kho, KHS_KHO_UNKNOWN, "the ABI of the preserved-memory map can't be "
			      "told: %s", fdt_why[0] ? fdt_why : "its root FDT names none");
	if (!khs_abi_walkable(kho->abi))
		return settle(kho, KHS_KHO_FOREIGN, "the ABI of kexec handover is %s; " WALKED,
			      kho->abi);
	kho->state = KHS_KHO_ON;
	return true;
}

static struct khs_error *find_abi(struct khs_kernel *kernel, struct khs_kho *kho, char *why,
				  size_t size)
{
	char cause[128] = "";
	enum khs_presence presence;
	struct khs_error *err;
	uint64_t va = 0;

	why[0] = '\0';
	if (!khs_known(&kernel->facts, KHS_MEM_KHO_OUT_FDT))
		return NULL;
	presence = read_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_FDT, 8, &va);
	if (presence != KHS_PRESENT) {
		snprintf(why, size, "kho_out is %s", khs_presence_text(presence));
		return NULL;
	}
	if (!va) {
		snprintf(why, size, "the kernel died before it set up kho_out");
		return NULL;
	}
	err = read_outgoing_fdt(kernel, kho, va, cause, sizeof(cause));
	if (cause[0])
		snprintf(why, size, "the root FDT of kho_out: %s", cause);
	return err;
}

static struct khs_error *find_state(struct khs_kernel *kernel, struct khs_kho *kho)
{
	struct khs_error *err;
	char fdt_why[192];

	if (settle_symbols(kernel, kho))
		return NULL;
	read_boot(kernel, kho);
	err = read_incoming_fdt(kernel, kho);
	if (err || settle_enable(kernel, kho))
		return err;
	err = find_abi(kernel, kho, fdt_why, sizeof(fdt_why));
	if (err || settle_tracker(kernel, kho))
		return err;
	settle_abi(kho, fdt_why);
	return NULL;
}

/* ---- scratch -------------------------------------------------------------------------------- */

struct scratch_layout {
	size_t size, addr, len;
};

/* False if the types say what no array could be. */
static bool scratch_layout(const struct khs_facts *facts, struct scratch_layout *ret)
{
	*ret = (struct scratch_layout){
		.size = khs_fact_or(facts, KHS_SIZE_KHO_SCRATCH, SCRATCH_SIZE),
		.addr = khs_fact_or(facts, KHS_MEM_KHO_SCRATCH_ADDR, SCRATCH_ADDR_OFFSET),
		.len = khs_fact_or(facts, KHS_MEM_KHO_SCRATCH_SIZE, SCRATCH_SIZE_OFFSET),
	};
	return ret->size >= sizeof(uint64_t) && ret->size <= MAX_SCRATCH_SIZE &&
	       ret->addr <= ret->size - sizeof(uint64_t) &&
	       ret->len <= ret->size - sizeof(uint64_t);
}

static uint64_t u64_at(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

static struct khs_error *add_scratch(struct khs_kernel *kernel, struct khs_kho *kho, uint64_t phys,
				     uint64_t size)
{
	uint64_t page = UINT64_C(1) << kernel->page_shift, start = phys >> kernel->page_shift;
	struct khs_scratch_area area = { .start = start, .end = start, .phys = phys, .size = size };

	if (size > UINT64_MAX - page - phys || phys > UINT64_MAX - page)
		kho->scratch_known = false;
	else if (size)
		area.end = (phys + size + page - 1) >> kernel->page_shift;
	if (!khs_array_grow(kho->scratch, kho->nr_scratch, kho->cap_scratch) ||
	    !khs_extents_add(&kho->scratch_pfns, area.start, area.end, 0))
		return khs_enomem();
	kho->scratch[kho->nr_scratch++] = area;
	return NULL;
}

static struct khs_error *read_areas(struct khs_kernel *kernel, struct khs_kho *kho, uint64_t va,
				    uint64_t count)
{
	uint8_t raw[MAX_SCRATCH_SIZE];
	struct scratch_layout layout;
	struct khs_error *err;

	if (!scratch_layout(&kernel->facts, &layout))
		return NULL;
	kho->scratch_known = true;
	for (uint64_t i = 0; i < count; i++) {
		if (khs_vm_read_all(kernel->vm, va + i * layout.size, raw, layout.size)) {
			kho->scratch_known = false;
			break;
		}
		err = add_scratch(kernel, kho, u64_at(raw + layout.addr), u64_at(raw + layout.len));
		if (err)
			return err;
	}
	khs_extents_normalize(&kho->scratch_pfns);
	return NULL;
}

/*
 * Where set-up failed the pointer dangles (kho_reserve_scratch() frees the array, not the pointer),
 * and no area is set aside. A boot that was handed memory has them, enabled or not.
 */
static bool has_scratch(const struct khs_kho *kho)
{
	return kho->enabled || kho->handover_boot || !kho->enabled_known;
}

static struct khs_error *read_scratch(struct khs_kernel *kernel, struct khs_kho *kho)
{
	uint64_t va, count;

	if (kho->state == KHS_KHO_ABSENT || !has_scratch(kho)) {
		kho->scratch_known = true;
		return NULL;
	}
	if (read_variable(kernel, KHS_SYM_KHO_SCRATCH, 8, &va) ||
	    read_variable(kernel, KHS_SYM_KHO_SCRATCH_CNT, 4, &count))
		return NULL;
	if (!va || count > MAX_SCRATCH) {
		kho->scratch_known = !va && !count;
		return NULL;
	}
	return read_areas(kernel, kho, va, count);
}

/* ---- the loaded image ----------------------------------------------------------------------- */

static void read_image(struct khs_kernel *kernel, struct khs_kho *kho)
{
	const struct khs_fact *fdt = &kernel->facts.v[KHS_MEM_KIMAGE_KHO_FDT];
	uint64_t image;

	if (read_variable(kernel, KHS_SYM_KEXEC_IMAGE, 8, &image))
		return;
	kho->kimage_loaded = image;
	kho->kimage_known = !image || (fdt->known &&
				       !khs_kernel_read_uint(kernel, image + fdt->value, 8,
							     &kho->kimage_fdt));
}

/* ---- the map -------------------------------------------------------------------------------- */

/*
 * The root that kho_preserve_*() uses, kho_out.radix_tree.root, is the map of this kernel; the FDT
 * holds its physical address from the start (kho_out_fdt_setup()), and stands in where the pointer
 * leads nowhere. That the page tables it would take are absent from the dump is no mismatch.
 */
static bool find_root(struct khs_kernel *kernel, struct khs_kho *kho)
{
	enum khs_presence presence;
	uint64_t va, pa = 0, run;

	presence = read_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_RADIX_ROOT, 8, &va);
	if (presence == KHS_PRESENT && va)
		presence = khs_vm_translate(kernel->vm, va, &pa, &run);
	if (presence == KHS_PRESENT || presence == KHS_UNMAPPED)
		kho->out_root_mismatch = kho->out_root_fdt_known && kho->out_root_fdt != pa;
	kho->out_root = presence == KHS_PRESENT && pa ? pa : kho->out_root_fdt;
	return kho->out_root;
}

static struct khs_error *read_map(struct khs_kernel *kernel, const struct khs_extents *ram,
				  uint64_t max_pfn, struct khs_kho *kho)
{
	struct khs_error *err;

	if (kho->state != KHS_KHO_ON || !find_root(kernel, kho))
		return NULL;
	err = khs_radix_walk(kernel, ram, max_pfn, kho->out_root, kho);
	if (err)
		return err;
	khs_runs_sort(&kho->out);
	return khs_runs_extents(&kho->out, &kho->out_pages) ? NULL : khs_enomem();
}

/*
 * Without KHO, or before kho_init() made a root, nothing can have been preserved:
 * kho_radix_add_key() refuses.
 */
static bool map_is_empty(struct khs_kernel *kernel, const struct khs_kho *kho)
{
	uint64_t root, fdt;

	if (kho->state == KHS_KHO_ABSENT || kho->state == KHS_KHO_OFF)
		return true;
	return !read_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_RADIX_ROOT, 8, &root) &&
	       !read_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_FDT, 8, &fdt) &&
	       !root && !fdt;
}

struct khs_error *khs_kho_read(struct khs_kernel *kernel, const struct khs_extents *ram,
			       uint64_t max_pfn, struct khs_kho *ret)
{
	struct khs_error *err;

	*ret = (struct khs_kho){ .state = KHS_KHO_UNKNOWN, .kexec_count = -1 };
	err = find_state(kernel, ret);
	if (!err)
		err = read_scratch(kernel, ret);
	if (err)
		return err;
	ret->out_known = map_is_empty(kernel, ret);
	read_image(kernel, ret);
	return read_map(kernel, ram, max_pfn, ret);
}

void khs_kho_deinit(struct khs_kho *kho)
{
	free(kho->scratch);
	free(kho->nodes);
	free(kho->problems);
	khs_extents_deinit(&kho->scratch_pfns);
	khs_extents_deinit(&kho->out_pages);
	khs_runs_deinit(&kho->out);
	*kho = (struct khs_kho){ 0 };
}
