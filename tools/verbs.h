/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The door that the command line tool and the crash extension share: the same verbs, options and
 * words. Parsing needs no dump, so bad usage is told before one is opened; running needs an open
 * one. It neither opens nor closes dumps, and prints nothing but what a verb or its help prints: a
 * complaint is handed back for the caller to say in its own way, with khs_say().
 */
#ifndef KHS_TOOLS_VERBS_H
#define KHS_TOOLS_VERBS_H

#include "khoscope.h"

struct khs_outputs;

enum khs_door {
	KHS_DOOR_CLI = 1,
	KHS_DOOR_CRASH = 2,
};

enum khs_verb {
	KHS_VERB_STATUS,
	KHS_VERB_LIST,
	KHS_VERB_PAGE,
	KHS_VERB_OWNERS,
	KHS_VERB_CHECK,
	KHS_VERB_REPORT,
	KHS_VERB_MAP,
	KHS_VERB_COVERAGE,
	KHS_VERB_PREFLIGHT,
	KHS_VERB_FACTS,
	KHS_VERB_FDT,
	KHS_VERB_DIFF,
	KHS_VERB_EXPLAIN, /* from here on no dump is needed */
	KHS_VERB_HELP,
	KHS_VERB_VERSION,
	KHS_NR_VERBS,
};

/*
 * Exit statuses, the same for every verb; FOUND and UNJUDGED are of check, report, preflight and
 * diff alone, and FOUND of facts --verify.
 */
enum khs_exit {
	KHS_EXIT_OK = 0,
	KHS_EXIT_FOUND = 1,         /* a finding of severity warning or error */
	KHS_EXIT_FAILED = 2,        /* bad usage, no usable dump, or no answer to be had */
	KHS_EXIT_UNJUDGED = 3,      /* nothing found, but part of the dump could not be judged */
	KHS_EXIT_INTERRUPTED = 130, /* as shells say of SIGINT */
};

/* Whether to use colours. AUTO is for the door to settle, who knows where the output goes. */
enum khs_colour { KHS_COLOUR_AUTO, KHS_COLOUR_ALWAYS, KHS_COLOUR_NEVER };

/* What was asked. Strings point into the arguments. */
struct khs_command {
	enum khs_door door;
	enum khs_verb verb;
	enum khs_verb topic; /* of help; KHS_NR_VERBS: of everything */
	bool json;
	enum khs_colour colour;
	struct khs_style style;     /* all zero; for the door to fill in before it runs the verb */
	struct khs_filter filter;   /* list; owners and map, what they take of it */
	const char *as;             /* preflight: a name of khs_generation(), or NULL */
	const char *explain;        /* a finding or a class; NULL: list them */
	bool has_address;           /* owners of one page */
	enum khs_address_kind kind; /* page, owners */
	uint64_t address;
	struct khs_fdt_options fdt; /* fdt */
	struct khs_diff_options diff; /* diff */
	const char *output;         /* report: a folder or a file; NULL: the screen */
	struct khs_outputs *outputs; /* its files, if the door has made them; else the verb does */
	const char *dump_name;      /* report: what the dump is called, if the command names none */
	bool verify;                /* facts: from every source */
	/* diff: each range; check: each finding whole; coverage: what was left out on purpose */
	bool all;

	/* The command line only. */
	const char *dump; /* NULL for a verb that needs none */
	const char *old_dump; /* diff: the earlier one; else NULL */
	const char *vmlinux;
	const char *old_vmlinux; /* diff */
	unsigned int jobs; /* 0: not said */
	const char *btf, *system_map;
	bool any_build_id;
	bool no_sandbox;
	bool quiet;

	char problem[256]; /* why parsing failed: one line, not sanitised */
};

/* @argv[0] is the name of the command; false, and @cmd->problem says why, on bad usage. */
bool khs_command_parse(enum khs_door door, int argc, char *const argv[], struct khs_command *cmd);

/* Whether khs_command_run() needs a handle. */
bool khs_command_needs_dump(const struct khs_command *cmd);

/*
 * Does it, printing to @out; returns an enum khs_exit. *@err is NULL or what to tell the user,
 * owned by the caller. INTERRUPTED without an error: what was known by then was printed.
 */
int khs_command_run(struct khs *k, const struct khs_command *cmd, FILE *out,
		    struct khs_error **err);

/* As above, for a verb that has an old_dump: @old is that. */
int khs_command_run_pair(struct khs *old, struct khs *k, const struct khs_command *cmd, FILE *out,
			 struct khs_error **err);

/* What to say to a person whose interrupt left a part of an answer. */
#define KHS_PARTIAL "interrupted: what is printed is what was known by then"

/* "WHO: KIND: MESSAGE" and a newline, sanitised; @kind ("warning") may be NULL. */
void khs_say(FILE *out, const char *who, const char *kind, const char *message);

#endif
