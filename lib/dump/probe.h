/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a file is, by a look at its headers alone: its format, in words, and whether it holds all
 * that its headers promise. Reads no page of memory and needs no library. Of a flattened file it
 * tells only whether putting it in order is worth while.
 */
#ifndef KHS_DUMP_PROBE_H
#define KHS_DUMP_PROBE_H

#include "../khoscope.h"
#include "io.h"

enum khs_format {
	KHS_FORMAT_NONE, /* nothing this library reads; code and reason say what */
	KHS_FORMAT_ELF,
	KHS_FORMAT_KDUMP,
};

struct khs_probe {
	enum khs_format format;
	char text[96];            /* "kdump-compressed, zlib", "ELF", "qcow2 disk image" */
	bool flattened;           /* a flattened file: if code is OK, the rest is not told yet */
	bool complete;            /* true for KHS_FORMAT_NONE: nothing was promised */
	char incomplete_why[160]; /* "" if complete */
	char filter[160];         /* what its maker was told to leave out; "" if it doesn't say */
	enum khs_code code;       /* of KHS_FORMAT_NONE: FORMAT or UNSUPPORTED, else OK */
	char reason[200];         /* why, and the way out; "" if code is OK */
};

void khs_probe_file(const struct khs_file *file, struct khs_probe *ret);

#endif
