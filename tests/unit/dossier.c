// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a report reads besides all else: the printk ringbuffer and the packed configuration, whole
 * and as whoever damaged them would have them; and maps of machines that no test has.
 */
#include <zlib.h>

#include "kernel.h"

#include "facts/config.h"
#include "facts/log.h"
#include "model.h"
#include "report/dossier.h"
#include "report/map_draw.h"

/* ---- the ring ------------------------------------------------------------------------------- */

enum {
	/* Below TK_LOW_END, where nothing else is. */
	PRB_VAR = 0x50000, RB = 0x50100, DESCS = 0x51000, INFOS = 0x52000, DATA = 0x54000,
	CONFIG = 0x60000,
	COUNT_BITS = 4, SIZE_BITS = 10, DESC_SIZE = 24, INFO_SIZE = 96,
};

#define FINALIZED (UINT64_C(2) << 62)

static void ring_facts(struct tk *t)
{
	tk_symbol(t, "prb", PRB_VAR);
	tk_vmcoreinfo_add(t, "OFFSET(printk_ringbuffer.desc_ring)=0\n");
	tk_vmcoreinfo_add(t, "OFFSET(printk_ringbuffer.text_data_ring)=48\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_desc_ring.count_bits)=0\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_desc_ring.descs)=8\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_desc_ring.infos)=16\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_desc_ring.head_id)=24\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_desc_ring.tail_id)=32\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_desc.state_var)=0\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_desc.text_blk_lpos)=8\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_data_blk_lpos.begin)=0\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_data_blk_lpos.next)=8\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_data_ring.size_bits)=0\n");
	tk_vmcoreinfo_add(t, "OFFSET(prb_data_ring.data)=8\n");
	tk_vmcoreinfo_add(t, "OFFSET(printk_info.ts_nsec)=8\n");
	tk_vmcoreinfo_add(t, "OFFSET(printk_info.text_len)=16\n");
	tk_vmcoreinfo_add(t, "SIZE(prb_desc)=%d\n", DESC_SIZE);
	tk_vmcoreinfo_add(t, "SIZE(printk_info)=%d\n", INFO_SIZE);
}

/* Where the next text goes, and which record it is. */
static uint64_t lpos, next_id, tail_id;

static uint64_t desc(uint64_t id)
{
	return DESCS + (id & ((1u << COUNT_BITS) - 1)) * DESC_SIZE;
}

static uint64_t info(uint64_t id)
{
	return INFOS + (id & ((1u << COUNT_BITS) - 1)) * INFO_SIZE;
}

/* As printk_ringbuffer.c:prb_reserve() and prb_final_commit() do. */
static void print(struct tk *t, const char *text)
{
	uint64_t len = strlen(text), size = (8 + len + 7) & ~UINT64_C(7), begin = lpos, block = lpos;
	uint64_t ring = 1u << SIZE_BITS, id = next_id++;

	/* What would reach over the end begins anew; one that ends there does not. */
	if (begin / ring != (begin + size - 1) / ring)
		block = (begin / ring + 1) * ring;
	lpos = block + size;
	tk_write(t, DATA + block % ring, id, 8);
	memcpy(tk_at(t, DATA + block % ring + 8, len), text, len);
	tk_write(t, desc(id), FINALIZED | id, 8);
	tk_write(t, desc(id) + 8, begin, 8);
	tk_write(t, desc(id) + 16, lpos, 8);
	tk_write(t, info(id) + 8, id * 1000, 8);
	tk_write(t, info(id) + 16, len, 2);
	tk_write(t, RB + 24, id, 8);
}

static void ring(struct tk *t)
{
	ring_facts(t);
	lpos = 0;
	next_id = tail_id = 0x100;
	tk_write(t, PRB_VAR, TK_DIRECT + RB, 8);
	tk_write(t, RB, COUNT_BITS, 4);
	tk_write(t, RB + 8, TK_DIRECT + DESCS, 8);
	tk_write(t, RB + 16, TK_DIRECT + INFOS, 8);
	tk_write(t, RB + 32, tail_id, 8);
	tk_write(t, RB + 48, SIZE_BITS, 4);
	tk_write(t, RB + 56, TK_DIRECT + DATA, 8);
}

struct seen {
	char text[8192];
	size_t n, longest;
};

static bool take(void *arg, const struct khs_log_record *record)
{
	struct seen *seen = arg;

	assert_int_equal(record->text[record->len], 0);
	assert_true(strlen(record->text) <= record->len);
	seen->n++;
	if (record->len > seen->longest)
		seen->longest = record->len;
	if (strlen(seen->text) + record->len + 2 < sizeof(seen->text)) {
		strcat(seen->text, record->text);
		strcat(seen->text, "|");
	}
	return true;
}

static struct seen read_log(struct tk *t, bool there)
{
	struct seen seen = { .n = 0 };
	const char *why;

	tk_open(t);
	assert_int_equal(khs_log_read(&t->k->kernel, take, &seen, &why), there);
	if (!there)
		assert_non_null(why);
	return seen;
}

static void log_whole(void **state)
{
	struct tk *t = *state;
	struct seen seen;

	ring(t);
	print(t, "KHO: one");
	print(t, "");
	print(t, "three, of eight more");
	seen = read_log(t, true);
	assert_string_equal(seen.text, "KHO: one|three, of eight more|");
}

/*
 * Longer than the ring of text is: the block that would reach over its end lies at its beginning.
 */
static void log_wraps(void **state)
{
	struct tk *t = *state;
	char line[65], want[2048] = "";
	struct seen seen;

	ring(t);
	for (int i = 0; i < 40; i++) {
		snprintf(line, sizeof(line), "line %02d %.*s", i, 20 + i % 17,
			 "........................................");
		print(t, line);
	}
	/* What was written over has lost its record: tail goes with it. */
	tail_id = next_id - 8;
	tk_write(t, RB + 32, tail_id, 8);
	for (int i = 32; i < 40; i++) {
		snprintf(line, sizeof(line), "line %02d %.*s", i, 20 + i % 17,
			 "........................................");
		strcat(strcat(want, line), "|");
	}
	seen = read_log(t, true);
	assert_string_equal(seen.text, want);
}

static void log_unfinished(void **state)
{
	struct tk *t = *state;

	ring(t);
	print(t, "first");
	print(t, "being written");
	print(t, "last");
	tk_write(t, desc(tail_id + 1), tail_id + 1, 8); /* reserved */
	assert_string_equal(read_log(t, true).text, "first|last|");
}

static void log_other_record(void **state)
{
	struct tk *t = *state;

	ring(t);
	print(t, "first");
	print(t, "of another turn");
	tk_write(t, desc(tail_id + 1), FINALIZED | (tail_id + 17), 8);
	assert_string_equal(read_log(t, true).text, "first|");
}

/* A length that is more than there is room for, and positions that are none. */
static void log_lies(void **state)
{
	static const uint64_t lies[][2] = {
		{ 1, 1 }, { 0, 0 }, { 8, 8 }, { UINT64_MAX - 7, 8 }, { 1016, 1024 }, { 1024, 0 },
		{ UINT64_MAX, UINT64_MAX }, { 0x7fffffffffffffe8, 0x8000000000000000 }, { 40, 32 },
	};
	struct tk *t = *state;
	struct seen seen;

	ring(t);
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		print(t, "x");
		tk_write(t, desc(tail_id + i) + 8, lies[i][0], 8);
		tk_write(t, desc(tail_id + i) + 16, lies[i][1], 8);
		tk_write(t, info(tail_id + i) + 16, 0xffff, 2);
	}
	seen = read_log(t, true);
	assert_true(seen.n <= sizeof(lies) / sizeof(lies[0]));
	assert_true(seen.longest <= 1u << SIZE_BITS);
}

static void log_sizes_lie(void **state)
{
	struct tk *t = *state;

	ring(t);
	print(t, "x");
	tk_write(t, RB, 63, 4);
	read_log(t, false);
	tk_close(t);
	tk_write(t, RB, 24, 4); /* as many as there may be: and it ends */
	tk_write(t, RB + 24, 0xdead, 8);
	assert_true(read_log(t, true).n <= 16);
	tk_close(t);
	tk_write(t, RB + 48, 200, 4);
	read_log(t, false);
}

static void log_gone(void **state)
{
	struct tk *t = *state;

	ring(t);
	print(t, "x");
	tk_write(t, PRB_VAR, 0x1234567, 8);
	read_log(t, false);
	tk_close(t);
	tk_write(t, PRB_VAR, TK_DIRECT + RB, 8);
	tk_lose(t, DATA, 4096, KHS_EXCLUDED);
	assert_int_equal(read_log(t, true).n, 0);
	tk_close(t);
	tk_vmcoreinfo_drop(t, "OFFSET(prb_desc.state_var)");
	read_log(t, false);
}

/* ---- what of it is picked ------------------------------------------------------------------- */

static void picks(void **state)
{
	struct tk *t = *state;
	struct khs_log_pick pick = { .n = 0 };
	static const char *const want[] = {
		"KHO: found kexec handover data.", "WARNING: CPU: 0 PID: 1 at x", "Call Trace:",
		"---[ end trace ]---",
	};

	ring(t);
	print(t, "Command line: root=/dev/x password=hunter2 kho=on mem=4G memory=no numa=off");
	print(t, "usb 1-1: new device");
	print(t, "KHO: found kexec handover data.");
	print(t, "WARNING: CPU: 0 PID: 1 at x");
	print(t, "RAX: 0123456789abcdef RBX: 2");
	print(t, "Call Trace:");
	print(t, "---[ end trace ]---");
	print(t, "RAX: of nothing");
	tk_open(t);
	khs_pick_log(&t->k->kernel, &pick);
	assert_string_equal(pick.command_line, "kho=on mem=4G numa=off");
	assert_int_equal(pick.n, 4);
	for (size_t i = 0; i < pick.n && i < 4; i++)
		assert_string_equal(pick.v[i].text, want[i]);
	khs_pick_deinit(&pick);
}

/* ---- configuration -------------------------------------------------------------------------- */

static size_t pack(struct tk *t, const char *text, size_t len)
{
	z_stream z = { .zalloc = NULL };
	size_t size = 0x10000;

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)text;
	z.avail_in = (uInt)len;
	z.next_out = tk_at(t, CONFIG, size);
	z.avail_out = (uInt)size;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	size = z.total_out;
	deflateEnd(&z);
	tk_symbol(t, "kernel_config_data", CONFIG);
	tk_symbol(t, "kernel_config_data_end", CONFIG + size);
	return size;
}

static void take_option(void *arg, const char *option, const char *value)
{
	struct seen *seen = arg;

	seen->n++;
	if (strlen(seen->text) + strlen(option) + strlen(value) + 3 < sizeof(seen->text))
		sprintf(seen->text + strlen(seen->text), "%s=%s ", option, value);
}

static struct seen read_config(struct tk *t, bool there)
{
	struct seen seen = { .n = 0 };
	const char *why;

	tk_open(t);
	assert_int_equal(khs_config_read(&t->k->kernel, take_option, &seen, &why), there);
	return seen;
}

static void config_whole(void **state)
{
	static const char text[] = "# Automatically generated\nCONFIG_A=y\n# CONFIG_B is not set\n"
				   "CONFIG_C=\"x = y\"\n# CONFIG_D is not set, is it\n\n=\nEND";
	struct tk *t = *state;

	pack(t, text, sizeof(text) - 1);
	assert_string_equal(read_config(t, true).text, "CONFIG_A=y CONFIG_B=n CONFIG_C=\"x = y\" ");
}

static void config_none(void **state)
{
	read_config(*state, false);
}

static void config_damaged(void **state)
{
	static const char text[] = "CONFIG_A=y\nCONFIG_B=y\nCONFIG_C=m\n";
	struct tk *t = *state;
	size_t size = pack(t, text, sizeof(text) - 1);

	for (size_t i = 0; i < size; i++) {
		uint8_t *byte = tk_at(t, CONFIG + i, 1);

		*byte ^= 0x55;
		tk_open(t);
		(void)khs_config_read(&t->k->kernel, take_option, &(struct seen){ .n = 0 },
				      &(const char *){ NULL });
		*byte ^= 0x55;
		tk_close(t);
	}
	assert_int_equal(read_config(t, true).n, 3);
}

/* 40 MiB of one line, then 40 MiB of lines: given up, in the memory of one page. */
static void config_bomb(void **state)
{
	enum { SIZE = 40 << 20 };
	struct tk *t = *state;
	char *text = malloc(SIZE);

	assert_non_null(text);
	memset(text, 'x', SIZE);
	pack(t, text, SIZE);
	assert_int_equal(read_config(t, false).n, 0);
	free(text);
}

static void config_size_lies(void **state)
{
	struct tk *t = *state;

	pack(t, "CONFIG_A=y\n", 11);
	tk_find_fact(t, KHS_ASK_SYMBOL, NULL, "kernel_config_data_end")->value = TK_IMAGE + CONFIG;
	read_config(t, false);
	tk_close(t);
	tk_find_fact(t, KHS_ASK_SYMBOL, NULL, "kernel_config_data_end")->value = UINT64_MAX;
	read_config(t, false);
}

/* ---- maps ----------------------------------------------------------------------------------- */

#define TERABYTE (UINT64_C(1) << 28) /* in pages of 4 KiB */

/* 16 TB in eight nodes, every other block of 2 MiB preserved: four million ranges. */
static struct khs *giant(void)
{
	struct khs *k = calloc(1, sizeof(*k));
	struct khs_owners *o = &k->owners;
	size_t n = 16 * TERABYTE / 1024 / 4;

	k->have_mem = k->have_census = k->have_owners = true;
	k->mem.max_pfn = 16 * TERABYTE;
	for (int node = 0; node < 8; node++)
		assert_true(khs_extents_add(&k->mem.ram, node * 2 * TERABYTE,
					    (node + 1) * 2 * TERABYTE, node));
	o->nodes = calloc(2, sizeof(*o->nodes));
	o->nr_nodes = 2;
	o->nodes[0] = (struct khs_owner_node){ .kind = KHS_O_SESSION, .parent = KHS_NO_OWNER,
					       .name = "vm0", .direction = KHS_OUT };
	o->nodes[1] = (struct khs_owner_node){ .kind = KHS_O_FILE, .parent = 0,
					       .direction = KHS_OUT };
	o->claims = calloc(n, sizeof(*o->claims));
	o->side[0].by_pfn = calloc(n, sizeof(size_t));
	for (size_t i = 0; i < n; i++) {
		o->claims[i] = (struct khs_claim){ .pfn = i * 4096, .pages = 512, .owner = 1,
						   .order = 9, .role = KHS_ROLE_DATA,
						   .flags = KHS_CLAIM_HELD };
		o->side[0].by_pfn[i] = i;
	}
	o->nr_claims = o->side[0].nr_by_pfn = n;
	return k;
}

static void delete_giant(struct khs *k)
{
	khs_extents_deinit(&k->mem.ram);
	free(k->owners.nodes);
	free(k->owners.claims);
	free(k->owners.side[0].by_pfn);
	free(k);
}

static void map_of_a_giant(void **state)
{
	struct khs *k = giant();
	const struct khs_style style = { .size = sizeof(style) };
	struct khs_gathered none = { .n = 0 };
	struct khs_map map;
	uint64_t pages = 0, ranges = 0, last = 0;
	size_t size, lines = 0;
	char *text, *rest, *line;
	FILE *mem;

	(void)state;
	assert_null(khs_map_make(k, 0, 0, 1500, &map));
	assert_in_range(map.lane[KHS_LANE_OUT].n, 8, 1500);
	for (size_t i = 0; i < map.lane[KHS_LANE_OUT].n; i++) {
		const struct khs_map_item *item = &map.lane[KHS_LANE_OUT].v[i];

		assert_true(item->pfn >= last && item->end > item->pfn);
		assert_int_equal(item->node, item->pfn / (2 * TERABYTE));
		assert_int_equal((item->end - 1) / (2 * TERABYTE), item->node);
		assert_int_equal(item->what, 0);
		last = item->end;
		pages += item->pages;
		ranges += item->count;
	}
	assert_int_equal(ranges, k->owners.nr_claims);
	assert_int_equal(pages, k->owners.nr_claims * 512);

	mem = open_memstream(&text, &size);
	assert_null(khs_map_text(&map, &style, KHS_MAP_ALL_NODES, 4096, mem));
	fclose(mem);
	assert_non_null(strstr(text, "Node 7: pfn 0xe0000000-0xffffffff, RAM 2.0 TiB"));
	for (rest = text; (line = strsep(&rest, "\n")); lines++)
		assert_true(strlen(line) <= 80);
	assert_in_range(lines, 8 * 9, 8 * 20);
	free(text);

	mem = open_memstream(&text, &size);
	khs_map_svg(&map, &k->owners, &none, 4096, mem);
	fclose(mem);
	assert_in_range(size, 1000, 1 << 20);
	free(text);
	khs_map_deinit(&map);
	delete_giant(k);
}

/* A range of it: every block by itself again. */
static void map_of_a_part(void **state)
{
	struct khs *k = giant();
	struct khs_map map;

	(void)state;
	assert_null(khs_map_make(k, 5 * TERABYTE, 5 * TERABYTE + 8192, 1500, &map));
	assert_int_equal(map.lane[KHS_LANE_OUT].n, 2);
	assert_int_equal(map.lane[KHS_LANE_OUT].grain, 1);
	assert_int_equal(map.lane[KHS_LANE_RAM].n, 1);
	assert_int_equal(map.lane[KHS_LANE_RAM].v[0].pages, 8192);
	khs_map_deinit(&map);
	delete_giant(k);
}

/*
 * Nodes that take turns every page: no grain tells them apart, and the room is kept all the same.
 */
static void map_of_turns(void **state)
{
	struct khs *k = calloc(1, sizeof(*k));
	struct khs_map map;

	(void)state;
	k->have_mem = k->have_census = k->have_owners = true;
	k->mem.max_pfn = 100000;
	for (int i = 0; i < 100000; i++)
		assert_true(khs_extents_add(&k->mem.ram, i, i + 1, i % 2));
	assert_null(khs_map_make(k, 0, 0, 64, &map));
	assert_in_range(map.lane[KHS_LANE_RAM].n, 1, 64);
	khs_map_deinit(&map);
	khs_extents_deinit(&k->mem.ram);
	free(k);
}

static int setup(void **state)
{
	*state = tk_new();
	return 0;
}

static int teardown(void **state)
{
	tk_delete(*state);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(log_whole), TEST(log_wraps), TEST(log_unfinished), TEST(log_other_record),
		TEST(log_lies), TEST(log_sizes_lie), TEST(log_gone), TEST(picks),
		TEST(config_whole), TEST(config_none), TEST(config_damaged), TEST(config_bomb),
		TEST(config_size_lies),
		cmocka_unit_test(map_of_a_giant), cmocka_unit_test(map_of_a_part),
		cmocka_unit_test(map_of_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
