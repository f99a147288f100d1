/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads much memory of a dump file, most of it in order: plain bytes in one piece as large as is
 * asked for, packed pages out of a window over the file that is read in large pieces. Each reader
 * is for one thread, and takes no lock; all of a file share its tables. What lies where is
 * bounds.h's word. For the odd page here and there libkdumpfile, or crash, does as well.
 */
#ifndef KHS_DUMP_BULK_H
#define KHS_DUMP_BULK_H

#include "dump.h"

struct khs_dumpfile;

/* Uses the file and the tables of @df, which must outlive it. NULL without memory. */
struct khs_dump *khs_bulk_open(const struct khs_dumpfile *df);

#endif
