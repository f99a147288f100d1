// SPDX-License-Identifier: GPL-2.0-or-later
#include "btf.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/error.h"
#include "../dump/vm.h"
#include "types.h"

#define BTF_SOURCE "BTF"

/* A distribution's kernel has 5 to 10 MB. */
#define MAX_BTF_BYTES (64u << 20)
/* C code nests less; a damaged BTF may nest without end. */
#define MAX_DEPTH 16
/* Members looked at for one file: damaged types may multiply by nesting. */
#define MEMBER_BUDGET (16u << 20)

/* One definition, as khs_type_ops sees it. */
struct def {
	const struct btf *btf;
	uint32_t id;
	uint64_t *budget;
};

struct place {
	uint64_t bits;
	uint64_t size;
};

static void btf_freep(struct btf **btf)
{
	btf__free(*btf);
}

static const struct btf_type *composite(const struct btf *btf, uint32_t id)
{
	int resolved = btf__resolve_type(btf, id);
	const struct btf_type *t = resolved < 0 ? NULL : btf__type_by_id(btf, resolved);

	return t && btf_is_composite(t) ? t : NULL;
}

static const char *name_of(const struct btf *btf, uint32_t off)
{
	const char *name = btf__name_by_offset(btf, off);

	return name ? name : "";
}

static bool place_member(const struct def *def, const struct btf_type *t, uint32_t i, uint64_t base,
			 struct place *ret)
{
	int64_t size = btf__resolve_size(def->btf, btf_members(t)[i].type);

	if (btf_member_bitfield_size(t, i))
		return false;
	ret->bits = base + btf_member_bit_offset(t, i);
	/* A flexible array has no size; the place is good nevertheless. */
	ret->size = size < 0 ? 0 : size;
	return !(ret->bits % 8);
}

static bool find_member(const struct def *def, uint32_t id, const char *path, uint64_t base,
			unsigned int depth, struct place *ret)
{
	const struct btf_type *t = composite(def->btf, id);
	const char *rest;
	size_t len = khs_path_part(path, &rest);

	if (!t || depth > MAX_DEPTH)
		return false;
	for (uint32_t i = 0; i < btf_vlen(t) && *def->budget; i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *name = name_of(def->btf, m->name_off);
		uint64_t bits = base + btf_member_bit_offset(t, i);

		--*def->budget;
		if (!*name && find_member(def, m->type, path, bits, depth + 1, ret))
			return true;
		if (strncmp(name, path, len) || name[len])
			continue;
		return rest ? find_member(def, m->type, rest, bits, depth + 1, ret) :
			      place_member(def, t, i, base, ret);
	}
	return false;
}

static bool def_member(void *arg, const char *path, uint64_t *off, uint64_t *size)
{
	const struct def *def = arg;
	struct place place;

	if (!find_member(def, def->id, path, 0, 0, &place))
		return false;
	*off = place.bits / 8;
	*size = place.size;
	return true;
}

static bool def_size(void *arg, uint64_t *size)
{
	const struct def *def = arg;

	*size = btf__type_by_id(def->btf, def->id)->size;
	return true;
}

static void visit_struct(struct khs_types *types, struct def *def, const struct btf_type *t)
{
	static const struct khs_type_ops ops = { .size = def_size, .member = def_member };
	const char *name = name_of(def->btf, t->name_off);
	struct khs_type *type = khs_types_find(types, name, strlen(name));

	if (type)
		khs_types_offer(types, type, &ops, def);
}

static void visit_enum(struct khs_types *types, const struct btf *btf, const struct btf_type *t)
{
	const struct btf_enum *e = btf_enum(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++)
		khs_types_enumerator(types, name_of(btf, e[i].name_off),
				     btf_kflag(t) ? (uint64_t)(int64_t)e[i].val :
						    (uint32_t)e[i].val);
}

static void visit_enum64(struct khs_types *types, const struct btf *btf, const struct btf_type *t)
{
	const struct btf_enum64 *e = btf_enum64(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++)
		khs_types_enumerator(types, name_of(btf, e[i].name_off), btf_enum64_value(&e[i]));
}

static void visit_all(struct khs_types *types, const struct btf *btf)
{
	uint64_t budget = MEMBER_BUDGET;

	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		struct def def = { btf, id, &budget };

		if (btf_is_composite(t))
			visit_struct(types, &def, t);
		else if (btf_is_enum(t))
			visit_enum(types, btf, t);
		else if (btf_is_enum64(t))
			visit_enum64(types, btf, t);
	}
}

/*
 * The header that every kernel has. Later headers of libbpf add sections behind str_len, and a type
 * that is longer than that.
 */
#define HEADER_SIZE (offsetof(struct btf_header, str_len) + sizeof(__u32))

/*
 * libbpf 1.1 checks both sections against the length behind a header of the usual size, then finds
 * them behind hdr_len bytes (btf.c:btf_parse_hdr): a longer header would send it out of the buffer.
 */
static bool header_fits(const void *data, size_t size)
{
	struct btf_header h;
	uint64_t room;

	if (size < HEADER_SIZE || size > MAX_BTF_BYTES)
		return false;
	memcpy(&h, data, HEADER_SIZE);
	if (h.magic != BTF_MAGIC || h.hdr_len < HEADER_SIZE || h.hdr_len % 4 || h.hdr_len > size)
		return false;
	room = size - h.hdr_len;
	return (uint64_t)h.type_off + h.type_len <= room && (uint64_t)h.str_off + h.str_len <= room;
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

/* libbpf has one printer for the whole process: ours goes in for the time of a call. */
static struct khs_error *parse(const void *data, size_t size, struct btf **ret)
{
	libbpf_print_fn_t before = libbpf_set_print(quiet);
	struct btf *btf = btf__new(data, size);
	int why = libbpf_get_error(btf);

	libbpf_set_print(before);
	if (why)
		return why == -ENOMEM ? khs_enomem() :
					khs_error_new(KHS_ERR_CORRUPT, "BTF: %s", strerror(-why));
	*ret = btf;
	return NULL;
}

struct khs_error *khs_facts_from_btf(struct khs_facts *facts, const void *data, size_t size,
				     const char *source)
{
	_cleanup_free_ struct khs_types *types = malloc(sizeof(*types));
	_cleanup_(btf_freep) struct btf *btf = NULL;
	struct khs_error *err;

	if (!types)
		return khs_enomem();
	if (!header_fits(data, size))
		return khs_error_new(KHS_ERR_CORRUPT,
				     "BTF: its header does not describe %zu bytes", size);
	err = parse(data, size, &btf);
	if (err)
		return err;
	khs_types_init(types, facts);
	visit_all(types, btf);
	khs_types_apply(types, facts, source);
	return NULL;
}

struct khs_error *khs_facts_from_dump_btf(struct khs_facts *facts, struct khs_vm *vm)
{
	_cleanup_free_ void *data = NULL;
	enum khs_presence why;
	uint64_t start, size;

	if (!khs_known(facts, KHS_SYM_START_BTF) || !khs_known(facts, KHS_SYM_STOP_BTF))
		return khs_error_new(KHS_ERR_NOTFOUND,
				     "BTF: no __start_BTF is known, so the kernel may have none");
	start = khs_fact(facts, KHS_SYM_START_BTF);
	size = khs_fact(facts, KHS_SYM_STOP_BTF) - start;
	if (size > MAX_BTF_BYTES)
		return khs_error_new(KHS_ERR_CORRUPT, "BTF: __stop_BTF - __start_BTF is 0x%llx",
				     (unsigned long long)size);
	data = malloc(size + 1);
	if (!data)
		return khs_enomem();
	why = khs_vm_read_all(vm, start, data, size);
	if (why != KHS_PRESENT)
		return khs_error_new(KHS_ERR_NODATA, "BTF at 0x%llx: %s",
				     (unsigned long long)start, khs_presence_text(why));
	return khs_facts_from_btf(facts, data, size, BTF_SOURCE);
}
