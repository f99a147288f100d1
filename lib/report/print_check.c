// SPDX-License-Identifier: GPL-2.0-or-later
/* khs_print_check() and khs_print_preflight(): findings behind what they are about. */
#include "../base/error.h"
#include "../model.h"
#include "output.h"
#include "sheaf.h"

/* @preflight, which it takes, is left out if it is NULL. */
static struct khs_error *print_json(struct khs *k, struct khs_sheaf *sheaf, json_t *preflight,
				    const struct khs_status *st, FILE *out)
{
	_cleanup_json_ json_t *object = khs_json_status(st, khs_all_judged(k));

	if (preflight && json_object_set_new(object, "preflight", preflight))
		return khs_enomem();
	if (json_object_set_new(object, "findings", khs_sheaf_json(sheaf)))
		return khs_enomem();
	return khs_print_object(out, khs_steal(object));
}

/* ---- check ---------------------------------------------------------------------------------- */

static struct khs_error *check_text(struct khs *k, struct khs_sheaf *sheaf,
				    const struct khs_status *st, bool all, FILE *out)
{
	struct khs_error *err = khs_sheaf_text(sheaf, out, &k->style, all);

	if (err)
		return err;
	if (st->kho_why)
		khs_text_sentence(out, st->kho_why);
	khs_text_verdict(out, &k->style, sheaf->count, sheaf->explained, st, khs_all_judged(k));
	return khs_print_end(out);
}

struct khs_error *khs_print_check(struct khs *k, bool all, FILE *out, bool json, int *worst)
{
	_cleanup_(khs_sheaf_deinit) struct khs_sheaf sheaf = { 0 };
	const struct khs_status *st;
	struct khs_error *err;

	*worst = -1;
	err = khs_check(k, khs_sheaf_add, &sheaf);
	if (!err)
		err = khs_get_status(k, &st);
	if (err)
		return err;
	*worst = khs_sheaf_worst(&sheaf);
	if (json)
		return print_json(k, &sheaf, NULL, st, out);
	return check_text(k, &sheaf, st, all, out);
}

/* ---- preflight ------------------------------------------------------------------------------ */

/* Without KHO there is no next kernel to speak of. */
static bool nothing_to_hand_over(const struct khs_status *st)
{
	return st->kho == KHS_KHO_ABSENT || st->kho == KHS_KHO_OFF;
}

static struct khs_error *preflight_text(struct khs *k, struct khs_sheaf *sheaf,
					const struct khs_status *st,
					const struct khs_preflight_info *info, FILE *out)
{
	struct khs_error *err;

	if (nothing_to_hand_over(st)) {
		khs_text_sentence(out, st->kho_why);
		fputs("nothing is handed over\n", out);
		return khs_print_end(out);
	}
	khs_text_preflight_head(out, info, st);
	err = khs_sheaf_text(sheaf, out, &k->style, true);
	if (err)
		return err;
	khs_text_preflight_verdict(out, &k->style, sheaf->count, info);
	return khs_print_end(out);
}

struct khs_error *khs_print_preflight(struct khs *k, const struct khs_preflight_options *opts,
				      FILE *out, bool json, int *worst, bool *judged)
{
	_cleanup_(khs_sheaf_deinit) struct khs_sheaf sheaf = { 0 };
	const struct khs_preflight_info *info;
	const struct khs_status *st;
	struct khs_error *err;

	*worst = -1;
	*judged = false;
	err = khs_preflight(k, opts, khs_sheaf_add, &sheaf, &info);
	if (!err)
		err = khs_get_status(k, &st);
	if (err)
		return err;
	*worst = khs_sheaf_worst(&sheaf);
	*judged = !info->unjudged_why[0];
	if (!json)
		return preflight_text(k, &sheaf, st, info, out);
	return print_json(k, &sheaf, khs_json_preflight(info), st, out);
}
