/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the door share and nobody else sees: the table of verbs (verbs.c), the table of
 * options (options.c), and what parsing (parse.c) and help (help.c) need of them.
 */
#ifndef KHS_TOOLS_COMMAND_H
#define KHS_TOOLS_COMMAND_H

#include "verbs.h"

#define KHS_LEN(a) (sizeof(a) / sizeof((a)[0]))

struct khs_run_verb {
	struct khs *k;
	struct khs *old; /* diff */
	const struct khs_command *cmd;
	FILE *out;
	int status; /* an enum khs_exit */
};

struct khs_verb_info {
	const char *name;
	const char *operand; /* besides the dump; NULL: none */
	const char *help;    /* at most 60 columns */
	struct khs_error *(*run)(struct khs_run_verb *r);
};

extern const struct khs_verb_info khs_verbs[KHS_NR_VERBS];

/* KHS_NR_VERBS if there is none of that name. */
enum khs_verb khs_verb_named(const char *word);

struct khs_option {
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

/* Ends with one that has no name. */
extern const struct khs_option khs_option_table[];

/* More than there are. */
#define KHS_MAX_OPTIONS 32

/* All of @s as decimal or 0x hexadecimal digits: no sign, no blanks, no octal. */
bool khs_parse_number(const char *s, uint64_t *ret);

static inline char khs_option_letter(const struct khs_option *o, enum khs_door door)
{
	return door == KHS_DOOR_CLI ? o->cli : o->crash;
}

struct khs_error *khs_run_report(struct khs_run_verb *r);

/* The verbs help and version. */
struct khs_error *khs_run_help(struct khs_run_verb *r);
struct khs_error *khs_run_version(struct khs_run_verb *r);

#endif
