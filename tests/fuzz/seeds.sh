#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# seeds.sh: makes tests/fuzz/kernels.txt and the seeds in tests/fuzz/corpus anew, from the real dumps
# of tests/vmcores and from cases of tests/mkdump. To be run from the top of the tree after a change
# of the format of inputs, or of what is read of a dump; takes some minutes. What crashed once
# (crash-*) stays, but an image of another kernels.txt is another input.
set -eu
build=build
dumps='v72-out-faults v72-in-retrieved v73-in-faults v73-in-split a73-out-faults x73-pair-before'
cases='owners luo-6.19 luo-7.1 luo-chain list-6.16-finalized list-6.18 owners-6.18 arm64-64k-52
	bitmaps-late lie-luo-list'
tmp=$(mktemp -d "${TMPDIR:-/tmp}/khoscope-seeds.XXXXXX")
trap 'rm -rf "$tmp"' EXIT

# path NAME: the dump of that name
path() {
	case " $dumps " in
	*" $1 "*) echo "$build/vmcores/$1.kdump" ;;
	*) echo "$tmp/$1" ;;
	esac
}

make -s vmcores $build/tests/mkdump/mkdump $build/tests/redump $build/tests/fuzz/seed
for name in $cases; do
	$build/tests/mkdump/mkdump "tests/mkdump/cases/$name.txt" "$tmp/$name"
done
# shellcheck disable=SC2086 # words
set -- $dumps $cases

for name; do $build/tests/fuzz/seed kernel "$(path "$name")" "$name"; done >"$tmp/kernels.txt"
cp "$tmp/kernels.txt" tests/fuzz/kernels.txt
make -s $build/tests/fuzz/seed

find tests/fuzz/corpus -type f ! -name 'crash-*' -delete 2>/dev/null || mkdir tests/fuzz/corpus
number=0
for name; do
	$build/tests/fuzz/seed inputs "$(path "$name")" "$name" $number tests/fuzz/corpus
	number=$((number + 1))
done

# Dump files: a few pages of one, in each format.
out=tests/fuzz/corpus/dumpfile
mkdir -p $out
few="--exclude 0x8-0xffffff"
# shellcheck disable=SC2086
$build/tests/redump --format elf $few "$(path owners)" "$tmp/few"
cp "$tmp/few" $out/elf
for codec in none zlib lzo snappy zstd; do
	$build/tests/redump --codec $codec "$tmp/few" "$out/kdump-$codec"
done
$build/tests/redump --codec zlib --flatten "$tmp/few" $out/flattened-kdump
$build/tests/redump --format elf --flatten "$tmp/few" $out/flattened-elf
$build/tests/redump --codec zlib --truncate 90% "$tmp/few" $out/kdump-cut

# One of each is enough.
find tests/fuzz/corpus -type f -exec md5sum {} + | sort | awk 'seen[$1]++ { print $2 }' | xargs -r rm
du -sh tests/fuzz/corpus
