// SPDX-License-Identifier: GPL-2.0-or-later
#include "simulate.h"

#include <libfdt.h>
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

/* prepare_kho_fdt() of mm/memblock.c gives its FDT one page. */
#define MEMBLOCK_SUBTREE "memblock"

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

static bool add_bytes(const struct khs *k, struct khs_extents *x, uint64_t phys, uint64_t size)
{
	uint64_t page = khs_page_size(k), end;

	if (__builtin_add_overflow(phys, size, &end) || end > UINT64_MAX - page)
		return true;
	return khs_extents_add(x, phys / page, (end + page - 1) / page, 0);
}

static bool get_u64(const void *fdt, int node, const char *name, uint64_t *ret)
{
	int len;
	const void *value = fdt_getprop(fdt, node, name, &len);

	if (!value || len != sizeof(*ret))
		return false;
	memcpy(ret, value, sizeof(*ret));
	return true;
}

/* The regions of reserve_mem=, by the FDT that mm/memblock.c hands over. */
static struct khs_error *find_kept(struct khs_sim *sim)
{
	const struct khs_subtree *s = khs_subtrees_find(&sim->out, MEMBLOCK_SUBTREE);
	size_t size = khs_page_size(sim->k);
	_cleanup_free_ void *fdt = malloc(size);
	uint64_t start, length;
	bool ok = true;
	int node;

	if (!fdt)
		return khs_enomem();
	if (!s || !s->has_phys ||
	    khs_dump_read_all(sim->k->kernel.dump, s->phys, fdt, size) != KHS_PRESENT ||
	    fdt_check_full(fdt, size))
		return NULL;
	fdt_for_each_subnode(node, fdt, 0) {
		if (get_u64(fdt, node, "start", &start) && get_u64(fdt, node, "size", &length))
			ok = ok && add_bytes(sim->k, &sim->kept, start, length);
	}
	khs_extents_normalize(&sim->kept);
	return ok ? NULL : khs_enomem();
}

static struct khs_error *find_own(const struct khs *k, const struct khs_subtrees *trees,
				  struct khs_extents *own)
{
	bool ok = !trees->fdt_phys || add_bytes(k, own, trees->fdt_phys, 1);

	for (size_t i = 0; ok && i < trees->n; i++) {
		const struct khs_subtree *s = &trees->v[i];

		ok = !s->has_phys || add_bytes(k, own, s->phys, s->size ? s->size : 1);
	}
	khs_extents_normalize(own);
	return ok ? NULL : khs_enomem();
}

/*
 * LUO keeps the page with its list of FLBs, marked, for as long as it runs
 * (kernel/liveupdate/luo_flb.c:luo_flb_setup_incoming()); what named it, struct luo_ser, is gone.
 */
static struct khs_error *find_flbs(struct khs *k, struct khs_extents *own)
{
	const struct khs_facts *facts = &k->kernel.facts;
	uint64_t at, va, phys, run;

	if (!khs_known(facts, KHS_SYM_LUO_FLB_GLOBAL) || !khs_known(facts, KHS_MEM_FLB_GLOBAL_IN) ||
	    !khs_known(facts, KHS_MEM_FLB_HEADER_SER))
		return NULL;
	at = khs_fact(facts, KHS_SYM_LUO_FLB_GLOBAL) + khs_fact(facts, KHS_MEM_FLB_GLOBAL_IN) +
	     khs_fact(facts, KHS_MEM_FLB_HEADER_SER);
	if (khs_kernel_read_uint(&k->kernel, at, 8, &va) || !va ||
	    khs_vm_translate(k->kernel.vm, va, &phys, &run))
		return NULL;
	if (!add_bytes(k, own, phys, 1))
		return khs_enomem();
	khs_extents_normalize(own);
	return NULL;
}

static struct khs_error *prepare(struct khs_sim *sim)
{
	struct khs *k = sim->k;
	struct khs_error *err = khs_need_census(k);

	if (!err)
		err = khs_image_read(&k->kernel, &sim->image);
	if (!err)
		err = khs_subtrees_read(&k->kernel, &k->mem, &k->kho, KHS_OUT, &sim->out);
	if (!err)
		err = khs_subtrees_read(&k->kernel, &k->mem, &k->kho, KHS_IN, &sim->in);
	if (!err)
		err = find_kept(sim);
	if (!err)
		err = find_own(k, &sim->out, &sim->own);
	if (!err)
		err = find_own(k, &sim->in, &sim->in_own);
	return err ? err : find_flbs(k, &sim->in_own);
}

static void sim_deinit(struct khs_sim *sim)
{
	khs_image_deinit(&sim->image);
	khs_subtrees_deinit(&sim->out);
	khs_subtrees_deinit(&sim->in);
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
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]) && !sim->refused; i++) {
		if (khs_kernel_interrupted(&sim->k->kernel))
			return khs_error_new(KHS_ERR_INTERRUPTED, "interrupted");
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
	err = khs_can_judge(k) && k->kho.state == KHS_KHO_ON ? run_steps(&sim) : run_blind(&sim);
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
