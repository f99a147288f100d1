// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes inputs of the fuzz targets from a dump.
 *
 *	seed kernel DUMP NAME          prints the dump's section of kernels.txt
 *	seed inputs DUMP NAME NUMBER DIR   writes DIR/TARGET/NAME...; the kernel is number NUMBER there
 *	seed print FILE                    what is said of an image
 *
 * An image is what of memory the library read, less all that makes no difference to what it prints.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/array.h"
#include "base/error.h"
#include "facts/kallsyms.h"
#include "look.h"
#include "model.h"

/* Larger reads are of the memory map, of which only some pages are of use. */
#define MAX_READ (256u << 10)
/* Larger seeds are too slow to be mutated. */
#define MAX_SEED 65536
/* Then what is left is small enough, or slow to be told. */
#define SHRINK_SECONDS 5
/* Struct pages that go into an image. */
#define MAX_STRUCT_PAGES 8

static void must(struct khs_error *error)
{
	if (error)
		errx(1, "%s", khs_error_message(error));
}

/* ---- what was read of a dump ---------------------------------------------------------------- */

struct grain {
	uint64_t pa;
	uint8_t bytes[IMAGE_GRAIN];
};

struct recorder {
	struct khs_dump *inner;
	bool on;
	size_t max_read;
	struct grain *v;
	size_t n, cap;
};

static struct grain *grain_at(struct recorder *r, uint64_t pa)
{
	size_t i = 0;

	while (i < r->n && r->v[i].pa < pa)
		i++;
	if (i < r->n && r->v[i].pa == pa)
		return &r->v[i];
	if (!khs_array_grow(r->v, r->n, r->cap))
		err(1, "memory");
	memmove(r->v + i + 1, r->v + i, (r->n++ - i) * sizeof(*r->v));
	r->v[i] = (struct grain){ .pa = pa };
	return &r->v[i];
}

static void record(struct recorder *r, uint64_t pa, const uint8_t *bytes, size_t len)
{
	for (size_t n; len; pa += n, bytes += n, len -= n) {
		uint64_t off = pa % IMAGE_GRAIN;

		n = len < IMAGE_GRAIN - off ? len : IMAGE_GRAIN - off;
		memcpy(grain_at(r, pa - off)->bytes + off, bytes, n);
	}
}

static enum khs_presence recorder_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	struct recorder *r = priv;
	enum khs_presence p = khs_dump_read(r->inner, pa, buf, len, done);

	if (r->on && len <= r->max_read)
		record(r, pa, buf, *done);
	return p;
}

static void recorder_close(void *priv)
{
	struct recorder *r = priv;

	khs_dump_close(r->inner);
	free(r->v);
	free(r);
}

static struct khs_dump *open_recorded(const char *path, struct recorder **ret)
{
	static const struct khs_dump_ops ops = {
		.name = "recorder", .read = recorder_read, .close = recorder_close,
	};
	struct recorder *r = calloc(1, sizeof(*r));
	struct khs_dump *dump = calloc(1, sizeof(*dump));

	if (!r || !dump)
		err(1, "memory");
	must(khs_dump_open(path, NULL, &r->inner));
	*dump = *r->inner;
	r->inner->vmcoreinfo = NULL;
	r->max_read = SIZE_MAX;
	dump->ops = &ops;
	dump->priv = r;
	*ret = r;
	return dump;
}

/* ---- kernels.txt ---------------------------------------------------------------------------- */

static void print_fact(const struct khs_fact *f, const struct khs_need *need)
{
	static const char *const kinds[] = {
		[KHS_NEED_SYMBOL] = "symbol", [KHS_NEED_MEMBER] = "member",
		[KHS_NEED_SIZE] = "type", [KHS_NEED_ENUM] = "enum",
	};
	static const char *const ours[] = { "VMCOREINFO", "derived", "assumed" };

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (!f->known || !strcmp(f->source, ours[i]))
			return;
	printf("%s %s %s %#llx %llu\n", kinds[need->kind],
	       need->kind == KHS_NEED_MEMBER ? need->type : "-", f->name,
	       (unsigned long long)f->value, (unsigned long long)f->size);
}

static void print_kernel(const char *path, const char *name)
{
	struct khs_kernel kernel;
	struct khs_dump *dump;
	char *text, *line;

	must(khs_dump_open(path, NULL, &dump));
	text = strdup(dump->vmcoreinfo);
	must(khs_kernel_open(dump, NULL, &kernel));
	printf("kernel %s\n", name);
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++)
		print_fact(&kernel.facts.v[id], &khs_needs[id]);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		printf("info %s\n", line);
	free(text);
	khs_kernel_close(&kernel);
}

/* ---- writing -------------------------------------------------------------------------------- */

static const char *out_dir, *seed_name;

static void write_seed(const char *target, const char *suffix, const void *data, size_t size)
{
	char path[4096];
	FILE *out;

	if (size > MAX_SEED) {
		warnx("%s/%s%s: %zu bytes are too many", target, seed_name, suffix, size);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", out_dir, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s%s", out_dir, target, seed_name, suffix);
	out = fopen(path, "w");
	if (!out || fwrite(data, 1, size, out) != size || fclose(out))
		err(1, "%s", path);
}

/* ---- images --------------------------------------------------------------------------------- */

struct buffer {
	uint8_t *v;
	size_t n, cap;
};

static void add(struct buffer *b, const void *bytes, size_t len)
{
	if (!khs_array_reserve(&b->v, &b->cap, b->n + len, 1))
		err(1, "memory");
	memcpy(b->v + b->n, bytes, len);
	b->n += len;
}

static void add_run(struct buffer *b, uint64_t pa, const uint8_t *bytes, size_t len)
{
	const uint8_t head[9] = {
		'M', (uint8_t)pa, (uint8_t)(pa >> 8), (uint8_t)(pa >> 16), (uint8_t)(pa >> 24),
		(uint8_t)(pa >> 32), (uint8_t)(pa >> 40), (uint8_t)len, (uint8_t)(len >> 8),
	};

	add(b, head, sizeof(head));
	add(b, bytes, len);
}

/* A run ends where more zeros follow than the next run's head has bytes. */
static void add_grain(struct buffer *b, const struct grain *g)
{
	size_t start = 0, end, zeros;

	while (start < IMAGE_GRAIN && !g->bytes[start])
		start++;
	if (start == IMAGE_GRAIN)
		add_run(b, g->pa, g->bytes, 0);
	while (start < IMAGE_GRAIN) {
		for (end = start + 1, zeros = 0; end < IMAGE_GRAIN && zeros < 10; end++)
			zeros = g->bytes[end] ? 0 : zeros + 1;
		add_run(b, g->pa + start, g->bytes + start, end - zeros - start);
		for (start = end; start < IMAGE_GRAIN && !g->bytes[start];)
			start++;
	}
}

static struct buffer image_of(const struct recorder *r, uint8_t number)
{
	struct buffer b = { 0 };

	add(&b, &number, 1);
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].pa != UINT64_MAX)
			add_grain(&b, &r->v[i]);
	return b;
}

/* What an image is worth. */
typedef void worth_fn(const struct image *image, FILE *out);

static void worth_of_pages(const struct image *image, FILE *out)
{
	struct khs *k = image_open(image);

	if (k)
		look_at_pages(k, out);
	khs_close(k);
	k = image_open(image);
	if (k)
		look_at_owners(k, out);
	khs_close(k);
}

static void worth_of_kallsyms(const struct image *image, FILE *out)
{
	static struct khs_facts facts;
	const struct khs_source *source = image_source(image);
	struct khs_vmcoreinfo *vmci;
	struct khs_dump *dump;
	struct khs_vm *vm;

	facts = (struct khs_facts){ 0 };
	must(khs_dump_open_source(source, NULL, &dump));
	must(khs_vmcoreinfo_parse(dump->vmcoreinfo, dump->vmcoreinfo_len, &vmci));
	if (fuzz_ok(khs_vm_new(dump, vmci, &vm))) {
		fuzz_ok(khs_facts_from_kallsyms(&facts, vm, vmci));
		khs_vm_free(vm);
	}
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++)
		if (facts.v[id].known)
			fprintf(out, "%d %llx\n", id, (unsigned long long)facts.v[id].value);
	khs_vmcoreinfo_free(vmci);
	khs_dump_close(dump);
}

static char *text_of(const struct recorder *r, uint8_t number, worth_fn *worth)
{
	struct buffer b = image_of(r, number);
	struct image *image = image_new(b.v, b.n);
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		err(1, "memory");
	worth(image, out);
	fclose(out);
	image_free(image);
	free(b.v);
	return text;
}

struct shrink {
	struct recorder *r;
	uint8_t number;
	worth_fn *worth;
	char *want;
	clock_t until;
};

static bool same(const struct shrink *s)
{
	char *text;
	bool ret;

	if (clock() > s->until)
		return false;
	text = text_of(s->r, s->number, s->worth);
	ret = !strcmp(text, s->want);
	free(text);
	return ret;
}

static void shrink_bytes(struct shrink *s, uint8_t *bytes, size_t len)
{
	uint8_t saved[IMAGE_GRAIN];
	size_t zeros = 0;

	while (zeros < len && !bytes[zeros])
		zeros++;
	if (zeros == len)
		return;
	memcpy(saved, bytes, len);
	memset(bytes, 0, len);
	if (same(s))
		return;
	memcpy(bytes, saved, len);
	if (len <= 16)
		return;
	shrink_bytes(s, bytes, len / 2);
	shrink_bytes(s, bytes + len / 2, len / 2);
}

static void shrink(struct recorder *r, uint8_t number, worth_fn *worth)
{
	struct shrink s = {
		r, number, worth, text_of(r, number, worth),
		clock() + SHRINK_SECONDS * CLOCKS_PER_SEC,
	};

	if (!*s.want)
		errx(1, "%s: the image is refused", seed_name);
	for (size_t i = 0; i < r->n; i++) {
		uint64_t pa = r->v[i].pa;

		r->v[i].pa = UINT64_MAX;
		if (same(&s))
			continue;
		r->v[i].pa = pa;
		shrink_bytes(&s, r->v[i].bytes, IMAGE_GRAIN);
	}
	free(s.want);
}

static void write_image(struct recorder *r, uint8_t number, worth_fn *worth, const char *target)
{
	struct buffer b;
	size_t before;

	b = image_of(r, number);
	before = b.n;
	free(b.v);
	shrink(r, number, worth);
	b = image_of(r, number);
	fprintf(stderr, "%s/%s: %zu bytes of %zu\n", target, seed_name, b.n, before);
	write_seed(target, "", b.v, b.n);
	free(b.v);
}

/* ---- which struct pages ---------------------------------------------------------------------- */

/* The whole 4 KiB: neighbours are part of the story. */
static void want_page(struct khs *k, struct recorder *r, uint64_t pfn, unsigned int *left)
{
	uint64_t pa, run, va = khs_mem_page_address(&k->mem, pfn) & ~(uint64_t)(IMAGE_GRAIN - 1);
	uint8_t bytes[IMAGE_GRAIN];
	size_t n = r->n;

	if (!*left || khs_vm_translate(k->kernel.vm, va, &pa, &run) != KHS_PRESENT)
		return;
	khs_dump_read_all(k->kernel.dump, pa, bytes, sizeof(bytes));
	*left -= r->n > n;
}

static void want_runs(struct khs *k, struct recorder *r, const struct khs_runs *runs,
		      unsigned int *left)
{
	for (size_t i = 0; i < runs->n && i < 64; i++) {
		want_page(k, r, runs->v[i].pfn, left);
		want_page(k, r, khs_run_end(&runs->v[i]) - 1, left);
	}
}

static void want_pages(struct khs *k, struct recorder *r)
{
	unsigned int left = MAX_STRUCT_PAGES;

	r->on = false;
	must(khs_need_census(k));
	r->on = true;
	for (size_t i = 0; i < k->census.nr_suspects; i++)
		want_page(k, r, k->census.suspects[i].pfn, &left);
	want_runs(k, r, &k->census.in, &left);
	want_runs(k, r, &k->kho.out, &left);
}

/* ---- the inputs ----------------------------------------------------------------------------- */

static void image_seed(const char *path, uint8_t number)
{
	struct khs *k = calloc(1, sizeof(*k));
	struct khs_error *error;
	struct recorder *r;
	FILE *null = fopen("/dev/null", "w");

	if (!k || !null)
		err(1, "memory");
	error = khs_kernel_open(open_recorded(path, &r), NULL, &k->kernel);
	must(error);
	khs_vm_forget(k->kernel.vm);
	r->on = true;
	r->max_read = MAX_READ;
	must(khs_open_model(k, NULL, &k));
	want_pages(k, r);
	look_at_owners(k, null);
	look_at_pages(k, null);
	r->on = false;
	write_image(r, number, worth_of_pages, "image");
	khs_close(k);
	fclose(null);
}

static void kallsyms_seed(const char *path, uint8_t number)
{
	static struct khs_facts facts;
	struct khs_vmcoreinfo *vmci;
	struct recorder *r;
	struct khs_dump *dump = open_recorded(path, &r);
	struct khs_vm *vm;

	r->on = true;
	must(khs_vmcoreinfo_parse(dump->vmcoreinfo, dump->vmcoreinfo_len, &vmci));
	must(khs_vm_new(dump, vmci, &vm));
	fuzz_ok(khs_facts_from_kallsyms(&facts, vm, vmci));
	r->on = false;
	if (r->n <= 2 * MAX_SEED / IMAGE_GRAIN)
		write_image(r, number, worth_of_kallsyms, "kallsyms");
	khs_vm_free(vm);
	khs_vmcoreinfo_free(vmci);
	khs_dump_close(dump);
}

static void btf_seed(struct khs *k)
{
	uint64_t start = khs_fact(&k->kernel.facts, KHS_SYM_START_BTF);
	uint64_t size = khs_fact(&k->kernel.facts, KHS_SYM_STOP_BTF) - start;
	uint8_t *bytes = malloc(MAX_SEED);

	if (bytes && size <= MAX_SEED &&
	    khs_vm_read_all(k->kernel.vm, start, bytes, size) == KHS_PRESENT)
		write_seed("btf", "", bytes, size);
	free(bytes);
}

static void take_blob(void *arg, const struct khs_blob *blob)
{
	static unsigned int number;
	struct khs *k = arg;
	uint8_t bytes[4096];
	char suffix[16];

	snprintf(suffix, sizeof(suffix), "-%u", number++);
	if (blob->has_size && blob->size && blob->size <= sizeof(bytes) &&
	    khs_dump_read_all(k->kernel.dump, blob->phys, bytes, blob->size) == KHS_PRESENT)
		write_seed("fdt", suffix, bytes, blob->size);
}

static void ignore_item(void *arg, const struct khs_item *item)
{
	(void)arg;
	(void)item;
}

static void ignore_end(void *arg, enum khs_presence presence)
{
	(void)arg;
	(void)presence;
}

static void other_seeds(const char *path)
{
	const struct khs_fdt_visitor visitor = {
		.size = sizeof(visitor), .begin = take_blob, .item = ignore_item,
		.end = ignore_end,
	};
	const struct khs_fdt_options opts = { .size = sizeof(opts) };
	struct khs *k;

	must(khs_open(path, NULL, &k));
	write_seed("vmcoreinfo", "", k->kernel.dump->vmcoreinfo, k->kernel.dump->vmcoreinfo_len);
	btf_seed(k);
	fuzz_ok(khs_fdt(k, &opts, &visitor, k));
	khs_close(k);
}

static void print_image(const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *in = fopen(path, "r");
	struct image *image;

	if (!in)
		err(1, "%s", path);
	image = image_new(bytes, fread(bytes, 1, sizeof(bytes), in));
	fclose(in);
	worth_of_pages(image, stdout);
	image_free(image);
}

int main(int argc, char *argv[])
{
	if (argc == 4 && !strcmp(argv[1], "kernel")) {
		print_kernel(argv[2], argv[3]);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "print")) {
		print_image(argv[2]);
		return 0;
	}
	if (argc != 6 || strcmp(argv[1], "inputs"))
		errx(2, "usage: seed kernel DUMP NAME | seed inputs DUMP NAME NUMBER DIR | "
			"seed print FILE");
	seed_name = argv[3];
	out_dir = argv[5];
	other_seeds(argv[2]);
	kallsyms_seed(argv[2], (uint8_t)atoi(argv[4]));
	image_seed(argv[2], (uint8_t)atoi(argv[4]));
	return 0;
}
