// SPDX-License-Identifier: GPL-2.0-or-later
#include "check.h"

/* X(finding id, what it says, who finds it): the order is the order of the output. */
#define CHECKS(X) \
	X("raw-page", "a struct page that this kernel never initialised", khs_check_pages) \
	X("half-init", "a struct page in a state no life cycle leaves", khs_check_pages) \
	X("stale-mark", "a KHO mark where none may be", khs_check_pages) \
	X("order-mismatch", "a mark inside the block of another mark", khs_check_pages) \
	X("cross-node", "a preservation that spans memory nodes", khs_check_spans) \
	X("cross-zone", "a preservation that spans zones of one node", khs_check_spans) \
	X("not-ram", "a preservation that covers what is no RAM", khs_check_not_ram) \
	X("overlap", "outgoing preservations that share pages", khs_check_overlap) \
	X("freed-preserved", "an outgoing preservation that holds free pages", khs_check_freed) \
	X("in-scratch", "a preservation, mark or map page in a scratch area", khs_check_scratch) \
	X("leftover-split", "a mark that a restore across a node boundary left behind", \
	  khs_check_split) \
	X("tracker-damage", "a node of the outgoing map that can't be what it should", \
	  khs_check_tracker) \
	X("map-mismatch", "the tracker and the map serialized from it disagree", \
	  khs_check_serialized) \
	X("image-mismatch", "the loaded kexec image hands over other things than kho_out's", \
	  khs_check_image) \
	X("orphan", "a preservation that nobody owns", khs_check_orphan) \
	X("leak", "a preservation that is over, and still there", khs_check_leak) \
	X("blob-uncovered", "what the next kernel must find, and the map doesn't preserve", \
	  khs_check_owners) \
	X("blob-damage", "a subtree's blob that can't be what it should", khs_check_owners) \
	X("vmalloc-damage", "a vmalloc preservation that can't be restored", khs_check_owners) \
	X("luo-mismatch", "LUO's lists, counts and arrays disagree", khs_check_owners) \
	X("memfd-damage", "a preserved memfd that can't be restored", khs_check_owners)

#define INFO(id, summary, fn) { id, summary },
#define FN(id, summary, fn) fn,

const struct khs_check_info khs_check_infos[] = { CHECKS(INFO) };
khs_check_fn *const khs_check_fns[] = { CHECKS(FN) };
const size_t khs_nr_checks = sizeof(khs_check_infos) / sizeof(khs_check_infos[0]);
