#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# preserved.sh [KHOSCOPE [KERNEL...]]: what khoscope list and owners say of the lab's dumps, of all or of
# those of the kernels named, against what each guest's own kernel said it holds preserved (tell.c). One
# line a dump; status 1 if one differs.
#
# Of every dump: the blocks of `list`, block by block, are those that the kernel came to in its outgoing
# map and those its struct pages are marked for; and nothing is pending that the boot before did not hand
# over. Of guests with faults the two may differ by what a fault is about. Of healthy guests besides:
# each page of a memfd belongs to that file, at that place in it; every preserved page has an owner, but
# for what the lab's module preserved by itself, as nobody else knows its blobs; and preflight is clean.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lab/dumps.sh
. "$here/dumps.sh"
khoscope=${1:-${KHOSCOPE:-$here/../../build/khoscope}}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/khoscope.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
dumps=0 failed=0

# truth WORD: its lines without it
truth() { sed -n "s/^$1 //p" "$tmp/truth" | sort; }

say() { wrong="$wrong; $*"; }

# What of the blocks on standard input no fault is about; all of a healthy guest's.
unexplained() {
	if [ "$expected" = healthy ]; then
		cat
		return
	fi
	awk '
		$1 == "fault" { n++; from[n] = $2; to[n] = $2 + $3; next }
		FILENAME != "-" { next }
		{
			for (i = 1; i <= n; i++)
				if ($1 < to[i] && from[i] < $1 + 2 ^ $2)
					next
			print
		}' "$tmp/truth" -
}

# same WHAT GOT WANTED: of files with sorted blocks
same() {
	comm -3 "$2" "$3" | tr -d '\t' | unexplained >"$tmp/differ"
	[ ! -s "$tmp/differ" ] ||
		say "$1: $(wc -l <"$tmp/differ") differ, first pfn and order $(head -n 1 "$tmp/differ")"
}

list() {
	ask list -d "$1" >"$tmp/json" 2>"$tmp/err" ||
		say "list: $(head -n 1 "$tmp/err")"
	jq -r '"\(.pfn) \(.order)"' "$tmp/json" | sort >"$tmp/$1"
}

# What the guest is to show can't be seen where its kernel gave up on KHO.
check_enabled() {
	ask status >"$tmp/status" 2>/dev/null
	page=$(jq .kernel.page_size "$tmp/status")
	case $words in *kho=off*) return ;; esac
	jq -e .kho.enabled "$tmp/status" >/dev/null || [ "$expected" = faults ] || say "KHO is not at work"
}

# Of a boot that was stopped before it told anything: all that it was handed is pending, but for LUO's blob
# once LUO has taken that.
check_early() {
	local luo
	luo=$("$khoscope" fdt -q --json "${options[@]}" in LUO "$dump" 2>/dev/null |
		jq -r '.blobs[] | select(.state == "consumed") | .phys')
	{
		cat "$tmp/in"
		[ -z "$luo" ] || echo "$((luo / page)) 0"
	} | sort >"$tmp/want"
	same in "$tmp/want" "$tmp/handed"
}

# The boot that was dumped told what it has, or it came to nothing yet: then that of the boot before.
check_blocks() {
	local told_out told_in
	read -r told_out told_in _ < <(truth told)
	list out
	list in
	truth handed >"$tmp/handed"
	truth out >"$tmp/want"
	if [ "$expected" = faults ] && jq -e '.kho.outgoing.ranges == null' "$tmp/status" >/dev/null; then
		why=$(jq -r .kho.why "$tmp/status")
	elif [ "$told_out" = 1 ]; then
		same out "$tmp/out" "$tmp/want"
	fi
	truth in >"$tmp/want"
	if [ "$told_in" = 1 ]; then
		same in "$tmp/in" "$tmp/want"
	else
		check_early
	fi
	if grep -q '^handed$' "$tmp/truth" && [ "$expected" = healthy ]; then
		comm -23 "$tmp/in" "$tmp/handed" >"$tmp/differ"
		[ ! -s "$tmp/differ" ] || say "in: $(wc -l <"$tmp/differ") were not handed over"
	fi
	[ "$told_out$told_in" != 00 ] || grep -q '^handed$' "$tmp/truth" || [ -n "$stopped" ] ||
		say "the guest told nothing"
}

# check_files DIRECTION WORD: "SESSION TOKEN INDEX PFN" of each page of a memfd
check_files() {
	jq -rs --arg direction "$1" --argjson page "$page" '
		(map(select(.type == "owner") | {key: "\(.id)", value: .}) | from_entries) as $owner |
		.[] | select(.type == "range" and .direction == $direction and .role == "data") |
		$owner["\(.owner)"] as $file | select($file.kind == "luo-file") |
		"\($owner["\($file.parent)"].name) \($file.token) \(.offset / $page) \(.pfn) \(.pages)"' \
		"$tmp/owners" | awk '{ for (i = 0; i < $5; i++) print $1, $2, $3 + i, $4 + i }' |
		sort >"$tmp/got"
	truth "$2" >"$tmp/want"
	comm -3 "$tmp/got" "$tmp/want" | tr -d '\t' >"$tmp/differ"
	[ ! -s "$tmp/differ" ] ||
		say "files $1: $(wc -l <"$tmp/differ") pages differ, first $(head -n 1 "$tmp/differ")"
	files=$((files + $(wc -l <"$tmp/want")))
}

# What nobody owns is the pages of the module's vmalloc areas and of the lists of these pages.
check_unknown() {
	local unknown bytes pages chunks
	read -r unknown < <(jq -s --arg direction "$1" '[.[] | select(.type == "total" and
		.direction == $direction) | .pages - .owned] | add // 0' "$tmp/owners")
	bytes=$(truth "kept $1")
	pages=$((bytes / page)) chunks=$(((bytes / page + page / 8 - 2) / (page / 8 - 1)))
	if [ "$bytes" = 0 ]; then
		[ "$unknown" = 0 ] || say "$unknown pages $1 without owner"
	elif ((unknown <= pages || unknown > pages + chunks)); then
		say "$unknown pages $1 without owner, the module's are $pages and up to $chunks of lists"
	fi
}

check_owners() {
	ask owners >"$tmp/owners" 2>"$tmp/err" ||
		say "owners: $(head -n 1 "$tmp/err")"
	check_files out file
	check_files in came
	check_unknown out
	check_unknown in
	why=$(jq -r 'select(.type == "total" and .why) | .why' "$tmp/owners" | head -n 1)
	[ -z "$why" ] || case $words in *kho=off*) ;; *) say "not all owners are known" ;; esac
}

check_preflight() {
	local status
	ask preflight >"$tmp/json" 2>"$tmp/err"
	status=$?
	[ "$status" = 0 ] || say "preflight: status $status, $(jq -r \
		'[.findings[].id] + [.preflight.unjudged_why // empty] | join(", ")' "$tmp/json")" \
		"$(head -n 1 "$tmp/err")"
}

one() {
	local dir=$1 dump=$2 when=$3 kernel=$4 expected=$5 words=$6 name wrong='' why='' files=0 page stopped=''
	name=$(dump_name "$dir" "$dump" "$when")
	if [ -z "$dump" ]; then
		echo "absent $name"
		return
	fi
	dumps=$((dumps + 1))
	case $words in *@stop=*) stopped=1 ;; esac
	mapfile -t options < <(dump_options "$dir" "$kernel" "$words")
	awk -v when="$when" -f "$here/told.awk" "$dir/console" >"$tmp/truth"
	! grep -q '^lost$' "$tmp/truth" || say "the console lacks lines"
	check_enabled
	check_blocks
	if [ "$expected" = healthy ] && [ -z "$stopped" ]; then
		check_owners
		check_preflight
	fi
	[ -z "$wrong" ] || failed=$((failed + 1))
	echo "$([ -z "$wrong" ] && echo ok || echo WRONG) $name: $(wc -l <"$tmp/out") blocks out," \
		"$(wc -l <"$tmp/in") in, $files pages of files$wrong${why:+ ($why)}"
}

each_dump one "${@:2}"
echo "preserved: $dumps dumps, $failed wrong" >&2
[ "$failed" = 0 ] && [ "$dumps" != 0 ]
