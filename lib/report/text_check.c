// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "report.h"
#include "sanitize.h"
#include "text_pieces.h"

#define EVIDENCE 20 /* columns of a key */

static void put_evidence(FILE *out, const struct khs_evidence *e)
{
	fputs("    ", out);
	khs_put_clean(out, e->key);
	fprintf(out, "%*s ", strlen(e->key) < EVIDENCE ? (int)(EVIDENCE - strlen(e->key)) : 0, "");
	if (e->kind == KHS_VALUE_NUMBER)
		fprintf(out, "%" PRIu64, e->number);
	else if (e->kind == KHS_VALUE_HEX)
		fprintf(out, "0x%" PRIx64, e->number);
	else if (e->kind == KHS_VALUE_SIGNED)
		fprintf(out, "%" PRId64, (int64_t)e->number);
	else
		khs_put_clean(out, e->string ? e->string : "?");
	putc('\n', out);
}

static void put_severity(FILE *out, const struct khs_style *style, enum khs_severity severity)
{
	static const enum khs_ink inks[] = {
		[KHS_NOTE] = KHS_INK_NOTE, [KHS_WARNING] = KHS_INK_WARNING,
		[KHS_ERROR] = KHS_INK_ERROR,
	};

	khs_ink(out, style, inks[severity]);
	fprintf(out, "%s:", khs_severity_name(severity));
	khs_ink(out, style, KHS_INK_OFF);
	putc(' ', out);
}

/* "half-init (H2): pfn 0x14a00, 512 pages, order 9, node 1" */
static void put_subject(FILE *out, const struct khs_style *style, const struct khs_finding *f)
{
	khs_ink(out, style, KHS_INK_BOLD);
	khs_put_clean(out, f->id);
	khs_ink(out, style, KHS_INK_OFF);
	if (f->class_name && *f->class_name) {
		fputs(" (", out);
		khs_put_clean(out, f->class_name);
		putc(')', out);
	}
	if (f->has_pfn)
		fprintf(out, ": pfn 0x%" PRIx64, f->pfn);
	khs_put_span(out, f);
}

void khs_text_finding_line(FILE *out, const struct khs_style *style, const struct khs_finding *f)
{
	put_severity(out, style, f->severity);
	put_subject(out, style, f);
	putc('\n', out);
}

void khs_text_finding(FILE *out, const struct khs_style *style, const struct khs_finding *f)
{
	khs_text_finding_line(out, style, f);
	fputs("  ", out);
	khs_put_clean(out, f->summary);
	putc('\n', out);
	for (size_t i = 0; i < f->nr_evidence; i++)
		put_evidence(out, &f->evidence[i]);
}

void khs_text_explained(FILE *out, const struct khs_finding *cause)
{
	static const struct khs_style plain = { .size = sizeof(plain) };

	fprintf(out, "    %-*s ", EVIDENCE, "explained_by");
	put_subject(out, &plain, cause);
	putc('\n', out);
}

/* "2 errors, 0 warnings, 1 note", in the colour of the gravest. */
static void put_counts(FILE *out, const struct khs_style *style,
		       const uint64_t count[KHS_NR_SEVERITIES])
{
	khs_ink(out, style, count[KHS_ERROR] ? KHS_INK_ERROR :
			    count[KHS_WARNING] ? KHS_INK_WARNING : KHS_INK_GOOD);
	fprintf(out, "%" PRIu64 " error%s, %" PRIu64 " warning%s, %" PRIu64 " note%s",
		count[KHS_ERROR], plural(count[KHS_ERROR]), count[KHS_WARNING],
		plural(count[KHS_WARNING]), count[KHS_NOTE], plural(count[KHS_NOTE]));
	khs_ink(out, style, KHS_INK_OFF);
}

void khs_text_verdict(FILE *out, const struct khs_style *style,
		      const uint64_t count[KHS_NR_SEVERITIES], uint64_t explained,
		      const struct khs_status *st, bool all_judged)
{
	put_counts(out, style, count);
	if (explained)
		fprintf(out, " (%" PRIu64 " of them explained by others)", explained);
	fputs("; ", out);
	khs_text_coverage(out, st, all_judged);
	putc('\n', out);
}

/* ---- preflight ------------------------------------------------------------------------------ */

static void put_rules(FILE *out, const struct khs_preflight_info *info)
{
	if (info->rules)
		khs_field(out, "Next kernel", "as Linux %s, takes %s", info->rules,
		      khs_or_unknown(info->compatible));
	else
		khs_field(out, "Next kernel", "one like this (rules as of Linux %s), takes %s",
		      khs_or_unknown(info->like), khs_or_unknown(info->compatible));
}

static void put_image(FILE *out, const struct khs_preflight_info *info)
{
	static const char *const texts[] = {
		[KHS_IMAGE_UNKNOWN] = "unknown: kexec_image could not be read",
		[KHS_IMAGE_NONE] = "none loaded; judged as if kexec_file_load() did so now",
		[KHS_IMAGE_WITHOUT] = ("loaded, hands nothing over; judged as if kexec_file_load() "
				       "loaded one now"),
	};

	if (info->image == KHS_IMAGE_HANDS_OVER)
		khs_field(out, "Image", "loaded, hands over, %" PRIu64 " segment%s", info->segments,
		      plural(info->segments));
	else
		khs_field(out, "Image", "%s", texts[info->image]);
}

void khs_text_preflight_head(FILE *out, const struct khs_preflight_info *info,
			     const struct khs_status *st)
{
	if (st->live)
		khs_field(out, "Live", "the running kernel, looked at twice");
	put_rules(out, info);
	put_image(out, info);
	if (info->unjudged_why[0] && !info->ranges)
		khs_field(out, "Preserved", "unknown");
	else
		khs_field(out, "Preserved", "%s%" PRIu64 " range%s, %" PRIu64 " page%s, %s",
		      at_least(!info->unjudged_why[0]), info->ranges, plural(info->ranges),
		      info->pages, plural(info->pages), human_pages(info->pages, st->page_size).s);
	putc('\n', out);
}

void khs_text_preflight_verdict(FILE *out, const struct khs_style *style,
				const uint64_t count[KHS_NR_SEVERITIES],
				const struct khs_preflight_info *info)
{
	put_counts(out, style, count);
	fputs("; ", out);
	fputs(count[KHS_ERROR] || count[KHS_WARNING] ? "the handover would go wrong" :
	      info->unjudged_why[0] ? "not all could be judged" :
	      "nothing would go wrong", out);
	if (info->unjudged_why[0]) {
		fputs("\nnot judged: ", out);
		khs_put_clean(out, info->unjudged_why);
	}
	putc('\n', out);
}
