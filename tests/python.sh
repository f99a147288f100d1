#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# python.sh: python/khoscope.py says what the command line tool says: here, of each real dump; and in
# a Debian root with drgn, over a drgn.Program, of dumps whose kernel's debug info there is, whole and
# with pages excluded and lost.
# shellcheck disable=SC2154 # what is sourced and evaluated sets them
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${KHOSCOPE_BUILD:-$here/../build}" && pwd) || exit
khoscope=$build/khoscope
library=$build/libkhoscope.so
vmcores=$build/vmcores
command -v python3 >/dev/null || { echo "no python3"; exit 77; }
. "$here/tap.sh"
export PYTHONDONTWRITEBYTECODE=1

# verbs FOLDER DUMP: what the command line tool says of it
verbs() {
	local verb
	mkdir "$1/$2.json"
	for verb in status check preflight list owners fdt facts; do
		"$khoscope" $verb --json -q "$1/$2" >"$1/$2.json/$verb"
	done
}

mkdir "$tmp/here" "$tmp/there"
for dump in v72-out-faults v72-in-retrieved v73-in-split a73-out-faults; do
	ln -s "$vmcores/$dump.kdump" "$tmp/here/$dump"
	verbs "$tmp/here" $dump
done
check "the module, without drgn" env PYTHONPATH="$here/../python" KHOSCOPE_LIBRARY="$library" \
	python3 "$here/tools/module.py" "$tmp/here"

# ---- drgn ----------------------------------------------------------------------------------------

no_drgn() {
	skip "the module over drgn" "$1"
	finish
}

where=$("$here/package-root.sh" clean 2>"$tmp/why") || no_drgn "$(cat "$tmp/why")"
eval "$where" # root=
unshare -m chroot "$root" true 2>/dev/null || no_drgn "no mount namespace or no chroot here"

in=$tmp/there # /mnt of the root
ln "$vmcores/vmlinux-7.2.13" "$in/vmlinux" 2>/dev/null || cp "$vmcores/vmlinux-7.2.13" "$in/vmlinux"
for dump in v72-out-faults v72-in-retrieved; do
	cp "$vmcores/$dump.kdump" "$in/$dump"
done
# Pages of the memory map; drgn, too, would make zeros of what an ELF file excludes.
lacks="--exclude 0x7ec0-0x7ed0 --lose 0x7c20-0x7c28"
# shellcheck disable=SC2086 # words
{
	"$build/tests/redump" --format elf $lacks "$in/v72-out-faults" "$in/elf"
	"$build/tests/redump" --codec zlib $lacks "$in/v72-out-faults" "$in/kdump"
}
for dump in v72-out-faults v72-in-retrieved elf kdump; do verbs "$in" $dump; done
cp "$here/tools/module.py" "$here/../python/khoscope.py" "$in"

# The library as it was built here; what it needs and the root has not comes along.
mkdir "$in/lib"
cp "$library" "$in/lib/libkhoscope.so.0"
ldd "$library" | awk '$3 ~ "/" { print $3 }' | while read -r file; do
	[ -n "$(find "$root/usr/lib" -name "${file##*/}" -print -quit)" ] || cp -L "$file" "$in/lib"
done

# shellcheck disable=SC2016 # for the other shell
unshare -m sh -c 'mount -t proc proc "$1/proc" && mount --bind "$2" "$1/mnt" || exit
	exec timeout 300 chroot "$1" env -i PATH=/usr/bin:/bin LD_LIBRARY_PATH=/mnt/lib \
	PYTHONDONTWRITEBYTECODE=1 python3 /mnt/module.py /mnt' sh "$root" "$in" >"$tmp/log" 2>&1
status=$?
grep -E '^(ok|not ok|#)' "$tmp/log" | sed -E 's/^(not ok|ok) [0-9]+/\1/' >"$tmp/tap"
while read -r line; do
	case $line in
	"ok - "*) pass "${line#ok - }" ;;
	"not ok - "*) fail "${line#not ok - }" "$(cat "$tmp/log")" ;;
	esac
done <"$tmp/tap"
check "drgn in its root" [ $status = 0 ]
finish
