/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dead kernel's log: records of its printk ringbuffer (kernel/printk/printk_ringbuffer.c),
 * oldest first. Every index and length in it is taken for a lie until it fits; a record that does
 * not fit is left out. What a line says is the reader's business, and so is to sanitise it. Kernels
 * before 5.10 have another buffer; none of them knows KHO.
 */
#ifndef KHS_FACTS_LOG_H
#define KHS_FACTS_LOG_H

#include "kernel.h"

struct khs_log_record {
	uint64_t ns;      /* since boot */
	const char *text; /* with a NUL behind it; there may be NULs and newlines in it */
	size_t len;
};

/*
 * Calls @visit for each record until it returns false. False if there is no log to be read; *@why
 * is then a sentence (static).
 */
bool khs_log_read(struct khs_kernel *kernel,
		  bool (*visit)(void *arg, const struct khs_log_record *record), void *arg,
		  const char **why);

#endif
