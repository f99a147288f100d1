// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_fdt(): the root FDTs and the blobs they name, each read, shown and let go. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "kho/blob.h"
#include "kho/subtrees.h"
#include "model.h"

struct show {
	struct khs *k;
	const struct khs_fdt_options *opts;
	const struct khs_fdt_visitor *visitor;
	void *arg;
	uint64_t found; /* subtrees that were asked for */
};

const char *khs_blob_state_name(enum khs_blob_state state)
{
	static const char *const names[] = {
		[KHS_BLOB_LIVE] = "live",
		[KHS_BLOB_CONSUMED] = "consumed",
		[KHS_BLOB_UNPROVEN] = "unproven",
	};

	return names[state];
}

const char *khs_blob_format_name(enum khs_blob_format format)
{
	static const char *const names[] = {
		[KHS_BLOB_FORMAT_NONE] = "none",
		[KHS_BLOB_FORMAT_FDT] = "fdt",
		[KHS_BLOB_FORMAT_STRUCT] = "struct",
		[KHS_BLOB_FORMAT_OPAQUE] = "opaque",
	};

	return names[format];
}

/* The blob's own bytes, in pieces, as far as the dump has them. */
static enum khs_presence put_bytes(struct show *s, const struct khs_blob *blob)
{
	enum khs_presence presence = KHS_PRESENT;
	uint8_t buf[4096];
	size_t done;

	for (uint64_t at = 0; at < blob->size && presence == KHS_PRESENT; at += done) {
		size_t want = sizeof(buf);

		khs_kernel_interrupted(&s->k->kernel); /* then the rest is not read */
		if (blob->size - at < want)
			want = (size_t)(blob->size - at);
		presence = khs_dump_read(s->k->kernel.dump, blob->phys + at, buf, want, &done);
		if (done)
			s->visitor->bytes(s->arg, at, buf, done);
	}
	return presence;
}

static void put_blob(struct show *s, const struct khs_blob_bytes *bytes,
		     const struct khs_blob *blob)
{
	enum khs_presence presence = KHS_PRESENT;

	s->visitor->begin(s->arg, blob);
	if (bytes)
		khs_blob_items(bytes, blob->name, s->opts->bytes, s->visitor->item, s->arg);
	if (blob->format == KHS_BLOB_FORMAT_OPAQUE && s->opts->bytes)
		presence = put_bytes(s, blob);
	s->visitor->end(s->arg, presence);
}

/* Why a blob is not looked into at all; NULL if it may be. */
static const char *untouchable(const struct khs *k, const struct khs_blob *blob)
{
	if (!blob->has_phys)
		return "the root FDT names no address";
	if (blob->state == KHS_BLOB_CONSUMED)
		return "consumed: its owner restored it, and may have freed it";
	if (blob->state == KHS_BLOB_UNPROVEN && khs_interrupted(k))
		return khs_presence_text(KHS_UNREAD);
	if (blob->state == KHS_BLOB_UNPROVEN)
		return "whether it was consumed can't be told: no mark to look at";
	return NULL;
}

static struct khs_error *show_subtree(struct show *s, enum khs_direction direction,
				      const struct khs_subtree *t)
{
	struct khs_blob_bytes bytes = { .format = KHS_BLOB_FORMAT_NONE };
	struct khs_blob blob = {
		.direction = direction, .name = t->name, .has_phys = t->has_phys,
		.has_size = t->has_size, .phys = t->phys, .size = t->size, .state = t->state,
		.presence = t->presence,
	};
	struct khs_error *err;

	blob.why = untouchable(s->k, &blob);
	if (blob.why) {
		put_blob(s, NULL, &blob);
		return NULL;
	}
	err = khs_blob_read(&s->k->kernel, t->name, t->phys, t->size, &bytes);
	if (err)
		return err;
	blob.format = bytes.format;
	blob.type = bytes.type;
	blob.why = bytes.why[0] ? bytes.why : NULL;
	put_blob(s, &bytes, &blob);
	khs_blob_deinit(&bytes);
	return NULL;
}

/* kho_in and kho_out always hold its address, and the kernel reads it whenever it is asked. */
static struct khs_error *show_root(struct show *s, enum khs_direction direction,
				   const struct khs_subtrees *subtrees)
{
	struct khs_blob_bytes bytes = { .format = KHS_BLOB_FORMAT_NONE };
	struct khs_blob blob = {
		.direction = direction, .has_phys = subtrees->fdt_phys, .phys = subtrees->fdt_phys,
		.state = subtrees->fdt_state, .presence = subtrees->fdt_presence,
		.why = subtrees->why[0] ? subtrees->why : NULL,
	};
	struct khs_error *err;

	if (!subtrees->fdt_phys)
		blob.why = direction == KHS_IN && s->k->kho.handover_known ?
				   "this boot was handed none" :
				   "where it is is not known";
	if (!subtrees->fdt) {
		put_blob(s, NULL, &blob);
		return NULL;
	}
	err = khs_blob_read(&s->k->kernel, NULL, blob.phys, khs_page_size(s->k), &bytes);
	if (err)
		return err;
	blob.format = bytes.format;
	blob.has_size = bytes.data;
	blob.size = bytes.size;
	blob.why = bytes.why[0] ? bytes.why : NULL;
	put_blob(s, &bytes, &blob);
	khs_blob_deinit(&bytes);
	return NULL;
}

static struct khs_error *show_all(struct show *s, enum khs_direction direction,
				  const struct khs_subtrees *subtrees)
{
	const char *name = s->opts->name;
	struct khs_error *err = name ? NULL : show_root(s, direction, subtrees);

	for (size_t i = 0; i < subtrees->n && !err; i++) {
		if (name && strcmp(name, subtrees->v[i].name))
			continue;
		s->found++;
		khs_kernel_interrupted(&s->k->kernel); /* then those that follow are not read */
		err = show_subtree(s, direction, &subtrees->v[i]);
	}
	return err;
}

static struct khs_error *show_direction(struct show *s, enum khs_direction direction)
{
	struct khs_subtrees subtrees;
	struct khs_error *err;

	err = khs_subtrees_read(&s->k->kernel, s->k->have_mem ? &s->k->mem : NULL, &s->k->kho,
				direction, &subtrees);
	if (!err)
		err = show_all(s, direction, &subtrees);
	khs_subtrees_deinit(&subtrees);
	return err;
}

struct khs_error *khs_fdt(struct khs *k, const struct khs_fdt_options *opts,
			  const struct khs_fdt_visitor *visitor, void *arg)
{
	struct khs_fdt_options o = { 0 };
	struct khs_fdt_visitor v = { 0 };
	struct show s = { .k = k, .opts = &o, .visitor = &v, .arg = arg };
	struct khs_error *err = NULL;

	if (opts && !khs_take(&o, sizeof(o), opts))
		return khs_error_new(KHS_ERR_USAGE, "khs_fdt_options.size is not set");
	if (!khs_take(&v, sizeof(v), visitor))
		return khs_error_new(KHS_ERR_USAGE, "khs_fdt_visitor.size is not set");
	if (!o.directions)
		o.directions = KHS_OUT | KHS_IN;
	if (o.directions & KHS_OUT)
		err = show_direction(&s, KHS_OUT);
	if (!err && o.directions & KHS_IN)
		err = show_direction(&s, KHS_IN);
	if (err || !o.name || s.found)
		return err;
	if (khs_interrupted(k))
		return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
	return khs_error_new(KHS_ERR_NOTFOUND, "no subtree is called '%s'", o.name);
}
