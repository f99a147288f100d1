// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a vmcore of a kernel that never ran, from a text that describes it (README.md). Takes
 * nothing from the library that reads such files: a mistake that both shared would be no mistake.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kho.h"
#include "parts.h"
#include "statements.h"

static void usage(void)
{
	fputs("usage: mkdump [--list] [--layouts FOLDER] [--line LINE]... CASE [OUT]\n"
	      "list: prints what is preserved and what is pending, a block a line\n"
	      "line: one more line, as if it stood at the case's end\n", stderr);
	exit(2);
}

static int by_pfn(const void *a, const void *b)
{
	const struct block *x = a, *y = b;

	if (x->pfn != y->pfn)
		return x->pfn < y->pfn ? -1 : 1;
	return (int)x->order - (int)y->order;
}

static void print_blocks(struct blocks *blocks, const char *direction)
{
	if (blocks->n)
		qsort(blocks->v, blocks->n, sizeof(*blocks->v), by_pfn);
	for (size_t i = 0; i < blocks->n; i++)
		printf("%s %llu %u\n", direction, (unsigned long long)blocks->v[i].pfn,
		       blocks->v[i].order);
}

/* Of x86: page 0 is the BIOS's, 0x9f000 to 1M is no RAM. */
static void firmware(struct machine *m)
{
	static struct line hole = { .file = "firmware", .nr = 1, .n = 2 };
	static const char *low[] = { "hole", "0-4K", NULL };
	static const char *high[] = { "hole", "0x9f000-1M", NULL };
	struct lines lines = { &hole, 1 };

	if (m->arch->aarch64)
		return;
	hole.words = low;
	statements_run(m, &lines, PHASE_MACHINE);
	hole.words = high;
	statements_run(m, &lines, PHASE_MACHINE);
}

static void describe(struct machine *m, const struct lines *lines)
{
	statements_run(m, lines, PHASE_SET);
	statements_run(m, lines, PHASE_ARCH);
	if (!m->arch)
		errx(2, "no \"machine\" line");
	statements_run(m, lines, PHASE_MACHINE);
	firmware(m);
	statements_run(m, lines, PHASE_KERNEL);
	layout_text(&m->lay, "abi");
	statements_run(m, lines, PHASE_HIDE);
}

static void build(struct machine *m, const struct lines *lines)
{
	machine_power_on(m);
	addresses_choose(m);
	memmap_place(m);
	variables_place(m);
	nodes_place(m);
	pagetable_write(m);
	statements_run(m, lines, PHASE_PAGES);
	handover_write(m);
	statements_run(m, lines, PHASE_OWNERS);
	handover_finish(m);
	/* Now it is known what every page is used for. */
	nodes_write(m);
	memmap_write(m);
	set(m, "max_pfn", m->mem.max_pfn);
	put_text(m, place(m, "init_uts_ns.name.release"), layout_text(&m->lay, "release"));
	if (!m->no_btf)
		btf_write(m);
	kallsyms_write(m);
	vmcoreinfo_make(m);
	statements_run(m, lines, PHASE_LIES);
}

static void write_parts(const struct dump_image *image, struct machine *m, const char *path)
{
	for (unsigned int i = 0; i < m->parts; i++) {
		char part[4096];

		snprintf(part, sizeof(part), "%s.%u", path, i + 1);
		m->style.split = true;
		m->style.split_start = image->max_pfn * i / m->parts;
		m->style.split_end = image->max_pfn * (i + 1) / m->parts;
		dump_write(image, &m->style, part);
	}
}

static void dump(struct machine *m, const char *path)
{
	const struct dump_image image = {
		.page = page_size(m), .max_pfn = m->mem.max_pfn, .state = m->mem.state,
		.read = memory_read_page, .priv = &m->mem, .vmcoreinfo = m->vmcoreinfo,
		.vmcoreinfo_len = m->no_vmcoreinfo ? 0 : m->vmcoreinfo_len,
		.cr3 = m->cr3, .nr_cr3 = m->nr_cr3,
	};

	if (m->parts)
		write_parts(&image, m, path);
	else
		dump_write(&image, &m->style, path);
}

/* The folder "layouts" beside that of the case. */
static void default_layouts(struct machine *m, const char *path)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];

	snprintf(folder, sizeof(folder), "%.*s../layouts", slash ? (int)(slash + 1 - path) : 0,
		 path);
	layout_set(&m->lay, "layouts", folder);
}

int main(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "list", 0, NULL, 'l' }, { "layouts", 1, NULL, 'L' }, { "line", 1, NULL, 'e' },
		{ 0 },
	};
	struct machine m = {
		.ho = &(struct handover){ 0 },
		.style = { .elf = true, .codec = dump_codec("zlib"), .utsname = "full" },
	};
	struct lines lines = { 0 }, more = { 0 };
	bool list = false;
	int opt;

	layout_init(&m.lay);
	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (opt) {
		case 'l': list = true; break;
		case 'L': layout_set(&m.lay, "layouts", optarg); break;
		case 'e': lines_add(&more, "--line", 1, optarg); break;
		default: usage();
		}
	}
	if (argc - optind < 1 || argc - optind > 2)
		usage();
	default_layouts(&m, argv[optind]);
	lines_read(&lines, argv[optind]);
	lines_append(&lines, &more);
	statements_check(&lines);
	describe(&m, &lines);
	build(&m, &lines);
	if (list) {
		print_blocks(&m.preserved, "out");
		print_blocks(&m.pending, "in");
	}
	statements_run(&m, &lines, PHASE_DUMP);
	if (argc - optind == 2)
		dump(&m, argv[optind + 1]);
	memory_free(&m.mem);
	return 0;
}
