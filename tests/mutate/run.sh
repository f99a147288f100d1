#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh BUILD SANITIZED: MUTATIONS (100) mutations of each real dump, from number FIRST (0) on, seen
# by the tool built with sanitizers in the folder SANITIZED, then by the usual one in BUILD with
# 256 MiB of address space. Prints a line for each dump; status 1 if anything was wrong.
set -u
cd "$(dirname "$0")/../.." || exit
build=$1 sanitized=$2
export ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1:exitcode=99
export UBSAN_OPTIONS=print_stacktrace=1
# Where a file can be patched at once, if there is room.
work=$(mktemp -d -p /dev/shm khoscope-mutate.XXXXXX) || exit
trap 'rm -rf "$work"' EXIT
status=0

# campaign TITLE OPTION... KHOSCOPE
campaign() {
	local tool=${*: -1} dump
	echo "$1:"
	for dump in "$build"/vmcores/*.kdump; do
		nice -n 10 "$build/tests/mutate/mutate" --first "${FIRST:-0}" \
			--count "${MUTATIONS:-100}" "${@:2:$#-2}" "$tool" "$dump" "$work/dump" ||
			status=1
	done
}

campaign "with AddressSanitizer and UBSan" --sanitized --memory 1024 --cpu 60 "$sanitized/khoscope"
campaign "in 256 MiB of address space" --memory 256 --cpu 20 "$build/khoscope"
exit $status
