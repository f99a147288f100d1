// SPDX-License-Identifier: GPL-2.0-or-later
#include "blob.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "../facts/kernel.h"
#include "fdt.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* The longest structure known here, with room for a longer compatible string. */
#define STRUCT_MAX 256

/* What is longer is withheld. Names, versions and addresses are shorter. */
#define MAX_TEXT 128
#define MAX_NUMBERS 64

/* ---- structures ----------------------------------------------------------------------------- */

struct field {
	const char *name;
	enum khs_item_value value;
	size_t offset, size;
};

struct structure {
	const char *type;
	const struct field *fields;
	size_t nr_fields;
	size_t size;
};

#define STRUCTURE(type, fields, size) { type, fields, LEN(fields), size }

/* Behind the compatible string, which is as long as it needs to be. */
static const struct field luo_fields[] = {
	{ "liveupdate_num", KHS_ITEM_U64, 0, 8 },
	{ "sessions_pa", KHS_ITEM_U64, 8, 8 },
	{ "flbs_pa", KHS_ITEM_U64, 16, 8 },
};
static const struct structure luo = STRUCTURE("struct luo_ser", luo_fields, 24);
static const char *const luo_versions[] = { "luo-v3", "luo-v4", "luo-v5" };

static const struct field metadata_fields[] = {
	{ "version", KHS_ITEM_U32, 0, 4 },
	{ "previous_release", KHS_ITEM_STRINGS, 4, 65 },
	{ "kexec_count", KHS_ITEM_U32, 69, 4 },
};
static const struct structure metadata =
	STRUCTURE("struct kho_kexec_metadata", metadata_fields, 73);
#define METADATA_VERSION 1

static const struct field vmalloc_fields[] = {
	{ "first", KHS_ITEM_U64, 0, 8 },
	{ "total_pages", KHS_ITEM_U32, 8, 4 },
	{ "flags", KHS_ITEM_U16, 12, 2 },
	{ "order", KHS_ITEM_U16, 14, 2 },
};
static const struct structure vmalloc = STRUCTURE("struct kho_vmalloc", vmalloc_fields, 16);

/* ---- items ---------------------------------------------------------------------------------- */

struct sink {
	void (*item)(void *arg, const struct khs_item *item);
	void *arg;
	bool all;
};

static void put_node(const struct sink *to, unsigned int depth, const char *name, const char *type)
{
	to->item(to->arg, &(struct khs_item){
		.kind = KHS_ITEM_NODE, .depth = depth, .name = name, .type = type });
}

static void put_end(const struct sink *to, unsigned int depth)
{
	to->item(to->arg, &(struct khs_item){ .kind = KHS_ITEM_END, .depth = depth });
}

static void put_value(const struct sink *to, unsigned int depth, const char *name,
		      enum khs_item_value value, const void *data, size_t size)
{
	size_t most = value == KHS_ITEM_STRINGS ? MAX_TEXT : MAX_NUMBERS;
	struct khs_item item = {
		.kind = KHS_ITEM_PROPERTY, .depth = depth, .name = name, .value = value,
		.data = data, .size = size,
	};

	if (size > most && !to->all) {
		item.value = KHS_ITEM_WITHHELD;
		item.data = NULL;
	}
	to->item(to->arg, &item);
}

static void put_fields(const struct sink *to, unsigned int depth, const struct structure *s,
		       const uint8_t *data)
{
	for (size_t i = 0; i < s->nr_fields; i++) {
		const struct field *f = &s->fields[i];
		char text[STRUCT_MAX + 1] = "";

		if (f->value != KHS_ITEM_STRINGS) {
			put_value(to, depth, f->name, f->value, data + f->offset, f->size);
			continue;
		}
		memcpy(text, data + f->offset, f->size);
		put_value(to, depth, f->name, f->value, text, strlen(text) + 1);
	}
}

/* ---- FDT ------------------------------------------------------------------------------------ */

/* As dtc: printable, none empty, and the last byte ends the last of them. */
static bool is_strings(const char *s, size_t size)
{
	if (!size || s[size - 1] || !s[0])
		return false;
	for (size_t i = 0; i < size; i++) {
		if (!s[i] ? !s[i - 1] : s[i] < ' ' || s[i] > '~')
			return false;
	}
	return true;
}

static enum khs_item_value value_of(const char *name, const void *data, size_t size)
{
	const char *s = data;

	if (!size)
		return KHS_ITEM_EMPTY;
	if (!strcmp(name, "compatible") && !s[size - 1])
		return KHS_ITEM_STRINGS;
	if (size != 4 && is_strings(s, size))
		return KHS_ITEM_STRINGS;
	return size % 8 ? size % 4 ? KHS_ITEM_BYTES : KHS_ITEM_U32 : KHS_ITEM_U64;
}

/* Since 6.18 the list of folios is in vmalloc memory; before, it was in the property itself. */
static bool is_vmalloc(const char *blob, const char *name, size_t size)
{
	return blob && !strcmp(blob, "kho_test") && !strcmp(name, "folios_info") &&
	       size == vmalloc.size;
}

static void put_properties(const struct sink *to, unsigned int depth, const char *blob,
			   const void *fdt, int node)
{
	int prop;

	fdt_for_each_property_offset(prop, fdt, node) {
		const char *name = "";
		int size = 0;
		const void *data = fdt_getprop_by_offset(fdt, prop, &name, &size);

		if (!data || size < 0)
			continue;
		if (is_vmalloc(blob, name, (size_t)size)) {
			put_node(to, depth, name, vmalloc.type);
			put_fields(to, depth + 1, &vmalloc, data);
			put_end(to, depth);
			continue;
		}
		put_value(to, depth, name, value_of(name, data, (size_t)size), data, (size_t)size);
	}
}

static void put_fdt(const struct sink *to, const char *blob, const void *fdt)
{
	int depth = 0, open = 0;

	for (int node = 0; node >= 0 && depth >= 0; node = fdt_next_node(fdt, node, &depth)) {
		const char *name = fdt_get_name(fdt, node, NULL);

		for (; open > depth; open--)
			put_end(to, (unsigned int)open - 1);
		put_node(to, (unsigned int)depth, depth ? name ? name : "" : "/", NULL);
		open = depth + 1;
		put_properties(to, (unsigned int)depth + 1, blob, fdt, node);
	}
	for (; open > 0; open--)
		put_end(to, (unsigned int)open - 1);
}

static bool too_deep(const void *fdt)
{
	int depth = 0;

	for (int node = 0; node >= 0 && depth >= 0; node = fdt_next_node(fdt, node, &depth))
		if (depth >= KHS_FDT_DEPTH)
			return true;
	return false;
}

static struct khs_error *keep(struct khs_blob_bytes *blob, const void *data, size_t size)
{
	blob->data = malloc(size);
	if (!blob->data)
		return khs_enomem();
	memcpy(blob->data, data, size);
	blob->size = size;
	return NULL;
}

/* It begins like an FDT: is it one, all of it? @head is its header. */
static struct khs_error *read_fdt(struct khs_kernel *kernel, uint64_t phys, uint64_t size,
				  const void *head, struct khs_blob_bytes *ret)
{
	uint32_t total = fdt_totalsize(head);
	_cleanup_free_ void *data = NULL;
	enum khs_presence presence;
	int err;

	if (size && total > size)
		snprintf(ret->why, sizeof(ret->why), "an FDT of %u bytes, more than its blob has",
			 total);
	else if (total > KHS_FDT_MAX || total < sizeof(struct fdt_header))
		snprintf(ret->why, sizeof(ret->why), "an FDT of %u bytes, which none has", total);
	if (ret->why[0])
		return NULL;
	data = malloc(total);
	if (!data)
		return khs_enomem();
	presence = khs_dump_read_all(kernel->dump, phys, data, total);
	err = presence == KHS_PRESENT ? khs_fdt_check(data, total) : 0;
	if (presence != KHS_PRESENT)
		snprintf(ret->why, sizeof(ret->why), "part of it is %s",
			 khs_presence_text(presence));
	else if (err)
		snprintf(ret->why, sizeof(ret->why), "a damaged FDT: %s", fdt_strerror(err));
	else if (too_deep(data))
		snprintf(ret->why, sizeof(ret->why), "an FDT nested deeper than %d levels",
			 KHS_FDT_DEPTH);
	if (ret->why[0])
		return NULL;
	ret->format = KHS_BLOB_FORMAT_FDT;
	ret->size = total;
	ret->data = khs_steal(data);
	return NULL;
}

/* ---- what it is ----------------------------------------------------------------------------- */

/* Bytes of the compatible string with its padding; 0 if none is there. */
static size_t luo_offset(const char *data, size_t size)
{
	size_t len = strnlen(data, size);

	return len < size && !strncmp(data, "luo-v", 5) ? (len + 8) & ~(size_t)7 : 0;
}

static bool luo_known(const char *compatible)
{
	size_t len = strcspn(compatible, ";");

	for (size_t i = 0; i < LEN(luo_versions); i++)
		if (len == strlen(luo_versions[i]) && !memcmp(compatible, luo_versions[i], len))
			return true;
	return false;
}

static struct khs_error *read_luo(const void *data, size_t size, struct khs_blob_bytes *ret)
{
	size_t offset = luo_offset(data, size);

	if (!offset) {
		snprintf(ret->why, sizeof(ret->why), "neither an FDT nor a struct luo_ser");
		return NULL;
	}
	ret->format = KHS_BLOB_FORMAT_STRUCT;
	ret->type = luo.type;
	if (!luo_known(data)) {
		snprintf(ret->why, sizeof(ret->why), "what follows in it is not known here");
		return keep(ret, data, offset < size ? offset : size);
	}
	if (offset + luo.size > size) {
		snprintf(ret->why, sizeof(ret->why), "it is cut off");
		return keep(ret, data, offset < size ? offset : size);
	}
	return keep(ret, data, offset + luo.size);
}

static struct khs_error *read_metadata(const uint8_t *data, size_t size, struct khs_blob_bytes *ret)
{
	uint32_t version;

	if (size < sizeof(version)) {
		snprintf(ret->why, sizeof(ret->why), "it is cut off");
		return NULL;
	}
	memcpy(&version, data, sizeof(version));
	ret->format = KHS_BLOB_FORMAT_STRUCT;
	ret->type = metadata.type;
	if (version != METADATA_VERSION)
		snprintf(ret->why, sizeof(ret->why), "what follows in it is not known here");
	else if (size < metadata.size)
		snprintf(ret->why, sizeof(ret->why), "it is cut off");
	return keep(ret, data, ret->why[0] ? sizeof(version) : metadata.size);
}

static bool always_fdt(const char *name)
{
	return !name || !strcmp(name, "memblock") || !strcmp(name, "kho_test");
}

static struct khs_error *read_known(const char *name, const void *head, size_t len,
				    struct khs_blob_bytes *ret)
{
	if (always_fdt(name))
		snprintf(ret->why, sizeof(ret->why), "no FDT, as it should be");
	else if (!strcmp(name, "LUO"))
		return read_luo(head, len, ret);
	else if (!strcmp(name, "kexec-metadata"))
		return read_metadata(head, len, ret);
	return NULL;
}

struct khs_error *khs_blob_read(struct khs_kernel *kernel, const char *name, uint64_t phys,
				uint64_t size, struct khs_blob_bytes *ret)
{
	size_t want = size && size < STRUCT_MAX ? (size_t)size : STRUCT_MAX, len;
	uint8_t head[STRUCT_MAX] = { 0 };
	enum khs_presence presence;

	*ret = (struct khs_blob_bytes){ .format = KHS_BLOB_FORMAT_OPAQUE };
	presence = khs_dump_read(kernel->dump, phys, head, want, &len);
	if (!len) {
		ret->format = KHS_BLOB_FORMAT_NONE;
		snprintf(ret->why, sizeof(ret->why), "%s", khs_presence_text(presence));
		return NULL;
	}
	if (len >= sizeof(struct fdt_header) && fdt_magic(head) == FDT_MAGIC)
		return read_fdt(kernel, phys, size, head, ret);
	return read_known(name, head, len, ret);
}

void khs_blob_deinit(struct khs_blob_bytes *blob)
{
	free(blob->data);
	blob->data = NULL;
}

static void put_luo(const struct sink *to, const char *data, size_t size)
{
	size_t offset = luo_offset(data, size), len = strlen(data) + 1;

	put_value(to, 1, "compatible", KHS_ITEM_STRINGS, data, len);
	if (size == offset + luo.size)
		put_fields(to, 1, &luo, (const uint8_t *)data + offset);
}

static void put_metadata(const struct sink *to, const uint8_t *data, size_t size)
{
	struct structure s = metadata;

	if (size < metadata.size)
		s.nr_fields = 1;
	put_fields(to, 1, &s, data);
}

void khs_blob_items(const struct khs_blob_bytes *blob, const char *name, bool all,
		    void (*item)(void *arg, const struct khs_item *item), void *arg)
{
	const struct sink to = { item, arg, all };

	if (!blob->data)
		return;
	if (blob->format == KHS_BLOB_FORMAT_FDT) {
		put_fdt(&to, name, blob->data);
		return;
	}
	put_node(&to, 0, blob->type, blob->type);
	if (blob->type == luo.type)
		put_luo(&to, blob->data, blob->size);
	else
		put_metadata(&to, blob->data, blob->size);
	put_end(&to, 0);
}
