#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fuzz.sh: what fuzzing began with, and what it found, once more: each target of tests/fuzz takes
# every input of its corpus, and lives.
#
#	KHOSCOPE_BUILD    where the programs are (build)
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
# shellcheck source=tests/tap.sh
. "$here/tap.sh"

# replay TARGET: every input of the folder, and as many as there are
replay() {
	local corpus=$here/fuzz/corpus/${1%%-*} want got
	want=$(find "$corpus" -type f ! -name '.*' | wc -l)
	got=$(FUZZ_VERBOSE=1 TMPDIR=$tmp timeout 600 "$build/tests/fuzz/$1" "$corpus" 2>log) ||
		{ echo "status $?"; tail -n 40 log; return 1; }
	if [ "$want" = 0 ] || [ "$got" != "$want inputs" ]; then
		echo "$got, not $want"
		return 1
	fi
}

cd "$tmp" || exit 1
for source in "$here"/fuzz/*.c; do
	target=$(basename "$source" .c)
	grep -q '^int LLVMFuzzerTestOneInput' "$source" || continue
	if [ -x "$build/tests/fuzz/$target" ]; then
		check "$target" replay "$target"
	else
		fail "$target" "no $build/tests/fuzz/$target"
	fi
done
finish
