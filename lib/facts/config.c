// SPDX-License-Identifier: GPL-2.0-or-later
#include "config.h"

#include <string.h>
#include <zlib.h>

/* Beyond these it is no configuration: a real one has some 300 KiB, packed 70. */
#define MAX_PACKED (1u << 20)
#define MAX_TEXT (8u << 20)
#define CHUNK 4096u

struct reader {
	void (*visit)(void *arg, const char *option, const char *value);
	void *arg;
	char line[512]; /* the one being put together */
	size_t len;
	bool too_long;  /* and so of no use */
};

/* "CONFIG_NUMA=y", "# CONFIG_NUMA is not set" */
static void take_line(struct reader *r)
{
	static const char unset[] = " is not set";
	char *line = r->line, *value = strchr(line, '='), *end;

	if (value && !strncmp(line, "CONFIG_", 7)) {
		*value++ = '\0';
		r->visit(r->arg, line, value);
		return;
	}
	end = strstr(line, unset);
	if (strncmp(line, "# CONFIG_", 9) || !end || end[sizeof(unset) - 1])
		return;
	*end = '\0';
	r->visit(r->arg, line + 2, "n");
}

static void take_text(struct reader *r, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n') {
			r->line[r->len] = '\0';
			if (!r->too_long)
				take_line(r);
			r->len = 0;
			r->too_long = false;
		} else if (r->len + 1 < sizeof(r->line)) {
			r->line[r->len++] = text[i];
		} else {
			r->too_long = true;
		}
	}
}

/* All that z has for output now; what zlib says. */
static int drain(z_stream *z, struct reader *r)
{
	char text[CHUNK];
	int status;

	do {
		z->next_out = (Bytef *)text;
		z->avail_out = sizeof(text);
		status = inflate(z, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
			return status;
		take_text(r, text, sizeof(text) - z->avail_out);
	} while (!z->avail_out && status == Z_OK && z->total_out < MAX_TEXT);
	return status;
}

/* Whether it unpacked to its end. */
static bool unpack(struct khs_kernel *kernel, uint64_t at, uint64_t size, struct reader *r)
{
	z_stream z = { .zalloc = NULL };
	uint8_t packed[CHUNK];
	int status = Z_OK;

	if (inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
		return false;
	while (size && status == Z_OK && z.total_out < MAX_TEXT) {
		size_t n = size < sizeof(packed) ? size : sizeof(packed);

		if (khs_vm_read_all(kernel->vm, at, packed, n) != KHS_PRESENT)
			break;
		z.next_in = packed;
		z.avail_in = (uInt)n;
		status = drain(&z, r);
		if (status == Z_BUF_ERROR)
			status = Z_OK;
		at += n;
		size -= n;
	}
	inflateEnd(&z);
	return status == Z_STREAM_END;
}

bool khs_config_read(struct khs_kernel *kernel,
		     void (*visit)(void *arg, const char *option, const char *value), void *arg,
		     const char **why)
{
	struct reader r = { .visit = visit, .arg = arg };
	uint64_t start = khs_fact_or(&kernel->facts, KHS_SYM_CONFIG_DATA, 0);
	uint64_t end = khs_fact_or(&kernel->facts, KHS_SYM_CONFIG_DATA_END, 0);

	*why = "the dump has no kernel configuration (CONFIG_IKCONFIG)";
	if (!start || end <= start || end - start > MAX_PACKED)
		return false;
	*why = "the kernel configuration is not in the dump, or damaged";
	return unpack(kernel, start, end - start, &r);
}
