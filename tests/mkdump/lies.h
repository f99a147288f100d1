/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a finished machine is made to say that is not so. */
#ifndef MKDUMP_LIES_H
#define MKDUMP_LIES_H

#include "machine.h"

/* "poke PLACE VALUE [size BYTES]"; PLACE is "VARIABLE.member", "*POINTER+OFFSET", "phys:ADDRESS" */
void lie_poke(struct machine *m, const struct line *line);
/* "page PFN member=VALUE...", "page PFN+COUNT fill BYTE" */
void lie_page(struct machine *m, const struct line *line);
/* "garbage START+LENGTH [seed N]" */
void lie_garbage(struct machine *m, const struct line *line);
/* "radix PFN order N level L [index I] to VALUE": an entry on the way to the block's bit */
void lie_radix(struct machine *m, const struct line *line);

#endif
