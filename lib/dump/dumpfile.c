// SPDX-License-Identifier: GPL-2.0-or-later
#include "dumpfile.h"

#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "flattened.h"
#include "notes.h"

static struct khs_error *refusal(const struct khs_probe *probe)
{
	return probe->code ? khs_error_new(probe->code, "%s", probe->reason) : NULL;
}

/* From here on the temporary file is the dump. */
static struct khs_error *unflatten(struct khs_dumpfile *df, const struct khs_options *opts)
{
	_cleanup_(khs_file_closep) struct khs_file in = df->file;
	struct khs_probe *probe = &df->probe;
	char why[sizeof(probe->incomplete_why)];
	struct khs_error *err;

	df->file = (struct khs_file)KHS_FILE_NONE;
	err = khs_flattened_rearrange(&in, &df->file, &df->written, why, sizeof(why), opts);
	if (err)
		return err;
	khs_probe_file(&df->file, probe);
	probe->flattened = true;
	if (*why) {
		probe->complete = false;
		memcpy(probe->incomplete_why, why, sizeof(why));
	}
	return refusal(probe);
}

struct khs_error *khs_dumpfile_open(const char *path, const struct khs_options *opts,
				    struct khs_dumpfile *ret)
{
	struct khs_error *err = khs_file_open(path, &ret->file);

	if (err)
		return err;
	khs_probe_file(&ret->file, &ret->probe);
	err = refusal(&ret->probe);
	if (!err && ret->probe.flattened)
		err = unflatten(ret, opts);
	return err ? err : khs_bounds_new(&ret->file, &ret->bounds);
}

void khs_dumpfile_describe(const struct khs_dumpfile *df, struct khs_dump *dump)
{
	const struct khs_probe *probe = &df->probe;
	uint64_t off, len;

	memcpy(dump->format, probe->text, sizeof(dump->format));
	memcpy(dump->incomplete_why, probe->incomplete_why, sizeof(dump->incomplete_why));
	memcpy(dump->filter, probe->filter, sizeof(dump->filter));
	dump->flattened = probe->flattened;
	dump->live = df->file.live;
	dump->complete = probe->complete;
	dump->end = khs_bounds_end(df->bounds);
	khs_bounds_notes(df->bounds, &off, &len);
	dump->nr_cr3 = khs_notes_cr3(&df->file, off, len, dump->cr3, KHS_DUMP_CPUS);
}

struct khs_error *khs_dumpfile_vmcoreinfo(const struct khs_dumpfile *df, char **text, size_t *len)
{
	uint64_t off, size;
	char *bytes;

	*text = NULL;
	*len = 0;
	khs_bounds_vmcoreinfo(df->bounds, &off, &size);
	if (!size)
		return NULL;
	bytes = malloc(size + 1);
	if (!bytes)
		return khs_enomem();
	if (khs_file_read(&df->file, off, bytes, size) != size) {
		free(bytes);
		return NULL;
	}
	bytes[size] = '\0';
	/* Padded with zeros by some. */
	*len = strlen(bytes);
	*text = bytes;
	return NULL;
}

void khs_dumpfile_close(struct khs_dumpfile *df)
{
	khs_bounds_free(df->bounds);
	khs_file_close(&df->file);
	khs_extents_deinit(&df->written);
	*df = (struct khs_dumpfile)KHS_DUMPFILE_NONE;
}
