/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a fuzz target is, and what the targets share: one function that takes any bytes, libFuzzer's
 * own name for it. Linked with libFuzzer it is fuzzed; linked with main.c it is run on files, for
 * replay and for AFL++. What must hold of any input is said by fuzz_check(), which aborts.
 */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "khoscope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A target that has one makes its own mutations, with libFuzzer's help, which is not always there. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max) __attribute__((weak));

#define fuzz_check(cond) ((cond) ? (void)0 : fuzz_failed(__FILE__, __LINE__, #cond))

__attribute__((noreturn)) void fuzz_failed(const char *file, int line, const char *cond);

/* Frees @err, which has to be one line, or NULL. Whether it was NULL. */
bool fuzz_ok(struct khs_error *err);

/*
 * What @print writes: text has to be UTF-8 with no control character but newlines and indentation,
 * @json has to be JSON values. The text goes on to @copy, unless that is NULL.
 */
void fuzz_print(struct khs *k, struct khs_error *(*print)(struct khs *k, FILE *out, bool json),
		bool json, FILE *copy);

#endif
