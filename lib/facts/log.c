// SPDX-License-Identifier: GPL-2.0-or-later
#include "log.h"

/* No kernel is built or booted with more (CONFIG_LOG_BUF_SHIFT up to 25, descriptors 2^5 fewer). */
#define MAX_COUNT_BITS 24
#define MAX_SIZE_BITS 31
#define MAX_TEXT 2048

/* The two top bits of a descriptor's state word. */
enum { DESC_COMMITTED = 1, DESC_FINALIZED = 2 };
#define DESC_ID_MASK (~(UINT64_C(3) << 62))

struct ring {
	struct khs_kernel *kernel;
	uint64_t descs, infos, data; /* addresses */
	uint64_t head, tail;         /* ids */
	uint64_t count;              /* descriptors, a power of two */
	uint64_t size;               /* bytes of text, a power of two */
};

static bool read_member(struct khs_kernel *kernel, uint64_t at, enum khs_need_id member,
			size_t size, uint64_t *value)
{
	return khs_kernel_read_uint(kernel, at + khs_fact(&kernel->facts, member), size, value) ==
	       KHS_PRESENT;
}

static bool facts_known(const struct khs_facts *f)
{
	static const enum khs_need_id needs[] = {
		KHS_SYM_PRB, KHS_KEY_PRB_DESC_RING, KHS_KEY_PRB_TEXT_RING, KHS_KEY_PRB_COUNT_BITS,
		KHS_KEY_PRB_DESCS, KHS_KEY_PRB_INFOS, KHS_KEY_PRB_HEAD_ID, KHS_KEY_PRB_TAIL_ID,
		KHS_KEY_PRB_DESC_STATE, KHS_KEY_PRB_DESC_LPOS, KHS_KEY_PRB_LPOS_BEGIN,
		KHS_KEY_PRB_LPOS_NEXT, KHS_KEY_PRB_SIZE_BITS, KHS_KEY_PRB_DATA, KHS_KEY_PRINTK_TS,
		KHS_KEY_PRINTK_TEXT_LEN, KHS_KEY_PRB_DESC_SIZE, KHS_KEY_PRINTK_INFO_SIZE,
	};

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++)
		if (!khs_known(f, needs[i]))
			return false;
	return true;
}

static bool read_ring(struct khs_kernel *k, struct ring *r)
{
	const struct khs_facts *f = &k->facts;
	uint64_t rb, descs, text, count_bits, size_bits;

	if (khs_kernel_read_uint(k, khs_fact(f, KHS_SYM_PRB), 8, &rb) != KHS_PRESENT)
		return false;
	descs = rb + khs_fact(f, KHS_KEY_PRB_DESC_RING);
	text = rb + khs_fact(f, KHS_KEY_PRB_TEXT_RING);
	if (!read_member(k, descs, KHS_KEY_PRB_COUNT_BITS, 4, &count_bits) ||
	    !read_member(k, descs, KHS_KEY_PRB_DESCS, 8, &r->descs) ||
	    !read_member(k, descs, KHS_KEY_PRB_INFOS, 8, &r->infos) ||
	    !read_member(k, descs, KHS_KEY_PRB_HEAD_ID, 8, &r->head) ||
	    !read_member(k, descs, KHS_KEY_PRB_TAIL_ID, 8, &r->tail) ||
	    !read_member(k, text, KHS_KEY_PRB_SIZE_BITS, 4, &size_bits) ||
	    !read_member(k, text, KHS_KEY_PRB_DATA, 8, &r->data))
		return false;
	if (count_bits > MAX_COUNT_BITS || size_bits > MAX_SIZE_BITS)
		return false;
	r->kernel = k;
	r->count = UINT64_C(1) << count_bits;
	r->size = UINT64_C(1) << size_bits;
	return true;
}

/* Where the text of descriptor @id is, if it has any: an offset into the data, and its room. */
static bool find_text(const struct ring *r, uint64_t id, uint64_t *offset, uint64_t *room)
{
	const struct khs_facts *f = &r->kernel->facts;
	uint64_t desc = r->descs + (id & (r->count - 1)) * khs_fact(f, KHS_KEY_PRB_DESC_SIZE);
	uint64_t lpos = desc + khs_fact(f, KHS_KEY_PRB_DESC_LPOS), state, begin, next, end;

	if (!read_member(r->kernel, desc, KHS_KEY_PRB_DESC_STATE, 8, &state) ||
	    !read_member(r->kernel, lpos, KHS_KEY_PRB_LPOS_BEGIN, 8, &begin) ||
	    !read_member(r->kernel, lpos, KHS_KEY_PRB_LPOS_NEXT, 8, &next))
		return false;
	if ((state & DESC_ID_MASK) != id ||
	    (state >> 62 != DESC_COMMITTED && state >> 62 != DESC_FINALIZED))
		return false;
	/* An odd position is of a record without text. */
	if ((begin & 1) || (next & 1) || begin == next)
		return false;
	*offset = begin & (r->size - 1);
	end = next & (r->size - 1);
	/* A block that would reach over the end of the ring lies at its beginning. */
	if (begin / r->size != next / r->size && end)
		*offset = 0;
	else if (!end)
		end = r->size;
	/* The text is behind the id, a long. */
	if (end <= *offset + 8)
		return false;
	*offset += 8;
	*room = end - *offset;
	return true;
}

static bool read_record(const struct ring *r, uint64_t id, char text[MAX_TEXT + 1],
			struct khs_log_record *record)
{
	const struct khs_facts *f = &r->kernel->facts;
	uint64_t info = r->infos + (id & (r->count - 1)) * khs_fact(f, KHS_KEY_PRINTK_INFO_SIZE);
	uint64_t offset, room, len;

	if (!find_text(r, id, &offset, &room) ||
	    !read_member(r->kernel, info, KHS_KEY_PRINTK_TS, 8, &record->ns) ||
	    !read_member(r->kernel, info, KHS_KEY_PRINTK_TEXT_LEN, 2, &len))
		return false;
	if (len > room)
		len = room;
	if (len > MAX_TEXT)
		len = MAX_TEXT;
	if (khs_vm_read_all(r->kernel->vm, r->data + offset, text, len) != KHS_PRESENT)
		return false;
	text[len] = '\0';
	record->text = text;
	record->len = len;
	return true;
}

bool khs_log_read(struct khs_kernel *kernel,
		  bool (*visit)(void *arg, const struct khs_log_record *record), void *arg,
		  const char **why)
{
	struct khs_log_record record;
	char text[MAX_TEXT + 1];
	struct ring r;

	*why = "the kernel's log can't be found: its symbol or types are not known (see facts)";
	if (!facts_known(&kernel->facts))
		return false;
	*why = "the kernel's log is not in the dump, or damaged";
	if (!read_ring(kernel, &r))
		return false;
	for (uint64_t i = 0; i < r.count; i++) {
		uint64_t id = (r.tail + i) & DESC_ID_MASK;

		if (!(i & 0xff) && khs_kernel_interrupted(kernel))
			break;
		if (read_record(&r, id, text, &record) && !visit(arg, &record))
			break;
		if (id == (r.head & DESC_ID_MASK))
			break;
	}
	return true;
}
