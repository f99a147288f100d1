// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "../base/error.h"
#include "../model.h"
#include "output.h"
#include "report.h"

/* Ranges come before the totals that are printed above them: they wait in a piece of memory. */
struct heap {
	bool all;
	uint64_t page_size;
	FILE *text; /* NULL: JSON */
	char *bytes;
	size_t size;
	json_t *array;
	bool no_memory;
	uint64_t ranges;
};

static bool keep(void *arg, const struct khs_diff_range *r)
{
	struct heap *heap = arg;

	if (!heap->all && !r->surprises)
		return true;
	heap->ranges++;
	if (!heap->text) {
		heap->no_memory = json_array_append_new(heap->array, khs_json_diff_range(r));
		return !heap->no_memory;
	}
	if (heap->ranges == 1)
		khs_text_diff_ranges_head(heap->text);
	khs_text_diff_range(heap->text, r, heap->page_size);
	heap->no_memory = ferror(heap->text);
	return !heap->no_memory;
}

/* Makes heap->bytes what was printed. */
static void heap_close(struct heap *heap)
{
	FILE *text = khs_steal(heap->text);

	if (text && fclose(text))
		heap->no_memory = true;
}

static void heap_deinit(struct heap *heap)
{
	heap_close(heap);
	free(heap->bytes);
	json_decref(heap->array);
}

static struct khs_error *print_json(struct heap *heap, const struct khs_status *old,
				    const struct khs_status *new,
				    const struct khs_diff_summary *sum, FILE *out)
{
	_cleanup_json_ json_t *object = khs_json_diff(old, new, sum);

	if (!object || json_object_set(object, "ranges", heap->array))
		return khs_enomem();
	return khs_print_object(out, khs_steal(object));
}

static struct khs_error *print_text(struct heap *heap, const struct khs_status *old,
				    const struct khs_status *new,
				    const struct khs_diff_summary *sum, FILE *out)
{
	heap_close(heap);
	if (heap->no_memory)
		return khs_enomem();
	khs_text_diff_head(out, old, new, sum);
	khs_text_diff_table(out, sum, heap->page_size);
	fwrite(heap->bytes, 1, heap->size, out);
	khs_text_diff_tail(out, sum);
	return khs_print_end(out);
}

struct khs_error *khs_print_diff(struct khs *old, struct khs *new,
				 const struct khs_diff_options *opts, bool all, FILE *out,
				 bool json, struct khs_diff_summary *sum)
{
	_cleanup_(heap_deinit) struct heap heap = { .all = all, .page_size = khs_page_size(old) };
	const struct khs_status *old_status, *new_status;
	struct khs_error *err;

	*sum = (struct khs_diff_summary){ .relation = KHS_RELATION_NONE };
	if (json)
		heap.array = json_array();
	else
		heap.text = open_memstream(&heap.bytes, &heap.size);
	if (!heap.array && !heap.text)
		return khs_enomem();
	err = khs_diff(old, new, opts, keep, &heap, sum);
	if (!err && heap.no_memory)
		err = khs_enomem();
	if (!err)
		err = khs_get_status(old, &old_status);
	if (!err)
		err = khs_get_status(new, &new_status);
	if (err)
		return err;
	return json ? print_json(&heap, old_status, new_status, sum, out) :
		      print_text(&heap, old_status, new_status, sum, out);
}
