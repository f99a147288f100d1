#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest.sh NAME: run the lab's guest NAME (a line of tests/lab/guests) and dump it, unless its dump is
# in the cache and was made of the same things. Prints the dump's folder: vmcore, console, recipe.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/debian.sh
. "$here/../debian.sh"

cannot() {
	echo "lab: guest $name: $*" >&2
	exit 1
}

# offset SYMBOL: from _stext, for lab.at.SYMBOL
offset() {
	awk -v s="$1" '$3 == s { at = $1 } $3 == "_stext" { base = $1 } END { print at, base }' \
		"$kernel/symbols" | { read -r at base && printf '%d' $((16#$at - 16#$base)); }
}

# The static init and the module are built beside the kernel they are for.
build_programs() {
	local cc=gcc cross='' key
	key=$(cat "$here/init.c" "$here/lab.c" "$here/Kbuild" | sha256sum)
	[ "$(cat "$kernel/module/key" 2>/dev/null)" != "$key" ] || return 0
	rm -rf "$kernel/module"
	mkdir -p "$kernel/module"
	cp "$here/lab.c" "$here/Kbuild" "$kernel/module"
	if [ "$arch" = arm64 ]; then
		cross=aarch64-linux-gnu-
		cc=aarch64-linux-gnu-gcc
	fi
	"$cc" -static -O2 -Wall -Wextra -idirafter "$kernel/source/include/uapi" \
		-o "$kernel/init" "$here/init.c" || cannot "init.c does not build"
	# The kernel's own symbols are not listed where no modules were built: hence warnings.
	KBUILD_MODPOST_WARN=1 make -s -C "$kernel/source" O="$kernel/build" ARCH="$arch" \
		CROSS_COMPILE=$cross M="$kernel/module" modules >"$kernel/module/log" 2>&1 ||
		{ cat "$kernel/module/log" >&2; cannot "lab.c does not build"; }
	nm "$kernel/vmlinux" >"$kernel/symbols"
	echo "$key" >"$kernel/module/key"
}

# Sets machine, the words that start QEMU.
qemu() {
	local nodes n mb=0 cpu
	IFS=+ read -r -a nodes <<<"$layout"
	case $arch in
	arm64) machine=(qemu-system-aarch64 -M 'virt,gic-version=3') cpu=cortex-a72 console=ttyAMA0 ;;
	*) machine=(qemu-system-x86_64 -M q35 -accel 'tcg,thread=multi') cpu=max,la57=off console=ttyS0 ;;
	esac
	for n in "${!nodes[@]}"; do
		mb=$((mb + nodes[n]))
		machine+=(-object "memory-backend-ram,id=m$n,size=${nodes[n]}M"
			-numa "node,nodeid=$n,memdev=m$n$([ "$n" != 0 ] || echo ,cpus=0-$((smp - 1)))")
	done
	case $extra in *la57*) cpu=max ;; esac
	case $extra in
	*dimm*)
		mb=$mb,slots=1,maxmem=4G
		machine+=(-object 'memory-backend-ram,id=dimm,size=128M'
			-device 'pc-dimm,memdev=dimm,node=1') ;;
	esac
	machine+=(-cpu "$cpu" -smp "$smp" -m "$mb" -device vmcoreinfo -display none -nodefaults
		-serial "file:$new/console" -monitor stdio -no-reboot)
}

# Until the guest says so, or panics, or stops, or four minutes are over.
wait_ready() {
	local i
	for ((i = 0; i < 1200; i++)); do
		! grep -qa 'LAB READY' "$new/console" 2>/dev/null || return 0
		! grep -qa 'Kernel panic' "$new/console" 2>/dev/null || return 1
		kill -0 "$pid" 2>/dev/null || return 1
		sleep 0.2
	done
	return 1
}

run() {
	local dump=dump-guest-memory
	[ "$format" = elf ] || dump='dump-guest-memory -z'
	mkdir -p "$new/root"/{dev,proc,sys}
	cp "$kernel/init" "$new/root/init"
	[ -z "$uses_module" ] || cp "$kernel/module/lab.ko" "$new/root"
	case $cmdline in *' lab.kexec='*) cp "$kernel/image" "$new/root/kernel" ;; esac
	(cd "$new/root" && find . | cpio -o -H newc --quiet | gzip -1) >"$new/initrd"
	mkfifo "$new/monitor"
	exec 8<>"$new/monitor"
	"${machine[@]}" -kernel "$kernel/image" -initrd "$new/initrd" -append "$cmdline" \
		<&8 >"$new/qemu.log" 2>&1 &
	pid=$!
	if ! wait_ready; then
		kill "$pid" 2>/dev/null
		tail -n 20 "$new/console" "$new/qemu.log" >&2
		cannot "did not get ready"
	fi
	printf 'stop\n%s %s\nquit\n' "$dump" "$new/vmcore" >&8
	wait "$pid" || cannot "$(tail -n 1 "$new/qemu.log")"
	[ -s "$new/vmcore" ] || cannot "no dump: $(tail -n 2 "$new/qemu.log")"
	rm -rf "$new/root" "$new/initrd" "$new/monitor" "$new/qemu.log"
}

name=${1:?guest.sh NAME}
read -r _ kernel_name layout format expected words < <(grep "^$name " "$here/guests") ||
	cannot "not in tests/lab/guests"
arch=$(awk -v k="$kernel_name" '$1 == k { print $3 }' "$here/kernels")
kernel=$("$here/kernel.sh" "$kernel_name")
lab=${kernel%/kernel/*}
build_programs

extra='' cmdline='' smp=1
for word in $words; do
	case $word in
	@smp=*) smp=${word#*=} ;;
	@*) extra="$extra $word" ;;
	*) cmdline="$cmdline $word" ;;
	esac
done

done_dir=$lab/dump/$name
new=$lab/dump.new/$name
rm -rf "$new"
mkdir -p "$new" "$lab/dump"
qemu
cmdline="console=$console panic=0 loglevel=6 retain_initrd init_on_free=1 init_on_alloc=1$cmdline"
case $cmdline in *kho=*) ;; *) cmdline="$cmdline kho=on liveupdate=on" ;; esac
for symbol in kho_out kho_scratch kho_scratch_cnt; do
	cmdline="$cmdline lab.at.$symbol=$(offset $symbol)"
done
programs=("$here/init.c")
uses_module=
case $cmdline in
*' lab.mod='* | *' lab.first='*)
	uses_module=1
	programs+=("$here/lab.c" "$here/Kbuild") ;;
esac
recipe="$name ${kernel##*/} $layout $format $expected $words
${machine[*]} $cmdline
$(cat "${programs[@]}" | sha256sum)"
if [ "$(cat "$done_dir/recipe" 2>/dev/null)" != "$recipe" ]; then
	run
	echo "$recipe" >"$new/recipe"
	ln -s "$kernel" "$new/kernel"
	rm -rf "$done_dir"
	mv -T "$new" "$done_dir"
fi
rm -rf "$new"
echo "$done_dir"
