#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# facts.sh: where symbols and types come from, rung by rung: the dump alone, files that are named, what
# was stripped from them, a vmlinux found by its build-id, here or at a debuginfod. And whether all of
# them, and a reader of DWARF that shares no line with the library's, say the same.
#
#	tests/facts.sh [DUMP VMLINUX]...	besides the committed ones
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
dwarfread=$build/tests/dwarfread
redump=$build/tests/redump
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
# shellcheck source=tests/tap.sh
. "$here/tap.sh"
dump=$dumps/v72-out-faults.kdump
vmlinux=$dumps/vmlinux-7.2.13
need "$khoscope" "$dwarfread" "$redump" "$dump" "$vmlinux"
unset DEBUGINFOD_URLS
cd "$tmp" || exit 1

# run ARGUMENT...: leaves $status, ./out and ./err
run() {
	timeout -k 5 60 "$khoscope" "$@" >out 2>err </dev/null
	status=$?
}

# from SOURCE: how many facts of ./out have it
from() { jq --arg source "$1" '[.facts[] | select(.source == $source)] | length' out; }

# many SOURCE NAME: a good number of facts are from there
many() { check "$2" [ "$(from "$1")" -gt 20 ]; }

# refused NAME PATTERN ARGUMENT...
refused() {
	run "${@:3}"
	# shellcheck disable=SC2016 # for the other shell
	check "$1: refused" sh -c '[ "$1" = 2 ] && [ ! -s out ] && [ "$(wc -l <err)" = 1 ] &&
		grep -Eq -- "$2" err || { cat err; false; }' sh "$status" "$2"
}

# ---- every source, side by side ------------------------------------------------------------------

# agrees NAME COMPARED ARGUMENT...: no two sources differ, and as many facts have more than one
agrees() {
	run facts --verify --json "${@:3}"
	check "$1: no source differs from another" [ "$status" = 0 ]
	# shellcheck disable=SC2016 # jq's variables
	check "$1: $2 facts and more have two sources" jq -e --argjson n "$2" '.differ == 0 and
		([.facts[] | select([.sources[] | select(.value != null)] | length > 1)] |
		length) >= $n' out
}

nm "$vmlinux" >System.map
objcopy --dump-section .BTF=btf "$vmlinux" /dev/null
agrees "7.2.13 x86_64, all sources" 170 -k "$vmlinux" --btf btf --system-map System.map "$dump"
check "7.2.13 x86_64: they are eight" [ "$(jq '.facts[0].sources | length' out)" = 8 ]
agrees "7.3.4 x86_64, the dump's own" 20 "$dumps/v73-in-thp.kdump"
agrees "7.3.4 x86_64, BTF of a vmlinux" 100 -k "$dumps/vmlinux-7.3.4-btf-only" "$dumps/v73-in-thp.kdump"
agrees "7.3.4 arm64, the dump's own" 20 "$dumps/a73-out-faults.kdump"
run facts --verify --any-build-id --btf btf "$dumps/v73-in-thp.kdump"
check "types of another kernel: status 1" [ "$status" = 1 ]
check "types of another kernel: they differ" grep -Eq \
	'^member +pglist_data.nr_zones +DIFFER +19232 .* 11552, 4' out

# ---- an independent reader -----------------------------------------------------------------------

# What khoscope knows of types in ./out, as tests/tools/dwarfread has it.
as_dwarfread() {
	jq -r '.facts[] | select(.known) |
		if .kind == "member" then "member \(.name | sub("\\."; " ")) = \(.value) \(.size // 0)"
		elif .kind == "size" or .kind == "enumerator" then "\(.kind) \(.name) = \(.value)"
		else empty end' out | sort
}

# same_as_libdwarf NAME DUMP VMLINUX: each fact about a type is what libdwarf reads there
same_as_libdwarf() {
	run facts --json --any-build-id -k "$3" "$2"
	as_dwarfread >ours
	sed 's/ = .*//' ours | "$dwarfread" "$3" | sort >theirs
	check "$1: libdwarf reads the same" diff ours <(comm -12 ours theirs)
	check "$1: of $(wc -l <ours) facts" [ "$(wc -l <ours)" -ge "${4:-100}" ]
}

same_as_libdwarf "7.2.13 x86_64" "$dump" "$vmlinux"
while [ $# -ge 2 ]; do
	agrees "$2" 20 -k "$2" "$1" # of one without BTF and kallsyms no more
	same_as_libdwarf "$2" "$1" "$2"
	shift 2
done

# ---- forms of DWARF ------------------------------------------------------------------------------

cat >types.c <<'C'
struct xarray { int lock; void *xa_head; } a;
struct xa_node { unsigned char shift, offset; union { struct { int pad[9]; struct xarray *array; }; };
	void *slots[64]; } b;
struct luo_session_header { long count; struct { void *n, *p; } list; struct { struct {
	int deep; } block_set; }; } c;
enum pageflags { PG_locked, PG_head = 29, PG_hwpoison = 41 } d;
typedef const struct { struct { unsigned long long data : 40; } x; } odd;
struct kho_out { odd fdt; char pad[3]; } e;
int main(void) { return 0; }
C
# form NAME FLAG...: ./types-NAME is types.c with DWARF of that form
form() {
	${CC:-cc} -o "types-$1" "${@:2}" -nostdlib -static -Wl,-e,main -Wl,--build-id \
		-Wl,--defsym,_stext=0xffffffff81000000 types.c 2>cc.err
}
if [ "$(uname -m)" = x86_64 ]; then
	for name in 4 5 4-gz 5-gz 4-zlib-gnu; do
		flags=("-gdwarf-${name%%-*}")
		case $name in
		*-gz) flags+=(-gz=zlib) ;;
		*-zlib-gnu) flags+=(-gz=zlib-gnu) ;;
		esac
		if ! form "$name" "${flags[@]}"; then skip "DWARF $name" "$(tail -n 1 cc.err)"; continue; fi
		run facts --json --any-build-id -k "types-$name" "$dump"
		jq -r '.facts[] | select(.source == "DWARF") | "\(.name) \(.value) \(.size)"' out |
			LC_ALL=C sort >got
		check "DWARF $name: by hand" diff - got <<-END
			PG_head 29 null
			PG_hwpoison 41 null
			PG_locked 0 null
			kho_out.fdt 0 8
			luo_session_header.block_set 24 4
			luo_session_header.count 0 8
			luo_session_header.list 8 16
			xa_node.array 48 8
			xa_node.offset 1 1
			xa_node.shift 0 1
			xa_node.slots 56 512
			xarray.xa_head 8 8
		END
	done
else
	skip "DWARF 4 and 5" "no x86_64 compiler"
fi

# ---- which units are read ------------------------------------------------------------------------

# Nobody who has all of this reads more than the units that are likely to have the rest.
cat >memblock.c <<'C'
struct page { long flags; } a;
struct pglist_data { int node_id; } b;
struct zone { long zone_start_pfn; } c;
struct mem_section { long section_mem_map; } d;
enum { __NR_PAGEFLAGS = 24, __MAX_NR_ZONES = 5, PG_lru = 5, PG_head = 6, PG_reserved = 14,
	PG_private = 15, PG_swapbacked = 18 } e;
int memblock_add(void) { return a.flags + b.node_id + c.zone_start_pfn + d.section_mem_map + e; }
C
cat >kexec_handover.c <<'C'
struct kho_out { long pad; void *fdt; } out;
void *kho_preserve_folio(void) { return out.fdt; }
C
echo 'struct xa_node { char pad; unsigned char shift; } x; int main(void) { return x.shift; }' >other.c
cp kexec_handover.c renamed.c

# units NAME FACTS COMMAND...: of two facts in units of their own, those that are known of ./units
# after COMMAND, which makes it of files
units() {
	if ! "${@:3}" 2>cc.err; then skip "units, $1" "$(tail -n 1 cc.err)"; return; fi
	run facts --json --any-build-id -k units "$dump"
	jq -r '[.facts[] | select(.source == "DWARF" and
		(.name == "kho_out.fdt" or .name == "xa_node.shift")) |
		"\(.name)=\(.value)"] | join(" ")' out >got
	check "units, $1: ${2:-none}" [ "$(cat got)" = "$2" ]
}
link() {
	${CC:-cc} -g -O2 -o units "${@:2}" -nostdlib -static -Wl,-e,main -Wl,--build-id \
		-Wl,--defsym,_stext=0xffffffff81000000 && ${1:-true} units
}
if [ "$(uname -m)" = x86_64 ]; then
	named=(memblock.c kexec_handover.c other.c)
	units "by address" kho_out.fdt=8 link '' memblock.c renamed.c other.c
	units "by name, no .debug_aranges" kho_out.fdt=8 link 'objcopy -R .debug_aranges' "${named[@]}"
	units "by name, no symbols" kho_out.fdt=8 link 'strip --strip-symbol=kho_preserve_folio' \
		"${named[@]}"
	units "by name, LTO" kho_out.fdt=8 link '' -flto -fno-ipa-icf "${named[@]}"
	units "the rest is not read" "" link '' memblock.c other.c
	sed -i '/zone_start_pfn/d; s/c.zone_start_pfn/0/' memblock.c
	units "the rest is read if something is wanting" "kho_out.fdt=8 xa_node.shift=1" \
		link '' memblock.c renamed.c other.c
fi

# ---- files that are named ------------------------------------------------------------------------

run facts --json --system-map System.map "$dump"
many System.map "--system-map: symbols are from it"
run facts --json --btf btf "$dump"
many "BTF file" "--btf FILE of raw BTF"
run facts --json --btf "$dumps/vmlinux-7.3.4-btf-only" "$dumps/v73-in-thp.kdump"
many "BTF file" "--btf FILE of an ELF file"
refused "System.map of another kernel" 'System.map: its init_uts_ns.*--any-build-id' \
	facts --system-map System.map "$dumps/v73-in-thp.kdump"
refused "BTF of another kernel" 'btf: it has 11552 .*pglist_data.nr_zones.*--any-build-id' \
	facts --btf btf "$dumps/v73-in-thp.kdump"
refused "no System.map" 'not a System.map: its first line' facts --system-map btf "$dump"
: >empty
refused "an empty System.map" 'it is empty' facts --system-map empty "$dump"
refused "no BTF" 'BTF: its header' facts --btf System.map "$dump"
refused "no such file" 'No such file' facts --system-map missing "$dump"

# ---- what was stripped ---------------------------------------------------------------------------

mkdir -p beside/.debug away
objcopy --only-keep-debug "$vmlinux" beside/.debug/vmlinux.debug
strip -s -R .BTF -o beside/vmlinux "$vmlinux"
objcopy --add-gnu-debuglink=beside/.debug/vmlinux.debug beside/vmlinux
cp beside/vmlinux away
run facts --json -k beside/vmlinux "$dump"
many DWARF "stripped, its debug file in .debug: types"
many symtab "stripped, its debug file in .debug: symbols"
run facts --json -k away/vmlinux "$dump"
check "stripped, and no debug file: the dump makes up for it" [ "$(from BTF)" -gt 20 ]
check "stripped, and no debug file: that is said" grep -q 'no symbol table' err
objcopy --compress-debug-sections=zlib "$vmlinux" compressed
run facts --json -k compressed "$dump"
many "vmlinux BTF" "compressed sections: BTF will do"
objcopy -R .BTF compressed
run facts --json -k compressed "$dump"
many DWARF "compressed sections, no BTF"
rm -f compressed

# ---- nobody but VMCOREINFO -----------------------------------------------------------------------

# pfn_of ADDRESS DUMP
pfn_of() { "$khoscope" page --json "virt:$1" "$2" | jq .page.pfn; }

# mute DUMP OUT [kallsyms]: BTF is not in OUT, and symbols neither
mute() {
	local first last names lacks=()
	first=$("$khoscope" facts --json "$1" | jq -r '.facts[] | select(.name == "__start_BTF").value')
	last=$("$khoscope" facts --json "$1" | jq -r '.facts[] | select(.name == "__stop_BTF").value')
	lacks+=(--exclude "$(pfn_of "$first" "$1")-$(pfn_of "$(printf 0x%x $((last - 1)))" "$1")")
	names=$(strings "$1" | sed -n 's/^SYMBOL(kallsyms_names)=//p' | head -n 1)
	[ $# -lt 3 ] || lacks+=(--exclude "$(pfn_of "0x$names" "$1")-$(pfn_of "0x$names" "$1")")
	"$redump" "${lacks[@]}" "$1" "$2"
}

findings() {
	"$khoscope" check --json -q "$1" | jq -r '.findings[] | "\(.id) \(.class) \(.pfn) \(.pages)"' |
		sort
}

for name in v73-in-thp v73-in-split v73-in-faults v72-in-retrieved; do
	mute "$dumps/$name.kdump" mute kallsyms
	run status --json mute
	check "$name, VMCOREINFO alone: KHO's state is unknown" jq -e '.kho.state == "unknown" and
		.coverage.pages == .coverage.judged and (.coverage.all_judged | not)' out
	check "$name, VMCOREINFO alone: pending ranges are all told" diff \
		<("$khoscope" list --json -d in "$dumps/$name.kdump") \
		<("$khoscope" list --json -q -d in mute)
	check "$name, VMCOREINFO alone: so are damaged ones" diff \
		<(findings "$dumps/$name.kdump") <(findings mute)
done
mute "$dump" mute kallsyms
run check mute
check "v72-out-faults, VMCOREINFO alone: status 1" [ "$status" = 1 ]
check "v72-out-faults, VMCOREINFO alone: that it is is said" grep -q 'by VMCOREINFO alone' out
check "v72-out-faults, VMCOREINFO alone: nothing else is found" \
	[ -z "$(comm -13 <(findings "$dump") <(findings mute))" ]
check "v72-out-faults, VMCOREINFO alone: but a part" [ "$(findings mute | wc -l)" -ge 15 ]
run preflight -q mute
check "preflight, VMCOREINFO alone: status 3" [ "$status" = 3 ]

# ---- found by build-id ---------------------------------------------------------------------------

mute "$dump" mute
id=$(readelf -n "$vmlinux" | sed -n 's/.*Build ID: //p')

run facts --json mute
check "no types, nothing found: none are made up" [ "$(from DWARF)" = 0 ]
# in_place PATH: facts of ./mute, with the vmlinux at PATH under /usr/lib/debug
in_place() {
	# shellcheck disable=SC2016 # for the other shell
	unshare -m sh -c 'mkdir -p /usr/lib/debug && mount -t tmpfs none /usr/lib/debug &&
		mkdir -p "$(dirname "/usr/lib/debug/$1")" && cp "$2" "/usr/lib/debug/$1" || exit
		"$3" facts --json mute >out 2>err' sh "$1" "$vmlinux" "$khoscope"
}
if unshare -m true 2>err; then
	for place in ".build-id/${id:0:2}/${id:2}.debug" boot/vmlinux-7.2.13 lib/modules/7.2.13/vmlinux; do
		in_place "$place"
		many DWARF "found as $place"
		check "found as $place: that is said" grep -q "they are from /usr/lib/debug/$place" err
	done
	cp "$dumps/vmlinux-7.3.4-btf-only" other
	vmlinux=other in_place boot/vmlinux-7.2.13
	check "one of another build is not taken" [ "$(from DWARF)" = 0 ]
else
	skip "found by build-id" "no mount namespace: $(cat err)"
fi

if ! command -v debuginfod >which; then
	skip "debuginfod" "no debuginfod"
	finish
fi
mkdir served
cp "$vmlinux" served/vmlinux
port=$((20000 + RANDOM % 20000))
debuginfod -F -p $port -d "$tmp/db" served >server.log 2>&1 &
server=$!
tap_clean() {
	kill "$server" 2>/dev/null
	wait "$server" 2>/dev/null
	rm -rf "$tmp"
}
export DEBUGINFOD_CACHE_PATH=$tmp/cache DEBUGINFOD_TIMEOUT=10
run facts --json mute
check "debuginfod: not asked unless DEBUGINFOD_URLS is set" [ ! -e cache ]
for ((i = 0; i < 60; i++)); do
	rm -rf cache # it remembers what it was not given
	DEBUGINFOD_URLS=http://127.0.0.1:$port run facts --json mute
	[ "$(from DWARF)" -gt 0 ] && break
	sleep 0.5
done
many DWARF "debuginfod: types are from what it gave"
check "debuginfod: that is said" grep -q "they are from $tmp/cache/" err
DEBUGINFOD_URLS=http://127.0.0.1:1 run facts --json "$dump"
check "debuginfod: not asked if the dump tells all" [ ! -s err ]
rm -rf cache
DEBUGINFOD_URLS=http://127.0.0.1:1 run facts --json mute
check "debuginfod: a server that is not there is one warning more" grep -q \
	"^khoscope: warning: debuginfod: no vmlinux of build-id $id" err
check "debuginfod: and no failure" [ "$status" = 0 ]
DEBUGINFOD_URLS=http://127.0.0.1:$port run facts --json -k away/vmlinux "$dump"
many DWARF "debuginfod: what was stripped from a file: types"
many symtab "debuginfod: what was stripped from a file: symbols"
kept=$(echo cache/*/debuginfo)
chmod u+w "${kept%/*}" "$kept" && cp "$dumps/vmlinux-7.3.4-btf-only" "$kept"
DEBUGINFOD_URLS=http://127.0.0.1:1 run facts --json -k away/vmlinux "$dump"
check "debuginfod: what is another file's is not taken" [ "$(from symtab)$(from DWARF)" = 00 ]
check "debuginfod: that is said, once" [ "$(grep -c 'of this build-id is another' err)" = 1 ]

# A server that takes the question, and never answers: whoever reads the dump is in the sandbox by then.
cat >silent.py <<'PY'
import socket, sys, time
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
open("listening", "w").close()
connection, _ = server.accept()
open("asked", "wb").write(connection.recv(65536))
time.sleep(60)
PY
# wait_for FILE
wait_for() { for ((i = 0; i < 100; i++)); do [ -s "$1" ] && return; sleep 0.1; done; return 1; }
python3 silent.py $((port + 1)) 2>silent.err &
silent=$!
for ((i = 0; i < 50; i++)); do [ -e listening ] && break; sleep 0.1; done
rm -rf cache
DEBUGINFOD_URLS=http://127.0.0.1:$((port + 1)) env --default-signal=INT "$khoscope" facts mute \
	>out 2>err </dev/null &
asking=$!
check "debuginfod: a silent server is asked" wait_for asked
check "debuginfod: who reads the dump is confined" grep -q '^Seccomp:.*2' "/proc/$asking/status"
fetching=$(pgrep -P "$asking")
check "debuginfod: who asks is not, and is another" grep -q '^Seccomp:.*0' "/proc/$fetching/status"
kill -INT "$asking"
for ((i = 0; i < 50; i++)); do kill -0 "$asking" 2>/dev/null || break; sleep 0.1; done
wait "$asking"
check "debuginfod: Ctrl-C ends the waiting" [ $? = 130 ]
check "debuginfod: and who asks" [ ! -e "/proc/$fetching" ]
kill "$silent"
finish
