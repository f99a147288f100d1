// SPDX-License-Identifier: GPL-2.0-or-later
#include "needs.h"

#include <stdio.h>
#include <string.h>

#define SYMBOL(id, weight_, name_, alias_) \
	[KHS_SYM_##id] = { KHS_NEED_SYMBOL, KHS_##weight_, NULL, name_, alias_ },
#define MEMBER(id, weight_, type_, name_, alias_) \
	[KHS_MEM_##id] = { KHS_NEED_MEMBER, KHS_##weight_, type_, name_, alias_ },
#define SIZE(id, weight_, name_, alias_) \
	[KHS_SIZE_##id] = { KHS_NEED_SIZE, KHS_##weight_, NULL, name_, alias_ },
#define ENUM(id, weight_, name_, alias_) \
	[KHS_ENUM_##id] = { KHS_NEED_ENUM, KHS_##weight_, NULL, name_, alias_ },
#define KEY(id, weight_, name_) \
	[KHS_KEY_##id] = { KHS_NEED_KEY, KHS_##weight_, NULL, name_, NULL },

const struct khs_need khs_needs[KHS_NR_NEEDS] = {
	KHS_SYMBOLS(SYMBOL)
	KHS_MEMBERS(MEMBER)
	KHS_SIZES(SIZE)
	KHS_ENUMS(ENUM)
	KHS_KEYS(KEY)
};

const char *khs_type_alias(const char *type)
{
	for (size_t id = 0; id < KHS_NR_NEEDS; id++) {
		const struct khs_need *need = &khs_needs[id];

		if (need->kind == KHS_NEED_SIZE && !strcmp(need->name, type))
			return need->alias;
	}
	return NULL;
}

const char *khs_need_kind_name(enum khs_need_kind kind)
{
	static const char *const names[] = {
		[KHS_NEED_SYMBOL] = "symbol",
		[KHS_NEED_MEMBER] = "member",
		[KHS_NEED_SIZE] = "size",
		[KHS_NEED_ENUM] = "enumerator",
		[KHS_NEED_KEY] = "number",
	};

	return names[kind];
}

void khs_need_spell(const struct khs_need *need, const char *name, char *buf, size_t size)
{
	if (need->type)
		snprintf(buf, size, "%s.%s", need->type, name);
	else
		snprintf(buf, size, "%s", name);
}
