#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# browser.sh: the HTML report in a real browser (tests/tools/browser.py).
# browser.sh --screenshot writes docs/report.png, which README.md shows: look at it before committing it.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
mkdump=$build/tests/mkdump/mkdump
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) ||
	{ echo "no Chromium here"; exit 77; }
command -v python3 >/dev/null || { echo "python3 is not installed"; exit 77; }
[ -x "$mkdump" ] || { echo "$mkdump is not there"; exit 77; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/khoscope.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

"$khoscope" report -q -o "$tmp/report.html" "$dumps/v72-out-faults.kdump" >/dev/null
# Names that would be markup, close an attribute, end a script or move a cursor.
lines=()
n=100
for name in '<script>window.pwned=1</script>' '"><img/src=x/onerror=window.pwned=1>' \
	"'><b/onclick=pwned=1>&lt;" '</title></svg><iframe/src=/>' $'\e[31m\x9b0m'; do
	lines+=(--line "session $name" --line "memfd $((n++)) size 64K")
done
"$mkdump" "${lines[@]}" "$here/mkdump/cases/luo-7.2.txt" "$tmp/hostile" >"$tmp/log" 2>&1 ||
	{ cat "$tmp/log"; exit 1; }
"$khoscope" report -q -o "$tmp/hostile.html" "$tmp/hostile" >/dev/null
python3 "$here/tools/browser.py" "$browser" "$tmp/report.html" "$tmp/hostile.html" \
	${1:+"$here/../docs/report.png"}
