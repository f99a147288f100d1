// SPDX-License-Identifier: GPL-2.0-or-later
#include "fdt.h"

#include <err.h>
#include <libfdt.h>
#include <stdlib.h>

void *fdt_open(const struct machine *m, const char *compatible)
{
	void *fdt = calloc(1, page_size(m));
	int bad;

	if (!fdt)
		err(1, "FDT");
	bad = fdt_create(fdt, page_size(m));
	bad |= fdt_finish_reservemap(fdt);
	bad |= fdt_begin_node(fdt, "");
	bad |= fdt_property_string(fdt, "compatible", compatible);
	if (bad)
		errx(1, "no FDT could be begun");
	return fdt;
}

void fdt_close(void *fdt, int bad, const char *what)
{
	bad |= fdt_end_node(fdt);
	bad |= fdt_finish(fdt);
	if (bad)
		errx(2, "the %s does not fit a page", what);
}
