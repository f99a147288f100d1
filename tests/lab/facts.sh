#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# facts.sh [KERNEL...]: tests/facts.sh, besides over a dump of each of the lab's kernels, or of those
# named: what its sources, libdw and libdwarf say of every fact has to be one.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lab/dumps.sh
. "$here/dumps.sh"
declare -A seen
args=()

# The first dump of a kernel that has VMCOREINFO.
take() {
	local dir=$1 dump=$2 kernel=$4
	case $6 in *@stop=*) return ;; esac
	[ -n "$dump" ] && [ -z "${seen[$kernel]:-}" ] && [ -f "$dir/kernel/vmlinux" ] || return
	seen[$kernel]=1
	args+=("$dump" "$dir/kernel/vmlinux")
}

each_dump take "$@"
[ ${#args[@]} != 0 ] || { echo "no dump of these kernels is there: make lab"; exit 77; }
exec "$here/../facts.sh" "${args[@]}"
