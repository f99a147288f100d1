#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kdump.sh: kdump-triage on real dumps, where kdump-tools and kexec-tools put them: report and summary
# beside the dump, the exit status, the bounds, and the little that there is in an initramfs.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "${KHOSCOPE_BUILD:-$here/../build}" && pwd) || exit
triage=$here/../extensions/kdump/kdump-triage
export KHOSCOPE=$build/khoscope
. "$here/tap.sh"
cd "$tmp" || exit 1
sh=$(command -v sh)
only=
ln -s "$(command -v false)" logger # none of this goes to the machine's log
PATH=$tmp:$PATH

# put DUMP PLACE
put() {
	mkdir -p "$(dirname "$2")"
	ln -s "$build/vmcores/$1.kdump" "$2"
}

# made CASE PLACE: by mkdump
made() {
	mkdir -p "$(dirname "$2")"
	"$build/tests/mkdump/mkdump" "$here/mkdump/cases/$1.txt" "$2" >/dev/null
}

# says STATUS PATTERN ARGUMENT...: it ends so, its last line is like that
says() {
	local want=$1 pattern=$2 status
	shift 2
	PATH=${only:-$PATH} "$sh" "$triage" "$@" >out 2>err </dev/null
	status=$?
	[[ $status = "$want" && ! -s err && $(tail -n 1 out) =~ ^$pattern$ ]] && return
	echo "status $status, wanted $want and $pattern:"
	cat out err
	return 1
}

# ---- what it says --------------------------------------------------------------------------------

put v73-in-thp one/vmcore
put v73-in-split two/vmcore
made lie-orphan three/vmcore
made no-kho four/vmcore
made without-kallsyms five/vmcore
echo "no dump" >six
check "nothing found" says 0 "KHOSCOPE OK: one/vmcore: 0 errors, .* all judged" one/vmcore
check "errors" says 2 "KHOSCOPE CRITICAL: two/vmcore: 1 error, .* all judged: leftover-split" two/vmcore
check "warnings" says 1 "KHOSCOPE WARNING: three/vmcore: 0 errors, 1 warning, .*: orphan" three/vmcore
check "no KHO" says 0 "KHOSCOPE OK: four/vmcore: this kernel has no kexec handover.*" four/vmcore
check "not judged" says 3 "KHOSCOPE UNKNOWN: five/vmcore: 0 errors, .* struct pages, 65536 judged" five/vmcore
check "no dump" says 3 "KHOSCOPE UNKNOWN: six: .*not a dump: a text file" six
check "not there" says 3 "KHOSCOPE UNKNOWN: seven: .*No such file.*" seven
check "several: the worst counts" says 2 "KHOSCOPE UNKNOWN: six.*" one/vmcore two/vmcore six
check "nowhere to write" says 3 "KHOSCOPE UNKNOWN: no/where: nothing can be written beside it" no/where
check "no argument" says 3 ".*" ""

check "the text is check's" diff <("$KHOSCOPE" check two/vmcore) two/vmcore.khoscope/check.txt
"$KHOSCOPE" report -o report/ two/vmcore >/dev/null
for form in txt json html; do
	check "the report is there: $form" \
		diff <(sed 's,report/,two/vmcore.khoscope/,' report/khoscope.$form) two/vmcore.khoscope/khoscope.$form
done
sh "$triage" two/vmcore >out
check "the summary is what it prints" diff out two/vmcore.khoscope.summary
check "a second look replaces the first" [ "$(find two -type f | wc -l)" = 6 ]
check "nobody else may read it" [ "$(stat -c %a two/vmcore.khoscope two/vmcore.khoscope/khoscope.html |
	xargs)" = "700 600" ]
check "why there is no report" grep -q "not a dump" six.khoscope/messages

# ---- where kdump-tools and kexec-tools put them --------------------------------------------------

put v73-in-thp "crash/202611281200/dump.202611281200"
put v73-in-split "crash/202611281300/dump.202611281300"
put v73-in-thp "crash/127.0.0.1-2026-11-28-14:00:00/vmcore"
echo "makedumpfile was here" >crash/202611281200/dump-incomplete
echo "panic" >crash/202611281200/dmesg.202611281200
check "--all: three new ones" says 2 "KHOSCOPE .*" --all crash
check "--all: each of them" [ "$(find crash -name '*.summary' | wc -l) $(wc -l <out)" = "3 3" ]
check "--all: nothing new" says 0 "" --all crash
rm crash/202611281300/*.summary
check "--all: what was taken away is made again" says 2 "KHOSCOPE CRITICAL: .*" --all crash
check "--all: nothing there" says 0 "" --all "$tmp/empty"

for at in 14 15; do
	mkdir -p "root/dumps/127.0.0.1-2026-11-28-$at:00:00"
	cp "$build/vmcores/v73-in-split.kdump" "root/dumps/127.0.0.1-2026-11-28-$at:00:00/vmcore"
done
touch -d "1 hour ago" root/dumps/*14:00:00/vmcore
printf 'path /dumps\ncore_collector makedumpfile -l\n' >kdump.conf
printf 'sysfs /sys sysfs rw 0 0\n/dev/vda1 %s/root ext4 rw 0 0\n' "$tmp" >mounts
export KDUMP_CONF=$tmp/kdump.conf KDUMP_MOUNTS=$tmp/mounts
check "kdump_post: the dump failed" says 0 "" 1
check "kdump_post: the one just written" says 2 "KHOSCOPE CRITICAL: .*15:00:00/vmcore: .*" 0
check "kdump_post: and no other" [ "$(find root -name '*.summary' | wc -l)" = 1 ]

# ---- bounds --------------------------------------------------------------------------------------

printf '#!/bin/sh\nexec sleep 60\n' >sleeper
printf '#!/bin/sh\nwhile :; do :; done\n' >spinner
chmod +x sleeper spinner
started=$SECONDS
KHOSCOPE=./sleeper KHOSCOPE_SECONDS=1 check "time" \
	says 3 "KHOSCOPE UNKNOWN: one/vmcore: stopped after 1 seconds" one/vmcore
KHOSCOPE_MIB=2 check "memory" says 3 "KHOSCOPE UNKNOWN: one/vmcore: .*(memory|allocate).*" one/vmcore
mkdir initramfs
for tool in sh sed cat mkdir mv rm; do ln -s "$(command -v $tool)" initramfs/; done
only=$tmp/initramfs
check "in an initramfs" says 2 "KHOSCOPE CRITICAL: two/vmcore: .*" two/vmcore
KHOSCOPE=./spinner KHOSCOPE_SECONDS=1 check "time, without timeout(1)" \
	says 3 "KHOSCOPE UNKNOWN: one/vmcore: stopped after 1 seconds" one/vmcore
only=
check "all of that in time" [ $((SECONDS - started)) -lt 40 ]

# ---- the unit ------------------------------------------------------------------------------------

if command -v systemd-analyze >/dev/null; then
	sed "s,@libexecdir@,$here/../extensions/kdump," "$here/../extensions/kdump/khoscope-triage.service" \
		>khoscope-triage.service
	check "systemd takes the unit" systemd-analyze verify --man=no "$tmp/khoscope-triage.service"
else
	skip "systemd takes the unit" "no systemd-analyze"
fi
finish
