#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# crash-leak.sh: kho.so leaves nothing behind in crash. In one session it is loaded, used and unloaded
# many times, and used many times without being unloaded: verbs that answer, that fail, that are
# interrupted. From the third round to the last neither the bytes that are allocated grow, nor resident
# memory, open files, threads, or mappings of kho.so.
#
#	CRASH_ROUNDS   so many rounds of each kind (8)
#	LEAK_FIGURES   a file for the figures of each round
#	LEAK_BYTES     that an interrupted round may add, as gdb remembers what it was asked (64)
# The environment otherwise: crash-session.sh.
# shellcheck disable=SC2154 # what is sourced and evaluated sets them
set -u
here=$(cd "$(dirname "$0")" && pwd)
rounds=${CRASH_ROUNDS:-8}
leak=${LEAK_BYTES:-64}
# shellcheck source=tests/crash-session.sh
. "$here/crash-session.sh"
for name in heap slow; do
	build_preload $name || cannot "no C compiler: $(tail -n 1 "$tmp/err")"
done
preload=/mnt/heap.so:/mnt/slow.so

# For a shell that crash starts: one line of figures, which $of names.
cat >"$in/figures" <<'END'
p=/proc/$PPID
echo "$of bytes=$HEAP_IN_USE files=$(ls $p/fd | wc -l) threads=$(ls $p/task | wc -l)" \
	"maps=$(grep -c 'kho[.]so' $p/maps) kib=$(sed -n 's/^VmRSS:[^0-9]*//p' $p/status)" >>/mnt/got
END

# ... and a SIGINT a little after kho has blocked it: not before that command has begun.
cat >"$in/sigint" <<'END'
until grep -q '^SigBlk:.*[2367abef]$' /proc/$PPID/status; do sleep 0.01; done
sleep 0.05
kill -INT $PPID
END

# Every verb, with output to a file, as crash itself loses some bytes with each pipe it closes.
verbs() {
	local verb
	for verb in status "list -l 20" "owners" "check" "check -j" "map" "map -j" "coverage -j" "fdt -x" \
		"fdt -j" "facts" "facts --verify" "preflight" "page pfn:0x600" "explain S11" version help; do
		echo "kho $verb > /dev/null"
	done
	echo "kho report -o /mnt/report.html > /dev/null"
}

# Bad usage, answers that can't be had, files that can't be written.
failing() {
	printf '%s\n' "kho lost" "kho page 7" "kho list -n" "kho page pfn:0x99999999" "kho fdt out nobody" \
		"kho explain nobody" "kho report -o /mnt/report.html" "kho report -o /nowhere/report.html" \
		"kho list > /dev/full" "kho check -j > /dev/full"
}

# interrupted SLOW COMMAND: what takes seconds while there is that file
interrupted() {
	printf '!%s\n' "touch /mnt/$1" "(. /mnt/sigint) >/dev/null 2>&1 &"
	echo "$2"
	echo "!rm /mnt/$1"
}

figures() { echo "!of=$1; . /mnt/figures"; }
load() { echo "extend /mnt/kho.so"; }
unload() { echo "extend -u /mnt/kho.so"; }

# Of each kind of round a name, and what is done.
loaded() { load; verbs; echo "!rm /mnt/report.html"; unload; }
failed() { load; failing; unload; }
cut() {
	load
	interrupted slow "kho check > /dev/null" # while gdb is asked
	echo "kho version > /dev/null"
	interrupted slow-disk "kho report -o /mnt/cut.html > /dev/null" # while pages are read
	echo "!rm -f /mnt/cut.html"
	unload
}
used() { verbs; failing; echo "!rm /mnt/report.html"; }

session() {
	local kind i
	for kind in loaded failed cut; do
		for ((i = 1; i <= rounds; i++)); do $kind; figures $kind; done
	done
	figures unloaded
	load
	for ((i = 1; i <= rounds; i++)); do used; figures used; done
	unload
	load
	for ((i = 1; i <= rounds; i++)); do
		interrupted slow-disk "kho check > /dev/null"
		figures used-cut
	done
	unload
	figures unloaded
	echo quit
}
session | in_crash v72-out-faults timeout 600 >"$tmp/log" 2>&1
check "crash ended well" [ $? = 0 ]
check "it was loaded and used" [ "$(grep -c 'shared object loaded' "$tmp/log")" = $((3 * rounds + 2)) ]

# grows KIND WHAT BY: from the third round to the last three, by more than BY: what is looked at in
# between may be one file more
grows() {
	sed -n "s/^$1 .*$2=\([0-9]*\).*/\1/p" "$in/got" >"$tmp/values"
	awk -v by="$3" '{ v[NR] = $1 } END {
		for (i = NR - 2; i <= NR; i++)
			if (i > 3 && v[i] - v[3] <= by) exit 1
		exit NR > 0 && NR <= 3 }' "$tmp/values"
}

not_more() {
	! grows "$@" || { tr '\n' ' ' <"$tmp/values"; false; }
}

for kind in loaded failed cut used used-cut; do
	may=0
	[[ $kind != *cut ]] || may=$((leak * (rounds - 3)))
	check "$kind: no more bytes" not_more $kind bytes $may
	check "$kind: no more open files" not_more $kind files 0
	check "$kind: no more threads" not_more $kind threads 0
	check "$kind: no more mappings of kho.so" not_more $kind maps 0
	check "$kind: no more resident memory" not_more $kind kib 2048
done
check "each interrupt was one" [ "$(grep -c '^kho: interrupted' "$tmp/log")" = $((3 * rounds)) ]
check "unloaded: no mapping" [ "$(grep -c '^unloaded .* maps=0 ' "$in/got")" = 2 ]
check "nothing is left behind" [ -z "$(find "$in" -name '*.html')" ]
[ -z "${LEAK_FIGURES:-}" ] || cp "$in/got" "$LEAK_FIGURES"
finish
