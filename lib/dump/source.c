// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "../base/error.h"
#include "dump.h"
#include "dumpfile.h"
#include "reader.h"

struct source_dump {
	struct khs_source source;
	struct khs_dumpfile df; /* its bounds are NULL if the source names no file */
};

/* What the other side counts wrong was not read. Adds to *@done. */
static enum khs_presence ask(const struct khs_source *source, uint64_t pa, void *buf, size_t len,
			     size_t *done)
{
	size_t n = 0;
	enum khs_presence p = source->read(source->priv, pa, buf, len, &n);

	if (n > len)
		n = 0;
	*done += n;
	return p == KHS_PRESENT && n < len ? KHS_MISSING : p;
}

/*
 * Of a running kernel: the other side may have another way to its memory (crash: /dev/mem), which
 * the file's tables say nothing of. Adds to *@done.
 */
static enum khs_presence read_running(const struct source_dump *sd, const struct khs_span *span,
				      void *buf, size_t *done)
{
	size_t n = khs_file_read(&sd->df.file, span->offset, buf, span->len);

	*done += n;
	return n == span->len ? KHS_PRESENT : KHS_MISSING;
}

/* Only for what is in the file: the rest the other side may make up. */
static enum khs_presence source_read(void *priv, uint64_t pa, void *buf, size_t len, size_t *done)
{
	const struct source_dump *sd = priv;

	*done = 0;
	if (!sd->df.bounds)
		return ask(&sd->source, pa, buf, len, done);
	while (*done < len) {
		enum khs_presence presence;
		struct khs_span span;

		khs_bounds_look(sd->df.bounds, pa + *done, len - *done, &span);
		if (span.presence != KHS_PRESENT)
			return span.presence;
		if (sd->df.file.live)
			presence = read_running(sd, &span, (char *)buf + *done, done);
		else
			presence = ask(&sd->source, pa + *done, (char *)buf + *done, span.len,
				       done);
		if (presence != KHS_PRESENT)
			return presence;
	}
	return KHS_PRESENT;
}

/* Without a file nothing is known: dump->end is 0, and so nobody looks. */
static enum khs_presence source_look(void *priv, uint64_t pa, uint64_t len, uint64_t *run)
{
	const struct source_dump *sd = priv;
	struct khs_span span = { .presence = KHS_NORAM, .len = len };

	if (sd->df.bounds)
		khs_bounds_look(sd->df.bounds, pa, len, &span);
	*run = span.len;
	return span.presence;
}

static void source_close(void *priv)
{
	struct source_dump *sd = priv;

	khs_dumpfile_close(&sd->df);
	if (sd->source.close)
		sd->source.close(sd->source.priv);
	free(sd);
}

/*
 * By way of the file: the other side may be no good for threads, or slow for much (crash is both).
 */
static struct khs_dump *source_clone(void *priv)
{
	const struct source_dump *sd = priv;

	return sd->df.bounds ? khs_reader_dump(&sd->df) : NULL;
}

static const struct khs_dump_ops source_ops = {
	.name = "source",
	.read = source_read,
	.look = source_look,
	.close = source_close,
	.clone = source_clone,
};

const struct khs_source *khs_dump_source(const struct khs_dump *dump)
{
	const struct source_dump *sd = dump->priv;

	return dump->ops == &source_ops ? &sd->source : NULL;
}

/* With @source's own close(), from here on. */
static struct khs_dump *new_dump(const struct khs_source *source, struct source_dump **ret)
{
	struct khs_dump *dump = calloc(1, sizeof(*dump));
	struct source_dump *sd = calloc(1, sizeof(*sd));

	if (!dump || !sd) {
		free(dump);
		free(sd);
		return NULL;
	}
	*sd = (struct source_dump){ .source = *source, .df = KHS_DUMPFILE_NONE };
	dump->ops = &source_ops;
	dump->priv = sd;
	*ret = sd;
	return dump;
}

static void describe(struct khs_dump *dump, const struct khs_source *source)
{
	const char *format = source->format ? source->format : source->name;
	const char *why = source->incomplete_why;

	snprintf(dump->format, sizeof(dump->format), "%s", format ? format : "unknown");
	snprintf(dump->incomplete_why, sizeof(dump->incomplete_why), "%s", why ? why : "");
	dump->flattened = source->flattened;
	dump->complete = !why;
}

static struct khs_error *open_file(struct khs_dump *dump, struct source_dump *sd,
				   const struct khs_options *opts)
{
	struct khs_error *err = khs_dumpfile_open(sd->source.file, opts, &sd->df);

	if (err)
		return err;
	khs_dumpfile_describe(&sd->df, dump);
	return khs_dumpfile_vmcoreinfo(&sd->df, &dump->vmcoreinfo, &dump->vmcoreinfo_len);
}

static struct khs_error *refuse(const struct khs_source *source, struct khs_error *err)
{
	if (source->close)
		source->close(source->priv);
	return err;
}

/* If the file has none, the other side may know where it is in memory. */
static void ask_vmcoreinfo(struct khs_dump *dump, const struct khs_source *source)
{
	if (dump->vmcoreinfo || !source->vmcoreinfo)
		return;
	if (source->vmcoreinfo(source->priv, &dump->vmcoreinfo, &dump->vmcoreinfo_len))
		return;
	dump->vmcoreinfo = NULL;
	dump->vmcoreinfo_len = 0;
}

struct khs_error *khs_dump_open_source(const struct khs_source *source,
				       const struct khs_options *opts, struct khs_dump **ret)
{
	struct khs_error *err = NULL;
	struct source_dump *sd;
	struct khs_dump *dump;

	if (!source->read || !(source->vmcoreinfo || source->file))
		return refuse(source, khs_error_new(KHS_ERR_USAGE,
						    "khs_source: a required callback is missing"));
	dump = new_dump(source, &sd);
	if (!dump)
		return refuse(source, khs_enomem());
	if (source->file)
		err = open_file(dump, sd, opts);
	else
		describe(dump, source);
	if (err) {
		khs_dump_close(dump);
		return err;
	}
	ask_vmcoreinfo(dump, source);
	*ret = dump;
	return NULL;
}
