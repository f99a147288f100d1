/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How far a kernel had come, by its memory map alone: for one whose variables nobody names.
 */
#ifndef KHS_MM_LATE_H
#define KHS_MM_LATE_H

#include "mem.h"

/*
 * Whether a page is on an LRU list: mapped, and linked with its neighbours there. The first such
 * pages are those of the initramfs, unpacked by an initcall, and by then deferred init has ended
 * (init/main.c:kernel_init_freeable() calls page_alloc_init_late() before do_basic_setup()).
 * INTERRUPTED counts as no.
 */
bool khs_mem_shows_late(const struct khs_mem *mem);

#endif
