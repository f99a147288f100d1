// SPDX-License-Identifier: GPL-2.0-or-later
#include "notes.h"

#include <string.h>

/* Three 32-bit words: size of the name, size of the contents, type. */
#define NOTE_HEADER 12u
/*
 * QEMUCPUState: version 1 and its size; 18 words of registers, ten segments of 24 bytes, CR0 to
 * CR4.
 */
#define QEMU_STATE_VERSION 1u
#define QEMU_CR3 (8u + 18 * 8 + 10 * 24 + 3 * 8)
/* One or a few for each CPU; more than this is no list of notes. */
#define MAX_NOTES 1000000u

struct note {
	char name[16]; /* as far as that, NUL terminated */
	uint64_t off;  /* of its contents */
	uint32_t len;
};

struct notes {
	const struct khs_file *file;
	uint64_t off, len; /* what is left of them */
	unsigned int n;
};

static uint64_t padded(uint32_t size)
{
	return ((uint64_t)size + 3) & ~(uint64_t)3;
}

static bool next_note(struct notes *notes, struct note *ret)
{
	uint8_t h[NOTE_HEADER + sizeof(ret->name) - 1] = { 0 };
	size_t got = khs_file_read(notes->file, notes->off, h, sizeof(h));
	uint32_t name_size = khs_le32(h), desc_size = khs_le32(h + 4);
	uint64_t desc = NOTE_HEADER + padded(name_size), next = desc + padded(desc_size);

	if (notes->len < NOTE_HEADER || notes->n++ == MAX_NOTES || got < NOTE_HEADER ||
	    desc + desc_size > notes->len)
		return false;
	*ret = (struct note){ .off = notes->off + desc, .len = desc_size };
	/* The terminating NUL is counted by some producers and not by others. */
	memcpy(ret->name, h + NOTE_HEADER,
	       name_size < sizeof(ret->name) ? name_size : sizeof(ret->name) - 1);
	notes->off += next;
	notes->len -= next < notes->len ? next : notes->len;
	return true;
}

bool khs_notes_vmcoreinfo(const struct khs_file *file, uint64_t off, uint64_t len,
			  uint64_t *text_off, uint64_t *text_len)
{
	struct notes notes = { .file = file, .off = off, .len = len };
	struct note note;

	while (next_note(&notes, &note)) {
		if (!note.len || strcmp(note.name, "VMCOREINFO"))
			continue;
		*text_off = note.off;
		*text_len = note.len;
		return khs_file_holds(file, note.off, note.len);
	}
	return false;
}

bool khs_notes_xen(const struct khs_file *file, uint64_t off, uint64_t len)
{
	struct notes notes = { .file = file, .off = off, .len = len };
	struct note note;

	while (next_note(&notes, &note))
		if (!strcmp(note.name, "Xen") || !strcmp(note.name, "VMCOREINFO_XEN"))
			return true;
	return false;
}

size_t khs_notes_cr3(const struct khs_file *file, uint64_t off, uint64_t len, uint64_t *cr3,
		     size_t max)
{
	struct notes notes = { .file = file, .off = off, .len = len };
	uint8_t state[QEMU_CR3 + 8];
	struct note note;
	size_t n = 0;

	while (n < max && next_note(&notes, &note)) {
		if (strcmp(note.name, "QEMU") || note.len < sizeof(state) ||
		    khs_file_read(file, note.off, state, sizeof(state)) != sizeof(state) ||
		    khs_le32(state) != QEMU_STATE_VERSION || khs_le32(state + 4) != note.len)
			continue;
		cr3[n++] = khs_le64(state + QEMU_CR3);
	}
	return n;
}
