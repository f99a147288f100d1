/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether this is built with AddressSanitizer, by gcc or clang: for what can't be done under it, or
 * only under it. To change what the library says by it would be to test something else.
 */
#ifndef KHS_BASE_SANITIZER_H
#define KHS_BASE_SANITIZER_H

#if defined(__SANITIZE_ADDRESS__)
#define KHS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KHS_ASAN 1
#endif
#endif
#ifndef KHS_ASAN
#define KHS_ASAN 0
#endif

#endif
