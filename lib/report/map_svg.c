// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A map as inline SVG: one drawing a node, four lanes, each item with a title that says all of it.
 * It is whole without script; report.js, which places items anew by their data-p and data-e, adds
 * zoom and the keyboard.
 */
#include <string.h>

#include "html.h"
#include "map_draw.h"
#include "text_pieces.h"

#define LEFT 92          /* of the lanes: labels are before */
#define WIDTH 900
#define RIGHT (LEFT + WIDTH)
#define TICKS 5
#define COLOURS 8        /* owners that have one of their own */

static const struct lane_look {
	const char *label;
	unsigned int y, height;
	const char *css;
} looks[KHS_NR_LANES] = {
	[KHS_LANE_RAM] = { "memory", 6, 20, "ram" },
	[KHS_LANE_SCRATCH] = { NULL, 6, 20, "scratch" },
	[KHS_LANE_OUT] = { "outgoing", 32, 16, "own" },
	[KHS_LANE_IN] = { "incoming", 54, 16, "own" },
	[KHS_LANE_FINDINGS] = { "findings", 76, 16, "finding" },
};

#define AXIS 98
#define HEIGHT 116

/* Owners in the order in which they appear, those beyond the last share one colour. */
struct palette {
	uint32_t owner[COLOURS];
	size_t n;
};

static size_t colour_of(const struct palette *p, uint32_t owner)
{
	size_t i = 0;

	while (i < p->n && p->owner[i] != owner)
		i++;
	return i < p->n ? i : COLOURS;
}

/* Whom nobody claims has the colour of the rest: it is no owner. */
static void fill_palette(const struct khs_map *map, const struct khs_owners *owners,
			 struct palette *p)
{
	for (enum khs_lane l = KHS_LANE_OUT; l <= KHS_LANE_IN; l++) {
		for (size_t i = 0; i < map->lane[l].n && p->n < COLOURS; i++) {
			uint32_t what = map->lane[l].v[i].what;

			if (what != KHS_MAP_SEVERAL && colour_of(p, what) == COLOURS &&
			    owners->nodes[what].kind != KHS_O_UNKNOWN)
				p->owner[p->n++] = what;
		}
	}
}

struct drawing {
	const struct khs_map *map;
	const struct khs_owners *owners;
	const struct khs_gathered *findings;
	struct palette palette;
	uint64_t page_size;
	FILE *out;
};

/* ---- items ---------------------------------------------------------------------------------- */

static double place(const struct khs_map_span *span, uint64_t pfn)
{
	return LEFT + (double)(pfn - span->start) / (double)(span->end - span->start) * WIDTH;
}

/* In tenths, by hand: printf() would take its decimal point from the locale. */
static void put_tenths(FILE *out, const char *name, double value)
{
	uint64_t tenths = (uint64_t)(value * 10 + 0.5);

	fprintf(out, " %s=\"%" PRIu64 ".%" PRIu64 "\"", name, tenths / 10, tenths % 10);
}

static void put_place(const struct drawing *d, const struct khs_map_span *span,
		      const struct khs_map_item *item, const struct lane_look *look, double least)
{
	double x = place(span, item->pfn), width = place(span, item->end) - x;

	put_tenths(d->out, "x", x);
	put_tenths(d->out, "width", width < least ? least : width);
	fprintf(d->out, " y=\"%u\" height=\"%u\" data-p=\"%" PRIu64 "\" data-e=\"%" PRIu64 "\"",
		look->y, look->height, item->pfn, item->end);
}

static void put_what(const struct drawing *d, enum khs_lane lane, const struct khs_map_item *item)
{
	const struct khs_finding *f = NULL;
	char label[160];

	if (lane == KHS_LANE_OUT || lane == KHS_LANE_IN) {
		khs_map_owner_text(d->owners, item, label, sizeof(label));
		khs_html(d->out, "%s, %s", lane == KHS_LANE_OUT ? "preserved" : "pending", label);
		return;
	}
	if (lane == KHS_LANE_RAM || lane == KHS_LANE_SCRATCH) {
		fputs(lane == KHS_LANE_RAM ? "RAM" : "scratch", d->out);
		return;
	}
	if (item->what < d->findings->n)
		f = d->findings->v[item->what];
	if (f)
		khs_html(d->out, "%s: %s%s%s", khs_severity_name(f->severity), f->id,
			 *f->class_name ? " " : "", f->class_name);
	else
		fputs("several findings", d->out);
}

static void put_title(const struct drawing *d, enum khs_lane lane, const struct khs_map_item *item)
{
	FILE *out = d->out;

	fputs("<title>", out);
	put_what(d, lane, item);
	fprintf(out, ": pfn 0x%" PRIx64, item->pfn);
	if (item->end - item->pfn > 1)
		fprintf(out, "-0x%" PRIx64, item->end - 1);
	fprintf(out, ", %" PRIu64 " page%s, %s", item->pages, plural(item->pages),
		human_pages(item->pages, d->page_size).s);
	if (item->count > 1 && item->pages != item->end - item->pfn)
		fprintf(out, " in %" PRIu64 " pieces", item->count);
	if (item->node == KHS_NO_NODE)
		fputs(", no known node</title>", out);
	else
		fprintf(out, ", node %d</title>", item->node);
}

static void put_item(const struct drawing *d, const struct khs_map_span *span, enum khs_lane lane,
		     const struct khs_map_item *item)
{
	static const char *const severities[] = { " note", " warning", " error" };

	fprintf(d->out, "<rect class=\"i %s", looks[lane].css);
	if (lane == KHS_LANE_OUT || lane == KHS_LANE_IN)
		fprintf(d->out, " o%zu", colour_of(&d->palette, item->what));
	if (item->severity >= 0)
		fputs(severities[item->severity], d->out);
	putc('"', d->out);
	put_place(d, span, item, &looks[lane], lane == KHS_LANE_FINDINGS ? 3 : 1);
	putc('>', d->out);
	put_title(d, lane, item);
	fputs("</rect>\n", d->out);
}

/* What comes later lies on top: errors have to. */
static void put_items(const struct drawing *d, const struct khs_map_span *span, enum khs_lane lane,
		      int severity)
{
	for (size_t i = 0; i < d->map->lane[lane].n; i++) {
		const struct khs_map_item *item = &d->map->lane[lane].v[i];

		if (item->node == span->node && item->severity == severity)
			put_item(d, span, lane, item);
	}
}

/* ---- a node --------------------------------------------------------------------------------- */

static void put_axis(const struct drawing *d, const struct khs_map_span *span)
{
	for (unsigned int i = 0; i < TICKS; i++) {
		uint64_t pfn = span->start + (span->end - span->start) * i / (TICKS - 1);
		unsigned int x = LEFT + WIDTH / (TICKS - 1) * i;

		fprintf(d->out, "<line class=\"tick\" x1=\"%u\" x2=\"%u\" y1=\"%u\" y2=\"%u\"/>"
			"<text class=\"axis\" x=\"%u\" y=\"%u\" text-anchor=\"%s\">0x%" PRIx64
			"</text>\n", x, x, AXIS - 2, AXIS + 3, x, AXIS + 14,
			!i ? "start" : i == TICKS - 1 ? "end" : "middle", pfn);
	}
}

static void put_lanes(const struct drawing *d)
{
	for (size_t l = 0; l < KHS_NR_LANES; l++) {
		const struct lane_look *look = &looks[l];

		if (!look->label)
			continue;
		fprintf(d->out, "<text class=\"lane\" x=\"%d\" y=\"%u\" text-anchor=\"end\">%s"
			"</text><rect class=\"back\" x=\"%d\" y=\"%u\" width=\"%d\" "
			"height=\"%u\"/>\n",
			LEFT - 8, look->y + look->height / 2 + 4, look->label, LEFT, look->y, WIDTH,
			look->height);
	}
}

static void name_node(const struct khs_map_span *span, char *buf, size_t size)
{
	if (span->node == KHS_NO_NODE)
		snprintf(buf, size, "No known node");
	else
		snprintf(buf, size, "Node %d", span->node);
}

static void put_node(const struct drawing *d, const struct khs_map_span *span)
{
	char name[32];

	name_node(span, name, sizeof(name));
	fprintf(d->out, "<figure class=\"node\"><figcaption>%s: pfn 0x%" PRIx64 "-0x%" PRIx64
		", RAM %s</figcaption>\n"
		"<svg class=\"map\" viewBox=\"0 0 %u %u\" role=\"img\" tabindex=\"0\" "
		"data-start=\"%" PRIu64 "\" data-end=\"%" PRIu64 "\" "
		"aria-label=\"%s: memory, outgoing, incoming, findings by pfn\">\n",
		name, span->start, span->end - 1, human_pages(span->ram, d->page_size).s, RIGHT + 8,
		HEIGHT, span->start, span->end, name);
	put_lanes(d);
	for (enum khs_lane l = 0; l < KHS_LANE_FINDINGS; l++)
		put_items(d, span, l, -1);
	for (int severity = KHS_NOTE; severity <= KHS_ERROR; severity++)
		put_items(d, span, KHS_LANE_FINDINGS, severity);
	put_axis(d, span);
	fputs("</svg></figure>\n", d->out);
}

/* ---- legend --------------------------------------------------------------------------------- */

static void put_swatch(const struct drawing *d, const char *css)
{
	fprintf(d->out, "<li><svg class=\"swatch\" viewBox=\"0 0 14 14\" aria-hidden=\"true\">"
		"<rect class=\"%s\" width=\"14\" height=\"14\"/></svg> ", css);
}

static void put_legend(const struct drawing *d)
{
	static const struct {
		const char *css, *text;
	} fixed[] = {
		{ "ram", "RAM" }, { "back", "no RAM" }, { "scratch", "scratch" },
		{ "finding error", "error" }, { "finding warning", "warning" },
		{ "finding note", "note" }, { "own o8", "other owners, or none" },
	};
	char label[160], css[16];

	fputs("<ul class=\"legend\">\n", d->out);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		put_swatch(d, fixed[i].css);
		fprintf(d->out, "%s</li>\n", fixed[i].text);
	}
	for (size_t i = 0; i < d->palette.n; i++) {
		const struct khs_owner_node *node = &d->owners->nodes[d->palette.owner[i]];

		khs_owner_label(node, label, sizeof(label));
		snprintf(css, sizeof(css), "own o%zu", i);
		put_swatch(d, css);
		khs_html(d->out, "%s: %s", khs_direction_name(node->direction), label);
		fputs("</li>\n", d->out);
	}
	fputs("</ul>\n", d->out);
}

void khs_map_svg(const struct khs_map *map, const struct khs_owners *owners,
		 const struct khs_gathered *findings, uint64_t page_size, FILE *out)
{
	struct drawing d = { .map = map, .owners = owners, .findings = findings,
			     .page_size = page_size, .out = out };
	struct khs_map_span span;
	uint64_t grain = 1;

	fill_palette(map, owners, &d.palette);
	put_legend(&d);
	for (int at = KHS_NO_NODE; khs_map_next_node(map, &at, &span);)
		put_node(&d, &span);
	for (size_t l = 0; l < KHS_NR_LANES; l++)
		if (map->lane[l].grain > grain)
			grain = map->lane[l].grain;
	if (grain > 1)
		fprintf(out, "<p>What lies closer together than %s is drawn as one.</p>\n",
			human_pages(grain, page_size).s);
}
