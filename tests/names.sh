#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# names.sh: names and strings of a dump that would move a cursor, set a title, turn the direction of
# writing, or are no UTF-8. No verb prints them raw, neither as text nor as JSON, and none leaves them
# out.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
mkdump=${MKDUMP:-$build/tests/mkdump/mkdump}
# shellcheck source=tests/tap.sh
. "$here/tap.sh"
need "$khoscope" "$mkdump"
cd "$tmp" || exit 1

# ESC [ 2 J, a title with BEL, CR, tab, CSI as U+009B, DEL, right to left, a byte of no character
evil=$(printf '\033[2J\033]0;x\007\r\t\302\233\177\342\200\256\377')
shown='\?\[2J\?\]0;x\?'
escaped='\\x1b\[2J\\x1b\]0;x\\x07\\x0d\\x09\\xc2\\x9b\\x7f\\xe2\\x80\\xae\\xff'

# raw FILE: what of it a terminal may obey, or no reader can read; true if there is such
raw() {
	LC_ALL=C grep -nP '[\x00-\x08\x0b-\x1f\x7f]|[^\t]\t|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]' "$1" ||
		{ ! iconv -f UTF-8 -t UTF-16 "$1" >/dev/null 2>&1 && echo "no UTF-8"; }
}

is_clean() { ! raw "$1"; }

# JSON, and no string in it has such characters once it is decoded
is_clean_json() {
	jq -e -s '[.. | strings | select(test("[\\x{0}-\\x{1f}\\x{7f}-\\x{9f}\\x{202a}-\\x{202e}]"))] |
		length == 0' "$1" && is_clean "$1"
}

verbs=(status list check owners fdt "fdt --hexdump" preflight facts "page pfn:0x5000"
	"owners pfn:0x5000")

# all_verbs NAME DUMP
all_verbs() {
	local verb args
	for verb in "${verbs[@]}" "diff --force"; do
		args=("$2")
		[ "$verb" != "diff --force" ] || args=("$2" "$2")
		# shellcheck disable=SC2086 # words of ours
		"$khoscope" $verb "${args[@]}" >out 2>err </dev/null
		check "$1: $verb says something" [ -s out ]
		check "$1: $verb" is_clean out
		check "$1: $verb, standard error" is_clean err
		[ "$verb" != "fdt --hexdump" ] || continue
		# shellcheck disable=SC2086
		"$khoscope" $verb --json "${args[@]}" >out 2>err </dev/null
		check "$1: $verb --json" is_clean_json out
	done
}

# told PATTERN VERB...: the name is there, made harmless
told() {
	"$khoscope" "${@:2}" dump >out 2>&1
	check "${*:2}: the name is told" grep -Eq -- "$1" out
}

# make LINE...: ./dump, a machine with a session, a blob, a region and a memfd of these lines
make() {
	local lines=() line
	for line; do lines+=(--line "$line"); done
	"$mkdump" "${lines[@]}" "$here/mkdump/cases/owners.txt" dump
}

# Of a LUO session, and of all else that has a name.
make "session \"s$evil\"" 'memfd 0x77 size 8K' "subtree \"t$evil\" 64" \
	"reserve_mem \"r$evil\" 80M+1M" "vmalloc \"v$evil\" 3"
all_verbs "hostile names" dump
told "LUO session s$shown" owners
told "t$escaped" fdt
told "r$escaped" fdt
told "s$shown" owners --json

# Of the kernel itself, and of the one before.
"$mkdump" --line "handover from \"7$evil\"" --line "set release \"7$evil\"" \
	"$here/mkdump/cases/radix-7.2.txt" dump
all_verbs "hostile releases" dump
told "^Kernel +7$shown" status
told "handover from release 7$shown" status

# Of the file.
cp dump "d$evil"
"$khoscope" status "d$evil/no" >out 2>err
check "a hostile file name: told" grep -Eq "d$escaped" err
check "a hostile file name" is_clean err
finish
