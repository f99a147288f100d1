#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deps.sh demo|check|bench|fuzz|analyse|ci|lab|lto: have what that needs from the Debian archive.
#
# Says in one line what it fetches, and fetches nothing when nothing is missing.
# Where it may not install (no root, no apt-get, no network) it says in one line
# what is missing and exits 1.

set -eu

# package:file, file being what the package is wanted for.
build='gcc:/usr/bin/gcc make:/usr/bin/make libc6-dev:/usr/include/stdlib.h
pkg-config:/usr/bin/pkg-config
libelf-dev:/usr/include/libelf.h libdw-dev:/usr/include/elfutils/libdw.h
libbpf-dev:/usr/include/bpf/btf.h libfdt-dev:/usr/include/libfdt.h
libjansson-dev:/usr/include/jansson.h zlib1g-dev:/usr/include/zlib.h
liblzo2-dev:/usr/include/lzo/lzo1x.h libsnappy-dev:/usr/include/snappy-c.h
libzstd-dev:/usr/include/zstd.h
xz-utils:/usr/bin/xz'
tests='libcmocka-dev:/usr/include/cmocka.h
libkdumpfile-dev:/usr/include/libkdumpfile/kdumpfile.h scdoc:/usr/bin/scdoc jq:/usr/bin/jq debootstrap:/usr/sbin/debootstrap
bzip2:/bin/bzip2 valgrind:/usr/bin/valgrind zstd:/usr/bin/zstd makedumpfile:/usr/bin/makedumpfile
parallel:/usr/bin/parallel sqlite3:/usr/bin/sqlite3 chromium:/usr/bin/chromium
python3:/usr/bin/python3 python3-jsonschema:/usr/lib/python3/dist-packages/jsonschema/__init__.py'
# tests/facts.sh
tests="$tests libdwarf-dev:/usr/include/libdwarf/libdwarf.h debuginfod:/usr/bin/debuginfod
binutils:/usr/bin/objcopy"
lab='bc:/usr/bin/bc bison:/usr/bin/bison flex:/usr/bin/flex cpio:/usr/bin/cpio perl:/usr/bin/perl
libssl-dev:/usr/include/openssl/ssl.h pahole:/usr/bin/pahole
gcc-aarch64-linux-gnu:/usr/bin/aarch64-linux-gnu-gcc
libc6-dev-arm64-cross:/usr/aarch64-linux-gnu/include/stdlib.h
qemu-system-x86:/usr/bin/qemu-system-x86_64 qemu-system-arm:/usr/bin/qemu-system-aarch64
e2fsprogs:/sbin/mke2fs'
lto='clang-19:/usr/bin/clang-19 lld-19:/usr/bin/ld.lld-19 llvm-19:/usr/bin/llvm-nm-19'
fuzz='clang:/usr/bin/clang libclang-rt-14-dev:/usr/lib/llvm-14/lib/clang/14.0.6/include/fuzzer'
analyse='clang-tidy:/usr/bin/clang-tidy cppcheck:/usr/bin/cppcheck'
ci="shellcheck:/usr/bin/shellcheck lintian:/usr/bin/lintian $fuzz"

case "${1-}" in
demo) want=$build ;;
check) want="$build $tests" ;;
bench) want="$build $tests" ;;
fuzz) want="$build $fuzz" ;;
analyse) want="$build $analyse" ;;
ci) want="$build $tests $ci $analyse" ;;
lab) want="$build $tests $lab" ;;
lto) want=$lto ;;
*)
	echo "usage: tests/deps.sh demo|check|bench|fuzz|analyse|ci|lab|lto" >&2
	exit 2
	;;
esac

missing=
for w in $want; do
	[ -e "${w#*:}" ] || missing="$missing ${w%%:*}"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
	echo "deps: missing, and not mine to install here:$missing" >&2
	exit 1
fi

echo "deps: fetching from the Debian archive:$missing" >&2
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # a list of packages
if ! { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 5 "$log" >&2
	echo "deps: could not install:$missing" >&2
	exit 1
fi
