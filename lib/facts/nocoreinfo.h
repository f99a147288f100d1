/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What stands in for VMCOREINFO where a dump has none: a hypervisor's dump of a kernel in early
 * boot, or of a guest without a vmcoreinfo device. Lines as the kernel would have written them, for
 * those that read its page tables and kallsyms; and the facts that are VMCOREINFO's alone, from
 * types, symbols and memory. Their sources are called "derived" and "assumed". Where the kernel
 * lies is locate.h's.
 */
#ifndef KHS_FACTS_NOCOREINFO_H
#define KHS_FACTS_NOCOREINFO_H

#include "locate.h"

/* Lines for khs_vmcoreinfo_parse(), malloc()ed; NULL without memory. */
char *khs_nocoreinfo_text(const struct khs_image *image, const struct khs_place *place);

/*
 * The facts of kind KEY, and how far the kernel had come, into @kernel, which has its page tables
 * and its types by then. What can't be had stays unknown.
 */
void khs_nocoreinfo_facts(struct khs_kernel *kernel, const struct khs_image *image,
			  const struct khs_place *place);

#endif
