// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "../base/error.h"
#include "dump.h"

static enum khs_presence source_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	const struct khs_source *source = priv;
	enum khs_presence p = source->read(source->priv, pa, buf, len, done);

	/* The contract of dump.h, whatever the other side counts. */
	if (p == KHS_PRESENT || *done > len)
		*done = p == KHS_PRESENT ? len : 0;
	return p;
}

static void source_close(void *priv)
{
	struct khs_source *source = priv;

	if (source->close)
		source->close(source->priv);
	free(source);
}

static const struct khs_dump_ops source_ops = {
	.name = "source",
	.read = source_read,
	.close = source_close,
};

static void describe(struct khs_dump *dump, const struct khs_source *source)
{
	const char *format = source->format ? source->format : source->name;
	const char *why = source->incomplete_why;

	snprintf(dump->format, sizeof(dump->format), "%s", format ? format : "unknown");
	snprintf(dump->incomplete_why, sizeof(dump->incomplete_why), "%s", why ? why : "");
	dump->flattened = source->flattened;
	dump->complete = !why;
}

static struct khs_dump *source_dump(const struct khs_source *source)
{
	struct khs_dump *dump = calloc(1, sizeof(*dump));
	struct khs_source *copy = malloc(sizeof(*copy));

	if (!dump || !copy) {
		free(dump);
		free(copy);
		return NULL;
	}
	*copy = *source;
	dump->ops = &source_ops;
	dump->priv = copy;
	return dump;
}

struct khs_error *khs_dump_open_source(const struct khs_source *source, struct khs_dump **ret)
{
	struct khs_dump *dump;

	if (source->size < sizeof(*source) || !source->read || !source->vmcoreinfo) {
		if (source->size >= sizeof(*source) && source->close)
			source->close(source->priv);
		return khs_error_new(KHS_ERR_USAGE, "khs_source: a required callback is missing");
	}
	dump = source_dump(source);
	if (!dump) {
		if (source->close)
			source->close(source->priv);
		return khs_enomem();
	}
	describe(dump, source);
	if (!source->vmcoreinfo(source->priv, &dump->vmcoreinfo, &dump->vmcoreinfo_len)) {
		dump->vmcoreinfo = NULL;
		dump->vmcoreinfo_len = 0;
	}
	*ret = dump;
	return NULL;
}
