/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * VMCOREINFO: the KEY=VALUE lines a kernel leaves for its own post-mortem (kernel/vmcore_info.c).
 * Parsed once, looked up by whole key ("SYMBOL(mem_section)"). Interprets no key by itself.
 */
#ifndef KHS_DUMP_VMCOREINFO_H
#define KHS_DUMP_VMCOREINFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct khs_error;
struct khs_vmcoreinfo;

/* Copies what it needs of @text. Lines without '=' are skipped; FORMAT if no line has one. */
struct khs_error *khs_vmcoreinfo_parse(const char *text, size_t len, struct khs_vmcoreinfo **ret);
void khs_vmcoreinfo_free(struct khs_vmcoreinfo *v);

/* The value as text, or NULL. */
const char *khs_vmcoreinfo_text(const struct khs_vmcoreinfo *v, const char *key);

/* SYMBOL(), and KERNELOFFSET: hexadecimal. False if absent or no number. */
bool khs_vmcoreinfo_hex(const struct khs_vmcoreinfo *v, const char *key, uint64_t *value);

/*
 * OFFSET(), SIZE(), LENGTH(), NUMBER(), PAGESIZE: decimal, NUMBER() may be negative; a NUMBER()
 * printed as 0x... is taken as hexadecimal (arm64 does that).
 */
bool khs_vmcoreinfo_number(const struct khs_vmcoreinfo *v, const char *key, int64_t *value);

#endif
