// SPDX-License-Identifier: GPL-2.0-or-later
#include "notes.h"

#include <string.h>

/* Three 32-bit words: size of the name, size of the contents, type. */
#define NOTE_HEADER 12u
/* One or a few for each CPU; more than this is no list of notes. */
#define MAX_NOTES 1000000u

static const char name[] = "VMCOREINFO";

static uint64_t padded(uint32_t size)
{
	return ((uint64_t)size + 3) & ~(uint64_t)3;
}

bool khs_notes_vmcoreinfo(const struct khs_file *file, uint64_t off, uint64_t len,
			  uint64_t *text_off, uint64_t *text_len)
{
	for (unsigned int n = 0; n < MAX_NOTES && len >= NOTE_HEADER; n++) {
		uint8_t h[NOTE_HEADER + sizeof(name)] = { 0 };
		size_t got = khs_file_read(file, off, h, sizeof(h));
		uint32_t name_size = khs_le32(h), desc_size = khs_le32(h + 4);
		uint64_t desc = NOTE_HEADER + padded(name_size);
		uint64_t next = desc + padded(desc_size);

		if (got < NOTE_HEADER || desc + desc_size > len)
			return false;
		/* The terminating NUL is counted by some producers and not by others. */
		if ((name_size == sizeof(name) || name_size == sizeof(name) - 1) && desc_size &&
		    !memcmp(h + NOTE_HEADER, name, sizeof(name) - 1)) {
			*text_off = off + desc;
			*text_len = desc_size;
			return khs_file_holds(file, *text_off, *text_len);
		}
		off += next;
		len -= next < len ? next : len;
	}
	return false;
}
