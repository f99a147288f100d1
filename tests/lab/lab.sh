#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# lab.sh [KERNEL...]: have the dumps of all the lab's guests, or of those of the kernels named. What is
# in the cache already is not made again. A guest that fails is told of, and the others still run.
set -u
here=$(cd "$(dirname "$0")" && pwd)
failed=0

wanted() {
	local kernel
	[ $# != 1 ] || return 0
	for kernel in "${@:2}"; do
		[ "$kernel" != "$1" ] || return 0
	done
	return 1
}

while read -r name _; do
	"$here/kernel.sh" "$name" >/dev/null || failed=1
done < <(grep -v '^#' "$here/kernels" | while read -r name rest; do
	! wanted "$name" "$@" || echo "$name $rest"
done)
while read -r guest kernel _; do
	wanted "$kernel" "$@" || continue
	echo "lab: $guest" >&2
	"$here/guest.sh" "$guest" >/dev/null </dev/null || failed=1
done < <(grep -v '^#' "$here/guests" | grep .)
exit $failed
