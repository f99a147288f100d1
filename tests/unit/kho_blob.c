// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel.h"

#include "kho/blob.h"
#include "model.h"

#define BLOB 0x4000000ULL /* physical: node 0, nothing else is there */

/* What khs_fdt() says, as lines: "name at state format why", "depth name=value". */
struct heard {
	char text[8192];
	size_t bytes; /* handed out raw */
	size_t before; /* ... of earlier blobs */
};

static void say(struct heard *h, const char *fmt, ...)
{
	size_t used = strlen(h->text);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(h->text + used, sizeof(h->text) - used, fmt, ap);
	va_end(ap);
}

static void on_begin(void *arg, const struct khs_blob *blob)
{
	struct heard *h = arg;

	h->before = h->bytes;
	say(arg, "%s %s %s %s%s%s\n", blob->direction == KHS_OUT ? "out" : "in",
	    blob->name ? blob->name : "-", khs_blob_state_name(blob->state),
	    khs_blob_format_name(blob->format), blob->why ? ": " : "", blob->why ? blob->why : "");
}

static void on_item(void *arg, const struct khs_item *item)
{
	const uint8_t *bytes = item->data;

	if (item->kind == KHS_ITEM_END) {
		say(arg, "%u }\n", item->depth);
		return;
	}
	say(arg, "%u %s", item->depth, item->name);
	if (item->kind == KHS_ITEM_NODE)
		say(arg, " {%s", item->type ? item->type : "");
	else if (!item->data)
		say(arg, " %d/%zu", item->value, item->size);
	else if (item->value == KHS_ITEM_STRINGS)
		say(arg, "='%s'", (const char *)item->data);
	for (size_t i = 0; item->kind == KHS_ITEM_PROPERTY && bytes &&
			   item->value != KHS_ITEM_STRINGS && i < item->size; i++)
		say(arg, "%s%02x", i ? "" : "=", bytes[i]);
	say(arg, "\n");
}

static void on_bytes(void *arg, uint64_t offset, const void *data, size_t len)
{
	struct heard *h = arg;

	assert_true(offset == h->bytes - h->before && data);
	h->bytes += len;
}

static void on_end(void *arg, enum khs_presence presence)
{
	if (presence != KHS_PRESENT)
		say(arg, "cut\n");
}

static enum khs_code hear_opened(struct tk *t, const char *name, bool bytes, struct heard *h)
{
	const struct khs_fdt_options opts = {
		.size = sizeof(opts), .directions = KHS_OUT, .name = name, .bytes = bytes,
	};
	const struct khs_fdt_visitor visitor = {
		.size = sizeof(visitor), .begin = on_begin, .item = on_item, .bytes = on_bytes,
		.end = on_end,
	};
	_cleanup_error_ struct khs_error *err = NULL;

	memset(h, 0, sizeof(*h));
	err = khs_fdt(t->k, &opts, &visitor, h);
	return khs_error_code(err);
}

static enum khs_code hear(struct tk *t, const char *name, bool bytes, struct heard *h)
{
	tk_open(t);
	return hear_opened(t, name, bytes, h);
}

static void expect(const struct heard *h, const char *text)
{
	if (!strstr(h->text, text))
		print_error("no \"%s\" in:\n%s", text, h->text);
	assert_non_null(strstr(h->text, text));
}

static void add(struct tk *t, const char *name, uint64_t size)
{
	const uint64_t phys = BLOB;
	void *page = tk_at(t, TK_OUT_FDT, 4096);
	int node;

	assert_int_equal(fdt_open_into(page, page, 4096), 0);
	node = fdt_add_subnode(page, 0, name);
	assert_true(node > 0);
	assert_int_equal(fdt_setprop(page, node, "preserved-data", &phys, 8), 0);
	assert_int_equal(fdt_setprop(page, node, "blob-size", &size, 8), 0);
	assert_int_equal(fdt_pack(page), 0);
}

static void *blob(struct tk *t, size_t size)
{
	assert_true(khs_dump_memory_zero(t->mem, BLOB, size));
	return tk_at(t, BLOB, size);
}

static void the_root(void **state)
{
	struct heard h;

	assert_int_equal(hear(*state, NULL, false, &h), KHS_OK);
	expect(&h, "out - live fdt\n0 / {\n1 compatible='kho-v4'\n1 preserved-memory-map=");
	expect(&h, "\n0 }\n");
}

/* mm/memblock.c:prepare_kho_fdt() */
static void memblock(void **state)
{
	static const uint64_t start = 0x1122334455667788, size = 0x1000;
	struct tk *t = *state;
	void *fdt = blob(t, 4096);
	struct heard h;
	int err;

	err = fdt_create(fdt, 4096);
	err |= fdt_finish_reservemap(fdt);
	err |= fdt_begin_node(fdt, "");
	err |= fdt_property_string(fdt, "compatible", "memblock-v1");
	err |= fdt_begin_node(fdt, "trace");
	err |= fdt_property_string(fdt, "compatible", "reserve-mem-v1");
	err |= fdt_property(fdt, "start", &start, 8);
	err |= fdt_property(fdt, "size", &size, 8);
	err |= fdt_property(fdt, "flag", NULL, 0);
	err |= fdt_end_node(fdt);
	err |= fdt_end_node(fdt);
	err |= fdt_finish(fdt);
	assert_int_equal(err, 0);
	add(t, "memblock", fdt_totalsize(fdt));
	assert_int_equal(hear(t, "memblock", false, &h), KHS_OK);
	assert_string_equal(h.text, "out memblock live fdt\n0 / {\n1 compatible='memblock-v1'\n"
				    "1 trace {\n2 compatible='reserve-mem-v1'\n"
				    "2 start=8877665544332211\n2 size=0010000000000000\n"
				    "2 flag\n1 }\n0 }\n");
	assert_int_equal(hear(t, "nobody", false, &h), KHS_ERR_NOTFOUND);
}

static void luo(void **state)
{
	static const uint8_t v5[] = "luo-v5\0\0\1\0\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0\x20\0\0\0\0\0";
	struct tk *t = *state;
	char *data = blob(t, 64);
	struct heard h;

	memcpy(data, v5, sizeof(v5));
	add(t, "LUO", 32);
	assert_int_equal(hear(t, "LUO", false, &h), KHS_OK);
	assert_string_equal(h.text, "out LUO live struct\n0 struct luo_ser {struct luo_ser\n"
				    "1 compatible='luo-v5'\n1 liveupdate_num=0100000000000000\n"
				    "1 sessions_pa=0010000000000000\n1 flbs_pa=0020000000000000\n"
				    "0 }\n");
	/* Of a longer name the fields are further on, and more than the blob has. */
	memcpy(data, "luo-v5;block-v1\0\2\0\0", 20);
	hear(t, "LUO", false, &h);
	expect(&h, "struct: it is cut off\n0 struct luo_ser {struct luo_ser\n"
		   "1 compatible='luo-v5;block-v1'\n0 }\n");
	memcpy(data, "luo-v77\0", 8);
	hear(t, "LUO", false, &h);
	expect(&h, "not known here\n0 struct luo_ser {struct luo_ser\n1 compatible='luo-v77'\n0 }");
	memset(data, 'x', 64);
	hear(t, "LUO", false, &h);
	assert_string_equal(h.text, "out LUO live opaque: neither an FDT nor a struct luo_ser\n");
}

static void metadata(void **state)
{
	struct tk *t = *state;
	uint8_t *data = blob(t, 128);
	struct heard h;

	data[0] = 1;
	memset(data + 4, 'r', 65); /* without its NUL */
	data[69] = 9;
	add(t, "kexec-metadata", 73);
	hear(t, "kexec-metadata", false, &h);
	expect(&h, "1 version=01000000\n1 previous_release='rrr");
	expect(&h, "rrr'\n1 kexec_count=09000000\n0 }\n");
	data[0] = 2;
	hear(t, "kexec-metadata", false, &h);
	expect(&h, "not known here\n");
	expect(&h, "{struct kho_kexec_metadata\n1 version=02000000\n0 }\n");
}

static void what_is_withheld(void **state)
{
	struct tk *t = *state;
	uint8_t *data = blob(t, 8192);
	struct heard h;
	char secret[200];
	int err;

	add(t, "vm-state", 6000);
	memset(data, 'S', 8192);
	hear(t, "vm-state", false, &h);
	assert_string_equal(h.text, "out vm-state live opaque\n");
	assert_int_equal(h.bytes, 0);
	hear(t, "vm-state", true, &h);
	assert_int_equal(h.bytes, 6000);

	memset(secret, 'S', sizeof(secret) - 1);
	secret[sizeof(secret) - 1] = '\0';
	err = fdt_create(data, 4096);
	err |= fdt_finish_reservemap(data);
	err |= fdt_begin_node(data, "");
	err |= fdt_property(data, "key", secret, sizeof(secret));
	err |= fdt_property(data, "raw", secret, 72);
	err |= fdt_end_node(data);
	err |= fdt_finish(data);
	assert_int_equal(err, 0);
	hear(t, "vm-state", false, &h);
	assert_null(strstr(h.text, "SSS"));
	expect(&h, "1 key 6/200\n1 raw 6/72\n");
	hear(t, "vm-state", true, &h);
	expect(&h, "1 key='SSS");
	assert_int_equal(h.bytes, 0); /* all of it is shown decoded */
}

static void what_the_dump_lacks(void **state)
{
	struct tk *t = *state;
	uint8_t *data = blob(t, 8192);
	struct heard h;

	data[0] = 1;
	add(t, "vm-state", UINT64_MAX);
	tk_lose(t, BLOB + 4096, 4096, KHS_EXCLUDED);
	hear(t, "vm-state", true, &h);
	expect(&h, "out vm-state live opaque\ncut\n");
	assert_int_equal(h.bytes, 4096);
	tk_lose(t, BLOB, 4096, KHS_EXCLUDED);
	hear(t, "vm-state", true, &h);
	assert_string_equal(h.text, "out vm-state live none: excluded from the dump\n");
}

/* What an interrupt leaves is told of all the same, as not read; a name is not said to be none. */
static void interrupted(void **state)
{
	struct tk *t = *state;
	int left = -1, steps = 0;
	struct heard h, whole;

	((uint8_t *)blob(t, 16384))[0] = 1;
	for (int i = 0; i < 3; i++)
		add(t, (const char *[]){ "one", "two", "three" }[i], 16384);
	hear(t, NULL, true, &whole);
	assert_int_equal(whole.bytes, 3 * 16384);
	t->opts.interrupted = tk_count_down;
	t->opts.arg = &left;
	do {
		left = -1;
		tk_open(t);
		left = steps++;
		memset(&h, 0, sizeof(h));
		assert_int_equal(hear_opened(t, NULL, true, &h), KHS_OK);
		expect(&h, "out - live fdt\n");
		expect(&h, "out one live ");
		expect(&h, "out three live ");
		if (!khs_interrupted(t->k))
			break;
		assert_true(h.bytes < whole.bytes);
		expect(&h, steps < 2 ? "out three live none: not read, interrupted\n" :
				       "out three live opaque\n");
	} while (true);
	assert_string_equal(h.text, whole.text);
	assert_int_equal(h.bytes, whole.bytes);
	assert_true(steps > 12);

	left = -1;
	tk_open(t);
	left = 0;
	assert_int_equal(hear_opened(t, "one", false, &h), KHS_OK);
	assert_int_equal(hear_opened(t, "one", false, &h), KHS_ERR_INTERRUPTED);
	assert_int_equal(hear_opened(t, "none", false, &h), KHS_ERR_INTERRUPTED);
}

/* ---- hostile FDTs --------------------------------------------------------------------------- */

static void put32(uint8_t **at, uint32_t value)
{
	const uint32_t be = cpu_to_fdt32(value);

	memcpy(*at, &be, 4);
	*at += 4;
}

/* A sound header over @levels nodes in each other, each called "n". */
static size_t nested(uint8_t *data, unsigned int levels)
{
	uint8_t *at = data + 56;
	uint32_t size;

	for (unsigned int i = 0; i < levels; i++) {
		put32(&at, FDT_BEGIN_NODE);
		put32(&at, i ? 0x6e000000 : 0);
	}
	for (unsigned int i = 0; i < levels; i++)
		put32(&at, FDT_END_NODE);
	put32(&at, FDT_END);
	size = (uint32_t)(at - data);
	at = data;
	put32(&at, FDT_MAGIC);
	put32(&at, size);
	put32(&at, 56);
	put32(&at, size);
	put32(&at, 40);
	put32(&at, 17);
	put32(&at, 16);
	put32(&at, 0);
	put32(&at, 0);
	put32(&at, size - 56);
	return size;
}

static void nesting_is_bounded(void **state)
{
	struct tk *t = *state;
	uint8_t *data = blob(t, 0x10000);
	struct heard h;

	add(t, "deep", 0x10000);
	nested(data, 30);
	hear(t, "deep", false, &h);
	expect(&h, "out deep live fdt\n");
	expect(&h, "\n29 n {\n29 }\n28 }\n");
	nested(data, KHS_FDT_DEPTH);
	hear(t, "deep", false, &h);
	expect(&h, "live fdt\n");
	nested(data, KHS_FDT_DEPTH + 1);
	hear(t, "deep", false, &h);
	expect(&h, "opaque: an FDT nested deeper than 32 levels\n");
	nested(data, 3000);
	hear(t, "deep", false, &h);
	expect(&h, "opaque: an FDT nested deeper than 32 levels\n");
}

static void sizes_are_bounded(void **state)
{
	struct tk *t = *state;
	uint8_t *data = blob(t, 0x10000), *at;
	struct heard h;
	size_t size = nested(data, 2);

	add(t, "sized", size - 1);
	hear(t, "sized", false, &h);
	expect(&h, "more than its blob has\n");
	at = data + 4;
	put32(&at, 0);
	hear(t, "sized", false, &h);
	expect(&h, "which none has\n");
	at = data + 4;
	put32(&at, UINT32_MAX);
	hear(t, "sized", false, &h);
	expect(&h, "more than its blob has\n");
}

/* Whatever the bytes are, it ends, and reads nothing that is not there. */
static void any_bytes(void **state)
{
	struct tk *t = *state;
	uint8_t *data = blob(t, 4096), *root = tk_at(t, TK_OUT_FDT, 4096);
	uint8_t sound[4096];
	size_t size = nested(data, 8);
	uint32_t seed = 1;
	struct heard h;

	add(t, "memblock", size);
	memcpy(sound, root, sizeof(sound));
	for (unsigned int round = 0; round < 3000; round++) {
		uint8_t *where = round & 1 ? data : root;
		size_t n = round & 1 ? size : 320;

		memcpy(root, sound, sizeof(sound));
		nested(data, 8);
		for (int i = 0; i < 4; i++) {
			seed = seed * 1664525 + 1013904223;
			where[(seed >> 8) % n] = seed >> 24;
		}
		hear(t, NULL, true, &h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TK_COLD(the_root), TK_COLD(memblock), TK_COLD(luo), TK_COLD(metadata),
		TK_COLD(what_is_withheld), TK_COLD(what_the_dump_lacks),
		TK_COLD(interrupted),
		TK_COLD(nesting_is_bounded), TK_COLD(sizes_are_bounded), TK_COLD(any_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
