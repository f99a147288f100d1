#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# json.sh: the JSON of tests/golden/ against docs/json.md (evidence: docs/findings.md). Every key of it is in the tables of its
# verb, every key there is in it, and objects of one kind have the same keys, always. That the
# program prints what is in tests/golden/ is for golden.sh.
set -u
here=$(cd "$(dirname "$0")" && pwd)
docs=${KHOSCOPE_DOCS:-$here/../docs}/json.md
golden=${KHOSCOPE_GOLDEN:-$here/golden}
command -v jq >/dev/null || { echo "jq is not installed"; exit 77; }
. "$here/tap.sh"

# documented SECTION...: names in the first column of the tables below those headings
documented() {
	local section
	# shellcheck disable=SC2016 # backticks of Markdown
	for section; do
		awk -v want="## $section" '
			/^## / { on = $0 == want }
			on && /^\| `/ { split($0, cell, "|"); print cell[2] }' "$docs"
	done | grep -o '`[^`]*`' | tr -d '`[]' | tr '.' '\n' | grep . | sort -u
}

# shapes FILE...: one line for each object in the files: its place, and its keys. Orders and nodes as
# keys are written "*"; what is in evidence is the finding's.
shapes() {
	# shellcheck disable=SC2016 # jq's variables
	sed '/^status [0-9]*$/d' "$@" | jq -r '
		def dynamic: length > 1 and (.[-2] == "by_order" or .[-2] == "by_node");
		. as $doc | [], paths(type == "object") | . as $at | $doc | getpath($at)
		| select(type == "object") | ($at | last) as $name
		| select(($at | index("evidence") | not) and $name != "attributes" and
			 $name != "by_order" and
			 $name != "by_node")
		| [ ($at | map(if type == "number" then "[]" else . end)
			 | if dynamic then .[:-1] + ["*"] else . end | join(".")),
		    (keys_unsorted | sort | join(" ")) ] | @tsv'
}

# verb NAME FILES SECTION...
verb() {
	local name=$1 files=$2
	shift 2
	# shellcheck disable=SC2086 # a pattern of ours
	check "$name: golden files are JSON" shapes_of $files
	{
		cut -f2 "$tmp/shapes" | tr ' ' '\n'
		cut -f1 "$tmp/shapes" | tr '.' '\n' | grep '^by_'
	} | sort -u >"$tmp/keys"
	{
		documented "$@"
		[ "$name" = list ] || printf 'khoscope\nschema\n'
	} | sort -u >"$tmp/documented"
	check "$name: keys are those of json.md" diff -u "$tmp/documented" "$tmp/keys"
	sort -u "$tmp/shapes" | cut -f1 | uniq -d >"$tmp/differ"
	check "$name: objects of one kind have the same keys" diff -u /dev/null "$tmp/differ"
}

shapes_of() { set -o pipefail; shapes "$@" >"$tmp/shapes" && [ -s "$tmp/shapes" ]; }

verb status "$golden/*/status.json" status
verb check "$golden/*/check.json" status check
verb report "$golden/*/report.json" status check report map page list
verb map "$golden/*/map.json" map
verb list "$golden/*/list*.json" list
verb page "$golden/*/page-*.json" page list
verb facts "$golden/*/facts.json" facts
verb fdt "$golden/*/fdt.json" fdt

# owners: lines of three types, each with its own keys
lines_of() {
	# shellcheck disable=SC2016 # jq's variables
	set -o pipefail
	sed -s '/^status [0-9]*$/d' "$golden"/*/owners.json |
		jq -r '[.type, (keys_unsorted | sort | join(" "))] | @tsv' | sort -u >"$tmp/shapes"
}
check "owners: golden files are JSON Lines" lines_of
check "owners: lines of one type have the same keys" \
	[ "$(cut -f1 "$tmp/shapes" | tr '\n' ' ')" = "owner range total " ]
cut -f2 "$tmp/shapes" | tr ' ' '\n' | sort -u >"$tmp/keys"
documented owners >"$tmp/documented"
check "owners: keys are those of json.md" diff -u "$tmp/documented" "$tmp/keys"
check "owners ADDR: golden files are JSON" shapes_of "$golden"/*/owners-p*.json
cut -f2 "$tmp/shapes" | tr ' ' '\n' | sort -u >"$tmp/keys"
{ documented "owners ADDR" owners; printf 'khoscope\nschema\n'; } | sort -u >"$tmp/documented"
comm -13 "$tmp/documented" "$tmp/keys" >"$tmp/differ"
check "owners ADDR: keys are those of json.md" diff -u /dev/null "$tmp/differ"

# evidence: each key is named in findings.md
evidence() {
	local key
	sed -s '/^status [0-9]*$/d' "$golden"/*/check.json |
		jq -r '.findings[].evidence | keys[]' | sort -u >"$tmp/evidence"
	[ -s "$tmp/evidence" ] || return
	while read -r key; do
		grep -qw -- "$key" "${docs%/*}/findings.md" || { echo "$key"; return 1; }
	done <"$tmp/evidence"
}
check "evidence: every key is in findings.md" evidence
finish
