/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One blob taken apart: an FDT, or one of the few structures that the kernel's own users of KHO
 * hand over, as a stream of nodes and properties. The caller has reason to take what lies there for
 * the blob (subtrees.h). Every byte may be hostile: it is copied, libfdt checks the whole FDT
 * first, size and nesting are bounded, no pointer is followed.
 *
 * What is known by the subtree's name: "LUO" as struct luo_ser (include/linux/kho/abi/luo.h, 7.2
 * and later; before, it is an FDT), "kexec-metadata" as struct kho_kexec_metadata
 * (abi/kexec_metadata.h), and in the FDT of "kho_test" (lib/test_kho.c) the struct kho_vmalloc
 * (abi/kexec_handover.h). Any other blob that begins like an FDT is taken for one.
 */
#ifndef KHS_KHO_BLOB_H
#define KHS_KHO_BLOB_H

#include "../khoscope.h"

struct khs_kernel;

/* No FDT of KHO comes near. What is larger, or nested deeper, is not looked into. */
#define KHS_FDT_MAX (256u << 10)
#define KHS_FDT_DEPTH 32

struct khs_blob_bytes {
	enum khs_blob_format format;
	const char *type; /* static; NULL if it is no structure */
	char why[128];    /* why not all of it is decoded; "" if it is */
	void *data;       /* of an FDT or a structure; else NULL */
	size_t size;
};

/*
 * Reads the blob of the subtree @name (NULL: the root FDT) at @phys. @size is what the root FDT
 * says of it, 0 if nothing. Bytes that are absent, or no blob that is known, are no error: only
 * NOMEM is.
 */
struct khs_error *khs_blob_read(struct khs_kernel *kernel, const char *name, uint64_t phys,
				uint64_t size, struct khs_blob_bytes *ret);
void khs_blob_deinit(struct khs_blob_bytes *blob);

/* Its nodes and properties. @all: long values, too, that may be what somebody preserved. */
void khs_blob_items(const struct khs_blob_bytes *blob, const char *name, bool all,
		    void (*item)(void *arg, const struct khs_item *item), void *arg);

#endif
