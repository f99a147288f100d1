// SPDX-License-Identifier: GPL-2.0-or-later
#include "nodes.h"

#include <stdlib.h>

#include "../base/cleanup.h"
#include "../base/error.h"

/* A pglist_data has a few zones of some KiB each; anything near this is no pglist_data. */
enum { PGDAT_MAX = 1 << 20, ZONE_MAX = 1 << 17 };

static uint64_t member(const struct khs_facts *f, enum khs_need_id id, const uint8_t *base,
		       size_t room, uint64_t other)
{
	if (!khs_known(f, id) || room < 8 || khs_fact(f, id) > room - 8)
		return other;
	return khs_load64(base + khs_fact(f, id));
}

static void read_name(struct khs_kernel *kernel, uint64_t address, char name[16])
{
	size_t done;

	khs_vm_read(kernel->vm, address, name, 15, &done);
	name[done] = '\0';
	for (char *c = name; *c; c++) {
		if ((*c < 'A' || *c > 'Z') && (*c < 'a' || *c > 'z') && (*c < '0' || *c > '9')) {
			*c = '\0';
			break;
		}
	}
}

static struct khs_zone read_zone(struct khs_mem *mem, const uint8_t *raw, int index)
{
	const struct khs_facts *f = &mem->kernel->facts;
	size_t size = khs_fact(f, KHS_SIZE_ZONE);
	struct khs_zone zone = { .index = index };
	uint64_t name = member(f, KHS_MEM_ZONE_NAME, raw, size, 0), spanned;

	spanned = member(f, KHS_MEM_ZONE_SPANNED_PAGES, raw, size, 0);
	zone.start = member(f, KHS_MEM_ZONE_START_PFN, raw, size, 0);
	zone.end = zone.start + spanned;
	if (zone.end < zone.start)
		zone.end = zone.start;
	zone.present = member(f, KHS_MEM_ZONE_PRESENT_PAGES, raw, size, 0);
	zone.managed = member(f, KHS_MEM_ZONE_MANAGED_PAGES, raw, size, 0);
	if (name)
		read_name(mem->kernel, name, zone.name);
	return zone;
}

static struct khs_error *read_node(struct khs_mem *mem, int id, uint64_t address, uint8_t *raw,
				   struct khs_node *node)
{
	const struct khs_facts *f = &mem->kernel->facts;
	size_t size = khs_fact(f, KHS_SIZE_PGLIST_DATA), zone_size = khs_fact(f, KHS_SIZE_ZONE);
	uint64_t zones = khs_fact(f, KHS_MEM_PGDAT_NODE_ZONES), spanned;
	enum khs_presence p = khs_vm_read_all(mem->kernel->vm, address, raw, size);

	if (p != KHS_PRESENT)
		return khs_error_new(KHS_ERR_NODATA, "pglist_data of node %d at 0x%llx: %s", id,
				     (unsigned long long)address, khs_presence_text(p));
	node->id = id;
	node->start = member(f, KHS_MEM_PGDAT_NODE_START_PFN, raw, size, 0);
	spanned = member(f, KHS_MEM_PGDAT_NODE_SPANNED_PAGES, raw, size, 0);
	node->end = node->start + spanned < node->start ? node->start : node->start + spanned;
	node->first_deferred = member(f, KHS_MEM_PGDAT_FIRST_DEFERRED_PFN, raw, size, UINT64_MAX);
	for (unsigned int i = 0; i < mem->layout.max_zones; i++) {
		uint64_t at = zones + i * zone_size;

		if (at > size || size - at < zone_size)
			return khs_error_new(KHS_ERR_CORRUPT, "zone %u lies outside pglist_data",
					     i);
		node->zones[node->nr_zones++] = read_zone(mem, raw + at, i);
	}
	return NULL;
}

/* Which nodes to read. Without node_online_map every pointer that is set counts. */
static bool node_online(const uint8_t *map, size_t bytes, unsigned int id)
{
	return !map || (id / 8 < bytes && map[id / 8] >> (id % 8) & 1);
}

static struct khs_error *read_all(struct khs_mem *mem, const uint64_t *pgdat, const uint8_t *online,
				  size_t online_bytes)
{
	_cleanup_free_ uint8_t *raw = malloc(khs_fact(&mem->kernel->facts, KHS_SIZE_PGLIST_DATA));

	mem->nodes = calloc(mem->layout.max_nodes, sizeof(*mem->nodes));
	if (!raw || !mem->nodes)
		return khs_enomem();
	for (unsigned int id = 0; id < mem->layout.max_nodes; id++) {
		struct khs_error *err;

		if (!pgdat[id] || !node_online(online, online_bytes, id))
			continue;
		err = read_node(mem, id, pgdat[id], raw, &mem->nodes[mem->nr_nodes]);
		if (err)
			return err;
		mem->nr_nodes++;
	}
	if (!mem->nr_nodes)
		return khs_error_new(KHS_ERR_CORRUPT, "no memory node is online");
	return NULL;
}

/* For offsets that are a guess: zones follow each other, in the span of their node. */
static bool zones_fit(const struct khs_node *node)
{
	uint64_t at = node->start;

	for (size_t i = 0; i < node->nr_zones; i++) {
		const struct khs_zone *z = &node->zones[i];

		if (z->start == z->end)
			continue;
		if (z->start < at || z->end > node->end)
			return false;
		at = z->end;
	}
	return at > node->start || node->start == node->end;
}

static struct khs_error *check_guess(const struct khs_mem *mem)
{
	for (size_t i = 0; i < mem->nr_nodes; i++)
		if (!zones_fit(&mem->nodes[i]))
			return khs_error_new(KHS_ERR_NOTFOUND, "where zones begin is not known (no "
					     "types; try -k VMLINUX)");
	return NULL;
}

static struct khs_error *read_pointers(struct khs_mem *mem, uint64_t *pgdat)
{
	const struct khs_facts *f = &mem->kernel->facts;
	enum khs_presence p;

	if (khs_known(f, KHS_SYM_CONTIG_PAGE_DATA) && !khs_known(f, KHS_SYM_NODE_DATA)) {
		pgdat[0] = khs_fact(f, KHS_SYM_CONTIG_PAGE_DATA);
		return NULL;
	}
	if (!khs_known(f, KHS_SYM_NODE_DATA))
		return khs_error_new(KHS_ERR_NOTFOUND, "symbol node_data is not known");
	p = khs_vm_read_all(mem->kernel->vm, khs_fact(f, KHS_SYM_NODE_DATA), pgdat,
			    mem->layout.max_nodes * sizeof(*pgdat));
	if (p != KHS_PRESENT)
		return khs_error_new(KHS_ERR_NODATA, "node_data: %s", khs_presence_text(p));
	return NULL;
}

/* mm/mm_init.c:page_alloc_init_late() disables the key when the last page is initialised. */
static bool deferred_active(struct khs_mem *mem)
{
	const struct khs_facts *f = &mem->kernel->facts;
	uint64_t enabled;

	if (!khs_known(f, KHS_MEM_PGDAT_FIRST_DEFERRED_PFN))
		return false;
	if (khs_known(f, KHS_SYM_DEFERRED_PAGES) &&
	    khs_kernel_read_uint(mem->kernel,
				 khs_fact(f, KHS_SYM_DEFERRED_PAGES) +
					 khs_fact_or(f, KHS_MEM_STATIC_KEY_ENABLED, 0),
				 4, &enabled) == KHS_PRESENT)
		return (int32_t)enabled > 0;
	for (size_t i = 0; i < mem->nr_nodes; i++) {
		if (mem->nodes[i].first_deferred != UINT64_MAX)
			return true;
	}
	return false;
}

struct khs_error *khs_nodes_read(struct khs_mem *mem)
{
	const struct khs_facts *f = &mem->kernel->facts;
	size_t bytes = mem->layout.max_nodes / 8 + 1;
	_cleanup_free_ uint64_t *pgdat = calloc(mem->layout.max_nodes, sizeof(*pgdat));
	_cleanup_free_ uint8_t *online = calloc(1, bytes);
	struct khs_error *err;
	bool have_map;

	if (!pgdat || !online)
		return khs_enomem();
	if (khs_fact(f, KHS_SIZE_PGLIST_DATA) > PGDAT_MAX || khs_fact(f, KHS_SIZE_ZONE) > ZONE_MAX)
		return khs_error_new(KHS_ERR_CORRUPT, "pglist_data or zone of absurd size");
	err = read_pointers(mem, pgdat);
	if (err)
		return err;
	have_map = khs_known(f, KHS_SYM_NODE_ONLINE_MAP) &&
		   khs_vm_read_all(mem->kernel->vm, khs_fact(f, KHS_SYM_NODE_ONLINE_MAP), online,
				   bytes) == KHS_PRESENT;
	err = read_all(mem, pgdat, have_map ? online : NULL, bytes);
	if (!err && khs_fact_assumed(f, KHS_MEM_ZONE_START_PFN))
		err = check_guess(mem);
	if (err)
		return err;
	mem->deferred = deferred_active(mem);
	return NULL;
}
