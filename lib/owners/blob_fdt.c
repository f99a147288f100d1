// SPDX-License-Identifier: GPL-2.0-or-later
#include "blob_fdt.h"

#include <stdlib.h>
#include <string.h>

/* The largest there are hold one u64 for each folio of kho_test (6.16), and are far smaller. */
#define MAX_FDT (UINT64_C(64) << 20)

/* What the header says, or 0: too small a total to be one is left to libfdt. */
static uint64_t total_size(struct khs_gather *g, uint32_t owner, uint64_t pa, uint64_t size)
{
	uint8_t header[sizeof(struct fdt_header)];

	if (size < sizeof(header) || !khs_gather_read(g, owner, pa, header, sizeof(header)))
		return 0;
	return fdt_magic(header) == FDT_MAGIC ? fdt_totalsize(header) : sizeof(header);
}

void *khs_blob_fdt(struct khs_gather *g, uint32_t owner, uint64_t pa, uint64_t size,
		   const char **why)
{
	uint64_t total = total_size(g, owner, pa, size);
	void *copy;
	int err;

	*why = NULL;
	if (size < sizeof(struct fdt_header))
		*why = "too small to be an FDT";
	if (!total)
		return NULL;
	if (total > size || total > MAX_FDT) {
		*why = "it says it is larger than its blob";
		return NULL;
	}
	if (total < sizeof(struct fdt_header))
		total = sizeof(struct fdt_header);
	copy = malloc(total);
	if (!copy) {
		g->no_memory = true;
		return NULL;
	}
	if (khs_gather_read(g, owner, pa, copy, total)) {
		err = khs_fdt_check(copy, total);
		if (!err)
			return copy;
		*why = fdt_strerror(err);
	}
	free(copy);
	return NULL;
}

bool khs_fdt_is(const void *fdt, int node, const char *want)
{
	int len;
	const char *text = fdt_getprop(fdt, node, "compatible", &len);
	size_t n = strlen(want);

	return text && len > 0 && strnlen(text, len) >= n && !memcmp(text, want, n) &&
	       ((size_t)len == n || !text[n] || text[n] == ';');
}
