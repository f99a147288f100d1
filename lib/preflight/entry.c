// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How the handover comes in: what the loaded image passes on (kernel/liveupdate/kexec_handover.c:
 * kho_fill_kimage()), and whether the next kernel takes it (kho_populate()).
 */
#include <libfdt.h>

#include "simulate.h"
#include "../base/error.h"

/* ---- the image ------------------------------------------------------------------------------ */

/* What is preserved and not the kernel's own doing. */
static uint64_t others_pages(const struct khs_sim *sim)
{
	const struct khs_extents *out = &sim->k->kho.out_pages;
	uint64_t pages = 0;

	for (size_t i = 0; i < out->n; i++)
		pages += out->v[i].end - out->v[i].start -
			 khs_extents_covered(&sim->own, out->v[i].start, out->v[i].end);
	return pages;
}

/*
 * kexec_load(2) knows nothing of KHO, and before Linux 6.19 an image got the handover only if that
 * had been finalized when it was loaded.
 */
static void hands_nothing_over(const struct khs_sim *sim)
{
	uint64_t pages = others_pages(sim);
	struct khs_draft d;

	khs_draft_init_global(&d, "pf-lost", pages ? KHS_ERROR : KHS_NOTE);
	khs_draft_summary(&d, "the loaded image hands nothing over: the next kernel starts as "
			  "after a reset");
	khs_draft_number(&d, "pages_lost", pages);
	khs_draft_string(&d, "cause", "loaded by kexec_load(2); before Linux 6.19 also by "
			 "kexec_file_load(2), while the handover was not finalized");
	khs_draft_emit(&d, sim->to);
}

static void hands_over_other(const struct khs_sim *sim)
{
	struct khs_draft d;

	khs_draft_init_global(&d, "pf-misread", KHS_ERROR);
	khs_draft_summary(&d, "the loaded image hands over another root FDT than kho_out's");
	khs_draft_hex(&d, "image_hands_over", sim->image.fdt);
	khs_draft_hex(&d, "kho_out_fdt", sim->k->kho.out_fdt_phys);
	khs_draft_emit(&d, sim->to);
}

/* The next kernel divides bufsz (setup_kho() of arch/x86, kho_add_chosen() of drivers/of). */
static void check_scratch_array(const struct khs_sim *sim)
{
	const struct khs_segment *s = sim->image.scratch;
	uint64_t areas = sim->k->kho.nr_scratch, entry;
	struct khs_draft d;

	entry = khs_fact_or(&sim->k->kernel.facts, KHS_SIZE_KHO_SCRATCH, 16);
	if (!s || !sim->k->kho.scratch_known || s->bufsz == areas * entry)
		return;
	khs_draft_init_global(&d, "pf-misread", KHS_ERROR);
	khs_draft_summary(&d, "the loaded image hands over another number of scratch areas than "
			  "there are");
	khs_draft_number(&d, "bytes_handed_over", s->bufsz);
	khs_draft_number(&d, "scratch_areas", areas);
	khs_draft_emit(&d, sim->to);
}

/* kho_locate_mem_hole() gives segments no other place. */
static void check_placement(const struct khs_sim *sim)
{
	const struct khs_extents *scratch = &sim->k->kho.scratch_pfns;
	struct khs_draft d;

	if (!sim->image.segments_known || !sim->k->kho.scratch_known)
		return;
	for (size_t i = 0; i < sim->image.pfns.n; i++) {
		const struct khs_extent *e = &sim->image.pfns.v[i];

		if (khs_extents_covered(scratch, e->start, e->end) == e->end - e->start)
			continue;
		khs_draft_init(&d, sim->k, "pf-overwritten", "", KHS_WARNING, e->start,
			       e->end - e->start, -1);
		khs_draft_summary(&d, "the loaded image is put outside the scratch areas: other "
				  "memory than they are is written to before the next kernel runs");
		khs_draft_number(&d, "pages_in_scratch",
				 khs_extents_covered(scratch, e->start, e->end));
		khs_draft_emit(&d, sim->to);
	}
}

static void check_crash_image(const struct khs_sim *sim)
{
	struct khs_draft d;

	if (!sim->image.crash_fdt)
		return;
	khs_draft_init_global(&d, "pf-misread", KHS_WARNING);
	khs_draft_summary(&d, "the loaded crash kernel is handed the preservations as well");
	khs_draft_hex(&d, "crash_image_hands_over", sim->image.crash_fdt);
	khs_draft_string(&d, "fixed_by", "%s", khs_fix_crash);
	khs_draft_emit(&d, sim->to);
}

struct khs_error *khs_sim_image(struct khs_sim *sim)
{
	const struct khs_image *image = &sim->image;

	check_crash_image(sim);
	if (!image->known)
		khs_sim_doubt(sim, "kexec_image can't be read: whether an image is loaded is "
				   "unknown");
	if (!image->known || !image->loaded)
		return NULL;
	if (!image->fdt) {
		hands_nothing_over(sim);
		return NULL;
	}
	if (!image->segments_known)
		khs_sim_doubt(sim, "the segments of the loaded image can't be read");
	if (sim->k->kho.out_fdt_phys && image->fdt != sim->k->kho.out_fdt_phys)
		hands_over_other(sim);
	check_scratch_array(sim);
	check_placement(sim);
	return NULL;
}

/* ---- the root FDT --------------------------------------------------------------------------- */

static void begin_refusal(struct khs_sim *sim, struct khs_draft *d)
{
	const struct khs *k = sim->k;

	sim->refused = true;
	if (k->have_mem && k->kho.out_fdt_phys)
		khs_draft_init(d, k, "pf-refused", "", KHS_ERROR,
			       k->kho.out_fdt_phys >> k->kernel.page_shift, 1, -1);
	else
		khs_draft_init_global(d, "pf-refused", KHS_ERROR);
	khs_draft_hex(d, "root_fdt", k->kho.out_fdt_phys);
	if (k->kho.out_known)
		khs_draft_number(d, "pages_lost", others_pages(sim));
}

static void refuse_damage(struct khs_sim *sim)
{
	struct khs_draft d;

	begin_refusal(sim, &d);
	khs_draft_summary(&d, "the root FDT is damaged: kho_populate() refuses the handover, and "
			  "all that is preserved is lost");
	khs_draft_string(&d, "damage", "%s", sim->k->kho.out_fdt_damage);
	khs_draft_emit(&d, sim->to);
}

static void refuse_abi(struct khs_sim *sim)
{
	struct khs_draft d;

	begin_refusal(sim, &d);
	khs_draft_summary(&d, "the next kernel takes another ABI: kho_populate() refuses the "
			  "handover, and all that is preserved is lost");
	khs_draft_string(&d, "handed_over", "%s", sim->k->kho.abi);
	khs_draft_string(&d, "taken", "%s", sim->rules->compatible);
	khs_draft_emit(&d, sim->to);
}

static void refuse_mapless(struct khs_sim *sim)
{
	struct khs_draft d;

	begin_refusal(sim, &d);
	khs_draft_summary(&d, "the root FDT names no map: %s", sim->rules->demands_map ?
			  "kho_populate() refuses the handover, and all that is preserved is lost" :
			  "the next kernel reserves nothing, and overwrites what is preserved");
	khs_draft_emit(&d, sim->to);
}

static void read_other_map(struct khs_sim *sim)
{
	const struct khs *k = sim->k;
	struct khs_draft d;

	khs_draft_init(&d, k, "pf-misread", "", KHS_ERROR,
		       k->kho.out_fdt_phys >> k->kernel.page_shift, 1, -1);
	khs_draft_summary(&d, "the root FDT names another map than kho_out: the next kernel reads "
			  "that one");
	khs_draft_hex(&d, "named_by_fdt", k->kho.out_root_fdt);
	khs_draft_hex(&d, "kho_out_map", k->kho.out_root);
	khs_draft_emit(&d, sim->to);
}

/* Of kho-v1 the map is made when the handover is finalized, at the latest when it comes to it. */
static bool may_lack_map(const struct khs_sim *sim)
{
	return khs_rules_written(sim->k) != KHS_MAP_RADIX;
}

struct khs_error *khs_sim_fdt(struct khs_sim *sim)
{
	const struct khs_kho *kho = &sim->k->kho;

	if (kho->out_fdt_damage[0]) {
		refuse_damage(sim);
		return NULL;
	}
	if (!kho->out_fdt_phys && may_lack_map(sim)) {
		khs_sim_doubt(sim, "the handover is not finalized: its root FDT is not made yet");
		return NULL;
	}
	if (!sim->out.fdt) {
		khs_sim_doubt(sim, "the root FDT of kho_out can't be read: %s",
			      sim->out.why[0] ? sim->out.why : "there is none");
		return NULL;
	}
	if (fdt_node_check_compatible(sim->out.fdt, 0, sim->rules->compatible))
		refuse_abi(sim);
	else if ((!kho->out_root_fdt_known || !kho->out_root_fdt) && !may_lack_map(sim))
		refuse_mapless(sim);
	else if (kho->out_root_mismatch)
		read_other_map(sim);
	return NULL;
}
