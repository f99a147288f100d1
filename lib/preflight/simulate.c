// SPDX-License-Identifier: GPL-2.0-or-later
#include "simulate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../base/error.h"
#include "../checks/settle.h"

/* In the order of the next kernel's boot. */
static khs_sim_step *const steps[] = {
	khs_sim_image, khs_sim_fdt, khs_sim_map, khs_sim_overwrite, khs_sim_reserve,
	khs_sim_restore, khs_sim_blobs, khs_sim_rest,
};

void khs_sim_doubt(struct khs_sim *sim, const char *fmt, ...)
{
	va_list ap;

	if (sim->info->unjudged_why[0])
		return;
	va_start(ap, fmt);
	vsnprintf(sim->info->unjudged_why, sizeof(sim->info->unjudged_why), fmt, ap);
	va_end(ap);
}

/* ---- who is who ----------------------------------------------------------------------------- */

/* Kinds of owners whose pages a kernel hands over of its own accord, session or not. */
static bool is_own(const struct khs_owner_node *node)
{
	return node->kind == KHS_O_ROOT_FDT || node->kind == KHS_O_METADATA ||
	       node->kind == KHS_O_MEMBLOCK || node->kind == KHS_O_LUO || node->kind == KHS_O_FLBS;
}

/*
 * What nobody restores, and what waits for ever: kernel/liveupdate/luo_flb.c keeps the page with
 * its list of FLBs, mm/memblock.c copies its FDT and leaves the regions where they are.
 */
static struct khs_error *sort_claims(struct khs_sim *sim)
{
	const struct khs_owners *o = &sim->k->owners;
	bool ok = true;

	for (size_t i = 0; ok && i < o->nr_claims; i++) {
		const struct khs_claim *c = &o->claims[i];
		const struct khs_owner_node *node = &o->nodes[c->owner];
		bool region = c->role == KHS_ROLE_REGION, in = node->direction == KHS_IN;
		uint64_t end = c->pfn + c->pages;

		if (region && !in)
			ok = khs_extents_add(&sim->kept, c->pfn, end, 0);
		else if (in && (region || is_own(node) || node->kind == KHS_O_BLOB))
			ok = khs_extents_add(&sim->in_own, c->pfn, end, 0);
		else if (!in && is_own(node))
			ok = khs_extents_add(&sim->own, c->pfn, end, 0);
	}
	khs_extents_normalize(&sim->kept);
	khs_extents_normalize(&sim->own);
	khs_extents_normalize(&sim->in_own);
	return ok ? NULL : khs_enomem();
}

static struct khs_error *prepare(struct khs_sim *sim)
{
	struct khs *k = sim->k;
	struct khs_error *err = khs_need_owners(k);

	if (!err)
		err = khs_image_read(&k->kernel, &sim->image);
	if (!err)
		err = khs_subtrees_read(&k->kernel, &k->mem, &k->kho, KHS_OUT, &sim->out);
	return err ? err : sort_claims(sim);
}

static void sim_deinit(struct khs_sim *sim)
{
	khs_image_deinit(&sim->image);
	khs_subtrees_deinit(&sim->out);
	khs_extents_deinit(&sim->kept);
	khs_extents_deinit(&sim->own);
	khs_extents_deinit(&sim->in_own);
}

/* ---- what is told besides findings ---------------------------------------------------------- */

static enum khs_image_state image_state(const struct khs_image *image)
{
	if (!image->known)
		return KHS_IMAGE_UNKNOWN;
	if (!image->loaded)
		return KHS_IMAGE_NONE;
	return image->fdt ? KHS_IMAGE_HANDS_OVER : KHS_IMAGE_WITHOUT;
}

static void fill_info(struct khs_sim *sim)
{
	struct khs_preflight_info *info = sim->info;
	const struct khs_runs *out = &sim->k->kho.out;

	snprintf(info->compatible, sizeof(info->compatible), "%s", sim->rules->compatible);
	info->image = image_state(&sim->image);
	info->segments = sim->image.nr_segments;
	for (size_t i = 0; i < out->n; i++) {
		info->ranges += out->v[i].count;
		info->pages += khs_run_pages(&out->v[i]);
	}
}

/* ---- running -------------------------------------------------------------------------------- */

static struct khs_error *run_steps(struct khs_sim *sim)
{
	struct khs_error *err = prepare(sim);

	if (err)
		return err;
	fill_info(sim);
	if (sim->k->kho.state != KHS_KHO_ON)
		khs_sim_doubt(sim, "%s", sim->k->kho.why);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !sim->refused; i++) {
		if (khs_kernel_interrupted(&sim->k->kernel)) {
			khs_sim_doubt(sim, "interrupted");
			return NULL;
		}
		err = steps[i](sim);
		if (err)
			return err;
	}
	return NULL;
}

struct request {
	const struct khs_rules *rules; /* NULL: the dumped kernel's own */
	struct khs_preflight_info *info;
};

/* Where nothing can be walked. A damaged root FDT is enough to know how it ends. */
static struct khs_error *run_blind(struct khs_sim *sim)
{
	const struct khs_kho *kho = &sim->k->kho;
	struct khs_error *err;

	if (kho->state == KHS_KHO_ABSENT || kho->state == KHS_KHO_OFF)
		return NULL;
	err = khs_image_read(&sim->k->kernel, &sim->image);
	if (err)
		return err;
	fill_info(sim);
	if (kho->state == KHS_KHO_ON)
		khs_sim_doubt(sim, "%s", sim->k->mem_error);
	else
		khs_sim_doubt(sim, "%s", kho->why);
	return kho->out_fdt_damage[0] ? khs_sim_fdt(sim) : NULL;
}

static struct khs_error *simulate(struct khs *k, const void *opts, khs_visit_fn *visit, void *arg)
{
	const struct request *request = opts;
	const struct khs_emitter to = { k, visit, arg };
	const char *name = request->info->rules;
	struct khs_rules own;
	struct khs_sim sim = { .k = k, .to = &to, .info = request->info };
	struct khs_error *err;

	*sim.info = (struct khs_preflight_info){ .rules = name };
	own = khs_rules_own(k);
	sim.rules = request->rules ? request->rules : &own;
	sim.info->like = sim.rules->like;
	err = khs_can_judge(k) && !k->kho.mute ? run_steps(&sim) : run_blind(&sim);
	sim_deinit(&sim);
	return err;
}

struct khs_error *khs_preflight(struct khs *k, const struct khs_preflight_options *opts,
				void (*visit)(void *arg, const struct khs_finding *finding),
				void *arg, const struct khs_preflight_info **ret)
{
	struct khs_preflight_options own = { .size = sizeof(own) };
	struct request request = { .info = &k->preflight };

	if (opts && !khs_take(&own, sizeof(own), opts))
		return khs_error_new(KHS_ERR_USAGE, "khs_preflight_options.size is not set");
	if (own.as) {
		request.rules = khs_rules_named(own.as);
		if (!request.rules)
			return khs_error_new(KHS_ERR_USAGE, "no generation is called %s", own.as);
	}
	k->preflight.rules = request.rules ? request.rules->name : NULL;
	if (ret)
		*ret = &k->preflight;
	return khs_settle(k, simulate, &request, visit, arg);
}
