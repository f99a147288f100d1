# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For test scripts: prints TAP, which tests/run counts. Source it; call `finish` at the end.
#
#	check NAME COMMAND...   passes if COMMAND does; what it printed is shown if it doesn't
#	fail NAME [TEXT]        did not pass; TEXT says why
#	pass NAME
#	skip NAME WHY           could not be tried here
#	need FILE...            without them nothing can be tested
#	tmp                     a folder of this script's own, removed at the end

tap_count=0
tap_failed=0
tmp=$(mktemp -d "${TMPDIR:-/tmp}/khoscope.XXXXXX")
tap_clean() { rm -rf "$tmp"; }
trap tap_clean EXIT
trap 'exit 130' INT TERM

need() {
	local file
	for file; do
		[ -e "$file" ] || { echo "$file is not there"; exit 77; }
	done
}

pass() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$1"
}

fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | head -n 60 | sed 's/^/# /'
}

skip() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tap_count" "$1" "$2"
}

check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then pass "$name"; else fail "$name" "status $?: $*
$out"; fi
}

finish() {
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" = 0 ]
	exit
}
