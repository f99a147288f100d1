// SPDX-License-Identifier: GPL-2.0-or-later
#include "array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool khs_array_reserve(void *vec, size_t *cap, size_t want, size_t size)
{
	size_t room = *cap ? *cap : 16;
	void *old, *grown;

	if (want <= *cap)
		return true;
	while (room < want) {
		if (room > SIZE_MAX / 2)
			return false;
		room *= 2;
	}
	if (room > SIZE_MAX / size)
		return false;
	memcpy(&old, vec, sizeof(old));
	grown = realloc(old, room * size);
	if (!grown)
		return false;
	memcpy(vec, &grown, sizeof(grown));
	*cap = room;
	return true;
}
