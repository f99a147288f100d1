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
# The cache is $KHOSCOPE_CACHE, else $XDG_CACHE_HOME/khoscope, else
# ~/.cache/khoscope.  What was made once is used again, without the network.
# The mirror is the one this machine's own apt uses.  It is fetched by private
# apt lists and checked against Debian's archive keyring.
#
# It installs nothing on this machine, changes nothing of its apt, and leaves
# nothing mounted.  An interrupted run leaves nothing that a later one takes for
# whole.  It does not build kho.so and does not run crash on a dump.  Who does
# has to mount a proc in the root first, in a mount namespace of its own
# (unshare -m): without it every pipe in crash fails.
#
# Exit status: 0 both lines printed; 77 it can't be had here, one line on
# standard error says what is missing.

set -eu
. "$(dirname "$0")/debian.sh"

suite=forky
packages=crash,procps,less,libjansson4,libfdt1

# What a finished cache was made of; another recipe is made anew.
recipe="1 $suite $packages"

cannot() {
	echo "crash-root: $*" >&2
	exit 77
}

quote() {
	printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

answer() {
	printf 'root=%s\n' "$(quote "$done_dir/root")"
	printf 'defs=%s\n' "$(quote "$done_dir/defs")"
	exit 0
}

is_done() {
	[ "$(cat "$done_dir/stamp" 2>/dev/null)" = "$recipe" ]
}

cache=$(debian_cache) || cannot "$cache"
done_dir=$cache/crash-root
new_dir=$cache/crash-root.new

if is_done; then
	answer
fi

[ "$(id -u)" = 0 ] || cannot "not root: debootstrap and chroot need it"
PATH=$PATH:/usr/sbin:/sbin
for tool in debootstrap apt-get flock; do
	command -v "$tool" >/dev/null || cannot "no $tool on this machine"
done
[ -r "$debian_keyring" ] || cannot "no Debian archive keyring (package debian-archive-keyring)"

# One run at a time; the next finds the work done, or finds the remains of a
# run that was cut short and throws them away.
mkdir -p "$cache" || cannot "cannot make the cache folder $cache"
exec 9>"$cache/crash-root.lock"
flock 9
if is_done; then
	answer
fi
clean() {
	rm -rf --one-file-system "$new_dir"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
clean
mkdir "$new_dir"

script=$suite
[ -e "/usr/share/debootstrap/scripts/$suite" ] || script=sid

# debootstrap takes a proxy from the environment; apt may have its own.
if [ -z "${http_proxy:-}" ]; then
	eval "$(apt-config shell http_proxy Acquire::http::Proxy)"
	case ${http_proxy:-} in
	http://*) export http_proxy ;;
	*) unset http_proxy ;;
	esac
fi

mirror=
for uri in $(debian_mirrors); do
	if debian_lists "$new_dir/apt" "$uri" "$suite"; then
		mirror=$uri
		break
	fi
done
[ -n "$mirror" ] ||
	cannot "no network: no Debian mirror of this machine's apt serves $suite"
rm -rf "$new_dir/apt"

echo "crash-root: fetching a Debian $suite root with $packages (some 60 MB," \
	"once) into $done_dir" >&2

# What debootstrap mounts in the root goes with its mount namespace.
private=
if unshare -m true 2>/dev/null; then
	private="unshare -m"
fi
# A root that can be made again needs no disk flush after each package.
mkdir -p "$new_dir/root/etc/dpkg/dpkg.cfg.d"
echo force-unsafe-io >"$new_dir/root/etc/dpkg/dpkg.cfg.d/unsafe-io"
if ! $private debootstrap --variant=minbase --include="$packages" \
	--keyring="$debian_keyring" --force-check-gpg \
	"$suite" "$new_dir/root" "$mirror" "$script" \
	>"$new_dir/log" 2>&1 </dev/null; then
	cannot "debootstrap failed: $(grep '^[EW]:' "$new_dir/log" | tail -n 1)"
fi

header=$new_dir/root/usr/include/crash/defs.h
[ -f "$header" ] || cannot "the crash package of $suite has no defs.h"
mkdir "$new_dir/defs"
cp "$header" "$new_dir/defs/defs.h"
# shellcheck disable=SC2016 # the dollar is dpkg-query's
chroot "$new_dir/root" dpkg-query -W -f '${Version}\n' crash \
	>"$new_dir/defs/crash-version"

# Not needed to run crash.
rm -rf "$new_dir/root/var/cache/apt" "$new_dir/root/var/lib/apt/lists" \
	"$new_dir/root/usr/share/doc" "$new_dir/root/usr/share/man" \
	"$new_dir/root/usr/share/locale" "$new_dir/log"

echo "$recipe" >"$new_dir/stamp"
rm -rf --one-file-system "$done_dir"
mv -T "$new_dir" "$done_dir"
answer
