/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How every khs_print_*() ends. Not what it prints: report.h.
 */
#ifndef KHS_REPORT_OUTPUT_H
#define KHS_REPORT_OUTPUT_H

#include <jansson.h>

#include "../khoscope.h"

/* Whatever was printed is on its way, or this is the error. */
struct khs_error *khs_print_end(FILE *out);

/* Prints @object, which it takes, NULL being for want of memory; ends as above. */
struct khs_error *khs_print_object(FILE *out, json_t *object);

#endif
