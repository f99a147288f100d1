// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"
#include "outputs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define V(verb) (1u << KHS_VERB_##verb)
#define ANSWERS                                                                  \
	(V(STATUS) | V(LIST) | V(PAGE) | V(OWNERS) | V(CHECK) | V(REPORT) | V(MAP) |   \
	 V(COVERAGE) | V(PREFLIGHT) | V(FACTS) | V(FDT) | V(DIFF))
#define ANY ((1u << KHS_NR_VERBS) - 1)
#define BOTH (KHS_DOOR_CLI | KHS_DOOR_CRASH)

bool khs_parse_number(const char *s, uint64_t *ret)
{
	bool hex = s[0] == '0' && (s[1] == 'x' || s[1] == 'X');
	const char *digits = hex ? s + 2 : s;
	size_t n = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");

	if (!n || digits[n])
		return false;
	errno = 0;
	*ret = strtoull(digits, NULL, hex ? 16 : 10);
	return !errno;
}

static bool set_vmlinux(struct khs_command *cmd, const char *arg)
{
	cmd->vmlinux = arg;
	return *arg;
}

static bool set_btf(struct khs_command *cmd, const char *arg)
{
	cmd->btf = arg;
	return *arg;
}

static bool set_system_map(struct khs_command *cmd, const char *arg)
{
	cmd->system_map = arg;
	return *arg;
}

static bool set_old_vmlinux(struct khs_command *cmd, const char *arg)
{
	cmd->old_vmlinux = arg;
	return *arg;
}

static bool set_node(struct khs_command *cmd, const char *arg)
{
	uint64_t n;

	cmd->filter.by_node = true;
	cmd->filter.node = KHS_NO_NODE;
	if (!strcmp(arg, "none"))
		return true;
	if (!khs_parse_number(arg, &n) || n > INT32_MAX)
		return false;
	cmd->filter.node = (int)n;
	return true;
}

static bool set_order(struct khs_command *cmd, const char *arg)
{
	uint64_t n;

	if (!khs_parse_number(arg, &n) || n >= KHS_ORDERS)
		return false;
	cmd->filter.by_order = true;
	cmd->filter.order = (unsigned int)n;
	return true;
}

static bool set_range(struct khs_command *cmd, const char *arg)
{
	const char *sep = arg + strcspn(arg, "-+");
	char first[24];
	uint64_t second;

	if (!*sep || (size_t)(sep - arg) >= sizeof(first))
		return false;
	memcpy(first, arg, (size_t)(sep - arg));
	first[sep - arg] = '\0';
	if (!khs_parse_number(first, &cmd->filter.start) || !khs_parse_number(sep + 1, &second))
		return false;
	cmd->filter.end = second;
	if (*sep == '+' && __builtin_add_overflow(cmd->filter.start, second, &cmd->filter.end))
		return false;
	return cmd->filter.end > cmd->filter.start;
}

static bool set_direction(struct khs_command *cmd, const char *arg)
{
	if (!strcmp(arg, "out"))
		cmd->filter.directions = KHS_OUT;
	else if (!strcmp(arg, "in"))
		cmd->filter.directions = KHS_IN;
	return cmd->filter.directions;
}

static bool set_as(struct khs_command *cmd, const char *arg)
{
	for (size_t i = 0; khs_generation(i); i++)
		if (!strcmp(khs_generation(i), arg))
			cmd->as = khs_generation(i);
	return cmd->as;
}

static bool set_color(struct khs_command *cmd, const char *arg)
{
	static const char *const names[] = {
		[KHS_COLOUR_AUTO] = "auto", [KHS_COLOUR_ALWAYS] = "always",
		[KHS_COLOUR_NEVER] = "never",
	};

	for (size_t i = 0; i < KHS_LEN(names); i++) {
		cmd->colour = (enum khs_colour)i;
		if (!strcmp(names[i], arg))
			return true;
	}
	return false;
}

static bool set_jobs(struct khs_command *cmd, const char *arg)
{
	uint64_t n;

	if (!khs_parse_number(arg, &n) || !n || n > INT32_MAX)
		return false;
	cmd->jobs = (unsigned int)n;
	return true;
}

static bool set_output(struct khs_command *cmd, const char *arg)
{
	cmd->output = arg;
	return khs_outputs_place_ok(arg);
}

static bool set_limit(struct khs_command *cmd, const char *arg)
{
	return khs_parse_number(arg, &cmd->filter.limit) && cmd->filter.limit;
}

#define FLAG(member) NULL, offsetof(struct khs_command, member), 0
#define INSTEAD(verb) NULL, 0, KHS_VERB_##verb
#define SET(name) set_##name, 0, 0

/* The one table of options. */
const struct khs_option khs_option_table[] = {
	{ ANSWERS, BOTH, "json", 0, 'j', NULL, NULL,
	  "print JSON (docs/json.md) instead of text", FLAG(json) },
	{ V(LIST) | V(MAP), BOTH, "node", 'n', 'n', "N", "the number of a node, or none",
	  "only node N; none: what is of no known node", SET(node) },
	{ V(LIST), BOTH, "order", 'O', 'O', "N", "an order, 0 to 63",
	  "ranges of 2^N pages", SET(order) },
	{ V(LIST) | V(MAP), BOTH, "range", 'r', 'r', "RANGE", "pfns, START-END or START+COUNT",
	  "ranges that touch pfns START-END (END is outside)\nor START+COUNT", SET(range) },
	{ V(LIST) | V(OWNERS), BOTH, "direction", 'd', 'd', "WAY", "in or out",
	  "out: preserved for the next kernel;\n"
	  "in: handed over, not restored yet", SET(direction) },
	{ V(LIST) | V(OWNERS) | V(COVERAGE), BOTH, "limit", 'l', 'l', "N",
	  "a number of ranges, 1 or more",
	  "list, coverage: stop after N ranges;\n"
	  "owners: show N ranges of each owner instead of 4", SET(limit) },
	{ V(FDT), BOTH, "hexdump", 'x', 'x', NULL, NULL,
	  "print what is not decoded, too: whatever it is that\nwas preserved there",
	  FLAG(fdt.bytes) },
	{ V(PREFLIGHT), BOTH, "as", 0, 'a', "VERSION",
	  "6.16, 6.17, 6.18, 6.19, 7.0, 7.1, 7.2, 7.2.13 or 7.3",
	  "the next kernel is this one; without it, one like\nthe dumped kernel", SET(as) },
	{ V(REPORT), BOTH, "output", 'o', 'o', "PLACE",
	  "a folder, or a file that ends in .html, .txt or .json",
	  "a file .html, .txt or .json; a folder (made if it\n"
	  "ends in /) gets all three", SET(output) },
	{ V(DIFF) | V(CHECK) | V(COVERAGE), BOTH, "all", 'a', 0, NULL, NULL,
	  "diff: list every range, not those alone that surprise;\n"
	  "check: print whole what another finding explains;\n"
	  "coverage: list memory that was left out on purpose,\ntoo", FLAG(all) },
	{ V(DIFF), KHS_DOOR_CLI, "force", 'f', 0, NULL, NULL,
	  "compare even what is not of consecutive boots of one\nmachine", FLAG(diff.force) },
	{ V(DIFF), KHS_DOOR_CLI, "old-vmlinux", 0, 0, "FILE", "a file",
	  "of OLD, if --vmlinux is of NEW alone", SET(old_vmlinux) },
	{ ANSWERS, KHS_DOOR_CLI, "vmlinux", 'k', 0, "FILE", "a file",
	  "symbols and types from this vmlinux; without it,\nfrom the dump itself", SET(vmlinux) },
	{ ANSWERS & ~V(DIFF), KHS_DOOR_CLI, "btf", 0, 0, "FILE", "a file",
	  "types from this BTF, raw or of an ELF file", SET(btf) },
	{ ANSWERS & ~V(DIFF), KHS_DOOR_CLI, "system-map", 0, 0, "FILE", "a file",
	  "symbols from this System.map", SET(system_map) },
	{ V(FACTS), BOTH, "verify", 0, 0, NULL, NULL,
	  "each fact from every source that has it; exit status\n1 if two disagree", FLAG(verify) },
	{ ANSWERS, KHS_DOOR_CLI, "any-build-id", 0, 0, NULL, NULL,
	  "take such a file even if it is of another build:\n"
	  "every offset may be wrong, and so every answer", FLAG(any_build_id) },
	{ V(CHECK) | V(MAP) | V(PREFLIGHT) | V(EXPLAIN), BOTH, "color", 0, 0, "WHEN",
	  "auto, always or never", "colours: auto is on a terminal, unless NO_COLOR is set;\n"
	  "never in crash", SET(color) },
	{ ANSWERS, KHS_DOOR_CLI, "jobs", 'j', 0, "N", "a number of threads, 1 or more",
	  "read struct pages with N threads; without it, one for\neach processor", SET(jobs) },
	{ ANSWERS, KHS_DOOR_CLI, "no-sandbox", 0, 0, NULL, NULL,
	  "keep all that the process may do while it reads dumps", FLAG(no_sandbox) },
	{ ANY, KHS_DOOR_CLI, "quiet", 'q', 0, NULL, NULL,
	  "no warnings, no progress", FLAG(quiet) },
	{ ANY, BOTH, "help", 'h', 'h', NULL, NULL, "print this", INSTEAD(HELP) },
	{ ANY, BOTH, "version", 'V', 'V', NULL, NULL, "print the version", INSTEAD(VERSION) },
	{ .name = NULL },
};

_Static_assert(KHS_LEN(khs_option_table) <= KHS_MAX_OPTIONS, "KHS_MAX_OPTIONS is too small");
