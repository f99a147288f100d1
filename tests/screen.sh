#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# screen.sh: what a person at a terminal gets: explain, which says what docs/ says; colours and the
# pager, which are for terminals alone; bash completion, which knows what the help knows.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
docs=$here/../docs
. "$here/tap.sh"
unset NO_COLOR PAGER KHOSCOPE_PAGER LESS COLUMNS
export TERM=xterm
faults=$dumps/v72-out-faults.kdump
escape=$'\033['

# ---- explain -------------------------------------------------------------------------------------

"$khoscope" explain >"$tmp/ids"
check "explain lists what check and preflight can find" diff -u \
	<(sed -n 's/^## \([a-z-]*\)$/\1/p' "$docs/findings.md"
	  sed -n 's/^### \(pf-[a-z-]*\)$/\1/p' "$docs/preflight.md") <(cut -d' ' -f1 "$tmp/ids")
check "explain without a name: a line on each" \
	[ -z "$(grep -vE '^[a-z-]+ +[a-zA-Z].{20,}$' "$tmp/ids")" ]
# called REGEX FILE...: what of ../lib is called by a name in quotes behind REGEX
called() {
	(cd "$here/../lib" && grep -rhoE --include='*.[ch]' "($1)\"[a-z]+(-[a-z]+)*\"" "${@:2}") |
		sed -E 's/.*"([a-z-]+)"/\1/' | sort -u
}
check "explain: every id in the sources of preflight" diff -u \
	<(called '' preflight --exclude=table.c | grep '^pf-') <(sed -n 's/^\(pf-[a-z-]*\) .*/\1/p' "$tmp/ids" | sort)
check "explain: every id in the sources of check" diff -u \
	<(called 'khs_draft_init(_global)?\([^"]*|[{(] *|X\([A-Z0-9_]+, ' checks owners/faults.h) \
	<(sed -n '/^pf-/d; s/ .*//p' "$tmp/ids" | sort)
check "explain without a name: 80 columns" [ "$(wc -L <"$tmp/ids")" -le 80 ]

# words FILE: the words, without what Markdown makes of them; "-" of a list and "|" of a table apart
words() {
	sed -E -e '/^\|-/d' -e 's/\[([^]]*)\]\([^)]*\)/\1/g' -e 's/\\\|/\v/g' "$1" |
		tr -d '*`|' | tr '\v' '|' | tr -s ' \n' '\n' | grep .
}

# section ID: of the docs
section() {
	case $1 in
	pf-*) awk -v id="### $1" '$0 == id { on = 1; next } /^##/ { on = 0 } on' "$docs/preflight.md" ;;
	*) awk -v id="## $1" '$0 == id { on = 1; next } /^## / { on = 0 } on' "$docs/findings.md" ;;
	esac
}

while read -r id _; do
	"$khoscope" explain "$id" >"$tmp/got"
	section "$id" >"$tmp/section"
	check "explain $id: the words of the docs" diff -u <(words "$tmp/section") \
		<(tail -n +2 "$tmp/got" | tr -d '*' | tr -s ' \n' '\n' | grep .)
	for heading in 'How it comes about' Kernels 'What to do' Send; do
		check "explain $id: $heading" grep -q "^$heading" "$tmp/got"
	done
	check "explain $id: 80 columns, but for what is quoted" \
		[ "$(grep -v '^    ' "$tmp/got" | wc -L)" -le 80 ]
done <"$tmp/ids"

# Every class of the table at the top of the docs leads to its finding.
sed -n 's/^| \[\([a-z-]*\)\](#.*) | [^|]* | \([^|]*\) |.*/\1 \2/p' "$docs/findings.md" |
	while read -r id classes; do
		# "N1 to N3, N5": what is between is there, too
		echo "$classes" | sed 's/\([A-Z]\)\([0-9]\) to [A-Z]\([0-9]\)/\1\2 \1\3/; s/,//g' |
			tr ' ' '\n' | grep . | sed "s/^/$id /"
	done >"$tmp/classes"
check "classes are listed" [ "$(wc -l <"$tmp/classes")" -ge 12 ]
while read -r id class; do
	check "explain $class: $id" [ "$("$khoscope" explain "$class" | head -n 1)" = "$id" ]
done <"$tmp/classes"
"$khoscope" explain P_OK >"$tmp/got" 2>"$tmp/err"
check "explain of nothing: status 2" [ $? = 2 ]
check "explain of nothing: what to do" grep -q "explain without a name lists them" "$tmp/err"

# ---- colours -------------------------------------------------------------------------------------

pty=$build/tests/pty
# on_terminal COMMAND...: what it prints on a terminal, to $tmp/got
on_terminal() { "$pty" "$@" </dev/null >"$tmp/got" 2>&1; }
coloured() { grep -qF "$escape" "$tmp/got"; }
plain() { [ -s "$tmp/got" ] && ! coloured; }

export KHOSCOPE_PAGER=
on_terminal "$khoscope" check "$faults"
check "a terminal: colours" coloured
on_terminal env NO_COLOR=1 "$khoscope" check "$faults"
check "NO_COLOR: none" plain
on_terminal env NO_COLOR= "$khoscope" check "$faults"
check "an empty NO_COLOR: colours" coloured
on_terminal env TERM=dumb "$khoscope" check "$faults"
check "a dumb terminal: none" plain
on_terminal "$khoscope" check --color=never "$faults"
check "--color=never: none" plain
on_terminal env NO_COLOR=1 "$khoscope" check --color always "$faults"
check "--color=always goes before NO_COLOR" coloured
"$khoscope" check "$faults" >"$tmp/got"
check "a file: none" plain
cp "$tmp/got" "$tmp/want"
"$khoscope" check --color=always "$faults" >"$tmp/got"
check "a file, --color=always: colours" coloured
check "colours apart, it is the same text" diff -u "$tmp/want" \
	<(sed 's/\x1b\[[0-9;]*m//g' "$tmp/got")
"$khoscope" check --json "$faults" >"$tmp/want"
on_terminal "$khoscope" check --json --color=always "$faults"
check "JSON has no colours" plain
"$khoscope" check --color=sometimes "$faults" >"$tmp/got" 2>"$tmp/err"
check "--color=sometimes: status 2" [ $? = 2 ]
check "--color=sometimes: what to say instead" grep -q 'wants auto, always or never' "$tmp/err"

# ---- the pager -----------------------------------------------------------------------------------

unset KHOSCOPE_PAGER
on_terminal env KHOSCOPE_PAGER='sed s/^/paged:/' PAGER=false "$khoscope" status "$faults"
check "KHOSCOPE_PAGER goes first" grep -q '^paged:Dump' "$tmp/got"
on_terminal env PAGER='sed s/^/paged:/' "$khoscope" status "$faults"
check "then PAGER" grep -q '^paged:Dump' "$tmp/got"
# shellcheck disable=SC2016 # for the pager's shell
on_terminal env KHOSCOPE_PAGER='echo "LESS=$LESS"; cat' "$khoscope" status "$faults"
check "less -FRX" grep -q '^LESS=FRX' "$tmp/got"
on_terminal env PAGER=cat "$khoscope" status "$faults"
check "PAGER=cat: none" grep -q '^Dump' "$tmp/got"
on_terminal env KHOSCOPE_PAGER='' PAGER=false "$khoscope" status "$faults"
check "an empty KHOSCOPE_PAGER: none" grep -q '^Dump' "$tmp/got"
KHOSCOPE_PAGER='sed s/^/paged:/' "$khoscope" status "$faults" >"$tmp/got"
check "not for a file" grep -q '^Dump' "$tmp/got"
# shellcheck disable=SC2016
on_terminal sh -c 'KHOSCOPE_PAGER="cat >/dev/null" "$@"; echo "status $?"' sh \
	"$khoscope" check "$faults"
check "the exit status is the verb's" grep -q '^status 1' "$tmp/got"
# shellcheck disable=SC2016
on_terminal sh -c 'KHOSCOPE_PAGER="exit 3" "$@" 2>&1; echo over' sh "$khoscope" list "$faults"
check "a pager that ends at once: no complaint" [ "$(tr -d '\r' <"$tmp/got")" = over ]
on_terminal env KHOSCOPE_PAGER=no-such-pager "$khoscope" status "$faults"
check "a pager that is not there: said" grep -q no-such-pager "$tmp/got"
check "a pager that is not there: shown without" grep -q '^Dump' "$tmp/got"
on_terminal env PATH=/none "$khoscope" check "$faults"
"$khoscope" check "$faults" >"$tmp/want"
check "no less: shown without" diff -u "$tmp/want" <(sed 's/\x1b\[[0-9;]*m//g' "$tmp/got" | tr -d '\r')
on_terminal env KHOSCOPE_PAGER='sed s/^/paged:/' "$khoscope" status "$tmp/none"
check "an error is not paged" grep -q '^khoscope: ' "$tmp/got"

# ---- completion ----------------------------------------------------------------------------------

# complete WORD...: what is offered for the last of them
offered() {
	(
		cd "$tmp/folder" || exit
		. "$here/../tools/khoscope.bash"
		COMP_WORDS=("$khoscope" "$@")
		COMP_CWORD=$#
		_khoscope "$khoscope"
		printf '%s\n' "${COMPREPLY[@]}"
	) | sort
}
mkdir "$tmp/folder"
: >"$tmp/folder/vmcore"
verbs=$("$khoscope" help | sed -n '/^verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort)
check "complete: the verbs, and files" diff -u <(printf '%s\nvmcore\n' "$verbs" | sort) <(offered '')
check "complete: ch" [ "$(offered ch)" = check ]
for verb in $verbs; do
	check "complete: options of $verb" diff -u \
		<("$khoscope" help "$verb" | grep -oE '^  (-.,|   ) --[a-z-]+' | grep -o -- '--.*' | sort) \
		<(offered "$verb" --)
done
check "complete: a value" [ "$(offered preflight --color=x --as 6.1 | tr '\n' ' ')" = "6.16 6.17 6.18 6.19 " ]
check "complete: the versions are those it takes" diff -u \
	<("$khoscope" preflight --as 1 "$faults" 2>&1 | sed 's/.*wants \(.*\), not.*/\1/; s/,//g; s/ or / /' |
		tr ' ' '\n' | sort) <(offered preflight --as '')
check "complete: a finding" [ "$(offered explain over)" = overlap ]
check "complete: a dump behind a verb" [ "$(offered check vm)" = vmcore ]
check "complete: a file behind -k" [ "$(offered check -k vm)" = vmcore ]
check "complete: nothing for a number" [ -z "$(offered list --order '')" ]
finish
