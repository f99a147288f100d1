// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_WORDS 4 /* fdt in NAME VMCORE, less the verb, and one to complain about */

/* ---- addresses ------------------------------------------------------------------------------ */

/* As khs_parse_number(), and also ffff888000000000, as the kernel and crash print addresses. */
static bool address_number(const char *s, uint64_t *ret)
{
	if (khs_parse_number(s, ret))
		return true;
	if ((s[0] != 'f' && s[0] != 'F') || strspn(s, "0123456789abcdefABCDEF") != 16 || s[16])
		return false;
	*ret = strtoull(s, NULL, 16);
	return true;
}

static const struct {
	const char *prefix;
	enum khs_address_kind kind;
} address_kinds[] = {
	{ "pfn:", KHS_ADDR_PFN },
	{ "phys:", KHS_ADDR_PHYS },
	{ "page:", KHS_ADDR_PAGE },
	{ "virt:", KHS_ADDR_VIRT },
};

/* The length of the prefix that says what kind of address @s is; 0 if it has none. */
static size_t address_prefix(const char *s, enum khs_address_kind *kind)
{
	for (size_t i = 0; i < KHS_LEN(address_kinds); i++) {
		size_t n = strlen(address_kinds[i].prefix);

		if (strncmp(s, address_kinds[i].prefix, n))
			continue;
		*kind = address_kinds[i].kind;
		return n;
	}
	return 0;
}

/* Whether @s is meant to be an address: then it is no file name. */
static bool like_address(const char *s)
{
	enum khs_address_kind kind;
	uint64_t ignored;

	return address_prefix(s, &kind) || address_number(s, &ignored);
}

/* ---- parsing -------------------------------------------------------------------------------- */

struct parser {
	struct khs_command *cmd;
	int argc;
	char *const *argv;
	int i;             /* the argument under work */
	const char *words[MAX_WORDS]; /* neither options nor the verb */
	size_t nr_words;
	bool verb_named;
	bool verb_fixed;   /* named, or too late to name one */
	bool only_words;   /* "--" was seen */
	enum khs_verb instead; /* of the verb: asked for by an option; KHS_NR_VERBS: nothing */
	bool given[KHS_MAX_OPTIONS];
};

/* Notes why parsing fails, and fails. */
__attribute__((format(printf, 2, 3)))
static bool problem(struct khs_command *cmd, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd->problem, sizeof(cmd->problem), fmt, ap);
	va_end(ap);
	return false;
}

static void take_word(struct parser *p, const char *word)
{
	enum khs_verb verb = KHS_NR_VERBS;

	/* After "--" even "check" is a file. */
	if (!p->verb_fixed && !p->only_words)
		verb = khs_verb_named(word);
	p->verb_fixed = true;
	if (verb != KHS_NR_VERBS) {
		p->cmd->verb = verb;
		p->verb_named = true;
	} else if (p->nr_words < MAX_WORDS) {
		p->words[p->nr_words++] = word;
	}
}

/* @attached: the argument written behind the option, or NULL. */
static bool take_option(struct parser *p, const struct khs_option *o, const char *attached)
{
	struct khs_command *cmd = p->cmd;
	const char *arg = attached;

	if (!o->arg && attached)
		return problem(cmd, "--%s takes no argument", o->name);
	if (o->arg && !arg && ++p->i < p->argc)
		arg = p->argv[p->i];
	if (o->arg && !arg)
		return problem(cmd, "--%s wants %s", o->name, o->wants);
	if (o->arg && p->given[o - khs_option_table])
		return problem(cmd, "--%s is given twice", o->name);
	p->given[o - khs_option_table] = true;
	if (o->set && !o->set(cmd, arg))
		return problem(cmd, "--%s wants %s, not '%s'", o->name, o->wants, arg);
	if (o->flag)
		*(bool *)((char *)cmd + o->flag) = true;
	else if (!o->set)
		p->instead = o->verb;
	return true;
}

static bool take_long(struct parser *p, const char *name)
{
	size_t n = strcspn(name, "=");

	for (const struct khs_option *o = khs_option_table; o->name; o++) {
		if (!(o->doors & p->cmd->door) || strlen(o->name) != n ||
		    strncmp(o->name, name, n))
			continue;
		return take_option(p, o, name[n] ? name + n + 1 : NULL);
	}
	return problem(p->cmd, "unknown option --%.*s", (int)n, name);
}

static const struct khs_option *option_lettered(enum khs_door door, char letter)
{
	for (const struct khs_option *o = khs_option_table; o->name; o++)
		if ((o->doors & door) && khs_option_letter(o, door) == letter)
			return o;
	return NULL;
}

/* One or more letters; the argument of the last is the rest, or the next argument. */
static bool take_short(struct parser *p, const char *letters)
{
	for (; *letters; letters++) {
		const struct khs_option *o = option_lettered(p->cmd->door, *letters);

		if (!o)
			return problem(p->cmd, "unknown option -%c", *letters);
		if (o->arg)
			return take_option(p, o, letters[1] ? letters + 1 : NULL);
		if (!take_option(p, o, NULL))
			return false;
	}
	return true;
}

static bool take(struct parser *p, const char *arg)
{
	if (p->only_words || arg[0] != '-' || !arg[1])
		take_word(p, arg);
	else if (arg[1] != '-')
		return take_short(p, arg + 1);
	else if (arg[2])
		return take_long(p, arg + 2);
	else
		p->only_words = true;
	return true;
}

/* Takes word @n out of the list. */
static const char *pull_word(struct parser *p, size_t n)
{
	const char *word = p->words[n];

	p->nr_words--;
	memmove(&p->words[n], &p->words[n + 1], (p->nr_words - n) * sizeof(p->words[0]));
	return word;
}

static bool parse_address(struct khs_command *cmd, const char *word)
{
	size_t prefix = address_prefix(word, &cmd->kind);

	if (!address_number(word + prefix, &cmd->address))
		return problem(cmd, "'%s' is no address: write pfn:N, phys:ADDR, page:ADDR or "
			       "virt:ADDR", word);
	if (prefix)
		return true;
	if (!(cmd->address >> 63))
		return problem(cmd, "%s may be many things: write pfn:%s, phys:%s, page:ADDR or "
			       "virt:ADDR", word, word, word);
	cmd->kind = KHS_ADDR_VIRT; /* no pfn and no physical address has the top bit */
	return true;
}

/* A direction, then a name, then (where there is one) the dump. */
static bool parse_subtree(struct parser *p)
{
	struct khs_fdt_options *fdt = &p->cmd->fdt;
	size_t last = p->cmd->door == KHS_DOOR_CLI;

	if (p->nr_words && !strcmp(p->words[0], "in"))
		fdt->directions = KHS_IN;
	else if (p->nr_words && !strcmp(p->words[0], "out"))
		fdt->directions = KHS_OUT;
	if (fdt->directions)
		pull_word(p, 0);
	if (p->nr_words > last)
		fdt->name = pull_word(p, 0);
	if (fdt->bytes && p->cmd->json)
		return problem(p->cmd, "--hexdump does not go with --json");
	return true;
}

/* ADDR comes first, but a dump and an address can be told apart in either order. */
static bool parse_operand(struct parser *p)
{
	size_t n = p->nr_words > 1 && !like_address(p->words[0]) && like_address(p->words[1]);

	if (p->cmd->verb == KHS_VERB_FDT)
		return parse_subtree(p);
	p->cmd->has_address = p->cmd->verb == KHS_VERB_PAGE ||
			      (p->cmd->verb == KHS_VERB_OWNERS && p->nr_words > n &&
			       like_address(p->words[n]));
	if (!p->cmd->has_address)
		return true;
	if (!p->nr_words)
		return problem(p->cmd, "page wants an address: pfn:N, phys:ADDR, page:ADDR or "
			       "virt:ADDR");
	return parse_address(p->cmd, pull_word(p, n));
}

static bool parse_old_dump(struct parser *p)
{
	if (p->cmd->door != KHS_DOOR_CLI)
		return problem(p->cmd, "diff takes two dumps: it is for the command line, khoscope "
			       "diff OLD NEW");
	if (p->nr_words < 2 || !*p->words[0])
		return problem(p->cmd, "diff wants two dumps: OLD NEW");
	p->cmd->old_dump = pull_word(p, 0);
	return true;
}

static bool parse_dump(struct parser *p)
{
	bool wanted = p->cmd->door == KHS_DOOR_CLI;

	if (p->cmd->output && p->cmd->json)
		return problem(p->cmd, "--json does not go with --output: name a file that ends in "
			       ".json");
	if (p->cmd->verb == KHS_VERB_DIFF && !parse_old_dump(p))
		return false;
	if (wanted && (!p->nr_words || !*p->words[0]))
		return problem(p->cmd, "no VMCORE is named");
	if (wanted)
		p->cmd->dump = pull_word(p, 0);
	if (!p->nr_words)
		return true;
	if (wanted)
		return problem(p->cmd, "one VMCORE at a time, not '%s' and '%s' (is one of them "
			       "meant as a verb?)", p->cmd->dump, p->words[0]);
	return problem(p->cmd, "'%s' is not a verb, or one argument too many", p->words[0]);
}

static bool options_fit(struct parser *p)
{
	for (const struct khs_option *o = khs_option_table; o->name; o++)
		if (p->given[o - khs_option_table] && !(o->verbs & 1u << p->cmd->verb))
			return problem(p->cmd, "--%s does not go with %s", o->name,
				       khs_verbs[p->cmd->verb].name);
	return true;
}

/* "list --help": whatever else was asked, this can be answered. */
static bool parse_instead(struct parser *p)
{
	if (p->verb_named && p->cmd->verb < KHS_VERB_HELP)
		p->cmd->topic = p->cmd->verb;
	p->cmd->verb = p->instead;
	return true;
}

/* "help" and "help list"; "explain" and "explain raw-page"; "version". */
static bool parse_dumpless(struct parser *p)
{
	struct khs_command *cmd = p->cmd;

	if (!p->nr_words)
		return true;
	if (cmd->verb == KHS_VERB_VERSION || p->nr_words > 1)
		return problem(cmd, "%s: one argument too many", khs_verbs[cmd->verb].name);
	if (cmd->verb == KHS_VERB_EXPLAIN) {
		cmd->explain = p->words[0];
		return true;
	}
	cmd->topic = khs_verb_named(p->words[0]);
	if (cmd->topic == KHS_NR_VERBS)
		return problem(cmd, "'%s' is not a verb", p->words[0]);
	return true;
}

bool khs_command_parse(enum khs_door door, int argc, char *const argv[], struct khs_command *cmd)
{
	struct parser p = { .cmd = cmd, .argc = argc, .argv = argv, .instead = KHS_NR_VERBS };

	*cmd = (struct khs_command){ .door = door, .topic = KHS_NR_VERBS };
	cmd->style.size = sizeof(cmd->style);
	cmd->filter.size = sizeof(cmd->filter);
	cmd->fdt.size = sizeof(cmd->fdt);
	cmd->diff.size = sizeof(cmd->diff);
	for (p.i = 1; p.i < argc; p.i++)
		if (!take(&p, argv[p.i]))
			return false;
	if (p.instead != KHS_NR_VERBS)
		return parse_instead(&p);
	if (!options_fit(&p))
		return false;
	if (!khs_command_needs_dump(cmd))
		return parse_dumpless(&p);
	return parse_operand(&p) && parse_dump(&p);
}

bool khs_command_needs_dump(const struct khs_command *cmd)
{
	return cmd->verb < KHS_VERB_EXPLAIN;
}

