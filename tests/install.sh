#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# install.sh: what `make install` leaves can be used: the header and the libraries by way of
# pkg-config, the manual pages, the extension; and `make install` writes nowhere else.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
. "$here/tap.sh"
dest=$tmp/dest
prefix=/opt/khoscope
crash_inc=${KHOSCOPE_CRASH_INC:-/usr/include/crash}

check "make install" make -s -C "$here/.." B="$build" DESTDIR="$dest" prefix=$prefix \
	CRASH_INC="$crash_inc" install
for f in bin/khoscope lib/libkhoscope.a lib/libkhoscope.so lib/libkhoscope.so.0 \
	include/khoscope.h lib/pkgconfig/khoscope.pc share/man/man1/khoscope.1 \
	share/man/man3/libkhoscope.3 share/doc/khoscope/README.md \
	share/bash-completion/completions/khoscope \
	lib/python3/dist-packages/khoscope.py libexec/khoscope/kdump-triage \
	lib/systemd/system/khoscope-triage.service; do
	check "$f is there" [ -s "$dest$prefix/$f" ]
done
outside=$(find "$dest" -type f ! -path "$dest$prefix/*")
check "nothing is outside the prefix" [ "$outside" = "" ]
[ ! -e "$crash_inc/defs.h" ] ||
	check "kho.so is there" [ -s "$dest$prefix/lib/crash/extensions/kho.so" ]

# The example of the manual, built as a stranger would.
export PKG_CONFIG_PATH=$dest$prefix/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dest
# shellcheck disable=SC2046 # flags
check "the example builds" "${CC:-gcc}" -Wall -Werror -o "$tmp/example" "$here/../docs/example.c" \
	$(pkg-config --cflags --libs khoscope)
check "the example runs" env LD_LIBRARY_PATH="$dest$prefix/lib" "$tmp/example" \
	"$build/vmcores/v73-in-thp.kdump"
finish
