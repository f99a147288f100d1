/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the lab's module share. A pfn of 0 stands for "there is none". */
#pragma once

#include <linux/mm.h>

struct fault {
	const char *name, *id, *class;
	void (*inject)(const struct fault *f);
};

/* owners.c: faults in what preserved pages belong to; NULL if @name is none of them. */
const struct fault *owner_fault(const char *name);

/* image.c: faults in what the loaded image hands over; NULL if @name is none of them. */
const struct fault *image_fault(const char *name);

extern unsigned long kexec_image_addr;

/* By the seed: one of 0 to @n - 1; and the first, one in the middle, or the last of @n. */
unsigned long below(unsigned long n);
unsigned long place(unsigned long n);
/* The order asked for, or @other. */
unsigned int order_or(unsigned int other);

/* Behind the last page of the last node. */
unsigned long end_pfn(void);
struct page *at(unsigned long pfn);
unsigned long mark(unsigned int order);
bool marked(struct page *page);
/* Pages that nobody else will touch any more. */
unsigned long take(unsigned int order);

/* The outgoing map. */
struct kho_radix_tree *out_tree(void);
bool preserved(unsigned long pfn, unsigned int order);
int add(unsigned long pfn, unsigned int order);
int forget(unsigned long pfn, unsigned int order);

/* The lines that score.sh reads: what has to be found, and what may be as well. */
void said(const char *name, const char *id, const char *class, unsigned long pfn,
	  unsigned long pages, unsigned int order);
void also(const char *name, const char *id, unsigned long pfn, unsigned long pages);

/* tell.c: logs what the kernel holds preserved. */
void tell(void);

/* Faults after which the kernel itself would not come back from there. */
extern bool map_damaged, files_endless;
