// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "checks/causes.h"
#include "checks/check.h"
#include "checks/settle.h"
#include "model.h"

const char *khs_version(void)
{
	return KHS_VERSION;
}

/* Whether an error ends everything, or only makes what it stopped unknown. */
static bool is_fatal(const struct khs_error *err)
{
	enum khs_code code = khs_error_code(err);

	return code == KHS_ERR_NOMEM || code == KHS_ERR_INTERRUPTED;
}

static struct khs_error *read_handover(struct khs *k)
{
	const struct khs_machine machine = { &k->mem.ram, k->mem.max_pfn, k->mem.vmemmap };

	return khs_kho_read(&k->kernel, &machine, &k->kho);
}

static struct khs_error *read_model(struct khs *k)
{
	struct khs_error *err = khs_mem_init(&k->mem, &k->kernel);

	if (is_fatal(err))
		return err;
	k->have_mem = !err;
	if (err) {
		snprintf(k->mem_error, sizeof(k->mem_error), "%s", khs_error_message(err));
		khs_kernel_warn(&k->kernel, "no struct page can be judged: %s", k->mem_error);
	}
	khs_error_free(err);
	return read_handover(k);
}

struct khs_error *khs_open_model(struct khs *k, struct khs_error *err, struct khs **ret)
{
	if (err) {
		free(k);
		return err;
	}
	err = read_model(k);
	if (err) {
		khs_close(k);
		return err;
	}
	*ret = k;
	return NULL;
}

struct khs_error *khs_open_source(const struct khs_source *source, const struct khs_options *opts,
				  struct khs **ret)
{
	struct khs_options own = { .size = sizeof(own) };
	struct khs_source from = { 0 };
	struct khs_dump *dump;
	struct khs_error *err;
	struct khs *k;

	if (!khs_take(&from, sizeof(from), source))
		return khs_error_new(KHS_ERR_USAGE, "khs_source.size is not set");
	if (opts && !khs_take(&own, sizeof(own), opts)) {
		if (from.close)
			from.close(from.priv);
		return khs_error_new(KHS_ERR_USAGE, "khs_options.size is not set");
	}
	own.size = sizeof(own);
	err = khs_dump_open_source(&from, &own, &dump);
	if (err)
		return err;
	k = calloc(1, sizeof(*k));
	if (!k) {
		khs_dump_close(dump);
		return khs_enomem();
	}
	snprintf(k->libraries, sizeof(k->libraries), "%s", from.name);
	return khs_open_model(k, khs_kernel_open_source(dump, &from, &own, &k->kernel), ret);
}

void khs_close(struct khs *k)
{
	if (!k)
		return;
	khs_owners_deinit(&k->owners);
	khs_census_deinit(&k->census);
	khs_kho_deinit(&k->kho);
	khs_mem_deinit(&k->mem);
	khs_kernel_close(&k->kernel);
	free(k->status_scratch);
	free(k->node_totals[0]);
	free(k->node_totals[1]);
	free(k);
}

bool khs_interrupted(const struct khs *k)
{
	return k->kernel.dump->stopped;
}

uint64_t khs_page_size(const struct khs *k)
{
	return 1ull << k->kernel.page_shift;
}

bool khs_can_judge(const struct khs *k)
{
	return k->have_mem && (k->kho.mute || (k->kho.enabled_known && k->kho.enabled));
}

struct khs_error *khs_need_census(struct khs *k)
{
	struct khs_error *err;

	if (k->have_census || !khs_can_judge(k))
		return NULL;
	err = khs_census_take(&k->mem, &k->kho, &k->census);
	if (err) {
		khs_census_deinit(&k->census);
		return err;
	}
	k->have_census = true;
	return NULL;
}

struct khs_error *khs_look_again(struct khs *k)
{
	khs_owners_deinit(&k->owners);
	khs_census_deinit(&k->census);
	khs_kho_deinit(&k->kho);
	k->owners = (struct khs_owners){ 0 };
	k->census = (struct khs_census){ 0 };
	k->have_owners = false;
	k->have_census = false;
	k->have_status = false;
	khs_vm_forget(k->kernel.vm);
	return read_handover(k);
}

/* ---- check ---------------------------------------------------------------------------------- */

const struct khs_check_info *khs_checks(size_t *n)
{
	*n = khs_nr_checks;
	return khs_check_infos;
}

static struct khs_error *run_checks(struct khs *k, const void *unused,
				    void (*visit)(void *arg, const struct khs_finding *finding),
				    void *arg)
{
	const struct khs_emitter to = { k, visit, arg };
	struct khs_error *err = khs_need_census(k);

	(void)unused;
	if (err)
		return err;
	for (size_t i = 0; k->have_census && i < khs_nr_checks; i++) {
		khs_kernel_interrupted(&k->kernel); /* what was found by then is still told */
		err = khs_check_fns[i](k, &khs_check_infos[i], &to);
		if (err)
			return khs_error_wrap(err, "check %s", khs_check_infos[i].id);
	}
	return NULL;
}

struct khs_error *khs_check(struct khs *k,
			    void (*visit)(void *arg, const struct khs_finding *finding), void *arg)
{
	_cleanup_(khs_gathered_deinit) struct khs_gathered all = { 0 };
	struct khs_error *err = khs_settle(k, run_checks, NULL, khs_gather_finding, &all);

	if (err)
		return err;
	if (all.no_memory || !khs_find_causes(&all))
		return khs_enomem();
	for (size_t i = 0; i < all.n; i++)
		visit(arg, all.v[i]);
	return NULL;
}

struct khs_error *khs_set_style(struct khs *k, const struct khs_style *style)
{
	struct khs_style own = { .size = sizeof(own) };

	if (style && !khs_take(&own, sizeof(own), style))
		return khs_error_new(KHS_ERR_USAGE, "khs_style.size is not set");
	k->style = own;
	return NULL;
}

bool khs_all_judged(const struct khs *k)
{
	const struct khs_coverage *c = &k->census.coverage;

	if (k->kho.state == KHS_KHO_ABSENT || k->kho.state == KHS_KHO_OFF)
		return true;
	/* Without RAM nothing can be said of nodes and holes. */
	return k->have_census && !khs_interrupted(k) && c->judged == c->pages &&
	       !c->map_nodes_absent && !c->unlisted && k->mem.ram.n && k->kho.out_known &&
	       k->kho.handover_known && k->kho.scratch_known && khs_marks_tell(k);
}

const char *khs_severity_name(enum khs_severity severity)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[severity];
}

/* ---- facts ---------------------------------------------------------------------------------- */

static const char *const kind_names[] = {
	[KHS_NEED_SYMBOL] = "symbol", [KHS_NEED_MEMBER] = "member", [KHS_NEED_SIZE] = "size",
	[KHS_NEED_ENUM] = "enumerator", [KHS_NEED_KEY] = "number",
};

struct khs_error *khs_facts(struct khs *k, void (*visit)(void *arg, const struct khs_fact_info *),
			    void *arg)
{
	for (size_t i = 0; i < KHS_NR_NEEDS; i++) {
		const struct khs_need *need = &khs_needs[i];
		const struct khs_fact *fact = &k->kernel.facts.v[i];
		const char *name = fact->known && fact->name ? fact->name : need->name;
		char full[128];
		struct khs_fact_info info = {
			.kind = kind_names[need->kind],
			.name = full,
			.required = need->weight == KHS_REQUIRED,
			.known = fact->known,
			.value = fact->value,
			.size = fact->size,
			.source = fact->source,
		};

		snprintf(full, sizeof(full), "%s%s%s", need->type ? need->type : "",
			 need->type ? "." : "", name);
		visit(arg, &info);
	}
	return NULL;
}
