#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# nocoreinfo.sh: the real dumps without their VMCOREINFO, as a hypervisor makes them of a kernel in
# early boot. With the vmlinux they have to say what they say with it; without, and with another's,
# they are refused.
set -u
here=$(cd "$(dirname "$0")" && pwd)
build=${KHOSCOPE_BUILD:-$here/../build}
khoscope=${KHOSCOPE:-$build/khoscope}
redump=${REDUMP:-$build/tests/redump}
dumps=${KHOSCOPE_VMCORES:-$build/vmcores}
# shellcheck source=tests/tap.sh
. "$here/tap.sh"
declare -A vmlinux=([v72]=$dumps/vmlinux-7.2.13 [v73]=$dumps/vmlinux-7.3.4-btf-only)
need "$khoscope" "$redump" "${vmlinux[@]}"
export TMPDIR=$tmp
cd "$tmp" || exit 1

# What is compared: all of JSON but where a fact is from, and the format, which redump changes.
say() {
	local verb=$1
	shift
	"$khoscope" "$verb" --json -q "$@" >said 2>err
	echo "status $?" && cat err
	# Where the log's ring is VMCOREINFO alone tells.
	jq 'del(.facts[]?.source, .dump.format, .dump.incomplete_why) |
		del(.facts[]? | select(.name | test("^[A-Z]+\\((printk|prb)_")))' said
}

refused() {
	local name=$1 pattern=$2
	shift 2
	"$khoscope" "$@" >out 2>err
	check "$name: status 2" [ $? = 2 ]
	check "$name: nothing on standard output" [ ! -s out ]
	check "$name: one line" [ "$(wc -l <err)" = 1 ]
	check "$name: why" grep -Eq "^khoscope: .*$pattern" err
}

for name in v72-out-faults v72-in-retrieved v73-in-faults v73-in-split v73-in-thp; do
	k=${vmlinux[${name%%-*}]} format=zlib
	case $name in *-faults) format=none ;; esac
	"$redump" --codec "$format" --no-vmcoreinfo "$dumps/$name.kdump" bare || exit 1
	for verb in facts status list check; do
		say "$verb" -k "$k" "$dumps/$name.kdump" >want
		say "$verb" -k "$k" bare >got
		check "$name without VMCOREINFO: the same $verb" diff -u want got
	done
	"$khoscope" facts -k "$k" bare >out 2>err
	check "$name without VMCOREINFO: no fact is called its" [ "$(grep -c VMCOREINFO out)" = 0 ]
	check "$name without VMCOREINFO: some are derived" grep -q 'SIZE_BITS.* derived$' out
done

"$redump" --format elf --no-vmcoreinfo "$dumps/v72-out-faults.kdump" bare || exit 1
say check -k "${vmlinux[v72]}" "$dumps/v72-out-faults.kdump" >want
say check -k "${vmlinux[v72]}" bare >got
check "ELF without VMCOREINFO: the same check" diff -u want got
refused "no vmlinux" 'no VMCOREINFO .*-k VMLINUX' check bare
refused "another build's vmlinux" 'nowhere in the dump' check -k "${vmlinux[v73]}" bare
refused "a vmlinux that is none" 'vmcores/v72-out-faults.kdump: not a vmlinux' \
	check -k "$dumps/v72-out-faults.kdump" bare
"$khoscope" check -k "${vmlinux[v72]}" bare >all 2>err

# After a kexec a hypervisor may hand out the old kernel's VMCOREINFO still. Here the kernel says that
# it went away, and the page tables that the processor used are none of its own: a page of zeros. Of
# the next kernel there is no trace, so the vmlinux finds what it finds without VMCOREINFO.
name=v73-in-thp
address=$("$khoscope" facts "$dumps/$name.kdump" | awk '$2 == "kexec_in_progress" { print $3 }')
leaving=$("$khoscope" page --json "virt:$address" "$dumps/$name.kdump" | jq .page.phys |
	tr -d '"')
poke=$((leaving + (address & 4095)))=1
zeros=$("$khoscope" status --json "$dumps/$name.kdump" | jq -r '.kho.scratch[0].start')
"$redump" --poke "$poke" --processor "$zeros" "$dumps/$name.kdump" left || exit 1
"$redump" --poke "$poke" --processor "$zeros" --no-vmcoreinfo "$dumps/$name.kdump" bare || exit 1
refused "the VMCOREINFO of a kernel that left" 'of a kernel \(7.3.4\) .*gone away.* -k VMLINUX' \
	check left
say check -k "${vmlinux[v73]}" bare >want
say check -k "${vmlinux[v73]}" left >got
check "... with the vmlinux it is left alone" diff -u want got
"$khoscope" check -k "${vmlinux[v73]}" left >out 2>err
check "... and that is said" grep -q 'warning: VMCOREINFO is of a kernel .*: not used' err
"$redump" --processor "$zeros" "$dumps/$name.kdump" crash || exit 1
say check "$dumps/$name.kdump" >want
say check crash >got
check "another kernel runs, and this one did not leave: the same check" diff -u want got
"$khoscope" check crash >out 2>err
check "... and a warning" grep -q '^khoscope: warning: no processor used' err
for part in 5 40 90; do
	"$redump" --format elf --no-vmcoreinfo --truncate $part% "$dumps/v72-out-faults.kdump" cut
	timeout 60 "$khoscope" check -k "${vmlinux[v72]}" cut >out 2>err
	status=$?
	check "$part% of it: refused, or what is left is judged" [ "$status" -ge 1 -a "$status" -le 3 ]
	# shellcheck disable=SC2016 # the inner shell's
	check "$part% of it: no finding that the whole has not" \
		bash -c 'grep -Eo "^(error|warning): .*pfn [^,]*" out | sort >some
			 grep -Eo "^(error|warning): .*pfn [^,]*" all | sort >every
			 [ -s every ] && [ -z "$(comm -23 some every)" ]'
done
finish
