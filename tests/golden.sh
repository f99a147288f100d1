#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# golden.sh: every verb on every real dump, text and JSON and exit status, against tests/golden/.
# golden.sh --update writes those files anew: read the difference before committing it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
. "$here/tap.sh"
export LC_ALL=C

# dump: pages worth a look (pfn, physical, struct page and direct-map address)
pages_of() {
	case $1 in
	a73-out-faults) echo pfn:0x48d3b pfn:0x40f9a pfn:0x48800 ;;
	v72-out-faults) echo pfn:0x8545 pfn:0x8543 pfn:0x4ea phys:0x8000000 pfn:0xa23 \
		page:0xffffea9d40013a00 virt:0xffff9ac2484e2000 ;;
	v72-in-retrieved) echo pfn:0x601 ;;
	v73-in-thp) echo pfn:0x23800 ;;
	v73-in-split) echo pfn:0x14a00 pfn:0x14800 ;;
	esac
}

# dump: pages whose owner is worth asking for: data of a file, a page without one, a node of the map
owned_of() {
	case $1 in
	v72-out-faults) echo pfn:0x6001 pfn:0xa23 pfn:0x4a4 pfn:0x3 ;;
	v73-in-thp) echo phys:0x1c05000 pfn:0x12be ;;
	esac
}

# cases DUMP: one line a case, "NAME ARGUMENT..."
cases() {
	local verb page
	for verb in status list owners check report map preflight fdt; do
		echo "$verb $verb"
		echo "$verb.json $verb --json"
	done
	for page in $(pages_of "$1"); do
		echo "page-${page/:/-} page $page"
		echo "page-${page/:/-}.json page --json $page"
	done
	case $1 in v72-*) echo "preflight-as preflight --as 7.2" ;; esac
	case $1 in a73-*) echo "preflight-as.json preflight --json --as 7.1" ;; esac
	for page in $(owned_of "$1"); do
		echo "owners-${page/:/-} owners $page"
		echo "owners-${page/:/-}.json owners --json $page"
	done
	case $1 in *-faults) echo "facts facts"; echo "facts.json facts --json" ;; esac
	case $1 in
	v72-in-retrieved)
		echo "fdt-in-name fdt in kexec-metadata"
		echo "fdt-consumed fdt in LUO --hexdump"
		echo "fdt-nobody fdt out nobody" ;;
	v73-in-thp)
		echo "owners-in owners -d in -l 1"
		echo "list-order list -O 9"
		echo "list-filters list -d in -n 1 -l 2"
		echo "list-range.json list --json -r 0x1500+0x200" ;;
	esac
}

run() {
	local dump=$1
	shift
	"$khoscope" "$@" "$dumps/$dump.kdump" >"$tmp/all" 2>&1
	echo "status $?" >>"$tmp/all"
	# Versions of libraries are this machine's.
	sed -e '/^Tool  /,/^Again /{/^Again /!d}' -e 's/^\( *"libraries": \)".*",/\1"",/' "$tmp/all"
}

for dump in a73-out-faults v72-in-retrieved v72-out-faults v73-in-faults v73-in-split v73-in-thp; do
	while read -r name args; do
		want=$here/golden/$dump/$name
		# shellcheck disable=SC2086 # arguments of ours, without blanks
		run "$dump" $args >"$tmp/got"
		if [ "${1-}" = --update ]; then
			mkdir -p "${want%/*}" && cp "$tmp/got" "$want"
		fi
		check "$dump: khoscope $args" diff -u "$want" "$tmp/got"
	done < <(cases "$dump")
done
finish
