/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/kcore for several threads. The kernel takes what it reads through one page that belongs
 * to the open file, and locks nothing (fs/proc/kcore.c: read_kcore_iter()): two reads by way of one
 * open file get each other's bytes. So this has it open several times, and lets one thread read by
 * each. It knows nothing of what is in there.
 */
#ifndef KHS_DUMP_KCORE_H
#define KHS_DUMP_KCORE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct khs_kcore;

/*
 * Opens what @fd is, as often as there are processors, if the system lets it: one is enough, @fd
 * itself, which stays the caller's and has to stay open. NULL if there is no memory.
 */
struct khs_kcore *khs_kcore_open(int fd);
void khs_kcore_close(struct khs_kcore *kcore);

/* As pread(); waits while all ways are taken. */
ssize_t khs_kcore_read(struct khs_kcore *kcore, void *buf, size_t len, uint64_t off);

#endif
