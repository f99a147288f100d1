// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes inputs of the fuzz targets from a dump.
 *
 *	seed kernel DUMP NAME          prints the dump's section of kernels.txt
 *	seed inputs DUMP NAME NUMBER DIR   writes DIR/TARGET/NAME...; the kernel is number NUMBER there
 *	seed place DUMP VMLINUX NAME DIR   writes DIR/locate/NAME
 *	seed print FILE                    what is said of an image
 *
 * An image is what of memory the library read, less all that makes no difference to what it prints.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "facts/config.h"
#include "facts/kallsyms.h"
#include "facts/log.h"
#include "facts/vmlinux.h"
#include "look.h"
#include "model.h"
#include "place.h"
#include "recorder.h"

/* Larger reads are of the memory map, of which only some pages are of use. */
#define MAX_READ (256u << 10)
/* Records of a log. */
#define MAX_RECORDS 40
/* Bytes of a configuration as text. */
#define MAX_CONFIG 16384
/* Struct pages that go into an image. */
#define MAX_STRUCT_PAGES 8

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

/* ---- what an image is worth ------------------------------------------------------------------ */

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

/* ---- log, configuration --------------------------------------------------------------------- */

static bool print_record(void *arg, const struct khs_log_record *record)
{
	static unsigned int left;

	fwrite(record->text, 1, record->len, arg);
	left = left ? left - 1 : MAX_RECORDS - 1;
	return left;
}

static void worth_of_log(const struct image *image, FILE *out)
{
	struct khs_kernel kernel;
	const char *why;

	if (!image_kernel(image, &kernel))
		return;
	khs_log_read(&kernel, print_record, out, &why);
	khs_kernel_close(&kernel);
}

static void log_seed(const char *path, uint8_t number)
{
	FILE *null = fopen("/dev/null", "w");
	struct khs_kernel kernel;
	struct recorder *r;
	const char *why;
	bool found;

	must(khs_kernel_open(recorder_open(path, &r), NULL, &kernel));
	khs_vm_forget(kernel.vm);
	r->on = true;
	found = khs_log_read(&kernel, print_record, null, &why);
	r->on = false;
	if (found)
		seed_write_image(r, number, worth_of_log, "log");
	khs_kernel_close(&kernel);
	fclose(null);
}

static void print_option(void *arg, const char *option, const char *value)
{
	if (ftell(arg) < MAX_CONFIG)
		fprintf(arg, strcmp(value, "n") ? "%s=%s\n" : "# %s is not set\n", option, value);
}

/* Packed, as it is in memory, and as text. */
static void config_seeds(struct khs *k)
{
	uint64_t start = khs_fact_or(&k->kernel.facts, KHS_SYM_CONFIG_DATA, 0);
	uint64_t size = khs_fact_or(&k->kernel.facts, KHS_SYM_CONFIG_DATA_END, start) - start;
	uint8_t *packed = malloc(MAX_SEED);
	const char *why;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!packed || !out)
		err(1, "memory");
	fputc('T', out);
	if (size && size < MAX_SEED && khs_config_read(&k->kernel, print_option, out, &why) &&
	    khs_vm_read_all(k->kernel.vm, start, packed + 1, size) == KHS_PRESENT) {
		packed[0] = 'Q';
		seed_write("config", "-packed", packed, size + 1);
		fflush(out);
		seed_write("config", "-text", text, len);
	}
	fclose(out);
	free(text);
	free(packed);
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
	error = khs_kernel_open(recorder_open(path, &r), NULL, &k->kernel);
	must(error);
	khs_vm_forget(k->kernel.vm);
	r->on = true;
	r->max_read = MAX_READ;
	must(khs_open_model(k, NULL, &k));
	want_pages(k, r);
	look_at_owners(k, null);
	look_at_pages(k, null);
	r->on = false;
	seed_write_image(r, number, worth_of_pages, "image");
	khs_close(k);
	fclose(null);
}

static void kallsyms_seed(const char *path, uint8_t number)
{
	static struct khs_facts facts;
	struct khs_vmcoreinfo *vmci;
	struct recorder *r;
	struct khs_dump *dump = recorder_open(path, &r);
	struct khs_vm *vm;

	r->on = true;
	must(khs_vmcoreinfo_parse(dump->vmcoreinfo, dump->vmcoreinfo_len, &vmci));
	must(khs_vm_new(dump, vmci, &vm));
	fuzz_ok(khs_facts_from_kallsyms(&facts, vm, vmci));
	r->on = false;
	if (r->n <= 2 * MAX_SEED / IMAGE_GRAIN)
		seed_write_image(r, number, worth_of_kallsyms, "kallsyms");
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
		seed_write("btf", "", bytes, size);
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
		seed_write("fdt", suffix, bytes, blob->size);
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
	seed_write("vmcoreinfo", "", k->kernel.dump->vmcoreinfo, k->kernel.dump->vmcoreinfo_len);
	btf_seed(k);
	config_seeds(k);
	fuzz_ok(khs_fdt(k, &opts, &visitor, k));
	khs_close(k);
}

/* ---- a kernel's place ----------------------------------------------------------------------- */

static struct khs_image wanted;

static void worth_of_place(const struct image *image, FILE *out)
{
	struct khs_place place;

	if (place_find(image, &wanted, false, &place))
		fprintf(out, "%llx %llx %s %s\n", (unsigned long long)place.moved,
			(unsigned long long)place.voffset, place.release, place.build_id);
}

static void place_seed(const char *path, const char *vmlinux)
{
	uint8_t head[PLACE_HEAD];
	struct khs_kernel kernel = { .page_shift = 0 };
	struct buffer b = { 0 }, image;
	struct khs_place place;
	struct recorder *r;

	must(khs_vmlinux_image(vmlinux, &wanted));
	kernel.dump = recorder_open(path, &r);
	r->on = true;
	must(khs_locate(&kernel, &wanted, &place));
	r->on = false;
	recorder_shrink(r, 0, worth_of_place);
	image = recorder_image(r, 0);
	place_put(head, &wanted, false);
	buffer_add(&b, head, sizeof(head));
	buffer_add(&b, image.v, image.n);
	seed_write("locate", "", b.v, b.n);
	free(image.v);
	free(b.v);
	khs_dump_close(kernel.dump);
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
	if (argc == 6 && !strcmp(argv[1], "place")) {
		seed_name = argv[4];
		seed_dir = argv[5];
		place_seed(argv[2], argv[3]);
		return 0;
	}
	if (argc != 6 || strcmp(argv[1], "inputs"))
		errx(2, "usage: seed kernel DUMP NAME | seed inputs DUMP NAME NUMBER DIR | "
			"seed place DUMP VMLINUX NAME DIR | seed print FILE");
	seed_name = argv[3];
	seed_dir = argv[5];
	other_seeds(argv[2]);
	kallsyms_seed(argv[2], (uint8_t)atoi(argv[4]));
	log_seed(argv[2], (uint8_t)atoi(argv[4]));
	image_seed(argv[2], (uint8_t)atoi(argv[4]));
	return 0;
}
