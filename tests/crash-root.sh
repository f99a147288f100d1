#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# crash-root.sh: have a crash new enough for today's kernels, apart from the
# system, for the tests that run the extension inside the real crash.
#
# It makes a folder crash-root/ in a cache outside the tree, with
#	root/			a minimal Debian system of the suite below, to be
#				used by chroot: crash and what kho.so needs to run
#	defs/defs.h		the header of that very crash (its package ships it)
#	defs/crash-version	the version of that package
# and prints two lines for the shell to read, so that a caller can say
# eval "$(tests/crash-root.sh)":
#	root='...'	the folder root/
#	defs='...'	the folder defs/, for cc -I
#
# It does not build kho.so and does not run crash on a dump.  Who does has to mount
# a proc in the root first, in a mount namespace of its own (unshare -m): without
# it every pipe in crash fails.
#
# Exit status: 0 both lines printed; 77 it can't be had here, one line on
# standard error says what is missing.

set -eu
. "$(dirname "$0")/debian.sh"

take_header() {
	header=$1/root/usr/include/crash/defs.h
	[ -f "$header" ] || { echo "the crash package has no defs.h"; return 1; }
	mkdir "$1/defs"
	cp "$header" "$1/defs/defs.h"
	# shellcheck disable=SC2016 # the dollar is dpkg-query's
	chroot "$1/root" dpkg-query -W -f '${Version}\n' crash >"$1/defs/crash-version"
}

dir=$(debian_root crash-root 1 forky crash,procps,less,libjansson4,libfdt1 take_header) || {
	echo "crash-root: $dir" >&2
	exit 77
}
printf 'root=%s\n' "$(debian_quote "$dir/root")"
printf 'defs=%s\n' "$(debian_quote "$dir/defs")"
