// SPDX-License-Identifier: GPL-2.0-or-later
#include "out_map.h"

#include "../base/error.h"
#include "chunks.h"
#include "radix.h"
#include "track.h"
#include "vars.h"

/*
 * What kho_out, whose @member is a virtual address, says of the root, against what the root FDT
 * says that the next kernel will read. The FDT stands in where the pointer leads nowhere. That the
 * page tables it would take are absent from the dump is no mismatch.
 */
static void find_root(struct khs_kernel *kernel, struct khs_kho *kho, enum khs_need_id member)
{
	enum khs_presence presence;
	uint64_t va, pa = 0, run;

	presence = khs_kho_member(kernel, KHS_SYM_KHO_OUT, member, 8, &va);
	if (presence == KHS_PRESENT && va)
		presence = khs_vm_translate(kernel->vm, va, &pa, &run);
	if (presence == KHS_PRESENT || presence == KHS_UNMAPPED)
		kho->out_root_mismatch = kho->out_root_fdt_known && kho->out_root_fdt != pa;
	kho->out_root = presence == KHS_PRESENT && pa ? pa : kho->out_root_fdt;
}

/* ---- the tree ------------------------------------------------------------------------------- */

/* Before kho_init() made a root nothing can have been preserved: kho_radix_add_key() refuses. */
static bool tree_is_empty(struct khs_kernel *kernel)
{
	uint64_t root, fdt;

	return !khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_RADIX_ROOT, 8, &root) &&
	       !khs_kho_member(kernel, KHS_SYM_KHO_OUT, KHS_MEM_KHO_OUT_FDT, 8, &fdt) &&
	       !root && !fdt;
}

/*
 * The root that kho_preserve_*() uses is the map of this kernel; the FDT holds its physical address
 * from the start (kho_out_fdt_setup()).
 */
static struct khs_error *read_tree(struct khs_kernel *kernel, const struct khs_machine *machine,
				   struct khs_kho *kho)
{
	find_root(kernel, kho, KHS_MEM_KHO_OUT_RADIX_ROOT);
	return kho->out_root ? khs_radix_walk(kernel, machine, kho->out_root, kho) : NULL;
}

/* ---- bitmaps -------------------------------------------------------------------------------- */

/* The tracker is there from the start: if it can be read at all, an empty one is read as such. */
static bool never_empty(struct khs_kernel *kernel)
{
	(void)kernel;
	return false;
}

/*
 * The list for the next kernel: kho_out.ser.preserved_mem_map to 6.18, and the FDT has the same; in
 * 6.19 and 7.0 the FDT alone, with 0 until the map is finalized (kho_update_memory_map()). What
 * @tracker has told of is not told again: the list points at the tracker's own bitmaps.
 */
static struct khs_error *read_list(struct khs_kernel *kernel, const struct khs_machine *machine,
				   struct khs_kho *kho, const struct khs_seen *tracker)
{
	uint64_t expected = kho->bitmap_bytes;
	struct khs_chunks chunks;
	struct khs_error *err;
	struct khs_walk w;

	kho->out_root = kho->out_root_fdt;
	if (khs_known(&kernel->facts, KHS_MEM_KHO_OUT_SER_MAP))
		find_root(kernel, kho, KHS_MEM_KHO_OUT_SER_MAP);
	if (!kho->out_root)
		return NULL;
	khs_walk_init(&w, kernel, machine, kho, &kho->listed);
	w.told = tracker;
	err = khs_chunks_walk(&w, kho->out_root, expected ? expected : khs_walk_page_size(&w),
			      &chunks);
	khs_walk_deinit(&w);
	kho->listed_known = chunks.whole;
	kho->listed_bytes = chunks.bitmap_bytes;
	khs_runs_sort(&kho->listed);
	return err;
}

static struct khs_error *read_bitmaps(struct khs_kernel *kernel, const struct khs_machine *machine,
				      struct khs_kho *kho)
{
	uint64_t orders = khs_fact(&kernel->facts, KHS_SYM_KHO_OUT) +
			  khs_fact(&kernel->facts, KHS_MEM_KHO_OUT_ORDERS);
	struct khs_error *err;
	struct khs_walk w;

	kho->bitmap_bytes = khs_track_bitmap_bytes(kernel);
	khs_walk_init(&w, kernel, machine, kho, &kho->out);
	err = khs_track_walk(&w, orders, &kho->out_known);
	if (!err)
		err = read_list(kernel, machine, kho, &w.seen);
	khs_walk_deinit(&w);
	khs_walk_sort_nodes(kho);
	return err;
}

/* ---- either --------------------------------------------------------------------------------- */

static const struct {
	/* Whether nothing can have been preserved yet, whatever else is unknown. */
	bool (*is_empty)(struct khs_kernel *kernel);
	struct khs_error *(*read)(struct khs_kernel *kernel, const struct khs_machine *machine,
				  struct khs_kho *kho);
} trackers[] = {
	[KHS_TRACKER_UNKNOWN] = { never_empty, NULL },
	[KHS_TRACKER_BITMAPS] = { never_empty, read_bitmaps },
	[KHS_TRACKER_RADIX] = { tree_is_empty, read_tree },
};

static bool map_is_empty(struct khs_kernel *kernel, const struct khs_kho *kho)
{
	return kho->state == KHS_KHO_ABSENT || kho->state == KHS_KHO_OFF ||
	       trackers[kho->tracker].is_empty(kernel);
}

struct khs_error *khs_kho_read_map(struct khs_kernel *kernel, const struct khs_machine *machine,
				   struct khs_kho *kho)
{
	struct khs_error *err;

	kho->out_known = map_is_empty(kernel, kho);
	if (kho->state != KHS_KHO_ON)
		return NULL;
	err = trackers[kho->tracker].read(kernel, machine, kho);
	if (khs_error_code(err) == KHS_ERR_INTERRUPTED) {
		kho->out_known = false;
		khs_error_free(err);
		err = NULL;
	}
	if (err)
		return err;
	khs_runs_sort(&kho->out);
	return khs_runs_extents(&kho->out, &kho->out_pages) ? NULL : khs_enomem();
}
