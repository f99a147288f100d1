/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a dump file really has: for any physical address, whether its bytes lie in the file, and
 * where, by the file's own tables. Decodes no page; whether compressed bytes that are there make
 * sense shows only when they are unpacked.
 *
 * An address is
 *	PRESENT   its bytes are in the file
 *	MISSING   the tables promise it, but the file ends before it, its descriptor was never
 *	          written, or the part of the table that would tell is lost itself
 *	DAMAGED   kdump: its descriptor is none that can be
 *	EXCLUDED  kdump: RAM by the first bitmap, not dumped by the second; ELF: in a segment's
 *	          memory size but beyond its file size. ELF can't tell pages left out for being zero
 *	          from pages filtered, so none of them counts as zeros. In an ELF file that says of
 *	          itself that it is incomplete such pages are MISSING.
 *	NORAM     in no bitmap, in no segment
 */
#ifndef KHS_DUMP_BOUNDS_H
#define KHS_DUMP_BOUNDS_H

#include "../khoscope.h"
#include "io.h"

struct khs_bounds;
struct khs_diskdump;
struct khs_page_desc;

struct khs_span {
	enum khs_presence presence;
	bool plain;      /* PRESENT only: the bytes lie in the file as they are, at @offset */
	uint64_t offset;
	uint64_t len;    /* bytes this is true of, from the address on; not 0 */
};

/*
 * @file (not its descriptor's owner) is copied. Errors as khs_diskdump_parse() and
 * khs_elfcore_parse().
 */
struct khs_error *khs_bounds_new(const struct khs_file *file, struct khs_bounds **ret);
void khs_bounds_free(struct khs_bounds *b);

/*
 * One to look at by another thread; uses the tables of @b, which must outlive it. NULL: no memory.
 */
struct khs_bounds *khs_bounds_clone(const struct khs_bounds *b);

/*
 * What is at [@pa, @pa + @len), which does not wrap and is not empty: the answer for @pa, and for
 * how many bytes it holds. A PRESENT span is as long as can be; others may be shorter than the
 * truth.
 */
void khs_bounds_look(struct khs_bounds *b, uint64_t pa, uint64_t len, struct khs_span *ret);

/*
 * Where the page that holds @pa lies, as its descriptor has it: on PRESENT all of it is in the file
 * and its size and codec can be. Of kdump only.
 */
enum khs_presence khs_bounds_page(struct khs_bounds *b, uint64_t pa, struct khs_page_desc *ret);

/* First address beyond all that the tables tell of. */
uint64_t khs_bounds_end(const struct khs_bounds *b);

/* The kdump headers it goes by; NULL for ELF. Lives as long as @b. */
const struct khs_diskdump *khs_bounds_diskdump(const struct khs_bounds *b);

/* Where the ELF notes lie in the file; *@len is 0 if there are none. */
void khs_bounds_notes(const struct khs_bounds *b, uint64_t *off, uint64_t *len);

/* Where VMCOREINFO lies in the file; *@len is 0 if there is none. */
void khs_bounds_vmcoreinfo(const struct khs_bounds *b, uint64_t *off, uint64_t *len);

#endif
