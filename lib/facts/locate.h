/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where in physical memory the kernel of a vmlinux lies: for a dump without VMCOREINFO. Looks for
 * the vmlinux's linux_banner at each place the boot protocol allows, and believes a place only if
 * the build-id in its notes is the vmlinux's and its own page tables map it to just there. More
 * than one copy may be left in memory, of an earlier boot or of an image that never ran; it chooses
 * the one that runs, by the page tables that processors used and by what a kernel notes when it
 * leaves, or says that it can't. Reads no symbol table and makes no facts.
 */
#ifndef KHS_FACTS_LOCATE_H
#define KHS_FACTS_LOCATE_H

#include "kernel.h"

/* What a vmlinux says of its kernel. Addresses are those it was linked at. */
struct khs_anchor {
	bool known;
	uint64_t address;
	uint64_t size; /* bytes, 0 if unknown */
};

struct khs_image {
	enum khs_arch arch;
	char build_id[129];    /* lower-case hex, "" if it has none */
	char banner[512];      /* linux_banner, "" if the file does not have its bytes */
	struct khs_anchor anchors[KHS_NR_ANCHORS];
};

/* How the kernel's page tables are to be read; what concerns the other architecture is zero. */
struct khs_paging {
	unsigned int page_shift;
	bool l5;                /* x86_64 */
	uint64_t sme_mask;
	unsigned int va_built;  /* arm64: CONFIG_ARM64_VA_BITS ... */
	unsigned int va_actual; /* ... and what of it the processor had */
	unsigned int pa_bits;   /* MAX_PHYSMEM_BITS */
};

struct khs_place {
	uint64_t moved;   /* run-time address minus linked address (KASLR), modulo 2^64 */
	uint64_t voffset; /* run-time address minus physical address, modulo 2^64 */
	struct khs_paging paging;
	char release[65];   /* printable, "" if unknown */
	char build_id[129]; /* lower-case hex, of the notes in memory; "" if there are none */
	bool left;          /* it says of itself that it went away by kexec */
};

/* The run-time address of an anchor that is known. */
static inline uint64_t khs_place_address(const struct khs_image *image,
					 const struct khs_place *place, enum khs_anchor_id id)
{
	return image->anchors[id].address + place->moved;
}

/*
 * Needs @kernel's dump and options alone. NOTFOUND if no memory holds this kernel, MISMATCH if a
 * kernel of another build is where this one should be (options.any_build_id takes it), CORRUPT if
 * several can't be told apart, NODATA if a vmlinux without symbols is no help; INTERRUPTED.
 */
struct khs_error *khs_locate(const struct khs_kernel *kernel, const struct khs_image *image,
			     struct khs_place *ret);

#endif
