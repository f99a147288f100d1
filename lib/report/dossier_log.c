// SPDX-License-Identifier: GPL-2.0-or-later
/* Which lines of the log, words of the command line and options of the configuration matter. */
#include <ctype.h>
#include <string.h>

#include "../base/array.h"
#include "../facts/config.h"
#include "../facts/log.h"
#include "dossier.h"

#define MAX_LINES 256
#define TRACE_LINES 24 /* behind a WARNING, at most */

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* ---- log ------------------------------------------------------------------------------------ */

/* A line with one of these is to the matter. */
static const char *const words[] = {
	"KHO", "kho:", "kexec", "LUO", "luo:", "luo_", "liveupdate", "memfd_luo", "memblock",
	"Linux version ", "Early memory node ranges", "  node   ", "deferred pages initialised",
	"Bad page", "bad page", "BUG", "WARNING:", "Oops", "Kernel panic",
	"Invalid free page order",
	"reserve_mem", "Mem-Info", "Memory failure",
};

/* ... and what follows one of these is, up to the end of the trace. */
static const char *const troubles[] = {
	"Bad page state", "BUG:", "WARNING:", "Oops", "Kernel panic",
};

/* In a trace: values of registers and code, which may be anybody's data. */
static const char *const withheld[] = {
	"RAX:", "RDX:", "RBP:", "R10:", "R13:", "Code:", "raw: ", "FS:", "CR2:", "CS:",
	"DR0:", "DR3:",
	"x29:", "x26:", "x23:", "x20:", "x17:", "x14:", "x11:", "x8 :", "x5 :", "x2 :",
};

static bool has_any(const char *text, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strstr(text, v[i]))
			return true;
	return false;
}

struct picker {
	struct khs_log_pick *pick;
	unsigned int trace; /* lines that still belong to one */
};

/* Options of the kernel that say something of its memory. */
static bool word_matters(const char *word, size_t len)
{
	static const char *const options[] = {
		"kho", "liveupdate", "reserve_mem", "crashkernel", "mem", "memmap", "numa",
		"numa_balancing", "movable_node", "kernelcore", "movablecore", "hugepages",
		"hugepagesz", "default_hugepagesz", "hugetlb_cma", "cma", "nokaslr", "page_poison",
		"debug_pagealloc", "init_on_alloc", "init_on_free", "slub_debug", "memtest",
		"page_reporting", "memory_hotplug", "hugetlb_free_vmemmap", "efi", "kexec",
	};

	for (size_t i = 0; i < LEN(options); i++) {
		size_t n = strlen(options[i]);

		if (n <= len && !strncmp(word, options[i], n) &&
		    (n == len || strchr("=._", word[n])))
			return true;
	}
	return false;
}

static void pick_command_line(struct khs_log_pick *pick, const char *line)
{
	size_t at = 0;

	while (*line) {
		size_t n = strcspn(line, " ");

		if (word_matters(line, n) && at + n + 2 < sizeof(pick->command_line))
			at += (size_t)snprintf(pick->command_line + at,
					       sizeof(pick->command_line) - at, "%s%.*s",
					       at ? " " : "", (int)n, line);
		line += n;
		line += strspn(line, " ");
	}
}

/* Of the command line only the words that matter are shown: others may be anybody's secrets. */
static bool take_command_line(struct khs_log_pick *pick, const char *text)
{
	static const char mark[] = "ommand line: ";
	const char *at = strstr(text, mark);

	if (!at)
		return false;
	if (!pick->command_line[0])
		pick_command_line(pick, at + sizeof(mark) - 1);
	return true;
}

static bool is_wanted(struct picker *p, const char *text)
{
	bool in_trace = p->trace;

	if (has_any(text, troubles, LEN(troubles)))
		p->trace = TRACE_LINES;
	else if (strstr(text, "---[ end "))
		p->trace = 0;
	else if (p->trace)
		p->trace--;
	if (in_trace)
		return !has_any(text, withheld, LEN(withheld));
	return has_any(text, words, LEN(words));
}

static bool pick_one(void *arg, const struct khs_log_record *record)
{
	struct picker *p = arg;
	struct khs_log_pick *pick = p->pick;
	char *text;

	if (take_command_line(pick, record->text) || !is_wanted(p, record->text))
		return true;
	if (pick->n >= MAX_LINES) {
		pick->more++;
		return true;
	}
	text = strdup(record->text);
	if (!text || !khs_array_grow(pick->v, pick->n, pick->cap)) {
		free(text);
		pick->no_memory = true;
		return false;
	}
	pick->v[pick->n++] = (struct khs_log_line){ record->ns, text };
	return true;
}

void khs_pick_log(struct khs_kernel *kernel, struct khs_log_pick *pick)
{
	struct picker p = { .pick = pick };
	const char *why;

	if (!khs_log_read(kernel, pick_one, &p, &why))
		pick->why = why;
}

void khs_pick_deinit(struct khs_log_pick *pick)
{
	for (size_t i = 0; i < pick->n; i++)
		free(pick->v[i].text);
	free(pick->v);
}

/* ---- configuration -------------------------------------------------------------------------- */

static const char *const options[] = {
	"KEXEC_HANDOVER", "KEXEC_HANDOVER_DEBUG", "KEXEC_HANDOVER_DEBUGFS",
	"KEXEC_HANDOVER_ENABLE_DEFAULT", "LIVEUPDATE", "LIVEUPDATE_MEMFD", "NUMA", "NUMA_EMU",
	"DEFERRED_STRUCT_PAGE_INIT", "SPARSEMEM_VMEMMAP", "HUGETLB_PAGE_OPTIMIZE_VMEMMAP",
	"MEMORY_HOTPLUG", "MHP_MEMMAP_ON_MEMORY", "MEMORY_FAILURE", "UNACCEPTED_MEMORY", "CMA",
	"TRANSPARENT_HUGEPAGE", "ARCH_FORCE_MAX_ORDER", "DEBUG_VM", "PAGE_POISONING",
	"INIT_ON_ALLOC_DEFAULT_ON", "INIT_ON_FREE_DEFAULT_ON", "KASAN", "KFENCE", "RANDOMIZE_BASE",
};

/* Without a configuration: what a symbol or a member is there for. Its absence proves nothing. */
static const struct {
	const char *option;
	enum khs_need_id proof;
} proofs[] = {
	{ "KEXEC_HANDOVER", KHS_SYM_KHO_ENABLE },
	{ "LIVEUPDATE", KHS_SYM_LUO_SESSION_GLOBAL },
	{ "NUMA", KHS_SYM_NODE_DATA },
	{ "DEFERRED_STRUCT_PAGE_INIT", KHS_MEM_PGDAT_FIRST_DEFERRED_PFN },
	{ "MEMORY_FAILURE", KHS_ENUM_PG_HWPOISON },
};

static void take_option(void *arg, const char *option, const char *value)
{
	for (struct khs_config_value *v = arg; v->option; v++)
		if (!strcmp(option + strlen("CONFIG_"), v->option))
			snprintf(v->value, sizeof(v->value), "%s", value);
}

static void take_proofs(const struct khs_facts *facts, struct khs_config_value *values)
{
	for (struct khs_config_value *v = values; v->option; v++) {
		v->value[0] = '\0';
		for (size_t i = 0; i < LEN(proofs); i++)
			if (!strcmp(proofs[i].option, v->option) &&
			    khs_known(facts, proofs[i].proof))
				snprintf(v->value, sizeof(v->value), "y");
	}
}

struct khs_config_value *khs_pick_config(struct khs *k, const char **why)
{
	struct khs_config_value *values = calloc(LEN(options) + 1, sizeof(*values));

	if (!values)
		return NULL;
	for (size_t i = 0; i < LEN(options); i++)
		values[i].option = options[i];
	if (khs_config_read(&k->kernel, take_option, values, why))
		*why = NULL;
	else
		take_proofs(&k->kernel.facts, values);
	return values;
}
