// SPDX-License-Identifier: GPL-2.0-or-later
#include "lies.h"

#include <stdlib.h>
#include <string.h>

#include "kho.h"

/* "@LABEL", "@LABEL.member" */
static uint64_t find_labelled(const struct machine *m, const struct line *line, const char *word,
			      uint64_t *size)
{
	size_t len = strcspn(word, ".");
	const struct label *l = find_label(m, word, len);
	uint64_t offset = 0;

	if (!l)
		line_die(line, "nothing is called %s", word);
	*size = 8;
	if (word[len] && (!l->type || !layout_find(layout_type(&m->lay, l->type), word + len + 1,
						   &offset, size)))
		line_die(line, "no such member: %s", word);
	return l->pa + offset;
}

/*
 * "VARIABLE.path", "@LABEL.path", "map", "phys:ADDRESS"; a "*" before it follows the pointer that
 * is there, a "%" the physical address.
 */
static uint64_t find(const struct machine *m, const struct line *line, const char *word,
		     uint64_t *size)
{
	uint64_t pa;

	if (*word == '*' || *word == '%') {
		pa = memory_get(&m->mem, find(m, line, word + 1, size), 8);
		*size = 8;
		return *word == '*' ? pa_of(m, pa) : pa;
	}
	*size = 8;
	if (!strncmp(word, "phys:", 5))
		return line_number(line, word + 5);
	if (!strcmp(word, "map"))
		return m->ho->map;
	if (*word == '@')
		return find_labelled(m, line, word + 1, size);
	if (!find_place(m, word, &pa, size))
		line_die(line, "this kernel has no %s", word);
	return pa;
}

/* "PLACE", "PLACE+OFFSET" */
static uint64_t find_with_offset(const struct machine *m, const struct line *line,
				 const char *word, uint64_t *size)
{
	const char *plus = strchr(word, '+');
	char *place_word = strndup(word, plus ? (size_t)(plus - word) : strlen(word));
	uint64_t pa = find(m, line, place_word, size);

	free(place_word);
	if (!plus)
		return pa;
	*size = 8;
	return pa + line_number(line, plus + 1);
}

/*
 * A number; "pfn:N" for its physical address, "map" for the map's, "&PLACE" for its address,
 * "=PLACE" for the word that is there.
 */
static uint64_t value_of(const struct machine *m, const struct line *line, const char *word)
{
	if (!strncmp(word, "pfn:", 4))
		return line_number(line, word + 4) << m->page_shift;
	if (!strcmp(word, "map"))
		return m->ho->map;
	if (*word == '=')
		return memory_get(&m->mem, find(m, line, word + 1, &(uint64_t){ 0 }), 8);
	if (*word == '&')
		return va_of(m, find(m, line, word + 1, &(uint64_t){ 0 }));
	return line_number(line, word);
}

void lie_poke(struct machine *m, const struct line *line)
{
	uint64_t size, pa = find_with_offset(m, line, line_word(line, 1), &size);

	size = line_number_option(line, 3, "size", size);
	if (size > 8)
		line_die(line, "%s has %llu bytes: say which with \"size\"", line->words[1],
			 (unsigned long long)size);
	memory_put(&m->mem, pa, value_of(m, line, line_word(line, 2)), size);
}

static void fill(struct machine *m, uint64_t pa, uint64_t len, uint8_t byte)
{
	while (len--)
		memory_put(&m->mem, pa++, byte, 1);
}

/* "member=VALUE" */
static void change(struct machine *m, const struct line *line, uint64_t pfn, const char *word)
{
	const char *equals = strchr(word, '=');
	char *member;

	if (!equals)
		line_die(line, "neither \"member=value\" nor \"fill\": %s", word);
	member = strndup(word, equals - word);
	set_at(m, page_pa(m, pfn), "page", member, value_of(m, line, equals + 1));
	free(member);
}

void lie_page(struct machine *m, const struct line *line)
{
	const char *byte = line_option(line, 2, "fill");
	uint64_t pfn, end;

	if (strpbrk(line_word(line, 1), "+-"))
		line_range(line, line->words[1], &pfn, &end);
	else
		end = 1 + (pfn = line_number(line, line->words[1]));
	for (; pfn < end; pfn++) {
		if (byte)
			fill(m, page_pa(m, pfn), layout_size(&m->lay, "page"),
			     line_number(line, byte));
		for (unsigned int i = 2; i < line->n && !byte; i++)
			change(m, line, pfn, line->words[i]);
	}
}

void lie_garbage(struct machine *m, const struct line *line)
{
	uint64_t seed = line_number_option(line, 2, "seed", 1), pa, end;

	line_range(line, line_word(line, 1), &pa, &end);
	for (seed = 2 * seed + 1; pa < end; pa += 8) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		memory_put(&m->mem, pa, seed ^ seed >> 29, 8);
	}
}

void lie_radix(struct machine *m, const struct line *line)
{
	struct block b = { .pfn = line_number(line, line_word(line, 1)) };
	unsigned int level = line_number_option(line, 2, "level", 1);
	const char *index = line_option(line, 2, "index"), *to = line_option(line, 2, "to");
	uint64_t entry;

	b.order = line_number_option(line, 2, "order", 0);
	entry = radix_entry(m, &b, level);
	if (!entry || !to)
		line_die(line, "no such entry, or no \"to\"");
	/* Another entry of the same table. */
	if (index)
		entry = (entry & -page_size(m)) + 8 * line_number(line, index);
	memory_put(&m->mem, entry, value_of(m, line, to), 8);
}
