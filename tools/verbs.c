// SPDX-License-Identifier: GPL-2.0-or-later
#include "verbs.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/sanitize.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_WORDS 3 /* page ADDR VMCORE, less the verb, and one to complain about */

#define V(verb) (1u << KHS_VERB_##verb)
#define ANSWERS (V(STATUS) | V(LIST) | V(PAGE) | V(CHECK) | V(FACTS))
#define ANY ((1u << KHS_NR_VERBS) - 1)
#define BOTH (KHS_DOOR_CLI | KHS_DOOR_CRASH)

/* ---- numbers and addresses ------------------------------------------------------------------ */

/* All of @s as decimal or 0x hexadecimal digits: no sign, no blanks, no octal. */
static bool number(const char *s, uint64_t *ret)
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

/* As number(), and also ffff888000000000, the way the kernel and crash print addresses. */
static bool address_number(const char *s, uint64_t *ret)
{
	if (number(s, ret))
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
	for (size_t i = 0; i < LEN(address_kinds); i++) {
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

/* ---- options -------------------------------------------------------------------------------- */

static bool set_vmlinux(struct khs_command *cmd, const char *arg)
{
	cmd->vmlinux = arg;
	return *arg;
}

static bool set_node(struct khs_command *cmd, const char *arg)
{
	uint64_t n;

	cmd->filter.by_node = true;
	cmd->filter.node = KHS_NO_NODE;
	if (!strcmp(arg, "none"))
		return true;
	if (!number(arg, &n) || n > INT32_MAX)
		return false;
	cmd->filter.node = (int)n;
	return true;
}

static bool set_order(struct khs_command *cmd, const char *arg)
{
	uint64_t n;

	if (!number(arg, &n) || n >= KHS_ORDERS)
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
	if (!number(first, &cmd->filter.start) || !number(sep + 1, &second))
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

static bool set_limit(struct khs_command *cmd, const char *arg)
{
	return number(arg, &cmd->filter.limit) && cmd->filter.limit;
}

struct option {
	unsigned int verbs; /* that take it */
	unsigned int doors; /* that have it */
	const char *name;
	char cli, crash;    /* the one letter form at each door; 0: none */
	const char *arg;    /* NULL: takes no argument */
	const char *wants;  /* what the argument has to be */
	const char *help;   /* lines of at most 52 columns */
	bool (*set)(struct khs_command *cmd, const char *arg); /* false: not what it wants */
	size_t flag;        /* without set: offset of a bool in struct khs_command to make true */
	enum khs_verb verb; /* without either: the verb to do instead */
};

#define FLAG(member) NULL, offsetof(struct khs_command, member), 0
#define INSTEAD(verb) NULL, 0, KHS_VERB_##verb
#define SET(name) set_##name, 0, 0

/* The one table of options. The command line keeps -j free. */
static const struct option options[] = {
	{ ANSWERS, BOTH, "json", 0, 'j', NULL, NULL,
	  "print JSON (docs/json.md) instead of text", FLAG(json) },
	{ V(LIST), BOTH, "node", 'n', 'n', "N", "the number of a node, or none",
	  "ranges of node N; none: of no known node", SET(node) },
	{ V(LIST), BOTH, "order", 'O', 'O', "N", "an order, 0 to 63",
	  "ranges of 2^N pages", SET(order) },
	{ V(LIST), BOTH, "range", 'r', 'r', "RANGE", "pfns, START-END or START+COUNT",
	  "ranges that touch pfns START-END (END is outside)\nor START+COUNT", SET(range) },
	{ V(LIST), BOTH, "direction", 'd', 'd', "WAY", "in or out",
	  "out: preserved for the next kernel;\n"
	  "in: handed over, not restored yet", SET(direction) },
	{ V(LIST), BOTH, "limit", 'l', 'l', "N", "a number of ranges, 1 or more",
	  "stop after N ranges", SET(limit) },
	{ ANSWERS, KHS_DOOR_CLI, "vmlinux", 'k', 0, "FILE", "a file",
	  "symbols and types from this vmlinux; without it,\nfrom the dump itself", SET(vmlinux) },
	{ ANSWERS, KHS_DOOR_CLI, "any-build-id", 0, 0, NULL, NULL,
	  "take the vmlinux even if it is of another build:\n"
	  "every offset may be wrong, and so every answer", FLAG(any_build_id) },
	{ ANY, KHS_DOOR_CLI, "quiet", 'q', 0, NULL, NULL,
	  "no warnings, no progress", FLAG(quiet) },
	{ ANY, BOTH, "help", 'h', 'h', NULL, NULL, "print this", INSTEAD(HELP) },
	{ ANY, BOTH, "version", 'V', 'V', NULL, NULL, "print the version", INSTEAD(VERSION) },
};

static char letter_of(const struct option *o, enum khs_door door)
{
	return door == KHS_DOOR_CLI ? o->cli : o->crash;
}

/* ---- verbs ---------------------------------------------------------------------------------- */

struct run {
	struct khs *k;
	const struct khs_command *cmd;
	FILE *out;
	int status; /* an enum khs_exit */
};

static struct khs_error *run_status(struct run *r)
{
	return khs_print_status(r->k, r->out, r->cmd->json);
}

static struct khs_error *run_list(struct run *r)
{
	return khs_print_list(r->k, &r->cmd->filter, r->out, r->cmd->json);
}

static struct khs_error *run_page(struct run *r)
{
	return khs_print_page(r->k, r->cmd->kind, r->cmd->address, r->out, r->cmd->json);
}

static struct khs_error *run_check(struct run *r)
{
	int worst = -1;
	struct khs_error *err = khs_print_check(r->k, r->out, r->cmd->json, &worst);

	if (worst >= KHS_WARNING)
		r->status = KHS_EXIT_FOUND;
	else if (err ? khs_error_code(err) == KHS_ERR_NODATA : !khs_all_judged(r->k))
		r->status = KHS_EXIT_UNJUDGED;
	return err;
}

static struct khs_error *run_facts(struct run *r)
{
	return khs_print_facts(r->k, r->out, r->cmd->json);
}

static struct khs_error *run_help(struct run *r);
static struct khs_error *run_version(struct run *r);

static const struct verb {
	const char *name;
	const char *operand; /* besides the dump; NULL: none */
	const char *help;    /* at most 60 columns */
	struct khs_error *(*run)(struct run *r);
} verbs[KHS_NR_VERBS] = {
	[KHS_VERB_STATUS] = { "status", NULL,
		"the handover on one screen; done when no verb is named", run_status },
	[KHS_VERB_LIST] = { "list", NULL,
		"preserved ranges, outgoing and incoming", run_list },
	[KHS_VERB_PAGE] = { "page", "ADDR",
		"all that is known of one page", run_page },
	[KHS_VERB_CHECK] = { "check", NULL,
		"look for damage and print what was found", run_check },
	[KHS_VERB_FACTS] = { "facts", NULL,
		"each symbol and offset used, and where it came from", run_facts },
	[KHS_VERB_HELP] = { "help", "[VERB]",
		"print this, or the help of one verb", run_help },
	[KHS_VERB_VERSION] = { "version", NULL,
		"print the version", run_version },
};

static enum khs_verb verb_named(const char *word)
{
	enum khs_verb v = 0;

	while (v < KHS_NR_VERBS && strcmp(verbs[v].name, word))
		v++;
	return v;
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
	bool given[LEN(options)];
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
		verb = verb_named(word);
	p->verb_fixed = true;
	if (verb != KHS_NR_VERBS) {
		p->cmd->verb = verb;
		p->verb_named = true;
	} else if (p->nr_words < MAX_WORDS) {
		p->words[p->nr_words++] = word;
	}
}

/* @attached: the argument written behind the option, or NULL. */
static bool take_option(struct parser *p, const struct option *o, const char *attached)
{
	struct khs_command *cmd = p->cmd;
	const char *arg = attached;

	if (!o->arg && attached)
		return problem(cmd, "--%s takes no argument", o->name);
	if (o->arg && !arg && ++p->i < p->argc)
		arg = p->argv[p->i];
	if (o->arg && !arg)
		return problem(cmd, "--%s wants %s", o->name, o->wants);
	if (o->arg && p->given[o - options])
		return problem(cmd, "--%s is given twice", o->name);
	p->given[o - options] = true;
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

	for (size_t i = 0; i < LEN(options); i++) {
		const struct option *o = &options[i];

		if (!(o->doors & p->cmd->door) || strlen(o->name) != n ||
		    strncmp(o->name, name, n))
			continue;
		return take_option(p, o, name[n] ? name + n + 1 : NULL);
	}
	return problem(p->cmd, "unknown option --%.*s", (int)n, name);
}

static const struct option *option_lettered(enum khs_door door, char letter)
{
	for (size_t i = 0; i < LEN(options); i++)
		if ((options[i].doors & door) && letter_of(&options[i], door) == letter)
			return &options[i];
	return NULL;
}

/* One or more letters; the argument of the last is the rest, or the next argument. */
static bool take_short(struct parser *p, const char *letters)
{
	for (; *letters; letters++) {
		const struct option *o = option_lettered(p->cmd->door, *letters);

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

/* ADDR comes first, but a dump and an address can be told apart in either order. */
static bool parse_operand(struct parser *p)
{
	size_t n = p->nr_words > 1 && !like_address(p->words[0]) && like_address(p->words[1]);

	if (p->cmd->verb != KHS_VERB_PAGE)
		return true;
	if (!p->nr_words)
		return problem(p->cmd, "page wants an address: pfn:N, phys:ADDR, page:ADDR or "
			       "virt:ADDR");
	return parse_address(p->cmd, pull_word(p, n));
}

static bool parse_dump(struct parser *p)
{
	bool wanted = p->cmd->door == KHS_DOOR_CLI;

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
	for (size_t i = 0; i < LEN(options); i++)
		if (p->given[i] && !(options[i].verbs & 1u << p->cmd->verb))
			return problem(p->cmd, "--%s does not go with %s", options[i].name,
				       verbs[p->cmd->verb].name);
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

/* "help" and "help list"; "version". */
static bool parse_dumpless(struct parser *p)
{
	struct khs_command *cmd = p->cmd;

	if (!p->nr_words)
		return true;
	if (cmd->verb == KHS_VERB_VERSION || p->nr_words > 1)
		return problem(cmd, "%s: one argument too many", verbs[cmd->verb].name);
	cmd->topic = verb_named(p->words[0]);
	if (cmd->topic == KHS_NR_VERBS)
		return problem(cmd, "'%s' is not a verb", p->words[0]);
	return true;
}

bool khs_command_parse(enum khs_door door, int argc, char *const argv[], struct khs_command *cmd)
{
	struct parser p = { .cmd = cmd, .argc = argc, .argv = argv, .instead = KHS_NR_VERBS };

	*cmd = (struct khs_command){ .door = door, .topic = KHS_NR_VERBS };
	cmd->filter.size = sizeof(cmd->filter);
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
	return cmd->verb < KHS_VERB_HELP;
}

/* ---- help ----------------------------------------------------------------------------------- */

static const char *program(enum khs_door door)
{
	return door == KHS_DOOR_CLI ? "khoscope" : "kho";
}

static const char *dump_word(enum khs_door door)
{
	return door == KHS_DOOR_CLI ? " VMCORE" : "";
}

/* @left in @width columns, then the lines of @help below each other. */
static void put_entry(FILE *out, const char *left, int width, const char *help)
{
	size_t n = strcspn(help, "\n");

	fprintf(out, "  %-*s %.*s\n", width, left, (int)n, help);
	while (help[n]) {
		help += n + 1;
		n = strcspn(help, "\n");
		fprintf(out, "  %-*s %.*s\n", width, "", (int)n, help);
	}
}

static void put_option(FILE *out, const struct option *o, enum khs_door door)
{
	char letter = letter_of(o, door);
	char left[40];

	snprintf(left, sizeof(left), "%c%c%c --%s%s%s", letter ? '-' : ' ', letter ? letter : ' ',
		 letter ? ',' : ' ', o->name, o->arg ? " " : "", o->arg ? o->arg : "");
	put_entry(out, left, 22, o->help);
}

/* Options that any verb of @mask takes. */
static void put_options(FILE *out, enum khs_door door, unsigned int mask)
{
	fputs("\noptions:\n", out);
	for (size_t i = 0; i < LEN(options); i++)
		if ((options[i].doors & door) && (options[i].verbs & mask))
			put_option(out, &options[i], door);
}

static void put_addresses(FILE *out)
{
	static const struct {
		const char *left, *help;
	} forms[] = {
		{ "pfn:N", "a page frame number" },
		{ "phys:ADDR", "a physical address" },
		{ "page:ADDR", "the address of a struct page" },
		{ "virt:ADDR", "a kernel virtual address; \"virt:\" may be left out" },
	};

	fputs("\nADDR is one of (numbers are decimal, or 0x hexadecimal):\n", out);
	for (size_t i = 0; i < LEN(forms); i++)
		put_entry(out, forms[i].left, 22, forms[i].help);
}

static void put_statuses(FILE *out)
{
	fputs("\nexit status of check:\n"
	      "  0  nothing found, and all was judged\n"
	      "  1  a finding of severity warning or error\n"
	      "  2  bad usage, or a dump that cannot be opened\n"
	      "  3  nothing found, but part of the dump could not be judged\n", out);
}

static void put_overview(FILE *out, enum khs_door door)
{
	fprintf(out, "%s reads what Linux Kexec Handover (KHO) left in a dump.\n\n"
		     "usage: %s [VERB] [OPTIONS]%s\n\nverbs:\n",
		program(door), program(door), dump_word(door));
	for (enum khs_verb v = 0; v < KHS_NR_VERBS; v++) {
		char left[24];

		snprintf(left, sizeof(left), "%s%s%s", verbs[v].name, verbs[v].operand ? " " : "",
			 verbs[v].operand ? verbs[v].operand : "");
		put_entry(out, left, 16, verbs[v].help);
	}
	put_options(out, door, ANY);
	put_addresses(out);
	if (door == KHS_DOOR_CLI)
		put_statuses(out);
}

static void put_topic(FILE *out, enum khs_door door, enum khs_verb v)
{
	const struct verb *verb = &verbs[v];

	fprintf(out, "%s %s: %s\n\nusage: %s %s [OPTIONS]%s%s%s\n", program(door), verb->name,
		verb->help, program(door), verb->name, verb->operand ? " " : "",
		verb->operand ? verb->operand : "", v < KHS_VERB_HELP ? dump_word(door) : "");
	put_options(out, door, 1u << v);
	if (v == KHS_VERB_PAGE)
		put_addresses(out);
	if (v == KHS_VERB_CHECK && door == KHS_DOOR_CLI)
		put_statuses(out);
}

static struct khs_error *run_help(struct run *r)
{
	if (r->cmd->topic == KHS_NR_VERBS)
		put_overview(r->out, r->cmd->door);
	else
		put_topic(r->out, r->cmd->door, r->cmd->topic);
	return NULL;
}

static struct khs_error *run_version(struct run *r)
{
	fprintf(r->out, "khoscope %s\n", khs_version());
	return NULL;
}

/* ---- running -------------------------------------------------------------------------------- */

/* A pipe that nobody reads any more: "| head" has seen enough, which is no failure to report. */
static bool reader_gone(FILE *out)
{
	struct pollfd p = { .fd = fileno(out), .events = POLLOUT };

	return ferror(out) && p.fd >= 0 && poll(&p, 1, 0) == 1 && (p.revents & POLLERR);
}

int khs_command_run(struct khs *k, const struct khs_command *cmd, FILE *out,
		    struct khs_error **ret)
{
	struct run r = { .k = k, .cmd = cmd, .out = out };
	struct khs_error *err = verbs[cmd->verb].run(&r);

	*ret = NULL;
	if (!err)
		return r.status;
	if (khs_error_code(err) == KHS_ERR_IO && reader_gone(out))
		khs_error_free(err);
	else
		*ret = err;
	if (khs_error_code(*ret) == KHS_ERR_INTERRUPTED)
		return KHS_EXIT_INTERRUPTED;
	return r.status == KHS_EXIT_UNJUDGED ? r.status : KHS_EXIT_FAILED;
}

void khs_say(FILE *out, const char *who, const char *kind, const char *message)
{
	fprintf(out, "%s: %s%s", who, kind ? kind : "", kind ? ": " : "");
	khs_put_clean(out, message);
	putc('\n', out);
}
