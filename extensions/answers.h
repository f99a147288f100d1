/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What crash says to the library's questions about symbols and types. Its gdb is asked all that
 * will ever be asked at once, as it may leave by longjmp() at any question; nothing is held then
 * but static memory, and the next time goes on there. Reads none of the dump's memory.
 */
#ifndef KHO_ANSWERS_H
#define KHO_ANSWERS_H

#include "khoscope.h"

/* Asks what was not asked yet. INTERRUPTED, NOMEM; IO if an answer got lost. */
struct khs_error *kho_learn(void);

/* Has @source ask here, once all is learnt. */
void kho_answer(struct khs_source *source);

void kho_forget(void);

#endif
