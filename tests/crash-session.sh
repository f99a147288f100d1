# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# For test scripts: kho.so in the real crash, in a root of its own, on dumps of Linux 7.2.13. Source it
# from bash; it ends the script with status 77 where that can't be had. It sources tap.sh and makes
#
#	in_crash DUMP [RUNNER...]   crash; the runners come before it
#	batch DUMP                  kho.so loaded, then the commands of standard input; leaves
#	                            $tmp/log and $batch_status
#	on_terminal DUMP            the same on a terminal; steps of tests/tools/pty are standard input
#	build_preload NAME          tests/crash/NAME.c to be preloaded, as $in/NAME.so; false and
#	                            $tmp/err without a compiler
#	$in                         the folder that crash sees as /mnt: the dumps, vmlinux and kho.so
#	$preload                    what is preloaded into crash, if anything
#	$kernel                     the dump's kernel, a file in that folder (vmlinux)
#
# It takes from the environment
#
#	KHOSCOPE_BUILD    where the programs are (build)
#	KHOSCOPE          the command line tool
#	KHO_SO            the extension, built with CRASH_INC= what tests/crash-root.sh says
#	KHOSCOPE_VMCORES  folder of the dumps; what it lacks is unpacked from tests/vmcores
#	KHOSCOPE_VMLINUX  the kernel of the 7.2.13 dumps, with DWARF
# shellcheck disable=SC2034,SC2154 # for who sources it; root and defs are what is evaluated
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
kho_so=${KHO_SO:-$build/kho.so}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
pty=$build/tests/pty
vmlinux=${KHOSCOPE_VMLINUX:-$dumps/vmlinux-7.2.13}

cannot() {
	echo "${0##*/}: $*" >&2
	exit 77
}

# take FILE PLACE: a file of ours or, packed, of the source tree, as PLACE
take() {
	if [ -e "$1" ]; then
		ln "$1" "$2" 2>/dev/null || cp "$1" "$2"
	elif [ -e "$here/vmcores/${1##*/}.xz" ]; then
		xz -dc "$here/vmcores/${1##*/}.xz" >"$2"
	else
		cannot "no ${1##*/}, neither in ${1%/*} nor packed in tests/vmcores"
	fi
}

[ -e "$kho_so" ] || cannot "no $kho_so (it needs crash's header: see CRASH_INC in the Makefile)"
roots=$("$here/crash-root.sh") || exit
eval "$roots" # root= and defs=
version=$(cat "$defs/crash-version")
grep -aqF "$version" "$kho_so" ||
	cannot "$kho_so is not built for crash $version: build it with CRASH_INC=$defs"
unshare -m chroot "$root" true 2>/dev/null || cannot "no mount namespace or no chroot here"

# shellcheck source=tests/tap.sh
. "$here/tap.sh"
export LC_ALL=C
in=$tmp/in # /mnt of the root
mkdir "$in"
take "$vmlinux" "$in/vmlinux"
take "$dumps/v72-out-faults.kdump" "$in/v72-out-faults"
take "$dumps/v72-in-retrieved.kdump" "$in/v72-in-retrieved"
cp "$kho_so" "$in/kho.so"

# in_crash DUMP [RUNNER...]: crash in its root; the runners come before unshare. For each question to
# its gdb it makes a file in /tmp, which takes its time on a busy disk.
in_crash() {
	local dump=$1
	shift
	# shellcheck disable=SC2016 # for the other shell
	"$@" unshare -m sh -c 'mount -t proc proc "$1/proc" && mount -t tmpfs tmp "$1/tmp" &&
		mount --bind "$2" "$1/mnt" || exit
		shift 2; exec "$@"' sh "$root" "$in" \
		chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=vt100 HOME=/ \
		${preload:+LD_PRELOAD=$preload} \
		crash --no_modules --no_crashrc -s "/mnt/$kernel" "/mnt/$dump"
}
kernel=vmlinux
preload=

# batch DUMP: the commands are standard input; what crash prints goes to $tmp/log
batch() {
	{ echo "extend /mnt/kho.so"; cat; echo quit; } |
		in_crash "$1" timeout 120 >"$tmp/log" 2>&1
	batch_status=$?
}

on_terminal() {
	in_crash "$1" "$pty" >"$tmp/log" 2>&1 ||
		{ tail -n 40 "$tmp/log" | cut -c 1-200; false; }
}

build_preload() {
	${CC:-cc} -shared -fPIC -O -o "$in/$1.so" "$here/crash/$1.c" 2>"$tmp/err"
}

prompt="crash> "
