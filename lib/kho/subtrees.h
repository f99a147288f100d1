/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The subtrees of a handover: what the root FDT names, where each one's blob lies, and whether what
 * lies there may be taken for it. Decodes no blob, and follows no pointer in one.
 *
 * A subtree is a node below the root (kernel/liveupdate/kexec_handover.c:kho_add_subtree()), with
 * the physical address of its blob in "preserved-data" and, since kho-v3, its bytes in "blob-size".
 * Up to kho-v1 the property is "fdt", and the blob an FDT that tells its own size.
 */
#ifndef KHS_KHO_SUBTREES_H
#define KHS_KHO_SUBTREES_H

#include "../mm/mem.h"
#include "fdt.h"
#include "kho.h"

struct khs_subtree {
	char *name;    /* of the node as it is, not sanitised */
	bool has_phys; /* false: the node names no address, and all below says nothing */
	bool has_size; /* false: an older ABI, or damage; @size is then 0 */
	uint64_t phys;
	uint64_t size; /* bytes, by the word of the FDT: hostile, may be anything */
	enum khs_blob_state state;
	enum khs_presence presence; /* of the first byte at @phys */
};

struct khs_subtrees {
	struct khs_subtree *v; /* in the order of the FDT */
	size_t n, cap;
	uint64_t fdt_phys;     /* of the root FDT; 0: there is none */
	enum khs_blob_state fdt_state;
	enum khs_presence fdt_presence;
	void *fdt;             /* a copy, checked by libfdt; NULL if it can't be had */
	char why[128];         /* why it can't; "" if it can, or there is none */
};

/*
 * Those of @direction (one of the two). @mem may be NULL: then no mark can be looked at. Errors:
 * NOMEM; an FDT that is absent or damaged is none, and said in ->why. Leaves @ret for
 * khs_subtrees_deinit() in any case.
 */
struct khs_error *khs_subtrees_read(struct khs_kernel *kernel, const struct khs_mem *mem,
				    const struct khs_kho *kho, enum khs_direction direction,
				    struct khs_subtrees *ret);
void khs_subtrees_deinit(struct khs_subtrees *subtrees);

/* The first one called @name, or NULL. */
const struct khs_subtree *khs_subtrees_find(const struct khs_subtrees *subtrees, const char *name);

/*
 * Whether [@phys, @phys + @size) is still what the previous kernel preserved there: LIVE while all
 * of it lies in blocks whose mark nobody took away. kho_restore_page() clears the mark, and after
 * that the owner may free the memory and anybody may write to it. A @size of 0 is one byte.
 */
enum khs_blob_state khs_incoming_state(const struct khs_mem *mem, uint64_t phys, uint64_t size);

#endif
