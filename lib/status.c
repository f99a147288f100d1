// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_get_status(): the model put into the words of the public structure. No reading of its own. */
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "model.h"

struct totals {
	struct khs_totals *to;
	struct khs_node_total *nodes;
	size_t n, cap;
};

static struct khs_node_total *node_total(struct totals *t, int node)
{
	size_t at = 0;

	while (at < t->n && t->nodes[at].node < node)
		at++;
	if (at < t->n && t->nodes[at].node == node)
		return &t->nodes[at];
	if (!khs_array_grow(t->nodes, t->n, t->cap))
		return NULL;
	memmove(&t->nodes[at + 1], &t->nodes[at], (t->n - at) * sizeof(*t->nodes));
	t->nodes[at] = (struct khs_node_total){ .node = node };
	t->n++;
	return &t->nodes[at];
}

/* A block belongs to the node of its first page, so a run is cut where RAM changes its node. */
static bool add_run(const struct khs_mem *mem, struct totals *t, const struct khs_run *run)
{
	uint64_t pfn = run->pfn, end = khs_run_end(run), block = 1ull << run->order;

	t->to->ranges += run->count;
	t->to->pages += khs_run_pages(run);
	t->to->ranges_by_order[run->order] += run->count;
	t->to->pages_by_order[run->order] += khs_run_pages(run);
	while (pfn < end) {
		const struct khs_extent *e = khs_extents_from(&mem->ram, pfn);
		uint64_t next = e ? (e->start > pfn ? e->start : e->end) : end;
		struct khs_node_total *total = node_total(t, khs_mem_node(mem, pfn));
		uint64_t blocks;

		if (!total)
			return false;
		if (!mem->ram.n)
			next = pfn + block;
		if (next > end)
			next = end;
		blocks = (next - pfn + block - 1) >> run->order;
		total->ranges += blocks;
		total->pages += blocks << run->order;
		pfn += blocks << run->order;
	}
	return true;
}

static struct khs_error *add_runs(const struct khs_mem *mem, const struct khs_runs *runs,
				  bool known, struct khs_totals *to, struct khs_node_total **nodes)
{
	struct totals t = { .to = to };

	*to = (struct khs_totals){ .known = known };
	free(*nodes);
	*nodes = NULL;
	for (size_t i = 0; i < runs->n; i++) {
		if (!add_run(mem, &t, &runs->v[i])) {
			free(t.nodes);
			return khs_enomem();
		}
	}
	*nodes = t.nodes;
	to->by_node = t.nodes;
	to->nr_nodes = t.n;
	return NULL;
}

/* The node that holds all of the area's RAM, if it is one. */
static int area_node(const struct khs_mem *mem, uint64_t start, uint64_t end)
{
	const struct khs_extent *e = khs_extents_from(&mem->ram, start);
	int node = KHS_NO_NODE;

	if (!mem->ram.n)
		return khs_mem_node(mem, start);
	for (; e && e < khs_extents_end(&mem->ram) && e->start < end; e++) {
		if (node != KHS_NO_NODE && node != e->tag)
			return KHS_NO_NODE;
		node = e->tag;
	}
	return node;
}

static struct khs_error *fill_scratch(struct khs *k)
{
	struct khs_status *s = &k->status;

	free(k->status_scratch);
	k->status_scratch = calloc(k->kho.nr_scratch + 1, sizeof(*k->status_scratch));
	if (!k->status_scratch)
		return khs_enomem();
	for (size_t i = 0; i < k->kho.nr_scratch; i++) {
		const struct khs_scratch_area *a = &k->kho.scratch[i];

		k->status_scratch[i] = (struct khs_scratch){
			.start = a->phys,
			.size = a->size,
			.node = a->size ? area_node(&k->mem, a->start, a->end) : KHS_NO_NODE,
		};
	}
	s->scratch = k->status_scratch;
	s->nr_scratch = k->kho.nr_scratch;
	return NULL;
}

static void fill_kernel(struct khs *k)
{
	const struct khs_dump *d = k->kernel.dump;
	struct khs_status *s = &k->status;

	s->format = d->format;
	s->flattened = d->flattened;
	s->live = d->live;
	s->complete = d->complete;
	s->incomplete_why = d->complete ? NULL : d->incomplete_why;
	s->interrupted = d->stopped;
	s->filter = d->filter[0] ? d->filter : NULL;
	s->release = k->kernel.release;
	s->build_id = k->kernel.build_id;
	s->arch = khs_arch_name(khs_vm_arch(k->kernel.vm));
	s->page_size = 1ull << k->kernel.page_shift;
}

static void fill_kho(struct khs *k)
{
	struct khs_status *s = &k->status;

	s->kho = k->kho.state;
	s->kho_why = k->kho.state == KHS_KHO_ON ? NULL : k->kho.why;
	s->abi = k->kho.abi;
	s->handover_known = k->kho.handover_known;
	s->handover_boot = k->kho.handover_boot;
	s->handover_failed = k->kho.handover_failed;
	s->previous_release = k->kho.previous_release;
	s->kexec_count = k->kho.kexec_count;
	s->finalized = k->kho.finalized;
	s->marks_why = k->kho.marks_bare && k->kho.handover_boot ?
		       "this kernel marks the pages it was handed with a bare order (Linux 6.16 "
		       "and 6.17), which proves nothing: which of them are pending cannot be told" :
		       NULL;
	s->coverage = k->census.coverage;
	s->incoming_damaged = 0;
	for (size_t i = 0; i < k->census.in.n; i++) {
		if (k->census.in.v[i].state == KHS_RANGE_DAMAGED)
			s->incoming_damaged += k->census.in.v[i].count;
	}
}

struct khs_error *khs_get_status(struct khs *k, const struct khs_status **ret)
{
	const struct khs_coverage *c = &k->census.coverage;
	struct khs_error *err;
	bool in_known;

	*ret = &k->status;
	k->status.interrupted = khs_interrupted(k);
	if (k->have_status)
		return NULL;
	err = khs_need_census(k);
	if (err)
		return err;
	in_known = k->have_census && k->kho.handover_known && khs_marks_tell(k) &&
		   c->judged == c->pages;
	fill_kernel(k);
	fill_kho(k);
	err = fill_scratch(k);
	if (!err)
		err = add_runs(&k->mem, &k->kho.out, khs_out_complete(k), &k->status.outgoing,
			       &k->node_totals[0]);
	if (!err)
		err = add_runs(&k->mem, &k->census.in, in_known, &k->status.incoming,
			       &k->node_totals[1]);
	k->have_status = !err;
	return err;
}
