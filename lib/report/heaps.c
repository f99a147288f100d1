// SPDX-License-Identifier: GPL-2.0-or-later
#include "heaps.h"

#include <stdlib.h>

#include "../base/cleanup.h"

bool khs_heaps_init(struct khs_heaps *heaps, bool json)
{
	*heaps = (struct khs_heaps){ .json = json };
	for (int i = 0; i < KHS_NR_SEVERITIES; i++) {
		struct khs_heap *heap = &heaps->heap[i];

		if (json)
			heap->array = json_array();
		else
			heap->text = open_memstream(&heap->bytes, &heap->size);
		if (!heap->array && !heap->text)
			return false;
	}
	return true;
}

/* Makes heap->bytes what was printed; false if not all of it fitted into memory. */
static bool heap_close(struct khs_heap *heap)
{
	FILE *text = khs_steal(heap->text);
	bool failed;

	if (!text)
		return true;
	failed = ferror(text);
	return !fclose(text) && !failed;
}

void khs_heaps_deinit(struct khs_heaps *heaps)
{
	for (int i = 0; i < KHS_NR_SEVERITIES; i++) {
		heap_close(&heaps->heap[i]);
		free(heaps->heap[i].bytes);
		json_decref(heaps->heap[i].array);
	}
}

void khs_heaps_add(void *arg, const struct khs_finding *finding)
{
	struct khs_heaps *heaps = arg;
	struct khs_heap *heap = &heaps->heap[finding->severity];

	heaps->count[finding->severity]++;
	if (!heaps->json)
		khs_text_finding(heap->text, finding);
	else if (json_array_append_new(heap->array, khs_json_finding(finding)))
		heaps->no_memory = true;
}

int khs_heaps_worst(const struct khs_heaps *heaps)
{
	for (int i = KHS_ERROR; i >= KHS_NOTE; i--)
		if (heaps->count[i])
			return i;
	return -1;
}

bool khs_heaps_text(struct khs_heaps *heaps, FILE *out)
{
	for (int i = KHS_ERROR; i >= KHS_NOTE; i--) {
		if (!heap_close(&heaps->heap[i]))
			return false;
		fwrite(heaps->heap[i].bytes, 1, heaps->heap[i].size, out);
	}
	return true;
}

json_t *khs_heaps_json(struct khs_heaps *heaps)
{
	_cleanup_json_ json_t *findings = json_array();
	bool ok = findings && !heaps->no_memory;

	for (int i = KHS_ERROR; ok && i >= KHS_NOTE; i--)
		ok = !json_array_extend(findings, heaps->heap[i].array);
	return ok ? khs_steal(findings) : NULL;
}
