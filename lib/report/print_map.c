// SPDX-License-Identifier: GPL-2.0-or-later
#include "../base/error.h"
#include "../map.h"
#include "map_draw.h"
#include "output.h"
#include "sheaf.h"

/* More than any screen shows; beyond it items come together. */
#define ROOM 65536

static struct khs_error *print(struct khs *k, const struct khs_map *map,
			       const struct khs_sheaf *sheaf, int node, FILE *out, bool json)
{
	_cleanup_json_ json_t *object = NULL;
	struct khs_error *err;

	if (!json) {
		err = khs_map_text(map, &k->style, node, khs_page_size(k), out);
		return err ? err : khs_print_end(out);
	}
	object = khs_json_envelope();
	if (json_object_set_new(object, "map", khs_map_json(map, &k->owners, &sheaf->all)))
		return khs_enomem();
	return khs_print_object(out, khs_steal(object));
}

struct khs_error *khs_print_map(struct khs *k, const struct khs_filter *filter, FILE *out,
				bool json)
{
	_cleanup_(khs_sheaf_deinit) struct khs_sheaf sheaf = { 0 };
	_cleanup_(khs_map_deinit) struct khs_map map = { 0 };
	struct khs_filter f = { 0 };
	struct khs_error *err;

	if (filter && !khs_take(&f, sizeof(f), filter))
		return khs_error_new(KHS_ERR_USAGE, "khs_filter.size is not set");
	err = khs_map_make(k, f.start, f.end, ROOM, &map);
	if (!err)
		err = khs_check(k, khs_sheaf_add, &sheaf);
	if (!err && sheaf.all.no_memory)
		err = khs_enomem();
	if (!err)
		err = khs_map_add_findings(k, &sheaf.all, &map);
	if (err)
		return err;
	return print(k, &map, &sheaf, f.by_node ? f.node : KHS_MAP_ALL_NODES, out, json);
}
