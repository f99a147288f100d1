// SPDX-License-Identifier: GPL-2.0-or-later
#include "seen.h"

#include <stdlib.h>

void khs_seen_deinit(struct khs_seen *seen)
{
	free(seen->slot);
	*seen = (struct khs_seen){ 0 };
}

static uint64_t *find_slot(const struct khs_seen *seen, uint64_t number)
{
	uint64_t hash = (number + 1) * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = hash >> 32 & (seen->size - 1);

	while (seen->slot[i] && seen->slot[i] != number + 1)
		i = (i + 1) & (seen->size - 1);
	return &seen->slot[i];
}

static bool grow(struct khs_seen *seen)
{
	struct khs_seen grown = { .size = seen->size ? seen->size * 2 : 64, .used = seen->used };

	grown.slot = calloc(grown.size, sizeof(*grown.slot));
	if (!grown.slot)
		return false;
	for (size_t i = 0; i < seen->size; i++)
		if (seen->slot[i])
			*find_slot(&grown, seen->slot[i] - 1) = seen->slot[i];
	free(seen->slot);
	*seen = grown;
	return true;
}

bool khs_seen_has(const struct khs_seen *seen, uint64_t number)
{
	return seen->size && *find_slot(seen, number);
}

bool khs_seen_add(struct khs_seen *seen, uint64_t number)
{
	if (seen->used >= seen->size / 2 && !grow(seen))
		return false;
	*find_slot(seen, number) = number + 1;
	seen->used++;
	return true;
}
