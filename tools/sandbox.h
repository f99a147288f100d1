/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the command line gives up, so that a dump that should find a way to take it over finds
 * nothing to do with it. In two steps, of which none can be undone:
 *
 *	OPENING  before the first byte of a dump is read: no network, no other program, no other
 *	         process, no memory that can be executed, no file written but new ones in the
 *	         folders for temporary files. Files can be opened and read.
 *	OPENED   once all files are open: no file is opened, made, or removed any more. It may be
 *	         the first step.
 *
 * Threads may be made in both. What is refused fails with EPERM. What is open stays open: output,
 * pager and whatever else is to be written to have to be there before OPENED, and other programs
 * started before OPENING. By seccomp, and by Landlock where the kernel has it; both need no
 * privilege. It does not bound memory or time.
 */
#ifndef KHS_TOOLS_SANDBOX_H
#define KHS_TOOLS_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

enum khs_sandbox_step {
	KHS_SANDBOX_OPENING,
	KHS_SANDBOX_OPENED,
};

/* False if the system can't, or may not, do it; @why of @size bytes then says why, on one line. */
bool khs_sandbox_enter(enum khs_sandbox_step step, char *why, size_t size);

#endif
