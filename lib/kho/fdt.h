/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The handover FDT, read by libfdt from a copy of its bytes. KHO uses the FDT container with
 * property values in native byte order (kernel/liveupdate/kexec_handover.c:kho_out_fdt_setup()),
 * little endian on every architecture that has it. Checks before it believes: magic, total size,
 * structure. Reads the root's properties only.
 */
#ifndef KHS_KHO_FDT_H
#define KHS_KHO_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
 * Whether a compatible string is one whose map this version walks: its head, before a ';', is
 * kho-v4, and no part behind it names another version of the tree.
 */
bool khs_abi_walkable(const char *compatible);

/*
 * Copies a string of at most @len bytes of a dump into @dst (@size bytes, always terminated); what
 * is not printable ASCII becomes '?'.
 */
void khs_copy_printable(char *dst, size_t size, const char *src, size_t len);

#endif
