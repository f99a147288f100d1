#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# crash.sh: kho.so in the real crash, through crash's command line, on real dumps: the same words as
# the command line tool's, and a good guest in crash (pipes, files, Ctrl-C, help, unloading).
# The environment: crash-session.sh.
# shellcheck disable=SC2154 # what is sourced and evaluated sets them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/crash-session.sh
. "$here/crash-session.sh"

# Who answered is the one thing in which the two doors differ.
same_source() {
	sed -E -e 's/ +(kallsyms|BTF|crash)$/ SOMEBODY/' \
		-e 's/"source": "(kallsyms|BTF|crash)"/"source": SOMEBODY/' "$1"
}

# same A B: B, which crash made, is what A is, and A is not empty
same() {
	[ -s "$1" ] && diff <(same_source "$1") <(same_source "$2")
}

# cases DUMP: arguments of a verb and its options, one line a case
cases() {
	local address='s/^struct page *\(0x[0-9a-f]*\).*/page:\1/p'
	printf '%s\n' status list check map "map -n 0 -r 0x400-0x9000" coverage "coverage --all -l 20" preflight "preflight --as 7.1" facts "list -O 0 -r 0x400-0x9000 -l 7" \
		"page pfn:0x8545" "page phys:0x8000000" \
		"page $("$khoscope" page pfn:0x4eb "$in/$1" | sed -n "$address")"
}

# as_cli DUMP [COMMAND]...: every verb, after these commands, says what the command line tool says
as_cli() {
	local dump=$1 n=0 line
	shift
	{
		[ $# = 0 ] || printf '%s\n' "$@"
		while read -r line; do
			n=$((n + 1))
			echo "kho $line > /mnt/$n.text"
			echo "kho $line -j > /mnt/$n.json"
		done < <(cases "$dump")
	} >"$tmp/commands"
	batch "$dump" <"$tmp/commands"
	: >"$tmp/complaints"
	n=0
	while read -r line; do
		n=$((n + 1))
		# shellcheck disable=SC2086 # $line is words
		"$khoscope" $line "$in/$dump" >"$tmp/text" 2>>"$tmp/complaints"
		# shellcheck disable=SC2086
		"$khoscope" $line --json "$in/$dump" >"$tmp/json" 2>>"$tmp/complaints"
		check "$dump: $line" same "$tmp/text" "$in/$n.text"
		check "$dump: $line, JSON" same "$tmp/json" "$in/$n.json"
		rm -f "$in/$n.text" "$in/$n.json"
	done < <(cases "$dump")
	check "$dump: the complaints too, and no other" same_complaints
}

# kho opens the dump once, and so says once what the tool says each time. crash itself complains in
# its name of pages that do not decompress.
same_complaints() {
	diff <(sed 's/^khoscope: /kho: /' "$tmp/complaints" | sort -u) \
		<(grep -E '^kho: |^crash: ' "$tmp/log" | grep -v 'uncompress failed' | sort -u)
}

as_cli v72-out-faults
as_cli v72-in-retrieved

# ---- other formats, and dumps that lack something -----------------------------------------------

# made_of DUMP ARGUMENT...: DUMP, written anew, is in the root
made_of() {
	"$build/tests/redump" "${@:2}" "$in/v72-out-faults" "$in/$1"
}

# Pages that hold struct pages of preserved memory; crash itself does without.
lacks="--exclude 0x7ec0-0x7ed0 --lose 0x7c20-0x7c28"
if [ -x "$build/tests/redump" ]; then
	# shellcheck disable=SC2086
	made_of elf --format elf $lacks && as_cli elf
	# crash would make zeros of what is excluded
	# shellcheck disable=SC2086
	made_of kdump --codec zlib $lacks && as_cli kdump "set zero_excluded on"
	rm -f "$in/elf"
	# ... and, of what a flattened dump lacks, the page that it read before
	# shellcheck disable=SC2086
	made_of flattened --codec snappy --flatten $lacks && as_cli flattened
	made_of cut --codec zlib --truncate 99% && as_cli cut
	rm -f "$in/kdump" "$in/flattened" "$in/cut"
	# Pages of struct pages that do not decompress
	for codec in zlib lzo snappy zstd; do
		made_of damaged --codec $codec --spoil 0x7ec0-0x7ed0 &&
			as_cli damaged "set zero_excluded on"
	done
	rm -f "$in/damaged"
	made_of flat-flag --codec zlib --flatten --incomplete-flag && as_cli flat-flag
	rm -f "$in/flat-flag"
else
	skip "other formats" "no $build/tests/redump"
fi

# ---- a guest in crash ---------------------------------------------------------------------------

# The lines of the log between the marks FIRST and FIRST + 1.
part() {
	sed -n "/^MARK $1\$/,/^MARK $(($1 + 1))\$/p" "$tmp/log" | sed '1d;$d'
}

mark=0
marked() {
	printf '!echo MARK %d\n%s\n' $mark "$1"
	mark=$((mark + 1))
}

says() {
	part "$1" | grep -E -- "$2" || { part "$1"; false; }
}

# said PART [FILTER]...: that part of the log is, through the filter, what the tool prints for ARGS
said() {
	part "$1" >"$tmp/part"
	# shellcheck disable=SC2086
	diff <("$khoscope" $2 "$in/v72-out-faults" | "${@:3}") "$tmp/part"
}

echo "kho list -l 2" >"$in/input"
printf '%s\n' pfn:0x600 pfn:0x601 >"$in/pages"
{
	marked "kho lost"
	marked "kho page 7"
	marked "kho list -j -n"
	marked "kho page pfn:0x99999999"
	marked "help kho"
	marked "kho help check"
	marked "kho version"
	marked "kho list | head -3"
	marked "kho check | grep -c error:"
	marked "kho | head -1 | tr a-z A-Z"
	marked "kho status > /mnt/status"
	marked "kho >> /mnt/status"
	marked "cd /tmp"
	marked "extend -u /mnt/kho.so"
	marked "kho"
	marked "extend /mnt/kho.so"
	marked "kho"
	marked "extend -u /mnt/kho.so"
	marked "extend /mnt/kho.so"
	marked "< /mnt/input"
	marked "kho page < /mnt/pages | grep ^Page"
	marked "kho list -l 1"
	marked "sys -i | head -1"
	marked "extend -u"
	marked "p jiffies | wc -l"
	marked "kho version"
	marked "extend /mnt/kho.so"
	marked "kho explain S11"
	marked "kho check --color=always | grep -c \"\$(printf '\\033')\""
	marked "kho report > /mnt/report.txt"
	marked "kho report -o /mnt/report.html"
	marked "kho report -o /mnt/report.html"
	marked "kho version"
} >"$tmp/commands"
batch v72-out-faults <"$tmp/commands"

check "usage: no such verb" says 0 "^kho: 'lost' is not a verb.*; see \"help kho\"$"
check "usage: no kind of address" says 1 "^kho: 7 may be many things: write pfn:7"
check "usage: an argument is missing" says 2 "^kho: --node wants the number of a node"
check "an answer that can't be had" says 3 "^kho: pfn 0x99999999 has no memory map"
check "help kho: verbs" says 4 "^ *facts  +each symbol"
check "help kho: options" says 4 "^ *-j, --json  +print JSON"
check "help kho: version of crash" says 4 "header of crash ${version//[+~.]/.}"
check "kho help check" says 5 "^usage: kho check \[OPTIONS\]$"
check "kho version" says 6 "^khoscope [0-9]+\.[0-9]"
check "kho list | head -3" said 7 list head -3
check "kho check | grep" said 8 check grep -c error:
check "kho | head | tr" said 9 status sh -c 'head -1 | tr a-z A-Z'
check "kho > FILE, kho >> FILE" diff "$in/status" \
	<("$khoscope" "$in/v72-out-faults"; "$khoscope" "$in/v72-out-faults")
check "extend -u" says 13 "unloaded$"
check "unloaded, no such command" says 14 "command not found: kho"
check "extend again" says 15 "shared object loaded$"
check "kho after extend again, in another folder" said 16 status cat
check "extend once more" says 18 "shared object loaded$"
check "commands from a file" said 19 "list -l 2" cat
check "arguments from a file" says 20 "pfn 0x601"
check "kho list -l 1" said 21 "list -l 1" cat
check "crash is well after all" says 24 "^1$"
check "kho explain" diff <("$khoscope" explain S11) <(part 27)
check "kho check --color=always" says 28 "^[1-9]"
# Who read the dump, and how to do it again, is for each door to say.
same_report() {
	diff <("$khoscope" report "$in/v72-out-faults" | sed '/^Made by/,$d') \
		<(sed '/^Made by/,$d' "$in/report.txt") && grep -q 'kho report, in crash on v72-out-faults' "$in/report.txt"
}
check "kho report" same_report
check "kho report -o FILE: says where" says 30 "^/mnt/report.html$"
check "kho report -o FILE: HTML" grep -q '</html>' "$in/report.html"
check "kho report -o FILE: never over another" says 31 "^kho: .*is there already"
check "crash ended well" test "$batch_status" = 0

# ---- Ctrl-C -------------------------------------------------------------------------------------

if [ ! -x "$pty" ]; then
	skip "Ctrl-C" "no $pty"
	finish
fi
if ! build_preload slow; then
	skip "Ctrl-C" "no C compiler: $(tail -n 1 "$tmp/err")"
	finish
fi
preload=/mnt/slow.so

# The first kho is left by longjmp(): crash asks gdb nothing for a reader that is gone.
check "Ctrl-C while gdb is asked" on_terminal v72-out-faults <<END
expect 60000 $prompt
type extend /mnt/kho.so
expect 5000 $prompt
type !touch /mnt/slow
expect 5000 $prompt
type kho check | sleep 1
expect 5000 $prompt
type repeat -1 p jiffies
expect 5000 jiffies =
interrupt
expect 5000 $prompt
type kho check
pause 1500
interrupt
expect 3000 kho: interrupted
expect 3000 $prompt
type !rm /mnt/slow
expect 5000 $prompt
type kho check -j > /mnt/check
expect 20000 $prompt
type kho facts -j > /mnt/facts
expect 5000 $prompt
type quit
END
"$khoscope" check --json "$in/v72-out-faults" >"$tmp/check"
"$khoscope" facts --json "$in/v72-out-faults" >"$tmp/facts"
check "check after that" same "$tmp/check" "$in/check"
check "facts after that" same "$tmp/facts" "$in/facts"
rm -f "$in/slow" "$in/check" "$in/facts"

check "Ctrl-C while pages are read: screen, file, pipe, repeat" on_terminal v72-out-faults <<END
expect 60000 $prompt
type extend /mnt/kho.so
expect 5000 $prompt
type kho facts > /mnt/facts
expect 20000 $prompt
type !touch /mnt/slow
expect 5000 $prompt
type kho check
pause 1500
interrupt
expect 3000 not looked at
expect 3000 interrupted
expect 3000 kho: interrupted: what is printed is what was known by then
expect 3000 $prompt
type kho check > /mnt/cut
pause 1500
interrupt
expect 3000 kho: interrupted
expect 3000 $prompt
type kho check -j | cat
pause 1500
interrupt
expect 3000 kho: interrupted
expect 3000 $prompt
type extend -u /mnt/kho.so
expect 5000 unloaded
type extend /mnt/kho.so
expect 5000 loaded
type !rm /mnt/slow
expect 5000 $prompt
type repeat -1 kho status
expect 20000 nothing pending restore
expect 5000 nothing pending restore
interrupt
expect 5000 $prompt
type kho check -j > /mnt/check
expect 20000 $prompt
type kho list | head -2
expect 5000 preserved
expect 5000 $prompt
type quit
END
# shellcheck disable=SC2016 # for the other shell
check "what was interrupted says so, if it says anything" \
	sh -c '[ ! -s "$1" ] || tail -n 1 "$1" | grep interrupted' sh "$in/cut"
check "check after all that" same "$tmp/check" "$in/check"
rm -f "$in/check"

if ! made_of flattened --codec zlib --flatten; then
	skip "Ctrl-C while a flattened dump is put in order" "no $build/tests/redump"
	finish
fi
check "Ctrl-C while a flattened dump is put in order" on_terminal flattened <<END
expect 60000 $prompt
type extend /mnt/kho.so
expect 5000 $prompt
type !touch /mnt/slow-disk
expect 5000 $prompt
type kho check
pause 4000
interrupt
expect 3000 kho: interrupted
expect 3000 $prompt
type !rm /mnt/slow-disk
expect 5000 $prompt
type kho check -j > /mnt/check
expect 20000 $prompt
type quit
END
"$khoscope" check --json "$in/flattened" >"$tmp/check"
check "check after that" same "$tmp/check" "$in/check"

finish
