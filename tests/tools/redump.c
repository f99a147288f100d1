// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a vmcore through khs_dump and writes it anew in any format, codec and state of damage, so
 * that the tests need only few real dumps. Writes what makedumpfile and QEMU write, down to the one
 * zero page that all zero pages share. No tool for real work: it holds a byte for every page.
 */
#include <err.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../mkdump/dumpfile.h"
#include "base/error.h"
#include "dump/bounds.h"
#include "dump/dump.h"

#define MAX_PFN (16u << 20) /* how far the input is searched for memory */

struct redump {
	struct khs_dump *in;
	uint8_t *state; /* enum page_state of each page */
	uint64_t max_pfn;
	size_t page;
	uint64_t poke;  /* physical address of a byte to be another ... */
	int poke_value; /* ... this one; -1: of none */
};

/* ---- input ---------------------------------------------------------------------------------- */

/* One beyond the last page @path may tell of. */
static uint64_t last_pfn(const struct redump *r, const char *path)
{
	_cleanup_(khs_file_closep) struct khs_file file = KHS_FILE_NONE;
	_cleanup_error_ struct khs_error *error = NULL;
	struct khs_bounds *bounds;
	uint64_t end;

	if (r->in->flattened)
		return MAX_PFN;
	error = khs_file_open(path, &file);
	if (!error)
		error = khs_bounds_new(&file, &bounds);
	if (error)
		return MAX_PFN;
	end = khs_bounds_end(bounds) / r->page + 1;
	khs_bounds_free(bounds);
	return end < MAX_PFN ? end : MAX_PFN;
}

static void map_pages(struct redump *r, uint64_t end)
{
	char *page = malloc(r->page);

	for (uint64_t pfn = 0; pfn < end; pfn++) {
		enum khs_presence p =
			khs_dump_read_all(r->in, pfn * r->page, page, r->page);

		if (p == KHS_NORAM)
			continue;
		r->state[pfn] = p == KHS_PRESENT ? PRESENT : EXCLUDED;
		r->max_pfn = pfn + 1;
	}
	free(page);
}

static void read_page(void *priv, uint64_t pfn, void *page)
{
	const struct redump *r = priv;

	if (khs_dump_read_all(r->in, pfn * r->page, page, r->page) != KHS_PRESENT)
		errx(1, "pfn %#llx is gone", (unsigned long long)pfn);
	if (r->poke_value >= 0 && r->poke / r->page == pfn)
		((uint8_t *)page)[r->poke % r->page] = (uint8_t)r->poke_value;
}

static void set_range(struct redump *r, const char *range, enum page_state state)
{
	unsigned long long from, to;

	if (sscanf(range, "%lli-%lli", (long long *)&from, (long long *)&to) != 2)
		errx(2, "no range of pfns: %s", range);
	for (; from <= to && from < r->max_pfn; from++)
		if (r->state[from] == PRESENT)
			r->state[from] = state;
}

static void exclude_listed(struct redump *r, const char *path)
{
	FILE *list = fopen(path, "r");
	char line[128];

	if (!list)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), list))
		set_range(r, line, EXCLUDED);
	fclose(list);
}

/* ---- main ----------------------------------------------------------------------------------- */

static void usage(void)
{
	fputs("usage: redump [--format elf|kdump] [--codec none|zlib|lzo|snappy|zstd] [--flatten]\n"
	      "              [--truncate BYTES|PERCENT%] [--utsname full|machine|none]\n"
	      "              [--exclude PFN-PFN]... [--exclude-pages-file FILE]\n"
	      "              [--lose PFN-PFN]... [--spoil PFN-PFN]... [--no-vmcoreinfo]\n"
	      "              [--incomplete-flag] [--damage SEED,COUNT[,FROM-TO]]\n"
	      "              [--poke ADDRESS=BYTE] [--processor CR3] IN OUT\n"
	      "processor: one that QEMU says used the page tables there\n"
	      "lose: promised but never written, as makedumpfile leaves a page without space\n"
	      "spoil: its packed data can't be unpacked\n"
	      "damage: COUNT random bytes at random places of the file, or of FROM-TO in it\n",
	      stderr);
	exit(2);
}

struct options {
	struct dump_style style;
	const char *exclude_file;
	const char *ranges[64];
	enum page_state states[64];
	size_t nr_ranges;
	bool no_vmcoreinfo;
	uint64_t poke, cr3;
	int poke_value;
};

static void add_range(struct options *o, const char *range, enum page_state state)
{
	if (o->nr_ranges == sizeof(o->ranges) / sizeof(o->ranges[0]))
		errx(2, "too many ranges");
	o->ranges[o->nr_ranges] = range;
	o->states[o->nr_ranges++] = state;
}

static void set_poke(struct options *o, const char *poke)
{
	if (sscanf(poke, "%li=%i", (long *)&o->poke, &o->poke_value) != 2)
		errx(2, "no ADDRESS=BYTE: %s", poke);
}

static bool is_elf(const char *format)
{
	if (strcmp(format, "elf") && strcmp(format, "kdump"))
		usage();
	return !strcmp(format, "elf");
}

static const struct codec *find_codec(const char *name)
{
	const struct codec *codec = dump_codec(name);

	if (!codec)
		errx(2, "unknown codec: %s", name);
	return codec;
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "format", 1, NULL, 'f' },	{ "codec", 1, NULL, 'c' },
		{ "flatten", 0, NULL, 'F' },	{ "truncate", 1, NULL, 't' },
		{ "utsname", 1, NULL, 'u' },	{ "exclude", 1, NULL, 'x' },
		{ "exclude-pages-file", 1, NULL, 'X' }, { "lose", 1, NULL, 'l' },
		{ "spoil", 1, NULL, 's' },
		{ "no-vmcoreinfo", 0, NULL, 'n' }, { "incomplete-flag", 0, NULL, 'i' },
		{ "damage", 1, NULL, 'd' },	{ "poke", 1, NULL, 'p' },
		{ "processor", 1, NULL, 'P' },
		{ 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (opt) {
		case 'f': o->style.elf = is_elf(optarg); break;
		case 'c': o->style.codec = find_codec(optarg); break;
		case 'F': o->style.flatten = true; break;
		case 't': o->style.truncate = optarg; break;
		case 'u': o->style.utsname = optarg; break;
		case 'x': add_range(o, optarg, EXCLUDED); break;
		case 'X': o->exclude_file = optarg; break;
		case 'l': add_range(o, optarg, LOST); break;
		case 's': add_range(o, optarg, SPOILT); break;
		case 'n': o->no_vmcoreinfo = true; break;
		case 'd': o->style.damage = optarg; break;
		case 'p': set_poke(o, optarg); break;
		case 'P': o->cr3 = strtoull(optarg, NULL, 0); break;
		case 'i': o->style.incomplete = true; break;
		default: usage();
		}
	}
	if (argc - optind != 2)
		usage();
}

int main(int argc, char **argv)
{
	struct options o = { .style = { .codec = find_codec("zlib"), .utsname = "full" },
			     .poke_value = -1 };
	struct dump_image image = { .read = read_page };
	struct redump r = { 0 };
	struct khs_error *error;
	char page_size[32];

	parse(argc, argv, &o);
	error = khs_dump_open(argv[optind], NULL, &r.in);
	if (error)
		errx(1, "%s", khs_error_message(error));
	image.vmcoreinfo = r.in->vmcoreinfo;
	dump_info(&image, "PAGESIZE=", page_size, sizeof(page_size));
	r.page = *page_size ? strtoul(page_size, NULL, 10) : 4096;
	r.state = calloc(1, MAX_PFN);
	map_pages(&r, last_pfn(&r, argv[optind]));
	for (size_t i = 0; i < o.nr_ranges; i++)
		set_range(&r, o.ranges[i], o.states[i]);
	if (o.exclude_file)
		exclude_listed(&r, o.exclude_file);
	r.poke = o.poke;
	r.poke_value = o.poke_value;
	image.cr3 = &o.cr3;
	image.nr_cr3 = o.cr3 != 0;
	image.page = r.page;
	image.max_pfn = r.max_pfn;
	image.state = r.state;
	image.priv = &r;
	image.vmcoreinfo_len = o.no_vmcoreinfo ? 0 : r.in->vmcoreinfo_len;
	dump_write(&image, &o.style, argv[optind + 1]);
	khs_dump_close(r.in);
	free(r.state);
	return 0;
}
