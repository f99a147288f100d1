# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Sourced, after tap.sh: commands in the Debian roots that package-root.sh keeps, and the packages
# built there.
#
#	kept_root NAME			prints the folder of that root, or ends the script with status 77
#	in_root ROOT NAME COMMAND...	runs that there
#	tree				prints this tree as a tar
#	build_debs ROOT NAME		builds its packages there, into $tmp/NAME
# shellcheck disable=SC2154 # what is sourced and evaluated sets them

kept_root() {
	local line
	line=$("${here:?}/package-root.sh" "$1") || exit 77
	eval "$line" # root=
	echo "$root"
}

# That root stays as it is: what is written goes to $tmp/NAME.upper; $tmp/NAME is /mnt there. Without a
# network.
in_root() {
	local root=$1 name=$2
	shift 2
	mkdir -p "$tmp/$name" "$tmp/$name.upper" "$tmp/$name.work" "$tmp/$name.root"
	# shellcheck disable=SC2016 # for the other shell
	unshare -mn sh -c 'mount -t overlay overlay \
			-o "lowerdir=$1,upperdir=$2.upper,workdir=$2.work" "$2.root" &&
		mount -t proc proc "$2.root/proc" && mount --bind "$2" "$2.root/mnt" || exit 125
		root=$2.root; shift 2
		exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
			TERM=dumb "$@"' sh "$root" "$tmp/$name" "$@"
}

# As a release has it, but for the dumps, which only the tests want.
tree() {
	tar -c -C "$here/.." --exclude=./build --exclude=./.git --exclude=./tests/vmcores .
}

build_debs() {
	mkdir -p "$tmp/$2/khoscope"
	tree | tar -x -C "$tmp/$2/khoscope" --no-same-owner
	in_root "$1" "$2" sh -c 'cd /mnt/khoscope && DEB_BUILD_OPTIONS="nocheck parallel=2" \
		DEB_BUILD_PROFILES=nocheck dpkg-buildpackage -b -us -uc' >"$tmp/log" 2>&1 ||
		{ tail -n 30 "$tmp/log"; return 1; }
}
