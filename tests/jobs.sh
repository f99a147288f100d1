#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# jobs.sh: what khoscope says of a dump is the same, to the byte, however many threads read it, in
# every format; of a dump whose preservations are larger than what one thread takes at a time, and
# of one so full of faults that threads have to wait for each other.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
mkdump=${MKDUMP:-$build/tests/mkdump/mkdump}
# shellcheck source=tests/tap.sh
. "$here/tap.sh"
need "$khoscope" "$mkdump"
shopt -s nullglob

# said JOBS DUMP: all verbs that look at struct pages
said() {
	local verb
	for verb in status list check; do
		"$khoscope" "$verb" --json -j "$1" "$2" 2>&1
		echo "status $?"
	done
}

# agree NAME DUMP
agree() {
	local jobs
	said 1 "$2" >"$tmp/one"
	for jobs in 2 3 16; do
		said $jobs "$2" >"$tmp/many"
		cmp -s "$tmp/one" "$tmp/many" || {
			fail "$1" "$(diff "$tmp/one" "$tmp/many")"
			return
		}
	done
	pass "$1"
}

# found DUMP ID: how many findings have it
found() { "$khoscope" check --json "$1" | jq "[.findings[] | select(.id == \"$2\")] | length"; }

# make NAME LINE...: $tmp/NAME, of a machine of 2 GiB
make() {
	local name=$1 lines=() line
	shift
	for line; do lines+=(--line "$line"); done
	"$mkdump" --layouts "$here/mkdump/layouts" "${lines[@]}" "$tmp/case" "$tmp/$name" ||
		fail "mkdump $name"
}

cat >"$tmp/case" <<EOF
machine x86_64
node 0 0-1G
node 1 1G-2G
kernel 7.3
handover
scratch 256M+64M
exclude free
EOF

for dump in "$build"/vmcores/*.kdump; do agree "$(basename "$dump")" "$dump"; done

# A preservation of four parts; in the second and third a page is what none of its own may be.
large=("preserve 0x8000 order 9 folio" "pending 0x20000 order 17" "page 0x2a001 _refcount=2"
	"page 0x34567 private=1")
for format in elf "kdump none" "kdump zlib" "kdump lzo" "kdump snappy" "kdump zstd" \
	"kdump zlib flattened" "kdump zstd incomplete"; do
	make dump "${large[@]}" "format $format"
	agree "$format" "$tmp/dump"
	check "$format: both faults are found" [ "$(found "$tmp/dump" half-init)" = 2 ]
done

make dump "${large[@]}" "format kdump lzo" "truncate 60%"
agree "cut" "$tmp/dump"
make dump "${large[@]}" "format kdump zlib" "damage 7,2000,200000-100000000"
agree "damaged" "$tmp/dump"
make dump "${large[@]}" "format kdump zlib" "exclude memmap 0x28000-0x2c000"
agree "without part of the memory map" "$tmp/dump"

# Each page for itself is a finding: no fault is the same as the one before.
make dump "garbage 24M-28M" "format kdump lzo"
agree "noise in the memory map" "$tmp/dump"
check "noise is found" [ "$("$khoscope" check --json "$tmp/dump" | jq '.findings | length')" -gt 60000 ]
finish
