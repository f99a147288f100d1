#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# synthetic.sh: dumps of kernels that never ran (tests/mkdump/cases), of every generation of KHO,
# page size and file format, healthy and lied about. What check finds has to be what the case
# expects, and what list says what mkdump says it wrote; of a dump that lacks bytes never more than
# of a whole one.
#
#	tests/synthetic.sh [CASE...]	all, or the cases named
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
mkdump=${MKDUMP:-$build/tests/mkdump/mkdump}
# shellcheck source=tests/tap.sh
. "$here/tap.sh"
need "$khoscope" "$mkdump"
cases=$here/mkdump/cases
cd "$tmp" || exit 1

# make CASE [LINE...]: ./dump and ./truth, "out|in PFN ORDER" sorted
make() {
	local path=$1 lines=()
	shift
	for line; do lines+=(--line "$line"); done
	rm -f dump dump.*
	"$mkdump" --list "${lines[@]}" "$path" dump >unsorted 2>make.err ||
		{ cat make.err; return 1; }
	sort unsorted >truth
}

# run ARGUMENT...: leaves $status, ./out and ./err
run() {
	timeout -k 5 120 "$khoscope" "$@" >out 2>err </dev/null
	status=$?
}

# ---- expectations --------------------------------------------------------------------------------

# What `check --json` said in ./out, a line for each thing; findings as "finding ID CLASS PFN
# PAGES", "-" for what one doesn't have.
say() {
	jq -r '"state \(.kho.state)", "why \(.kho.why)", "abi \(.kho.abi)",
		"judged \(.coverage.all_judged)",
		(.findings[] | (if .severity == "note" then "note" else "finding" end) +
			" \(.id) \(.class // "-") \(.pfn // "-") \(.pages // "-")")' out >said
}
said() { sed -n "s/^$1 //p" said; }

# The same from "expect finding ID CLASS PFN [PAGES]", numbers as C has them.
wanted() {
	local _ id class pfn pages
	sed -n 's/^expect finding //p' "$1" | while read -r id class pfn pages; do
		[ "$pfn" = - ] || pfn=$((pfn))
		[ "$pfn" = - ] && pages=${pages:--}
		[ "${pages:=1}" = - ] || pages=$((pages))
		echo "$id $class $pfn $pages"
	done | sort
}

# The one word, or the rest of the line, of "expect KEY ..." in a case; else the second argument.
expected() {
	local value
	value=$(sed -n "s/^expect $1 //p" "$3")
	echo "${value:-$2}"
}

blocks() { jq -r '"\(.direction) \(.pfn) \(.order)"' out | sort; }

# is KEY CASE [DEFAULT]: what was said of KEY is what the case expects
is() {
	local want
	want=$(expected "$1" "${3:-}" "$2")
	[ -z "$want" ] || said "$1" | grep -Eqx -- "$want" ||
		echo "$1 $(said "$1"), wanted $want: $(said why)"
}

# What is wrong with what khoscope says of ./dump; nothing if nothing is.
judge() {
	local path=$1 want refused
	refused=$(expected refused "" "$path")
	run check --json dump
	if [ -n "$refused" ]; then
		{ [ "$status" = 2 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ]; } ||
			echo "status $status, wanted one line and 2"
		grep -Eq "$refused" err || echo "wanted $refused: $(cat err)"
		return
	fi
	wanted "$path" >want
	want=0
	[ ! -s want ] || want=1
	want=$(expected status "$want" "$path")
	[ "$status" = "$want" ] || echo "status $status, wanted $want: $(head -c 300 err)"
	[ -s out ] || return
	want=$(expected warning "" "$path")
	if [ -n "$want" ]; then grep -Eq -- "$want" err; else [ ! -s err ]; fi ||
		echo "standard error: $(cat err)"
	say
	said finding | sort | diff want - | sed -n 's/^</missing:/p;s/^>/not expected:/p'
	is state "$path" on
	is why "$path"
	is abi "$path"
	is judged "$path" true
	grep -q '^expect list none' "$path" && return
	run list --json dump
	blocks | diff truth - | sed -n 's/^</list lacks:/p;s/^>/list: not preserved:/p' |
		if grep -q '^expect list part' "$path"; then grep -v '^list lacks'; else cat; fi
}

# try NAME CASE [LINE...]
try() {
	local name=$1 path=$2 wrong
	shift 2
	if ! wrong=$(make "$path" "$@"); then fail "$name" "mkdump: $wrong"; return; fi
	{ cat "$path"; printf '%s\n' "$@"; } >case
	wrong=$(judge case)
	if [ -z "$wrong" ]; then pass "$name"; else fail "$name" "$wrong"; fi
}

# What is wrong with what is said of ./dump, a healthy one that lacks bytes; nothing if nothing is.
judge_lacking() {
	run check --json dump
	case $status in
	0 | 3) ;;
	2)
		{ [ ! -s out ] && [ "$(wc -l <err)" = 1 ]; } ||
			echo "no refusal: $(head -c 300 err)"
		return ;;
	*) echo "status $status" ;;
	esac
	say
	[ "$status" = 3 ] || said judged | grep -q true || echo "status 0 without all judged"
	said finding | sed 's/^/found: /'
	run list --json dump
	blocks | comm -13 truth - | sed 's/^/list: not preserved: /'
}

# lacking NAME CASE LINE...: whatever is missing, no finding and no wrong block
lacking() {
	local name=$1 path=$2 wrong
	shift 2
	if ! wrong=$(make "$path" "$@"); then fail "$name" "mkdump: $wrong"; return; fi
	wrong=$(judge_lacking)
	if [ -z "$wrong" ]; then pass "$name"; else fail "$name" "$wrong"; fi
}

# ---- cases ---------------------------------------------------------------------------------------

for path in "$cases"/*.txt; do
	name=$(basename "$path" .txt)
	if [ $# -gt 0 ] && [[ " $* " != *" $name "* ]]; then continue; fi
	try "$name" "$path"
done
[ $# = 0 ] || finish

# ---- files ---------------------------------------------------------------------------------------

base=$cases/radix-7.2.txt
for codec in none zlib lzo snappy zstd; do
	try "kdump, $codec" "$base" "format kdump $codec"
done
try "kdump, zstd, flattened" "$base" "format kdump zstd flattened"
try "ELF, flattened" "$base" "format elf flattened"
try "kdump without a machine name" "$base" "format kdump zlib nameless"
try "KASLR" "$base" "set kaslr 0x2e00000"
try "five levels of page tables" "$base" "set levels 5"
try "compound heads as masks" "$base" "set mask_heads 1"
try "kallsyms relative to a base" "$base" "set kallsyms relative-base"
make "$base" "format kdump zlib split 3"
for part in 1 2 3; do
	run check "dump.$part"
	check "split: part $part is refused" grep -q 'one part of a split.*--reassemble' err
	check "split: part $part is refused with 2" [ "$status" = 2 ]
done

# An opinion from outside: makedumpfile reads sections, memory map and free pages by itself, and
# drops all that need not be there.
if command -v makedumpfile >/dev/null; then
	if wrong=$(make "$base") && mv dump whole &&
		makedumpfile -l -d 31 whole dump >out 2>&1; then
		wrong=$(judge "$base")
		[ "$(stat -c %s dump)" -lt $((8 << 20)) ] || wrong+="nothing was left out"
	else
		wrong+=$(tail -n 5 out)
	fi
	if [ -z "$wrong" ]; then pass "filtered by makedumpfile"
	else fail "filtered by makedumpfile" "$wrong"; fi
else
	skip "filtered by makedumpfile" "no makedumpfile"
fi

# ---- bytes that are not there --------------------------------------------------------------------

lacking "zero pages excluded" "$base" "format kdump zlib" "exclude zero"
lacking "free pages excluded" "$base" "format kdump zstd" "exclude free"
lacking "lost to a full disk" "$base" "format kdump lzo" "lose 80M+20M"
for what in '*kho_out.fdt' '*kho_out.radix_tree.root' '*kho_scratch' '*node_data[1]' \
	'*mem_section' 'memmap 0x5000-0x6000' 'memmap 0x51ff-0x5201' 'memmap 0-0x8000' 16M+4M \
	20M+1M 24M+8M; do
	lacking "without $what" "$base" "format kdump zlib" "exclude $what"
done
for percent in 1 10 30 50 70 90 98; do
	lacking "cut at $percent%" "$base" "format kdump zlib" "truncate $percent%"
done
for percent in 5 20 60 95; do
	lacking "cut at $percent%, flattened" "$base" "format kdump zlib flattened" \
		"truncate $percent%"
	lacking "cut at $percent%, ELF" "$base" "truncate $percent%"
done
finish
