// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "../base/error.h"
#include "../kho/blob.h"
#include "../model.h"
#include "output.h"
#include "report.h"

/* ---- text ----------------------------------------------------------------------------------- */

struct text {
	FILE *out;
	bool more; /* a blob was printed before */
};

static void text_begin(void *arg, const struct khs_blob *blob)
{
	struct text *t = arg;

	if (t->more)
		putc('\n', t->out);
	t->more = true;
	khs_text_blob_head(t->out, blob);
}

static void text_item(void *arg, const struct khs_item *item)
{
	struct text *t = arg;

	khs_text_item(t->out, item);
}

static void text_bytes(void *arg, uint64_t offset, const void *data, size_t len)
{
	struct text *t = arg;

	khs_text_blob_bytes(t->out, offset, data, len);
}

static void text_end(void *arg, enum khs_presence presence)
{
	struct text *t = arg;

	khs_text_blob_end(t->out, presence);
}

static struct khs_error *print_text(struct khs *k, const struct khs_fdt_options *opts, FILE *out)
{
	static const struct khs_fdt_visitor visitor = {
		.size = sizeof(visitor), .begin = text_begin, .item = text_item,
		.bytes = text_bytes, .end = text_end,
	};
	struct text t = { .out = out };
	struct khs_error *err;

	if (k->kho.state != KHS_KHO_ON && k->kho.why[0])
		khs_text_sentence(out, k->kho.why);
	if (k->kho.state == KHS_KHO_ABSENT)
		return khs_print_end(out);
	err = khs_fdt(k, opts, &visitor, &t);
	return err ? err : khs_print_end(out);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

/* The way from a blob to the node at hand; all are borrowed from @blobs. */
struct tree {
	json_t *blobs;
	json_t *blob;
	json_t *open[KHS_FDT_DEPTH + 2];
	size_t depth;
	bool no_memory;
};

/* Takes @value; returns it, borrowed, or NULL. */
static json_t *append(struct tree *t, json_t *array, json_t *value)
{
	if (!json_array_append_new(array, value))
		return value;
	t->no_memory = true;
	return NULL;
}

static void json_begin(void *arg, const struct khs_blob *blob)
{
	struct tree *t = arg;

	t->blob = append(t, t->blobs, khs_json_blob(blob));
	t->depth = 0;
}

static void open_node(struct tree *t, const struct khs_item *item)
{
	json_t *parent = t->depth ? t->open[t->depth - 1] : NULL, *node = khs_json_node(item);

	if (t->depth == sizeof(t->open) / sizeof(t->open[0])) {
		json_decref(node);
		t->no_memory = true;
		return;
	}
	if (parent)
		node = append(t, json_object_get(parent, "nodes"), node);
	else if (json_object_set_new(t->blob, "root", node))
		t->no_memory = true;
	t->open[t->depth++] = node;
}

static void json_item(void *arg, const struct khs_item *item)
{
	struct tree *t = arg;

	if (t->no_memory)
		return;
	switch (item->kind) {
	case KHS_ITEM_NODE:
		open_node(t, item);
		break;
	case KHS_ITEM_END:
		t->depth--;
		break;
	case KHS_ITEM_PROPERTY:
		append(t, json_object_get(t->open[t->depth - 1], "properties"),
		       khs_json_property(item));
		break;
	}
}

static void json_end(void *arg, enum khs_presence presence)
{
	(void)arg;
	(void)presence;
}

static struct khs_error *print_json(struct khs *k, const struct khs_fdt_options *opts, FILE *out)
{
	static const struct khs_fdt_visitor visitor = {
		.size = sizeof(visitor), .begin = json_begin, .item = json_item, .end = json_end,
	};
	_cleanup_json_ json_t *object = khs_json_envelope();
	struct tree t = { .blobs = json_array() };
	struct khs_error *err;

	if (json_object_set_new(object, "why", khs_json_why(k->kho.why)) ||
	    json_object_set_new(object, "blobs", t.blobs))
		return khs_enomem();
	if (k->kho.state != KHS_KHO_ABSENT) {
		err = khs_fdt(k, opts, &visitor, &t);
		if (err)
			return err;
	}
	if (json_object_set_new(object, "interrupted", json_boolean(khs_interrupted(k))))
		return khs_enomem();
	return t.no_memory ? khs_enomem() : khs_print_object(out, khs_steal(object));
}

struct khs_error *khs_print_fdt(struct khs *k, const struct khs_fdt_options *opts, FILE *out,
				bool json)
{
	struct khs_fdt_options o = { 0 };

	if (opts && !khs_take(&o, sizeof(o), opts))
		return khs_error_new(KHS_ERR_USAGE, "khs_fdt_options.size is not set");
	if (json && o.bytes)
		return khs_error_new(KHS_ERR_USAGE, "bytes of blobs are not printed as JSON");
	return json ? print_json(k, opts, out) : print_text(k, opts, out);
}
