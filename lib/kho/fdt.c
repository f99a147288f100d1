// SPDX-License-Identifier: GPL-2.0-or-later
#include "fdt.h"

#include <endian.h>
#include <libfdt.h>
#include <limits.h>
#include <string.h>

#include "../base/error.h"

/* include/linux/kho/abi/kexec_handover.h: KHO_FDT_COMPATIBLE, KHO_FDT_MEMORY_MAP_PROP_NAME */
static const char walkable_abi[] = "kho-v4";
static const char map_property[] = "preserved-memory-map";

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

static void read_properties(const void *fdt, struct khs_root_fdt *ret)
{
	const char *text;
	const void *map;
	uint64_t raw;
	int len;

	text = fdt_getprop(fdt, 0, "compatible", &len);
	if (text && len > 0)
		khs_copy_printable(ret->compatible, sizeof(ret->compatible), text, len);

	map = fdt_getprop(fdt, 0, map_property, &len);
	if (!map || len != sizeof(raw))
		return;
	/* A property is aligned to four bytes only. */
	memcpy(&raw, map, sizeof(raw));
	ret->map = le64toh(raw);
	ret->has_map = true;
}

struct khs_error *khs_root_fdt_parse(const void *data, size_t size, struct khs_root_fdt *ret)
{
	_cleanup_free_ void *copy = NULL;
	int err;

	*ret = (struct khs_root_fdt){ 0 };
	/* libfdt takes a buffer of the oldest header's size, then reads the newest's fields. */
	if (size < sizeof(struct fdt_header) || size > INT_MAX)
		return khs_error_new(KHS_ERR_CORRUPT, "no FDT: %zu bytes", size);
	copy = malloc(size);
	if (!copy)
		return khs_enomem();
	memcpy(copy, data, size);
	err = fdt_check_full(copy, size);
	if (err)
		return khs_error_new(KHS_ERR_CORRUPT, "no FDT: %s", fdt_strerror(err));
	read_properties(copy, ret);
	return NULL;
}

static bool is(const char *part, size_t len, const char *want)
{
	return len == strlen(want) && !memcmp(part, want, len);
}

bool khs_abi_walkable(const char *compatible)
{
	const char *part = compatible;
	size_t len = strcspn(part, ";");

	if (!is(part, len, walkable_abi))
		return false;
	while (part[len]) {
		part += len + 1;
		len = strcspn(part, ";");
		if (!strncmp(part, tree_prefix, strlen(tree_prefix)) &&
		    !is(part, len, walkable_tree))
			return false;
	}
	return true;
}
