#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# package.sh: the Debian packages and the RPMs build in a Debian root that has what they say they need;
# lintian, where it is at hand, has nothing to say; the Debian packages install in a clean root with
# crash and drgn, without a network, and khoscope, crash> kho and the Python module run from there.
# shellcheck disable=SC2154 # what is sourced and evaluated sets them
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${KHOSCOPE_BUILD:-$here/../build}" && pwd) || exit
vmcores=$build/vmcores

cannot() {
	echo "package: $*" >&2
	exit 77
}

where() {
	local line root
	line=$("$here/package-root.sh" "$1") || exit 77
	eval "$line" # root=
	echo "$root"
}
build_root=$(where build) || exit
clean_root=$(where clean) || exit
unshare -mn chroot "$clean_root" true 2>/dev/null || cannot "no mount namespace or no chroot here"
. "$here/tap.sh"

# in_root ROOT NAME COMMAND...: in that root, which stays as it is: what is written goes to
# $tmp/NAME.upper; $tmp/NAME is /mnt there. Without a network.
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
in_root "$clean_root" try true || cannot "no overlay file system here"

# The tree as a release has it, but for the dumps, which only the tests want.
(cd "$here/.." && tar -c --exclude=./build --exclude=./.git --exclude=./tests/vmcores .) >"$tmp/tree.tar"
mkdir -p "$tmp/build/khoscope"
tar -xf "$tmp/tree.tar" -C "$tmp/build/khoscope" --no-same-owner

version=$(sed -n 's/^VERSION := //p' "$here/../Makefile")
versions() {
	grep "^khoscope ($version) " "$here/../debian/changelog" &&
		grep "^Version: *$version\$" "$here/../rpm/khoscope.spec" &&
		grep "^## $version" "$here/../CHANGELOG.md"
}
check "they have the version of the Makefile" versions

# ---- Debian --------------------------------------------------------------------------------------

build_deb() {
	in_root "$build_root" build sh -c 'cd /mnt/khoscope && DEB_BUILD_OPTIONS="nocheck parallel=2" \
		DEB_BUILD_PROFILES=nocheck dpkg-buildpackage -b -us -uc' >"$tmp/log" 2>&1 ||
		{ tail -n 30 "$tmp/log"; return 1; }
}
check "the Debian packages build" build_deb
debs=(crash-kho khoscope libkhoscope-dev libkhoscope0 python3-khoscope)
for deb in "${debs[@]}"; do
	check "$deb is made" ls "$tmp/build/$deb"_*.deb
done
if command -v lintian >/dev/null; then
	check "lintian is content" lintian --allow-root --fail-on error,warning \
		--suppress-tags bad-distribution-in-changes-file "$tmp"/build/*.changes
else
	skip "lintian is content" "no lintian on this machine"
fi

install_debs() {
	mkdir -p "$tmp/clean"
	cp "$tmp"/build/*.deb "$tmp/clean"
	in_root "$clean_root" clean sh -c 'dpkg -i /mnt/*.deb' >"$tmp/log" 2>&1 ||
		{ cat "$tmp/log"; return 1; }
}
check "they install in a clean root" install_debs
for file in v72-out-faults.kdump vmlinux-7.2.13; do
	ln "$vmcores/$file" "$tmp/clean/" 2>/dev/null || cp "$vmcores/$file" "$tmp/clean/"
done

# says WANT COMMAND...: what it prints, in the clean root, is the file WANT, its status in the end
says() {
	local want=$1
	shift
	in_root "$clean_root" clean "$@" >"$tmp/said" 2>"$tmp/err"
	echo "status $?" >>"$tmp/said"
	diff "$want" "$tmp/said" >"$tmp/diff" || { cat "$tmp/err" "$tmp/diff"; return 1; }
}
check "khoscope runs there" says "$here/golden/v72-out-faults/check" \
	khoscope check /mnt/v72-out-faults.kdump

# crash finds it without being told where it is.
printf '%s\n' "extend kho.so" "kho check > /mnt/kho.text" "kho version" quit >"$tmp/clean/commands"
kho() {
	in_root "$clean_root" clean sh -c 'timeout 120 crash --no_modules --no_crashrc -s \
		/mnt/vmlinux-7.2.13 /mnt/v72-out-faults.kdump </mnt/commands' >"$tmp/log" 2>&1
	sed '/^status /d' "$here/golden/v72-out-faults/check" | diff - "$tmp/clean/kho.text" ||
		{ cat "$tmp/log"; return 1; }
}
check "crash> kho runs there" kho
check "it is at home in that crash" grep -q "built against the header of crash" "$tmp/log"
check "nothing warns of another crash" [ "$(grep -c '^kho: warning' "$tmp/log")" = 0 ]

cat >"$tmp/clean/count.py" <<'PYTHON'
import drgn
import khoscope

prog = drgn.Program()
prog.set_core_dump("/mnt/v72-out-faults.kdump")
prog.load_debug_info(["/mnt/vmlinux-7.2.13"])
with khoscope.from_program(prog) as k:
    print(len(k.check()))
PYTHON
sed '/^status /d' "$here/golden/v72-out-faults/check.json" | jq '.findings | length' >"$tmp/count"
echo "status 0" >>"$tmp/count"
check "the Python module runs there, over drgn" says "$tmp/count" python3 /mnt/count.py

# ---- RPM -----------------------------------------------------------------------------------------

mkdir -p "$tmp/build/rpm/SOURCES" "$tmp/rpm/khoscope-$version"
tar -xf "$tmp/tree.tar" -C "$tmp/rpm/khoscope-$version" --no-same-owner
tar -czf "$tmp/build/rpm/SOURCES/khoscope-$version.tar.gz" -C "$tmp/rpm" "khoscope-$version"
# The names of what it build-depends on are Fedora's; Debian's packages of the same stand in.
build_rpm() {
	in_root "$build_root" build rpmbuild -bb --nodeps --define '_topdir /mnt/rpm' \
		--define '_smp_mflags -j2' /mnt/khoscope/rpm/khoscope.spec >"$tmp/log" 2>&1 ||
		{ tail -n 30 "$tmp/log"; return 1; }
}
check "the RPMs build" build_rpm
files_of() {
	in_root "$build_root" build sh -c 'rpm -qpl /mnt/rpm/RPMS/*/*.rpm' 2>/dev/null | sort -u
}
for file in /usr/bin/khoscope crash/extensions/kho.so libkhoscope.so.0 include/khoscope.h \
	khoscope.py man1/khoscope.1; do
	check "an RPM has $file" grep -q "$file" <(files_of)
done
finish
