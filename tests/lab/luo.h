/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the Live Update Orchestrator keeps to itself, the same in 7.2 and 7.3. */
#pragma once

#include <linux/liveupdate.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <luo_internal.h>

/* luo_session.c */
struct luo_session_header {
	long count;
	struct list_head list;
	struct rw_semaphore rwsem;
	struct kho_block_set block_set;
	u64 *sessions_pa;
	bool active;
};

struct luo_session_global {
	struct luo_session_header incoming, outgoing;
};

/* luo_file.c */
struct luo_file {
	struct liveupdate_file_handler *fh;
	struct file *file;
	u64 serialized_data;
	void *private_data;
	int retrieve_status;
	struct mutex mutex;
	struct list_head list;
	u64 token;
};

extern unsigned long luo_session_global_addr;

static inline struct luo_session_global *luo_session_global(void)
{
	return (void *)luo_session_global_addr;
}
