/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a SIGINT waits. It is blocked while a command runs, and crash gets it in the end (kho.c).
 */
#ifndef KHO_SIGINT_H
#define KHO_SIGINT_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

static inline bool kho_interrupted(void)
{
	sigset_t pending;

	return !sigpending(&pending) && sigismember(&pending, SIGINT) == 1;
}

#endif
