/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How seed.c makes an image of a dump: what of memory was read while a recorder was on, less all
 * that makes no difference to what somebody prints of it; and where seeds are written to. Ends the
 * program on an error.
 */
#ifndef TESTS_FUZZ_RECORDER_H
#define TESTS_FUZZ_RECORDER_H

#include "dump/dump.h"
#include "image.h"

/* Larger seeds are too slow to be mutated. */
#define MAX_SEED 65536

struct grain {
	uint64_t pa;
	uint8_t bytes[IMAGE_GRAIN];
};

struct recorder {
	struct khs_dump *inner;
	bool on;
	size_t max_read; /* longer reads are not recorded */
	struct grain *v; /* sorted; a pa of UINT64_MAX: left out */
	size_t n, cap;
};

/* The dump file at @path; the recorder lives as long as that, and is off. */
struct khs_dump *recorder_open(const char *path, struct recorder **ret);

struct buffer {
	uint8_t *v;
	size_t n, cap;
};

void buffer_add(struct buffer *b, const void *bytes, size_t len);

/* Prints what an image is worth. */
typedef void worth_fn(const struct image *image, FILE *out);

/* Leaves out, and zeroes, what makes no difference to @worth, as long as that does not take long. */
void recorder_shrink(struct recorder *r, uint8_t number, worth_fn *worth);
/* Of the kernel of that number. */
struct buffer recorder_image(const struct recorder *r, uint8_t number);

/* Where seeds go to, and what they are called. */
extern const char *seed_dir, *seed_name;

void seed_write(const char *target, const char *suffix, const void *data, size_t size);
/* Shrinks what was recorded, and writes it. */
void seed_write_image(struct recorder *r, uint8_t number, worth_fn *worth, const char *target);

void must(struct khs_error *error);

#endif
