// SPDX-License-Identifier: GPL-2.0-or-later
#include "relation.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../model.h"

/* Of the memory, so much (one part in that many) may differ: hot-plug, firmware, crashkernel. */
#define MAY_DIFFER 16

struct pair {
	const struct khs *old, *new;
	char *why;
	size_t size;
};

/* Says why not. Always false. */
__attribute__((format(printf, 2, 3)))
static bool unlike(const struct pair *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(p->why, p->size, fmt, ap);
	va_end(ap);
	return false;
}

/* ---- the machine ---------------------------------------------------------------------------- */

static uint64_t pages_in(const struct khs_extents *x)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < x->n; i++)
		sum += x->v[i].end - x->v[i].start;
	return sum;
}

static uint64_t pages_in_both(const struct khs_extents *a, const struct khs_extents *b)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < a->n; i++)
		sum += khs_extents_covered(b, a->v[i].start, a->v[i].end);
	return sum;
}

static bool same_memory(const struct pair *p)
{
	const struct khs_extents *old = &p->old->mem.ram, *new = &p->new->mem.ram;
	uint64_t a = pages_in(old), b = pages_in(new), both = pages_in_both(old, new);
	uint64_t most = a > b ? a : b;

	if (!a || !b || most - both <= most / MAY_DIFFER)
		return true;
	return unlike(p, "they are of different machines: OLD has %" PRIu64 " pages of memory, NEW "
		      "%" PRIu64 ", and only %" PRIu64 " are in both", a, b, both);
}

static bool same_machine(const struct pair *p)
{
	const char *old = khs_arch_name(khs_vm_arch(p->old->kernel.vm));
	const char *new = khs_arch_name(khs_vm_arch(p->new->kernel.vm));

	if (strcmp(old, new))
		return unlike(p, "they are of different machines: %s and %s", old, new);
	if (p->old->kernel.page_shift != p->new->kernel.page_shift)
		return unlike(p, "their pages are of %u and of %u KiB: no handover does that",
			      1u << (p->old->kernel.page_shift - 10),
			      1u << (p->new->kernel.page_shift - 10));
	return same_memory(p);
}

/* The array is passed on as it is (kernel/liveupdate/kexec_handover.c:kho_fill_kimage()). */
static bool same_scratch(const struct pair *p)
{
	const struct khs_kho *old = &p->old->kho, *new = &p->new->kho;

	if (!old->scratch_known || !new->scratch_known)
		return true;
	if (old->nr_scratch != new->nr_scratch)
		return unlike(p, "their scratch areas differ: %zu and %zu of them", old->nr_scratch,
			      new->nr_scratch);
	for (size_t i = 0; i < old->nr_scratch; i++) {
		const struct khs_scratch_area *a = &old->scratch[i], *b = &new->scratch[i];

		if (a->phys != b->phys || a->size != b->size)
			return unlike(p, "their scratch areas differ: 0x%" PRIx64 "+0x%" PRIx64
				      " and 0x%" PRIx64 "+0x%" PRIx64, a->phys, a->size, b->phys,
				      b->size);
	}
	return true;
}

/* ---- the boots ------------------------------------------------------------------------------ */

/*
 * KASLR gives each boot another address of kho_out; what was handed to it, and where it put its own
 * FDT and map, stays for all of a boot.
 */
static bool same_boot(const struct khs *old, const struct khs *new)
{
	const struct khs_facts *a = &old->kernel.facts, *b = &new->kernel.facts;

	return !strcmp(old->kernel.release, new->kernel.release) &&
	       !strcmp(old->kernel.build_id, new->kernel.build_id) &&
	       khs_fact_or(a, KHS_SYM_KHO_OUT, 0) == khs_fact_or(b, KHS_SYM_KHO_OUT, 0) &&
	       old->kho.handover_known == new->kho.handover_known &&
	       old->kho.in_fdt_phys == new->kho.in_fdt_phys &&
	       old->kho.out_fdt_phys == new->kho.out_fdt_phys &&
	       old->kho.kexec_count == new->kho.kexec_count &&
	       old->mem.vmemmap == new->mem.vmemmap;
}

/* OLD was handed what NEW had to hand over. */
static bool in_order(const struct pair *p)
{
	uint64_t handed = p->old->kho.in_fdt_phys;

	if (!handed || handed != p->new->kho.out_fdt_phys ||
	    p->old->kho.kexec_count != p->new->kho.kexec_count + 1)
		return true;
	return unlike(p, "OLD is the boot after NEW: name them the other way round");
}

static bool counts_follow(const struct pair *p)
{
	int64_t old = p->old->kho.kexec_count, new = p->new->kho.kexec_count;

	if (old < 0 || new < 0 || new == old + 1)
		return true;
	return unlike(p, "they are not of consecutive boots: OLD's kexec count is %" PRId64
		      ", NEW's %" PRId64, old, new);
}

static bool releases_follow(const struct pair *p)
{
	const char *told = p->new->kho.previous_release;

	if (!told[0] || !p->old->kernel.release[0] || !strcmp(told, p->old->kernel.release))
		return true;
	return unlike(p, "they are not of consecutive boots: NEW came from release %s, OLD is %s",
		      told, p->old->kernel.release);
}

static bool fdt_follows(const struct pair *p)
{
	uint64_t old = p->old->kho.out_fdt_phys, new = p->new->kho.in_fdt_phys;

	if (!old || !new || old == new)
		return true;
	return unlike(p, "they are not of consecutive boots: NEW was handed a root FDT at 0x%"
		      PRIx64 ", OLD's is at 0x%" PRIx64, new, old);
}

/* One that was given up has put all but scratch_phys back to 0 (kho_memory_init()). */
static bool next_boot(const struct pair *p)
{
	const struct khs_kho *new = &p->new->kho;

	if (!new->handover_known)
		return unlike(p, "NEW's kho_in is not in the dump: what it was handed is unknown");
	if (!in_order(p))
		return false;
	if (!new->handover_boot)
		return unlike(p, "NEW was not started by a handover");
	if (!new->handover_failed &&
	    (!counts_follow(p) || !releases_follow(p) || !fdt_follows(p)))
		return false;
	return same_scratch(p);
}

enum khs_relation khs_relate(const struct khs *old, const struct khs *new, char *why, size_t size)
{
	const struct pair p = { old, new, why, size };

	why[0] = '\0';
	if (!same_machine(&p))
		return KHS_RELATION_NONE;
	if (same_boot(old, new))
		return KHS_RELATION_SAME;
	return next_boot(&p) ? KHS_RELATION_NEXT : KHS_RELATION_NONE;
}
