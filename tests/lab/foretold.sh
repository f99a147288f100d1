#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# foretold.sh KHOSCOPE [BEFORE AFTER]...: what preflight says of a dump taken right before a kexec,
# against what check and list say of the one taken after it. Without dumps, of all pairs in the lab's
# cache (vmcore.before and vmcore of one guest). One line a pair; fails if one does not come true.
#
# preflight says       then after the kexec
# pf-stuck S11         leftover-split at the same pages, or nobody restored any of them
# pf-half-init         half-init in the block, while it is pending
# pf-misaccounted      cross-node, cross-zone or order-mismatch in the block, while it is pending
# nothing of the kind  none of these
# and whatever is pending was preserved, block by block; and where nothing is foretold, diff finds nothing
# surprising.
set -u
here=$(cd "$(dirname "$0")" && pwd)
khoscope=${1:?foretold.sh KHOSCOPE [BEFORE AFTER]...}
shift
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# What came true, what did not, and what nobody foretold: {"lines": [...], "wrong": N}
compare() {
	jq -n --slurpfile before "$tmp/before" --slurpfile after "$tmp/after" \
		--slurpfile out "$tmp/out" --slurpfile in "$tmp/in" --argjson diff "$diff" '
	def overlaps($f; $g): $f.pfn < $g.pfn + $g.pages and $g.pfn < $f.pfn + $f.pages;
	def tells: .id == "pf-stuck" and .class == "S11" or .id == "pf-half-init" or
		.id == "pf-misaccounted" and .pfn != null;
	def shows: .id == "leftover-split" or .id == "cross-node" or .id == "cross-zone" or
		.id == "order-mismatch" or
		.id == "half-init" and (.class == "H1" or .class == "H2" or .class == "H4");
	def fits($told; $seen): if $told.id == "pf-stuck" then
			$seen.id == "leftover-split" and $seen.pfn == $told.pfn and
			$seen.pages == $told.pages
		else $seen.id != "leftover-split" and overlaps($told; $seen) end;
	[$before[0].findings[] | select(tells)] as $told |
	[$after[0].findings[] | select(shows)] as $seen |
	[$told[] | . as $t | select(any($seen[]; fits($t; .))) | .id] as $true |
	# Restored, and so no longer to be seen; or a range that nobody asked for.
	[$told[] | . as $t | select(any($seen[]; fits($t; .)) | not) |
		select(any($in[]; overlaps($t; .)) and .id != "pf-stuck") | .id] as $false |
	[$seen[] | . as $s | select(any($told[]; fits(.; $s)) | not) | .id] as $surprise |
	([$out[] | {key: "\(.pfn) \(.order)", value: 1}] | from_entries) as $had |
	[$in[] | select($had["\(.pfn) \(.order)"] | not) | .pfn] as $strange |
	"\($out | length) preserved, \($in | length) pending, foretold \($told | length): " +
	"\($true | length) true, \($false | length) false; \($surprise | length) not foretold, " +
	"\($strange | length) never preserved, diff " +
	(if $diff == 0 then "as it should be" else "surprised" end),
	(($false + $surprise + $strange | length) +
		if ($told | length) == 0 then $diff else 0 end)' -r
}

pair() {
	local name=$1 before=$2 after=$3 line wrong diff=0
	"$khoscope" preflight -q --json "$before" >"$tmp/before" || [ $? = 1 ] || [ $? = 3 ]
	"$khoscope" check -q --json "$after" >"$tmp/after" || [ $? = 1 ] || [ $? = 3 ]
	"$khoscope" list -q --json -d out "$before" >"$tmp/out"
	"$khoscope" list -q --json -d in "$after" >"$tmp/in"
	"$khoscope" diff -q "$before" "$after" >/dev/null 2>&1 || diff=$?
	{ read -r line && read -r wrong; } < <(compare) || wrong=1
	[ "$wrong" = 0 ] || failed=1
	echo "$([ "$wrong" = 0 ] && echo ok || echo WRONG) $name: $line"
}

if [ $# = 0 ]; then
	# shellcheck source=tests/debian.sh
	. "$here/../debian.sh"
	for before in "$(debian_cache)"/lab/dump/*/vmcore.before; do
		[ -e "$before" ] || { echo "foretold: the lab has no pairs; make lab" >&2; exit 1; }
		# What is damaged at random after the handover nobody could foretell.
		! grep -q ' lab.mod=seed=' "${before%/*}/recipe" || continue
		pair "$(basename "${before%/*}")" "$before" "${before%.before}"
	done
fi
while [ $# -ge 2 ]; do
	pair "$1" "$1" "$2"
	shift 2
done
exit $failed
