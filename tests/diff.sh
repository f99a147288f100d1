#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# diff.sh: khoscope diff on real dumps: a dump against itself, against one it does not belong to, and
# two of one machine before and after a handover; and whose what was compared is, there and on dumps of
# kernels that never ran (tests/mkdump). What else it says of two boots is for tests/unit/diff.c.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
mkdump=${MKDUMP:-$build/tests/mkdump/mkdump}
. "$here/tap.sh"
command -v jq >/dev/null || { echo "jq is not installed"; exit 77; }
cd "$tmp" || exit 1

# run ARGUMENT...: leaves $status, ./out and ./err
run() {
	"$khoscope" diff "$@" >out 2>err </dev/null
	status=$?
}

# is JQ-CONDITION: of ./out
is() { [ -s out ] && jq -e "$1" out >jq.out; }

for name in a73-out-faults v72-in-retrieved v72-out-faults v73-in-faults v73-in-split v73-in-thp; do
	dump=$dumps/$name.kdump
	"$khoscope" status --json "$dump" >status.json
	want=$(jq '.kho.outgoing.ranges + .kho.incoming.pending_ranges' status.json)
	run --json "$dump" "$dump"
	check "$name: the same boot" is '.relation == "same boot"'
	check "$name: all of it is kept" is ".outcomes.kept.ranges == $want and $want > 0"
	check "$name: nothing else" is '[.outcomes[].ranges] | add == max'
	check "$name: no surprise" is '.surprises == false and .ranges == []'
	run --all --json "$dump" "$dump"
	check "$name: --all lists all of it" is "([.ranges[].ranges] | add) == $want"
done

healthy=$dumps/v72-in-retrieved.kdump
run "$dumps/v72-out-faults.kdump" "$healthy"
check "other boots: status 2" [ "$status" = 2 ]
check "other boots: one line" [ "$(wc -l <err)" = 1 ]
check "other boots: nothing on standard output" [ ! -s out ]
run --force --json "$dumps/v72-out-faults.kdump" "$healthy"
check "other boots, by force: told" is '.relation == "none" and .why != null'

# ---- a real handover: its guest logged two sessions, vm0 and vm1, of two memfds of 1 MiB each, that
# the next boot asked for vm0 and its files, and a reserve_mem region of 1 MiB (x73-pair-*.console)

# pages JQ-CONDITION: in ranges for which it holds
pages() { jq "[.ranges[] | select($1) | .pages] | add // 0" out; }

run --all --json "$dumps/x73-pair-before.kdump" "$dumps/x73-pair-after.kdump"
check "a handover: status 0" [ "$status" = 0 ]
check "a handover: the next boot" is '.relation == "next boot"'
check "a handover: everything has an owner" is 'all(.ranges[]; .owner != null)'
check "a handover: no owner changed" is '.reowned.ranges == 0 and all(.ranges[]; .reowned | not)'
for file in 0 1; do
	of="file 0x$file (memfd-v2) of LUO session"
	# The data, and the next kernel's freeing of the handle and the array.
	check "a handover: file $file of vm0 is restored" [ \
		"$(pages ".owner == \"$of vm0\" and .outcome == \"restored\"")" -ge 256 ]
	check "a handover: of file $file of vm0 nothing is pending" [ \
		"$(pages ".owner == \"$of vm0\" and .outcome == \"pending\"")" = 0 ]
	check "a handover: file $file of vm1 is pending" [ \
		"$(pages ".owner == \"$of vm1\" and .new_owner == .owner and .outcome == \"pending\"")" \
		-ge 256 ]
	check "a handover: of file $file of vm1 all is pending" [ \
		"$(pages ".owner == \"$of vm1\" and .outcome != \"pending\"")" = 0 ]
done
check "a handover: the region is carried on" [ \
	"$(pages '.owner == "reserve_mem region lab" and .again and .outcome == "pending"')" = 256 ]

# ---- kernels that never ran ----------------------------------------------------------------------

# make FILE LINE...
make() {
	local out=$1 line lines=()
	shift
	printf '%s\n' 'machine x86_64' 'node 0 0-128M' 'node 1 128M-192M' 'kernel 7.3' >case
	for line; do lines+=(--line "$line"); done
	"$mkdump" --layouts "$here/mkdump/layouts" "${lines[@]}" case "$out"
}

make old 'session vm0' 'memfd 1 size 1M at 0x5000' 'memfd 2 size 1M at 0x5100'
make new 'session vm0' 'memfd 1 size 1M at 0x5000' 'session vm1' 'memfd 2 size 1M at 0x5100'
run --all --json old new
check "one boot: status 0, though an owner changed" [ "$status" = 0 ]
check "one boot: it is one" is '.relation == "same boot"'
check "one boot: ranges end where their owner does" is '[.ranges[] | select(.pfn >= 20480) |
	[.pfn, .pages, .owner, .new_owner, .reowned]] == [
	[20480, 256, "file 0x1 (memfd-v2) of LUO session vm0",
	"file 0x1 (memfd-v2) of LUO session vm0", false],
	[20736, 256, "file 0x2 (memfd-v2) of LUO session vm0",
	"file 0x2 (memfd-v2) of LUO session vm1", true]]'
run --all old new
check "one boot: text tells who had it and who has it" grep -q \
	'0x5100 .* changed owner: file 0x2 (memfd-v2) of LUO session vm0 to file 0x2 (memfd-v2) of LUO session vm1$' out
make now 'session vm0' 'memfd 1 size 1M at 0x5000' 'preserve 0x5100 orphan'
run --all --json old now
check "one boot: nobody has it any more" is 'any(.ranges[]; .pfn == 20736 and .pages == 1 and
	.outcome == "kept" and .reowned and .new_owner == null)'
finish
