// SPDX-License-Identifier: GPL-2.0-or-later
#include "facts.h"

#include <stdio.h>
#include <string.h>

#include "../base/error.h"
#include "../dump/vmcoreinfo.h"

#define VMCOREINFO "VMCOREINFO"

/* Whether @value can be what @kind says it is: all arithmetic above relies on it. */
static bool plausible(enum khs_need_kind kind, uint64_t value, uint64_t size)
{
	if (kind == KHS_NEED_MEMBER)
		return value < KHS_FACT_MAX_BYTES && size <= KHS_FACT_MAX_BYTES;
	if (kind == KHS_NEED_SIZE)
		return value && value <= KHS_FACT_MAX_BYTES;
	if (kind == KHS_NEED_SYMBOL)
		return value;
	return true;
}

void khs_fact_set(struct khs_facts *facts, enum khs_need_id id, const char *source,
		  const char *name, uint64_t value, uint64_t size)
{
	struct khs_fact *fact = &facts->v[id];

	if (!plausible(khs_needs[id].kind, value, size))
		return;
	if (!fact->known) {
		*fact = (struct khs_fact){ true, value, size, source, name };
		return;
	}
	/* VMCOREINFO knows offsets, and no sizes. */
	if (!fact->size && khs_needs[id].kind == KHS_NEED_MEMBER && fact->value == value)
		fact->size = size;
}

static bool key_of(const struct khs_need *need, const char *name, char *key, size_t size)
{
	int n;

	switch (need->kind) {
	case KHS_NEED_SYMBOL:
		n = snprintf(key, size, "SYMBOL(%s)", name);
		break;
	case KHS_NEED_MEMBER:
		n = snprintf(key, size, "OFFSET(%s.%s)", need->type, name);
		break;
	case KHS_NEED_SIZE:
		n = snprintf(key, size, "SIZE(%s)", name);
		break;
	case KHS_NEED_ENUM:
		n = snprintf(key, size, "NUMBER(%s)", name);
		break;
	default:
		n = snprintf(key, size, "%s", name);
	}
	return n > 0 && (size_t)n < size;
}

static bool is_address(const char *key)
{
	return !strncmp(key, "SYMBOL(", 7);
}

static bool ask_vmcoreinfo(struct khs_facts *facts, const struct khs_vmcoreinfo *vmci,
			   enum khs_need_id id, const char *name)
{
	uint64_t address;
	char key[128];
	int64_t value;

	if (!key_of(&khs_needs[id], name, key, sizeof(key)))
		return false;
	if (is_address(key)) {
		if (!khs_vmcoreinfo_hex(vmci, key, &address))
			return false;
	} else {
		if (!khs_vmcoreinfo_number(vmci, key, &value))
			return false;
		address = (uint64_t)value;
	}
	khs_fact_set(facts, id, VMCOREINFO, name, address, 0);
	return facts->v[id].known;
}

void khs_facts_from_vmcoreinfo(struct khs_facts *facts, const struct khs_vmcoreinfo *vmci)
{
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const struct khs_need *need = &khs_needs[id];

		if (!ask_vmcoreinfo(facts, vmci, id, need->name) && need->alias)
			ask_vmcoreinfo(facts, vmci, id, need->alias);
	}
}

void khs_facts_merge(struct khs_facts *facts, const struct khs_facts *from)
{
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const struct khs_fact *f = &from->v[id];

		if (f->known)
			khs_fact_set(facts, id, f->source, f->name, f->value, f->size);
	}
}

static bool is_witness(const char *source)
{
	return strcmp(source, VMCOREINFO) && strcmp(source, KHS_DERIVED) &&
	       strcmp(source, KHS_ASSUMED);
}

bool khs_facts_tell(const struct khs_facts *facts, enum khs_need_kind kind)
{
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++)
		if (khs_needs[id].kind == kind && facts->v[id].known &&
		    is_witness(facts->v[id].source))
			return true;
	return false;
}

bool khs_fact_assumed(const struct khs_facts *facts, enum khs_need_id id)
{
	return facts->v[id].known && !strcmp(facts->v[id].source, KHS_ASSUMED);
}

bool khs_facts_lack(const struct khs_facts *facts, enum khs_weight weight)
{
	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		if (!facts->v[id].known && khs_needs[id].weight >= weight)
			return true;
	}
	return false;
}

struct khs_error *khs_facts_require(const struct khs_facts *facts)
{
	char names[1024] = "", name[96];
	size_t len = 0;

	for (enum khs_need_id id = 0; id < KHS_NR_NEEDS; id++) {
		const struct khs_need *need = &khs_needs[id];

		if (facts->v[id].known || need->weight < KHS_REQUIRED)
			continue;
		khs_need_spell(need, need->name, name, sizeof(name));
		len += snprintf(names + len, sizeof(names) - len, "%s%s %s", len ? ", " : "",
				khs_need_kind_name(need->kind), name);
		if (len >= sizeof(names))
			break;
	}
	if (!len)
		return NULL;
	return khs_error_new(KHS_ERR_NOTFOUND, "unknown in this kernel: %s", names);
}
