#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# crash-interrupt.sh: Ctrl-C at any moment leaves crash as it was. In one session on a terminal verbs
# are interrupted at moments spread over the time they take: as they ask gdb, open the dump, read,
# judge, print. After each crash has to answer, and kho status has to say what it always says; no
# descriptor, thread or file is left; a report is whole or not there, and an older one as it was; what
# was printed is valid JSON.
#
#	CRASH_MOMENTS   so many for each verb, 2 or more (5); two Ctrl-C each
# The environment otherwise: crash-session.sh.
# shellcheck disable=SC2154 # what is sourced and evaluated sets them
set -u
here=$(cd "$(dirname "$0")" && pwd)
moments=${CRASH_MOMENTS:-5}
# shellcheck source=tests/crash-session.sh
. "$here/crash-session.sh"
[ -x "$pty" ] || cannot "no $pty"
verbs=("check -j" "list -j" "owners -j" "coverage -j" "map -j" "fdt -j" "preflight -j"
	"report -o /mnt/report.html" "report -o /mnt/old.html" "report -o /mnt/folder/")
echo "an older report" >"$in/old.html"
cp "$in/old.html" "$tmp/old.html"

# ---- how long they take --------------------------------------------------------------------------

now() { echo "!date +%s%N | cut -c 1-13 >>/mnt/times"; }

# Of each verb: with nothing known (questions to gdb are the most of it), and with them answered.
{
	for ((v = 0; v < ${#verbs[@]}; v++)); do
		printf '%s\n' "extend -u /mnt/kho.so" "extend /mnt/kho.so" "$(now)" \
			"kho ${verbs[v]} > /mnt/whole-$v" "$(now)" "!rm -rf /mnt/report.html /mnt/folder"
	done
	echo "kho status -j > /mnt/want"
} >"$tmp/timing"
batch v72-out-faults <"$tmp/timing"
check "crash ended well" [ "$batch_status" = 0 ]
mapfile -t took < <(awk 'NR % 2 { from = $1; next } { print $1 - from }' "$in/times")
check "each verb was timed" [ "${#took[@]}" = "${#verbs[@]}" ]
[ -s "$in/want" ] || { fail "kho status"; finish; }

# ---- the moments ---------------------------------------------------------------------------------

# For a shell that crash starts, after moment $n: what is wrong, on a line of /mnt/wrong.
cat >"$in/look" <<'END'
wrong() { echo "moment $n: $*" >>/mnt/wrong; }
cmp -s /mnt/want /mnt/status || { wrong "kho status says something else"; cp /mnt/status /mnt/status-$n; }
cmp -s /mnt/old.html /mnt/old.copy || wrong "the older report is another one"
for file in /mnt/report.html /mnt/folder/khoscope.html; do
	[ ! -e $file ] || tail -n 1 $file | grep -q '</html>' || wrong "half of $file"
done
if [ -e /mnt/folder ] && [ "$(ls /mnt/folder | wc -l)" != 0 ] && [ "$(ls /mnt/folder | wc -l)" != 3 ]; then
	wrong "not all three of /mnt/folder"
fi
[ -z "$(ls -A /tmp)" ] || wrong "left behind: $(ls -A /tmp)"
rm -rf /mnt/report.html /mnt/folder
p=/proc/$PPID
echo "files=$(ls $p/fd | wc -l) threads=$(ls $p/task | wc -l) maps=$(grep -c 'kho[.]so' $p/maps)" >>/mnt/got
END
cp "$in/old.html" "$in/old.copy"

# answers TEXT COMMAND: typed at the prompt, it answers with that, and with the next prompt
answers() { printf '%s\n' "type $2" "expect 60000 $1" "expect 60000 $prompt"; }

# interrupt N MS COMMAND: a Ctrl-C so long after it was typed; then crash answers
interrupt() {
	local n=$1 ms=$2
	shift 2
	printf '%s\n' "type $*" "pause $ms" interrupt
	answers "here $((1000000 + n))" "!echo here \$((1000000+$n))"
}

# One moment: with nothing known; then with gdb's answers, as far as they were got, but no handle.
moment() {
	local n=$1 ms=$2 v=$3 to
	to=${verbs[v]}
	[[ $to == *-o* ]] || to+=" > /mnt/out-$v-$n"
	answers unloaded "extend -u /mnt/kho.so"
	answers loaded "extend /mnt/kho.so"
	interrupt "$n" "$ms" "kho $to"
	interrupt "$n" "$((ms / 2))" "kho ${to/out/again}"
	answers "RELEASE: 7.2.13" "sys | grep RELEASE"
	printf '%s\n' "type kho status -j > /mnt/status" "expect 60000 $prompt"
	answers "seen $((1000000 + n))" "!n=$n; . /mnt/look; echo seen \$((1000000+$n))"
}

steps() {
	local n=0 i v
	echo "expect 60000 $prompt"
	answers "scroll: off" "set scroll off"
	answers loaded "extend /mnt/kho.so"
	for ((v = 0; v < ${#verbs[@]}; v++)); do
		for ((i = 0; i < moments; i++)); do
			n=$((n + 1))
			moment $n $((took[v] * i / moments)) $v
		done
	done
	echo "type quit"
}
steps >"$tmp/steps"
: >"$in/wrong"
total=$((2 * moments * ${#verbs[@]}))
check "$total interrupts: crash answers after each" on_terminal v72-out-faults <"$tmp/steps"
check "... and nothing is wrong" diff /dev/null "$in/wrong"
check "each moment was looked at" [ "$(wc -l <"$in/got")" = $((total / 2)) ]

# What was printed, verb by verb: JSON, and if it does not say that it is a part, all of it.
true_parts() {
	local v=$1 file
	for file in "$in/out-$v"-* "$in/again-$v"-*; do
		[ -s "$file" ] || continue
		jq -es . "$file" >"$tmp/parsed" || { echo "$file is no JSON"; return 1; }
		if jq -es 'any(.[]; .interrupted == false or .coverage.interrupted == false)' "$file" >"$tmp/parsed"; then
			cmp "$file" "$in/whole-$v" || return
		fi
	done
}
for ((v = 0; v < ${#verbs[@]}; v++)); do
	[[ ${verbs[v]} == *-o* ]] || check "${verbs[v]}: all that was printed is true" true_parts $v
done

# leftovers WHAT MAY: of the figures of the first moments and the last, no more than so many more
leftovers() {
	sed "s/.*$1=\([0-9]*\).*/\1/" "$in/got" >"$tmp/values"
	awk -v may="$2" '{ v[NR] = $1 } END {
		for (i = 1; i <= 3; i++) if (v[i] > first) first = v[i]
		last = v[NR]
		for (i = NR - 2; i <= NR; i++) if (v[i] < last) last = v[i]
		exit last > first + may }' "$tmp/values" || { tr '\n' ' ' <"$tmp/values"; false; }
}
# crash itself loses one now and then where it is interrupted before a command has begun.
check "no more files in the end" leftovers files $((1 + total / 100))
check "no more threads in the end" leftovers threads 0
check "no more mappings in the end" leftovers maps 0
cut_off=$(grep -c '^kho: interrupted' "$tmp/log")
check "many were interrupted in the middle ($cut_off)" [ "$cut_off" -ge $((total / 8)) ]
finish
