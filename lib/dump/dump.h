/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where bytes come from: physical memory of a dead kernel behind one small ops table. A dump knows
 * which bytes it has, which its filter left out and which were lost, and never hands out a byte
 * that is not in the file. It knows nothing of virtual addresses (vm.h), symbols or types (facts/).
 */
#ifndef KHS_DUMP_DUMP_H
#define KHS_DUMP_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../khoscope.h"

struct khs_dump_ops {
	const char *name;
	/* As khs_source.read. */
	enum khs_presence (*read)(void *priv, uint64_t pa, void *buf, size_t len, size_t *done);
	/* As khs_dump_look(), if there is a dump->end. */
	enum khs_presence (*look)(void *priv, uint64_t pa, uint64_t len, uint64_t *run);
	void (*close)(void *priv);
	/* As khs_dump_clone(); may be NULL. */
	struct khs_dump *(*clone)(void *priv);
};

#define KHS_DUMP_CPUS 64

struct khs_dump {
	const struct khs_dump_ops *ops;
	void *priv;
	char format[96];          /* "kdump-compressed, zlib" */
	bool flattened;
	bool stopped;             /* interrupted: nothing is read any more */
	bool live;                /* memory of the running kernel: it changes under the reader */
	bool complete;            /* no truncation, no "incomplete" flag in the header */
	char incomplete_why[160]; /* "" if complete */
	char filter[160];         /* what was to be left out of it; "" unknown */
	char *vmcoreinfo;         /* malloc()ed text, NUL terminated; NULL if the dump has none */
	size_t vmcoreinfo_len;
	uint64_t cr3[KHS_DUMP_CPUS]; /* of x86_64 processors, where QEMU tells */
	size_t nr_cr3;
	uint64_t end;             /* no memory is at or beyond it; 0: not known */
};

/*
 * Opens a file of any format known. Says FORMAT for what is no dump (with what it looks like, if
 * that is known), UNSUPPORTED with the way out for a dump the libraries here can't read. Of @opts,
 * which may be NULL, only the callbacks are used.
 */
struct khs_error *khs_dump_open(const char *path, const struct khs_options *opts,
				struct khs_dump **ret);

/*
 * Over callbacks of somebody else; @source is whole, and copied. Takes over its close(), also on
 * error. @opts as above.
 */
struct khs_error *khs_dump_open_source(const struct khs_source *source,
				       const struct khs_options *opts, struct khs_dump **ret);

/* The callbacks, where khs_dump_open_source() opened it; else NULL. */
const struct khs_source *khs_dump_source(const struct khs_dump *dump);

void khs_dump_close(struct khs_dump *dump);

/*
 * Another way to read the memory of @dump, which must outlive it: for one more thread, and made for
 * reading much of it in order. It tells nothing else, and is never stopped. NULL if there is none,
 * or no memory for it.
 */
struct khs_dump *khs_dump_clone(struct khs_dump *dump);

/*
 * Reads as khs_source.read. A @len that wraps around reads nothing (KHS_NORAM), and once
 * @dump->stopped is set nothing is read (KHS_UNREAD).
 */
enum khs_presence khs_dump_read(struct khs_dump *dump, uint64_t pa, void *buf, size_t len,
				size_t *done);

/* All @len bytes or an answer why not. */
static inline enum khs_presence khs_dump_read_all(struct khs_dump *dump, uint64_t pa, void *buf,
						  size_t len)
{
	size_t done;

	return khs_dump_read(dump, pa, buf, len, &done);
}

/*
 * What is at @pa, without reading it, and for how many bytes of @len (not 0) that is true. False if
 * this dump can't tell.
 */
bool khs_dump_look(struct khs_dump *dump, uint64_t pa, uint64_t len, enum khs_presence *presence,
		   uint64_t *run);

/* Whether there was something, and the dump lacks it: what it was nobody can say. */
static inline bool khs_is_lost(enum khs_presence p)
{
	return p == KHS_EXCLUDED || p == KHS_MISSING || p == KHS_DAMAGED || p == KHS_UNREAD;
}

/* "present", "excluded from the dump", "missing from the file", ... for messages. */
const char *khs_presence_text(enum khs_presence p);

#endif
