/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the lab's module share. A pfn of 0 stands for "there is none". */
#pragma once

#include <linux/mm.h>

struct fault {
	const char *name, *id, *class;
	void (*inject)(const struct fault *f);
};

/* Each ends with one without a name. */
extern const struct fault page_faults[], map_faults[], own_doings[], owner_faults[], image_faults[];

/* Of the kernel's variables, or 0. */
extern unsigned long kho_out_addr, kho_scratch_addr, kho_scratch_cnt_addr, kexec_image_addr;

/* The order of the fault at hand; -1: as it likes. */
extern int wanted_order;

void begin(unsigned int seed);
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
/* By the mark of a marked page. */
unsigned int order_of(unsigned long pfn);
bool in_scratch(unsigned long pfn);
/* The first pfn of the node that comes second in memory. */
unsigned long boundary(void);
/* A page that @is, any of them, by the seed. */
unsigned long find(bool (*is)(struct page *, unsigned int, unsigned int), unsigned int min_order,
		   unsigned int max_order);
bool is_free(struct page *page, unsigned int min_order, unsigned int max_order);
/* The last 2^@order pages of the free block at @pfn, which stay free the longest. */
unsigned long last_free(unsigned long pfn, unsigned int order);
/* A page in the middle of a scratch area. */
unsigned long scratch_page(unsigned int min_order);
/* Pages that nobody else will touch any more; of @n blocks from @pfn on those that can be had. */
unsigned long take(unsigned int order);
unsigned int take_from(unsigned long pfn, unsigned int order, unsigned int n);

/* The outgoing map. */
struct kho_radix_tree *out_tree(void);
bool preserved(unsigned long pfn, unsigned int order);
int add(unsigned long pfn, unsigned int order);
int forget(unsigned long pfn, unsigned int order);
/* Whether any preservation shares pages with the block; @id, if any, is then true of those. */
bool shares(const struct fault *f, unsigned long pfn, unsigned int order, const char *id);
/* Adds a block, and says so; says of one that is in the map now, with what else is true of it. */
void add_block(const struct fault *f, unsigned long pfn, unsigned int order);
void block_said(const struct fault *f, unsigned long pfn, unsigned int order);

/* The lines that score.sh reads: what has to be found, and what may be as well. */
void said(const char *name, const char *id, const char *class, unsigned long pfn,
	  unsigned long pages, unsigned int order);
void also(const char *name, const char *id, unsigned long pfn, unsigned long pages);

/* tell.c: logs what the kernel holds preserved. */
void tell(void);

/* Faults after which the kernel itself would not come back from there. */
extern bool map_damaged, files_endless;
