// SPDX-License-Identifier: GPL-2.0-or-later
#include "recorder.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/array.h"
#include "base/error.h"

/* Then what is left is small enough, or slow to be told. */
#define SHRINK_SECONDS 5

const char *seed_dir, *seed_name;

void must(struct khs_error *error)
{
	if (error)
		errx(1, "%s", khs_error_message(error));
}

/* ---- what was read of a dump ---------------------------------------------------------------- */

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

struct khs_dump *recorder_open(const char *path, struct recorder **ret)
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

/* ---- writing -------------------------------------------------------------------------------- */

void seed_write(const char *target, const char *suffix, const void *data, size_t size)
{
	char path[4096];
	FILE *out;

	if (size > MAX_SEED) {
		warnx("%s/%s%s: %zu bytes are too many", target, seed_name, suffix, size);
		return;
	}
	snprintf(path, sizeof(path), "%s/%s", seed_dir, target);
	mkdir(path, 0777);
	snprintf(path, sizeof(path), "%s/%s/%s%s", seed_dir, target, seed_name, suffix);
	out = fopen(path, "w");
	if (!out || fwrite(data, 1, size, out) != size || fclose(out))
		err(1, "%s", path);
}

/* ---- images --------------------------------------------------------------------------------- */

void buffer_add(struct buffer *b, const void *bytes, size_t len)
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

	buffer_add(b, head, sizeof(head));
	buffer_add(b, bytes, len);
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

struct buffer recorder_image(const struct recorder *r, uint8_t number)
{
	struct buffer b = { 0 };

	buffer_add(&b, &number, 1);
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].pa != UINT64_MAX)
			add_grain(&b, &r->v[i]);
	return b;
}

static char *text_of(const struct recorder *r, uint8_t number, worth_fn *worth)
{
	struct buffer b = recorder_image(r, number);
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

void recorder_shrink(struct recorder *r, uint8_t number, worth_fn *worth)
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

void seed_write_image(struct recorder *r, uint8_t number, worth_fn *worth, const char *target)
{
	struct buffer b;
	size_t before;

	b = recorder_image(r, number);
	before = b.n;
	free(b.v);
	recorder_shrink(r, number, worth);
	b = recorder_image(r, number);
	fprintf(stderr, "%s/%s: %zu bytes of %zu\n", target, seed_name, b.n, before);
	seed_write(target, "", b.v, b.n);
	free(b.v);
}
