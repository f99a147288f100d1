#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# valgrind.sh: every verb over the dumps of tests/golden under valgrind: no invalid or undefined byte
# is used, and nothing is lost.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
# shellcheck source=tests/tap.sh
. "$here/tap.sh"
command -v valgrind >/dev/null || { echo "no valgrind"; exit 77; }

# is_clean DUMP VERB...
is_clean() {
	valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
		--log-file="$tmp/log" \
		"$khoscope" --no-sandbox "${@:2}" "$dumps/$1.kdump" >/dev/null 2>&1 </dev/null
	[ $? -lt 4 ] || { cat "$tmp/log"; return 1; }
}

for golden in "$here"/golden/*; do
	name=$(basename "$golden")
	for verb in status list check owners fdt preflight facts; do
		check "$name: $verb" is_clean "$name" "$verb"
		check "$name: $verb --json" is_clean "$name" "$verb" --json
	done
done
finish
