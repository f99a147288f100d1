#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# package-root.sh build|clean|bookworm-build|bookworm-clean: have a Debian system
# apart from this one, for the tests that build the packages, install them, and use
# them with drgn.
#	build	what debian/control and the .spec build-depend on, and rpm
#	clean	what the packages depend on, crash and drgn
#	bookworm-build	the same of Debian 12
#	bookworm-clean	a minimal Debian 12, and apt's lists and, not installed, the
#		packages that ours depend on: apt-get can install them without a network
# Without bookworm it is forky, whose crash and drgn know the kernels of the tests.
# It is kept in the cache that tests/crash-root.sh uses.  A line for the shell to
# read says where, to be used by chroot:
#	root='...'
# Who uses it writes to a copy, or to an overlay over it.
#
# Exit status: 0 the line printed; 77 it can't be had here, one line on standard
# error says what is missing.

set -eu
. "$(dirname "$0")/debian.sh"

codecs=zlib1g-dev,liblzo2-dev,libsnappy-dev,libzstd-dev
headers=libelf-dev,libdw-dev,libbpf-dev,libfdt-dev,libjansson-dev,$codecs
codecs=zlib1g,liblzo2-2,libsnappy1v5,libzstd1
libraries=libbpf1,libelf1t64,libdw1t64,libfdt1,libjansson4,$codecs

later=crash,less,python3,libbpf1,libelf1,libdw1,libfdt1,libjansson4,$codecs,gcc,libc6-dev,pkgconf

# What apt needs to install the packages later.
fetch_dependencies() {
	debian_lists "$1/apt" "$(debian_serves "$1/lists" bookworm)" bookworm >/dev/null ||
		{ echo "no network"; return 1; }
	cp "$1/apt/sources.list" "$1/root/etc/apt/sources.list"
	rm -rf "$1/apt"
	# shellcheck disable=SC2016,SC2046 # for the shell there; a list of packages
	unshare -m chroot "$1/root" sh -c 'mount -t proc proc /proc && apt-get -q update &&
		apt-get -q install -y --no-install-recommends --download-only "$@"' sh \
		$(echo "$later" | tr , ' ') >"$1/log" 2>&1 || {
		echo "apt-get: $(tail -n 1 "$1/log")"
		return 1
	}
}

suite=forky finish='' recipe=2 what=${1-}
if [ "$what" != "${what#bookworm-}" ]; then
	suite=bookworm what=${what#bookworm-}
fi
case $what in
clean) packages=crash,procps,less,python3-drgn,$libraries ;;
build) packages=build-essential,debhelper,fakeroot,rpm,pkgconf,$headers,scdoc,crash,dh-python,python3 ;;
*)
	echo "usage: tests/package-root.sh build|clean|bookworm-build|bookworm-clean" >&2
	exit 2
	;;
esac
if [ "$suite $what" = "bookworm clean" ]; then
	packages=procps finish=fetch_dependencies recipe="2 $later"
fi
dir=$(debian_root "package-root-$1" "$recipe" "$suite" "$packages" $finish) || {
	echo "package-root: $dir" >&2
	exit 77
}
printf 'root=%s\n' "$(debian_quote "$dir/root")"
