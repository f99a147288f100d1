/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The dead kernel's configuration, as far as it is in the dump: CONFIG_IKCONFIG keeps a compressed
 * .config in the kernel. It says which options are set to what, never what an option means.
 */
#ifndef KHS_FACTS_CONFIG_H
#define KHS_FACTS_CONFIG_H

#include "kernel.h"

/*
 * Calls @visit for each option that has a value ("CONFIG_NUMA", "y"), also with those that are not
 * set ("CONFIG_NUMA", "n"). False if the dump has no configuration, or not all of it: *@why is then
 * a sentence (static).
 */
bool khs_config_read(struct khs_kernel *kernel,
		     void (*visit)(void *arg, const char *option, const char *value), void *arg,
		     const char **why);

#endif
