# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What kernel.sh and guest.sh build by: source it.

# toolchain ARCH FRAGMENTS: words for the kernel's make; FRAGMENTS as in tests/lab/kernels
toolchain() {
	local words="ARCH=$1"
	[ "$1" != arm64 ] || words="$words CROSS_COMPILE=aarch64-linux-gnu-"
	case " $2 " in *' lto '*) words="$words LLVM=-19" ;; esac
	echo "$words"
}
