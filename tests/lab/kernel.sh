#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kernel.sh NAME: have the lab's kernel NAME (a line of tests/lab/kernels), and print the folder it
# is in: with image (to boot), vmlinux, and build/ and source/ to build a module in.
#
# Sources are Debian's linux-source packages, of the version that tests/lab/manifest names if the
# archive still has it, else of the version it has. Sources and kernels are kept in the cache folder
# (see tests/debian.sh), kernels by package version and configuration.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/debian.sh
. "$here/../debian.sh"
# shellcheck source=tests/lab/toolchain.sh
. "$here/toolchain.sh"

cannot() {
	echo "lab: $*" >&2
	exit 1
}

# For the name of a folder that make can live with.
plain() {
	echo "${1//[^A-Za-z0-9.-]/_}"
}

# pinned FIELD: what the manifest says of $package (2: version, 3: sha256)
pinned() {
	awk -v p="$package" -v f="$1" '$1 == p { print $f }' "$here/manifest"
}

# Sets package and version to what the archive can give for them.
choose() {
	local lists=$1 versions
	versions=$(debian_apt "$lists" apt-cache madison "$package" | awk -F' *[|] *' '{ print $2 }')
	if [ -z "$versions" ]; then
		local other
		other=$(debian_apt "$lists" apt-cache pkgnames linux-source- |
			grep -E '^linux-source-[0-9]+\.[0-9]+$' | sort -V | tail -n 1)
		[ -n "$other" ] || cannot "the archive has no linux-source package"
		echo "lab: the archive has no $package any more; taking $other" >&2
		package=$other
		versions=$(debian_apt "$lists" apt-cache madison "$package" |
			awk -F' *[|] *' '{ print $2 }')
	fi
	version=$(pinned 2)
	grep -qxF -- "$version" <<<"$versions" && return
	echo "lab: $package $version is not in the archive; taking $(head -n 1 <<<"$versions")" >&2
	version=$(head -n 1 <<<"$versions")
}

fetch() {
	local new=$lab/new.$$ uri found='' deb sum
	rm -rf "$new"
	mkdir -p "$new"
	for uri in $(debian_mirrors); do
		debian_lists "$new/apt" "$uri" trixie-backports forky sid || continue
		found=1
		break
	done
	[ -n "$found" ] || cannot "no network: no Debian mirror of this machine's apt serves $package"
	choose "$new/apt"
	echo "lab: fetching $package $version (some 160 MB, once)" >&2
	(cd "$new" && debian_apt "$new/apt" apt-get download -qq "$package=$version") >&2
	deb=$(echo "$new"/*.deb)
	sum=$(sha256sum "$deb" | cut -d' ' -f1)
	if [ "$version" = "$(pinned 2)" ] && [ "$sum" != "$(pinned 3)" ]; then
		cannot "$package $version is not the file that tests/lab/manifest names"
	fi
	dpkg-deb --fsys-tarfile "$deb" | tar -xO --wildcards './usr/src/linux-source-*.tar.xz' |
		tar -xJ -C "$new" --one-top-level=tree --strip-components=1
	printf '%s\n' "$version" >"$new/tree/debian-version"
	rm -rf "$lab/source/$package"
	mkdir -p "$lab/source"
	mv -T "$new/tree" "$lab/source/$package"
	rm -rf "$new"
}

# Sets source and version.
have_source() {
	source=$lab/source/$package
	[ -e "$source/debian-version" ] || fetch
	source=$lab/source/$package
	version=$(cat "$source/debian-version")
}

build() {
	local out=$folder/build image=arch/x86/boot/bzImage word
	[ "$arch" != arm64 ] || image=arch/arm64/boot/Image
	case " $words " in *' lto '*) "$here/../deps.sh" lto ;; esac
	echo "lab: building $name ($package $version), some 5 minutes on two cores" >&2
	rm -rf "$folder"
	mkdir -p "$out"
	make="nice -n 10 make -s -C $source $(toolchain "$arch" "$words") O=$out"
	$make KBUILD_BUILD_TIMESTAMP=1 tinyconfig
	(cd "$source" && scripts/kconfig/merge_config.sh -m -O "$out" "$out/.config" \
		"${fragments[@]}") >/dev/null 2>&1
	$make olddefconfig
	sed -nE 's/^(CONFIG_[^=]+=.*)/\1/p; s/^# (CONFIG_.*) is not set/\1=n/p' "${fragments[@]}" |
		awk -F= '{ v[$1] = $2 } END { for (w in v) if (v[w] != "n") print w }' |
		while read -r word; do
			grep -q "^$word=" "$out/.config" || echo "lab: $name: no $word"
		done >&2
	$make KBUILD_BUILD_TIMESTAMP=1 -j"$(nproc)" "${image##*/}" vmlinux modules_prepare
	cp "$out/$image" "$folder/image"
	mv "$out/vmlinux" "$folder/vmlinux"
	ln -s "$source" "$folder/source"
	# A module needs none of the objects.
	find "$out" \( -path "$out/scripts" -o -path "$out/tools" -o -path "$out/include" \) -prune -o -type f \
		\( -name '*.o' -o -name '*.a' -o -name '.tmp_vmlinux*' -o -name 'vmlinux*' -o \
		-name '*.cmd' \) -exec rm -f {} +
	echo "$package $version" >"$folder/done"
}

cache=$(debian_cache) || cannot "$cache"
lab=$cache/lab
read -r name package arch words < <(grep "^${1:?kernel.sh NAME} " "$here/kernels") ||
	cannot "no kernel $1 in tests/lab/kernels"
read -r -a fragments <<<"$words"
fragments=("${fragments[@]/#/$here/config/}")
mkdir -p "$lab"
exec 9>"$lab/source.lock"
flock 9
have_source
exec 9>"$lab/kernel-$name.lock"
flock 9
folder=$lab/kernel/$name-$(plain "$version")-$(cat "${fragments[@]}" | sha256sum | cut -c1-12)
[ -e "$folder/done" ] || build
echo "$folder"
