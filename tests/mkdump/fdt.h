/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An FDT of one page, as all that KHO knows are: the root node with its compatible string is begun,
 * the caller adds properties and nodes by libfdt, gathering its errors in @bad. Values are in the
 * byte order of the machine, as the kernel has them.
 */
#ifndef MKDUMP_FDT_H
#define MKDUMP_FDT_H

#include "machine.h"

/* page_size() bytes, for free(). */
void *fdt_open(const struct machine *m, const char *compatible);
/* Ends the program if there was an error: @what does not fit. */
void fdt_close(void *fdt, int bad, const char *what);

#endif
