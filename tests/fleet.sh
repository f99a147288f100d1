#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fleet.sh: the commands of docs/fleet.md, as they stand there, over the dumps of tests/vmcores; what
# they count is what tests/golden says of those.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${KHOSCOPE_BUILD:-$here/../build}" && pwd) || exit
golden=$here/golden
for tool in parallel sqlite3 jq; do
	command -v $tool >/dev/null || { echo "$tool is not installed"; exit 77; }
done
. "$here/tap.sh"
mkdir "$tmp/fleet"
cd "$tmp/fleet" || exit 1
export PATH=$build:$PATH HOME=$tmp LC_ALL=C
for dump in "$golden"/*/; do
	dump=$(basename "$dump")
	mkdir "$dump"
	ln -s "$build/vmcores/$dump.kdump" "$dump/vmcore"
done
mkdir broken
echo "no dump" >broken/vmcore

# Each command in order; its output, without blanks at the ends of cells, to N.out.
n=0
while IFS= read -r command; do
	n=$((n + 1))
	bash -c "$command" </dev/null 2>"../$n.err" | sed 's/ *│ */ /g; s/^ //; s/ $//' >"../$n.out"
done < <(sed -n 's/^    \$ //p' "$here/../docs/fleet.md")
check "the document has its commands" [ $n = 8 ]
for i in $(seq 2 $n); do check "command $i says nothing else" [ ! -s "../$i.err" ]; done
check "parallel: what can't be read is said" grep -q "broken/vmcore: not a dump" ../1.err

documents() { sed -s '/^status /d' "$golden"/*/check.json; }
statuses() {
	{ sed -sn 's/^status //p' "$golden"/*/check.json; echo 2; } | sort | uniq -c |
		sed 's/^ *\([0-9]*\) \(.*\)/status \2: \1/'
}
check "parallel: the log has the statuses" diff <(statuses) ../2.out

# release, arch, id, dumps, findings: counted here by one jq over all
counted() {
	documents | jq -rs '[.[] | .kernel as $k | .findings |
			map(select(.severity == "error" and .cause == null)) | group_by(.id)[] |
			{ k: [$k.release, $k.arch, .[0].id], n: length }] |
		group_by(.k)[] | "\(.[0].k | join(" ")) \(length) \(map(.n) | add)"' |
		sort -k4,4nr -k5,5nr -k1,1 -k2,2 -k3,3
}
first_errors() {
	[ "$(wc -l <../3.out)" = 6 ] && comm -13 \
		<(counted | awk '{ print $4, $1, $2, $3 }' | sort) \
		<(awk '{ print $1, $2, $3, $4 }' ../3.out | sort) | diff - /dev/null
}
check "jq: dumps with each error" first_errors
check "SQL: errors by kernel" diff <(counted | head -n 5) <(grep '^[0-9]' ../6.out)
check "SQL: builds" diff \
	<(documents | jq -rs 'group_by(.kernel.build_id)[] | [.[0].kernel.build_id[:12], length,
		(map(select(.findings != [])) | length),
		(map(select(.coverage.all_judged | not)) | length)] | join(" ")' | sort) \
	<(grep -E '^[0-9a-f]{12} ' ../7.out)
finish
