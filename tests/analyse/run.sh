#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh FILE...: what static analysis has to say of these sources: clang-tidy (.clang-tidy says what
# it is asked), cppcheck, gcc -fanalyzer. Prints what is not in cppcheck.supp or gcc.supp here;
# status 1 if there is anything.
set -u
cd "$(dirname "$0")/../.." || exit
here=tests/analyse
flags=(-std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 '-DKHS_VERSION="0"' -Ilib)
status=0

# passed_over FILE WARNING
passed_over() {
	grep -qx "$1 $2" $here/gcc.supp
}

# One file by gcc; paths as seen from the top.
gcc_analyser() {
	local line file
	gcc "${flags[@]}" -O1 -fanalyzer -c -o /dev/null "$1" 2>&1 | grep 'warning: ' | sort -u |
		while read -r line; do
			file=$(realpath -m --relative-to=. "${line%%:*}")
			line=${line%]}
			passed_over "$file" "${line##*[}" || echo "$line]"
		done
}

echo "clang-tidy"
printf '%s\0' "$@" | xargs -0 -n 8 -P "$(nproc)" sh -c \
	'clang-tidy --quiet "$@" -- -std=gnu11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
	-DKHS_VERSION=\"0\" -Ilib 2>/dev/null' tidy || status=1

echo "cppcheck"
cppcheck -q --std=c11 --enable=warning,performance,portability --error-exitcode=1 \
	--suppress=missingIncludeSystem --suppressions-list=$here/cppcheck.supp -D__GNUC__ \
	-D__x86_64__ "${flags[@]:1}" "$@" || status=1

echo "gcc -fanalyzer"
for file; do gcc_analyser "$file"; done | sort -u >build/analyse.log
[ ! -s build/analyse.log ] || { cat build/analyse.log; status=1; }
exit $status
