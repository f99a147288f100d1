/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handover FDT, read by libfdt from a copy of its bytes. KHO uses the FDT container with
 * property values in native byte order (kernel/liveupdate/kexec_handover.c:kho_out_fdt_setup()),
 * little endian on every architecture that has it. Checks before it believes: magic, total size,
 * structure.
 */
#ifndef KHS_KHO_FDT_H
#define KHS_KHO_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kho.h"

struct khs_error;

struct khs_root_fdt {
	char compatible[64];  /* printable ASCII, cut to fit; "" if there is none */
	bool has_map;
	uint64_t map;         /* preserved-memory-map: physical address */
};

/*
 * @data is @size bytes from where an FDT should start. CORRUPT with the reason, or NOMEM. An FDT
 * that is sound but lacks a property is no error.
 */
struct khs_error *khs_root_fdt_parse(const void *data, size_t size, struct khs_root_fdt *ret);

/*
 * fdt_check_full() for bytes of a dump: 0 or libfdt's error. What passes is safe to walk with
 * libfdt.
 */
int khs_fdt_check(const void *fdt, size_t size);

/* A property of eight bytes of an FDT that libfdt found to be sound. */
bool khs_fdt_u64(const void *fdt, int node, const char *name, uint64_t *value);

/*
 * What tracks the preserved pages in the ABI that a compatible string names; KHS_TRACKER_UNKNOWN
 * for one that this version can't read. The head, before a ';', names the whole; no part behind it
 * may name another version of the tree.
 */
enum khs_tracker khs_abi_tracker(const char *compatible);

/*
 * Copies a string of at most @len bytes of a dump into @dst (@size bytes, always terminated); what
 * is not printable ASCII becomes '?'.
 */
void khs_copy_printable(char *dst, size_t size, const char *src, size_t len);

#endif
