/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads physical memory out of a dump file: plain bytes in one piece as large as is asked for,
 * packed pages out of a window over the file that is read in large pieces, those of which only a
 * part was wanted kept for a while. Each reader is for one thread, and takes no lock; all of a file
 * share its tables. What lies where is bounds.h's word, and what unpacks unpack.h's.
 */
#ifndef KHS_DUMP_READER_H
#define KHS_DUMP_READER_H

#include "dump.h"

struct khs_dumpfile;
struct khs_reader;

/* Uses the file and the tables of @df, which must outlive it. NULL without memory. */
struct khs_reader *khs_reader_new(const struct khs_dumpfile *df);
void khs_reader_free(struct khs_reader *r);

/* As khs_source.read. */
enum khs_presence khs_reader_read(struct khs_reader *r, uint64_t pa, void *buf, size_t len,
				  size_t *done);

/* A reader as a dump that tells nothing else: what khs_dump_clone() makes. NULL without memory. */
struct khs_dump *khs_reader_dump(const struct khs_dumpfile *df);

#endif
