/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file by its build-id from the debuginfod servers that the user has named in DEBUGINFOD_URLS.
 * The client is elfutils' own library, loaded if it is there. Knows no kernel; what it fetched it
 * does not look into.
 */
#ifndef KHS_FACTS_DEBUGINFOD_H
#define KHS_FACTS_DEBUGINFOD_H

#include <stdbool.h>
#include <stdint.h>

struct khs_debuginfod_watch {
	void *arg;
	void (*progress)(void *arg, uint64_t done, uint64_t total); /* bytes; 0: not known */
	bool (*interrupted)(void *arg);
};

/* Whether there are any servers. */
bool khs_debuginfod_named(void);

/*
 * The file with debug information of @build_id, which is hexadecimal. 0, and *@path, malloc()ed, is
 * in the client's cache; or an errno value: ELIBACC if the library can't be used.
 */
int khs_debuginfod_find(const char *build_id, const struct khs_debuginfod_watch *watch,
			char **path);

#endif
