// SPDX-License-Identifier: GPL-2.0-or-later
/* The verb fdt as JSON: values, properties, blobs. The tree of nodes is print_blob.c's to grow. */
#include <string.h>

#include "json_pieces.h"
#include "report.h"

static json_t *strings(const struct khs_item *item)
{
	_cleanup_json_ json_t *array = json_array();
	const char *s = item->data, *end = s + item->size;

	for (; s < end; s += strlen(s) + 1)
		if (json_array_append_new(array, text(s)))
			return NULL;
	return khs_steal(array);
}

static json_t *numbers(const struct khs_item *item)
{
	_cleanup_json_ json_t *array = json_array();
	size_t n = khs_item_count(item);

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(array, hex(khs_item_number(item, i))))
			return NULL;
	return khs_steal(array);
}

static json_t *value(const struct khs_item *item)
{
	if (item->value == KHS_ITEM_EMPTY || !item->data)
		return json_null();
	return item->value == KHS_ITEM_STRINGS ? strings(item) : numbers(item);
}

json_t *khs_json_property(const struct khs_item *item)
{
	static const char *const kinds[] = {
		[KHS_ITEM_EMPTY] = "empty", [KHS_ITEM_STRINGS] = "strings", [KHS_ITEM_U16] = "u16",
		[KHS_ITEM_U32] = "u32", [KHS_ITEM_U64] = "u64", [KHS_ITEM_BYTES] = "bytes",
		[KHS_ITEM_WITHHELD] = "withheld",
	};

	return json_pack("{s:o, s:s, s:o, s:o}", "name", text(item->name), "kind",
			 kinds[item->value], "size", count(item->size), "value", value(item));
}

json_t *khs_json_node(const struct khs_item *item)
{
	return json_pack("{s:o, s:o, s:[], s:[]}", "name", text(item->name), "type",
			 text_or_null(item->type), "properties", "nodes");
}

json_t *khs_json_blob(const struct khs_blob *blob)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:n}",
			 "direction", khs_direction_name(blob->direction),
			 "name", text_or_null(blob->name),
			 "phys", blob->has_phys ? hex(blob->phys) : json_null(),
			 "size", count_if(blob->has_size, blob->size),
			 "state", khs_blob_state_name(blob->state),
			 "presence", khs_presence_name(blob->presence),
			 "format", khs_blob_format_name(blob->format),
			 "type", text_or_null(blob->type),
			 "why", text_or_null(blob->why),
			 "root");
}

json_t *khs_json_why(const char *why)
{
	return text_or_null(why);
}
