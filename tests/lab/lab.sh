#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lab.sh [KERNEL...]: have the dumps of all the lab's guests, or of those of the kernels named. What is
# in the cache already is not made again. A guest that fails is told of, once more in the end, and the
# others still run. $LAB_JOBS guests run at a time: as many as there are processors, if not told.
set -u
here=$(cd "$(dirname "$0")" && pwd)
jobs=${LAB_JOBS:-$(nproc)}
failed=$(mktemp "${TMPDIR:-/tmp}/khoscope.XXXXXX")
trap 'rm -f "$failed"' EXIT
trap 'exit 130' INT TERM

wanted() {
	local kernel
	[ $# != 1 ] || return 0
	for kernel in "${@:2}"; do
		[ "$kernel" != "$1" ] || return 0
	done
	return 1
}

# The lines of a file that are no comments.
lines() {
	grep -vE '^(#|$)' "$here/$1"
}

guest() {
	echo "lab: $1" >&2
	"$here/guest.sh" "$1" >/dev/null </dev/null || echo "guest $1" >>"$failed"
}

for kernel in "$@"; do
	lines kernels | grep -q "^$kernel " || {
		echo "lab: no kernel $kernel in tests/lab/kernels" >&2
		exit 2
	}
done
while read -r name _; do
	wanted "$name" "$@" || continue
	"$here/kernel.sh" "$name" >/dev/null </dev/null || { echo "kernel $name" >>"$failed"; continue; }
	while read -r guest kernel _; do
		[ "$kernel" = "$name" ] || continue
		while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do wait -n; done
		guest "$guest" &
	done < <(lines guests)
	wait
done < <(lines kernels)
[ ! -s "$failed" ] || {
	sed 's/^/lab: failed: /' "$failed" >&2
	exit 1
}
