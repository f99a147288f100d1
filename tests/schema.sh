#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# schema.sh: what every verb prints with --json, of the real dumps and of those that mkdump makes, is
# valid by docs/khoscope.schema.json; the schema lets nothing pass that json.md does not say; and
# `list --json` of a million ranges comes as it is found, in bounded memory.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
mkdump=$build/tests/mkdump/mkdump
docs=$here/../docs
golden=$here/golden
python3 -c 'import jsonschema' 2>/dev/null || { echo "python3-jsonschema is not installed"; exit 77; }
. "$here/tap.sh"
need "$khoscope" "$mkdump"

valid() { python3 "$here/tools/schema.py" "$docs/khoscope.schema.json" "$@"; }
broken() { python3 "$here/tools/schema.py" --broken "$docs/khoscope.schema.json" "$@"; }

# ---- the schema itself ---------------------------------------------------------------------------

# A verb that prints JSON has a schema by its name.
every_verb() {
	local verb
	"$khoscope" help | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p' | sort -u >"$tmp/verbs"
	grep -qx check "$tmp/verbs" || return
	while read -r verb; do
		"$khoscope" help "$verb" 2>/dev/null | grep -q -- --json || continue
		jq -e --arg verb "$verb" '."$defs" | has($verb)' "$docs/khoscope.schema.json" \
			>/dev/null || { echo "$verb"; return 1; }
	done <"$tmp/verbs"
}
check "every verb with --json has a schema" every_verb

# Of the strings that a key can have, json.md names each (numbers and the states of bytes aside).
enumerated() {
	local word
	jq -r '.. | objects | .enum? // empty | .[] | strings' "$docs/khoscope.schema.json" |
		sort -u >"$tmp/words"
	[ -s "$tmp/words" ] || return
	while read -r word; do
		grep -qF -- "\`$word\`" "$docs/json.md" || { echo "$word"; return 1; }
	done <"$tmp/words"
}
check "the strings it enumerates are those of json.md" enumerated

# ---- real dumps ----------------------------------------------------------------------------------

before=$build/vmcores/x73-pair-before.kdump
after=$build/vmcores/x73-pair-after.kdump
"$build/tests/redump" --exclude 0x7ec0-0x7ed0 --lose 0x7c20-0x7c28 \
	"$build/vmcores/v72-out-faults.kdump" "$tmp/lacking"
"$khoscope" coverage --json --all "$tmp/lacking" >"$tmp/coverage"
"$khoscope" diff --json --all "$before" "$after" >"$tmp/pair"
"$khoscope" diff --json --force "$before" "$build/vmcores/v73-in-thp.kdump" >"$tmp/forced"
for verb in status check report map preflight list facts fdt page; do
	check "$verb: real dumps" valid $verb "$golden"/*/"$verb"*.json
done
"$khoscope" facts --verify --json "$build/vmcores/v73-in-thp.kdump" >"$tmp/verify"
check "facts --verify: a real dump" valid facts-verify "$tmp/verify"
check "owners: real dumps" valid owners "$golden"/*/owners.json
check "owners ADDR: real dumps" valid owners-addr "$golden"/*/owners-*.json
check "coverage: a dump that lacks something" valid coverage "$tmp/coverage"
check "coverage: it does" [ "$(wc -l <"$tmp/coverage")" = 5 ]
check "diff: real dumps" valid diff "$tmp/pair" "$tmp/forced"

# What is wrong in any one place is not valid.
one=$golden/v73-in-split
head -n 30 "$golden/v73-in-thp/owners.json" >"$tmp/owners"
for verb in status check preflight fdt page; do
	check "$verb: nothing else is valid" broken $verb "$one/$verb"*.json
done
sed '/^status /d' "$golden/v73-in-faults/facts.json" | jq '.facts |= .[:4]' >"$tmp/facts"
check "facts: nothing else is valid" broken facts "$tmp/facts"
jq '.report.log |= .[:2] | .report.config |= .[:2] | .map.items |= .[:3]' \
	<(sed '/^status /d' "$one/report.json") >"$tmp/report"
check "report: nothing else is valid" broken report "$tmp/report"
jq '.map.items |= [.[0], .[-1]]' <(sed '/^status /d' "$one/map.json") >"$tmp/map"
check "map: nothing else is valid" broken map "$tmp/map"
check "list: nothing else is valid" broken list "$one/list.json"
check "owners: nothing else is valid" broken owners "$tmp/owners"
check "owners ADDR: nothing else is valid" broken owners-addr "$golden"/*/owners-pfn-0x12be.json
check "coverage: nothing else is valid" broken coverage "$tmp/coverage"
check "diff: nothing else is valid" broken diff "$tmp/pair"

# ---- dumps of other kernels, and damaged ones -----------------------------------------------------

mkdir "$tmp/said"
# print VERB [ARGUMENT...]: adds what it says of ./dump to said/VERB; what can't be opened says nothing
print() {
	"$khoscope" "$1" --json -q "${@:2}" "$tmp/dump" >>"$tmp/said/$1" 2>/dev/null </dev/null
}

for case in "$here"/mkdump/cases/*.txt; do
	rm -f "$tmp"/dump*
	"$mkdump" "$case" "$tmp/dump" >/dev/null 2>&1 || continue
	for verb in check report map preflight list owners fdt; do print $verb; done
	print page pfn:0x5000
done
for verb in check report map preflight list owners fdt page; do
	check "$verb: dumps by mkdump" valid $verb "$tmp/said/$verb"
done
check "they are of every kind" [ "$(jq -r .kho.state "$tmp/said/check" | sort -u | xargs)" = \
	"absent foreign off on unknown" ]

# ---- a million ranges ----------------------------------------------------------------------------

# An output of 90 MB in 16 MiB of data: it is kept nowhere, and the blocks are one run.
streams() {
	printf '%s\n' "machine x86_64" "node 0 0-6G" "kernel 7.3" >"$tmp/case"
	seq -f 'preserve %.0f orphan' 65536 $((65536 + 1048575)) >>"$tmp/case"
	"$mkdump" --layouts "$here/mkdump/layouts" "$tmp/case" "$tmp/dump" || return
	(ulimit -d 16384 && "$khoscope" list --json "$tmp/dump") >"$tmp/out" || return
	rm -f "$tmp/dump"
	[ "$(wc -l <"$tmp/out")" -ge 1048576 ]
}
check "list: a million ranges in bounded memory" streams
awk 'NR % 1000 == 1' "$tmp/out" >"$tmp/sample"
check "list: they are valid" valid list "$tmp/sample"
finish
