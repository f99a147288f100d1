#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# package.sh: the Debian packages and the RPMs build in a Debian root that has what they say they need;
# lintian, where it is at hand, has nothing to say; the Debian packages install in a clean root with
# crash and drgn, without a network, and khoscope, crash> kho and the Python module run from there.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${KHOSCOPE_BUILD:-$here/../build}" && pwd) || exit
vmcores=$build/vmcores

cannot() {
	echo "package: $*" >&2
	exit 77
}

. "$here/tap.sh"
. "$here/in-root.sh"
# shellcheck source=tests/debian.sh
. "$here/debian.sh"
build_root=$(kept_root build) || exit
clean_root=$(kept_root clean) || exit
unshare -mn chroot "$clean_root" true 2>/dev/null || cannot "no mount namespace or no chroot here"
in_root "$clean_root" try true || cannot "no overlay file system here"

version=$(sed -n 's/^VERSION := //p' "$here/../Makefile")
versions() {
	grep "^khoscope ($version) " "$here/../debian/changelog" &&
		grep "^Version: *$version\$" "$here/../rpm/khoscope.spec" &&
		grep "^## $version" "$here/../CHANGELOG.md"
}
check "they have the version of the Makefile" versions

# ---- Debian --------------------------------------------------------------------------------------

check "the Debian packages build" build_debs "$build_root" build
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

# ---- Debian 12, by apt, from nothing to nothing ---------------------------------------------------

old_build=$(kept_root bookworm-build) && old_clean=$(kept_root bookworm-clean) || exit
check "the Debian packages build on Debian 12" build_debs "$old_build" old
if command -v lintian >/dev/null; then
	check "lintian is content with those" lintian --allow-root --fail-on error,warning \
		--suppress-tags bad-distribution-in-changes-file "$tmp"/old/*.changes
else
	skip "lintian is content with those" "no lintian on this machine"
fi

# The same packages of a version before.
mkdir -p "$tmp/apt/before" "$tmp/apt/now"
before() {
	local deb
	for deb in "$tmp"/old/*.deb; do
		rm -rf "$tmp/deb"
		dpkg-deb -R "$deb" "$tmp/deb" && sed -i "s/$version/0.0.9/" "$tmp/deb/DEBIAN/control" &&
			dpkg-deb --root-owner-group -b "$tmp/deb" "$tmp/apt/before" || return
	done
}
check "they can be made older" before
cp "$tmp"/old/*.deb "$tmp/apt/now"
cp "$here/../docs/example.c" "$vmcores/v72-out-faults.kdump" "$vmcores/vmlinux-7.2.13" "$tmp/apt"

# It has nothing they depend on installed, and no network: the files are in apt's cache.
apt() {
	in_root "$old_clean" apt sh -c "$1" >"$tmp/log" 2>&1 || { tail -n 30 "$tmp/log"; return 1; }
}
# shellcheck disable=SC2016 # for the shell there
has_version() {
	in_root "$old_clean" apt dpkg-query -W -f '${Package} ${Status} ${Version}\n' "${debs[@]}" |
		grep -c "install ok installed $1"
}
install='DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends'
check "apt installs them, with what they need" apt "$install /mnt/before/*.deb"
check "apt: those are there" [ "$(has_version 0.0.9)" = 5 ]
check "apt upgrades them" apt "$install /mnt/now/*.deb"
check "apt: all of them" [ "$(has_version "$version")" = 5 ]
check "apt misses nothing" apt "apt-get -q check"
khoscope_there() {
	in_root "$old_clean" apt khoscope check /mnt/v72-out-faults.kdump >"$tmp/said"
	echo "status $?" >>"$tmp/said"
	diff "$here/golden/v72-out-faults/check" "$tmp/said"
}
check "khoscope runs on Debian 12" khoscope_there
check "a program builds with libkhoscope-dev there, and runs" apt "$install gcc libc6-dev pkgconf &&
	cc -o /mnt/example /mnt/example.c \$(pkg-config --cflags --libs khoscope) &&
	{ /mnt/example /mnt/v72-out-faults.kdump; [ \$? = 1 ]; }"
check "the Python module is found there" apt "python3 -c 'import khoscope; \
	print(len(khoscope.open(\"/mnt/v72-out-faults.kdump\").check()))'"
# Debian 12's crash: it asks for these options with such kernels, and for a whole vmlinux.
lab=$(debian_cache)/lab/dump/x73-kdump-c
if [ -e "$lab/vmcore" ]; then
	cp "$lab/vmcore" "$lab/kernel/vmlinux" "$tmp/apt"
	printf '%s\n' "extend kho.so" "kho check > /mnt/kho.text" quit >"$tmp/apt/commands"
	check "crash 8.0.2 takes kho.so" apt 'timeout 300 crash --kaslr=auto --no_kmem_cache \
		--no_modules --no_crashrc -s /mnt/vmlinux /mnt/vmcore </mnt/commands'
	check "crash 8.0.2 > kho runs on Debian 12" diff <("$build/khoscope" check "$lab/vmcore") "$tmp/apt/kho.text"
else
	skip "crash 8.0.2 > kho runs on Debian 12" "the lab has no x73-kdump-c: make lab KERNELS=x86-73"
fi
check "apt purges them" apt "apt-get -q purge -y ${debs[*]}"
remains() {
	in_root "$old_clean" apt find / -xdev \( -name '*khoscope*' -o -name 'kho.*' \) \
		-not -path '/mnt/*' -not -path '/proc/*' -not -path '/var/cache/*'
}
check "nothing of them remains" [ -z "$(remains)" ]

# ---- RPM -----------------------------------------------------------------------------------------

mkdir -p "$tmp/build/rpm/SOURCES" "$tmp/rpm/khoscope-$version"
tree | tar -x -C "$tmp/rpm/khoscope-$version" --no-same-owner
tar -czf "$tmp/build/rpm/SOURCES/khoscope-$version.tar.gz" -C "$tmp/rpm" "khoscope-$version"
# The names of what it build-depends on are Fedora's; Debian's packages of the same stand in.
build_rpm() {
	in_root "$build_root" build rpmbuild -bb --nodeps --define '_topdir /mnt/rpm' \
		--define '_smp_mflags -j2' /mnt/khoscope/rpm/khoscope.spec >"$tmp/log" 2>&1 ||
		{ tail -n 30 "$tmp/log"; return 1; }
}
check "the RPMs build" build_rpm
rpms() { in_root "$build_root" build sh -c "cd /mnt/rpm/RPMS && $1" 2>/dev/null; }
# shellcheck disable=SC2016 # for the shell there
rpms 'for rpm in */*.rpm; do rpm -qp --qf "[%{=NAME} %{FILENAMES} %{FILEMODES:perms}\n]" $rpm; done' |
	sort >"$tmp/files"
in_rpm() { grep -q "^$1 [^ ]*$2 " "$tmp/files"; }
while read -r rpm file; do
	check "the RPM $rpm has $file" in_rpm "$rpm" "$file"
done <<'END'
khoscope /usr/bin/khoscope
khoscope man1/khoscope.1\(.gz\)\?
khoscope khoscope-triage.service
khoscope libexec/khoscope/kdump-triage
khoscope-libs libkhoscope.so.0
khoscope-devel include/khoscope.h
khoscope-devel man3/libkhoscope.3\(.gz\)\?
crash-kho crash/extensions/kho.so
python3-khoscope khoscope.py
END
check "no file is in two RPMs" [ -z "$(awk '$3 !~ /^d/ && $2 !~ /licenses/ { print $2 }' "$tmp/files" | uniq -d)" ]
check "nobody but root may write to one" [ -z "$(awk '$3 ~ /^-....w|^-.......w/' "$tmp/files")" ]
check "the devel RPM requires the library of its version" \
	grep -q "^khoscope-libs.* = $version-" <(rpms "rpm -qp --requires */khoscope-devel-*.rpm")
check "each says its license" [ "$(rpms 'rpm -qp --qf "%{LICENSE}\n" */*.rpm' | sort -u)" = GPL-2.0-or-later ]
cp "$vmcores/v72-out-faults.kdump" "$tmp/build/"
rpm_runs() {
	# shellcheck disable=SC2016 # for the shell there
	in_root "$build_root" build sh -c 'cd /mnt/rpm/RPMS && rpm -i --nodeps */*.rpm &&
		khoscope check /mnt/v72-out-faults.kdump; echo "status $?"
		cp /usr/bin/khoscope /mnt/installed; rpm -e --nodeps $(rpm -qa "*kho*")' |
		diff "$here/golden/v72-out-faults/check" -
}
check "rpm installs them, and khoscope runs" rpm_runs
# It names the libraries that the program is linked with, each by its soname.
check "khoscope's RPM requires what it is linked with" diff \
	<(readelf -d "$tmp/build/installed" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort -u) \
	<(rpms "rpm -qp --requires */khoscope-$version-*.rpm" | sed -n 's/^\(lib[^(]*\)(.*/\1/p' | sort -u)
rpm_remains() {
	in_root "$build_root" build find / -xdev \( -name '*khoscope*' -o -name 'kho.*' \) \
		-not -path '/mnt/*' -not -path '/proc/*'
}
check "removed, nothing of them remains" [ -z "$(rpm_remains)" ]
finish
