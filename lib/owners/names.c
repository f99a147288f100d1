// SPDX-License-Identifier: GPL-2.0-or-later
/* What owners are called. */
#include <stdio.h>
#include <string.h>

#include "owners.h"

/* What people read, before the name if there is one, and what JSON has. */
static const struct {
	const char *text, *name;
} kinds[KHS_NR_OWNER_KINDS] = {
	[KHS_O_ROOT_FDT] = { "root FDT", "root-fdt" },
	[KHS_O_TRACKER] = { "map", "tracker" },
	[KHS_O_METADATA] = { "", "kexec-metadata" },
	[KHS_O_MEMBLOCK] = { "", "memblock" },
	[KHS_O_RESERVE_MEM] = { "reserve_mem region", "reserve-mem" },
	[KHS_O_LUO] = { "", "luo" },
	[KHS_O_SESSION] = { "LUO session", "luo-session" },
	[KHS_O_FILE] = { "file", "luo-file" },
	[KHS_O_FLBS] = { "LUO FLBs", "luo-flbs" },
	[KHS_O_FLB] = { "FLB", "luo-flb" },
	[KHS_O_KHO_TEST] = { "", "kho-test" },
	[KHS_O_BLOB] = { "subtree", "blob" },
	[KHS_O_UNKNOWN] = { "unknown", "unknown" },
};

const char *khs_owner_kind_name(enum khs_owner_kind kind)
{
	return kinds[kind].name;
}

const char *khs_owner_state_name(enum khs_owner_state state)
{
	static const char *const names[] = { "alive", "gone", "unreadable", "opaque" };

	return names[state];
}

const char *khs_owner_source_name(enum khs_owner_source source)
{
	static const char *const names[] = { "fdt", "runtime", "serialized", "map" };

	return names[source];
}

const char *khs_role_name(enum khs_role role)
{
	static const char *const names[KHS_NR_ROLES] = {
		[KHS_ROLE_BLOB] = "blob", [KHS_ROLE_BLOCK] = "block", [KHS_ROLE_CHUNK] = "chunk",
		[KHS_ROLE_ARRAY] = "array", [KHS_ROLE_DATA] = "data",
		[KHS_ROLE_REGION] = "region", [KHS_ROLE_NODE] = "node", [KHS_ROLE_NONE] = "none",
	};

	return names[role];
}

void khs_owner_label(const struct khs_owner_node *node, char *buf, size_t size)
{
	const char *text = kinds[node->kind].text;

	if (node->has_token)
		snprintf(buf, size, "%s 0x%llx%s%s%s", text, (unsigned long long)node->token,
			 node->name[0] ? " (" : "", node->name, node->name[0] ? ")" : "");
	else
		snprintf(buf, size, "%s%s%s", text, *text && node->name[0] ? " " : "", node->name);
}

/* Appends the owner, and those above it but for the two there is but one of. */
static void add_path(const struct khs_owners *owners, uint32_t owner, char *buf, size_t size)
{
	const struct khs_owner_node *node = &owners->nodes[owner];
	size_t at = strlen(buf);
	const char *glue = "";
	char label[128];

	for (;; node = &owners->nodes[node->parent], glue = " of ") {
		if (*glue && (node->kind == KHS_O_LUO || node->kind == KHS_O_MEMBLOCK))
			return;
		khs_owner_label(node, label, sizeof(label));
		at += (size_t)snprintf(buf + at, size - at, "%s%s", glue, label);
		if (node->parent == KHS_NO_OWNER || at >= size)
			return;
	}
}

void khs_owner_path(const struct khs_owners *owners, uint32_t owner, char *buf, size_t size)
{
	buf[0] = '\0';
	add_path(owners, owner, buf, size);
}

/* Words for the role, where the owner's own name does not say it. */
static const char *role_words(const struct khs_owner_node *node, enum khs_role role)
{
	static const char *const words[KHS_NR_ROLES] = {
		[KHS_ROLE_BLOB] = "the handle of ", [KHS_ROLE_BLOCK] = "entries of ",
		[KHS_ROLE_CHUNK] = "the page list of the array of ",
		[KHS_ROLE_ARRAY] = "the array of ", [KHS_ROLE_DATA] = "data of ",
		[KHS_ROLE_REGION] = "", [KHS_ROLE_NODE] = "a node of the ",
		[KHS_ROLE_NONE] = "",
	};

	if (role == KHS_ROLE_BLOB && node->kind != KHS_O_FILE && node->kind != KHS_O_FLB)
		return "";
	return words[role];
}

void khs_owner_sentence(const struct khs_owners *owners, const struct khs_claim *claim,
			uint64_t pfn, unsigned int page_shift, char *buf, size_t size)
{
	const struct khs_owner_node *node = &owners->nodes[claim->owner];
	uint64_t offset = claim->offset + ((pfn - claim->pfn) << page_shift);
	const char *words = role_words(node, claim->role);

	if (node->kind == KHS_O_UNKNOWN) {
		snprintf(buf, size, "unknown: no owner claims it");
		return;
	}
	if (claim->role == KHS_ROLE_DATA && claim->flags & KHS_CLAIM_OFFSET)
		snprintf(buf, size, "data at offset 0x%llx of ", (unsigned long long)offset);
	else if (claim->role == KHS_ROLE_REGION)
		snprintf(buf, size, "offset 0x%llx of ", (unsigned long long)offset);
	else
		snprintf(buf, size, "%s", words);
	add_path(owners, claim->owner, buf, size);
}
