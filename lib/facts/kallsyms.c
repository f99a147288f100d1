// SPDX-License-Identifier: GPL-2.0-or-later
#include "kallsyms.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "../dump/vm.h"
#include "../dump/vmcoreinfo.h"
#include "wanted.h"

#define KALLSYMS "kallsyms"

/*
 * Bounds on what a damaged dump may make us read. The kernel numbers symbols with three bytes
 * (kallsyms_seqs_of_names); its largest configurations have about a million.
 */
#define MAX_SYMBOLS (1u << 22)
#define MAX_NAMES_BYTES (64u << 20)
#define MAX_TOKENS_BYTES 65536
#define NR_TOKENS 256
/* include/linux/kallsyms.h:KSYM_NAME_LEN, the type character included */
#define NAME_MAX_LEN 512
#define CHUNK 65536

/* How a word of kallsyms_offsets becomes an address. */
enum encoding {
	PC_RELATIVE,     /* to the word's own address */
	BASE_RELATIVE,   /* unsigned, to kallsyms_relative_base */
	BASE_OR_PERCPU, /* as above if negative, minus one; else a per-cpu offset as it is */
};

struct kallsyms {
	struct khs_vm *vm;
	uint64_t names;
	uint64_t num_syms_at;
	uint64_t token_table;
	uint64_t token_index;
	uint64_t offsets;
	bool has_base;
	uint64_t base_at;
	uint64_t base;
	uint32_t num_syms;
	const char *token[NR_TOKENS]; /* into token_text */
	uint16_t token_len[NR_TOKENS];
	bool token_dot[NR_TOKENS];
	char token_text[MAX_TOKENS_BYTES + 1];
};

/* The stream of names, a chunk at a time. */
struct stream {
	struct khs_vm *vm;
	uint64_t va;
	uint64_t total;
	size_t pos;
	size_t len;
	enum khs_presence why;
	uint8_t buf[CHUNK];
};

static struct khs_error *absent(const char *what, uint64_t va, enum khs_presence why)
{
	return khs_error_new(KHS_ERR_NODATA, "%s at 0x%llx: %s", what, (unsigned long long)va,
			     khs_presence_text(why));
}

static struct khs_error *corrupt(const char *what)
{
	return khs_error_new(KHS_ERR_CORRUPT, "%s", what);
}

static struct khs_error *read_at(struct kallsyms *k, const char *what, uint64_t va, void *buf,
				 size_t size)
{
	enum khs_presence why = khs_vm_read_all(k->vm, va, buf, size);

	return why == KHS_PRESENT ? NULL : absent(what, va, why);
}

/*
 * kernel/vmcore_info.c lists the tables since "vmcoreinfo: add kallsyms_num_syms symbol" (6.0),
 * with kallsyms_relative_base as long as offsets were relative to it.
 */
static struct khs_error *locate(struct kallsyms *k, const struct khs_vmcoreinfo *vmci)
{
	const struct {
		const char *key;
		uint64_t *va;
	} tables[] = {
		{ "SYMBOL(kallsyms_names)", &k->names },
		{ "SYMBOL(kallsyms_num_syms)", &k->num_syms_at },
		{ "SYMBOL(kallsyms_token_table)", &k->token_table },
		{ "SYMBOL(kallsyms_token_index)", &k->token_index },
		{ "SYMBOL(kallsyms_offsets)", &k->offsets },
	};

	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (!khs_vmcoreinfo_hex(vmci, tables[i].key, tables[i].va))
			return khs_error_new(KHS_ERR_NOTFOUND, "VMCOREINFO has no %s",
					     tables[i].key);
	}
	k->has_base = khs_vmcoreinfo_hex(vmci, "SYMBOL(kallsyms_relative_base)", &k->base_at);
	return NULL;
}

static uint64_t little_endian(const uint8_t *bytes, size_t size)
{
	uint64_t v = 0;

	while (size--)
		v = v << 8 | bytes[size];
	return v;
}

static struct khs_error *read_counts(struct kallsyms *k)
{
	struct khs_error *err;
	uint8_t count[4];

	err = read_at(k, "kallsyms_num_syms", k->num_syms_at, count, sizeof(count));
	if (err)
		return err;
	k->num_syms = little_endian(count, sizeof(count));
	if (!k->num_syms || k->num_syms > MAX_SYMBOLS)
		return khs_error_new(KHS_ERR_CORRUPT, "kallsyms_num_syms is %u", k->num_syms);
	return NULL;
}

static struct khs_error *read_base(struct kallsyms *k)
{
	struct khs_error *err;
	uint8_t bytes[8];

	if (!k->has_base)
		return NULL;
	err = read_at(k, "kallsyms_relative_base", k->base_at, bytes, sizeof(bytes));
	if (!err)
		k->base = little_endian(bytes, sizeof(bytes));
	return err;
}

/*
 * The index follows the table in the image, so it tells the table's length; 256 strings, each found
 * through a 16-bit offset (scripts/kallsyms.c:write_src).
 */
static struct khs_error *read_tokens(struct kallsyms *k)
{
	uint64_t size = k->token_index - k->token_table;
	uint8_t index[NR_TOKENS * 2];
	struct khs_error *err;

	if (!size || size > MAX_TOKENS_BYTES)
		return corrupt("kallsyms_token_index does not follow kallsyms_token_table");
	err = read_at(k, "kallsyms_token_table", k->token_table, k->token_text, size);
	if (err)
		return err;
	k->token_text[size] = '\0';
	err = read_at(k, "kallsyms_token_index", k->token_index, index, sizeof(index));
	if (err)
		return err;
	for (size_t i = 0; i < NR_TOKENS; i++) {
		size_t at = little_endian(index + 2 * i, 2);

		if (at >= size)
			return corrupt("kallsyms_token_index points outside kallsyms_token_table");
		k->token[i] = k->token_text + at;
		k->token_len[i] = strnlen(k->token[i], NAME_MAX_LEN);
		k->token_dot[i] = memchr(k->token[i], '.', k->token_len[i]);
	}
	return NULL;
}

/* @n bytes at @s->buf + @s->pos, or false; @n is far below CHUNK. */
static bool stream_need(struct stream *s, size_t n)
{
	size_t rest = s->len - s->pos, got;

	if (rest >= n)
		return true;
	if (s->total > MAX_NAMES_BYTES)
		return false;
	memmove(s->buf, s->buf + s->pos, rest);
	s->pos = 0;
	/* A short read is no error as long as what is asked for is there. */
	s->why = khs_vm_read(s->vm, s->va, s->buf + rest, CHUNK - rest, &got);
	s->va += got;
	s->total += got;
	s->len = rest + got;
	return s->len >= n;
}

/*
 * The compressed name at the stream's head: its length is one byte, or two as ULEB128 if it is
 * longer than 127 (kernel/kallsyms.c:kallsyms_expand_symbol). Points into the stream's buffer.
 */
static bool next_name(struct stream *s, const uint8_t **data, size_t *len)
{
	size_t n;

	if (!stream_need(s, 1))
		return false;
	n = s->buf[s->pos++];
	if (n & 0x80) {
		if (!stream_need(s, 1))
			return false;
		n = (n & 0x7f) | (size_t)(s->buf[s->pos++] & 0x7f) << 7;
	}
	if (!stream_need(s, n))
		return false;
	*data = s->buf + s->pos;
	*len = n;
	s->pos += n;
	return true;
}

/*
 * Length of the expanded name with its type character; over NAME_MAX_LEN it is of no interest. And
 * whether there is a dot in it: few names have one.
 */
static size_t expanded_length(const struct kallsyms *k, const uint8_t *data, size_t len, bool *dot)
{
	size_t sum = 0;

	*dot = false;
	for (size_t i = 0; i < len && sum <= NAME_MAX_LEN; i++) {
		sum += k->token_len[data[i]];
		*dot |= k->token_dot[data[i]];
	}
	return sum;
}

static void expand(const struct kallsyms *k, const uint8_t *data, size_t len, char *name)
{
	for (size_t i = 0; i < len; i++) {
		memcpy(name, k->token[data[i]], k->token_len[data[i]]);
		name += k->token_len[data[i]];
	}
}

/* Of two symbols of one name the global one (upper-case type) is meant, then the first. */
static void match(struct kallsyms *k, struct khs_wanted *w, const uint8_t *data, size_t len,
		  uint32_t nr)
{
	struct khs_wanted_name *found;
	char name[NAME_MAX_LEN];
	bool dot;
	size_t full = expanded_length(k, data, len, &dot);

	if (full < 2 || full > NAME_MAX_LEN || !(dot || khs_wanted_len(w, full - 1)))
		return;
	expand(k, data, len, name);
	found = khs_wanted_symbol(w, name + 1, full - 1);
	if (!found)
		return;
	/* At least two bytes were expanded. NOLINTNEXTLINE(*.ArraySubscript) */
	khs_wanted_answer(w, found, isupper((unsigned char)name[0]) ? 2 : 1, nr);
}

static struct khs_error *scan_names(struct kallsyms *k, struct khs_wanted *w)
{
	_cleanup_free_ struct stream *s = calloc(1, sizeof(*s));
	const uint8_t *data;
	size_t len;

	if (!s)
		return khs_enomem();
	s->vm = k->vm;
	s->va = k->names;
	for (uint32_t nr = 0; nr < k->num_syms; nr++) {
		if (!next_name(s, &data, &len))
			return s->why ? absent("kallsyms_names", s->va, s->why) :
					corrupt("kallsyms_names is longer than a kernel has names");
		/* No symbol has a name of no length. */
		if (!len)
			return corrupt("kallsyms_names has an empty name");
		match(k, w, data, len, nr);
	}
	return NULL;
}

static uint64_t decode(const struct kallsyms *k, enum encoding how, uint64_t at, uint32_t word)
{
	int64_t offset = (int32_t)word;

	switch (how) {
	case PC_RELATIVE: /* kallsyms_sym_address(): offset_to_ptr() */
		return at + (uint64_t)offset;
	case BASE_RELATIVE:
		return k->base + word;
	default: /* CONFIG_KALLSYMS_ABSOLUTE_PERCPU, x86 with SMP until 6.14 */
		return offset < 0 ? k->base - 1 - (uint64_t)offset : (uint64_t)offset;
	}
}

/* The words of all names found, in place of their numbers. */
static struct khs_error *read_words(struct kallsyms *k, struct khs_wanted *w)
{
	for (size_t i = 0; i < KHS_WANTED_SLOTS; i++) {
		struct khs_wanted_name *s = &w->slots[i];
		uint64_t at = k->offsets + 4 * s->value;
		struct khs_error *err;
		uint8_t bytes[4];

		if (!s->rank)
			continue;
		err = read_at(k, "kallsyms_offsets", at, bytes, sizeof(bytes));
		if (err)
			return err;
		/* Both are needed until the encoding is known. */
		s->value = s->value << 32 | little_endian(bytes, sizeof(bytes));
	}
	return NULL;
}

static uint64_t address(const struct kallsyms *k, enum encoding how, uint64_t nr_and_word)
{
	return decode(k, how, k->offsets + 4 * (nr_and_word >> 32), (uint32_t)nr_and_word);
}

/*
 * VMCOREINFO's _stext must come out: that proves the encoding, the tables and the KASLR offset.
 * Only relative_base tells by its presence; the per-cpu variant has no key of its own.
 */
static struct khs_error *find_encoding(const struct kallsyms *k, struct khs_wanted *w,
				       uint64_t stext, enum encoding *ret)
{
	const enum encoding first = k->has_base ? BASE_RELATIVE : PC_RELATIVE;
	const enum encoding last = k->has_base ? BASE_OR_PERCPU : PC_RELATIVE;
	const struct khs_wanted_name *s = khs_wanted_find(w, "_stext", strlen("_stext"));

	if (!s || !s->rank)
		return corrupt("no _stext in the tables");
	for (enum encoding how = first; how <= last; how++) {
		if (address(k, how, s->value) != stext)
			continue;
		*ret = how;
		return NULL;
	}
	return khs_error_new(KHS_ERR_CORRUPT,
			     "_stext comes out at 0x%llx, and VMCOREINFO has it at 0x%llx",
			     (unsigned long long)address(k, first, s->value),
			     (unsigned long long)stext);
}

static struct khs_error *resolve(struct kallsyms *k, struct khs_wanted *w, struct khs_facts *facts,
				 uint64_t stext)
{
	struct khs_error *err;
	enum encoding how = PC_RELATIVE;

	khs_wanted_init(w, facts, KHS_NEED_SYMBOL);
	khs_wanted_add(w, "_stext", KHS_NR_NEEDS);
	err = scan_names(k, w);
	if (err)
		return err;
	err = read_words(k, w);
	if (err)
		return err;
	err = find_encoding(k, w, stext, &how);
	if (err)
		return err;
	for (size_t i = 0; i < KHS_WANTED_SLOTS; i++)
		w->slots[i].value = address(k, how, w->slots[i].value);
	khs_wanted_apply(w, facts, KALLSYMS);
	return NULL;
}

static struct khs_error *read_tables(struct kallsyms *k, const struct khs_vmcoreinfo *vmci)
{
	struct khs_error *err;

	err = locate(k, vmci);
	if (err)
		return err;
	err = read_counts(k);
	if (err)
		return err;
	err = read_base(k);
	if (err)
		return err;
	return read_tokens(k);
}

struct khs_error *khs_facts_from_kallsyms(struct khs_facts *facts, struct khs_vm *vm,
					  const struct khs_vmcoreinfo *vmci)
{
	_cleanup_free_ struct khs_wanted *w = malloc(sizeof(*w));
	_cleanup_free_ struct kallsyms *k = calloc(1, sizeof(*k));
	struct khs_error *err;
	uint64_t stext;

	if (!k || !w)
		return khs_enomem();
	k->vm = vm;
	err = read_tables(k, vmci);
	if (err)
		return khs_error_wrap(err, "kallsyms");
	if (!khs_vmcoreinfo_hex(vmci, "SYMBOL(_stext)", &stext))
		return khs_error_new(KHS_ERR_NOTFOUND,
				     "kallsyms: VMCOREINFO has no SYMBOL(_stext)");
	err = resolve(k, w, facts, stext);
	return err ? khs_error_wrap(err, "kallsyms") : NULL;
}
