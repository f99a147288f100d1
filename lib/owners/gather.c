// SPDX-License-Identifier: GPL-2.0-or-later
#include "gather.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/array.h"
#include "../kho/fdt.h"

/* Faults that are kept; a hostile dump could make any number. */
#define MAX_FAULTS 4096

bool khs_gather_more(struct khs_gather *g)
{
	if (!(++g->steps & 0xfff) && khs_kernel_interrupted(&g->k->kernel))
		g->interrupted = true;
	return !g->no_memory && !g->interrupted;
}

static bool ok(struct khs_gather *g, bool had_memory)
{
	g->no_memory |= !had_memory;
	return had_memory;
}

/* ---- owners --------------------------------------------------------------------------------- */

uint32_t khs_gather_owner(struct khs_gather *g, uint32_t parent, enum khs_owner_kind kind,
			  enum khs_owner_source source, const char *fmt, ...)
{
	struct khs_owners *o = g->o;
	struct khs_owner_node *node;
	char name[sizeof(node->name)];
	va_list ap;

	if (o->nr_nodes >= KHS_NO_OWNER - 1 ||
	    !ok(g, khs_array_grow(o->nodes, o->nr_nodes, o->cap_nodes)))
		return KHS_NO_OWNER;
	node = &o->nodes[o->nr_nodes];
	*node = (struct khs_owner_node){
		.kind = kind, .direction = g->direction, .source = source, .parent = parent,
		.depth = parent == KHS_NO_OWNER ? 0 : o->nodes[parent].depth + 1,
	};
	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);
	khs_copy_printable(node->name, sizeof(node->name), name, sizeof(name));
	return (uint32_t)o->nr_nodes++;
}

static struct khs_evidence *add_attribute(struct khs_gather *g, uint32_t owner, const char *key,
					  enum khs_value_kind kind)
{
	struct khs_owner_node *node;
	struct khs_evidence *e;

	if (owner == KHS_NO_OWNER)
		return NULL;
	node = &g->o->nodes[owner];
	if (!ok(g, khs_array_grow(node->attributes, node->nr_attributes, node->cap_attributes)))
		return NULL;
	e = &node->attributes[node->nr_attributes++];
	*e = (struct khs_evidence){ .key = key, .kind = kind };
	return e;
}

void khs_owner_number(struct khs_gather *g, uint32_t owner, const char *key, uint64_t value)
{
	struct khs_evidence *e = add_attribute(g, owner, key, KHS_VALUE_NUMBER);

	if (e)
		e->number = value;
}

void khs_owner_hex(struct khs_gather *g, uint32_t owner, const char *key, uint64_t value)
{
	struct khs_evidence *e = add_attribute(g, owner, key, KHS_VALUE_HEX);

	if (e)
		e->number = value;
}

void khs_owner_text(struct khs_gather *g, uint32_t owner, const char *key, const char *text)
{
	struct khs_evidence *e = add_attribute(g, owner, key, KHS_VALUE_STRING);

	if (!e)
		return;
	e->string = strdup(text);
	ok(g, e->string);
}

void khs_owner_set_state(struct khs_gather *g, uint32_t owner, enum khs_owner_state state)
{
	if (owner != KHS_NO_OWNER)
		g->o->nodes[owner].state = state;
}

void khs_gather_incomplete(struct khs_gather *g, uint32_t owner, const char *why)
{
	const char *name = owner == KHS_NO_OWNER ? "" : g->o->nodes[owner].name;

	if (owner != KHS_NO_OWNER && g->o->nodes[owner].state == KHS_OWNER_ALIVE)
		g->o->nodes[owner].state = KHS_OWNER_UNREADABLE;
	if (!g->side->complete)
		return;
	g->side->complete = false;
	g->side->unread_owner = owner;
	snprintf(g->side->why, sizeof(g->side->why), "%s%s%s", name, *name ? ": " : "", why);
}

void khs_gather_opaque(struct khs_gather *g, uint32_t owner)
{
	if (owner == KHS_NO_OWNER)
		return;
	g->o->nodes[owner].state = KHS_OWNER_OPAQUE;
	if (g->side->opaque)
		return;
	g->side->opaque = true;
	g->side->opaque_owner = owner;
}

/* ---- pages ---------------------------------------------------------------------------------- */

/* The run of @order that holds the block at @pfn, or NULL: runs of one order never overlap. */
static const struct khs_run *run_at(const struct khs_gather *g, unsigned int order, uint64_t pfn)
{
	size_t low = g->blocks.first[order], high = g->blocks.first[order + 1];

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct khs_run *run = &g->map->v[g->blocks.v[mid]];

		if (pfn < run->pfn)
			high = mid;
		else if (pfn >= khs_run_end(run))
			low = mid + 1;
		else
			return (pfn - run->pfn) & ((1ull << order) - 1) ? NULL : run;
	}
	return NULL;
}

bool khs_gather_block(const struct khs_gather *g, uint64_t pfn, unsigned int max_order,
		      unsigned int *order)
{
	for (unsigned int o = max_order < KHS_ORDERS ? max_order + 1 : KHS_ORDERS; o--;) {
		if (!run_at(g, o, pfn))
			continue;
		*order = o;
		return true;
	}
	return false;
}

bool khs_gather_held(const struct khs_gather *g, uint64_t pfn)
{
	return khs_extents_find(&g->pages, pfn);
}

bool khs_gather_alive(const struct khs_gather *g, uint64_t pa)
{
	uint64_t pfn = khs_gather_pfn(g, pa);

	return g->direction == KHS_OUT ||
	       (khs_gather_held(g, pfn) && !khs_mem_page_taken(&g->k->mem, pfn));
}

bool khs_gather_gone(const struct khs_gather *g, uint64_t pa)
{
	return !khs_gather_alive(g, pa) &&
	       !khs_extents_find(&g->k->census.absent, khs_gather_pfn(g, pa));
}

/* Whether @next goes on where @last ends, in memory and in what it holds. */
static bool continues(const struct khs_gather *g, const struct khs_claim *last,
		      const struct khs_claim *next)
{
	uint64_t bytes = last->pages << g->k->kernel.page_shift;

	return last->owner == next->owner && last->role == next->role &&
	       last->order == next->order && last->flags == next->flags &&
	       last->pfn + last->pages == next->pfn &&
	       (!(next->flags & KHS_CLAIM_OFFSET) || last->offset + bytes == next->offset);
}

void khs_gather_claim(struct khs_gather *g, const struct khs_claim *claim)
{
	struct khs_owners *o = g->o;

	if (claim->owner == KHS_NO_OWNER || !claim->pages)
		return;
	if (o->nr_claims && continues(g, &o->claims[o->nr_claims - 1], claim)) {
		o->claims[o->nr_claims - 1].pages += claim->pages;
		return;
	}
	if (ok(g, khs_array_grow(o->claims, o->nr_claims, o->cap_claims)))
		o->claims[o->nr_claims++] = *claim;
}

/* How far from @pfn on the map either holds pages, or does not, but at most to @end. */
static uint64_t stretch(const struct khs_gather *g, uint64_t pfn, uint64_t end, bool *held)
{
	const struct khs_extent *e = khs_extents_from(&g->pages, pfn);

	*held = e && e->start <= pfn;
	if (*held)
		return e->end < end ? e->end : end;
	return e && e->start < end ? e->start : end;
}

static void claim_piece(struct khs_gather *g, uint32_t owner, enum khs_role role, uint64_t first,
			uint64_t pfn, uint64_t pages, unsigned int order)
{
	struct khs_claim claim = {
		.pfn = pfn, .pages = pages, .owner = owner, .order = (uint8_t)order,
		.role = (uint8_t)role,
	};

	/* A group of an array does not know which it is. */
	if (role == KHS_ROLE_BLOB || role == KHS_ROLE_REGION) {
		claim.offset = (pfn - first) << g->k->kernel.page_shift;
		claim.flags = KHS_CLAIM_OFFSET;
	}
	khs_gather_claim(g, &claim);
}

uint64_t khs_gather_span(struct khs_gather *g, uint32_t owner, enum khs_role role, uint64_t pfn,
			 uint64_t pages, enum khs_owner_fault_kind uncovered)
{
	uint64_t at = pfn, end, held_pages = 0;

	if (__builtin_add_overflow(pfn, pages, &end))
		end = UINT64_MAX >> g->k->kernel.page_shift;
	while (at < end && khs_gather_more(g)) {
		unsigned int order;
		bool held;
		uint64_t to = stretch(g, at, end, &held);

		if (held && khs_gather_block(g, at, KHS_ORDERS - 1, &order)) {
			claim_piece(g, owner, role, pfn, at, 1ull << order, order);
			to = at + (1ull << order);
		} else if (held) {
			claim_piece(g, owner, role, pfn, at, 1, KHS_NO_ORDER);
			to = at + 1;
		} else if (g->direction == KHS_OUT) {
			claim_piece(g, owner, role, pfn, at, to - at, KHS_NO_ORDER);
			if (g->map_complete)
				khs_gather_fault(g, uncovered, owner, at, to - at, role, 0);
		}
		held_pages += held ? to - at : 0;
		at = to;
	}
	return held_pages;
}

/* ---- faults --------------------------------------------------------------------------------- */

void khs_gather_fault(struct khs_gather *g, enum khs_owner_fault_kind kind, uint32_t owner,
		      uint64_t pfn, uint64_t pages, uint64_t first, uint64_t second)
{
	struct khs_owners *o = g->o;
	struct khs_owner_fault fault = {
		.kind = kind, .direction = g->direction, .owner = owner, .order = KHS_NO_ORDER,
		.pfn = pfn, .pages = pages, .values = { first, second },
	};
	unsigned int order;

	if (o->nr_faults >= MAX_FAULTS) {
		o->more_faults++;
		return;
	}
	if (pages && khs_gather_block(g, pfn, KHS_ORDERS - 1, &order))
		fault.order = (uint8_t)order;
	if (ok(g, khs_array_grow(o->faults, o->nr_faults, o->cap_faults)))
		o->faults[o->nr_faults++] = fault;
}

/* ---- reading -------------------------------------------------------------------------------- */

bool khs_gather_present(struct khs_gather *g, uint32_t owner, enum khs_presence presence)
{
	char why[80];

	if (presence == KHS_PRESENT)
		return true;
	snprintf(why, sizeof(why), "what it takes to tell its pages is %s",
		 khs_presence_text(presence));
	khs_gather_incomplete(g, owner, why);
	return false;
}

bool khs_gather_read(struct khs_gather *g, uint32_t owner, uint64_t pa, void *buf, size_t len)
{
	return khs_gather_present(g, owner, khs_dump_read_all(g->k->kernel.dump, pa, buf, len));
}

bool khs_gather_read_va(struct khs_gather *g, uint32_t owner, uint64_t va, void *buf, size_t len)
{
	return khs_gather_present(g, owner, khs_vm_read_all(g->k->kernel.vm, va, buf, len));
}

bool khs_gather_member(struct khs_gather *g, uint32_t owner, uint64_t va, enum khs_need_id need,
		       uint64_t *value)
{
	const struct khs_fact *fact = &g->k->kernel.facts.v[need];
	size_t size = fact->size && fact->size < sizeof(*value) ? fact->size : sizeof(*value);
	uint64_t raw = 0;

	*value = 0;
	if (!fact->known) {
		khs_gather_incomplete(g, owner, "a structure member is not known (see facts)");
		return false;
	}
	if (!khs_gather_read_va(g, owner, va + fact->value, &raw, size))
		return false;
	*value = raw;
	return true;
}

uint64_t khs_gather_phys(struct khs_gather *g, uint64_t va)
{
	uint64_t pa, run;

	return khs_vm_translate(g->k->kernel.vm, va, &pa, &run) == KHS_PRESENT ? pa : 0;
}

bool khs_gather_string(struct khs_gather *g, uint32_t owner, uint64_t va, enum khs_need_id need,
		       char *text, size_t size)
{
	const struct khs_fact *fact = &g->k->kernel.facts.v[need];
	char raw[128];
	size_t len = fact->size && fact->size < size ? fact->size : size - 1;

	text[0] = '\0';
	if (len > sizeof(raw))
		len = sizeof(raw);
	if (!fact->known) {
		khs_gather_incomplete(g, owner, "a structure member is not known (see facts)");
		return false;
	}
	if (!khs_gather_read_va(g, owner, va + fact->value, raw, len))
		return false;
	khs_copy_printable(text, size, raw, len);
	return true;
}

bool khs_gather_is_page(const struct khs_gather *g, uint64_t pa)
{
	uint64_t pfn = khs_gather_pfn(g, pa);

	if (!pa || pa & (khs_gather_page_size(g) - 1))
		return false;
	if (g->k->mem.ram.n && g->k->mem.ram_exact)
		return khs_extents_find(&g->k->mem.ram, pfn);
	return !g->k->have_mem || pfn < g->k->mem.max_pfn;
}
