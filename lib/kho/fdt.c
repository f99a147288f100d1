// SPDX-License-Identifier: GPL-2.0-or-later
#include "fdt.h"

#include <endian.h>
#include <libfdt.h>
#include <limits.h>
#include <string.h>

#include "../base/error.h"

/* include/linux/kho/abi/kexec_handover.h:KHO_FDT_MEMORY_MAP_PROP_NAME, the same since 6.16 */
static const char map_property[] = "preserved-memory-map";

/*
 * KHO_FDT_COMPATIBLE, in kernel/kexec_handover.c to 6.18, kernel/liveupdate/kexec_handover.c in
 * 6.19 and 7.0, include/linux/kho/abi/kexec_handover.h since. The tree came with v2 and is the same
 * in all: v3 gave blobs a size, v4 changed what LUO stores ("kho: add support for linked-block
 * serialization").
 */
static const struct {
	const char *head;
	enum khs_tracker tracker;
} abis[] = {
	{ "kho-v1", KHS_TRACKER_BITMAPS },
	{ "kho-v2", KHS_TRACKER_RADIX },
	{ "kho-v3", KHS_TRACKER_RADIX },
	{ "kho-v4", KHS_TRACKER_RADIX },
};

/*
 * Posted (June 2026), not in 7.3: "kho-v4;radix-v1;vmalloc-v1", versions of the parts behind the
 * head. Of these only the tree's matters here.
 */
static const char tree_prefix[] = "radix-v";
static const char walkable_tree[] = "radix-v1";

void khs_copy_printable(char *dst, size_t size, const char *src, size_t len)
{
	size_t n = 0;

	for (; n < len && n + 1 < size && src[n]; n++)
		dst[n] = src[n] >= ' ' && src[n] <= '~' ? src[n] : '?';
	dst[n] = '\0';
}

bool khs_fdt_u64(const void *fdt, int node, const char *name, uint64_t *value)
{
	int len;
	const void *raw = fdt_getprop(fdt, node, name, &len);

	if (!raw || len != sizeof(*value))
		return false;
	/* A property is aligned to four bytes only. */
	memcpy(value, raw, sizeof(*value));
	*value = le64toh(*value);
	return true;
}

/*
 * fdt_check_full() itself takes a buffer of the oldest header's size, then reads the newest's
 * fields; and up to libfdt 1.6.1 it looks at the name of the root where fdt_get_name() found none.
 */
int khs_fdt_check(const void *fdt, size_t size)
{
	int offset, next = 0, len, err;
	uint32_t tag;

	if (size < sizeof(struct fdt_header) || size > INT_MAX)
		return -FDT_ERR_TRUNCATED;
	err = fdt_check_header(fdt);
	if (err)
		return err;
	if (size < fdt_totalsize(fdt))
		return -FDT_ERR_TRUNCATED;
	do {
		offset = next;
		tag = fdt_next_tag(fdt, offset, &next);
	} while (next > 0 && (tag == FDT_NOP || tag == FDT_PROP));
	if (next > 0 && tag == FDT_BEGIN_NODE && !fdt_get_name(fdt, offset, &len))
		return len;
	return fdt_check_full(fdt, size);
}

static void read_properties(const void *fdt, struct khs_root_fdt *ret)
{
	int len;
	const char *text = fdt_getprop(fdt, 0, "compatible", &len);

	if (text && len > 0)
		khs_copy_printable(ret->compatible, sizeof(ret->compatible), text, len);
	ret->has_map = khs_fdt_u64(fdt, 0, map_property, &ret->map);
}

struct khs_error *khs_root_fdt_parse(const void *data, size_t size, struct khs_root_fdt *ret)
{
	_cleanup_free_ void *copy = NULL;
	int err;

	*ret = (struct khs_root_fdt){ 0 };
	if (size < sizeof(struct fdt_header) || size > INT_MAX)
		return khs_error_new(KHS_ERR_CORRUPT, "no FDT: %zu bytes", size);
	copy = malloc(size);
	if (!copy)
		return khs_enomem();
	memcpy(copy, data, size);
	err = khs_fdt_check(copy, size);
	if (err)
		return khs_error_new(KHS_ERR_CORRUPT, "no FDT: %s", fdt_strerror(err));
	read_properties(copy, ret);
	return NULL;
}

static bool is(const char *part, size_t len, const char *want)
{
	return len == strlen(want) && !memcmp(part, want, len);
}

static enum khs_tracker tracker_of_head(const char *head, size_t len)
{
	for (size_t i = 0; i < sizeof(abis) / sizeof(abis[0]); i++)
		if (is(head, len, abis[i].head))
			return abis[i].tracker;
	return KHS_TRACKER_UNKNOWN;
}

enum khs_tracker khs_abi_tracker(const char *compatible)
{
	const char *part = compatible;
	size_t len = strcspn(part, ";");
	enum khs_tracker tracker = tracker_of_head(part, len);

	while (part[len]) {
		part += len + 1;
		len = strcspn(part, ";");
		if (!strncmp(part, tree_prefix, strlen(tree_prefix)) &&
		    !is(part, len, walkable_tree))
			return KHS_TRACKER_UNKNOWN;
	}
	return tracker;
}
