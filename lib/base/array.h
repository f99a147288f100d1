/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Growing a plain C array: pointer, count, capacity, owned by the caller. No element is ever
 * constructed or destroyed here.
 */
#ifndef KHS_BASE_ARRAY_H
#define KHS_BASE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Makes room for @want elements of @size bytes in *@vec (a pointer variable's address). False, and
 * nothing changed, when memory or size_t runs out.
 */
bool khs_array_reserve(void *vec, size_t *cap, size_t want, size_t size);

/* Room for one more element behind @n of them. */
#define khs_array_grow(vec, n, cap) khs_array_reserve(&(vec), &(cap), (n) + 1, sizeof(*(vec)))

#endif
