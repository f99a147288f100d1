// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads a vmcore through khs_dump and writes it anew in any format, codec and state of damage, so
 * that the tests need only few real dumps. Writes what makedumpfile and QEMU write, down to the one
 * zero page that all zero pages share. No tool for real work: it holds a byte for every page.
 */
#include <elf.h>
#include <err.h>
#include <endian.h>
#include <fcntl.h>
#include <getopt.h>
#include <lzo/lzo1x.h>
#include <snappy-c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"
#include "dump/bounds.h"
#include "dump/dump.h"

#define MAX_PFN (16u << 20) /* how far the input is searched for memory */
#define BATCH 170           /* descriptors written at once, as many as fit a page */

enum page_state { NORAM, PRESENT, EXCLUDED, LOST };

struct out {
	int fd;
	bool flatten;
	uint64_t end; /* of the stream, when flattening */
};

struct redump {
	struct khs_dump *in;
	struct out out;
	uint8_t *state; /* enum page_state of each page */
	uint64_t max_pfn;
	size_t page;
	const struct codec *codec;
	bool incomplete_flag;
	const char *utsname; /* "full", "machine", "none" */
};

/* ---- output --------------------------------------------------------------------------------- */

static void write_at(int fd, const void *buf, size_t len, uint64_t off)
{
	if (pwrite(fd, buf, len, off) != (ssize_t)len)
		err(1, "writing");
}

static void put(struct out *out, const void *buf, size_t len, uint64_t off)
{
	uint64_t record[2] = { htobe64(off), htobe64(len) };

	if (!len)
		return;
	if (!out->flatten) {
		write_at(out->fd, buf, len, off);
		return;
	}
	write_at(out->fd, record, sizeof(record), out->end);
	write_at(out->fd, buf, len, out->end + sizeof(record));
	out->end += sizeof(record) + len;
}

static void begin(struct out *out)
{
	static char header[4096] = "makedumpfile";
	uint64_t one = htobe64(1);

	if (!out->flatten)
		return;
	memcpy(header + 16, &one, 8);
	memcpy(header + 24, &one, 8);
	write_at(out->fd, header, sizeof(header), 0);
	out->end = sizeof(header);
}

/* Random bytes at random places: the same ones for the same seed. */
static void damage(const struct out *out, const char *how)
{
	unsigned long long seed, count, from = 0, to = 0, size;
	struct stat st;

	if (sscanf(how, "%llu,%llu,%llu-%llu", &seed, &count, &from, &to) < 2)
		errx(2, "no damage: %s", how);
	if (fstat(out->fd, &st))
		err(1, "stat");
	size = to && to < (uint64_t)st.st_size ? to : (uint64_t)st.st_size;
	if (from >= size)
		errx(2, "no bytes to damage: %s", how);
	for (seed = 2 * seed + 1; count--;) {
		uint8_t byte;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		byte = seed >> 56;
		write_at(out->fd, &byte, 1, from + (seed >> 16) % (size - from));
	}
}

static void finish(struct out *out, const char *how, const char *truncate)
{
	const int64_t end[2] = { -1, -1 };
	struct stat st;
	uint64_t size;
	char *rest;

	if (out->flatten)
		write_at(out->fd, end, sizeof(end), out->end);
	if (how)
		damage(out, how);
	if (truncate) {
		size = strtoull(truncate, &rest, 0);
		if (fstat(out->fd, &st))
			err(1, "stat");
		if (*rest == '%')
			size = st.st_size * size / 100;
		if (ftruncate(out->fd, size))
			err(1, "truncating");
	}
	if (close(out->fd))
		err(1, "closing");
}

/* ---- codecs --------------------------------------------------------------------------------- */

struct codec {
	const char *name;
	uint32_t flag;
	size_t (*pack)(const void *page, size_t len, void *to, size_t room); /* 0: failed */
};

static size_t pack_zlib(const void *page, size_t len, void *to, size_t room)
{
	uLongf n = room;

	return compress2(to, &n, page, len, Z_BEST_SPEED) == Z_OK ? n : 0;
}

static size_t pack_lzo(const void *page, size_t len, void *to, size_t room)
{
	static lzo_align_t work[LZO1X_1_MEM_COMPRESS / sizeof(lzo_align_t) + 1];
	lzo_uint n = room;

	return lzo1x_1_compress(page, len, to, &n, work) == LZO_E_OK ? n : 0;
}

static size_t pack_snappy(const void *page, size_t len, void *to, size_t room)
{
	size_t n = room;

	return snappy_compress(page, len, to, &n) == SNAPPY_OK ? n : 0;
}

static size_t pack_zstd(const void *page, size_t len, void *to, size_t room)
{
	size_t n = ZSTD_compress(to, room, page, len, 1);

	return ZSTD_isError(n) ? 0 : n;
}

static const struct codec codecs[] = {
	{ "none", 0x00, NULL },	      { "zlib", 0x01, pack_zlib },
	{ "lzo", 0x02, pack_lzo },    { "snappy", 0x04, pack_snappy },
	{ "zstd", 0x20, pack_zstd },
};

static const struct codec *find_codec(const char *name)
{
	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++)
		if (!strcmp(codecs[i].name, name))
			return &codecs[i];
	errx(2, "unknown codec: %s", name);
}

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

static void read_page(struct redump *r, uint64_t pfn, void *page)
{
	if (khs_dump_read_all(r->in, pfn * r->page, page, r->page) != KHS_PRESENT)
		errx(1, "pfn %#llx is gone", (unsigned long long)pfn);
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

static void info(const struct redump *r, const char *key, char *value, size_t size)
{
	const char *at = r->in->vmcoreinfo;
	size_t len = strlen(key);

	snprintf(value, size, "%s", "");
	for (; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
		if (!strncmp(at, key, len))
			snprintf(value, size, "%.*s", (int)strcspn(at + len, "\n"), at + len);
}

static bool is_arm64(const struct redump *r)
{
	char value[64];

	info(r, "NUMBER(VA_BITS)=", value, sizeof(value));
	return *value;
}

/* One ELF note with the VMCOREINFO of the input; malloc()ed. */
static void *make_note(const struct redump *r, size_t *len)
{
	size_t text = r->in->vmcoreinfo_len;
	Elf64_Nhdr *note;

	*len = sizeof(*note) + 12 + (text + 3) / 4 * 4;
	note = calloc(1, *len);
	note->n_namesz = sizeof("VMCOREINFO");
	note->n_descsz = text;
	strcpy((char *)(note + 1), "VMCOREINFO");
	if (text)
		memcpy((char *)(note + 1) + 12, r->in->vmcoreinfo, text);
	return note;
}

/* ---- ELF ------------------------------------------------------------------------------------ */

/*
 * One segment for each run of present pages and the run of excluded ones behind it, as makedumpfile
 * makes them: memory size beyond file size. Returns their number.
 */
static size_t make_loads(const struct redump *r, Elf64_Phdr *ph, uint64_t off)
{
	size_t n = 0;

	for (uint64_t pfn = 0; pfn < r->max_pfn;) {
		uint64_t start = pfn, data;

		if (r->state[pfn] == NORAM) {
			pfn++;
			continue;
		}
		while (pfn < r->max_pfn && r->state[pfn] == PRESENT)
			pfn++;
		data = pfn - start;
		while (pfn < r->max_pfn && r->state[pfn] > PRESENT)
			pfn++;
		if (ph)
			ph[n] = (Elf64_Phdr){
				.p_type = PT_LOAD,
				.p_flags = PF_R | PF_W | PF_X,
				.p_offset = off,
				.p_paddr = start * r->page,
				.p_filesz = data * r->page,
				.p_memsz = (pfn - start) * r->page,
			};
		off += data * r->page;
		n++;
	}
	return n;
}

static bool is_zero(const uint8_t *page, size_t len)
{
	return !page[0] && !memcmp(page, page + 1, len - 1);
}

/* Zero pages are holes of the file, unless it is a stream. */
static void write_elf_pages(struct redump *r, uint64_t off)
{
	void *page = malloc(r->page);

	for (uint64_t pfn = 0; pfn < r->max_pfn; pfn++) {
		if (r->state[pfn] != PRESENT)
			continue;
		read_page(r, pfn, page);
		if (r->out.flatten || !is_zero(page, r->page))
			put(&r->out, page, r->page, off);
		off += r->page;
	}
	if (!r->out.flatten && ftruncate(r->out.fd, off))
		err(1, "writing");
	free(page);
}

static void write_elf(struct redump *r)
{
	size_t nr_loads = make_loads(r, NULL, 0), note_len;
	_cleanup_free_ void *note = make_note(r, &note_len);
	uint64_t note_off = sizeof(Elf64_Ehdr) + (nr_loads + 1) * sizeof(Elf64_Phdr);
	uint64_t data_off = (note_off + note_len + r->page - 1) / r->page * r->page;
	_cleanup_free_ Elf64_Phdr *ph = calloc(nr_loads + 1, sizeof(*ph));
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
			     EV_CURRENT },
		.e_type = ET_CORE,
		.e_machine = is_arm64(r) ? EM_AARCH64 : EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(eh),
		.e_ehsize = sizeof(eh),
		.e_phentsize = sizeof(*ph),
		.e_phnum = nr_loads + 1,
		.e_flags = r->incomplete_flag,
	};

	ph[0] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_offset = note_off, .p_filesz = note_len };
	make_loads(r, ph + 1, data_off);
	put(&r->out, &eh, sizeof(eh), 0);
	put(&r->out, ph, (nr_loads + 1) * sizeof(*ph), sizeof(eh));
	put(&r->out, note, note_len, note_off);
	write_elf_pages(r, data_off);
}

/* ---- kdump-compressed ----------------------------------------------------------------------- */

struct desc {
	uint64_t offset;
	uint32_t size;
	uint32_t flags;
	uint64_t page_flags;
};

struct kdump_writer {
	struct redump *r;
	uint64_t desc_off;
	uint64_t data_off;
	struct desc zero; /* shared by all zero pages; size 0: not written yet */
	struct desc batch[BATCH];
	size_t nr_batch;
	uint8_t *data; /* of the batch */
	size_t data_len;
};

static void put32(uint8_t *h, size_t off, uint32_t value)
{
	memcpy(h + off, &(uint32_t){ htole32(value) }, 4);
}

static void put64(uint8_t *h, size_t off, uint64_t value)
{
	memcpy(h + off, &(uint64_t){ htole64(value) }, 8);
}

static void fill_utsname(const struct redump *r, char *uts)
{
	if (!strcmp(r->utsname, "none"))
		return;
	strcpy(uts + 4 * 65, is_arm64(r) ? "aarch64" : "x86_64");
	if (strcmp(r->utsname, "full"))
		return;
	strcpy(uts, "Linux");
	strcpy(uts + 65, "redump");
	info(r, "OSRELEASE=", uts + 2 * 65, 65);
	strcpy(uts + 3 * 65, "#1");
	strcpy(uts + 5 * 65, "(none)");
}

static void flush(struct kdump_writer *w)
{
	size_t len = w->nr_batch * sizeof(w->batch[0]);

	put(&w->r->out, w->batch, len, w->desc_off);
	put(&w->r->out, w->data, w->data_len, w->data_off);
	w->desc_off += len;
	w->data_off += w->data_len;
	w->nr_batch = w->data_len = 0;
}

static struct desc add_data(struct kdump_writer *w, const void *bytes, size_t len, uint32_t flags)
{
	struct desc d = { .offset = w->data_off + w->data_len, .size = len, .flags = flags };

	memcpy(w->data + w->data_len, bytes, len);
	w->data_len += len;
	return d;
}

static struct desc pack_page(struct kdump_writer *w, const uint8_t *page)
{
	const struct redump *r = w->r;
	_cleanup_free_ uint8_t *packed = malloc(2 * r->page);
	size_t n = 0;

	if (is_zero(page, r->page)) {
		if (!w->zero.size)
			w->zero = add_data(w, page, r->page, 0);
		return w->zero;
	}
	if (r->codec->pack)
		n = r->codec->pack(page, r->page, packed, 2 * r->page);
	if (!n || n >= r->page)
		return add_data(w, page, r->page, 0);
	return add_data(w, packed, n, r->codec->flag);
}

static void write_kdump_pages(struct redump *r, uint64_t desc_off, uint64_t data_off)
{
	struct kdump_writer w = { .r = r, .desc_off = desc_off, .data_off = data_off };
	uint8_t *page = malloc(r->page);

	w.data = malloc((BATCH + 1) * r->page);
	for (uint64_t pfn = 0; pfn < r->max_pfn; pfn++) {
		if (r->state[pfn] != PRESENT && r->state[pfn] != LOST)
			continue;
		if (r->state[pfn] == LOST) {
			w.batch[w.nr_batch++] = (struct desc){ 0 };
		} else {
			read_page(r, pfn, page);
			w.batch[w.nr_batch++] = pack_page(&w, page);
		}
		if (w.nr_batch == BATCH)
			flush(&w);
	}
	flush(&w);
	free(w.data);
	free(page);
}

/* Both bitmaps at @off; returns how many pages the second one promises. */
static uint64_t write_bitmaps(struct redump *r, uint64_t off, size_t len)
{
	_cleanup_free_ uint8_t *ram = calloc(1, len), *dumped = calloc(1, len);
	uint64_t pages = 0;

	for (uint64_t pfn = 0; pfn < r->max_pfn; pfn++) {
		bool in_dump = r->state[pfn] == PRESENT || r->state[pfn] == LOST;

		ram[pfn / 8] |= (r->state[pfn] != NORAM) << pfn % 8;
		dumped[pfn / 8] |= in_dump << pfn % 8;
		pages += in_dump;
	}
	put(&r->out, ram, len, off);
	put(&r->out, dumped, len, off + len);
	return pages;
}

static void write_kdump(struct redump *r)
{
	size_t note_len, bitmap_len = (r->max_pfn / 8 + r->page) / r->page * r->page;
	_cleanup_free_ void *note = make_note(r, &note_len);
	uint64_t sub = (104 + note_len + r->page - 1) / r->page;
	uint64_t bitmaps = (1 + sub) * r->page, desc_off = bitmaps + 2 * bitmap_len, pages;
	_cleanup_free_ uint8_t *h = calloc(2, r->page);
	uint8_t *s = h + r->page;

	memcpy(h, "KDUMP   ", 8);
	put32(h, 8, 6);
	fill_utsname(r, (char *)h + 12);
	put32(h, 424, r->codec->flag | (r->incomplete_flag ? 0x8 : 0));
	put32(h, 428, r->page);
	put32(h, 432, sub);
	put32(h, 436, 2 * bitmap_len / r->page);
	put32(h, 440, r->max_pfn);
	put32(h, 460, 1);
	put32(s, 8, 31);
	put64(s, 32, r->in->vmcoreinfo_len ? r->page + 104 + sizeof(Elf64_Nhdr) + 12 : 0);
	put64(s, 40, r->in->vmcoreinfo_len);
	put64(s, 48, r->page + 104);
	put64(s, 56, note_len);
	put64(s, 96, r->max_pfn);
	put(&r->out, h, r->page + 104, 0);
	put(&r->out, note, note_len, r->page + 104);
	pages = write_bitmaps(r, bitmaps, bitmap_len);
	write_kdump_pages(r, desc_off, desc_off + pages * sizeof(struct desc));
}

/* ---- main ----------------------------------------------------------------------------------- */

static void usage(void)
{
	fputs("usage: redump [--format elf|kdump] [--codec none|zlib|lzo|snappy|zstd] [--flatten]\n"
	      "              [--truncate BYTES|PERCENT%] [--utsname full|machine|none]\n"
	      "              [--exclude PFN-PFN]... [--exclude-pages-file FILE]\n"
	      "              [--lose PFN-PFN]... [--no-vmcoreinfo] [--incomplete-flag]\n"
	      "              [--damage SEED,COUNT[,FROM-TO]] IN OUT\n"
	      "lose: promised but never written, as makedumpfile leaves a page without space\n"
	      "damage: COUNT random bytes at random places of the file, or of FROM-TO in it\n",
	      stderr);
	exit(2);
}

struct options {
	const char *format, *truncate, *exclude_file, *damage;
	const char *ranges[64];
	enum page_state states[64];
	size_t nr_ranges;
	bool no_vmcoreinfo;
};

static void add_range(struct options *o, const char *range, enum page_state state)
{
	if (o->nr_ranges == sizeof(o->ranges) / sizeof(o->ranges[0]))
		errx(2, "too many ranges");
	o->ranges[o->nr_ranges] = range;
	o->states[o->nr_ranges++] = state;
}

static void parse(int argc, char **argv, struct options *o, struct redump *r)
{
	static const struct option longs[] = {
		{ "format", 1, NULL, 'f' },	{ "codec", 1, NULL, 'c' },
		{ "flatten", 0, NULL, 'F' },	{ "truncate", 1, NULL, 't' },
		{ "utsname", 1, NULL, 'u' },	{ "exclude", 1, NULL, 'x' },
		{ "exclude-pages-file", 1, NULL, 'X' }, { "lose", 1, NULL, 'l' },
		{ "no-vmcoreinfo", 0, NULL, 'n' }, { "incomplete-flag", 0, NULL, 'i' },
		{ "damage", 1, NULL, 'd' },
		{ 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (opt) {
		case 'f': o->format = optarg; break;
		case 'c': r->codec = find_codec(optarg); break;
		case 'F': r->out.flatten = true; break;
		case 't': o->truncate = optarg; break;
		case 'u': r->utsname = optarg; break;
		case 'x': add_range(o, optarg, EXCLUDED); break;
		case 'X': o->exclude_file = optarg; break;
		case 'l': add_range(o, optarg, LOST); break;
		case 'n': o->no_vmcoreinfo = true; break;
		case 'd': o->damage = optarg; break;
		case 'i': r->incomplete_flag = true; break;
		default: usage();
		}
	}
	if (argc - optind != 2 || (strcmp(o->format, "elf") && strcmp(o->format, "kdump")))
		usage();
}

int main(int argc, char **argv)
{
	struct redump r = { .codec = &codecs[1], .utsname = "full" };
	struct options o = { .format = "kdump" };
	struct khs_error *error;
	char page_size[32];

	parse(argc, argv, &o, &r);
	error = khs_dump_open(argv[optind], NULL, &r.in);
	if (error)
		errx(1, "%s", khs_error_message(error));
	info(&r, "PAGESIZE=", page_size, sizeof(page_size));
	r.page = *page_size ? strtoul(page_size, NULL, 10) : 4096;
	if (o.no_vmcoreinfo)
		r.in->vmcoreinfo_len = 0;
	r.state = calloc(1, MAX_PFN);
	map_pages(&r, last_pfn(&r, argv[optind]));
	for (size_t i = 0; i < o.nr_ranges; i++)
		set_range(&r, o.ranges[i], o.states[i]);
	if (o.exclude_file)
		exclude_listed(&r, o.exclude_file);
	r.out.fd = open(argv[optind + 1], O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (r.out.fd < 0)
		err(1, "%s", argv[optind + 1]);
	begin(&r.out);
	if (!strcmp(o.format, "elf"))
		write_elf(&r);
	else
		write_kdump(&r);
	finish(&r.out, o.damage, o.truncate);
	khs_dump_close(r.in);
	free(r.state);
	return 0;
}
