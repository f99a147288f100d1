/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A text file of the source tree as a string, khs_doc_NAME, with a NUL behind it. The path is from
 * the root of the tree; the Makefile makes the object depend on the file.
 */
#ifndef KHS_REPORT_EMBED_H
#define KHS_REPORT_EMBED_H

#define KHS_EMBED(name, path) \
	__asm__(".pushsection .rodata\n" \
		".global khs_doc_" #name "\n.hidden khs_doc_" #name "\n" \
		"khs_doc_" #name ":\n.incbin \"" path "\"\n.byte 0\n" \
		".popsection\n"); \
	extern const char khs_doc_##name[] __attribute__((visibility("hidden")))

#endif
