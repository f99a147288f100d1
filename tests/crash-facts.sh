#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# crash-facts.sh: kho facts --verify in the real crash. What crash's gdb reads in the kernel's debug
# information is there held against what the dump itself says, and here also against what BTF, the
# symbol table and elfutils say of the same kernel, each member's offset and size.
#
#	tests/crash-facts.sh [DUMP VMLINUX]...	besides the committed ones
# The environment: crash-session.sh.
# shellcheck disable=SC2154 # what is sourced and evaluated sets them
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/crash-session.sh
. "$here/crash-session.sh"

# same_as_crash: what crash says in $in/verify, as one object a source that knows it too, of ./cli
same_as_crash() {
	jq -n --slurpfile crash "$in/verify" --slurpfile cli "$tmp/cli" '
		def known: .sources[] | select(.value != null);
		def key: .kind + " " + .name;
		($cli[0].facts | map({ (key): . }) | add) as $by_key |
		$crash[0].facts[] | key as $key | known | select(.source == "crash") as $c |
		$by_key[$key] | known | { key: $key, source,
			same: (.value == $c.value and (.size == $c.size or
			       ([.size, $c.size] | any(. == null or . == 0)))), crash: $c, other: . }'
}

# agrees NAME DUMP WANT VMLINUX: so many facts of each kind of source that is named
agrees() {
	printf '%s\n' "kho facts --verify | tail -1" "kho facts --verify -j > /mnt/verify" | batch "$2"
	check "$1: no source differs from another" grep -q '; no source disagrees with another' "$tmp/log"
	check "$1: JSON says so too" jq -e '.differ == 0' "$in/verify"
	"$khoscope" facts --verify --json -k "$4" "$in/$2" >"$tmp/cli"
	same_as_crash >"$tmp/same"
	check "$1: crash says what every other source says" \
		jq -es 'length > 0 and all(.same)' "$tmp/same"
	# shellcheck disable=SC2016 # jq's variables
	check "$1: of $3" jq -es --arg want "$3" '(group_by(.source) |
		map({ (.[0].source): length }) | add) as $n | $want | split(", ") |
		all(capture("^(?<n>[0-9]+) facts in (?<source>.*)$") | $n[.source] >= (.n | tonumber))' \
		"$tmp/same"
	rm -f "$in/verify"
}

want="140 facts in BTF, 140 facts in DWARF, 25 facts in kallsyms, 25 facts in symtab"
agrees v72-out-faults v72-out-faults "$want" "$in/vmlinux"
agrees v72-in-retrieved v72-in-retrieved "$want" "$in/vmlinux"
kernel=other
while [ $# -ge 2 ]; do
	ln -f "$2" "$in/other" 2>/dev/null || cp "$2" "$in/other"
	ln -f "$1" "$in/dump" 2>/dev/null || cp "$1" "$in/dump"
	agrees "$1" dump "100 facts in DWARF, 25 facts in symtab" "$2"
	shift 2
done
finish
