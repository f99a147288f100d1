#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# truth.sh: what the kernels themselves logged (tests/vmcores/*.truth) against what check finds,
# with the vmcore alone and with a vmlinux: every fault under its id at its pfn, nothing on healthy
# dumps, and the same numbers both ways.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
. "$here/tap.sh"

declare -A vmlinux=([v72]=$build/vmcores/vmlinux-7.2.13 [v73]=$build/vmcores/vmlinux-7.3.4-btf-only)

# ids TRUTH: "ID PFN" (decimal) for each fault logged, as a finding has to name it.
ids() {
	local word rest pfn order n
	while read -r _ word rest; do
		pfn=$(sed -nE 's/.*\bpfn=([0-9a-f]+).*/\1/p' <<<"$rest")
		order=$(sed -nE 's/.*\border=([0-9]+).*/\1/p' <<<"$rest")
		case "$word $rest" in
		*' id='*)
			n=$(sed -nE 's/.* pages=([0-9a-f]+).*/\1/p' <<<"$rest")
			for i in 0 $((16#$n - 1)); do
				sed -nE "s/.*\\bid=([a-z-]+).*/\\1 $((16#$pfn + i))/p" <<<"$rest"
			done
			# What the module itself preserved has no owner.
			case $word in out-*) echo "orphan $((16#$pfn))" ;; esac ;;
		stale*) echo "stale-mark $((16#$pfn))" ;;
		half*kind=zero | half*kind=poison | half*kind=tails-zero*)
			n=$(sed -nE 's/.* n=([0-9]+).*/\1/p;t;s/.*/1/p' <<<"$rest")
			for ((i = 0; i < n; i++)); do
				echo "raw-page $((16#$pfn + i))"
			done ;;
		half* | refcount* | lru*) [ -z "$pfn" ] || echo "half-init $((16#$pfn))" ;;
		add*)
			start=$((16#$pfn)) end=$(((16#$pfn) + (1 << order)))
			echo "orphan $start"
			[ -n "$boundary" ] && ((start < boundary && boundary < end)) &&
				echo "cross-node $start"
			# Another preservation the same module added shares pages with it.
			while read -r s e; do
				((s == start && e == end)) ||
					{ ((s < end && start < e)) && echo "overlap $start"; }
			done <<<"$adds" ;;
		boundary*) ;;
		esac
	done < <(grep '^LABFAULT' "$1")
}

# covered FINDINGS: the lines "ID PFN" on stdin that no finding covers
uncovered() {
	jq -r '.findings[] | "\(.id) \(.pfn) \(.pages)"' "$1" | awk '
		NR == FNR { n++; id[n] = $1; from[n] = $2; to[n] = $2 + $3; next }
		{
			for (i = 1; i <= n; i++)
				if (id[i] == $1 && from[i] <= $2 && $2 < to[i])
					next
			print
		}
	' - "$tmp/want"
}

for truth in "$here"/vmcores/*.truth; do
	name=$(basename "$truth" .truth)
	boundary=$(sed -nE 's/^LABFAULT boundary pfn=([0-9a-f]+)/\1/p' "$truth")
	[ -z "$boundary" ] || boundary=$((16#$boundary))
	adds=$(sed -nE 's/^LABFAULT add pfn=([0-9a-f]+) order=([0-9]+) r=0/\1 \2/p' "$truth" |
		while read -r p o; do echo "$((16#$p)) $(((16#$p) + (1 << o)))"; done)
	ids "$truth" | sort -u >"$tmp/want"
	"$khoscope" check --json "$dumps/$name.kdump" >"$tmp/alone" 2>"$tmp/err"
	status=$?
	case $name in
	*-split)
		# The second piece of what the kernel's own log shows preserved across the boundary.
		b=$(sed -nE 's/^LABSPLIT preserve .*boundary=([0-9a-f]+).*/\1/p' "$truth")
		echo "leftover-split $((16#$b))" >"$tmp/want" ;;
	esac
	if [ -s "$tmp/want" ]; then
		check "$name: status 1" [ "$status" = 1 ]
		left=$(uncovered "$tmp/alone")
		n=$(wc -l <"$tmp/want")
		if [ -z "$left" ]; then pass "$name: all $n logged faults found"
		else fail "$name: all $n logged faults found" "$left"; fi
	else
		check "$name: status 0" [ "$status" = 0 ]
		check "$name: no finding" jq -e '.findings == []' "$tmp/alone"
	fi
	check "$name: nothing on standard error" [ ! -s "$tmp/err" ]
	count=$(sed -nE 's/.*KHO: exec from: .*\(count ([0-9]+)\).*/\1/p' "$truth" | head -n 1)
	from=$(sed -nE 's/.*KHO: exec from: ([^ ]+) .*/\1/p' "$truth" | head -n 1)
	# shellcheck disable=SC2016 # jq's variables
	if [ -n "$count" ]; then
		check "$name: previous release and kexec count" jq -e --arg r "$from" \
			--argjson c "$count" \
			'.kho.previous_release == $r and .kho.kexec_count == $c' "$tmp/alone"
	fi
	[ -n "${vmlinux[${name%%-*}]-}" ] || continue
	for verb in status list check; do
		"$khoscope" "$verb" --json "$dumps/$name.kdump" >"$tmp/alone"
		"$khoscope" "$verb" --json -q -k "${vmlinux[${name%%-*}]}" "$dumps/$name.kdump" \
			>"$tmp/with" 2>&1
		check "$name: $verb is the same with -k" diff -u "$tmp/alone" "$tmp/with"
	done
done

# Values, not sources: what DWARF and BTF say has to be the same.
facts() { "$khoscope" facts --json -q "$@" | jq '[.facts[] | del(.source)]'; }
facts "$dumps/v72-out-faults.kdump" >"$tmp/alone"
facts -k "${vmlinux[v72]}" "$dumps/v72-out-faults.kdump" >"$tmp/with"
check "facts are the same from BTF and from DWARF" diff -u "$tmp/alone" "$tmp/with"
check "facts: some hundred" jq -e 'length > 100' "$tmp/alone"
facts "$dumps/v73-in-split.kdump" >"$tmp/alone"
facts -k "${vmlinux[v73]}" "$dumps/v73-in-split.kdump" >"$tmp/with"
check "facts are the same from the dump and from a vmlinux without DWARF" \
	diff -u "$tmp/alone" "$tmp/with"

# A vmlinux of another build.
"$khoscope" check -k "${vmlinux[v73]}" "$dumps/v72-out-faults.kdump" >"$tmp/out" 2>"$tmp/err"
check "another build's vmlinux: status 2" [ $? = 2 ]
check "another build's vmlinux: nothing on standard output" [ ! -s "$tmp/out" ]
check "another build's vmlinux: one line" [ "$(wc -l <"$tmp/err")" = 1 ]
check "another build's vmlinux: both build-ids" grep -Eq '[0-9a-f]{40}.*[0-9a-f]{40}' "$tmp/err"
"$khoscope" status --any-build-id -k "${vmlinux[v73]}" "$dumps/v72-out-faults.kdump" \
	>"$tmp/out" 2>"$tmp/err"
check "another build's vmlinux, if it must be: a warning" grep -q 'warning: .*build-id' "$tmp/err"
finish
