// SPDX-License-Identifier: GPL-2.0-or-later
#include "image.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "dump/io.h"

/* 4 MiB: more is not looked for in a few kilobytes of input. */
#define MAX_PAGES 1024

/* kernels.txt, as seed.c writes it. */
__asm__(".section .rodata\n"
	"kernels_text:\n"
	"	.incbin \"tests/fuzz/kernels.txt\"\n"
	"	.byte 0\n"
	".previous\n");
extern const char kernels_text[];

/* By the hash of what it is called: libFuzzer looks into every strcmp(), and here are too many. */
struct fact {
	uint64_t hash;
	uint64_t value, size;
};

#define SLOTS 1024 /* more than twice as many as facts */

struct kernel {
	uint16_t slots[SLOTS]; /* index in facts, plus one */
	struct fact *facts;
	size_t nr_facts, cap_facts;
	char *info; /* VMCOREINFO */
	size_t info_len;
};

struct page {
	uint64_t pa;
	uint8_t bytes[IMAGE_GRAIN];
};

struct image {
	struct khs_source source;
	struct kernel *kernel;
	struct fact *facts; /* the kernel's, changed */
	struct page *pages; /* sorted */
	size_t nr_pages, cap_pages;
};

static struct kernel *kernels;
static size_t nr_kernels, cap_kernels;

static uint64_t hash_of(enum khs_question_kind kind, const char *type, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325 + kind;

	for (; type && *type; type++)
		hash = (hash ^ (uint8_t)*type) * 0x100000001b3;
	for (; *name; name++)
		hash = (hash ^ (uint8_t)*name) * 0x100000001b3;
	return hash;
}

/* The slot of a fact, or where it is to be put. */
static uint16_t *slot_of(struct kernel *k, uint64_t hash)
{
	size_t i = hash % SLOTS;

	while (k->slots[i] && k->facts[k->slots[i] - 1].hash != hash)
		i = (i + 1) % SLOTS;
	return &k->slots[i];
}

static void add_fact(struct kernel *k, const struct fact *f)
{
	fuzz_check(k->nr_facts < SLOTS / 2);
	fuzz_check(khs_array_grow(k->facts, k->nr_facts, k->cap_facts));
	k->facts[k->nr_facts++] = *f;
	*slot_of(k, f->hash) = (uint16_t)k->nr_facts;
}

static enum khs_question_kind kind_of(const char *word)
{
	switch (*word) {
	case 's': return KHS_ASK_SYMBOL;
	case 't': return KHS_ASK_SIZE;
	case 'm': return KHS_ASK_MEMBER;
	default: return KHS_ASK_ENUMERATOR;
	}
}

static void take_line(struct kernel *k, const char *line, size_t len)
{
	char text[512], kind[16], type[40], name[56], value[24], size[24];
	struct fact f;
	int info = 0;

	snprintf(text, sizeof(text), "%.*s", (int)len, line);
	if (sscanf(text, "info %n", &info), info) {
		k->info = realloc(k->info, k->info_len + len - info + 2);
		fuzz_check(k->info);
		k->info_len += sprintf(k->info + k->info_len, "%s\n", text + info);
		return;
	}
	if (sscanf(text, "%15s %39s %55s %23s %23s", kind, type, name, value, size) != 5)
		return;
	f.value = strtoull(value, NULL, 0);
	f.size = strtoull(size, NULL, 0);
	f.hash = hash_of(kind_of(kind), strcmp(type, "-") ? type : NULL, name);
	add_fact(k, &f);
}

static void read_kernels(void)
{
	for (const char *line = kernels_text; *line;) {
		size_t len = strcspn(line, "\n");

		if (!strncmp(line, "kernel ", 7)) {
			fuzz_check(khs_array_grow(kernels, nr_kernels, cap_kernels));
			kernels[nr_kernels++] = (struct kernel){ 0 };
		} else if (nr_kernels) {
			take_line(&kernels[nr_kernels - 1], line, len);
		}
		line += len + !!line[len];
	}
	fuzz_check(nr_kernels);
}

/* ---- memory --------------------------------------------------------------------------------- */

/* Where the page at @pa is, or has to be put. */
static size_t place(const struct image *image, uint64_t pa)
{
	size_t low = 0, high = image->nr_pages;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (image->pages[mid].pa < pa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct page *find(const struct image *image, uint64_t pa)
{
	size_t i = place(image, pa);

	return i < image->nr_pages && image->pages[i].pa == pa ? &image->pages[i] : NULL;
}

static struct page *need(struct image *image, uint64_t pa)
{
	size_t i = place(image, pa);

	if (i < image->nr_pages && image->pages[i].pa == pa)
		return &image->pages[i];
	if (image->nr_pages == MAX_PAGES)
		return NULL;
	fuzz_check(khs_array_grow(image->pages, image->nr_pages, image->cap_pages));
	memmove(image->pages + i + 1, image->pages + i,
		(image->nr_pages++ - i) * sizeof(*image->pages));
	image->pages[i] = (struct page){ .pa = pa };
	return &image->pages[i];
}

static void put(struct image *image, uint64_t pa, const uint8_t *bytes, size_t len)
{
	size_t n;

	for (;; pa += n, bytes += n, len -= n) {
		uint64_t off = pa % IMAGE_GRAIN;
		struct page *page = need(image, pa - off);

		n = len < IMAGE_GRAIN - off ? len : IMAGE_GRAIN - off;
		if (!page)
			return;
		memcpy(page->bytes + off, bytes, n);
		if (n == len)
			return;
	}
}

static enum khs_presence image_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	const struct image *image = priv;
	size_t n;

	for (*done = 0; *done < len; *done += n) {
		uint64_t at = pa + *done, off = at % IMAGE_GRAIN;
		const struct page *page = find(image, at - off);

		if (!page)
			return KHS_EXCLUDED;
		n = len - *done < IMAGE_GRAIN - off ? len - *done : IMAGE_GRAIN - off;
		memcpy((uint8_t *)buf + *done, page->bytes + off, n);
	}
	return KHS_PRESENT;
}

/* ---- symbols and types ---------------------------------------------------------------------- */

static const struct fact *ask(const struct image *image, enum khs_question_kind kind,
			      const char *type, const char *name)
{
	uint16_t slot = *slot_of(image->kernel, hash_of(kind, type, name));

	return slot ? &image->facts[slot - 1] : NULL;
}

static bool value_of(const struct fact *f, uint64_t *value)
{
	if (f)
		*value = f->value;
	return f;
}

static bool image_symbol(void *priv, const char *name, uint64_t *addr)
{
	return value_of(ask(priv, KHS_ASK_SYMBOL, NULL, name), addr);
}

static bool image_type_size(void *priv, const char *type, uint64_t *size)
{
	return value_of(ask(priv, KHS_ASK_SIZE, NULL, type), size);
}

static bool image_member(void *priv, const char *type, const char *member, uint64_t *off,
			 uint64_t *size)
{
	const struct fact *f = ask(priv, KHS_ASK_MEMBER, type, member);

	if (f)
		*size = f->size;
	return value_of(f, off);
}

static bool image_enumerator(void *priv, const char *name, int64_t *value)
{
	return value_of(ask(priv, KHS_ASK_ENUMERATOR, NULL, name), (uint64_t *)value);
}

static bool image_vmcoreinfo(void *priv, char **text, size_t *len)
{
	const struct image *image = priv;

	*text = strdup(image->kernel->info);
	*len = image->kernel->info_len;
	return *text;
}

/* ---- the input ------------------------------------------------------------------------------ */

static size_t take_memory(struct image *image, const uint8_t *at, size_t left)
{
	size_t n;

	if (left < 9)
		return left;
	n = at[7] | at[8] << 8;
	if (n > left - 9)
		n = left - 9;
	put(image, khs_le32(at + 1) | (uint64_t)(at[5] | at[6] << 8) << 32, at + 9, n);
	return 9 + n;
}

static size_t take_fact(struct image *image, const uint8_t *at, size_t left)
{
	struct fact *f;

	if (left < 13 || !image->kernel->nr_facts)
		return left;
	f = &image->facts[(at[1] | at[2] << 8) % image->kernel->nr_facts];
	f->value = khs_le64(at + 3);
	f->size = at[11] | at[12] << 8;
	return 13;
}

struct image *image_new(const uint8_t *data, size_t size)
{
	struct image *image = calloc(1, sizeof(*image));

	if (!kernels)
		read_kernels();
	fuzz_check(image);
	image->kernel = &kernels[(size ? data[0] : 0) % nr_kernels];
	image->facts = malloc(image->kernel->nr_facts * sizeof(*image->facts) + 1);
	fuzz_check(image->facts);
	memcpy(image->facts, image->kernel->facts,
	       image->kernel->nr_facts * sizeof(*image->facts));
	image->source = (struct khs_source){
		.size = sizeof(image->source), .name = "image", .priv = image, .read = image_read,
		.vmcoreinfo = image_vmcoreinfo, .symbol = image_symbol,
		.type_size = image_type_size, .member = image_member,
		.enumerator = image_enumerator,
	};
	for (size_t at = 1; at < size;) {
		if (data[at] == 'M')
			at += take_memory(image, data + at, size - at);
		else if (data[at] == 'F')
			at += take_fact(image, data + at, size - at);
		else
			at++;
	}
	return image;
}

void image_free(struct image *image)
{
	free(image->facts);
	free(image->pages);
	free(image);
}

const struct khs_source *image_source(const struct image *image)
{
	return &image->source;
}

bool image_kernel(const struct image *image, struct khs_kernel *ret)
{
	struct khs_dump *dump;

	return fuzz_ok(khs_dump_open_source(&image->source, NULL, &dump)) &&
	       fuzz_ok(khs_kernel_open_source(dump, &image->source, NULL, ret));
}

struct khs_vmcoreinfo *image_info(void)
{
	struct image *image = image_new(NULL, 0);
	struct khs_vmcoreinfo *vmci;

	fuzz_check(fuzz_ok(khs_vmcoreinfo_parse(image->kernel->info, image->kernel->info_len,
						&vmci)));
	image_free(image);
	return vmci;
}

struct khs *image_open(const struct image *image)
{
	struct khs *k = NULL;

	return fuzz_ok(khs_open_source(&image->source, NULL, &k)) ? k : NULL;
}
