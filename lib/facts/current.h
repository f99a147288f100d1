/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether the kernel that VMCOREINFO tells of is the one that ran. A hypervisor hands out the
 * VMCOREINFO it was told of last: after a kexec that is the old kernel's, until the new one has
 * come far enough to tell of its own. Goes by the page tables that the processors used, where the
 * dump names them (x86_64, QEMU), and by what a kernel notes when it leaves. Looks for no kernel.
 */
#ifndef KHS_FACTS_CURRENT_H
#define KHS_FACTS_CURRENT_H

#include "kernel.h"

enum khs_current {
	KHS_CURRENT,         /* a processor used its page tables, or nothing speaks against it */
	KHS_CURRENT_DOUBTED, /* it may be another one that ran; *@why is a sentence */
	KHS_CURRENT_LEFT,    /* it had gone away by kexec, and another one ran */
};

/* @kernel has its page tables, and what symbols it could be told. */
enum khs_current khs_kernel_current(struct khs_kernel *kernel, const char **why);

#endif
