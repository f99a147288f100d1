#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# package-root.sh build|clean: have a Debian system apart from this one, for the
# tests that build the packages, install them, and use them with drgn.
#	build	what debian/control and the .spec build-depend on, and rpm
#	clean	what the packages depend on, crash and drgn
# It is kept in the cache that tests/crash-root.sh uses.  A line for the shell to
# read says where, to be used by chroot:
#	root='...'
# Who uses it writes to a copy, or to an overlay over it.
#
# Exit status: 0 the line printed; 77 it can't be had here, one line on standard
# error says what is missing.

set -eu
. "$(dirname "$0")/debian.sh"

codecs=zlib1g,liblzo2-2,libsnappy1v5,libzstd1
libraries=libbpf1,libelf1t64,libdw1t64,libfdt1,libjansson4,$codecs
codecs=zlib1g-dev,liblzo2-dev,libsnappy-dev,libzstd-dev
headers=libelf-dev,libdw-dev,libbpf-dev,libfdt-dev,libjansson-dev,$codecs

case "${1-}" in
clean) packages=crash,procps,less,python3-drgn,$libraries ;;
build) packages=build-essential,debhelper,fakeroot,rpm,pkgconf,$headers,scdoc,crash,dh-python,python3 ;;
*)
	echo "usage: tests/package-root.sh build|clean" >&2
	exit 2
	;;
esac
dir=$(debian_root "package-root-$1" 2 forky "$packages") || {
	echo "package-root: $dir" >&2
	exit 77
}
printf 'root=%s\n' "$(debian_quote "$dir/root")"
