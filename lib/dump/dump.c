// SPDX-License-Identifier: GPL-2.0-or-later
#include "dump.h"

#include <stdlib.h>

enum khs_presence khs_dump_read(struct khs_dump *dump, uint64_t pa, void *buf, size_t len,
				size_t *done)
{
	enum khs_presence presence;

	*done = 0;
	if (!len)
		return KHS_PRESENT;
	if (len - 1 > UINT64_MAX - pa)
		return KHS_NORAM;
	if (dump->stopped)
		return KHS_UNREAD;
	presence = dump->ops->read(dump->priv, pa, buf, len, done);
	/* Whoever reads has noticed first: what is kept from now on is not all, and must say so. */
	if (presence == KHS_UNREAD)
		dump->stopped = true;
	return presence;
}

struct khs_dump *khs_dump_clone(struct khs_dump *dump)
{
	return dump->ops->clone ? dump->ops->clone(dump->priv) : NULL;
}

bool khs_dump_look(struct khs_dump *dump, uint64_t pa, uint64_t len, enum khs_presence *presence,
		   uint64_t *run)
{
	if (!dump->ops->look)
		return false;
	*presence = dump->ops->look(dump->priv, pa, len, run);
	return true;
}

void khs_dump_close(struct khs_dump *dump)
{
	if (!dump)
		return;
	if (dump->ops && dump->ops->close)
		dump->ops->close(dump->priv);
	free(dump->vmcoreinfo);
	free(dump);
}

const char *khs_presence_text(enum khs_presence p)
{
	static const char *const text[] = {
		[KHS_PRESENT] = "present",
		[KHS_EXCLUDED] = "excluded from the dump",
		[KHS_MISSING] = "missing from the file",
		[KHS_NORAM] = "no memory known there",
		[KHS_UNMAPPED] = "not mapped",
		[KHS_DAMAGED] = "damaged in the file",
		[KHS_UNREAD] = "not read, interrupted",
	};

	if ((unsigned int)p >= sizeof(text) / sizeof(text[0]))
		return "unknown";
	return text[p];
}
