/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that asks debuginfod servers, which the sandbox must not. It is made before a byte of a
 * dump is read, is told nothing but build-ids, and gives back names of files; so nothing of a dump
 * is read by anybody who has the network.
 */
#ifndef KHS_TOOLS_FETCH_H
#define KHS_TOOLS_FETCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct khs_fetcher {
	pid_t pid; /* 0: there is none */
	int socket;
};

/*
 * Starts it if DEBUGINFOD_URLS names servers, and takes that away from this process, whose
 * libraries would ask them as well. False if there are none, or it can't be started.
 */
bool khs_fetcher_start(struct khs_fetcher *f);
void khs_fetcher_stop(struct khs_fetcher *f);

/* As khs_options.fetch. @progress is called with @arg meanwhile; @interrupted ends it. */
int khs_fetcher_ask(const struct khs_fetcher *f, const char *build_id,
		    void (*progress)(void *arg, const char *what, uint64_t done, uint64_t total),
		    bool (*interrupted)(void *arg), void *arg, char **path);

#endif
