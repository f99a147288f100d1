/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How many processors this process may run on, at least 1. */
#ifndef KHS_BASE_PROCESSORS_H
#define KHS_BASE_PROCESSORS_H

#include <sched.h>

static inline unsigned int khs_processors(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) ? 1 : (unsigned int)CPU_COUNT(&set);
}

#endif
