// SPDX-License-Identifier: GPL-2.0-or-later
#include "parts.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* kernel/vmcore_info.c and the architectures' arch_crash_save_vmcoreinfo(), of 7.3. */

__attribute__((format(printf, 2, 3)))
static void add(struct machine *m, const char *fmt, ...)
{
	char line[512];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	m->vmcoreinfo = realloc(m->vmcoreinfo, m->vmcoreinfo_len + len + 1);
	if (!m->vmcoreinfo)
		err(1, "VMCOREINFO");
	memcpy(m->vmcoreinfo + m->vmcoreinfo_len, line, len + 1);
	m->vmcoreinfo_len += len;
}

static void add_symbol(struct machine *m, const char *name, uint64_t va)
{
	add(m, "SYMBOL(%s)=%llx\n", name, (unsigned long long)va);
}

static void add_size(struct machine *m, const char *type)
{
	if (layout_type(&m->lay, type))
		add(m, "SIZE(%s)=%llu\n", type, (unsigned long long)layout_size(&m->lay, type));
}

static void add_offset(struct machine *m, const char *type, const char *member)
{
	uint64_t offset, size;

	if (layout_type(&m->lay, type) &&
	    layout_find(layout_type(&m->lay, type), member, &offset, &size))
		add(m, "OFFSET(%s.%s)=%llu\n", type, member, (unsigned long long)offset);
}

static void add_number(struct machine *m, const char *name, int64_t value)
{
	add(m, "NUMBER(%s)=%lld\n", name, (long long)value);
}

static void add_enum(struct machine *m, const char *name)
{
	if (layout_enum(&m->lay, name))
		add_number(m, name, layout_enum_value(&m->lay, name));
}

static void add_types(struct machine *m)
{
	static const char *const sizes[] = {
		"mem_section", "page", "pglist_data", "zone", "free_area", "list_head",
		"nodemask_t",
	};
	static const struct {
		const char *type, *member;
	} offsets[] = {
		{ "mem_section", "section_mem_map" }, { "page", "flags" }, { "page", "_refcount" },
		{ "page", "mapping" }, { "page", "lru" }, { "page", "_mapcount" },
		{ "page", "private" }, { "page", "compound_info" }, { "page", "compound_head" },
		{ "pglist_data", "node_zones" }, { "pglist_data", "nr_zones" },
		{ "pglist_data", "node_start_pfn" }, { "pglist_data", "node_spanned_pages" },
		{ "pglist_data", "node_id" }, { "zone", "free_area" }, { "zone", "vm_stat" },
		{ "zone", "spanned_pages" }, { "free_area", "free_list" }, { "list_head", "next" },
		{ "list_head", "prev" },
	};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		add_size(m, sizes[i]);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
		add_offset(m, offsets[i].type, offsets[i].member);
}

static void add_sections(struct machine *m)
{
	add_symbol(m, "mem_section", m->sections_va);
	add(m, "LENGTH(mem_section)=%s\n", layout_text(&m->lay, "SECTION_ROOTS"));
	add_number(m, "SECTION_SIZE_BITS", layout_number(&m->lay, "SECTION_SIZE_BITS"));
	add_number(m, "MAX_PHYSMEM_BITS", layout_number(&m->lay, "MAX_PHYSMEM_BITS"));
}

static void add_page_types(struct machine *m)
{
	static const struct {
		const char *key, *name;
	} types[] = {
		{ "PAGE_SLAB_MAPCOUNT_VALUE", "PGTY_slab" },
		{ "PAGE_BUDDY_MAPCOUNT_VALUE", "PGTY_buddy" },
		{ "PAGE_HUGETLB_MAPCOUNT_VALUE", "PGTY_hugetlb" },
		{ "PAGE_OFFLINE_MAPCOUNT_VALUE", "PGTY_offline" },
	};

	add_enum(m, "PG_lru");
	add_enum(m, "PG_private");
	add_enum(m, "PG_swapbacked");
	add_number(m, "PG_head_mask", 1ll << layout_enum_value(&m->lay, "PG_head"));
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (layout_enum(&m->lay, types[i].name))
			add_number(m, types[i].key,
				   (int32_t)(layout_enum_value(&m->lay, types[i].name) << 24));
}

static void add_kallsyms(struct machine *m)
{
	static const char *const names[] = {
		"kallsyms_names", "kallsyms_num_syms", "kallsyms_token_table",
		"kallsyms_token_index", "kallsyms_offsets",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !m->no_kallsyms; i++)
		add_symbol(m, names[i], m->kallsyms[i]);
	if (m->kallsyms_base_va && !m->no_kallsyms)
		add_symbol(m, "kallsyms_relative_base", m->kallsyms_base_va);
}

static void add_x86_64(struct machine *m, uint64_t root_va)
{
	uint64_t size;

	add_number(m, "phys_base", memory_get(&m->mem, place(m, "phys_base"), 8));
	add_symbol(m, "init_top_pgt", root_va);
	add_number(m, "pgtable_l5_enabled", machine_setting(m, "levels", 4) == 5);
	add_symbol(m, "node_data", place_va(m, "node_data"));
	find_place(m, "node_data", &(uint64_t){ 0 }, &size);
	add(m, "LENGTH(node_data)=%llu\n", (unsigned long long)size / 8);
	add(m, "KERNELOFFSET=%llx\n", (unsigned long long)machine_setting(m, "kaslr", 0));
	add_number(m, "KERNEL_IMAGE_SIZE", 1 << 30);
	add_number(m, "sme_mask", 0);
}

static void add_aarch64(struct machine *m)
{
	uint64_t bits = machine_setting(m, "VA_BITS", 48);

	add_number(m, "VA_BITS", bits);
	add(m, "NUMBER(kimage_voffset)=0x%llx\n",
	    (unsigned long long)(m->image_va - image_pa(m)));
	add(m, "NUMBER(PHYS_OFFSET)=0x%llx\n",
	    (unsigned long long)memory_get(&m->mem, place(m, "memstart_addr"), 8));
	add(m, "NUMBER(TCR_EL1_T1SZ)=0x%llx\n", (unsigned long long)(64 - bits));
	add(m, "KERNELOFFSET=%llx\n", (unsigned long long)machine_setting(m, "kaslr", 0));
}

void vmcoreinfo_make(struct machine *m)
{
	uint64_t root_va = m->image_va + (m->page_root - image_pa(m));

	add(m, "OSRELEASE=%s\n", layout_text(&m->lay, "release"));
	add(m, "BUILD-ID=%s\n", layout_text(&m->lay, "build_id"));
	add(m, "PAGESIZE=%llu\n", (unsigned long long)page_size(m));
	add_symbol(m, "init_uts_ns", place_va(m, "init_uts_ns"));
	add_offset(m, "uts_namespace", "name");
	add_symbol(m, "node_online_map", place_va(m, "node_states[1]"));
	add_symbol(m, "swapper_pg_dir", root_va);
	add_symbol(m, "_stext", m->image_va);
	/* "vmcoreinfo: export vmemmap", younger than KHO. */
	if (machine_setting(m, "vmcoreinfo_vmemmap", 0))
		add_symbol(m, "vmemmap", m->vmemmap);
	add_sections(m);
	add_types(m);
	add(m, "LENGTH(zone.free_area)=%s\n", layout_text(&m->lay, "NR_PAGE_ORDERS"));
	add(m, "LENGTH(free_area.free_list)=6\n");
	add_number(m, "NR_FREE_PAGES", 0);
	add_page_types(m);
	add_kallsyms(m);
	if (m->arch->aarch64)
		add_aarch64(m);
	else
		add_x86_64(m, root_va);
}
