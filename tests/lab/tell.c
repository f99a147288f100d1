// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Logs what the kernel holds preserved, by its own means and not by what a dump shows:
 *
 *	LABOUT pfn=HEX order=N blocks=HEX
 *		in the outgoing map: as kho_radix_walk_tree() comes to it
 *	LABIN pfn=HEX order=N blocks=HEX
 *		marked by the kernel before, and not restored: each struct page
 *	LABFILE SESSION token=HEX index=HEX pfn=HEX pages=HEX
 *		folios of files of outgoing sessions, from the page cache; @index: page of the file
 *	LABTOLD out=N in=N files=N
 *		how many lines of each there are; "-": not told, for a fault
 *
 * Blocks of one order that touch each other share a line.
 */
#include <linux/fs.h>
#include <linux/kho_radix_tree.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include "lab.h"
#include "luo.h"

bool map_damaged, files_endless;

struct run {
	const char *name;
	unsigned long pfn, blocks;
	unsigned int order;
	int lines;
};

static void end_run(struct run *run)
{
	if (!run->blocks)
		return;
	pr_warn("%s pfn=%lx order=%u blocks=%lx\n", run->name, run->pfn, run->order, run->blocks);
	run->blocks = 0;
	run->lines++;
}

static void add_to_run(struct run *run, unsigned long pfn, unsigned int order)
{
	if (order != run->order || pfn != run->pfn + (run->blocks << order))
		end_run(run);
	if (!run->blocks) {
		run->pfn = pfn;
		run->order = order;
	}
	run->blocks++;
}

/* ---- the outgoing map ----------------------------------------------------------------------- */

#ifdef LAB_RADIX_PAGE
static struct run out;

static int out_page(phys_addr_t phys, unsigned int order)
{
	add_to_run(&out, PHYS_PFN(phys), order);
	return 0;
}

static int walk_out(void)
{
	out = (struct run){ .name = "LABOUT" };
	kho_radix_walk_tree(out_tree(), out_page);
	end_run(&out);
	return out.lines;
}
#else
static int out_key(unsigned long key, void *run)
{
	unsigned int order = 64 - PAGE_SHIFT - __fls(key);

	add_to_run(run, (key ^ 1ul << __fls(key)) << order, order);
	return 0;
}

static int walk_out(void)
{
	static const struct kho_radix_walk_cb cb = { .leaf = out_key };
	struct run out = { .name = "LABOUT" };

	kho_radix_walk_tree(out_tree(), &cb, &out);
	end_run(&out);
	return out.lines;
}
#endif

/* ---- what came in --------------------------------------------------------------------------- */

static int walk_in(void)
{
	struct run in = { .name = "LABIN" };

	for (unsigned long pfn = 0; pfn < end_pfn(); pfn++) {
		if (at(pfn) && marked(at(pfn)))
			add_to_run(&in, pfn, (unsigned int)at(pfn)->private);
	}
	end_run(&in);
	return in.lines;
}

/* ---- files ---------------------------------------------------------------------------------- */

static int tell_file(const struct luo_session *session, const struct luo_file *file)
{
	unsigned long i, pfn = 0, first = 0, pages = 0;
	struct folio *folio;
	int lines = 0;

	xa_for_each(&file->file->f_mapping->i_pages, i, folio) {
		if (xa_is_value(folio))
			continue;
		if (pages && (folio_pfn(folio) != pfn + pages || folio->index != first + pages)) {
			pr_warn("LABFILE %s token=%llx index=%lx pfn=%lx pages=%lx\n",
				session->name, file->token, first, pfn, pages);
			lines++;
			pages = 0;
		}
		if (!pages) {
			pfn = folio_pfn(folio);
			first = folio->index;
		}
		pages += folio_nr_pages(folio);
	}
	if (!pages)
		return lines;
	pr_warn("LABFILE %s token=%llx index=%lx pfn=%lx pages=%lx\n", session->name, file->token,
		first, pfn, pages);
	return lines + 1;
}

static int walk_files(void)
{
	struct luo_session *session;
	struct luo_file *file;
	int lines = 0;

	list_for_each_entry(session, &luo_session_global()->outgoing.list, list) {
		list_for_each_entry(file, &session->file_set.files_list, list) {
			if (file->file)
				lines += tell_file(session, file);
		}
	}
	return lines;
}

static const char *number_or_none(char *buf, size_t size, int n)
{
	if (n < 0)
		return "-";
	snprintf(buf, size, "%d", n);
	return buf;
}

void tell(void)
{
	char bufs[3][16];
	int lines[3] = { 0, walk_in(), -1 };

	if (map_damaged)
		lines[0] = -1;
	else if (out_tree()->root)
		lines[0] = walk_out();
	if (!files_endless)
		lines[2] = walk_files();
	pr_warn("LABTOLD out=%s in=%s files=%s\n", number_or_none(bufs[0], 16, lines[0]),
		number_or_none(bufs[1], 16, lines[1]), number_or_none(bufs[2], 16, lines[2]));
}
