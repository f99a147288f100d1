#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# cli.sh: the command line on input of every kind: all formats give one answer; a dump that is cut
# or damaged gives less of it, never another; all else is refused in one line; and what happens to
# the streams and by signals.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
redump=${REDUMP:-$build/tests/redump}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
# shellcheck source=tests/tap.sh
. "$here/tap.sh"
faults=$dumps/v72-out-faults.kdump
healthy=$dumps/v72-in-retrieved.kdump
need "$khoscope" "$redump" "$faults" "$healthy"
export TMPDIR=$tmp
cd "$tmp" || exit 1

# run ARGUMENT...: leaves $status, ./out and ./err. A hang is status 124, a crash 128 and more.
run() {
	timeout -k 5 30 "$khoscope" "$@" >out 2>err </dev/null
	status=$?
}

# poke FILE OFFSET BYTES, with printf's escapes
poke() { printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# Nothing on standard output, one line on standard error that matches the pattern.
is_refusal() {
	[ "$status" = 2 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] &&
		grep -Eq "^khoscope: .*$1" err
}

# refused NAME PATTERN ARGUMENT...
refused() {
	local name=$1 pattern=$2
	shift 2
	run "$@"
	if is_refusal "$pattern"; then pass "$name: refused"
	else fail "$name: refused" "status $status, wanted 2 and $pattern
$(head -c 500 err)
$(head -c 500 out)"; fi
}

# ---- formats -------------------------------------------------------------------------------------

formats=(none zlib lzo snappy zstd elf flat-none flat-zlib flat-zstd flat-elf machine nameless)

# convert FORMAT IN OUT [OPTION...]
convert() {
	local format=$1 in=$2 out=$3 options=()
	shift 3
	case $format in flat-*) options=(--flatten) format=${format#flat-} ;; esac
	case $format in
	elf) options+=(--format elf) ;;
	machine) options+=(--utsname machine) ;;
	nameless) options+=(--utsname none) ;;
	*) options+=(--codec "$format") ;;
	esac
	"$redump" "${options[@]}" "$@" "$in" "$out"
}

# All that the file's own format doesn't change.
answers() {
	local verb
	for verb in status check; do
		run "$verb" --json "$1"
		jq -S 'del(.dump.format, .dump.flattened)' out
		echo "$verb: status $status"
		cat err
	done
	run list --json "$1"
	cat out err
	echo "list: status $status"
}

# same_in_all NAME DUMP
same_in_all() {
	local format
	answers "$2" >want
	check "$1: answered" grep -q 'check: status [01]' want
	for format in "${formats[@]}"; do
		convert "$format" "$2" dump
		answers dump >got
		check "$1 as $format: the same answers" diff -u want got
	done
}

same_in_all faults "$faults"
same_in_all healthy "$healthy"

# format_is FORMAT NAME FLATTENED
format_is() {
	convert "$1" "$healthy" dump
	run status --json dump
	# shellcheck disable=SC2016 # jq's variables
	check "$1 is called $2" jq -e --arg name "$2" --argjson flat "$3" \
		'.dump.format == $name and .dump.flattened == $flat and .dump.complete' out
}

format_is elf ELF false
format_is zstd "kdump-compressed, zstd" false
format_is flat-zlib "kdump-compressed, zlib" true

# ---- cut -----------------------------------------------------------------------------------------

# Lines "ID CLASS PFN", one for each page.
pages_found() {
	jq -r '.findings[] | "\(.id) \(.class) " +
		(if .pfn == null then "null" else range(.pfn; .pfn + .pages) | tostring end)' "$1" |
		sort -u
}

# What is wrong with what was said of ./dump, of which bytes are lost; nothing if nothing is.
judge_cut() {
	local extra
	run check --json dump
	case $status in
	2) is_refusal 'dump' || echo "check: no refusal: $(head -c 300 err)" ; return ;;
	0 | 1 | 3) ;;
	*) echo "check: status $status: $(head -c 300 err)" ; return ;;
	esac
	jq -e '.dump.complete == false and .dump.incomplete_why != null' out >jq.out ||
		echo "check: calls it complete"
	[ "$status" != 0 ] || jq -e '.coverage.all_judged' out >jq.out ||
		echo "check: status 0 without all judged"
	extra=$(pages_found out | comm -13 whole -)
	[ -z "$extra" ] || echo "check: not in the whole dump: $extra"
	run status dump
	[ "$status" = 0 ] && grep -q 'INCOMPLETE\|incomplete' out || echo "status: does not say it"
}

# Sizes from large to small: each cut is made from the one before.
cut_sizes() {
	local size=$1 i
	{
		echo $((size - 1)) $((size - 24)) 65536 8192 4200 4096 465 64 16 7 1 0
		for ((i = 1; i < ${2:-16}; i++)); do echo $((size * i / ${2:-16})); done
	} | tr ' ' '\n' | sort -rnu
}

# cut_down NAME FORMAT IN STEPS
cut_down() {
	local size wrong=
	run check --json "$3"
	pages_found out >whole
	convert "$2" "$3" dump
	for size in $(cut_sizes "$(stat -c %s dump)" "$4"); do
		truncate -s "$size" dump
		wrong+=$(judge_cut | sed "s/^/at $size bytes: /")
	done
	if [ -z "$wrong" ]; then pass "$1 as $2, cut: no finding but the whole dump's"
	else fail "$1 as $2, cut: no finding but the whole dump's" "$wrong"; fi
}

for format in "${formats[@]}"; do
	case $format in
	flat-elf) cut_down faults "$format" "$faults" 6 ;;
	*) cut_down faults "$format" "$faults" 12 ;;
	esac
done
cut_down healthy zlib "$healthy" 24
cut_down healthy elf "$healthy" 24

# Something has to be left, or the above proves little.
convert zlib "$faults" dump
run check --json dump
pages_found out >whole
truncate -s -3000 dump
run check --json dump
check "cut by 3000 bytes: status 1" [ "$status" = 1 ]
check "cut by 3000 bytes: the same findings" diff <(pages_found out) whole
truncate -s $(($(stat -c %s dump) * 9 / 10)) dump
run check --json dump
check "cut by a tenth: status 3" [ "$status" = 3 ]
truncate -s 5000000 dump
refused "cut by a third" 'incomplete, the file has 5000000 bytes, its pages need [0-9]+' check dump

# ---- coverage ------------------------------------------------------------------------------------

# coverage_adds_up NAME: in ./out, JSON of coverage --all, the gaps are what the totals say
coverage_adds_up() {
	# shellcheck disable=SC2016 # jq's variables
	check "$1: gaps add up" jq -es '
		def pages(type; why): [.[] | select(.type == type and .why == why).pages] | add // 0;
		.[-1] as $t | $t.coverage as $c | $t.memory as $m |
		$t.type == "total" and
		$c.excluded == pages("struct-pages"; "excluded from the dump") and
		$c.missing == pages("struct-pages"; "missing") and
		$c.damaged == pages("struct-pages"; "damaged in the file") and
		$c.pages == $c.judged + $c.excluded + $c.missing + $c.damaged + $c.unmapped and
		$m.excluded == 4096 * pages("memory"; "excluded from the dump") and
		(4096 * pages("memory"; "missing") - $m.missing | . >= 0 and . < 4096) and
		$m.damaged == 4096 * pages("memory"; "damaged in the file")' out
}

# coverage_of NAME FORMAT JQ-FILTER OPTION...: of the total, as $c and $m
coverage_of() {
	local name=$1 format=$2 filter=$3
	shift 3
	convert "$format" "$faults" dump "$@"
	run coverage --json --all dump
	check "$name: status 0" [ "$status" = 0 ]
	coverage_adds_up "$name"
	# shellcheck disable=SC2016
	check "$name: what is lacking" jq -es ".[-1].coverage as \$c | .[-1].memory as \$m | $filter" out
}

# Pages 0x7ec0-0x7ed0 and 0x7c20-0x7c28 hold 64 struct pages each.
# shellcheck disable=SC2016 # jq's variables
{
for format in zlib elf flat-zstd; do
	coverage_of "excluded from $format" "$format" \
		'$c.excluded == 17 * 64 and $c.missing == 0 and $m.excluded == 17 * 4096' \
		--exclude 0x7ec0-0x7ed0
done
coverage_of "never written to lzo" lzo '$c.missing == 9 * 64 and $m.missing == 9 * 4096' \
	--lose 0x7c20-0x7c28
coverage_of "a whole dump" snappy '$c.all_judged and $m.missing + $m.excluded + $m.damaged == 0'
for format in none zlib lzo snappy zstd elf flat-none flat-zlib flat-zstd flat-elf; do
	coverage_of "$format cut by a twentieth" "$format" '$m.missing > 0' --truncate 95%
done
for format in zlib lzo snappy zstd; do
	coverage_of "damaged $format" $format '$c.damaged == 17 * 64 and $m.damaged == 0' \
		--spoil 0x7ec0-0x7ed0
done
}
run coverage --json -l 1 dump
check "coverage -l 1: one gap and the total" [ "$(wc -l <out)" = 2 ]
convert zlib "$faults" dump --lose 0x7c20-0x7c28
run coverage dump
check "coverage names the memory" grep -Eq \
	'^memory +0x7c20000-0x7c29000 +9 +36.0 KiB  missing$' out
check "coverage names the pages" grep -Eq \
	'^struct-pages +0x8800000-0x8a40000 +576 +2.2 MiB  missing$' out

# ---- damaged -------------------------------------------------------------------------------------

# mangle NAME FORMAT DAMAGE...: an answer or a refusal, and no crash, whatever the bytes say.
mangle() {
	local name=$1 format=$2 wrong='' damage seed
	shift 2
	for damage in "$@"; do
		for seed in 1 2; do
			convert "$format" "$faults" dump --damage "$seed,$damage"
			run check --json dump
			case $status in
			0 | 1 | 3) jq -e . out >jq.out || wrong+="$seed,$damage: no JSON"$'\n' ;;
			2) [ ! -s out ] || wrong+="$seed,$damage: output with status 2"$'\n' ;;
			*) wrong+="$seed,$damage: status $status"$'\n' ;;
			esac
		done
	done
	if [ -z "$wrong" ]; then pass "$name: no crash"; else fail "$name: no crash" "$wrong"; fi
}

mangle "damaged headers" zlib 3,0-464 3,4096-4200 20,4096-8192
mangle "damaged bitmaps" zlib 30,8192-28000
mangle "damaged descriptors" lzo 100,28000-1600000
for format in zlib lzo snappy zstd; do
	mangle "damaged $format pages" "$format" 500,1600000-9000000
done
mangle "damaged ELF headers" elf 2,0-4096
mangle "damaged memory" elf 100 1000 10000
mangle "damaged flattened file" flat-zlib 4,4096-9000 300

# ---- no dump -------------------------------------------------------------------------------------

: >empty
echo "not a dump, but some text" >text
printf 'KDUMP   ' >tiny
head -c 8192 /dev/zero >zeros
mkfifo fifo
mkdir folder
ln -s nowhere dangling
head -c 100000 "$faults" >part
refused "no file" 'No such file' missing
refused "a link to nothing" 'No such file' dangling
refused "an empty file" 'an empty file' empty
refused "a text file" 'a text file' text
refused "a signature alone" 'cut off in its header' tiny
refused "zeros" 'starts with zeros' zeros
refused "a folder" 'a directory' folder
refused "a pipe" 'a pipe .*file first' fifo
refused "/dev/null" 'a character device' /dev/null
refused "standard input" 'standard input' -
refused "the running system" 'running kernel' /proc/self/environ
# Whatever kernel runs here: it is read and said to be live, or there is one line that says why not.
if [ "$(head -c 4 /proc/kcore 2>/dev/null | tail -c 3)" = ELF ]; then
	"$khoscope" status --json /proc/kcore >out 2>err
	status=$?
	check "/proc/kcore: read, or one line" sh -c \
		"if [ $status = 0 ]; then jq -e .dump.live out; else [ $status = 2 ] && [ \$(wc -l <err) = 1 ]; fi"
else
	skip "/proc/kcore: read, or one line" "none here, or not readable"
fi
refused "an executable" 'ELF executable' "$(command -v ls)"
refused "a vmlinux in place of the dump" 'vmlinux goes behind -k' "$build/vmcores/vmlinux-7.2.13"
for tool in gzip xz zstd bzip2; do
	if command -v $tool >which.out; then
		$tool -c part >packed
		refused "packed by $tool" "$tool-compressed .*: unpack it first \($tool -d\)" packed
	else
		skip "packed by $tool" "no $tool here"
	fi
done
tar -cf archive.tar text
refused "a tar archive" 'tar archive: unpack' archive.tar
if [ "$(id -u)" != 0 ]; then
	install -m 0 text private
	refused "a file of somebody else" 'Permission denied' private
elif command -v setpriv >which.out; then
	chmod 755 .
	install -m 0 text private
	setpriv --reuid 65534 --clear-groups "$khoscope" private >out 2>err
	status=$?
	if is_refusal 'Permission denied'; then pass "a file of somebody else: refused"
	else fail "a file of somebody else: refused" "status $status: $(cat err)"; fi
else
	skip "a file of somebody else: refused" "root may read everything"
fi

# ---- dumps of another kind -----------------------------------------------------------------------

convert zlib "$healthy" kdump
convert elf "$healthy" elf

# odd NAME PATTERN FILE OFFSET BYTES: a dump with other bytes at that offset; the file is put right.
odd() {
	local old n
	n=$(printf '%b' "$5" | wc -c)
	old=$(od -An -v -tx1 -j "$4" -N "$n" "$3" | sed 's/ /\\x/g' | tr -d '\n')
	poke "$3" "$4" "$5"
	refused "$1" "$2" "$3"
	poke "$3" "$4" "$old"
}

odd "kdump of s390x" 'kdump-compressed dump of a machine of type s390x' kdump 272 's390x\0\0'
odd "kdump of ppc64le" 'of a machine of type ppc64le' kdump 272 'ppc64le\0'
odd "kdump of big-endian" 'kdump-compressed dump of a big-endian' kdump 428 '\0\0\020\0'
odd "kdump of 32 bits" 'kdump-compressed dump of a 32-bit' kdump 416 \
	'\0\020\0\0\01\0\0\0\04\0\0\0\0\0\01\0\0\0\0\0\0\0\0\0'
odd "kdump of old" 'kdump-compressed dump of header version 3' kdump 8 '\003'
odd "kdump in parts" 'split kdump-compressed .*makedumpfile --reassemble' kdump 4108 '\001'
odd "kdump of Xen" 'kdump-compressed dump of a Xen host' kdump 4212 'Xen\0'
odd "kdump of another page size" 'kdump-compressed dump' kdump 428 '\0\040\0\0'
odd "diskdump" 'diskdump of a 2.6 kernel' kdump 0 'DISKDUMP'
odd "ELF of 32 bits" '32-bit ELF file' elf 4 '\001'
odd "ELF of big-endian" 'big-endian ELF' elf 5 '\002'
odd "ELF of riscv64" 'ELF core of riscv64 .*only x86_64 and aarch64' elf 18 '\363\0'
odd "ELF of nobody" 'ELF core of an unknown architecture' elf 18 '\0\020'
odd "ELF object" 'ELF object file' elf 16 '\001'
odd "ELF core without segments" 'without program headers' elf 56 '\0\0'
name_at=$(grep -abo -m 1 VMCOREINFO elf | head -n 1 | cut -d: -f1)
odd "ELF of Xen" 'ELF dump of a Xen host' elf "$name_at" 'Xen\0'
convert flat-zlib "$healthy" flat
odd "flattened nothing" 'flattened, but no dump inside' flat 4112 'nothing.'
for format in zlib elf; do
	convert "$format" "$healthy" dump --no-vmcoreinfo
	refused "$format without VMCOREINFO" 'dump has no VMCOREINFO' dump
done
run kdump
check "the file the above were made of is whole" [ "$status" = 0 ]
run elf
check "the other one too" [ "$status" = 0 ]

check "memory that was freed is not used" env MALLOC_PERTURB_=165 "$khoscope" check kdump
# The microseconds of the crash, 4096 of them, where a 32-bit header has the page size.
poke kdump 416 '\0\020\0\0'
run kdump
check "a time of crash that looks like a page size" [ "$status" = 0 ]
poke kdump 4195 '\177'
MALLOC_PERTURB_=165 refused "more pages than bitmap" "bitmaps that don't match" kdump

# ---- usage ---------------------------------------------------------------------------------------

refused "no dump" 'no VMCORE is named' check
refused "two dumps" 'one VMCORE at a time' elf elf
refused "an unknown verb" 'meant as a verb' explode elf
refused "an unknown option" 'unknown option --explode' --explode elf
refused "an option without its argument" '--node wants' list elf --node
refused "a page without an address" 'wants an address' page
refused "no address" 'is no address' page pfn:none elf
refused "another dump's vmlinux that is none" 'not a vmlinux' -k text elf
mkfifo pipe
refused "a pipe as the vmlinux" 'not a vmlinux: no regular file' -k pipe elf
refused "no name" 'no VMCORE is named' ''
refused "fdt without a dump" 'no VMCORE is named' fdt in
refused "fdt with too many words" 'one VMCORE at a time' fdt in LUO elf more
refused "diff of one dump" 'diff wants two dumps' diff elf
refused "diff of three dumps" 'one VMCORE at a time' diff elf elf elf
refused "diff of dumps of two boots" 'not of consecutive boots' diff "$faults" "$healthy"
refused "diff of two machines" 'different machines' diff "$dumps/a73-out-faults.kdump" elf
refused "diff of a dump and none" 'a text file' diff elf text
refused "fdt as JSON with bytes" 'hexdump does not go with --json' fdt --json -x elf
refused "fdt of a subtree that is none" "no subtree is called 'n\\\\x1b'" fdt $'n\e' elf

# ---- streams -------------------------------------------------------------------------------------

for verb in status list check facts help version "check --json"; do
	dump=$healthy
	case $verb in help | version) dump= ;; esac
	# shellcheck disable=SC2086 # words of ours
	"$khoscope" $verb $dump >/dev/full 2>err </dev/null
	check "$verb to a full disk: status 2" [ $? = 2 ]
	check "$verb to a full disk: one line" \
		[ "$(grep -c 'cannot write.*No space left' err)" = 1 ]
	# shellcheck disable=SC2086
	"$khoscope" $verb $dump >&- 2>err </dev/null
	check "$verb without standard output: status 2" [ $? = 2 ]
	check "$verb without standard output: one line" \
		[ "$(grep -c 'cannot write.*Bad file descriptor' err)" = 1 ]
done

# Whoever reads has had enough: no message, and the status of a broken pipe or of the verb.
(trap - PIPE; env --default-signal=PIPE "$khoscope" list --json "$faults" 2>err | true
	exit "${PIPESTATUS[0]}")
status=$?
check "a pipe nobody reads: no message" [ ! -s err ]
check "a pipe nobody reads: the signal's status" [ "$status" = 141 ]
env --ignore-signal=PIPE "$khoscope" list --json "$faults" 2>err | true
check "a pipe nobody reads, the signal ignored: no message" [ ! -s err ]
"$khoscope" check "$faults" 2>err | head -n 1 >out
check "head -n 1: one line" [ "$(wc -l <out)" = 1 ]
check "head -n 1: no message" [ ! -s err ]

# A file that is opened must not take the place of a stream that is closed.
before=$(sha256sum <flat)
"$khoscope" check flat <&- >out 2>&-
check "only standard output: status 0" [ $? = 0 ]
"$khoscope" check flat >out 2>err
check "only standard output: the same words" diff -u out <("$khoscope" check flat <&- 2>&-)
"$khoscope" check missing <&- >&- 2>&-
check "no streams: status 2" [ $? = 2 ]
check "the dump is not written to" [ "$before" = "$(sha256sum <flat)" ]

# ---- temporary files and signals -----------------------------------------------------------------

mkdir temp
check "a flattened dump: readable" env TMPDIR="$tmp/temp" "$khoscope" status flat
check "a flattened dump: nothing is left" [ -z "$(ls -A temp)" ]
check "a TMPDIR that is not there: another is found" env TMPDIR="$tmp/none" "$khoscope" status flat
(ulimit -f 1000; TMPDIR=$tmp/temp "$khoscope" check flat >out 2>err </dev/null)
status=$?
if is_refusal 'flattened dump in order in .*temp: File too large; set TMPDIR .* MiB free'; then
	pass "no room for a flattened dump: refused"
else
	fail "no room for a flattened dump: refused" "status $status: $(cat err)"
fi
check "no room for a flattened dump: nothing is left" [ -z "$(ls -A temp)" ]

# A flattened dump whose last record never seems to end.
{
	head -c 8312 flat # to the end of its first record
	printf '\0\0\0\0\0\0\020\0\0\0\0\377\0\0\0\0'
} >endless
truncate -s 1T endless 2>err || truncate -s 1G endless

# signalled NAME: what it does 0.4 s after it was started on that
signalled() {
	env --default-signal="$1" timeout --preserve-status -k 10 -s "$1" 0.4 \
		env TMPDIR="$tmp/temp" "$khoscope" check endless >out 2>err </dev/null
	status=$?
	check "SIG$1: nothing on standard output" [ ! -s out ]
	check "SIG$1: nothing is left" [ -z "$(ls -A temp)" ]
}

signalled INT
check "SIGINT: status 130" [ "$status" = 130 ]
check "SIGINT: one line" grep -qx 'khoscope: interrupted' err
signalled TERM
check "SIGTERM: its own status" [ "$status" = 143 ]
check "SIGTERM: no message" [ ! -s err ]

# ---- the sandbox ---------------------------------------------------------------------------------

filters() { sed -n 's/^Seccomp_filters:[[:space:]]*//p' "/proc/$1/status"; }

# confined STEPS ARGUMENT...: the tool, stuck with a full pipe that nobody reads or at its endless
# dump, has so many filters more than this shell
confined() {
	local want=$1 pid got='' own
	shift
	own=$(filters $$)
	mkfifo pipe
	exec 9<>pipe
	dd if=/dev/zero of=pipe bs=4096 count=64 oflag=nonblock
	"$khoscope" "$@" >pipe 2>err </dev/null 9>&- &
	pid=$!
	for _ in $(seq 100); do
		got=$(($(filters "$pid") - own))
		[ "$got" != "$want" ] || break
		sleep 0.1
	done
	kill "$pid"
	wait "$pid"
	exec 9>&-
	rm pipe
	[ "$got" = "$want" ] || { echo "$got filters"; cat err; return 1; }
} 2>/dev/null

if [ -z "$(filters $$)" ]; then
	skip "the sandbox" "this kernel does not tell of seccomp filters"
else
	check "while a dump is opened: one step" confined 1 check endless
	check "while it is looked at: both steps" confined 2 list --json "$faults"
	check "--no-sandbox: none" confined 0 list --json --no-sandbox "$faults"
	"$khoscope" check --no-sandbox "$faults" >out 2>err </dev/null
	check "--no-sandbox: the same words" diff out <("$khoscope" check "$faults" 2>&1)
fi

# ---- a terminal ----------------------------------------------------------------------------------

# on_terminal ARGUMENT...: khoscope with a slow disk; the steps are standard input. What makes it slow
# looks for a file each time, which the sandbox forbids.
on_terminal() {
	TERM=xterm KHOSCOPE_PAGER=${pager:-cat} SLOW=$tmp LD_PRELOAD=$tmp/slow.so "$build/tests/pty" "$khoscope" "$@" --no-sandbox >log 2>&1 ||
		{ tail -n 5 log; false; }
}

if ! ${CC:-cc} -shared -fPIC -O -o slow.so "$here/crash/slow.c" 2>err; then
	skip "Ctrl-C on a terminal" "no C compiler: $(tail -n 1 err)"
	finish
fi
touch slow
{
	printf '%s\n' "machine x86_64" "node 0 0-2G" "kernel 7.3" "preserve 0x5000 order 9 folio"
	echo "page 0x6000 fill 0"
	echo "format kdump zlib"
	for ((i = 0x8000; i < 0x9000; i += 2)); do echo "preserve $i"; done
} >large
if ! "$build/tests/mkdump/mkdump" --layouts "$here/mkdump/layouts" large many 2>err; then
	skip "Ctrl-C on a terminal" "$(tail -n 1 err)"
	finish
fi
check "Ctrl-C: progress, what was found, and that it is partial" on_terminal check many <<END
expect 20000 khoscope: struct pages:
expect 20000 s left
interrupt
expect 5000 raw-page
expect 5000 not looked at
expect 5000 interrupted
expect 5000 khoscope: interrupted: what is printed is what was known by then
END
# slowly SECONDS ARGUMENT...: with a slow disk, and interrupted after that
slowly() {
	SLOW=$tmp env --default-signal=INT timeout --foreground --preserve-status -s INT "$1" \
		env LD_PRELOAD="$tmp/slow.so" "$khoscope" "${@:2}" --no-sandbox >out 2>err </dev/null
	status=$?
}
slowly 3 check --json many
check "Ctrl-C, no terminal: status 130" [ "$status" = 130 ]
check "Ctrl-C, no terminal: no progress" [ "$(wc -l <err)" = 1 ]
check "Ctrl-C, no terminal: partial JSON" jq -e '.coverage.interrupted and
	(.coverage.all_judged | not) and .coverage.unread > 0 and
	.coverage.judged + .coverage.unread == .coverage.pages' out
slowly 4 diff --json many many
check "Ctrl-C, diff: status 130" [ "$status" = 130 ]
check "Ctrl-C, diff: one line, that it is partial" grep -qx \
	'khoscope: interrupted: what is printed is what was known by then' err
check "Ctrl-C, diff: partial JSON" jq -e '.interrupted and (.all_judged | not) and
	.relation == "same boot" and (.doubt | test("^interrupted")) and .outcomes.kept.ranges > 2000' out
for cut in 0.4 0.7 1; do
	slowly "$cut" fdt --json "$dumps/v72-in-retrieved.kdump"
	[ -s out ] && break
done
check "Ctrl-C, fdt: status 130" [ "$status" = 130 ]
check "Ctrl-C, fdt: partial JSON" jq -e '.interrupted' out
if command -v less >which.out; then
	pager=less check "Ctrl-C: a pager shows what was found all the same" on_terminal check many <<-END
		expect 20000 s left
		interrupt
		expect 5000 raw-page
		type q
	END
else
	skip "Ctrl-C: a pager shows what was found all the same" "no less"
fi
check "Ctrl-C before the memory map: JSON all the same" on_terminal status many <<END
pause 300
interrupt
expect 5000 khoscope: interrupted
END
# A reader that has stopped reading does not hold it up.
rm slow
# shellcheck disable=SC2216 # that is the point
(env --default-signal=INT timeout --foreground --preserve-status -k 5 -s INT 2 \
	"$khoscope" list --json many 2>err | sleep 4; exit "${PIPESTATUS[0]}")
check "Ctrl-C, a pipe nobody reads from: it ends" [ $? = 130 ]
check "Ctrl-C, a pipe nobody reads from: one line" grep -qx 'khoscope: interrupted' err
finish
