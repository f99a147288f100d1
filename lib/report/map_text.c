// SPDX-License-Identifier: GPL-2.0-or-later
/* A map for a terminal: rows of cells for each node, a character for what a cell holds. */
#include <stdlib.h>
#include <string.h>

#include "../base/cleanup.h"
#include "../base/error.h"
#include "map_draw.h"
#include "text_pieces.h"

#define MAX_ROWS 16      /* of one node */
#define ADDRESS 14       /* columns in front of a row */

/* What a cell holds, as bits; a cell is drawn as the last of these that it has. */
static const struct symbol {
	char ascii;
	enum khs_ink ink;
	const char *unicode;
	const char *means;
} symbols[] = {
	{ ' ', KHS_INK_DIM, " ", "no RAM" },
	{ '.', KHS_INK_DIM, "\u2591", "RAM" },
	{ 's', KHS_INK_NOTE, "\u2592", "scratch" },
	{ 'o', KHS_INK_BLUE, "\u2580", "preserved for the next kernel" },
	{ 'p', KHS_INK_GOOD, "\u2584", "pending" },
	{ 'b', KHS_INK_MAGENTA, "\u2588", "both" },
	{ '?', KHS_INK_WARNING, "\u25c7", "warning or note" },
	{ '!', KHS_INK_ERROR, "\u25c6", "error" },
};

enum { HOLE, RAM, SCRATCH, OUT, IN, BOTH, DOUBT, ERROR, NR_SYMBOLS };

/* Cells of one node from the first row's first pfn on. */
struct grid {
	uint64_t start;
	uint64_t cell; /* pages, a power of two */
	size_t columns, rows;
	uint8_t *bits;
};

static void mark(struct grid *g, const struct khs_map_item *item, unsigned int symbol)
{
	size_t from = (size_t)((item->pfn - g->start) / g->cell);
	size_t to = (size_t)((item->end - 1 - g->start) / g->cell);

	for (; from <= to && from < g->columns * g->rows; from++)
		g->bits[from] |= (uint8_t)(1u << symbol);
}

static void fill(struct grid *g, const struct khs_map *map, int node)
{
	static const unsigned int symbol_of[] = {
		[KHS_LANE_RAM] = RAM, [KHS_LANE_SCRATCH] = SCRATCH, [KHS_LANE_OUT] = OUT,
		[KHS_LANE_IN] = IN, [KHS_LANE_FINDINGS] = DOUBT,
	};

	for (size_t l = 0; l < KHS_NR_LANES; l++) {
		for (size_t i = 0; i < map->lane[l].n; i++) {
			const struct khs_map_item *item = &map->lane[l].v[i];

			if (item->node == node)
				mark(g, item, item->severity == KHS_ERROR ? ERROR : symbol_of[l]);
		}
	}
}

static unsigned int symbol_at(const struct grid *g, size_t i)
{
	unsigned int bits = g->bits[i], symbol = NR_SYMBOLS - 1;

	if ((bits & 1u << OUT) && (bits & 1u << IN))
		bits |= 1u << BOTH;
	while (symbol && !(bits & 1u << symbol))
		symbol--;
	return symbol;
}

static void put_symbol(FILE *out, const struct khs_style *style, unsigned int symbol)
{
	const struct symbol *s = &symbols[symbol];

	if (style->unicode)
		fputs(s->unicode, out);
	else
		putc(s->ascii, out);
}

static bool row_is_empty(const struct grid *g, size_t row)
{
	for (size_t i = 0; i < g->columns; i++)
		if (g->bits[row * g->columns + i])
			return false;
	return true;
}

static void put_row(FILE *out, const struct khs_style *style, const struct grid *g, size_t row)
{
	unsigned int last = NR_SYMBOLS;
	size_t end = g->columns;

	fprintf(out, "0x%-*" PRIx64, ADDRESS - 2, g->start + row * g->columns * g->cell);
	while (end && !g->bits[row * g->columns + end - 1])
		end--;
	for (size_t i = 0; i < end; i++) {
		unsigned int symbol = symbol_at(g, row * g->columns + i);

		if (symbol != last && last != NR_SYMBOLS)
			khs_ink(out, style, KHS_INK_OFF);
		if (symbol != last && symbol != HOLE)
			khs_ink(out, style, symbols[symbol].ink);
		put_symbol(out, style, symbol);
		last = symbol;
	}
	khs_ink(out, style, KHS_INK_OFF);
	putc('\n', out);
}

/* Rows without RAM are left out, and their addresses tell. */
static void put_grid(FILE *out, const struct khs_style *style, const struct grid *g)
{
	for (size_t row = 0; row < g->rows; row++)
		if (!row_is_empty(g, row))
			put_row(out, style, g, row);
}

/* A power of two that leaves room for the addresses: 64 on 80 columns. */
static size_t cells_in_row(const struct khs_style *style)
{
	size_t room = (style->columns ? style->columns : KHS_COLUMNS) - ADDRESS, n = 16;

	if (style->columns && style->columns < ADDRESS + 16)
		return n;
	while (n * 2 <= room && n < 256)
		n *= 2;
	return n;
}

static void size_grid(struct grid *g, const struct khs_map_span *span)
{
	uint64_t row;

	g->cell = 1;
	do {
		row = g->cell * g->columns;
		g->start = span->start & ~(row - 1);
		g->rows = (size_t)((span->end - g->start + row - 1) / row);
		g->cell *= 2;
	} while ((span->end - g->start + row - 1) / row > MAX_ROWS);
	g->cell /= 2;
}

static void put_legend(FILE *out, const struct khs_style *style)
{
	for (unsigned int i = RAM; i < NR_SYMBOLS; i++) {
		fputs(i == RAM ? "" : "  ", out);
		khs_ink(out, style, symbols[i].ink);
		put_symbol(out, style, i);
		khs_ink(out, style, KHS_INK_OFF);
		fprintf(out, " %s", symbols[i].means);
		if (i == IN)
			fputs("\n", out);
	}
	putc('\n', out);
}

static struct khs_error *put_node(FILE *out, const struct khs_style *style,
				  const struct khs_map *map, const struct khs_map_span *span,
				  uint64_t page_size)
{
	_cleanup_free_ uint8_t *bits = NULL;
	struct grid g = { .columns = cells_in_row(style) };
	char node[32] = "No known node";

	if (span->node != KHS_NO_NODE)
		snprintf(node, sizeof(node), "Node %d", span->node);
	size_grid(&g, span);
	bits = calloc(g.columns, g.rows);
	if (!bits)
		return khs_enomem();
	g.bits = bits;
	fill(&g, map, span->node);
	khs_ink(out, style, KHS_INK_BOLD);
	fputs(node, out);
	khs_ink(out, style, KHS_INK_OFF);
	fprintf(out, ": pfn 0x%" PRIx64 "-0x%" PRIx64 ", RAM %s, each character %s\n", span->start,
		span->end - 1, human_pages(span->ram, page_size).s,
		human_pages(g.cell, page_size).s);
	put_grid(out, style, &g);
	putc('\n', out);
	return NULL;
}

struct khs_error *khs_map_text(const struct khs_map *map, const struct khs_style *style,
			       int only_node, uint64_t page_size, FILE *out)
{
	struct khs_map_span span;
	struct khs_error *err = NULL;
	bool any = false;

	for (int node = KHS_NO_NODE; !err && khs_map_next_node(map, &node, &span);) {
		if (only_node != KHS_MAP_ALL_NODES && only_node != span.node)
			continue;
		err = put_node(out, style, map, &span, page_size);
		any = true;
	}
	if (!err && any)
		put_legend(out, style);
	else if (!err)
		khs_text_sentence(out, "No memory of that node.");
	return err;
}
