/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen of whoever runs the command line tool: colours, characters, width, and a pager, as git
 * has them. Of the terminal alone; what is printed is not its business.
 */
#ifndef KHS_TOOLS_SCREEN_H
#define KHS_TOOLS_SCREEN_H

#include <sys/types.h>

#include "verbs.h"

/*
 * AUTO: colours if standard output is a terminal that is not dumb, and NO_COLOR is not set or empty
 * (no-color.org). Characters beyond ASCII are for UTF-8 locales. COLUMNS goes before the terminal's
 * own word.
 */
struct khs_style khs_screen_style(enum khs_colour colour);

/*
 * Sends standard output to $KHOSCOPE_PAGER, $PAGER, or less, if it is a terminal; 0 if there is
 * no pager: none is wanted ("" or "cat"), or no process can be had. less gets FRX for options unless
 * LESS is set: it ends at once if all fits on the screen. It takes the screen when something is
 * printed, and is a process from now on, which the sandbox lets nobody make later. Where there is no
 * such program that process prints what it gets.
 */
pid_t khs_pager_start(void);
/* Waits for it, when standard output is closed. */
void khs_pager_wait(pid_t pager);

#endif
