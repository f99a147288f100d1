// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Damages a dump in many ways, one after the other, and has the tool look at each.
 *
 *	mutate [--first N] [--count N] [--cpu SECONDS] [--memory MIB] [--sanitized] [--keep]
 *	       KHOSCOPE DUMP WORK
 *
 * Mutation N of a dump is the same each time. WORK is a file to work on, a copy of DUMP; WORK.log
 * is standard error of the last run. What went wrong is printed as it is found; at the end comes a
 * table. --keep leaves WORK as the last mutation made it, for a debugger. Status 1 if anything was
 * wrong.
 */
#include <err.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "places.h"
#include "run.h"

#define MAX_ARGS 12
/* Changes of one mutation. */
#define MAX_CHANGES 8
#define MAX_BYTES 256
/* In so many mutations every verb looks. */
#define ALL_VERBS 16

struct campaign {
	const char *tool, *work;
	char log[4096];
	struct limits limits;
	uint64_t first, count;
	bool keep;
	const uint8_t *whole; /* the dump */
	uint64_t size;
	int fd;               /* the work file */
	struct places places;
	uint64_t random;
	/* Results. */
	uint64_t mutations[NR_PLACES + 1], runs, wrong, statuses[4], findings;
	double most_cpu;
	uint64_t most_kibibytes;
};

/* The last kind of mutation. */
#define TRUNCATION NR_PLACES

static const char *const verbs[][4] = {
	{ "status" }, { "status", "--json" }, { "list", "--limit", "5000" },
	{ "list", "--json", "--limit", "5000" }, { "check" }, { "owners" }, { "owners", "--json" },
	{ "fdt" }, { "fdt", "--hexdump" }, { "fdt", "--json" }, { "preflight" },
	{ "preflight", "--json" }, { "facts", "--json" }, { "page" }, { "page", "--json" },
};

#define NR_VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* ---- chance --------------------------------------------------------------------------------- */

/* xorshift64*, as in tests/unit/hostile.c: a number means the same everywhere. */
static uint64_t any(struct campaign *c)
{
	c->random ^= c->random >> 12;
	c->random ^= c->random << 25;
	c->random ^= c->random >> 27;
	return c->random * 0x2545f4914f6cdd1dULL;
}

static uint64_t below(struct campaign *c, uint64_t n)
{
	return any(c) % n;
}

static void begin(struct campaign *c, uint64_t number)
{
	c->random = (number + 1) * 0x9e3779b97f4a7c15ULL;
	for (unsigned int i = 0; i < 4; i++)
		any(c);
}

/* A byte of those of @kind, each range as likely as any other. */
static uint64_t somewhere(struct campaign *c, enum place_kind kind)
{
	const struct place *p = &c->places.v[kind][below(c, c->places.n[kind])];

	return p->off + below(c, p->len);
}

static uint64_t word_at(const struct campaign *c, uint64_t off)
{
	uint64_t word = 0;

	if (off + sizeof(word) <= c->size)
		memcpy(&word, c->whole + off, sizeof(word));
	return word;
}

/* A word that nearly makes sense in place of @old. */
static uint64_t likely_word(struct campaign *c, enum place_kind kind, uint64_t old)
{
	switch (below(c, 12)) {
	case 0: return 0;
	case 1: return UINT64_MAX;
	case 2: return below(c, 64);
	case 3: return below(c, c->places.end_pfn) << 12;
	case 4: return old + 8;
	case 5: return old ^ 4096;
	case 6: return old - 4096;
	case 7: return old << below(c, 32);
	case 8: return 0x4b484f5000000000 | below(c, 70);
	case 9: return any(c);
	default: return word_at(c, somewhere(c, kind) & ~7ULL);
	}
}

/* ---- damage --------------------------------------------------------------------------------- */

static void put(struct campaign *c, uint64_t off, const void *bytes, size_t len)
{
	if (off >= c->size)
		return;
	if (len > c->size - off)
		len = c->size - off;
	if (pwrite(c->fd, bytes, len, (off_t)off) != (ssize_t)len)
		err(1, "%s", c->work);
}

static void change(struct campaign *c, enum place_kind kind, uint64_t off)
{
	uint8_t bytes[MAX_BYTES] = { 0 };
	size_t len = 1 + below(c, MAX_BYTES);
	uint64_t word;

	switch (below(c, 8)) {
	case 0:
	case 1:
	case 2:
		bytes[0] = c->whole[off] ^ (uint8_t)(1 << below(c, 8));
		put(c, off, bytes, 1);
		return;
	case 3:
	case 4:
	case 5:
		word = likely_word(c, kind, word_at(c, off & ~7ULL));
		put(c, off & ~7ULL, &word, below(c, 4) ? sizeof(word) : 4);
		return;
	case 6:
		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)any(c);
		/* fallthrough */
	default:
		put(c, off, bytes, len);
	}
}

/* Returns the kind. */
static unsigned int damage(struct campaign *c, struct place *touched)
{
	unsigned int kind = (unsigned int)below(c, 4 * NR_PLACES + 1) / 4;
	unsigned int changes = 1 + (unsigned int)below(c, MAX_CHANGES);
	uint64_t off;

	if (kind == TRUNCATION) {
		touched->off = below(c, c->size);
		if (ftruncate(c->fd, (off_t)touched->off))
			err(1, "%s", c->work);
		touched->len = c->size - touched->off;
		return kind;
	}
	while (!c->places.n[kind])
		kind = (kind + 1) % NR_PLACES;
	for (unsigned int i = 0; i < changes; i++) {
		off = somewhere(c, kind);
		change(c, kind, off);
		touched[i] = (struct place){ off & ~7ULL, MAX_BYTES + 8 };
	}
	return kind;
}

static void mend(struct campaign *c, const struct place *touched)
{
	for (unsigned int i = 0; i < MAX_CHANGES; i++) {
		const struct place *t = &touched[i];
		uint64_t n;

		for (uint64_t at = 0; at < t->len; at += n) {
			n = t->len - at < 1 << 20 ? t->len - at : 1 << 20;
			put(c, t->off + at, c->whole + t->off + at, n);
		}
	}
}

/* ---- looking -------------------------------------------------------------------------------- */

static void run(struct campaign *c, uint64_t number, unsigned int kind, const char *const *words,
		const char *operand)
{
	char *argv[MAX_ARGS] = { (char *)c->tool };
	unsigned int n = 1;
	struct verdict v;

	for (; n <= 4 && words[n - 1]; n++)
		argv[n] = (char *)words[n - 1];
	if (operand)
		argv[n++] = (char *)operand;
	argv[n++] = "--quiet";
	argv[n] = (char *)c->work;
	v = run_tool(argv, &c->limits, c->places.end_pfn, c->log);
	c->runs++;
	if (v.status >= 0 && v.status <= 3)
		c->statuses[v.status]++;
	c->findings += v.findings;
	if (v.cpu_seconds > c->most_cpu)
		c->most_cpu = v.cpu_seconds;
	if (v.kibibytes > c->most_kibibytes)
		c->most_kibibytes = v.kibibytes;
	if (!v.wrong[0])
		return;
	c->wrong++;
	printf("mutation %llu (%s): %s%s%s: %s\n", (unsigned long long)number,
	       kind == TRUNCATION ? "truncated" : place_names[kind], words[0],
	       words[1] ? " " : "", words[1] ? words[1] : "", v.wrong);
	fflush(stdout);
}

static void run_verb(struct campaign *c, uint64_t number, unsigned int kind, size_t verb)
{
	char page[40];

	snprintf(page, sizeof(page), "pfn:%llu",
		 (unsigned long long)below(c, c->places.end_pfn + 16));
	run(c, number, kind, verbs[verb], strcmp(verbs[verb][0], "page") ? NULL : page);
}

static void mutate(struct campaign *c, uint64_t number)
{
	static const char *const check[4] = { "check", "--json" };
	struct place touched[MAX_CHANGES] = { { 0 } };
	unsigned int kind;

	begin(c, number);
	kind = damage(c, touched);
	c->mutations[kind]++;
	run(c, number, kind, check, NULL);
	if (number % ALL_VERBS)
		run_verb(c, number, kind, below(c, NR_VERBS));
	else
		for (size_t i = 0; i < NR_VERBS; i++)
			run_verb(c, number, kind, i);
	if (!c->keep)
		mend(c, touched);
}

/* ---- main ----------------------------------------------------------------------------------- */

static void prepare(struct campaign *c, const char *path)
{
	int in = open(path, O_RDONLY);
	struct stat st;

	if (in < 0 || fstat(in, &st))
		err(1, "%s", path);
	c->size = (uint64_t)st.st_size;
	c->whole = mmap(NULL, c->size, PROT_READ, MAP_PRIVATE, in, 0);
	c->fd = open(c->work, O_RDWR | O_CREAT | O_TRUNC, 0644);
	if (c->whole == MAP_FAILED || c->fd < 0)
		err(1, "%s", c->work);
	close(in);
	mend(c, (struct place[MAX_CHANGES]){ { 0, c->size } });
	c->places = places_find(path);
	snprintf(c->log, sizeof(c->log), "%s.log", c->work);
}

static void print_table(const struct campaign *c, const char *path)
{
	const char *slash = strrchr(path, '/');
	uint64_t mutations = 0;

	for (unsigned int i = 0; i <= NR_PLACES; i++)
		mutations += c->mutations[i];
	printf("%s: %llu mutations (", slash ? slash + 1 : path, (unsigned long long)mutations);
	for (unsigned int i = 0; i < NR_PLACES; i++)
		printf("%llu %s, ", (unsigned long long)c->mutations[i], place_names[i]);
	printf("%llu truncations), %llu runs: status 0 %llu, 1 %llu, 2 %llu, 3 %llu; "
	       "%llu findings; at most %.2f s, %llu MiB; %llu wrong\n",
	       (unsigned long long)c->mutations[TRUNCATION], (unsigned long long)c->runs,
	       (unsigned long long)c->statuses[0], (unsigned long long)c->statuses[1],
	       (unsigned long long)c->statuses[2], (unsigned long long)c->statuses[3],
	       (unsigned long long)c->findings, c->most_cpu,
	       (unsigned long long)c->most_kibibytes >> 10, (unsigned long long)c->wrong);
}

static void usage(void)
{
	fputs("usage: mutate [--first N] [--count N] [--cpu SECONDS] [--memory MIB] [--sanitized]\n"
	      "              [--keep] KHOSCOPE DUMP WORK\n", stderr);
	exit(2);
}

int main(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "first", 1, NULL, 'f' }, { "count", 1, NULL, 'n' }, { "cpu", 1, NULL, 'c' },
		{ "memory", 1, NULL, 'm' }, { "sanitized", 0, NULL, 's' }, { "keep", 0, NULL, 'k' },
		{ 0 },
	};
	struct campaign c = { .count = 100, .limits = { .cpu_seconds = 20, .mebibytes = 512 } };
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (opt) {
		case 'f': c.first = strtoull(optarg, NULL, 0); break;
		case 'n': c.count = strtoull(optarg, NULL, 0); break;
		case 'c': c.limits.cpu_seconds = (unsigned int)atoi(optarg); break;
		case 'm': c.limits.mebibytes = (unsigned int)atoi(optarg); break;
		case 's': c.limits.sanitized = true; break;
		case 'k': c.keep = true; break;
		default: usage();
		}
	}
	if (argc - optind != 3)
		usage();
	c.tool = argv[optind];
	c.work = argv[optind + 2];
	prepare(&c, argv[optind + 1]);
	for (uint64_t i = 0; i < c.count; i++)
		mutate(&c, c.first + i);
	print_table(&c, argv[optind + 1]);
	return c.wrong != 0;
}
