// SPDX-License-Identifier: GPL-2.0-or-later
#include "vmcoreinfo.h"

#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../base/error.h"

struct line {
	const char *key;
	const char *value;
	size_t nr; /* in the text: the first of two equal keys stands */
};

struct khs_vmcoreinfo {
	char *text; /* keys and values point into it */
	struct line *lines;
	size_t n;
	size_t cap;
};

static int by_key(const void *a, const void *b)
{
	const struct line *l = a, *r = b;
	int order = strcmp(l->key, r->key);

	if (order)
		return order;
	return (l->nr > r->nr) - (l->nr < r->nr);
}

static bool add_line(struct khs_vmcoreinfo *v, char *line)
{
	char *value = strchr(line, '=');

	if (!value || value == line)
		return true;
	if (!khs_array_grow(v->lines, v->n, v->cap))
		return false;
	*value++ = '\0';
	v->lines[v->n] = (struct line){ line, value, v->n };
	v->n++;
	return true;
}

static struct khs_error *split(struct khs_vmcoreinfo *v)
{
	char *rest = v->text, *line;

	while ((line = strsep(&rest, "\n"))) {
		if (!add_line(v, line))
			return khs_enomem();
	}
	if (!v->n)
		return khs_error_new(KHS_ERR_FORMAT, "VMCOREINFO: no line has a key and a value");
	qsort(v->lines, v->n, sizeof(*v->lines), by_key);
	return NULL;
}

static void vmcoreinfo_freep(struct khs_vmcoreinfo **v)
{
	khs_vmcoreinfo_free(*v);
}

struct khs_error *khs_vmcoreinfo_parse(const char *text, size_t len, struct khs_vmcoreinfo **ret)
{
	_cleanup_(vmcoreinfo_freep) struct khs_vmcoreinfo *v = calloc(1, sizeof(*v));
	struct khs_error *err;

	if (!v)
		return khs_enomem();
	/* The note is zero-filled behind the text. */
	v->text = strndup(text, len);
	if (!v->text)
		return khs_enomem();
	err = split(v);
	if (err)
		return err;
	*ret = khs_steal(v);
	return NULL;
}

void khs_vmcoreinfo_free(struct khs_vmcoreinfo *v)
{
	if (!v)
		return;
	free(v->lines);
	free(v->text);
	free(v);
}

const char *khs_vmcoreinfo_text(const struct khs_vmcoreinfo *v, const char *key)
{
	size_t lo = 0, hi = v->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(v->lines[mid].key, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == v->n || strcmp(v->lines[lo].key, key))
		return NULL;
	return v->lines[lo].value;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Digits and nothing else, no more of them than fit; strtoull() takes spaces and signs as well. */
static bool parse(const char *s, unsigned int base, uint64_t *value)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		int d = digit(*s);

		if (d < 0 || (unsigned int)d >= base || __builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)d, &v))
			return false;
	}
	*value = v;
	return true;
}

static bool is_hex(const char *s)
{
	return s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
}

bool khs_vmcoreinfo_hex(const struct khs_vmcoreinfo *v, const char *key, uint64_t *value)
{
	const char *s = khs_vmcoreinfo_text(v, key);

	if (!s)
		return false;
	return parse(is_hex(s) ? s + 2 : s, 16, value);
}

bool khs_vmcoreinfo_number(const struct khs_vmcoreinfo *v, const char *key, int64_t *value)
{
	const char *s = khs_vmcoreinfo_text(v, key);
	bool negative = s && *s == '-';
	uint64_t magnitude;

	if (!s)
		return false;
	if (is_hex(s)) {
		if (!parse(s + 2, 16, &magnitude))
			return false;
		*value = (int64_t)magnitude;
		return true;
	}
	if (!parse(s + negative, 10, &magnitude) || magnitude > (uint64_t)INT64_MAX + negative)
		return false;
	*value = negative ? (int64_t)-magnitude : (int64_t)magnitude;
	return true;
}
