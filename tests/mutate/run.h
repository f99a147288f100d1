/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One run of the tool, and what has to hold of it whatever the dump: it ends by itself, in bounded
 * time and memory, with a status of its own, and prints what can be read.
 */
#ifndef TESTS_MUTATE_RUN_H
#define TESTS_MUTATE_RUN_H

#include <stdbool.h>
#include <stdint.h>

struct limits {
	unsigned int cpu_seconds;
	unsigned int mebibytes; /* resident; of the address space, too, if not @sanitized */
	bool sanitized;
};

struct verdict {
	char wrong[160]; /* "" if nothing is */
	int status;
	double cpu_seconds;
	uint64_t kibibytes;  /* resident, at most */
	uint64_t findings;
};

/*
 * Runs @argv, NULL at its end; @end_pfn: no finding about a struct page may be at or beyond. What
 * is on standard error is in the file at @log afterwards.
 */
struct verdict run_tool(char *const argv[], const struct limits *limits, uint64_t end_pfn,
			const char *log);

#endif
