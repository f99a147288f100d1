#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# score.sh [KHOSCOPE [KERNEL...]]: what khoscope check says of the lab's dumps, of all or of those of the
# kernels named, against what the guests logged, as Markdown on standard output. Status 1 if anything
# was missed or made up.
#
# A fault counts as found if findings of its id cover all of its pages, with its class. A finding
# counts as true if faults of its id (LABFAULT), or what follows from them (LABALSO), cover all of its
# pages. Notes don't count.
set -u
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/lab/dumps.sh
. "$here/dumps.sh"
khoscope=${1:-${KHOSCOPE:-$here/../../build/khoscope}}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/khoscope.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM

# The lines of a guest's log: "T|M|A NAME ID CLASS PFN PAGES" (true, true but perhaps not
# provable, also true), class "-" if none. Faults of an earlier boot are true of the dump taken before
# the last handover ("before"), those of the last boot of the other; what may be true, of both.
truth() {
	awk -v when="$2" '
		{ sub(/\r$/, "") }
		/LAB boot / && when != "before" { n = 0 }
		/LAB AFTER/ && when == "before" { exit }
		/LAB(FAULT|MAY) / { line[++n] = $0 }
		/LABALSO / { print }
		END { for (i = 1; i <= n; i++) print line[i] }' "$1/console" |
	sed -nE 's/.*LAB(FAULT|MAY|ALSO) ([^ ]+) id=([^ ]*) class=([^ ]*) pfn=([0-9a-f]+) pages=([0-9a-f]+).*/\1 \2 \3 \4- \5 \6/p' |
		sed 's/^FAULT/T/; s/^MAY/M/; s/^ALSO/A/; s/\([^ ]\)- /\1 /' |
		while read -r what name id class pfn pages; do
			echo "$what $name $id $class $((16#$pfn)) $((16#$pages))"
		done
}

# Faults asked for that the guest found no place for.
unplaced() {
	local name
	grep -ao 'lab.mod=[^ ]*' "$1/console" | head -n 1 | sed 's/.*faults=//; s/,.*//' | tr + '\n' |
		sed 's/:.*//' | sort -u | while read -r name; do
		[ "$name" = get ] || grep -aqE "LAB(FAULT|MAY) $name " "$1/console" || echo "N $name"
	done
}

# judge: reads those lines and "F ID CLASS PFN PAGES", prints "NAME ID CLASS RESULT DETAIL" a line.
judge() {
	awk '
	function cover(kinds, id, from, to,   i, at, again) {
		# What concerns no page: any of its id that concerns none either.
		if (from == to) {
			for (i = 1; i <= n; i++)
				if (index(kinds, kind[i]) && ids[i] == id && start[i] == end[i]) {
					last = i
					return 1
				}
			return 0
		}
		for (at = from; at < to; ) {
			again = 0
			for (i = 1; i <= n; i++)
				if (at < to && index(kinds, kind[i]) && ids[i] == id &&
				    start[i] <= at && at < end[i]) {
					at = end[i]; again = 1; last = i
				}
			if (!again) return 0
		}
		return 1
	}
	function others(from, to,   i, text) {
		for (i = 1; i <= n; i++)
			if (kind[i] == "F" && start[i] < to && from < end[i])
				text = text " " ids[i] "/" class[i]
		return text
	}
	$1 == "N" { print $2, "-", "-", "unplaced"; next }
	{ n++; kind[n] = $1; name[n] = $2; ids[n] = $3; class[n] = $4; start[n] = $5; end[n] = $5 + $6 }
	END {
		for (t = 1; t <= n; t++) {
			if (kind[t] != "T" && kind[t] != "M") continue
			where = sprintf("pfn 0x%x, %d pages", start[t], end[t] - start[t])
			if (cover("F", ids[t], start[t], end[t]))
				result = class[t] == "-" || class[t] == class[last] ? "found" : "class"
			else if (kind[t] == "M") result = "unprovable"
			else result = others(start[t], end[t]) != "" ? "wrong" : "missed"
			print name[t], ids[t], class[t], result, where ";" others(start[t], end[t])
		}
		for (f = 1; f <= n; f++)
			if (kind[f] == "F" && !cover("TMA", ids[f], start[f], end[f]))
				print "-", ids[f], class[f], "alarm", \
					sprintf("pfn 0x%x, %d pages", start[f], end[f] - start[f])
	}'
}

# score FOLDER DUMP WHEN KERNEL EXPECTED WORDS: its results, each line headed by its guest and kernel.
score() {
	local dir=$1 dump=$2 when=$3 kernel=$4 expected=$5 guest options status
	guest=$(dump_name "$dir" "$dump" "$when")
	if [ -z "$dump" ]; then
		echo "$guest $kernel - - - absent"
		return
	fi
	truth "$dir" "$when" >"$tmp/lines"
	if [ "$when" = before ]; then
		# What may be true says nothing of the exit status.
		expected=healthy
		! grep -q '^A' "$tmp/lines" || expected=any
		! grep -q '^T' "$tmp/lines" || expected=faults
	elif [ "$expected" != healthy ]; then
		unplaced "$dir" >>"$tmp/lines"
	fi
	mapfile -t options < <(dump_options "$dir" "$kernel" "$6")
	ask check >"$tmp/json" 2>"$tmp/err"
	status=$?
	jq -r '.findings[] | select(.severity != "note") |
		"F - \(.id) \(.class // "" | if . == "" then "-" else . end) \(.pfn // 0) \(.pages // 0)"' \
		"$tmp/json" >>"$tmp/lines" 2>/dev/null
	{
		case $expected-$status in
		healthy-0 | faults-1 | any-[01]) ;;
		*) echo "- status - bad status $status, expected of a $expected guest:$(head -n 1 "$tmp/err")" ;;
		esac
		judge <"$tmp/lines"
		echo "- - - dump $expected $([ -d "$dump" ] && echo live || echo file)"
	} | sed "s/^/$guest $kernel /"
}

each_dump score "${@:2}" >"$tmp/results"

# lines RESULT [AWK-CONDITION]: how many results
count() {
	awk -v r="$1" "\$6 == r && ${2:-1}" "$tmp/results" | wc -l
}

kinds=$(awk '$6 == "found" { print $3 }' "$tmp/results" | sort -u | wc -l)
bad=$(awk '$6 ~ /^(missed|wrong|class|alarm|bad)$/' "$tmp/results" | wc -l)
cat <<END
# The lab's score

Printed by \`make score\`: what \`khoscope check\` says of dumps of real kernels, against what the guests
themselves logged of faults as they injected them (tests/lab) and of the kernel's own doing.

$(count dump "\$8 == \"file\"") dumps, and $(count dump "\$8 == \"live\"") times the kernel that ran, /proc/kcore,
in the guest itself; $(count dump "\$7 == \"healthy\"") of these were healthy; $kinds kinds of faults,
$(count found) found, $(count missed) missed, $(($(count wrong) + $(count class))) under a wrong id or
class; $(count alarm) false alarms, $(count bad) wrong exit statuses.

## Kernels

| name | package | version | configuration (tests/lab/config) | dumps | healthy |
|---|---|---|---|---|---|
END
grep -v '^#' "$here/kernels" | while read -r name package arch fragments; do
	version=$(cat "$lab"/kernel/"$name"-*/done 2>/dev/null | tail -n 1)
	echo "| $name | $package | ${version#* } | $arch: $fragments | $(count dump "\$2 == \"$name\"") |" \
		"$(count dump "\$2 == \"$name\" && \$7 == \"healthy\"") |"
done
cat <<END

## Findings

| id | injected | found | wrong id | wrong class | missed | false alarms |
|---|---|---|---|---|---|---|
END
awk '$6 != "dump" && $4 != "-" && $4 != "status" && $6 != "unprovable" {
	ids[$4]; n[$4, $6]++; if ($6 != "alarm") all[$4]++
}
END { for (i in ids) printf "| %s | %d | %d | %d | %d | %d | %d |\n", i, all[i], n[i, "found"],
	n[i, "wrong"], n[i, "class"], n[i, "missed"], n[i, "alarm"] }' "$tmp/results" | sort
cat <<END

## Faults by kernel

Found of injected; \`u\`: cannot be proven from such a dump, and is not claimed (docs/findings.md says
why); empty: not injected there, or the guest had no place for it.

END
awk '
!/^#/ && FILENAME ~ /kernels$/ { k[++nk] = $1; next }
FILENAME ~ /kernels$/ { next }
$3 != "-" && $6 != "unplaced" { faults[$3] = $4 "/" $5
	$6 == "unprovable" ? u[$3, $2]++ : all[$3, $2]++
	if ($6 == "found") found[$3, $2]++ }
END {
	printf "| fault | finding |"; for (i = 1; i <= nk; i++) printf " %s |", k[i]
	printf "\n|---|---|"; for (i = 1; i <= nk; i++) printf "---|"
	printf "\n"
	for (f in faults) {
		sub("/-$", "", faults[f])
		row = "| " f " | " faults[f] " |"
		for (i = 1; i <= nk; i++) {
			cell = all[f, k[i]] ? found[f, k[i]] + 0 "/" all[f, k[i]] : ""
			if (u[f, k[i]]) cell = cell " " u[f, k[i]] "u"
			row = row " " cell " |"
		}
		print row | "sort"
	}
}' "$here/kernels" "$tmp/results"
if [ "$bad" != 0 ]; then
	printf '\n## Wrong\n\n'
	awk '$6 ~ /^(missed|wrong|class|alarm|bad)$/ { print "- " $0 }' "$tmp/results"
fi
if [ "$(count absent)" != 0 ]; then
	printf '\n## Not run\n\n'
	awk '$6 == "absent" { print "- " $1 }' "$tmp/results"
fi
if [ "$(count unplaced)" != 0 ]; then
	printf '\n## Not placed\n\n'
	awk '$6 == "unplaced" { print "- " $1 ": " $3 }' "$tmp/results"
fi
echo "score: $(count dump) dumps, $(count found) found, $bad wrong" >&2
[ "$bad" = 0 ] && [ "$(count dump)" != 0 ]
