#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.sh FOLDER TARGET...: fuzzes each target, built with libFuzzer into FOLDER, one after the other
# (FUZZ_JOBS at a time), for FUZZ_SECONDS, beginning with what is in tests/fuzz/corpus and what
# earlier runs found; where FUZZ_SEED is set, by the same inputs each time. Last, a line for each;
# status 1 if one of them died. The input it died of is FOLDER/TARGET.crash-*: add it to the corpus
# with what it is named there, and mend what it shows.
set -u
cd "$(dirname "$0")/../.." || exit
folder=$1
shift
export TMPDIR=${FUZZ_TMPDIR:-/dev/shm}
export ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1

# fuzz TARGET: leaves TARGET.log and TARGET.status
fuzz() {
	local corpus=tests/fuzz/corpus/${1%%-*}
	mkdir -p "$folder/$1.found"
	nice -n 15 "$folder/$1" -max_total_time="${FUZZ_SECONDS:-60}" -seed="${FUZZ_SEED:-0}" \
		-timeout=20 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
		-artifact_prefix="$folder/$1." \
		"$folder/$1.found" "$corpus" >"$folder/$1.log" 2>&1 </dev/null
	echo $? >"$folder/$1.status"
}
export -f fuzz
export folder

# shellcheck disable=SC2016 # for the other shell
printf '%s\n' "$@" | xargs -n 1 -P "${FUZZ_JOBS:-1}" bash -c 'fuzz "$1"' fuzz

stat_of() { sed -n "s/^stat::$2: *//p" "$folder/$1.log"; }
worst=0
for target; do
	if [ "$(cat "$folder/$target.status")" = 0 ]; then
		printf '%-16s %9d inputs, %d/s, coverage %s, %s MiB\n' "$target" \
			"$(stat_of "$target" number_of_executed_units)" \
			"$(stat_of "$target" average_exec_per_sec)" \
			"$(grep -o 'cov: [0-9]*' "$folder/$target.log" | tail -n 1 | cut -d' ' -f2)" \
			"$(stat_of "$target" peak_rss_mb)"
	else
		worst=1
		echo "$target died:"
		grep -E 'ERROR|runtime error|not true|SUMMARY|Test unit written' "$folder/$target.log" |
			head -n 8 | sed 's/^/    /'
	fi
done
exit $worst
