// SPDX-License-Identifier: GPL-2.0-or-later
#include "flattened.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/error.h"

#define HEADER_SIZE 4096u
#define RECORD_SIZE 16u
#define CHUNK (256u << 10)
#define BLOCK 4096u
#define MAX_EXTENTS 1000000u
/* Runs that grow side by side: page descriptors, page data, and what else there may be. */
#define OPEN_RUNS 8u

static const char signature[16] = "makedumpfile";

struct record {
	uint64_t off;
	uint64_t len;
	bool end;
};

struct rearrange {
	const struct khs_file *in;
	const struct khs_options *opts; /* may be NULL */
	uint64_t pos;  /* in @in */
	int fd;        /* the temporary file */
	const char *dir;
	uint64_t size; /* of the temporary file */
	struct khs_extents *written;
	char *why;
	size_t why_size;
	uint8_t *buf;
};

bool khs_flattened_is(const struct khs_file *file)
{
	char sig[sizeof(signature)];

	return khs_file_read(file, 0, sig, sizeof(sig)) == sizeof(sig) &&
	       !memcmp(sig, signature, sizeof(sig));
}

static bool read_record(const struct khs_file *file, uint64_t pos, struct record *ret)
{
	uint8_t raw[RECORD_SIZE];

	if (khs_file_read(file, pos, raw, sizeof(raw)) != sizeof(raw))
		return false;
	ret->off = khs_be64(raw);
	ret->len = khs_be64(raw + 8);
	ret->end = ret->off == UINT64_MAX && ret->len == UINT64_MAX;
	return true;
}

bool khs_flattened_first(const struct khs_file *file, struct khs_file *ret)
{
	struct record rec;

	if (!read_record(file, HEADER_SIZE, &rec) || rec.off)
		return false;
	*ret = *file;
	ret->base = file->base + HEADER_SIZE + RECORD_SIZE;
	ret->size = file->size - HEADER_SIZE - RECORD_SIZE;
	if (ret->size > rec.len)
		ret->size = rec.len;
	return true;
}

static int open_temp(const char *dir)
{
	_cleanup_free_ char *name = NULL;
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);

	if (fd >= 0)
		return fd;
	/* Not every file system knows O_TMPFILE. */
	if (asprintf(&name, "%s/khoscope-XXXXXX", dir) < 0) {
		name = NULL;
		return -1;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0)
		unlink(name);
	return fd;
}

const char *khs_temp_dir(size_t i)
{
	const char *own = getenv("TMPDIR");
	const char *const dirs[] = { own, "/var/tmp", "/tmp" };

	i += own && *own ? 0 : 1;
	return i < sizeof(dirs) / sizeof(dirs[0]) ? dirs[i] : NULL;
}

static struct khs_error *make_temp(struct rearrange *r)
{
	const char *dir;

	for (size_t i = 0; (dir = khs_temp_dir(i)); i++) {
		r->dir = dir;
		r->fd = open_temp(dir);
		if (r->fd >= 0)
			return NULL;
	}
	return khs_error_new(KHS_ERR_IO,
			     "no temporary file for the flattened dump can be made in %s: %s; set "
			     "TMPDIR to a folder that has room for it",
			     r->dir, strerror(errno));
}

static struct khs_error *write_failed(const struct rearrange *r)
{
	return khs_error_new(KHS_ERR_IO,
			     "putting the flattened dump in order in %s: %s; set TMPDIR to a "
			     "folder with %" PRIu64 " MiB free, or use makedumpfile -R",
			     r->dir, strerror(errno), (r->in->size >> 20) + 1);
}

static bool write_all(int fd, const uint8_t *buf, size_t len, uint64_t off)
{
	while (len) {
		ssize_t n = pwrite(fd, buf, len, off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf += n;
		off += n;
		len -= n;
	}
	return true;
}

/* Leaves holes where zeros go behind the end; before it they may have to overwrite something. */
static bool write_sparse(struct rearrange *r, const uint8_t *buf, size_t len, uint64_t off)
{
	static const uint8_t zeros[BLOCK];

	while (len) {
		size_t n = BLOCK - off % BLOCK;

		if (n > len)
			n = len;
		if ((off < r->size || memcmp(buf, zeros, n)) && !write_all(r->fd, buf, n, off))
			return false;
		buf += n;
		off += n;
		len -= n;
	}
	return true;
}

static bool has_zero_block(const uint8_t *buf, size_t len)
{
	for (size_t i = 0; i + BLOCK <= len; i += BLOCK)
		if (!buf[i] && !memcmp(buf + i, buf + i + 1, BLOCK - 1))
			return true;
	return false;
}

static bool put(struct rearrange *r, const uint8_t *buf, size_t len, uint64_t off)
{
	bool ok = has_zero_block(buf, len) ? write_sparse(r, buf, len, off) :
					     write_all(r->fd, buf, len, off);

	if (ok && off + len > r->size)
		r->size = off + len;
	return ok;
}

/* False without memory, or when the stream is too scattered to be any producer's. */
static bool note_written(struct khs_extents *x, uint64_t start, uint64_t end)
{
	for (size_t i = 0; i < x->n && i < OPEN_RUNS; i++) {
		struct khs_extent *e = &x->v[x->n - 1 - i];

		if (e->end != start)
			continue;
		e->end = end;
		return true;
	}
	if (x->n < MAX_EXTENTS)
		return khs_extents_add(x, start, end, 0);
	/* Sorting all of them over and over, for a few that join each time, would never end. */
	khs_extents_normalize(x);
	return x->n < MAX_EXTENTS / 2 && khs_extents_add(x, start, end, 0);
}

static void stop(struct rearrange *r, const char *what)
{
	snprintf(r->why, r->why_size, "the flattened file %s at byte %" PRIu64, what, r->pos);
}

/*
 * How far out a record may lie. Producers write both bitmaps (two bits a page) before the first
 * page's data, which lies behind all descriptors (24 bytes a page): 96 times what was read so far;
 * the rest is for headers.
 */
static bool plausible(const struct rearrange *r, const struct record *rec)
{
	uint64_t bound = 256 * r->pos + (64u << 20);

	return rec->len && rec->len <= INT64_MAX / 2 && rec->off <= bound;
}

static struct khs_error *poll_caller(const struct rearrange *r)
{
	const struct khs_options *opts = r->opts;

	if (opts && opts->progress)
		opts->progress(opts->arg, "putting the flattened dump in order", r->pos,
			       r->in->size);
	if (opts && opts->interrupted && opts->interrupted(opts->arg))
		return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	return NULL;
}

/* Sets r->why if the data ends early; what is there of it is used. */
static struct khs_error *copy_record(struct rearrange *r, const struct record *rec)
{
	uint64_t done = 0;

	while (done < rec->len) {
		size_t want = rec->len - done < CHUNK ? rec->len - done : CHUNK;
		size_t got = khs_file_read(r->in, r->pos, r->buf, want);
		struct khs_error *err = poll_caller(r);

		if (err)
			return err;
		if (got && !put(r, r->buf, got, rec->off + done))
			return write_failed(r);
		if (got && !note_written(r->written, rec->off + done, rec->off + done + got))
			return khs_enomem();
		r->pos += got;
		done += got;
		if (got < want) {
			stop(r, "ends inside a record,");
			return NULL;
		}
	}
	return NULL;
}

static struct khs_error *copy_records(struct rearrange *r)
{
	struct khs_error *err;
	struct record rec;

	while (!*r->why) {
		if (!read_record(r->in, r->pos, &rec)) {
			stop(r, "ends without its end record,");
			break;
		}
		if (rec.end)
			break;
		if (!plausible(r, &rec)) {
			stop(r, "makes no sense from a record on");
			break;
		}
		r->pos += RECORD_SIZE;
		err = copy_record(r, &rec);
		if (err)
			return err;
	}
	return NULL;
}

static struct khs_error *finish(struct rearrange *r, struct khs_file *out)
{
	struct stat st;

	/* Zeros at the very end were left out by write_sparse(); what no record had is no zeros. */
	if (ftruncate(r->fd, r->size) || fstat(r->fd, &st))
		return write_failed(r);
	*out = (struct khs_file){
		.fd = r->fd,
		.size = r->size,
		.stored = (uint64_t)st.st_blocks * 512,
	};
	khs_extents_normalize(r->written);
	out->written = r->written;
	return NULL;
}

struct khs_error *khs_flattened_rearrange(const struct khs_file *in, struct khs_file *out,
					  struct khs_extents *written, char *why, size_t size,
					  const struct khs_options *opts)
{
	_cleanup_free_ uint8_t *buf = malloc(CHUNK);
	struct rearrange r = {
		.in = in, .opts = opts, .pos = HEADER_SIZE, .fd = -1, .written = written,
		.why = why, .why_size = size, .buf = buf,
	};
	struct khs_error *err;

	*why = '\0';
	if (!buf)
		return khs_enomem();
	err = make_temp(&r);
	if (err)
		return err;
	err = copy_records(&r);
	if (!err)
		err = finish(&r, out);
	if (err)
		close(r.fd);
	return err;
}
