#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# diff.sh: khoscope diff on real dumps: a dump against itself, and against one it does not belong to.
# What it says of two boots is for tests/unit/diff.c, and for the pairs of the lab.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
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
finish
