#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# guest.sh NAME: run the lab's guest NAME (a line of tests/lab/guests) and dump it, unless its dump is
# in the cache and was made of the same things. Prints the dump's folder: vmcore, console, recipe.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=tests/debian.sh
. "$here/../debian.sh"
# shellcheck source=tests/lab/toolchain.sh
. "$here/toolchain.sh"

cannot() {
	echo "lab: guest $name: $*" >&2
	exit 1
}

# offset SYMBOL: from _stext, for lab.at.SYMBOL
offset() {
	awk -v s="$1" '{ sub(/\.llvm\..*/, "", $3) } $3 == s { at = $1 } $3 == "_stext" { base = $1 }
		END { print at, base }' "$kernel/symbols" | { read -r at base && printf '%d' $((16#$at - 16#$base)); }
}

module=("$here"/{lab,where,pages,map,own,owners,image,tell}.c "$here"/{lab.h,luo.h,Kbuild})

# The static init and the module are built beside the kernel they are for.
build_programs() {
	local cc=gcc key
	exec 9>"$kernel.lock"
	flock 9
	key=$(cat "$here/init.c" "${module[@]}" | sha256sum)
	[ "$(cat "$kernel/module/key" 2>/dev/null)" != "$key" ] || return 0
	rm -rf "$kernel/module"
	mkdir -p "$kernel/module"
	cp "${module[@]}" "$kernel/module"
	[ "$arch" != arm64 ] || cc=aarch64-linux-gnu-gcc
	"$cc" -static -O2 -Wall -Wextra -idirafter "$kernel/source/include/uapi" \
		-o "$kernel/init" "$here/init.c" || cannot "init.c does not build"
	# The kernel's own symbols are not listed where no modules were built: hence warnings.
	# shellcheck disable=SC2046
	KBUILD_MODPOST_WARN=1 make -s -C "$kernel/source" O="$kernel/build" \
		$(toolchain "$arch" "$fragments") M="$kernel/module" modules >"$kernel/module/log" 2>&1 ||
		{ cat "$kernel/module/log" >&2; cannot "the module does not build"; }
	nm "$kernel/vmlinux" >"$kernel/symbols"
	echo "$key" >"$kernel/module/key"
}

# Sets machine, the words that start QEMU.
qemu() {
	local nodes n mb=0 cpu
	IFS=+ read -r -a nodes <<<"$layout"
	case $arch in
	arm64)
		machine=(qemu-system-aarch64 -M 'virt,gic-version=3') console=ttyAMA0
		cpu=cortex-a72 ;;
	*) machine=(qemu-system-x86_64 -M q35 -accel 'tcg,thread=multi') cpu=max,la57=off console=ttyS0 ;;
	esac
	for n in "${!nodes[@]}"; do
		mb=$((mb + nodes[n]))
		machine+=(-object "memory-backend-ram,id=m$n,size=${nodes[n]}M"
			-numa "node,nodeid=$n,memdev=m$n$([ "$n" != 0 ] || echo ,cpus=0-$((smp - 1)))")
	done
	disk_mb=$((mb + 64))
	case $extra in *la57*) cpu=max ;; esac
	case $extra in
	*dimm*)
		mb=$mb,slots=1,maxmem=4G
		machine+=(-object 'memory-backend-ram,id=dimm,size=128M'
			-device 'pc-dimm,memdev=dimm,node=1') ;;
	esac
	if [ -n "$crash" ]; then
		machine+=(-drive "if=none,id=disk,format=raw,file=$new/disk")
		case $arch in
		arm64) machine+=(-device "virtio-blk-device,drive=disk") ;;
		*) machine+=(-device "virtio-blk-pci,drive=disk") ;;
		esac
	fi
	[ -z "$stop" ] || machine+=(-S -gdb "pipe:$new/gdb")
	machine+=(-cpu "$cpu" -smp "$smp" -m "$mb" -device vmcoreinfo -display none -nodefaults
		-serial "file:$new/console" -monitor stdio -no-reboot)
	[ -z "$live" ] || machine+=(-serial "file:$new/said")
}

# ---- a guest that runs ---------------------------------------------------------------------------

said() {
	grep -qa "$1" "$new/console" 2>/dev/null
}

# wait_for PATTERN: until the guest says so. Gives up if it says nothing at all for four minutes, or
# stops, or panics where it should not.
wait_for() {
	local size last=-1 still=0
	while ! said "$1"; do
		kill -0 "$pid" 2>/dev/null || { why="QEMU ended"; return 1; }
		if [ -z "$crash" ] && said 'Kernel panic'; then
			why="it panicked"
			return 1
		fi
		size=$(stat -c %s "$new/console" 2>/dev/null || echo 0)
		if said 'LAB kexec_file_load r=-' || said 'LAB capture failed'; then
			why="no crash kernel"
			return 1
		fi
		[ "$size" = "$last" ] || still=0
		last=$size
		[ $((still++)) -lt 2400 ] || { why="it hangs"; return 2; }
		sleep 0.1
	done
}

monitor() {
	printf '%s\n' "$1" >&8
}

# dump FILE: the guest's memory, as QEMU sees it. The guest stands still meanwhile.
dump() {
	local what=dump-guest-memory answer i
	[ "$format" = elf ] || what='dump-guest-memory -z'
	monitor stop
	monitor "$what $1"
	# Its echo has escapes between the characters, the answer has none.
	monitor "print 1000000+$((++dumps))"
	printf -v answer '0x%x' $((1000000 + dumps))
	for ((i = 0; i < 3000; i++)); do
		! grep -qa "^$answer" "$new/qemu.log" || return 0
		kill -0 "$pid" 2>/dev/null || { why="QEMU ended"; return 1; }
		sleep 0.1
	done
	why="the dump takes for ever"
	return 2
}

# gdb PACKET: says that to QEMU's gdb stub and prints its answer.
gdb() {
	local i sum=0 code reply
	for ((i = 0; i < ${#1}; i++)); do
		printf -v code %d "'${1:i:1}"
		sum=$((sum + code))
	done
	printf '$%s#%02x' "$1" $((sum & 255)) >&7
	IFS= read -r -d '#' -t 240 reply <&6 && read -r -N 2 -t 10 _ <&6 || return 1
	printf + >&7
	printf '%s' "${reply#*\$}"
}

# Runs the guest until its processor comes to the symbol for the Nth time.
run_to_stop() {
	local symbol=${stop%:*} n=1 i at where=,1
	[ "$symbol" = "$stop" ] || n=${stop#*:}
	at=$(awk -v s="$symbol" '$3 == s { print $1; exit }' "$kernel/symbols")
	[ -n "$at" ] || { why="the kernel has no $symbol"; return 1; }
	[ "$arch" != arm64 ] || where=,4
	for ((i = 0; i < n; i++)); do
		# The breakpoint itself would not let the processor go on.
		[ "$i" = 0 ] || gdb s >/dev/null || { why="it hangs"; return 2; }
		[ "$(gdb "Z1,$at$where")" = OK ] || { why="no breakpoint at $at"; return 1; }
		case $(gdb c) in
		T05* | S05*) ;;
		*) why="it never came to $symbol"; return 2 ;;
		esac
		gdb "z1,$at$where" >/dev/null
	done
}

# Where the kernel happens to lie may leave no room for a scratch area.
has_kho() {
	case $cmdline in *kho=off*) return ;; esac
	! said 'disabling kexec handover' || { why="it has no KHO"; return 2; }
}

# The program and the libraries it is linked with, where they are here.
copy_khoscope() {
	local file
	cp "$khoscope" "$new/root/khoscope"
	for file in $(ldd "$khoscope" | grep -o '/[^ ]*'); do
		mkdir -p "$new/root${file%/*}"
		cp -L "$file" "$new/root$file"
	done
}

# What khoscope said in the guest, a folder for each time it was asked (before, after the last handover),
# a file for each verb, and its exit status in another.
unpack_said() {
	local dir
	mkdir "$new/live.before" "$new/live"
	awk -v dir="$new/live" '
		{ sub(/\r$/, "") }
		/^LABASK / {
			out = dir ($2 == "before" ? ".before/" : "/") substr($0, length("LABASK " $2 " ") + 1)
			printf "" >out
			next
		}
		/^LABDID / { print $2 >(out ".status"); close(out); close(out ".status"); out = ""; next }
		out != "" { print >out }' "$new/said"
	rmdir --ignore-fail-on-non-empty "$new/live.before" # it never handed over
	for dir in "$new"/live*; do sha256sum <"$khoscope" >"$dir/khoscope"; done
	rm "$new/said"
}

# Status 1: something is wrong; 2: it took too long, which may be this machine's fault, or KASLR's.
run_qemu() {
	rm -f "$new"/{console,said,qemu.log,vmcore*,disk,monitor,gdb.*}
	mkfifo "$new/monitor" "$new/gdb.in" "$new/gdb.out"
	[ -z "$crash" ] || truncate -s "${disk_mb}M" "$new/disk"
	dumps=0 why=''
	exec 8<>"$new/monitor" 7<>"$new/gdb.in" 6<>"$new/gdb.out"
	"${machine[@]}" -kernel "$kernel/image" -initrd "$new/initrd" -append "$cmdline" \
		<&8 >"$new/qemu.log" 2>&1 5>&- 6>&- 7>&- &
	pid=$!
	if [ -n "$stop" ]; then
		run_to_stop || return
	elif [ -n "$crash" ]; then
		wait_for 'LAB VMCORE [0-9]' || return
		monitor quit
		wait "$pid"
		truncate -s "$(sed -nE 's/.*LAB VMCORE ([0-9]+).*/\1/p' "$new/console")" "$new/disk"
		mv "$new/disk" "$new/vmcore"
		return
	else
		case $cmdline in
		*' lab.before='*)
			wait_for 'LAB BEFORE' && dump "$new/vmcore.before" || return
			if said 'LAB AFTER'; then
				why="it handed over before it was dumped"
				return 2
			fi
			monitor cont ;;
		esac
		wait_for 'LAB READY' || return
	fi
	dump "$new/vmcore" || return
	monitor quit
	wait "$pid" || { why=$(tail -n 1 "$new/qemu.log"); return 1; }
	[ -s "$new/vmcore" ] || { why="no dump: $(tail -n 2 "$new/qemu.log")"; return 1; }
}

# What a released makedumpfile leaves of the kernel's own dump, and how it stores that.
filter() {
	case $format in
	kdump-*)
		makedumpfile "-${format#kdump-}" -d 31 "$new/vmcore" "$new/filtered" >"$new/makedumpfile.log" 2>&1 ||
			cannot "makedumpfile: $(tail -n 1 "$new/makedumpfile.log")"
		mv "$new/filtered" "$new/vmcore" ;;
	esac
}

run() {
	local try status
	mkdir -p "$new/root"/{dev,proc,sys}
	cp "$kernel/init" "$new/root/init"
	cp "$kernel/module/faults.ko" "$new/root/lab.ko"
	case $cmdline in *' lab.kexec='* | *' lab.crash='* | *' lab.load='*) cp "$kernel/image" "$new/root/kernel" ;; esac
	[ -z "$live" ] || copy_khoscope
	(cd "$new/root" && find . | cpio -o -H newc --quiet | gzip -1) >"$new/initrd"
	for try in 1 2 3; do
		status=0
		{ run_qemu && has_kho; } || status=$?
		[ "$status" != 0 ] || break
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
		if [ "$try" != 3 ] && [ "$status" = 2 ]; then
			echo "lab: guest $name: $why; once more" >&2
			continue
		fi
		tail -n 20 "$new/console" "$new/qemu.log" >&2
		cannot "$why"
	done
	if [ -n "$stop" ]; then echo "LAB STOP $stop" >>"$new/console"; fi
	filter
	[ -z "$live" ] || unpack_said
	rm -rf "$new/root" "$new/initrd" "$new/monitor" "$new"/gdb.* "$new/qemu.log"
}

name=${1:?guest.sh NAME}
read -r _ kernel_name layout format expected words < <(grep "^$name " "$here/guests") ||
	cannot "not in tests/lab/guests"
read -r _ _ arch fragments < <(grep "^$kernel_name " "$here/kernels")
kernel=$("$here/kernel.sh" "$kernel_name")
lab=${kernel%/kernel/*}
build_programs
exec 9>&-

extra='' cmdline='' smp=1 stop='' crash='' live=''
for word in $words; do
	case $word in
	@smp=*) smp=${word#*=} ;;
	@stop=*) stop=${word#*=} ;;
	@*) extra="$extra $word" ;;
	*) cmdline="$cmdline $word" ;;
	esac
	[ "$word" != lab.crash=1 ] || crash=1
	[ "$word" != lab.live=1 ] || live=1
done

khoscope=${KHOSCOPE:-$here/../../build/khoscope}
[ -z "$live" ] || [ -x "$khoscope" ] || cannot "no $khoscope to take along: make"

done_dir=$lab/dump/$name
new=$lab/dump.new/$name
mkdir -p "$lab/dump.new"
# One at a time: two would write one dump.
exec 5>"$lab/dump.new/$name.lock"
flock 5
rm -rf "$new"
mkdir -p "$new" "$lab/dump"
qemu
cmdline="console=$console panic=0 loglevel=6 retain_initrd init_on_free=1 init_on_alloc=1$cmdline"
# On a busy machine the timer of a guest is late, and it takes it for broken.
[ "$arch" = arm64 ] || cmdline="no_timer_check $cmdline"
case $cmdline in *kho=*) ;; *) cmdline="$cmdline kho=on liveupdate=on" ;; esac
for symbol in kho_out kho_scratch kho_scratch_cnt luo_session_global kexec_image; do
	cmdline="$cmdline lab.at.$symbol=$(offset $symbol)"
done
recipe="$name ${kernel##*/} $layout $format $expected $words
${machine[*]} $cmdline
$(cat "$here/init.c" "${module[@]}" ${live:+"$khoscope"} | sha256sum)"
if [ "$(cat "$done_dir/recipe" 2>/dev/null)" != "$recipe" ]; then
	run
	echo "$recipe" >"$new/recipe"
	ln -s "$kernel" "$new/kernel"
	rm -rf "$done_dir"
	mv -T "$new" "$done_dir"
fi
rm -rf "$new"
echo "$done_dir"
