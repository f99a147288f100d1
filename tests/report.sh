#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# report.sh: the report and the map: what a reader without the dump has to find in them, that they keep
# within their columns, write where they are told and over nothing, and tell no contents of memory.
# That the words are the right ones is for golden.sh, what a browser makes of the HTML for browser.sh.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
mkdump=$build/tests/mkdump/mkdump
. "$here/tap.sh"
export LC_ALL=C
cd "$tmp" || exit 1
faults=$dumps/v72-out-faults.kdump
split=$dumps/v73-in-split.kdump

# ---- whole without the dump ----------------------------------------------------------------------

"$khoscope" report "$split" >text
check "a finding: status 1" [ $? = 1 ]
# tells WHAT PATTERN
tells() { check "the text tells $1" grep -qE -- "$2" text; }
tells "kernel and architecture" '^Kernel +7\.3\.4, x86_64'
tells "the build-id" '^Build-id +37d53b7df656ae5ce9459ad1abf322a7c958c67d$'
tells "how complete it is" 'complete$'
tells "the release before, and how many kexecs" 'from release 7\.3\.4, kexec count 1'
tells "options" 'NUMA=y DEFERRED_STRUCT_PAGE_INIT=y'
tells "words of the command line that matter" '^Command line kho=on liveupdate=on'
tells "the pages" 'pfn 0x14a00, 512 pages, order 9, node 1'
tells "the words of the struct page" '4b484f5000000009'
tells "the page before" 'before: pfn 0x149ff'
tells "the page behind" 'behind: pfn 0x14c00'
tells "the owner" 'unknown: no owner claims'
tells "the commit" '91e74fa8b1bc'
tells "what to do" '^What to do\.'
tells "the log" '^\[ +[0-9]+\.[0-9]{6}\] KHO: exec from: 7\.3\.4'
tells "versions" '^Tool +khoscope [0-9.]+ \(elfutils'
tells "how to run it again" '^Again +khoscope report v73-in-split\.kdump$'
check "other words of the command line are not shown" sh -c '! grep -q console= text'
"$khoscope" report "$dumps/v73-in-thp.kdump" >text
check "nothing found: status 0" [ $? = 0 ]
tells "that there is nothing" '^None\.$'

# ---- columns, and no byte that a terminal obeys ----------------------------------------------------

# fits FILE COLUMNS
fits() { [ "$(wc -L <"$1")" -le "$2" ] && ! LC_ALL=C grep -q '[^ -~]' "$1"; }

for dump in "$dumps"/*.kdump; do
	"$khoscope" report -q "$dump" >text
	check "${dump##*/}: the text has 75 columns of ASCII" fits text 75
	"$khoscope" map -q "$dump" >text
	check "${dump##*/}: the map has 80 columns of ASCII" fits text 80
done
made=0
for case in "$here"/mkdump/cases/*.txt; do
	rm -f dump*
	"$mkdump" "$case" dump >log 2>&1 || continue
	"$khoscope" report -q dump >text 2>err
	[ -s text ] || { grep -q '^khoscope: ' err && continue; }
	made=$((made + 1))
	fits text 75 || fail "report of ${case##*/}: 75 columns of ASCII" "$(awk 'length > 75' text)"
	grep -q '^Made by$' text || fail "report of ${case##*/}: to its end" "$(tail -n 3 text)"
	"$khoscope" map -q dump >text 2>err
	fits text 80 || fail "map of ${case##*/}: 80 columns of ASCII" "$(awk 'length > 80' text)"
done
check "reports of made-up dumps: 75 columns of ASCII, to their end" [ "$made" -ge 60 ]

"$mkdump" --line $'session \e[31mred\x9b0m\\' --line "memfd 9 size 64K" \
	"$here/mkdump/cases/luo-7.2.txt" dump >log 2>&1
"$khoscope" report dump >text
check "a hostile name: as text" fits text 75
tells "a hostile name, and how it is written" 'session \?\[31mred\?0m\\x5c'
"$khoscope" report --json dump >json
check "a hostile name: as JSON" sh -c '! LC_ALL=C grep -q "[^ -~]" json && jq -e ".report.owners[] | select(.label | contains(\"31mred\"))" json'

# ---- files ---------------------------------------------------------------------------------------

"$khoscope" report -o new/ "$split" >out
check "a folder: status 1, the finding's" [ $? = 1 ]
check "a folder: three files, and their names" diff -u out \
	<(printf 'new/khoscope.%s\n' txt json html)
check "a folder: nothing else" [ "$(echo new/*)" = "new/khoscope.html new/khoscope.json new/khoscope.txt" ]
"$khoscope" report "$split" >text
check "a folder: the text is that of the screen" diff -u text new/khoscope.txt
"$khoscope" report --json "$split" >json
check "a folder: so is the JSON" diff -u json new/khoscope.json
check "JSON: the findings are check's" diff -u <(jq .findings json) \
	<("$khoscope" check --json "$split" | jq .findings)
check "JSON: the map is map's" diff -u <(jq .map json) <("$khoscope" map --json "$split" | jq .map)
for form in txt json html; do
	"$khoscope" report -o one.$form "$split" >out
	check "a file .$form" cmp one.$form new/khoscope.$form
done

# refused NAME PATTERN ARGUMENT...: status 2, one line, and no file that was not there
refused() {
	local name=$1 pattern=$2
	shift 2
	find . | sort >before
	"$khoscope" report "$@" >out 2>err
	check "$name: status 2" [ $? = 2 ]
	check "$name: one line that says why" sh -c "[ \$(wc -l <err) = 1 ] && grep -qE '$pattern' err"
	find . | sort >after
	diff before after >left
	check "$name: nothing is left" [ ! -s left ]
}
: >out; : >err; : >before; : >after; : >left
before=$(sha256sum new/*)
refused "a file that is there" 'one.html is there already' -o one.html "$split"
refused "a folder that has a report" 'khoscope.txt is there already' -o new "$split"
check "what was there is as it was" [ "$before" = "$(sha256sum new/*)" ]
mkdir part && : >part/khoscope.html
refused "a folder that has part of one" 'khoscope.html is there already' -o part "$split"
refused "a name of no form" '.*wants a folder, or a file that ends in' -o report.pdf "$split"
refused "a folder in none" 'cannot create no/where/' -o no/where/ "$split"
refused "a file in no folder" 'cannot create no/x.txt' -o no/x.txt "$split"
refused "no dump" 'No such file' -o x.html missing
refused "--json with a place" 'does not go with --output' --json -o x.html "$split"
refused "a full disk" 'one.txt is there|No space' -o one.txt "$split"
ln -s /dev/full full.txt
refused "a link" 'full.txt is there already' -o full.txt "$split"

# A flattened dump whose last record never seems to end.
"$build/tests/redump" --format elf --flatten "$split" flat
{ head -c 8312 flat; printf '\0\0\0\0\0\0\020\0\0\0\0\377\0\0\0\0'; } >endless
truncate -s 1T endless 2>err || truncate -s 1G endless
for signal in INT TERM KILL; do
	env --default-signal="$signal" timeout -s "$signal" 0.5 "$khoscope" report -o "$signal.html" \
		endless >out 2>err
	for _ in 1 2 3 4 5 6 7 8 9 10; do [ -e "$signal.html" ] && sleep 0.2; done
	check "SIG$signal: no half of a report is left" [ ! -e "$signal.html" ]
done
rm -f flat endless

# ---- no contents of memory -----------------------------------------------------------------------

if command -v python3 >log; then
	for name in v72-out-faults v73-in-thp; do
		"$khoscope" owners --json "$dumps/$name.kdump" >owners.json
		"$build/tests/redump" --format elf "$dumps/$name.kdump" elf
		planted=$(python3 "$here/tools/private.py" elf owners.json)
		check "$name: data is preserved" [ "${planted:-0}" -ge 2000 ]
		rm -rf planted
		"$khoscope" report -o planted/ elf >out
		check "$name: the report is of that dump" grep -q '"pages"' planted/khoscope.json
		check "$name: and has none of it" sh -c '! grep -l -e SECRET -e 544552434553 planted/*'
	done
else
	skip "no contents of memory" "python3 is not installed"
fi

# ---- map -----------------------------------------------------------------------------------------

"$khoscope" map "$split" >ascii
LC_ALL=C.UTF-8 "$khoscope" map "$split" >unicode
check "UTF-8: other characters, and nothing else" diff -u ascii <(sed 's/░/./g; s/▒/s/g; s/▀/o/g; s/▄/p/g
	s/█/b/g; s/◇/?/g; s/◆/!/g' unicode)
check "a range: what is before and behind is not shown" \
	[ "$("$khoscope" map -r 0x14a00-0x14c00 "$split" | grep -c "^0x")" = 8 ]
check "a range: the finding fills it" \
	[ "$("$khoscope" map -r 0x14a00-0x14c00 "$split" | sed -n '/^0x/s/^0x[0-9a-f]* *//p' | tr -d '\n' | tr -d '!')" = "" ]
check "a node" [ "$("$khoscope" map -n 1 "$split" | grep -c '^Node')" = 1 ]
check "no such node" sh -c "\"$khoscope\" map -n 7 '$split' | grep -q '^No memory of that node'"
refused_map() { "$khoscope" map "$@" >out 2>err; [ $? = 2 ] && [ "$(wc -l <err)" = 1 ]; }
check "beyond memory: status 2" refused_map -r 0x900000-0x900001 "$split"
for columns in 1 20 33 40 100 200 1000; do
	COLUMNS=$columns "$khoscope" map "$faults" >text
	want=$((columns < 30 ? 30 : columns > 270 ? 270 : columns))
	check "$columns columns: the rows keep to them" \
		[ "$(grep '^0x' text | wc -L)" -le "$want" ]
done
check "JSON: as many pages are preserved as status says" diff \
	<("$khoscope" map --json "$split" | jq '[.map.items[] | select(.kind == "outgoing") | .pages] | add') \
	<("$khoscope" status --json "$split" | jq .kho.outgoing.pages)
check "JSON: as many are pending" diff \
	<("$khoscope" map --json "$split" | jq '[.map.items[] | select(.kind == "incoming") | .pages] | add') \
	<("$khoscope" status --json "$split" | jq .kho.incoming.pending_pages)
check "JSON: as much scratch as status says" diff \
	<("$khoscope" map --json "$split" | jq '[.map.items[] | select(.kind == "scratch") | .pages] | add') \
	<("$khoscope" status --json "$split" | jq '[.kho.scratch[].size] | add / 4096')
finish
